"""Writes x.npy, and a.safetensors and b.safetensors with the parameter `weight`."""

import json
import os
import struct
import sys

import numpy

folder = sys.argv[1]
numpy.save(os.path.join(folder, "x.npy"), numpy.array([[10, 10, 10, 10]], numpy.float32))
for name, values in (("a", [1, 2, 3, 4]), ("b", [-6, -7, -8, -9])):
    header = json.dumps({"weight": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    with open(os.path.join(folder, name + ".safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header + struct.pack("<4f", *values))
