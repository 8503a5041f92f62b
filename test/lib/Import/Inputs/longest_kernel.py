"""Compares the longest kernel op, in lines, of two files of IR: it must not
follow the length of the model."""

import sys


def longest(path):
    most = lines = 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            lines = 1 if "kernel." in line and " dims [" in line else lines + 1
            most = max(most, lines)
    return most


short, long = (longest(path) for path in sys.argv[1:])
print("same length" if short == long <= 300 else f"{short} and {long} lines")
