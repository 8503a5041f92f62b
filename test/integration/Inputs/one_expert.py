"""Writes image, weights and right output of one-expert.json.

usage: one_expert.py IMAGE.npy WEIGHTS.safetensors OUTPUT.npy
"""

import json
import math
import struct
import sys


def write_npy(path, shape, values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little"))
        file.write(header.encode() + struct.pack(f"<{len(values)}f", *values))


def gelu(x):
    """The tanh form."""
    return x / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


pixels = [1.0, 2.0, 3.0, 4.0]
weights = {"p.weight": [[1, 1], 1.0], "p.bias": [[1], 0.0],
           "moe.router.weight": [[1, 1], 0.5],
           "moe.fc1.weight": [[1, 1, 1], 1.0], "moe.fc1.bias": [[1, 1], -0.5],
           "moe.fc2.weight": [[1, 1, 1], 2.0], "moe.fc2.bias": [[1, 1], 10.0]}
header, data = {}, b""
for name, (shape, value) in weights.items():
    header[name] = {"dtype": "F32", "shape": shape,
                    "data_offsets": [len(data), len(data) + 4]}
    data += struct.pack("<f", value)
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
write_npy(sys.argv[1], (1, 2, 2, 1), pixels)
with open(sys.argv[2], "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
# The gate of the only expert is 1.
write_npy(sys.argv[3], (1, 4, 1), [10 + 2 * gelu(x - 0.5) for x in pixels])
