"""Compares an inference of six images, two at a time, with one of all six, to the last bit.

usage: split-batch.py FOLDER MODEL.json
"""

import json
import os
import struct
import subprocess
import sys

import numpy

folder, model = sys.argv[1:]
os.makedirs(folder)
os.chdir(folder)


def call(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


call("moec", "compile", model, "--batch", "6", "--mode", "infer", "--emit", "precision", "-o", "whole.mlir")
call("moec-opt", "whole.mlir", "--pass-pipeline=builtin.module(func.func(moec-split-batch{images=2}))", "-o", "parts.mlir")
with open("parts.mlir") as file:
    if "kernel.parts = 3 : i64" not in file.read():
        sys.exit("infer has one part")
call("moec", "compile", "--from=precision", "whole.mlir", "--disable-pass", "split-batch", "-o", "whole.moec")
call("moec", "compile", "--from=precision", "parts.mlir", "-o", "parts.moec")
module = json.loads(call("moec", "inspect", "--json", "whole.moec"))
entry = next(entry for entry in module["entries"] if entry["name"] == "infer")

random = numpy.random.default_rng(5)
(image,) = entry["inputs"]
numpy.save("x.npy", random.integers(0, 256, image["shape"]).astype(numpy.uint8))
tensors, data = {}, b""
for variable in module["variables"]:
    if variable["role"] != "parameter":
        continue
    values = random.normal(0, 0.2, variable["shape"]).astype("<f4").tobytes()
    tensors[variable["name"]] = {"dtype": "F32", "shape": variable["shape"], "data_offsets": [len(data), len(data) + len(values)]}
    data += values
header = json.dumps(tensors).encode()
with open("w.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header + data)

names = [output["name"] for output in entry["outputs"]]
given = ["--weights", "w.safetensors", "--input", "@x.npy"]
call("moec", "run", "whole.moec", *given, *(f"--output={name}=@{name}.npy" for name in names))
for name in names:
    rows = numpy.load(f"{name}.npy").reshape(6, -1)
    assert len(numpy.unique(rows, axis=0)) == 6, "images should not have equal outputs"
call("moec", "run", "parts.moec", *given, *(f"--expected-output={name}=@{name}.npy" for name in names), "--atol", "0", "--rtol", "0")
