"""Trains squared-error.json in NumPy: a regression and an autoencoder in one.

usage: squared_error.py write FOLDER WEIGHTS            arrays as numpy.save writes them, and start values
       squared_error.py check FOLDER WEIGHTS TRAINED STEPS [EVAL]
                                                        TRAINED is WEIGHTS after STEPS steps; EVAL is what
                                                        moec eval --json said of it
"""

import json
import sys

import numpy as np

import weights_file

BATCH, TOKENS, WIDTH, CODE, OUT = 4, 6, 5, 2, 3
RATE, MOMENTUM, WEIGHT = 0.2, 0.5, 0.5
SHAPES = {"code.weight": (WIDTH, CODE), "code.bias": (CODE,), "back.weight": (CODE, WIDTH), "back.bias": (WIDTH,),
          "out.weight": (WIDTH, OUT), "out.bias": (OUT,)}


def write(folder, weights):
    random = np.random.default_rng(4)
    # One batch of training, and test images that do not fill two.
    for split, count in (("train", BATCH), ("test", 7)):
        np.save(f"{folder}/{split}_images.npy", random.random((count, TOKENS, WIDTH), np.float32))
        np.save(f"{folder}/{split}_targets.npy", random.normal(size=(count, OUT)).astype(np.float32))
    weights_file.write(weights, {name: random.normal(size=shape) * 0.5 for name, shape in SHAPES.items()})


def load(folder, split):
    return [np.load(f"{folder}/{split}_{name}.npy").astype(float) for name in ("images", "targets")]


def forward(p, x):
    code = x @ p["code.weight"] + p["code.bias"]
    return code, code @ p["back.weight"] + p["back.bias"], x.mean(1) @ p["out.weight"] + p["out.bias"]


def loss(p, x, t):
    _, back, out = forward(p, x)
    return ((out - t) ** 2).mean() + WEIGHT * ((back - x) ** 2).mean()


def gradients(p, x, t):
    code, back, out = forward(p, x)
    d_out = 2 * (out - t) / out.size
    d_back = WEIGHT * 2 * (back - x) / back.size
    d_code = d_back @ p["back.weight"].T
    return {"out.weight": x.mean(1).T @ d_out, "out.bias": d_out.sum(0),
            "back.weight": np.einsum("btc,btw->cw", code, d_back), "back.bias": d_back.sum((0, 1)),
            "code.weight": np.einsum("btw,btc->wc", x, d_code), "code.bias": d_code.sum((0, 1))}


def check(folder, weights, trained, steps, evaluation=None):
    start, got = weights_file.read(weights, SHAPES), weights_file.read(trained, SHAPES)
    p, m = dict(start), {name: 0 for name in SHAPES}
    for _ in range(int(steps)):
        g = gradients(p, *load(folder, "train"))
        for name in SHAPES:
            m[name] = MOMENTUM * m[name] + g[name]
            p[name] = p[name] - RATE * m[name]
    bad = weights_file.differ(start, got, p)
    if evaluation:
        with open(evaluation, encoding="utf-8") as file:
            said = json.load(file)
        want = loss(p, *load(folder, "test"))
        bad |= said["images"] != 7 or abs(said["loss"] - want) > 1e-5 or "accuracy" in said or "correct" in said
        print(f"evaluation: expected {want:.7f}, got {said}")
    sys.exit(bad)


if __name__ == "__main__":
    (write if sys.argv[1] == "write" else check)(*sys.argv[2:])
