#!/usr/bin/env bash
# Shows on fictional material what Vidimus does; everything it makes lies in target/demo, anew each time.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
source scripts/common.sh

scripts/setup.sh
require_rust

say "Building"
cargo build --locked --quiet --package vidimus-cli --package vidimus-verify --package xtask

demo=target/demo
rm -rf "$demo"
mkdir -p "$demo"

say "A disk arrives: sample material of an invented prison, ИК-900"
cargo run --locked --quiet --package xtask -- sample "$demo/disk"
say "It lies in $demo/disk"
