"""Holds the counters of every kernel that multiplies on tensor cores to what
they are designed for, and the sectors of those that move more than a little.
Rows of 49 elements do not begin with a sector, so that a row touches one more
than it has bytes for; a number that is gathered takes a sector for itself.

usage: moec bench ... --counters --json | check_counters.py
"""

import json
import sys

CONFLICTS = ("shared_load_conflicts", "shared_store_conflicts", "ldmatrix_conflicts", "stmatrix_conflicts",
             "cp_async_conflicts", "wgmma_conflicts")
MOST_EXCESS = 1.25
MOST_GATHERED = 1.65
FEW_SECTORS = 2048


def problems(kernel):
    counters = kernel["counters"]
    for name in CONFLICTS + ("local_bytes",):
        if counters[name]:
            yield f"{name} {counters[name]:.0f}, expected 0"
    for way in ("load", "store"):
        sectors, ideal = counters[f"global_{way}_sectors"], counters[f"global_{way}_ideal_sectors"]
        if sectors > MOST_EXCESS * ideal:
            yield f"{way}s {sectors:.0f} sectors, expected at most {MOST_EXCESS} times {ideal:.0f}"


def moves(kernel):
    for way, most in (("load", MOST_GATHERED), ("store", MOST_EXCESS)):
        sectors, ideal = (kernel["counters"][f"global_{way}_{what}sectors"] for what in ("", "ideal_"))
        if sectors > max(FEW_SECTORS, most * ideal):
            yield f"{way}s {sectors:.0f} sectors, expected at most {most} times {ideal:.0f}"


def main():
    everything = json.load(sys.stdin)["kernels"]
    kernels = [k for k in everything if k["counters"]["tensor_flops"]]
    found = [f"{k['symbol']} ({', '.join(k['nodes'])}): {text}" for k in everything
             for text in (problems(k) if k["counters"]["tensor_flops"] else moves(k))]
    print("\n".join(found + [f"{len(kernels)} kernels on tensor cores, {len(found)} problems"]))
    return 0 if kernels and not found else 1


if __name__ == "__main__":
    sys.exit(main())
