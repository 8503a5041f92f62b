"""Checks averages of parameters in two checkpoints of one run, a step apart.

usage: check_ema.py FIRST SECOND DECAY
"""

import json
import struct
import sys


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, tensor in header.items():
        body = data[8 + size :][slice(*tensor["data_offsets"])]
        tensors[name] = struct.unpack(f"<{len(body) // 4}f", body)
    return tensors


first, second, decay = read(sys.argv[1]), read(sys.argv[2]), float(sys.argv[3])
count = 0
for name, values in second.items():
    if not name.startswith("ema."):
        continue
    count += 1
    for before, parameter, got in zip(first[name], second[name[len("ema."):]], values):
        wanted = decay * before + (1 - decay) * parameter
        if abs(got - wanted) > 1e-6 * (abs(before) + abs(parameter)) + 1e-30:
            sys.exit(f"{name}: expected {wanted}, got {got}")
    # They begin as the parameters, not at zero.
    norm = sum(v * v for v in first[name[len("ema."):]]) ** 0.5
    average = sum(v * v for v in first[name]) ** 0.5
    if norm > 0.1 and average < 0.9 * norm:
        sys.exit(f"{name}: the norm is {average}, that of the parameter {norm}")
print(count, "averages")
