"""Trains the network of lamb.py in NumPy, with Lion from its paper.

usage: lion.py write FOLDER WEIGHTS                   images, labels and start values
       lion.py check FOLDER WEIGHTS TRAINED STEPS     TRAINED is WEIGHTS after STEPS steps
       lion.py late FOLDER WEIGHTS TRAINED STEPS      the same, with the sign of the mean that is kept

Chen et al., arXiv 2302.06675, algorithm 2. Images, labels and gradients are those
of lamb.py, and the start values but for the logits: from zeros Lion makes them all
of one size, and what depends on sums of them is nothing but rounding.
"""

import sys

import numpy as np

import lamb
import weights_file
from lamb import SHAPES, gradients, read, training_set

RATE, DECAY, B1, B2, CLIP = 0.01, 0.1, 0.8, 0.95, 0.25


def write(folder, weights):
    lamb.write(folder, weights)
    values = read(weights)
    values["logits.weight"] = np.random.default_rng(5).normal(size=SHAPES["logits.weight"]) * 0.3
    weights_file.write(weights, values)


def train(p, folder, steps, late):
    x, labels = training_set(folder)
    m = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    for _ in range(steps):
        g = gradients(p, x, labels)
        norm = np.sqrt(sum((a**2).sum() for a in g.values()))
        for name in SHAPES:
            G = g[name] * min(1, CLIP / (norm + 1e-6))
            c = B1 * m[name] + (1 - B1) * G
            m[name] = B2 * m[name] + (1 - B2) * G
            # A sign that hangs on a rounding could not be compared.
            sizes = abs(c[c != 0])
            assert sizes.size == 0 or sizes.min() > 1e-5 * sizes.max(), f"{name}: choose other start values"
            change = np.sign(m[name] if late else c)
            if name.endswith("weight"):
                change = change + DECAY * p[name]
            p[name] = p[name] - RATE * (0.5 if name == "stem.bias" else 1) * change
    return p


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(*sys.argv[2:])
    else:
        lamb.check(*sys.argv[2:], train=train, late=sys.argv[1] == "late")
