#!/usr/bin/env python3
"""Rows on which sums cancel, and the bound of layer norm (docs/numerics.md).

usage: layer_norm.py write X.npy           rows of 30 numbers, [16, 1, 30]
       layer_norm.py check X.npy Y.npy     Y is the layer norm of X, eps 1e-6
"""

import array
import math
import random
import sys

ROWS, WIDTH, EPS = 16, 30, 1e-6


def write(path):
    header = "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 1, %d), }" % (ROWS, WIDTH)
    header += " " * (-(len(header) + 11) % 64) + "\n"
    draw = random.Random(1)
    values = array.array("f")
    # Constant rows, then small differences on top of large numbers.
    for constant in (1000.1, 4321.7, 9999.3, -2345.6, 1e5 + 0.3, 3.3e6, 1e-3, 5000.5):
        values.extend([constant] * WIDTH)
    for offset, spread in ((0, 1), (1000, 1), (4321.7, 1e-3), (1e5, 0.1), (-9000, 10), (1, 1e-6), (3e6, 1), (1e4, 1e-2)):
        values.extend(offset + spread * draw.uniform(-1, 1) for _ in range(WIDTH))
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
        values.tofile(file)


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    start = 10 + int.from_bytes(data[8:10], "little")
    values = array.array("f", data[start:])
    assert len(values) == ROWS * WIDTH, f"{path} has {len(values)} numbers"
    return [values[i * WIDTH:(i + 1) * WIDTH] for i in range(ROWS)]


def check(x, y):
    worst = 0
    for number, (row, got) in enumerate(zip(read(x), read(y))):
        mean = math.fsum(row) / WIDTH
        deviation = math.sqrt(math.fsum((v - mean) ** 2 for v in row) / WIDTH + EPS)
        for v, result in zip(row, got):
            want = (v - mean) / deviation
            allowed = 2**-24 * abs(mean) / deviation + (WIDTH / 4 + 16) * 2**-24 * (1 + abs(want))
            if len(set(row)) == 1:
                want = allowed = 0
            if not abs(result - want) <= allowed:
                sys.exit(f"row {number}: got {result}, expected {want} within {allowed}")
            worst = max(worst, abs(result - want))
    print(f"largest error {worst:.2g}")


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2])
    else:
        check(sys.argv[2], sys.argv[3])
