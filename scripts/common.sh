# shellcheck shell=bash
# What the scripts share: finding programs, and speaking in whole sentences.

has() {
    command -v "$1" >/dev/null 2>&1
}

say() {
    printf '%s\n' "== $*"
}

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Stops with what to do where Rust is missing or too old. rustup changes the path of new shells only, so this one may not
# know of it yet.
require_rust() {
    if ! has cargo && [ -f "${CARGO_HOME:-$HOME/.cargo}/env" ]; then
        # shellcheck disable=SC1091
        source "${CARGO_HOME:-$HOME/.cargo}/env"
    fi
    has cargo || fail "Rust is not installed. Get it from https://rustup.rs (curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh), then run this again."
    local wanted found
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    found=$(cargo --version | cut -d' ' -f2)
    [ "$(printf '%s\n' "$wanted" "$found" | sort -V | head -n1)" = "$wanted" ] \
        || fail "Rust $found is too old: Vidimus needs $wanted or newer. Get it with: rustup update stable"
}

# Stops where the disk would be full before the work is done: a linker that meets a full disk only says "Bus error".
require_room() {
    local gigabytes=$1 free
    mkdir -p target
    free=$(df --output=avail --block-size=1G target | tail -n1)
    [ "$free" -ge "$gigabytes" ] \
        || fail "The disk of $PWD has $free GB free, and building may take $gigabytes GB. Free some (cargo clean empties target/), then run this again."
}
