"""Writes and reads safetensors files of several dtypes, without a package."""

import json
import struct

import numpy as np

DTYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8"}


def rounded(value, dtype):
    """What is left of an array in a dtype, as f64."""
    if dtype != "BF16":
        return value.astype(DTYPES[dtype]).astype(float)
    # The upper half of an f32; what a writer rounds away does not matter here.
    bits = value.astype("<f4").view("<u4") & 0xFFFF0000
    return bits.view("<f4").astype(float)


def encode(value, dtype):
    if dtype == "BF16":
        return (value.astype("<f4").view("<u4") >> 16).astype("<u2").tobytes()
    return value.astype(DTYPES[dtype]).tobytes()


def write(path, values, dtype="F32"):
    """`values`: name to array, written in this order."""
    header, end = {}, 0
    for name, value in values.items():
        start, end = end, end + value.size * (2 if dtype == "BF16" else np.dtype(DTYPES[dtype]).itemsize)
        header[name] = {"dtype": dtype, "shape": list(value.shape), "data_offsets": [start, end]}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for value in values.values():
            file.write(encode(value, dtype))


def read(path):
    """Name to (dtype, array as f64), of the dtypes above."""
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    result = {}
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        first, last = (start + offset for offset in entry["data_offsets"])
        result[name] = (entry["dtype"], np.frombuffer(data[first:last], DTYPES[entry["dtype"]]).astype(float)
                        .reshape(entry["shape"]))
    return result
