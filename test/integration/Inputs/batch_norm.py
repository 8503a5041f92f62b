"""Trains batch-norm.json in NumPy, with batch normalisation from its paper.

usage: batch_norm.py write FOLDER WEIGHTS                  images, labels, start values and the test images as test.npy
       batch_norm.py check FOLDER WEIGHTS TRAINED STEPS    TRAINED is WEIGHTS after STEPS steps
       batch_norm.py VARIANT FOLDER WEIGHTS TRAINED STEPS  the same, computed wrongly: "biased" running variances, "once":
                                                           shared layers measured once, "onepass": E[x^2] - E[x]^2 in f32
       batch_norm.py infer FOLDER TRAINED RESULT           RESULT, logits of test images as .npy or what eval --json says of
                                                           all, is by running values
       batch_norm.py batch FOLDER TRAINED RESULT           the same by those of the batch

Ioffe and Szegedy, arXiv 1502.03167, algorithms 1 and 2; the running values are averages as PyTorch keeps them. No gradient
is written by hand: the derivative by each parameter is the imaginary part of the loss at p + ih.
"""

import json
import math
import struct
import sys

import numpy as np

import weights_file

BATCH, WIDTH, LAYERS, HIDDEN, CLASSES, RATE = 8, 5, 2, 7, 10, 0.05
PARAMETERS = {"stem.weight": (196, WIDTH), "stem.bias": (WIDTH,), "stack.linear.weight": (LAYERS, WIDTH, WIDTH),
              "stack.norm.scale": (LAYERS, WIDTH), "stack.norm.bias": (LAYERS, WIDTH), "one.norm.scale": (WIDTH,),
              "one.norm.bias": (WIDTH,), "hidden.weight": (WIDTH, HIDDEN), "hidden.bias": (HIDDEN,),
              "logits.weight": (HIDDEN, CLASSES), "logits.bias": (CLASSES,)}
STATISTICS = {"stack.norm.mean": (LAYERS, WIDTH), "stack.norm.variance": (LAYERS, WIDTH), "one.norm.mean": (WIDTH,),
              "one.norm.variance": (WIDTH,), "last.mean": (HIDDEN,), "last.variance": (HIDDEN,)}


def write(folder, weights):
    random = np.random.default_rng(5)
    for name in ("train", "t10k"):
        images = random.integers(0, 256, (BATCH, 28, 28, 1), dtype=np.uint8)
        labels = random.integers(0, CLASSES, BATCH, dtype=np.uint8)
        with open(f"{folder}/{name}-images-idx3-ubyte", "wb") as file:
            file.write(struct.pack(">4I", 0x803, BATCH, 28, 28) + images.tobytes())
        with open(f"{folder}/{name}-labels-idx1-ubyte", "wb") as file:
            file.write(struct.pack(">2I", 0x801, BATCH) + labels.tobytes())
    np.save(f"{folder}/test.npy", images)
    np.save(f"{folder}/single.npy", images[:1])
    values = {name: random.normal(size=shape) * 0.5 for name, shape in PARAMETERS.items()}
    values["stem.weight"] *= 0.2
    for name in ("stack.norm.scale", "one.norm.scale"):
        values[name] += 1
    # Far from zero, where f32 has few digits left for a mean of squares.
    values["hidden.bias"] += 300
    for name, shape in STATISTICS.items():
        values[name] = np.zeros(shape) if name.endswith("mean") else np.ones(shape)
    weights_file.write(weights, values)


def read(path):
    return weights_file.read(path, {**PARAMETERS, **STATISTICS})


def images(folder, name):
    with open(f"{folder}/{name}-images-idx3-ubyte", "rb") as file:
        x = np.frombuffer(file.read()[16:], np.uint8).reshape(BATCH, 2, 14, 2, 14) / 255
    return x.transpose(0, 1, 3, 2, 4).reshape(BATCH, 4, 196)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


