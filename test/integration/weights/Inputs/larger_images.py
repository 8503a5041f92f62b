"""Weights at random, and what they are for larger images, in NumPy.

usage: larger_images.py write MANIFEST WEIGHTS IMAGE TILED TIMES    weights of a module (moec inspect --json), an image of its size,
                                                                    and an image that has it TIMES x TIMES times
       larger_images.py check WEIGHTS LARGER TIMES NAME...          LARGER has WEIGHTS grown so, where names begin like that
       larger_images.py same LOGITS LOGITS                          the same up to rounding
"""

import json
import math
import sys

import numpy as np

import tensors


def write(manifest, weights, image, tiled, times):
    random = np.random.default_rng(9)
    with open(manifest, encoding="utf-8") as file:
        module = json.load(file)
    values = {}
    for variable in module["variables"]:
        if variable["role"] == "parameter":
            shape = variable["shape"]
            fan_in = shape[-2] if len(shape) > 1 else 1
            values[variable["name"]] = random.normal(size=shape) / math.sqrt(fan_in) + variable["name"].endswith(".scale")
    tensors.write(weights, values)
    entry = next(e for e in module["entries"] if e["name"] == "infer")
    pixels = random.integers(0, 256, entry["inputs"][0]["shape"], dtype=np.uint8)
    np.save(image, pixels)
    np.save(tiled, np.tile(pixels, (1, int(times), int(times), 1)))


def places(size, times):
    """For each copy the elements of the larger axis that it gets."""
    side = math.isqrt(size)
    if side * side != size:
        return np.arange(times * times * size).reshape(-1, size)
    grid = np.arange(times * times * size).reshape(times, side, times, side)
    return grid.transpose(0, 2, 1, 3).reshape(-1, size)


def grown(value, shape, times):
    rows = value.shape[-2] != shape[-2] if value.ndim > 1 else False
    columns = value.shape[-1] != shape[-1]
    result = np.zeros(shape)
    for copy in range(times * times):
        at = [np.arange(size) for size in value.shape]
        if rows:
            at[-2] = places(value.shape[-2], times)[copy]
        if columns:
            at[-1] = places(value.shape[-1], times)[copy]
        result[np.ix_(*at)] = value if columns or not rows else value / times**2
    return result


def check(weights, larger, times, *names):
    small, large = tensors.read(weights), tensors.read(larger)
    count = 0
    for name, (_, value) in small.items():
        got = large[name][1]
        if got.shape != value.shape:
            assert name.startswith(names), name
            count += 1
            value = grown(value, got.shape, int(times))
        error = abs(got - value).max()
        assert error <= 1e-7 * abs(value).max(), (name, error)
    print(f"{count} of {len(small)} grew")


def same(first, second):
    a, b = np.load(first), np.load(second)
    error = abs(a - b).max() / abs(a).max()
    print(f"{'equal' if error < 1e-4 else 'DIFFERENT'} ({error:.2g})")
    sys.exit(not error < 1e-4)


if __name__ == "__main__":
    {"write": write, "check": check, "same": same}[sys.argv[1]](*sys.argv[2:])
