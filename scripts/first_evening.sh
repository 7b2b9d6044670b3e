#!/usr/bin/env bash
# Takes a folder in and times the first look at it: how long 40,000 such files would take. `vidimus` is the one in PATH.
set -euo pipefail
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export VIDIMUS_ARCHIVE=$work/archive VIDIMUS_PASSPHRASE_FILE=$work/passphrase XDG_STATE_HOME=$work/state
(umask 077 && echo "six small words for the bench" >"$VIDIMUS_PASSPHRASE_FILE")
vidimus init --origin bench.example/ik-900 --member bench --recovery-sheet "$work/sheet" >/dev/null 2>&1
vidimus receive --yes "$folder" >/dev/null
TIMEFORMAT='%R %U %S'
# Its answer is "no" where something could not be looked at whole.
took=$( { time vidimus examine --stage first --json >"$work/examined" || true; } 2>&1 )
python3 - "$work/examined" "$took" <<'PYTHON'
import json, os, sys
run, (wall, user, system) = json.load(open(sys.argv[1])), map(float, sys.argv[2].split()[-3:])
of, opened, cores = run["of"], run["items"], os.cpu_count()
print(f"{of} files, {opened} of them opened: {wall:.1f} s, {user + system:.1f} processor seconds on {cores} cores;", end=" ")
print(f"40,000 such files take {wall / of * 40000 / 60:.0f} minutes here, {(user + system) / cores / of * 40000 / 60:.0f} on idle cores")
PYTHON
