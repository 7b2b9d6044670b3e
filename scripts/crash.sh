#!/usr/bin/env bash
# Hits every command at every call that changes what outlasts it, and takes the power away; prints a table of what was found.
# Without words it runs all points, an even tenth after the other, so that what was run when it is stopped is a fair sample.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
source scripts/common.sh

require_rust
cargo build --locked --workspace --bin vidimus --bin vidimus-crash
# In memory it is many times faster, and a kill loses there no less than elsewhere.
scratch=${TMPDIR:-/tmp}
[ -w /dev/shm ] && scratch=/dev/shm
crash() {
    target/debug/vidimus-crash run --vidimus target/debug/vidimus --scratch "$scratch" --journal target/crash.journal "$@"
}
if [ $# -gt 0 ]; then
    crash "$@"
    exit
fi
status=0
for part in 0 1 2 3 4 5 6 7 8 9; do
    crash --parts 10 --part "$part" || status=$?
done
exit "$status"
