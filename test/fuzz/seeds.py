"""Writes the seeds of the fuzz targets, made from files of the repository.

usage: seeds.py ROOT OUT
"""

import ast
import glob
import gzip
import json
import os
import re
import struct
import sys

KERNEL = """.version 8.0
.target sm_90a
.address_size 64
.visible .entry k(.param .u64 k_in, .param .u64 k_out, .param .u32 k_n)
{
  .reg .pred %p<32>;
  .reg .b16 %h<32>;
  .reg .b32 %r<64>;
  .reg .b32 %t;
  .reg .b32 %n;
  .reg .b64 %d<32>;
  .reg .b64 %in;
  .reg .b64 %out;
  .reg .b64 %off;
  ld.param.u64 %in, [k_in];
  ld.param.u64 %out, [k_out];
  ld.param.u32 %n, [k_n];
  mov.u32 %t, %tid.x;
  mul.wide.u32 %off, %t, 4;
  add.s64 %in, %in, %off;
  add.s64 %out, %out, %off;
"""
# Texts between quotes that stand one after the other are one text.
LITERAL = r'"(?:[^"\\\n]|\\.)*"'


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def texts(source):
    """The string literals of a C++ source, joined as the compiler does."""
    for found in re.finditer(rf"{LITERAL}(?:\s*{LITERAL})*", source):
        parts = re.findall(LITERAL, found.group())
        yield "".join(ast.literal_eval(part) for part in parts)
    for found in re.finditer(r'R"(\w*)\((.*?)\)\1"', source, re.S):
        yield found.group(2)


def ptx(root):
    """The PTX of the tests, and a kernel around each body in their sources."""
    for path in glob.glob(f"{root}/test/runtime/**/*.ptx", recursive=True):
        yield read(path)
    for path in glob.glob(f"{root}/test/runtime/ptxsim/*.cpp"):
        for text in texts(read(path)):
            if ".entry" in text:
                yield text
            elif ";" in text and "." in text:
                body = text.replace("; ", ";\n  ")
                yield f"{KERNEL}  {body}\n  st.global.b32 [%out], %r1;\n  ret;\n}}\n"


def manifests(root):
    for path in glob.glob(f"{root}/test/runtime/Inputs/*.json"):
        yield read(path)
    for path in glob.glob(f"{root}/test/runtime/Inputs/*.c"):
        for text in texts(read(path)):
            if "moec.module/1" in text:
                yield text
    for path in glob.glob(f"{root}/test/runtime/core/*.cpp"):
        for text in texts(read(path)):
            if "moec.module/1" in text:
                yield text


def safetensors(_):
    for tensors in ({}, {"a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
                         "b": {"dtype": "U8", "shape": [5], "data_offsets": [24, 29]},
                         "__metadata__": {"format": "moec.weights/1"}}):
        header = json.dumps(tensors).encode()
        yield struct.pack("<Q", len(header)) + header + bytes(29 if tensors else 0)


def npy(_):
    for version, length in ((1, "<H"), (2, "<I")):
        for descr, shape, size in (("<f4", "(2, 3)", 24), ("|u1", "(5,)", 5), ("<i4", "()", 4)):
            header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
            yield b"\x93NUMPY" + bytes([version, 0]) + struct.pack(length, len(header)) + header + bytes(size)


def idx(_):
    images = struct.pack(">IIII", 0x803, 3, 2, 2) + bytes(range(12))
    labels = struct.pack(">II", 0x801, 3) + bytes([0, 1, 2])
    for first in (images, gzip.compress(images, mtime=0)):
        for second in (labels, gzip.compress(labels, mtime=0)):
            yield struct.pack(">H", len(first)) + first + second


def models(root):
    for folder in ("examples", "test/lib/Import", "test/integration"):
        for path in glob.glob(f"{root}/{folder}/**/*.json", recursive=True):
            yield read(path)


def main():
    root, out = sys.argv[1:]
    for name, seeds in (("PtxFuzz", ptx), ("ManifestFuzz", manifests), ("SafetensorsFuzz", safetensors),
                        ("NpyFuzz", npy), ("IdxFuzz", idx), ("ModelFuzz", models)):
        folder = os.path.join(out, name)
        os.makedirs(folder, exist_ok=True)
        count = 0
        for count, seed in enumerate(seeds(root), 1):
            data = seed if isinstance(seed, bytes) else seed.encode()
            with open(os.path.join(folder, f"seed-{count:04}"), "wb") as file:
                file.write(data)
        if not count:
            sys.exit(f"error: no seeds found for {name}")
        print(f"{name}: {count} seeds")


if __name__ == "__main__":
    main()
