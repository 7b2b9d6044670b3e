#!/usr/bin/env bash
# Times Vidimus and its peers interleaved, in one run on one machine, and writes what was measured into docs/performance.md.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
source scripts/common.sh
require_rust

peers=${VIDIMUS_SHARED:-../shared}/bench
[ -d "$peers" ] || fail "The peers' scripts are not in $peers. Put the shared folder beside the checkout, or name it in VIDIMUS_SHARED."
rounds=${ROUNDS:-7}
rows=${ROWS:-3000000}
root=$PWD
work=$root/target/bench

say "Building, and setting the peers up in $work"
cargo build --release --locked --quiet -p vidimus-cli -p vidimus-verify
if [ ! -e "$work/ready" ]; then
    mkdir -p "$work"
    cp -r "$peers/." "$work/"
    chmod -R u+w "$work"
    (cd "$work" && ./setup.sh && ./gen_data.sh ingest) >"$work/setup.log" 2>&1 || fail "Setting the peers up failed. The reason is at the end of $work/setup.log."
    touch "$work/ready"
fi

export PATH=$root/target/release:$work/src/target/release:$work/venv/bin:$PATH
export W=$work/data/work XDG_STATE_HOME=$work/data/state
export RESTIC_PASSWORD=x BORG_PASSPHRASE=x BORG_BASE_DIR=$W/borgbase BORG_RELOCATED_REPO_ACCESS_IS_OK=yes
export VIDIMUS_ARCHIVE=$W/vidimus VIDIMUS_PASSPHRASE_FILE=$work/passphrase
mkdir -p "$W"
(umask 077 && echo "six small words for the bench" >"$VIDIMUS_PASSPHRASE_FILE")

fresh="rm -rf $W/vidimus; vidimus init --origin bench.example/ik-900 --member bench --recovery-sheet \$(mktemp -u)"
restic_new="rm -rf $W/r; restic -q init --no-cache --repository-version 2 -r $W/r"
borg_new="rm -rf $W/b $W/borgbase; borg init -e repokey-blake2 $W/b"

# Each line: name ;; untimed preparation ;; timed command ;; what it left. The first is the yardstick.
large() {
    local d=$work/data/large
    echo "one pass, AES-GCM, 1 thread ;; rm -rf $W/o ;; crypt file aes $d $W/o ;; $W/o"
    echo "one pass, ChaCha20, 1 thread ;; rm -rf $W/o ;; crypt file chacha $d $W/o ;; $W/o"
    echo "cp -r ;; rm -rf $W/o ;; cp -r $d $W/o ;; $W/o"
    echo "vidimus receive ;; $fresh ;; vidimus receive --yes $d ;; $W/vidimus"
    echo "restic backup ;; $restic_new ;; restic -q --no-cache -r $W/r backup $d ;; $W/r"
    echo "borg create ;; $borg_new ;; borg create -C lz4 $W/b::a $d ;; $W/b"
}

small() {
    local d=$work/data/small
    echo "cp -r ;; rm -rf $W/o ;; cp -r $d $W/o ;; $W/o"
    echo "vidimus receive ;; $fresh ;; vidimus receive --yes $d ;; $W/vidimus"
    echo "restic backup ;; $restic_new ;; restic -q --no-cache -r $W/r backup $d ;; $W/r"
    echo "borg create ;; $borg_new ;; borg create -C lz4 $W/b::a $d ;; $W/b"
}

check() {
    local d=$work/data/large
    bash -c "$fresh && vidimus receive --yes $d && $restic_new && restic -q --no-cache -r $W/r backup $d" >/dev/null 2>&1
    echo "openssl dgst -sha256 ;; ;; find $d -type f -print0 | xargs -0 openssl dgst -sha256"
    echo "vidimus check --full ;; ;; vidimus check --full"
    echo "restic check --read-data ;; ;; restic -q --no-cache -r $W/r check --read-data"
}

time_them() {
    local peers_of=$1 bytes
    bytes=$(find "$work/data/$2" -type f -printf '%s\n' | awk '{ s += $1 } END { print s }')
    "$peers_of" | "$work/pair.py" -n "$3" --bytes "$bytes" --timeout 3600
    rm -rf "$W"/{o,r,b,vidimus}
}

report=$work/report.txt
{
    echo "Measured on $(date -u +%Y-%m-%d), $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n1), $(uname -sr)."
    echo
    echo "Large files (1.2 GB), $rounds rounds:"
    time_them large large "$rounds"
    echo
    echo "20,000 small files (199 MB), $rounds rounds:"
    time_them small small "$rounds"
    echo
    echo "Checking the large files, $rounds rounds:"
    time_them check large "$rounds"
    echo
    echo "Ledger, rows of 2.2 KB appended durably in batches of 500:"
    cargo bench --locked --quiet -p vidimus-ledger --bench append -- 200000 2>/dev/null
    cargo bench --locked --quiet -p vidimus-ledger --bench append -- 200000 1000000 2>/dev/null
    echo
    echo "Records opened and folded into the catalogue, of $rows:"
    cargo bench --locked --quiet -p vidimus-archive --bench fold -- "$rows" 2>/dev/null
    echo
    echo "Search, 1,000,000 documents, beside the same library without stems, names, stored texts and cipher:"
    [ -e "$work/data/docs.tsv" ] || (cd "$work" && ./gen_data.sh text) >>"$work/setup.log" 2>&1
    cargo bench --locked --quiet -p vidimus-folds --bench search -- "$work/data/docs.tsv" "$work/data" 2>/dev/null
    echo
    echo "The sandbox, from the order until the outcome is here:"
    cargo bench --locked --quiet -p vidimus-sandbox --bench startup 2>/dev/null
    echo
    echo "Examination beside the tools that it runs, alone:"
    cargo bench --locked --quiet -p vidimus-examine --bench overhead 2>/dev/null
    echo
    echo "The first look (kind, times, camera, a still) at an invented archive of films, documents, mails and pictures:"
    [ -d "$work/films/truth" ] || { rm -rf "$work/films"; "${VIDIMUS_SHARED:-../shared}"/tools/make_archive.sh 400 3 "$work/films" >>"$work/setup.log" 2>&1; }
    scripts/first_evening.sh "$work/films/archive"
} | tee "$report"

# The figures stand in the document between two marks; the words around them are written by people.
awk -v report="$report" '
    /^<!-- figures -->$/ { print; print ""; print "```"; while ((getline line < report) > 0) print line; print "```"; print ""; skip = 1 }
    /^<!-- end of figures -->$/ { skip = 0 }
    !skip
' docs/performance.md >"$work/performance.md"
cp "$work/performance.md" docs/performance.md
say "docs/performance.md has the figures"
