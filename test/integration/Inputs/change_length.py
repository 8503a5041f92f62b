"""Prints by how much two files of weights differ: the length of the difference.

usage: change_length.py BEFORE AFTER
"""

import array
import json
import math
import sys


def values(path):
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header, data = json.loads(file.read(length)), file.read()
    for name in sorted(header):
        if name != "__metadata__":
            begin, end = header[name]["data_offsets"]
            yield from array.array("f", data[begin:end])


pairs = list(zip(values(sys.argv[1]), values(sys.argv[2]), strict=True))
print(f"changed by {math.sqrt(sum((a - b) ** 2 for a, b in pairs)):.3e}")
