"""Writes a folder for --data npy:FOLDER whose labels a linear model can learn: the
label says which of ten bands of rows is bright.

usage: make_npy_data.py FOLDER [channels-first|object|fortran|version-2|large|nan]

large: the same pixels as float32. nan: one of them, of 0 to 1, is no number.
"""

import os
import sys

import numpy as np

folder, form = sys.argv[1], (sys.argv[2:] or ["plain"])[0]
os.makedirs(folder, exist_ok=True)
random = np.random.default_rng(5)
for split in ("train", "test"):
    labels = np.arange(320 if split == "train" else 60) % 10
    images = random.integers(0, 96, (len(labels), 32, 32, 3))
    for image, label in zip(images, labels):
        image[3 * label:3 * label + 3] += 128
    images = images.astype(np.uint8)
    if form == "channels-first":
        images = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    elif form == "object":
        labels = labels.astype(object)
    elif form == "large":
        images = images.astype(np.float32)
    elif form == "nan":
        images = images.astype(np.float32) / 255
        images[7, 1, 2, 0] = np.nan
    elif form == "fortran":
        images = np.asfortranarray(images)
    for name, array in (("images", images), ("labels", labels)):
        with open(f"{folder}/{split}_{name}.npy", "wb") as file:
            np.lib.format.write_array(file, array, version=(2, 0) if form == "version-2" else (1, 0))
