#!/usr/bin/env python3
"""Holds what `vidimus similar` said against the truth about made films, and prints the share of each kind that was found.

    score.py FILMS LIST.json SIMILAR.json [PEER.json] [WHAT IT READS IS ADDED TO.json]

LIST.json is what `vidimus list --json` said, SIMILAR.json what `vidimus similar --json` said. PEER.json has for each pair of
paths the share of the copy's frames that the peer found in the original.
"""

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

# How far beside the truth a time may be, in seconds.
NEAR = 0.5
# The share of frames from which the peer's answer counts as found.
PEER_FOUND = 0.5


def family(truth):
    """By each path the originals of which it shows something."""
    shows = defaultdict(set)
    for o in truth["originals"]:
        shows[o["name"]].add(o["name"])
    for copy in truth["copies"]:
        shows[copy["name"]].add(copy["of"])
    return shows


def path_of(item):
    return item["path"] if isinstance(item["path"], str) else str(item["path"])


def relative(path):
    """As the truth names it: below the folder of films; a file in an archive by its archive."""
    path = path.split("films/", 1)[-1]
    return path.split(".zip", 1)[0] + ".zip" if ".zip" in path else path


def times_are_right(copy, pair, is_swapped):
    """Is the time that the pair begins at in the original where the copy has it? None where it names none."""
    if copy["kind"] in ("exact", "remux", "in an archive", "still") or copy["loop"]:
        return None
    from_copy, from_original = (pair["b_from"], pair["a_from"]) if is_swapped else (pair["a_from"], pair["b_from"])
    if from_copy is None or from_original is None:
        return False
    return abs(from_copy * copy["pace"] + copy["begin"] - from_original) <= NEAR


def main():
    films, listed, said = Path(sys.argv[1]), json.load(open(sys.argv[2])), json.load(open(sys.argv[3]))
    peer = json.load(open(sys.argv[4])) if len(sys.argv) > 4 else {}
    truth = json.loads((films / "truth.json").read_text())
    path = {item["ref"]: relative(path_of(item)) for item in listed if "path" in item}
    told = defaultdict(list)
    for pair in said:
        if pair["kind"] != "same_view" and pair["a"] in path and pair["b"] in path:
            told[frozenset((path[pair["a"]], path[pair["b"]]))].append((path[pair["a"]], pair))

    of, found, timed, right, peers = Counter(), Counter(), Counter(), Counter(), Counter()
    for copy in truth["copies"]:
        key, kind = frozenset((copy["name"], copy["of"])), copy["kind"]
        of[kind] += 1
        pairs = told.get(key, [])
        found[kind] += bool(pairs)
        peers[kind] += peer.get(f"{copy['name']}\t{copy['of']}", 0) >= PEER_FOUND
        times = [times_are_right(copy, pair, first != copy["name"]) for first, pair in pairs]
        if any(right_one is not None for right_one in times):
            timed[kind] += 1
            right[kind] += any(times)
        if not pairs or any(times) is False and any(one is False for one in times):
            print("missed" if not pairs else "other times", kind, copy["name"], copy["of"], [pair for _, pair in pairs][:2], file=sys.stderr)

    shows = family(truth)
    beyond = {key: pairs for key, pairs in told.items() if len(key) == 2 and not set.intersection(*(shows[name] for name in key))}
    for key, pairs in beyond.items():
        print("no copy", sorted(key), pairs[0][1], file=sys.stderr)
    same_place = {frozenset(pair) for pair in truth["same_place"]}
    counted = dict(
        of=of, found=found, timed=timed, right=right, peers=peers, has_peer=bool(peer),
        pairs=sum(len(key) == 2 for key in told), beyond=len(beyond), same_place=len(same_place),
        same_place_told=len(same_place & set(told)),
    )
    json.dump(counted, sys.stdout, ensure_ascii=False)


main()
