#!/usr/bin/env bash
# Alters each line of crates/proof in turn and says which of these mutants no test notices; .cargo/mutants.toml says how, and
# docs/mutants.md what was found. SHARD=1/8 takes an eighth of them; what is behind the script's name goes to cargo-mutants.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
source scripts/common.sh

require_rust
for tool in cargo-mutants cargo-nextest; do
    command -v "$tool" >/dev/null || {
        say "Installing $tool"
        cargo install --locked --quiet "$tool"
    }
done
# The same cases for every mutant.
export PROPTEST_RNG_SEED=${PROPTEST_RNG_SEED:-900}
exec cargo mutants --package vidimus-proof --output target ${SHARD:+--shard "$SHARD"} "$@"
