"""Reads and writes safetensors files of f32, as moec does, without a package."""

import json
import math
import struct

import numpy as np


def create(path, shapes):
    """A file of zeros with a tensor of each of `shapes` (name to shape), in this order: name to an array that is the file's."""
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + end)
    return tensors(path, "r+")


def write(path, values):
    """`values`: name to array; written as f32, in this order."""
    for name, array in create(path, {name: value.shape for name, value in values.items()}).items():
        array[...] = values[name]


def tensors(path, mode="r"):
    """All tensors of a file, name to an f32 array; nothing is read before it is used."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
    data = np.memmap(path, np.uint8, mode)[8 + length:]
    result = {}
    for name, entry in header.items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            assert entry["dtype"] == "F32", f"{path}: {name} is {entry['dtype']}"
            result[name] = data[first:last].view("<f4").reshape(entry["shape"])
    return result


def read(path, shapes):
    """The tensors that `shapes` names, as f64 arrays of its shapes."""
    there = tensors(path)
    return {name: np.asarray(there[name], float).reshape(shape) for name, shape in shapes.items()}


def differ(start, got, want):
    """Whether a parameter is not what it should have become, within 1e-5 of its largest change; says so of each."""
    bad = False
    for name in want:
        error = abs(got[name] - want[name]).max() / abs(want[name] - start[name]).max()
        bad |= not error < 1e-5
        print(f"{name}: {'equal' if error < 1e-5 else 'DIFFERENT'} ({error:.2g})")
    return bad
