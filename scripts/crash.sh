#!/usr/bin/env bash
# Hits every command at every call that changes what outlasts it, and prints a table of what was found.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
source scripts/common.sh

require_rust
cargo build --locked --package vidimus-cli --package vidimus-harness
# In memory it is many times faster, and a kill loses there no less than elsewhere.
scratch=${TMPDIR:-/tmp}
[ -w /dev/shm ] && scratch=/dev/shm
exec target/debug/vidimus-crash run --vidimus target/debug/vidimus --scratch "$scratch" --each "${EACH:-1}"
