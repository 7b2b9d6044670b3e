#!/usr/bin/env python3
"""Asks vpdq, the peer, about each true pair of made films: which share of the copy's frames it finds in the original.

    peer.py FILMS > PEER.json

A frame a second, as vpdq does by itself; two frames are one where their hashes differ by 31 bits at most.
"""

import json
import sys
from pathlib import Path

import numpy
import vpdq

NEAR = 31


def frames(path):
    try:
        hashes = vpdq.computeHash(str(path), seconds_per_hash=1)
    except Exception:  # what it cannot read it does not find
        return None
    rows = [numpy.unpackbits(numpy.frombuffer(bytes.fromhex(h.hex), dtype="u1")) for h in hashes]
    return numpy.array(rows) if rows else None


def main():
    films = Path(sys.argv[1])
    truth = json.loads((films / "truth.json").read_text())
    originals = {o["name"]: frames(films / "films" / o["name"]) for o in truth["originals"]}
    said = {}
    for copy in truth["copies"]:
        mine, theirs = frames(films / "films" / copy["name"]), originals[copy["of"]]
        share = 0.0
        if mine is not None and theirs is not None:
            share = float(((mine[:, None, :] != theirs[None, :, :]).sum(-1) <= NEAR).any(1).mean())
        said[f"{copy['name']}\t{copy['of']}"] = share
    json.dump(said, sys.stdout, ensure_ascii=False)


main()
