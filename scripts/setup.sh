#!/usr/bin/env bash
# Installs what this machine lacks to build, test and demonstrate Vidimus, and says nothing where nothing is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
source scripts/common.sh

# Asks for the thing itself, not for a package: it may have been installed in another way.
missing_packages() {
    has cc || echo gcc libc6-dev
    has pkg-config || echo pkg-config
    # SQLCipher, and with it the catalogue, is linked with OpenSSL's libcrypto.
    { has pkg-config && pkg-config --exists libcrypto; } || echo libssl-dev
    # Sample videos and scans.
    has ffmpeg || echo ffmpeg
    [ -f /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || echo fonts-dejavu-core
    # Programs that open files for us: what is missing is told by `vidimus doctor`, and those files stay unread.
    has pdftotext || echo poppler-utils
    has bsdtar || echo libarchive-tools
    has antiword || echo antiword
    has catdoc || echo catdoc
    has readpst || echo pst-utils
    { has tesseract && tesseract --list-langs 2>/dev/null | grep -qx rus && tesseract --list-langs | grep -qx ukr; } ||
        echo tesseract-ocr tesseract-ocr-eng tesseract-ocr-rus tesseract-ocr-ukr
    # Others' programs that must agree with ours, in tests only.
    has age || echo age
    has openssl || echo openssl
    # A clock that is off, in tests only.
    has faketime || echo faketime
    # Names every file that a program opens, in tests only.
    has strace || echo strace
    # Dumps the memory of a program that does not refuse it, in tests only.
    has gcore || echo gdb
    { has python3 && python3 -c 'import ensurepip, venv' 2>/dev/null; } || echo python3 python3-venv
}

install_packages() {
    local packages
    mapfile -t packages < <(missing_packages | tr ' ' '\n' | sort -u)
    [ "${#packages[@]}" -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if has sudo; then
            as_root=(sudo)
        else
            fail "These packages are missing: ${packages[*]}. Install them as root: apt-get install ${packages[*]}"
        fi
    fi
    has apt-get || fail "These Debian packages are missing: ${packages[*]}. Install what your system calls them."
    say "Installing ${packages[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "${packages[@]}" >/dev/null
}

# Checkers from PyPI, in a folder of their own that `cargo clean` takes away.
install_checkers() {
    local wanted=scripts/python-checkers.txt folder=target/python
    if ! cmp -s "$wanted" "$folder/installed.txt"; then
        say "Installing Python checkers for the tests into $folder"
        rm -rf "$folder"
        mkdir -p target
        python3 -m venv "$folder"
        "$folder/bin/pip" install -q --disable-pip-version-check --no-input -r "$wanted"
        cp "$wanted" "$folder/installed.txt"
    fi
}

require_rust
install_packages
install_checkers
