"""Holds the counters of every kernel that multiplies on tensor cores to what
they are designed for. Rows of 49 elements do not begin with a sector, so that a
row touches one more than it has bytes for.

usage: moec bench ... --counters --json | check_counters.py
"""

import json
import sys

CONFLICTS = ("shared_load_conflicts", "shared_store_conflicts", "ldmatrix_conflicts", "stmatrix_conflicts",
             "cp_async_conflicts", "wgmma_conflicts")
MOST_EXCESS = 1.25


def problems(kernel):
    counters = kernel["counters"]
    for name in CONFLICTS + ("local_bytes",):
        if counters[name]:
            yield f"{name} {counters[name]:.0f}, expected 0"
    for way in ("load", "store"):
        sectors, ideal = counters[f"global_{way}_sectors"], counters[f"global_{way}_ideal_sectors"]
        if sectors > MOST_EXCESS * ideal:
            yield f"{way}s {sectors:.0f} sectors, expected at most {MOST_EXCESS} times {ideal:.0f}"


def main():
    kernels = [k for k in json.load(sys.stdin)["kernels"] if k["counters"]["tensor_flops"]]
    found = [f"{k['symbol']} ({', '.join(k['nodes'])}): {text}" for k in kernels for text in problems(k)]
    print("\n".join(found + [f"{len(kernels)} kernels on tensor cores, {len(found)} problems"]))
    return 0 if kernels and not found else 1


if __name__ == "__main__":
    sys.exit(main())
