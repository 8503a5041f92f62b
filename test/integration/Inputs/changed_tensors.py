"""Tells of each tensor of two safetensors files whether its bytes are the same.

usage: changed_tensors.py A B
"""

import json
import sys


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    body = data[8 + size :]
    return {
        name: body[slice(*tensor["data_offsets"])] for name, tensor in header.items()
    }


first, second = read(sys.argv[1]), read(sys.argv[2])
assert first.keys() == second.keys()
for name in sorted(first):
    print(f"{name}: {'the same' if first[name] == second[name] else 'changed'}")
