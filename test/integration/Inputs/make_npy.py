"""Writes numbers as a .npy file.

usage: make_npy.py FILE i4|f4 SHAPE NUMBER...   SHAPE: 2x4, or "scalar"; the numbers
                                                are repeated until it is full
"""

import itertools
import math
import struct
import sys

path, dtype, text, numbers = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
shape = () if text == "scalar" else tuple(int(size) for size in text.split("x"))
header = f"{{'descr': '<{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
number, form = (int, "<i") if dtype == "i4" else (float, "<f")
with open(path, "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little"))
    file.write(header.encode())
    for value in itertools.islice(itertools.cycle(numbers), math.prod(shape)):
        file.write(struct.pack(form, number(value)))
