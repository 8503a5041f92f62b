"""Writes a folder of PNG files, of several sizes and kinds, whose labels a linear
model can learn: the label says which of ten bands of rows is bright.

usage: make_image_folder.py FOLDER

FOLDER/train/CLASS/*.png has 24 images of each class, FOLDER/test 5; one in six is
grey, one in six has a palette, one in six 16 bits.
"""

import os
import random
import struct
import sys
import zlib

CLASSES = "ant bee cat dog elk fox gnu hen ibis jay".split()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, rows, kind, bits=8, more=b""):
    lines = b"".join(b"\0" + bytes(row) for row in rows)
    header = struct.pack(">IIBBBBB", width, len(rows), bits, kind, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", zlib.compress(lines))
            + chunk(b"IEND", b""))


def picture(source, label, number):
    height, width = source.randint(30, 50), source.randint(30, 50)
    rows = [[source.randint(0, 95) + 128 * (y * 10 // height == label) for _ in range(width)] for y in range(height)]
    if number % 6 == 0:
        return png(width, rows, kind=0)
    if number % 6 == 1:
        return png(width, rows, kind=3, more=chunk(b"PLTE", bytes(i for i in range(256) for _ in range(3))))
    colours = [[value for value in row for _ in range(3)] for row in rows]
    if number % 6 == 2:
        return png(width, [[value for value in row for _ in range(2)] for row in colours], kind=2, bits=16)
    return png(width, colours, kind=2)


def main():
    source = random.Random(5)
    for split, count in (("train", 24), ("test", 5)):
        for label, name in enumerate(CLASSES):
            folder = os.path.join(sys.argv[1], split, name)
            os.makedirs(folder)
            for number in range(count):
                with open(os.path.join(folder, f"{number:03}.png"), "wb") as file:
                    file.write(picture(source, label, number))


main()
