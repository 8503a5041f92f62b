"""Writes what dropout.mlir reads and what it should give, bit for bit.

usage: dropout.py FOLDER SEED STEP [late]

Numbers are small integers, so that sums are exact in any order. late: what it gives is that of the next step.
"""

import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "lib", "Reference", "Inputs"))
from moec_oracle import dropout_words, is_kept  # noqa: E402
from weights_file import write  # noqa: E402

folder, seed, step = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) + (sys.argv[4:] == ["late"])
rng = np.random.default_rng(1)
x = rng.integers(-8, 9, (6, 5, 24)).astype(np.float32)
w = rng.integers(-4, 5, (24, 40)).astype(np.float32)


def drop(value, key, leading):
    drawn = int(np.prod(value.shape[:leading]))
    kept = is_kept(drawn, key).reshape(value.shape[:leading] + (1,) * (value.ndim - leading))
    return np.where(kept, value * key[3:].view(np.float32)[0], np.float32(0))


keys = dropout_words(seed, step, 5, 0.1, 0.75, 3)
layers = np.stack([drop(x @ w, key, 3) for key in keys])
operand = drop(x, dropout_words(seed, step, 6, 0.5, 0.5, 1)[0], 3) @ w
images = drop(x, dropout_words(seed, step, 7, 0.3, 0.3, 1)[0], 1)
given = [("x", x), ("seed", np.int32(seed)), ("step", np.int32(int(sys.argv[3])))]
for name, value in [*given, ("layers", layers), ("operand", operand), ("images", images)]:
    np.save(os.path.join(folder, name + ".npy"), value)
write(os.path.join(folder, "w.safetensors"), {"w": w})
