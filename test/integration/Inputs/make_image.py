"""Writes one batch of made-up images as a .npy file.

usage: make_image.py FILE BATCH
"""

import random
import sys

path, batch = sys.argv[1], int(sys.argv[2])
header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({batch}, 28, 28, 1), }}"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
random.seed(3)
with open(path, "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little"))
    file.write(header.encode())
    file.write(bytes(random.randrange(256) for _ in range(batch * 28 * 28)))