class Norms:
    """The norms of one pass over the network, and what they measure."""

    def __init__(self, p, by_batch, variant=""):
        self.p, self.by_batch, self.variant, self.new, self.times = p, by_batch, variant, {}, {}

    def __call__(self, x, name, part=..., momentum=0.9, eps=1e-5):
        axes = tuple(range(x.ndim - 1))
        n = x.size // x.shape[-1]
        mean, variance = self.p[name + ".mean"][part], self.p[name + ".variance"][part]
        if self.by_batch:
            before = self.new.get((name, part), (mean, variance))
            mean = x.mean(axes)
            variance = ((x - mean) ** 2).mean(axes)
            if self.variant == "onepass":
                real = x.real.astype("f4")
                squares, means = np.float32(0), np.float32(0)
                for row in real.reshape(n, -1):
                    squares, means = squares + row * row, means + row
                variance = variance - variance.real + (squares / np.float32(n) - (means / np.float32(n)) ** 2)
            factor = 1 if self.variant == "biased" else n / (n - 1)
            if self.variant != "once" or (name, part) not in self.new:
                self.new[name, part] = tuple(momentum * b.real + (1 - momentum) * now.real
                                             for b, now in zip(before, (mean, factor * variance)))
        y = (x - mean) / np.sqrt(variance + eps)
        if name + ".scale" in self.p:
            y = y * self.p[name + ".scale"][part] + self.p[name + ".bias"][part]
        return y


def forward(p, x, norm):
    stem = h = x @ p["stem.weight"] + p["stem.bias"]
    for i in range(LAYERS):
        h = h + gelu(norm(h @ p["stack.linear.weight"][i], "stack.norm", i, 0.75))
    both = gelu(norm(h, "one.norm")) + gelu(norm(stem, "one.norm"))
    hidden = both.mean(1) @ p["hidden.weight"] + p["hidden.bias"]
    return norm(hidden, "last", momentum=0.5, eps=1e-3) @ p["logits.weight"] + p["logits.bias"]


def cross_entropy(logits, folder, name):
    with open(f"{folder}/{name}-labels-idx1-ubyte", "rb") as file:
        labels = np.frombuffer(file.read()[8:], np.uint8)
    logits = logits - logits.real.max(1, keepdims=True)
    return np.mean(np.log(np.exp(logits).sum(1)) - logits[np.arange(BATCH), labels])


def loss(p, x, folder, norm):
    return cross_entropy(forward(p, x, norm), folder, "train")


def train(p, folder, steps, variant):
    x = images(folder, "train")
    for _ in range(steps):
        norm = Norms(p, True, variant)
        loss(p, x, folder, norm)
        new = {}
        for name in PARAMETERS:
            moved = {**p, name: p[name].astype(complex)}
            new[name] = p[name].copy()
            for at in np.ndindex(p[name].shape):
                moved[name][at] += 1e-30j
                new[name][at] -= RATE * loss(moved, x, folder, Norms(moved, True, variant)).imag / 1e-30
                moved[name][at] = p[name][at]
        p = {**p, **new}
        for (name, part), values in norm.new.items():
            for suffix, value in zip((".mean", ".variance"), values):
                p[name + suffix] = p[name + suffix].copy()
                p[name + suffix][part] = value
    return p


def check(variant, folder, weights, trained, steps):
    start, got = read(weights), read(trained)
    want = train(dict(start), folder, int(steps), "" if variant == "check" else variant)
    bad = False
    for name in want:
        # As a share of the largest change; biases ahead of a norm have none.
        error = abs(got[name] - want[name]).max() / max(abs(want[name] - start[name]).max(), 1e-3)
        bad |= not error < 1e-3
        print(f"{name}: {'equal' if error < 1e-3 else 'DIFFERENT'} ({error:.2g})")
    sys.exit(bad)


def infer(which, folder, trained, result):
    p = read(trained)
    want = forward(p, images(folder, "t10k"), Norms(p, which == "batch"))
    if result.endswith(".npy"):
        got = np.load(result)
        want = want[: len(got)]
    else:
        with open(result, encoding="utf-8") as file:
            got = json.load(file)["loss"]
        want = cross_entropy(want, folder, "t10k")
    error = abs(got - want).max() / abs(want).max()
    print(f"{result}: {'equal' if error < 1e-4 else 'DIFFERENT'} ({error:.2g})")
    sys.exit(not error < 1e-4)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(*sys.argv[2:])
    elif sys.argv[1] in ("infer", "batch"):
        infer(*sys.argv[1:])
    else:
        check(*sys.argv[1:])
