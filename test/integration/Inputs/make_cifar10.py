"""Writes a small folder in the binary version of CIFAR-10 whose labels a linear
model can learn: the label says which of ten bands of rows is bright.

usage: make_cifar10.py FOLDER [--cut FILE] [--label L]

--cut takes the last byte of a file away; --label is that of the first record.
"""

import argparse
import os

import numpy

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("--cut")
parser.add_argument("--label", type=int)
options = parser.parse_args()
os.makedirs(options.folder, exist_ok=True)
random = numpy.random.default_rng(5)
names = [f"data_batch_{i}.bin" for i in range(1, 6)] + ["test_batch.bin"]
for name in names:
    labels = numpy.arange(64) % 10
    images = random.integers(0, 96, (64, 3, 32, 32))
    for image, label in zip(images, labels):
        image[:, 3 * label:3 * label + 3] += 128
    if options.label is not None and name == names[0]:
        labels[0] = options.label
    records = numpy.concatenate([labels[:, None], images.reshape(64, 3072)], 1).astype(numpy.uint8).tobytes()
    with open(os.path.join(options.folder, name), "wb") as file:
        file.write(records[:-1] if name == options.cut else records)
