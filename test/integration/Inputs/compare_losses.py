"""Two runs have the same steps and nearly, but not exactly, the same losses.

usage: compare_losses.py A.csv B.csv RELATIVE_TOLERANCE [--may-be-equal]
"""

import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.strip().split(",") for line in file]
    return [(step, float(loss)) for step, loss, *_ in lines if step.isdigit()]


first, second = read(sys.argv[1]), read(sys.argv[2])
if not first or [step for step, _ in first] != [step for step, _ in second]:
    sys.exit(f"{len(first)} and {len(second)} steps, or others")
errors = [abs(a - b) / abs(a) for (_, a), (_, b) in zip(first, second)]
if not all(error <= float(sys.argv[3]) for error in errors):  # a NaN is no loss
    sys.exit(f"losses differ by {max(errors):.3g}: {first} and {second}")
if not max(errors) and "--may-be-equal" not in sys.argv:
    sys.exit("the losses are equal: is one of the two what it should be?")
