"""Compiles a model without each optional pass, for a CPU and a GPU, and runs the
CPU modules on one image: all must give the same outputs.

usage: leave_out.py MODEL FOLDER
"""

import os
import re
import struct
import subprocess
import sys

model, folder = sys.argv[1:]


def moec(*arguments):
    result = subprocess.run(["moec", *arguments], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"moec {' '.join(arguments)}: exit code {result.returncode}\n{result.stderr}")
    return result.stdout


def write_image(path):
    """As numpy.save writes u8 [8, 28, 28, 1]."""
    header = "{'descr': '|u1', 'fortran_order': False, 'shape': (8, 28, 28, 1), }"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    pixels = bytes(i * 37 % 251 for i in range(8 * 28 * 28))
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + pixels)


image, expected = f"{folder}/x.npy", f"{folder}/y.npy"
write_image(image)
text = re.sub(r"\s+", " ", moec("compile", "--help"))
names = re.search(r"Passes to leave out, with commas between them, for experiments: ([-\w, ]*?-[a-z]+)(?= --)", text).group(1).split(", ")
if len(names) < 7:
    sys.exit(f"--help lists only {names}")
# What --timing and --dump-passes call them is what moec-opt runs: their flags.
flags = subprocess.run(["moec-opt", "--help"], capture_output=True, text=True, check=True).stdout
for name in names:
    if not re.search(rf"^ +--moec-{name} ", flags, re.M):
        sys.exit(f"--disable-pass {name}: there is no pass moec-{name}")
run = ["--seed", "3", f"--input=image=@{image}"]
moec("run", model, *run, f"--output=@{expected}")
for name in names:
    moec("run", model, *run, "--disable-pass", name, f"--expected-output=@{expected}")
    moec("compile", model, "--mode", "train", "--disable-pass", name, "-o", f"{folder}/x.moec")
    moec("compile", model, "--target", "cuda:sm_80", "--disable-pass", name, "-o", f"{folder}/x.moec")
    os.remove(f"{folder}/x.moec")
    print(name, "may be missing")
