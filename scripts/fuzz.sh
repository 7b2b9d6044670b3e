#!/usr/bin/env bash
# Feeds hostile bytes to every parser of ours for a minute in all (SECONDS_ALL=3600: an hour), beginning with the seeds of
# fuzz/seeds/ and the frozen examples; stops at the first target that finds something.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
source scripts/common.sh

require_rust
# The sanitizer is an unstable option of the compiler; the stable one has it too, and so none other need be installed.
export RUSTC_BOOTSTRAP=1
cargo fuzz --version >/dev/null 2>&1 || {
    say "Installing cargo-fuzz"
    cargo install --locked --quiet cargo-fuzz
}

# What a target should accept, beside its own seeds.
examples() {
    case "$1" in
        record) find tests/vectors -name '*.sd-jwt' ;;
        checkpoint) find tests/vectors -name 'checkpoint*' -type f ;;
        tlog_proof) find tests/vectors -name '*.tlog-proof' ;;
        timestamp) find tests/vectors -name '*.tsr' ;;
        print) find tests/vectors/print-v1 -type f ! -name SHA256SUMS ;;
        age | share) find tests/vectors -name '*.age' ;;
        member_file) find tests/vectors/member -name '*.json' ;;
        receipt) find tests/vectors \( -name 'receipt.*' -o -name 'policy*' \) -type f ;;
    esac
}

# Below target/, where all else lies that can be made again.
built=(--target-dir "$PWD/target/fuzz")
(cd fuzz && cargo fuzz build "${built[@]}")
targets=(fuzz/targets/*.rs)
seconds=$((${SECONDS_ALL:-60} / ${#targets[@]}))
# What a target writes for the parser to read, in memory where the machine has such a folder.
TMPDIR=$(mktemp -d -p "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
results=$PWD/target/fuzz.done
: >"$results"
for file in "${targets[@]}"; do
    target=$(basename "$file" .rs)
    corpus=target/fuzz-corpus/$target
    mkdir -p "$corpus"
    [ ! -d "fuzz/seeds/$target" ] || cp "fuzz/seeds/$target/"* "$corpus/"
    examples "$target" | while read -r seed; do
        cp "$seed" "$corpus/seed-$(echo "$seed" | tr / -)"
    done
    [ -n "$(ls -A "$corpus")" ] || fail "$target has no seed: put what it should accept into fuzz/seeds/$target/."
    say "$target, $seconds seconds"
    (cd fuzz && cargo fuzz run "${built[@]}" "$target" "../$corpus" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536) 2>&1 | tee "$TMPDIR/log"
    echo "$target: $(grep '^Done ' "$TMPDIR/log"), $(find "$corpus" -type f | wc -l) inputs kept" >>"$results"
done
cat "$results"
say "FUZZED: nothing was found in $seconds seconds of each of ${#targets[@]} targets"
