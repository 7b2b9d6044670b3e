#!/usr/bin/env python3
"""Recomputes the root of a Vidimus log from its tiles, without any program of ours: see log.md, "With stock tools".

    python3 check_log.py LOG [VKEY]

LOG is the folder `log/` of an archive, or a copy of it. Needs only Python's own library, and openssl, which checks the
Ed25519 signature. It is a second, separate reading of docs/format/log.md. Every tile that the checkpoint calls for is
read: the bundles of entries, the leaf hashes beside them, and each level above.
Exit code 0: the tiles are those that the checkpoint signs. 1: they are not, and the reason is printed. 2: wrong usage.
"""

import base64
import hashlib
import os
import subprocess
import sys
import tempfile

FULL = 256  # entries in a full bundle, hashes in a full tile


def require(truth, reason):
    if not truth:
        raise SystemExit("NOT SOUND: " + reason)


def read(log, path):
    try:
        with open(os.path.join(log, path), "rb") as file:
            return file.read()
    except OSError as error:
        raise SystemExit(f"NOT SOUND: {path}: {error.strerror}")


def sha256(data):
    return hashlib.sha256(data).digest()


def b64(part):
    try:
        data = base64.b64decode(part, validate=True)
    except ValueError:
        data = None
    require(data is not None and base64.b64encode(data).decode() == part, "base64 is not canonical")
    return data


def ed25519(public_key, message, signature):
    """One signature, by openssl; the 12 bytes are the fixed head of an Ed25519 SubjectPublicKeyInfo (RFC 8410)."""
    with tempfile.TemporaryDirectory() as folder:
        names = {}
        head = bytes.fromhex("302a300506032b6570032100")
        for name, data in (("key", head + public_key), ("message", message), ("signature", signature)):
            names[name] = os.path.join(folder, name)
            with open(names[name], "wb") as file:
                file.write(data)
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin", "-inkey", names["key"]]
        command += ["-in", names["message"], "-sigfile", names["signature"]]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def checkpoint_of(note):
    """Origin, size, root, what is signed, and the signature lines (C2SP tlog-checkpoint)."""
    try:
        text = note.decode("utf-8")
    except UnicodeDecodeError:
        raise SystemExit("NOT SOUND: checkpoint is not UTF-8")
    body, _, signatures = text.rpartition("\n\n")
    lines = body.split("\n")
    require(len(lines) == 3, "checkpoint is not a checkpoint")
    origin, size, root = lines
    require(size.isascii() and size.isdigit() and str(int(size)) == size, "checkpoint has no size")
    root = b64(root)
    require(len(root) == 32, "checkpoint has no root")
    return origin, int(size), root, (body + "\n").encode(), signatures.splitlines()


def check_signature(origin, signed, lines, vkey):
    """The note is signed by the key of this name (C2SP signed-note)."""
    parts = vkey.split("+", 2)
    require(len(parts) == 3, "the key is not a vkey")
    name, key_id, key = parts[0], parts[1], b64(parts[2])
    require(len(key) == 33 and key[0] == 1, "the key is not an Ed25519 key")
    require(sha256(name.encode() + b"\n" + key)[:4].hex() == key_id, "the key's identifier is wrong")
    require(name == origin, f"checkpoint is of {origin}, the key of {name}")
    found = False
    for line in lines:
        require(line.startswith("\u2014 ") and line.count(" ") == 2, "checkpoint has a line that is no signature")
        signer, signature = line[2:].split(" ")
        signature = b64(signature)
        if signer == name and signature[:4].hex() == key_id:
            require(ed25519(key[1:], signed, signature[4:]), "the signature of checkpoint is false")
            found = True
    require(found, "checkpoint is not signed by the key")


def tile_path(level, index, width):
    """`tile/<L>/<N>[.p/<W>]`, N in groups of three digits, all but the last with an x before it (C2SP tlog-tiles)."""
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    return f"tile/{level}/" + "/".join(groups) + (f".p/{width}" if width < FULL else "")


def tiles(log, level, count):
    """The tiles of a level that holds `count` hashes or entries, each with its path and width."""
    for index in range(-(-count // FULL)):
        width = min(FULL, count - index * FULL)
        path = tile_path(level, index, width)
        yield path, width, read(log, path)


def entries_of(path, bundle, width):
    """The entries of a bundle, each behind its length in two bytes; ours are of 32 bytes."""
    entries = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        require(length == 32 and len(bundle) >= 34, f"{path} is not a bundle of entries")
        entries.append(bundle[2:34])
        bundle = bundle[34:]
    require(len(entries) == width, f"{path} holds {len(entries)} entries, not {width}")
    return entries


def root_of(hashes):
    """The root of the tree over these leaves or complete subtrees of one size (RFC 6962, section 2.1), level by level."""
    if not hashes:
        return sha256(b"")
    while len(hashes) > 1:
        paired = [sha256(b"\x01" + a + b) for a, b in zip(hashes[::2], hashes[1::2])]
        # A hash without a neighbour goes up as it is, because the tree is split at the largest power of two.
        hashes = paired + hashes[len(hashes) & ~1 :]
    return hashes[0]


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    log = arguments[0]
    origin, size, root, signed, lines = checkpoint_of(read(log, "checkpoint"))
    if len(arguments) == 2:
        check_signature(origin, signed, lines, arguments[1])

    leaves = []
    for path, width, bundle in tiles(log, "entries", size):
        leaves += [sha256(b"\x00" + entry) for entry in entries_of(path, bundle, width)]

    # What the entries hash to is compared with every tile of hashes.
    level, hashes = 0, leaves
    while hashes:
        at = 0
        for path, width, tile in tiles(log, level, len(hashes)):
            require(tile == b"".join(hashes[at : at + width]), f"{path} is not what the entries hash to")
            at += width
        full = len(hashes) // FULL
        hashes = [root_of(hashes[i * FULL : (i + 1) * FULL]) for i in range(full)]
        level += 1

    require(root_of(leaves) == root, "the entries do not add up to the root of checkpoint")
    said = "signed by the key given" if len(arguments) == 2 else "its signature was not checked: no key was given"
    print(f"SOUND: {size} entries of {origin}, root {base64.b64encode(root).decode()}; {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
