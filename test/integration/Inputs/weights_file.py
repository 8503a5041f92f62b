"""Reads and writes safetensors files of f32, as moec does, without a package."""

import json
import struct

import numpy as np


def write(path, values):
    """`values`: name to array; written as f32, in this order."""
    header, body = {}, b""
    for name, value in values.items():
        data = value.astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def read(path, shapes):
    """The tensors that `shapes` names, as f64 arrays of its shapes."""
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    result = {}
    for name, shape in shapes.items():
        first, last = header[name]["data_offsets"]
        result[name] = np.frombuffer(data[start + first:start + last], "<f4").astype(float).reshape(shape)
    return result
