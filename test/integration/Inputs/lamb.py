"""Trains lamb.json in NumPy, with LAMB from its paper.

usage: lamb.py write FOLDER WEIGHTS                   images, labels and start values
       lamb.py check FOLDER WEIGHTS TRAINED STEPS     TRAINED is WEIGHTS after STEPS steps
       lamb.py whole FOLDER WEIGHTS TRAINED STEPS     the same, with one ratio for all layers of the repeat

You et al., arXiv 1904.00962, algorithm 2: each layer's step is as long as its
parameter is large. The gradients of this network are written by hand.
"""

import struct
import sys

import numpy as np

import weights_file

BATCH, PIXELS, WIDTH, LAYERS, CLASSES = 8, 28 * 28, 9, 3, 10
RATE, DECAY, B1, B2, EPS, CLIP = 0.05, 0.1, 0.8, 0.95, 1e-3, 0.25
SHAPES = {"stem.weight": (PIXELS, WIDTH), "stem.bias": (WIDTH,), "stack.linear.weight": (LAYERS, WIDTH, WIDTH),
          "stack.linear.bias": (LAYERS, WIDTH), "logits.weight": (WIDTH, CLASSES), "logits.bias": (CLASSES,)}


def write(folder, weights):
    random = np.random.default_rng(3)
    for name, count in (("train", BATCH), ("t10k", BATCH)):
        images = random.integers(0, 256, (count, PIXELS), dtype=np.uint8)
        labels = random.integers(0, CLASSES, count, dtype=np.uint8)
        with open(f"{folder}/{name}-images-idx3-ubyte", "wb") as file:
            file.write(struct.pack(">4I", 0x803, count, 28, 28) + images.tobytes())
        with open(f"{folder}/{name}-labels-idx1-ubyte", "wb") as file:
            file.write(struct.pack(">2I", 0x801, count) + labels.tobytes())
    # Biases of 0 and logits of 0, whose norm gives no ratio, and layers of different size.
    values = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    values["stem.weight"] = random.normal(size=SHAPES["stem.weight"]) * 0.05
    values["stack.linear.weight"] = random.normal(size=SHAPES["stack.linear.weight"]) * np.reshape([0.1, 0.3, 0.6], (3, 1, 1))
    values["stem.bias"] += 0.5
    weights_file.write(weights, values)


def read(path):
    return weights_file.read(path, SHAPES)


def gradients(p, x, labels):
    hidden = [x @ p["stem.weight"] + p["stem.bias"]]
    for w, b in zip(p["stack.linear.weight"], p["stack.linear.bias"]):
        hidden.append(hidden[-1] + hidden[-1] @ w + b)
    logits = hidden[-1] @ p["logits.weight"] + p["logits.bias"]
    e = np.exp(logits)
    d = (e / e.sum(1, keepdims=True) - np.eye(CLASSES)[labels]) / BATCH
    g = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    g["logits.weight"], g["logits.bias"] = hidden[-1].T @ d, d.sum(0)
    d = d @ p["logits.weight"].T
    for i in reversed(range(LAYERS)):
        g["stack.linear.weight"][i], g["stack.linear.bias"][i] = hidden[i].T @ d, d.sum(0)
        d = d + d @ p["stack.linear.weight"][i].T
    g["stem.weight"], g["stem.bias"] = x.T @ d, d.sum(0)
    return g


def training_set(folder):
    with open(f"{folder}/train-images-idx3-ubyte", "rb") as file:
        x = np.frombuffer(file.read()[16:], np.uint8).reshape(BATCH, PIXELS) / 255
    with open(f"{folder}/train-labels-idx1-ubyte", "rb") as file:
        labels = np.frombuffer(file.read()[8:], np.uint8)
    return x, labels


def train(p, folder, steps, whole):
    x, labels = training_set(folder)
    m = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    v = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    for step in range(1, steps + 1):
        g = gradients(p, x, labels)
        norm = np.sqrt(sum((a**2).sum() for a in g.values()))
        for name in SHAPES:
            G = g[name] * min(1, CLIP / (norm + 1e-6))
            m[name] = B1 * m[name] + (1 - B1) * G
            v[name] = B2 * v[name] + (1 - B2) * G**2
            r = m[name] / (1 - B1**step) / (np.sqrt(v[name] / (1 - B2**step)) + EPS)
            if name.endswith("weight"):
                r = r + DECAY * p[name]
            rate = RATE * (0.5 if name == "stem.bias" else 1)
            parts = range(LAYERS) if name.startswith("stack") and not whole else [...]
            new = p[name].copy()
            for part in parts:
                x_norm, r_norm = np.linalg.norm(p[name][part].ravel()), np.linalg.norm(r[part].ravel())
                ratio = x_norm / r_norm if x_norm > 0 and r_norm > 0 else 1
                new[part] = p[name][part] - rate * ratio * r[part]
            p[name] = new
    return p


def check(folder, weights, trained, steps, **options):
    """Ends the program, with 1 if the trained parameters are not those of `train`."""
    start, got = read(weights), read(trained)
    want = options.pop("train", train)(dict(start), folder, int(steps), **options)
    bad = False
    for name in SHAPES:
        # As a share of the largest change of the parameter.
        error = abs(got[name] - want[name]).max() / abs(want[name] - start[name]).max()
        bad |= not error < 1e-4
        print(f"{name}: {'equal' if error < 1e-4 else 'DIFFERENT'} ({error:.2g})")
    sys.exit(bad)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(*sys.argv[2:])
    else:
        check(*sys.argv[2:], whole=sys.argv[1] == "whole")
