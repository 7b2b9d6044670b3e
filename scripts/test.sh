#!/usr/bin/env bash
# Installs what is missing, runs every test of the workspace, and ends with one line that says how it went.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
source scripts/common.sh

require_room 10
scripts/setup.sh
require_rust
# The same cases every time, so that a commit is not blamed for what another one brought in. Another seed is worth a try now and then.
export PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-900}
log=target/test.log
mkdir -p target
status=0
cargo test --workspace --locked --no-fail-fast 2>&1 | tee "$log" || status=$?

# Each test program ends with "test result: ok. 12 passed; 0 failed; 1 ignored; …".
summary=$(awk '
    /^test result:/ { programs++; passed += $4; failed += $6; ignored += $8 }
    END { printf "%d passed, %d failed, %d ignored, in %d test programs", passed, failed, ignored, programs }
' "$log")
if [ "$status" -ne 0 ]; then
    fail "TESTS FAILED: $summary; the whole output is in $log"
fi
echo "TESTS PASSED: $summary"
