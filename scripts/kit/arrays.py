"""Arrays without NumPy: safetensors files, random values, comparison.

An array is (dtype, shape, bytes) with dtype F32, I32 or U8, in row-major order.
"""

import array
import json
import math
import random

CODES = {"F32": "f", "I32": "i", "U8": "B"}


def count(shape):
    return math.prod(shape)


def values(item):
    """The elements of an array as array.array."""
    result = array.array(CODES[item[0]])
    result.frombytes(item[2])
    return result


def make(dtype, shape, elements):
    data = array.array(CODES[dtype], elements)
    assert len(data) == count(shape), (shape, len(data))
    return dtype, list(shape), data.tobytes()


def normal(shape, seed, std=1.0, mean=0.0):
    source = random.Random(seed)
    return make("F32", shape, (source.gauss(mean, std) for _ in range(count(shape))))


def integers(dtype, shape, seed, end):
    source = random.Random(seed)
    return make(dtype, shape, (source.randrange(end) for _ in range(count(shape))))


def round_bf16(item):
    """An F32 array with its values rounded to bf16, to nearest, ties to even."""
    bits = array.array("I", item[2])
    bits = array.array("I", (b + 0x7FFF + (b >> 16 & 1) & 0xFFFF0000 for b in bits))
    return item[0], item[1], bits.tobytes()


def disturb(item, seed, amount):
    """An F32 array with each value off by up to `amount` of itself."""
    source = random.Random(seed)
    return make("F32", item[1], (v * (1 + source.uniform(-amount, amount)) for v in values(item)))


def write(path, arrays):
    """Writes name -> array as a safetensors file."""
    header, offset = {}, 0
    for name, (dtype, shape, data) in arrays.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, offset + len(data)]}
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for item in arrays.values():
            file.write(item[2])


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    start = 8 + int.from_bytes(data[:8], "little")
    result = {}
    for name, item in json.loads(data[8:start]).items():
        begin, end = item["data_offsets"]
        result[name] = (item["dtype"], item["shape"], data[start + begin:start + end])
    return result


def error(got, expected):
    """The largest difference, relative to the largest expected value; infinity
    where something is not a number or of another shape."""
    if got[:2] != expected[:2]:
        return math.inf
    largest = difference = 0.0
    for a, b in zip(values(got), values(expected)):
        if not math.isfinite(a):
            return math.inf
        largest = max(largest, abs(b))
        difference = max(difference, abs(a - b))
    if difference == 0:
        return 0.0
    return difference / largest if largest > 0 else math.inf
