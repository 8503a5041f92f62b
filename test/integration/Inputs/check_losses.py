"""The losses of a run are those of its two halves, and they go down.

usage: check_losses.py WHOLE FIRST REST
"""

import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.strip() for line in file]
    return [line for line in lines if line[:1].isdigit()]


whole, first, rest = map(read, sys.argv[1:4])
if not first or not rest or whole != first + rest:
    sys.exit(f"{len(whole)} losses are not those of {len(first)} and {len(rest)}")
losses = [float(line.split(",")[1]) for line in whole]
begin, end = sum(losses[:6]) / 6, sum(losses[-6:]) / 6
if end > 0.97 * begin:
    sys.exit(f"the loss went from {begin} to {end} only")
