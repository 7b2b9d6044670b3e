#!/usr/bin/env bash
# Shows on fictional material what Vidimus does: from a disk that arrives to a proof that a stranger checks.
# Its archive lies in demo-archive, all else in target/demo; both are made anew each time.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
source scripts/common.sh

scripts/setup.sh
require_rust

require_room 6
say "Building (the first time takes 10 to 30 minutes)"
# With one small test, so that dependencies have the features that tests ask of them: what this builds, `make test` need not.
cargo build --locked --workspace --bin vidimus --bin vidimus-verify --bin xtask --test inputs
PATH="$PWD/target/debug:$PATH"

demo=target/demo
rm -rf "$demo" demo-archive
mkdir -p "$demo"
export VIDIMUS_ARCHIVE=demo-archive VIDIMUS_PASSPHRASE_FILE=$demo/passphrase XDG_STATE_HOME=$PWD/$demo/state
(umask 077 && echo "seven herons cross the frozen lake" > "$VIDIMUS_PASSPHRASE_FILE")

# In a file or a pipe, too, tables are as wide as a terminal.
[ -t 1 ] || export COLUMNS=80

chapter() {
    echo
    say "$@"
}

# Shows a command as a person would type it.
show() {
    local word words=()
    for word in "$@"; do
        case $word in
            *\ *) words+=("\"$word\"") ;;
            *) words+=("$word") ;;
        esac
    done
    # As a shell would take it, in lines that fit a terminal.
    printf '\n$ %s\n' "${words[*]}" | fold -s -w 76 | sed -e '$!{/./s/$/\\/}' -e '3,$s/^/    /'
}

run() {
    show "$@"
    "$@"
}

# The same for a command whose answer is "no".
run_no() {
    show "$@"
    local code=0
    "$@" || code=$?
    [ "$code" -eq 1 ] || fail "This should have answered no (1), not $code."
}

# The same for a command that may answer either.
run_either() {
    show "$@"
    local code=0
    "$@" || code=$?
    [ "$code" -le 1 ] || fail "This should have answered yes or no, not $code."
}

chapter "A disk arrives: sample material of an invented prison, ИК-900"
xtask sample "$demo/disk"

chapter "An archive is made; the recovery sheet would be printed and locked away"
run vidimus init --origin demo.example/archive --member Olena --recovery-sheet "$demo/recovery-sheet.txt"

chapter "The disk is taken in; a link and a pipe are no files, and are only listed"
echo "Invented: a former prisoner, who must not be found." > "$demo/giver.txt"
run vidimus receive "$demo/disk" --from-file "$demo/giver.txt"

chapter "The public receipt, to be published today: it names nobody and nothing"
receipt=$(find demo-archive/receipts -name '*.txt' | sort | tail -n 1)
run cat "$receipt"

chapter "Every file is opened, in a sandbox that can read nothing else"
# 1: something could not be examined, and says why.
run_either vidimus examine
run vidimus failures

chapter "What is there now; no name can play tricks on a terminal"
run vidimus list

chapter "All is checked: every record, proof and object, decrypted and hashed again"
run vidimus check --full

chapter "Two items are handed over, with proofs, without names and without the giver"
items=$(vidimus list A1 --json | python3 -c '
import json, sys
rows = json.load(sys.stdin)
wanted = ("recorder/cam01/2031-02-17/091000.mp4", "scans/letter.png")
print(*(row["ref"] for row in rows if row["path"] in wanted))')
# shellcheck disable=SC2086
run vidimus disclose $items --to "A newsroom" --purpose "Verification before publication" --out "$demo/bag"

chapter "The newsroom checks the package on its own machine: no network, no account"
run vidimus-verify "$demo/bag" --receipt "$receipt"

chapter "Somebody changes one byte of one file"
cp -r "$demo/bag" "$demo/changed"
victim=$(find "$demo/changed/data" -type f -name '*.mp4' | head -n 1)
python3 -c '
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(1000)
    byte = file.read(1)[0]
    file.seek(1000)
    file.write(bytes([byte ^ 1]))' "$victim"
run_no vidimus-verify "$demo/changed" --receipt "$receipt"

chapter "That is the demo. Try next, in this folder:"
cat <<END
  export PATH="$PWD/target/debug:\$PATH"
  export XDG_STATE_HOME="$XDG_STATE_HOME"
  export VIDIMUS_ARCHIVE=demo-archive
  export VIDIMUS_PASSPHRASE_FILE=$VIDIMUS_PASSPHRASE_FILE
  vidimus show A1                 everything known of the delivery
  vidimus log A1                  who did what to it
  vidimus receive ~/Pictures      take something of your own in
  vidimus --help                  every command
END
