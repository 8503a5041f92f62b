"""The losses of two runs agree, step by step.

usage: same_losses.py ONE OTHER RELATIVE_TOLERANCE
"""

import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.strip().split(",") for line in file]
    return [(line[0], float(line[1])) for line in lines if line[0][:1].isdigit()]


one, other, tolerance = read(sys.argv[1]), read(sys.argv[2]), float(sys.argv[3])
if not one or len(one) != len(other):
    sys.exit(f"{len(one)} and {len(other)} losses")
for (step, a), (step_other, b) in zip(one, other):
    if step != step_other or not abs(a - b) <= tolerance * abs(b):
        sys.exit(f"step {step}: {a} and {b} differ by more than {tolerance} relative")
