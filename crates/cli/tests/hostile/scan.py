"""Looks for secrets in all files below folders: raw, hex, base64 in all three alignments, UTF-16, and any of these deflated.

Standard input: a JSON list of secrets. Arguments: folders, and files. Standard output: a JSON list of [file, secret, form].
"""
import base64, json, os, sys, zlib

GLANCE = 48  # enough to see that nearly any place in ciphertext begins no stream
PIECE = 4096
DEEPEST = 16 << 20  # of what one stream holds


def forms(secret):
    raw = secret.encode()
    yield "raw", raw
    yield "hex", raw.hex().encode()
    yield "HEX", raw.hex().upper().encode()
    yield "utf-16le", secret.encode("utf-16-le")
    yield "utf-16be", secret.encode("utf-16-be")
    for skip in range(3):
        # The digits that depend on the secret's bytes alone, whatever stands around them.
        digits = base64.b64encode(b"\0" * skip + raw)
        first = (0, 2, 3)[skip]
        last = len(digits.rstrip(b"=")) - (1 if (len(raw) + skip) % 3 else 0)
        yield f"base64+{skip}", digits[first:last]
        yield f"base64url+{skip}", digits[first:last].translate(bytes.maketrans(b"+/", b"-_"))


def search(data, wanted):
    return {(secret, form) for secret, form, pattern in wanted if pattern in data}


def may_begin(data, at):
    """Can a deflate stream's first block begin here? Of those that are only stored the length is said twice."""
    kind = data[at] & 6
    if kind == 0:
        return at + 5 <= len(data) and data[at + 1] ^ data[at + 3] == 255 == data[at + 2] ^ data[at + 4]
    return kind == 2 or kind == 4 and data[at] < 240


def inflated(data):
    """What any deflate stream in it holds, which may begin at any byte; zlib, gzip, ZIP and PNG hold such streams."""
    view = memoryview(data)
    followed = 0
    for at in range(len(data)):
        if not may_begin(data, at):
            continue
        stream = zlib.decompressobj(-15)
        try:
            texts = [stream.decompress(view[at:at + GLANCE], DEEPEST)]
        except zlib.error:
            continue
        # Within a stream that was followed, the beginnings of others are looked at only.
        end = at + PIECE if at < followed else len(data)
        read, length = at + GLANCE, len(texts[0])
        while not stream.eof and read < end and length < DEEPEST:
            try:
                texts.append(stream.decompress(view[read:read + PIECE], DEEPEST))
            except zlib.error:
                break
            read += PIECE
            length += len(texts[-1])
        if read > at + PIECE:
            followed = max(followed, min(read, len(data)))
        if length > 8:
            yield b"".join(texts)


def main():
    secrets = json.load(sys.stdin)
    wanted = [(s, form, pattern) for s in secrets for form, pattern in forms(s)]
    found = set()
    for given in sys.argv[1:]:
        # Of a file its folder is not walked, which may be named as it likes.
        alone = [(os.path.dirname(given), [], [os.path.basename(given)])]
        for place, _, files in alone if os.path.isfile(given) else os.walk(given):
            found |= {(place, *hit) for hit in search(os.fsencode(place), wanted)}
            for name in files:
                path = os.path.join(place, name)
                with open(path, "rb") as file:
                    data = file.read()
                hits = search(os.fsencode(name) + b"\n" + data, wanted)
                for text in inflated(data):
                    hits |= {(secret, "deflate " + form) for secret, form in search(text, wanted)}
                found |= {(path, *hit) for hit in hits}
    print(json.dumps(sorted(found)))


main()
