"""SHORT.mlir LONG.mlir [LINES]: compares the longest kernel op, in lines, of two
files of IR: it must not follow the length of the model, nor be longer than
LINES (300)."""

import sys


def longest(path):
    most = lines = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            if "kernel." in line and " dims [" in line:
                lines = 1
            elif lines:
                lines += 1
            most = max(most, lines)
    return most


short, long = (longest(path) for path in sys.argv[1:3])
limit = int(sys.argv[3]) if len(sys.argv) > 3 else 300
print("same length" if short == long <= limit else f"{short} and {long} lines")
