"""Writes one item of a batch, as a batch of one.

usage: one_of_batch.py BATCH.npy INDEX ONE.npy
"""

import ast
import math
import sys

with open(sys.argv[1], "rb") as file:
    content = file.read()
size = 10 + int.from_bytes(content[8:10], "little")
header, data = ast.literal_eval(content[10:size].decode()), content[size:]
batch, *shape = header["shape"]
item = len(data) // batch
assert item == math.prod(shape) * int(header["descr"][-1])
index = int(sys.argv[2])
text = f"{{'descr': {header['descr']!r}, 'fortran_order': False, 'shape': {(1, *shape)}, }}"
text += " " * (63 - (10 + len(text)) % 64) + "\n"
with open(sys.argv[3], "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode())
    file.write(data[item * index:item * (index + 1)])
