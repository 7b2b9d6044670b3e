#!/usr/bin/env python3
"""Adds up what score.py said of several seeds, and prints one table.

    table.py SCORE.json…
"""

import json
import sys
from collections import Counter

scores = [json.load(open(path)) for path in sys.argv[1:]]


def summed(what):
    total = Counter()
    for score in scores:
        total.update(score[what])
    return total


def share(part, whole):
    return f"{part / whole:.3f}" if whole else "-"


of, found, timed, right, peers = map(summed, ("of", "found", "timed", "right", "peers"))
print(f"{'kind':24}{'pairs':>6}{'found':>8}{'vpdq':>8}{'times right':>13}")
for kind in of:
    times = f"{right[kind]}/{timed[kind]}" if timed[kind] else "-"
    print(f"{kind:24}{of[kind]:6}{share(found[kind], of[kind]):>8}{share(peers[kind], of[kind]):>8}{times:>13}")
pairs, beyond, same, told = (sum(score[what] for score in scores) for what in ("pairs", "beyond", "same_place", "same_place_told"))
print()
print(f"precision {share(pairs - beyond, pairs)}: of {pairs} pairs told, {beyond} share nothing by the truth")
print(f"{same} pairs of one place on two days: {told} told as copies")
