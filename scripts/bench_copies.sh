#!/usr/bin/env bash
# Makes films and every kind of copy of them for some seeds, asks `vidimus similar` and vpdq what is a copy of what, and writes the shares found into docs/performance.md.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
source scripts/common.sh
require_rust

seeds=${SEEDS:-11 12 13}
work=$PWD/target/bench-copies
clips=${VIDIMUS_SHARED:-../shared}/samples
mkdir -p "$work"

say "Building, and setting up what makes films and the peer"
needed=()
has ffmpeg || needed+=(ffmpeg)
has espeak-ng || needed+=(espeak-ng)
[ -e /usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf ] || needed+=(fonts-dejavu-core)
if [ ! -x "$work/venv/bin/vpdq-is-here" ]; then
    needed+=(python3-venv python3-dev cmake g++ pkg-config libavcodec-dev libavformat-dev libavutil-dev libswscale-dev libavdevice-dev libavfilter-dev)
fi
if [ "${#needed[@]}" -gt 0 ]; then
    say "Installing ${needed[*]}"
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get install -y -q "${needed[@]}" >"$work/setup.log" 2>&1 || fail "Debian's packages could not be installed. The reason is at the end of $work/setup.log."
fi
if [ ! -x "$work/venv/bin/vpdq-is-here" ]; then
    { python3 -m venv "$work/venv" && "$work/venv/bin/pip" install -q numpy vpdq==0.2.5; } >>"$work/setup.log" 2>&1 || fail "vpdq could not be installed. The reason is at the end of $work/setup.log."
    ln -sf python "$work/venv/bin/vpdq-is-here"
fi
cargo build --release --locked --quiet -p vidimus-cli
[ -d "$clips" ] || { say "There are no real clips in $clips: all films are drawn"; clips=; }

export PATH=$PWD/target/release:$PATH XDG_STATE_HOME=$work/state VIDIMUS_PASSPHRASE_FILE=$work/passphrase
(umask 077 && echo "six small words for the bench" >"$VIDIMUS_PASSPHRASE_FILE")

for seed in $seeds; do
    at=$work/$seed
    if [ ! -e "$at/truth.json" ]; then
        say "Making the films of seed $seed"
        rm -rf "$at"
        python3 scripts/copies/make.py "$seed" "$at" ${clips:+"$clips"}
    fi
    say "Looking for copies, seed $seed"
    export VIDIMUS_ARCHIVE=$work/archive-$seed
    rm -rf "$VIDIMUS_ARCHIVE"
    vidimus init --origin "bench.example/copies-$seed" --member bench --recovery-sheet "$(mktemp -u)" >/dev/null
    vidimus receive --yes "$at/films" >/dev/null
    vidimus examine --stage members --stage first --stage copies --stage proxy >"$at/examine.log" || [ $? -eq 1 ]
    vidimus list --json >"$at/list.json"
    vidimus similar --json >"$at/similar.json"
    [ -e "$at/peer.json" ] || "$work/venv/bin/python" scripts/copies/peer.py "$at" >"$at/peer.json" 2>"$at/peer.log"
    python3 scripts/copies/score.py "$at" "$at/list.json" "$at/similar.json" "$at/peer.json" >"$at/score.json" 2>"$at/misses.txt"
    rm -rf "$VIDIMUS_ARCHIVE"
done

report=$work/report.txt
# shellcheck disable=SC2086
{
    echo "Measured on $(date -u +%Y-%m-%d); seeds ${seeds// /, }."
    echo
    python3 scripts/copies/table.py $(for seed in $seeds; do echo "$work/$seed/score.json"; done)
} | tee "$report"
awk -v report="$report" '
    /^<!-- copies -->$/ { print; print ""; print "```"; while ((getline line < report) > 0) print line; print "```"; print ""; skip = 1 }
    /^<!-- end of copies -->$/ { skip = 0 }
    !skip
' docs/performance.md >"$work/performance.md"
cp "$work/performance.md" docs/performance.md
say "docs/performance.md has the table; what was missed, and what was called a copy and is none, stands in $work/SEED/misses.txt"
