#!/usr/bin/env bash
# Runs each fuzz target for SECONDS_EACH seconds (default 30), beginning with the frozen examples; stops at the first that finds something.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
source scripts/common.sh

require_rust
has rustup && rustup toolchain list | grep -q '^nightly' \
    || fail "Fuzzing needs the nightly toolchain. Get it with: rustup toolchain install nightly --profile minimal"
cargo fuzz --version >/dev/null 2>&1 \
    || fail "Fuzzing needs cargo-fuzz. Get it with: cargo install --locked cargo-fuzz"

# Where a target begins: what it should accept.
seeds() {
    case "$1" in
        record) find tests/vectors -name '*.sd-jwt' ;;
        checkpoint) find tests/vectors -name 'checkpoint*' -type f ;;
        tlog_proof) find tests/vectors -name '*.tlog-proof' ;;
        timestamp) find tests/vectors -name '*.tsr' ;;
        age) find tests/vectors -name '*.age' ;;
        member_file) find tests/vectors/member -name '*.json' ;;
        receipt) find tests/vectors \( -name 'receipt.*' -o -name 'policy*' \) -type f ;;
    esac
}

seconds=${SECONDS_EACH:-30}
for file in fuzz/targets/*.rs; do
    target=$(basename "$file" .rs)
    corpus=fuzz/corpus/$target
    mkdir -p "$corpus"
    seeds "$target" | while read -r seed; do
        cp "$seed" "$corpus/seed-$(echo "$seed" | tr / -)"
    done
    say "$target, $seconds seconds"
    (cd fuzz && cargo +nightly fuzz run "$target" "corpus/$target" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536)
done
say "FUZZED: nothing was found in $seconds seconds of each target"
