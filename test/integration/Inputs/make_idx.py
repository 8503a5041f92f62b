"""Writes a small data set in the format of MNIST: noisy images whose bright
row tells the class, so that a model can learn it.

usage: make_idx.py FOLDER [--train N] [--test N] [--size PIXELS] [--classes N]
                   [--cut FILE BYTES]   leaves out the last bytes of a file
"""

import argparse
import os
import random
import struct


def write(folder, split, count, size, classes):
    rng = random.Random(count * 7919 + size)
    labels = [rng.randrange(classes) for _ in range(count)]
    pixels = bytearray()
    for label in labels:
        for row in range(size):
            light = 180 if row * 10 // size == label else 20
            pixels += bytes(light + rng.randrange(60) for _ in range(size))
    with open(os.path.join(folder, f"{split}-images-idx3-ubyte"), "wb") as file:
        file.write(struct.pack(">4i", 0x803, count, size, size) + pixels)
    with open(os.path.join(folder, f"{split}-labels-idx1-ubyte"), "wb") as file:
        file.write(struct.pack(">2i", 0x801, count) + bytes(labels))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--train", type=int, default=96)
    parser.add_argument("--test", type=int, default=40)
    parser.add_argument("--size", type=int, default=28)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--cut", nargs=2)
    args = parser.parse_args()
    os.makedirs(args.folder, exist_ok=True)
    write(args.folder, "train", args.train, args.size, args.classes)
    write(args.folder, "t10k", args.test, args.size, args.classes)
    if args.cut:
        path = os.path.join(args.folder, args.cut[0])
        os.truncate(path, os.path.getsize(path) - int(args.cut[1]))
