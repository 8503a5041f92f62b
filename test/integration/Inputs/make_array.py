"""Writes an array of one value as a .npy file.

usage: make_array.py FILE f4|i4 SHAPE VALUE     SHAPE is 1,1,32 or ""
"""

import array
import math
import sys

path, dtype, shape, value = sys.argv[1:]
extents = [int(e) for e in shape.split(",") if e]
number = float(value) if dtype == "f4" else int(value)
text = "(" + "".join(f"{e}, " for e in extents) + ")"
header = f"{{'descr': '<{dtype}', 'fortran_order': False, 'shape': {text}, }}"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
with open(path, "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
    file.write(array.array(dtype[0], [number] * math.prod(extents)).tobytes())
