"""Writes x.npy, three images, and w.safetensors with every weight of the model m.json compiled to m.moec.

usage: packed-weights.py FOLDER
"""

import json
import os
import struct
import subprocess
import sys

import numpy

folder = sys.argv[1]
random = numpy.random.default_rng(5)
numpy.save(os.path.join(folder, "x.npy"), random.integers(0, 256, (3, 28, 28, 1)).astype(numpy.uint8))
text = subprocess.run(["moec", "inspect", "--json", os.path.join(folder, "m.moec")], check=True, capture_output=True).stdout
tensors, data = {}, b""
for variable in json.loads(text)["variables"]:
    if variable["role"] != "parameter":
        continue
    values = random.normal(0, 0.1, variable["shape"]).astype("<f4").tobytes()
    tensors[variable["name"]] = {"dtype": "F32", "shape": variable["shape"], "data_offsets": [len(data), len(data) + len(values)]}
    data += values
header = json.dumps(tensors).encode()
with open(os.path.join(folder, "w.safetensors"), "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header + data)
