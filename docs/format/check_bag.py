#!/usr/bin/env python3
"""Checks one file of a Vidimus disclosure bag without any program of ours: see bag.md, "With stock tools".

    python3 check_bag.py BAG data/01.mp4 [VKEY]

Needs only Python's own library, sha256sum (coreutils) and openssl, which checks the Ed25519 signatures. It is a second,
separate reading of docs/format/; it is not as strict as vidimus-verify about files that this one file does not need.
Exit code 0: the file is proved. 1: it is not, and the reason is printed. 2: wrong usage.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tempfile


def require(truth, reason):
    if not truth:
        raise SystemExit("NOT PROVED: " + reason)


def read(bag, path):
    try:
        with open(os.path.join(bag, path), "rb") as file:
            return file.read()
    except OSError as error:
        raise SystemExit(f"NOT PROVED: {path}: {error.strerror}")


def text(bag, path):
    try:
        return read(bag, path).decode("utf-8")
    except UnicodeDecodeError:
        raise SystemExit(f"NOT PROVED: {path} is not UTF-8")


def sha256(data):
    return hashlib.sha256(data).digest()


def b64url(part):
    """base64url without padding, canonical (RFC 4648, section 5)."""
    data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    require(base64.urlsafe_b64encode(data).rstrip(b"=").decode() == part, "base64url is not canonical")
    return data


def b64(part):
    data = base64.b64decode(part, validate=True)
    require(base64.b64encode(data).decode() == part, "base64 is not canonical")
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


def key_of(vkey):
    """Origin, key id of notes, public key (C2SP signed-note)."""
    parts = vkey.split("+", 2)
    require(len(parts) == 3, "the key is not a vkey")
    name, key_id, key = parts[0], parts[1], b64(parts[2])
    require(len(key) == 33 and key[0] == 1, "the key is not an Ed25519 key")
    require(sha256(name.encode() + b"\n" + key)[:4].hex() == key_id, "the key's identifier is wrong")
    return name, key_id, key[1:]


def no_repeated_keys(pairs):
    require(len(dict(pairs)) == len(pairs), "a JSON key stands twice")
    return dict(pairs)


def strict_json(data):
    return json.loads(data, object_pairs_hook=no_repeated_keys)


def epoch(base, name):
    """Number of the epoch of the log that began as base (log.md); none for another log."""
    head, _, digits = name.rpartition("/")
    numbered = head == base and digits.isascii() and digits.isdigit() and digits[0] != "0" and digits != "1"
    return 1 if name == base else int(digits) if numbered else None


def is_earlier(name, origin):
    """Is name the origin of an earlier epoch of the same log?"""
    base = origin.rpartition("/")[0]
    old, new = epoch(base, name), epoch(base, origin)
    return epoch(name, origin) is not None or bool(base and old and new and old <= new)


def thumbprint(public_key):
    """The key id of records (RFC 7638)."""
    x = base64.urlsafe_b64encode(public_key).rstrip(b"=").decode()
    digest = sha256(f'{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}'.encode())
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def issuer_of(sd_jwt):
    return strict_json(b64url(sd_jwt.split(".")[1]))["iss"]


def record_of(sd_jwt, path, origin, public_key, earlier=False):
    """Entry and open fields of a record (record.md), of this epoch or, where that may be, of an earlier one.

    Without a key the signature is not checked: to learn which key the record itself names."""
    require(sd_jwt.endswith("~"), f"{path} is not a record")
    jwt, *disclosures = sd_jwt[:-1].split("~")
    require(jwt.count(".") == 2, f"{path} is not a record")
    header, payload, signature = (b64url(part) for part in jwt.split("."))
    if public_key is not None:
        expected = f'{{"alg":"EdDSA","kid":"{thumbprint(public_key)}","typ":"vidimus-record+sd-jwt"}}'
        require(header == expected.encode(), f"{path} names another key, or is not a record")
        require(ed25519(public_key, jwt.rsplit(".", 1)[0].encode(), signature), f"{path} is not signed by the archive")
    payload = strict_json(payload)
    require(set(payload) == {"_sd", "_sd_alg", "iss"} and payload["_sd_alg"] == "sha-256", f"{path} is not a record")
    of_this = payload["iss"] == origin or earlier and is_earlier(payload["iss"], origin)
    require(of_this, f"{path} is of another archive")
    digests, fields = payload["_sd"], {}
    require(digests == sorted(set(digests)) and digests and len(digests) % 16 == 0, f"{path} is not a record")
    for disclosure in disclosures:
        digest = base64.urlsafe_b64encode(sha256(disclosure.encode())).rstrip(b"=").decode()
        require(digest in digests, f"{path} has a forged field")
        salt, name, value = strict_json(b64url(disclosure))
        require(len(b64url(salt)) >= 16 and (not fields or name > max(fields)), f"{path} has fields out of order")
        fields[name] = value
    return sha256(jwt.encode()), fields


def checkpoint_of(note, path, origin, public_key):
    """Size and root of a signed note (log.md)."""
    body, _, signatures = note.rpartition("\n\n")
    body += "\n"
    lines = body.split("\n")
    name_of_log = lines[0]
    of_this = name_of_log == origin or is_earlier(name_of_log, origin)
    require(len(lines) == 4 and of_this and lines[3] == "", f"{path} is not a checkpoint of this archive")
    key_id = sha256(name_of_log.encode() + b"\n\x01" + public_key)[:4].hex()
    signed = False
    for line in signatures.splitlines():
        require(line.startswith("\u2014 ") and line.count(" ") == 2, f"{path} has a line that is no signature")
        name, signature = line[2:].split(" ")
        if name == name_of_log and b64(signature)[:4].hex() == key_id:
            require(ed25519(public_key, body.encode(), b64(signature)[4:]), f"the signature of {path} is false")
            signed = True
    require(signed, f"{path} is not signed by the archive")
    return int(lines[1]), b64(lines[2])


def node(left, right):
    return sha256(b"\x01" + left + right)


def included(entry, index, size, proof):
    """The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2, which RFC 6962 leaves to the reader)."""
    require(index < size, "the index is beyond the log")
    position, last, root = index, size - 1, sha256(b"\x00" + entry)
    for sibling in proof:
        require(last > 0, "the proof is too long")
        if position & 1 or position == last:
            root = node(sibling, root)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            root = node(root, sibling)
        position, last = position >> 1, last >> 1
    require(last == 0, "the proof is too short")
    return root


def consistent(old, old_root, new, proof):
    """The roots, old and new, that a consistency proof leads to (RFC 9162, section 2.1.4.2)."""
    require(0 < old < new, "the checkpoints are not in order")
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    path = list(proof) if old & (old - 1) else [old_root] + list(proof)
    require(path, "a consistency proof is empty")
    first = second = path[0]
    for sibling in path[1:]:
        require(last > 0, "a consistency proof is too long")
        if position & 1 or position == last:
            first, second = node(sibling, first), node(sibling, second)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            second = node(second, sibling)
        position, last = position >> 1, last >> 1
    require(last == 0, "a consistency proof is too short")
    return first, second


def proof_of(proof, path):
    """Extra, index, hashes and note of a tlog-proof (C2SP)."""
    head, _, note = proof.partition("\n\n")
    lines = head.split("\n")
    require(lines.pop(0) == "c2sp.org/tlog-proof@v1", f"{path} is not a proof")
    extra = b64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
    require(lines and lines[0].startswith("index "), f"{path} is not a proof")
    return extra, int(lines.pop(0)[6:]), [b64(line) for line in lines], note


def check_consistency(proof, path, old, new):
    lines = proof.split("\n")
    require(lines.pop(0) == "vidimus/consistency/v1" and lines.pop() == "", f"{path} is not a consistency proof")
    require([lines.pop(0), lines.pop(0)] == [str(old[0]), str(new[0])], f"{path} is between other checkpoints")
    roots = consistent(old[0], old[1], new[0], [b64(line) for line in lines])
    require(roots == (old[1], new[1]), f"{path} does not hold")


def chain_of(bag, origin, present):
    """The keys that signed before, first one first: (index of the change, old key), and the key the last change leads to."""
    changes, led_to, number = [], None, 1
    while f"keys/{number}.sd-jwt" in present:
        path, proof_path = f"keys/{number}.sd-jwt", f"keys/{number}.tlog-proof"
        # Read once to learn which key it names, then checked with that key.
        _, fields = record_of(text(bag, path), path, origin, None, earlier=True)
        require(fields.get("change") == "archive-key/1", f"{path} is not of a change of the key")
        old, new = key_of(fields["from"]), key_of(fields["key"])
        require(old[0] == new[0] == issuer_of(text(bag, path)), f"{path} names keys of another log")
        entry, _ = record_of(text(bag, path), path, origin, old[2], earlier=True)
        require(led_to in (None, old[2]) and old[2] != new[2], f"{path} is about another key than the one before it")
        consent = f"vidimus/archive-key/v1\n{old[0]}\n{thumbprint(old[2])}\n{thumbprint(new[2])}\n"
        require(ed25519(new[2], consent.encode(), b64url(fields["by_new"])), f"{path} is not signed by the new key")
        extra, index, hashes, note = proof_of(text(bag, proof_path), proof_path)
        size, root = checkpoint_of(note, proof_path, origin, old[2])
        require(extra is None and size == index + 1, f"{proof_path} hangs from another checkpoint than its own")
        require(text(bag, f"checkpoints/{size}.txt") == note, f"the note of {proof_path} is not in the bag")
        require(included(entry, index, size, hashes) == root, f"{proof_path} does not hold")
        require(not changes or changes[-1][0] < index, f"{proof_path} is not in the order of the log")
        changes.append((index, old[2]))
        led_to, number = new[2], number + 1
    numbered = {f"keys/{n}.{kind}" for n in range(1, number) for kind in ("sd-jwt", "tlog-proof")}
    require({path for path in present if path.startswith("keys/")} == numbered, "keys/ has a gap")
    return changes, led_to


def key_at(index, changes, newest):
    """The key that signs the record at this index, and the checkpoint of one more (log.md)."""
    return next((old for changed_at, old in changes if index <= changed_at), newest)


def tombstone_text(fields):
    """The file that stands for what was erased (bag.md, "Tombstones")."""
    def line(field):
        return f"{field}: {json.dumps(fields[field], ensure_ascii=False, separators=(',', ':'))}\n"
    return "".join(map(line, ("about", "change", "day", "entries", "reason")))


def check(bag, name, pinned):
    # 1. Every file is as the manifests say, and there are no others.
    listed = set()
    for manifest in ("tagmanifest-sha256.txt", "manifest-sha256.txt"):
        lines = text(bag, manifest).splitlines()
        require(lines == sorted(lines, key=lambda line: line[66:].encode()), f"{manifest} is not in order")
        listed |= {line[66:] for line in lines}
        result = subprocess.run(["sha256sum", "--check", "--strict", "--quiet", manifest],
                                cwd=bag, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True)
        require(result.returncode == 0, (result.stdout or result.stderr).strip())
    present = set()
    for folder, folders, files in os.walk(bag):
        require(files or folders, f"{folder} is empty")
        for one in files + folders:
            require(not os.path.islink(os.path.join(folder, one)), f"{one} is a link")
        present |= {os.path.relpath(os.path.join(folder, one), bag) for one in files}
    tag_manifests = {"tagmanifest-sha256.txt", "tagmanifest-sha512.txt"}
    require(present - tag_manifests == listed, f"added or missing: {sorted((present - tag_manifests) ^ listed)}")
    require(name in listed and name.startswith("data/"), f"{name} is not in the bag")

    # 2. The archive's key, and those that led to it.
    vkey = text(bag, "archive.vkey").strip()
    origin, _, public_key = key_of(vkey)
    changes, led_to = chain_of(bag, origin, present)
    require(led_to in (None, public_key), "the changes in keys/ lead to another key than archive.vkey")
    known = [old for _, old in changes] + [public_key]
    of_this = pinned is None or pinned == vkey or key_of(pinned)[2] in known[:-1] and key_of(pinned)[0] == origin
    require(of_this, "the bag's key is not the one expected")

    # 3. The archive signed the bag as a whole, and that record is in its log.
    entry, fields = record_of(text(bag, "disclosure.sd-jwt"), "disclosure.sd-jwt", origin, public_key)
    require(fields.get("change") == "disclosure/1", "disclosure.sd-jwt is not of a disclosure")
    require(list(fields) == fields.get("opened"), "the open fields of disclosure.sd-jwt are not those opened")
    unsigned = tag_manifests | {"disclosure.sd-jwt", "disclosure.tlog-proof"}
    signed = {path for path in present - unsigned if not path.startswith("data/")}
    require(set(fields["files"]) == signed, f"not signed: {sorted(signed ^ set(fields['files']))}")
    for path, digest in fields["files"].items():
        require(sha256(read(bag, path)).hex() == digest, f"{path} is not the file that the archive put into this bag")
    extra, index, hashes, note = proof_of(text(bag, "disclosure.tlog-proof"), "disclosure.tlog-proof")
    require(key_at(index, changes, public_key) == public_key, "disclosure.sd-jwt stands before the last change of the key")
    own = checkpoint_of(note, "disclosure.tlog-proof", origin, public_key)
    require(note.count("\n\u2014 ") == 1, "disclosure.tlog-proof has other signatures")
    require(own[0] == index + 1, "disclosure.tlog-proof hangs from another checkpoint than its own")
    require(included(entry, index, own[0], hashes) == own[1], "disclosure.tlog-proof does not hold")

    # 4. Every checkpoint is the archive's, and each log is the beginning of the next.
    checkpoints = {}
    for path in sorted(signed):
        if path.startswith("checkpoints/") and path.endswith(".txt"):
            size = int(path[len("checkpoints/"):-len(".txt")])
            signer = key_at(size - 1, changes, public_key)
            size, root = checkpoint_of(text(bag, path), path, origin, signer)
            require(path == f"checkpoints/{size}.txt", f"{path} is of another size")
            checkpoints[size] = root
    chain = sorted(checkpoints.items())
    for old, new in zip(chain, chain[1:]):
        path = f"consistency/{old[0]}-{new[0]}.txt"
        check_consistency(text(bag, path), path, old, new)
    require(extra is not None, "disclosure.tlog-proof has no extra line")
    check_consistency(extra.decode(), "the extra line of disclosure.tlog-proof", chain[-1], own)

    # 5. The file is the one of its record, and that record is in the log.
    stem = name[len("data/"):].rpartition(".")[0]
    path, proof_path = f"records/{stem}.sd-jwt", f"proofs/{stem}.tlog-proof"
    extra, index, hashes, note = proof_of(text(bag, proof_path), proof_path)
    signer = key_at(index, changes, public_key)
    entry, fields = record_of(text(bag, path), path, origin, signer, earlier=True)
    data = read(bag, name)
    unpacked = fields.get("change") == "contained/1"
    if fields.get("change") == "erasure/1":
        require(data == tombstone_text(fields).encode(), f"{name} is not what the archive said of what it erased")
    else:
        require(unpacked or fields.get("change") == "item/1", f"{path} is not of a file")
        require(not unpacked or isinstance(fields.get("tool"), str), f"{path} does not say which tool unpacked it")
        require(not unpacked or isinstance(fields["tool_version"], (str, type(None))), f"{path} names no version of a tool")
        require(fields.get("sha256") == sha256(data).hex(), f"{name} is not the file that the archive recorded")
        require(fields.get("size") == len(data), f"{name} is not the file that the archive recorded")
    size = int(note.split("\n")[1])
    size, root = checkpoint_of(note, proof_path, origin, key_at(size - 1, changes, public_key))
    require(extra is None, f"{proof_path} has an extra line")
    require(text(bag, f"checkpoints/{size}.txt") == note, f"the note of {proof_path} is not in the bag")
    require(included(entry, index, size, hashes) == root, f"{proof_path} does not hold")

    print(f"PROVED: {name} is entry {index} of the log of {origin}, in its checkpoint of {size} entries.")
    if unpacked:
        print(f"It was unpacked from another file by {ascii(fields['tool'])}: its bytes are what that tool made, not what was received.")
    led = f" (the key you gave signed before it; {len(changes)} changes lead here)"
    print(f"Key: {vkey}" + (" (from the bag itself; compare it)" if not pinned else "" if pinned == vkey else led))
    print(f"When: openssl ts -verify -data checkpoints/{size}.txt -in checkpoints/{size}.token-1.tsr -CAfile AUTHORITY.pem")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    try:
        check(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) == 4 else None)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise SystemExit(f"NOT PROVED: something is not in the form that the format gives ({error})")
