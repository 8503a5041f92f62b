"""Writes the seeds of the fuzz targets, made from files of the repository.

usage: seeds.py ROOT OUT
"""

import ast
import glob
import gzip
import io
import json
import os
import re
import struct
import sys
import tarfile
import zlib

KERNEL = """.version 8.0
.target sm_90a
.address_size 64
.visible .entry k(.param .u64 k_in, .param .u64 k_out, .param .u32 k_n)
{
  .shared .align 128 .b8 tile[4096];
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
# Writes shared memory, and lets the async proxy read it.
FILL = ("mov.b64 %d3, tile; mul.wide.u32 %d4, %t, 16; add.s64 %d3, %d3, %d4;"
        " st.shared.v4.b32 [%d3], {%t, %t, %t, %t}; bar.sync 0; fence.proxy.async; ")
# Instructions that the tests put together from pieces, so that no literal holds
# them whole.
RARE = (
    "mov.b64 %d1, tile; st.shared.b32 [tile], 7; bar.sync 0; atom.shared.add.u32 %r1, [tile], 1;"
    " red.shared.max.s32 [tile], %r1; atom.shared.cas.b32 %r2, [%d1], %r1, 3;",
    "atom.global.add.noftz.f16x2 %r1, [%out], %r2; red.global.add.noftz.bf16 [%out], %h1;",
    "shfl.sync.up.b32 %r1|%p1, %t, 1, 0, -1; shfl.sync.down.b32 %r2, %r1, 2, 31, -1; bar.warp.sync -1;",
    "redux.sync.min.u32 %r1, %t, -1; redux.sync.max.s32 %r2, %t, -1; redux.sync.and.b32 %r3, %t, -1;"
    " redux.sync.or.b32 %r4, %t, -1; redux.sync.xor.b32 %r1, %r4, -1; redux.sync.max.u32 %r2, %t, -1;",
    "isspacep.shared %p1, %in; isspacep.global %p2, %in; nanosleep.u32 20; mov.u64 %d1, %clock64;"
    " mov.u32 %r1, %clock; griddepcontrol.wait; @%p1 trap;",
    "sub.cc.u64 %d1, %in, %out; subc.u64 %d2, %d1, 0; bfi.b64 %d3, %d1, %d2, 5, 40; bfi.b32 %r1, %r2, %r3, 4, 8;",
    "cvta.shared.u64 %d1, tile; mapa.u64 %d2, %d1, 0; getctarank.u64 %r1, %d2; mapa.shared::cluster.u32 %r2, 16, 0;"
    " getctarank.shared::cluster.u32 %r3, %r2; bar.arrive 1, 64; bar.sync 1, 64;",
    "mov.b64 %d1, tile; setp.eq.u32 %p1, %t, 0; @!%p1 bra DONE; mbarrier.init.shared.b64 [%d1], 2;"
    " mbarrier.arrive.shared.b64 %d2, [%d1]; mbarrier.pending_count.b64 %r1, %d2;"
    " mbarrier.test_wait.shared.b64 %p2, [%d1], %d2; mbarrier.inval.shared.b64 [%d1]; DONE: bar.sync 0;",
    "mov.b64 %d1, tile; setp.eq.u32 %p1, %t, 0; @!%p1 bra DONE; mbarrier.init.shared.b64 [%d1], 1;"
    " mbarrier.arrive.expect_tx.shared.b64 _, [%d1], 64; fence.proxy.async; cp.async.bulk.shared::cluster.global."
    "mbarrier::complete_tx::bytes [tile+64], [%in], 64, [%d1]; L: mbarrier.try_wait.parity.shared.b64 %p2, [%d1], 0;"
    " @!%p2 bra L; cp.async.bulk.global.shared::cta.bulk_group [%out], [tile+64], 64;"
    " cp.async.bulk.commit_group; cp.async.bulk.wait_group 0; DONE: bar.sync 0;",
    "mov.b64 %d1, tile; setp.eq.u32 %p1, %t, 0; @!%p1 bra DONE; mbarrier.init.shared.b64 [%d1], 1;"
    " cp.async.ca.shared.global [%d1+16], [%in], 16; cp.async.mbarrier.arrive.noinc.shared.b64 [%d1];"
    " L: mbarrier.try_wait.parity.shared.b64 %p2, [%d1], 0; @!%p2 bra L;"
    " ld.shared.b32 %r1, [%d1+16]; DONE: bar.sync 0;",
    FILL + "wgmma.fence.sync.aligned; wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16"
    " {%r1, %r2, %r3, %r4}, {%r5, %r6, %r7, %r8}, %d1, 1, 1, 1, 0; wgmma.commit_group.sync.aligned;"
    " wgmma.wait_group.sync.aligned 0;",
    FILL + "wgmma.fence.sync.aligned; wgmma.mma_async.sync.aligned.m64n8k16.f16.f16.f16 {%r1, %r2}, %d1, %d2, %p1, 1, 1, 0, 1;"
    " wgmma.commit_group.sync.aligned; wgmma.wait_group.sync.aligned 0;",
)
# 9 x 10 pixels: grey, CMYK, and progressive grey.
JPEG = (
    # grey
    "ffd8ffdb004300140e0f120f0d14121012171514181e32211e1c1c1e3d2c2e243249404c4b47404645505a736250556d5645"
    "466488656d777b8182814e608d978c7d96737e817cffc0000b08000a000901011100ffc40016000101010000000000000000"
    "0000000000030506ffc4001d100002010403000000000000000000000000010302516291051215ffda0008010100003f0099"
    "1f0f88be3e269a3a559685eaacb47fffd9",
    # CMYK
    "ffd8ffee000e41646f626500640000000000ffdb004300140e0f120f0d14121012171514181e32211e1c1c1e3d2c2e243249"
    "404c4b47404645505a736250556d5645466488656d777b8182814e608d978c7d96737e817cffc0001408000a000904431100"
    "4d11005911004b1100ffc4001a000001050100000000000000000000000005010304060702ffc40024100001030205050100"
    "00000000000000000100020305120411152122063151629141ffda000e0443004d0059004b00003f00669f47edc5354fa3f6"
    "e29ba7d1fb715c53e8fdb8a2ba3faa2ba3faa2da3faa2da3faa953931d2318f8c96bdb03cb5cdd88369dc2973931d2318f8c"
    "96bdb03cb5cdd88369dc24acc8fc3f4fe26581ee8a46d9939872239b7f424acc8fc3f4fe26581ee8a46d9939872239b7f42c"
    "ead1e07c59cda3c0f8a8968f03e2a25a3c0f8bffd9",
    # progressive
    "ffd8ffdb004300140e0f120f0d14121012171514181e32211e1c1c1e3d2c2e243249404c4b47404645505a736250556d5645"
    "466488656d777b8182814e608d978c7d96737e817cffc2000b08000a000901011100ffc40016000101010000000000000000"
    "0000000000020405ffda000801010000000195e9afffc4001810000203000000000000000000000000000001031013ffda00"
    "0801010001050250988abfffc40014100100000000000000000000000000000020ffda0008010100063f021fffc400181001"
    "0003010000000000000000000000000001116171ffda0008010100013f21c1c20a7fffda00080101000000109fffc4001910"
    "00020301000000000000000000000000000110519111ffda0008010100013f108022961c52c3ffd9",
)
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


def kernel(body):
    body = body.replace("; ", ";\n  ")
    return f"{KERNEL}  {body}\n  st.global.b32 [%out], %r1;\n  ret;\n}}\n"


def ptx(root):
    """The PTX of the tests, and a kernel around each body in their sources."""
    for path in glob.glob(f"{root}/test/**/*.ptx", recursive=True):
        yield read(path)
    for path in glob.glob(f"{root}/test/lib/PtxSim/*.cpp"):
        for text in texts(read(path)):
            if ".entry" in text:
                yield text
            elif ";" in text and "." in text:
                yield kernel(text)
    yield from (kernel(body) for body in RARE)


def manifests(root):
    for path in glob.glob(f"{root}/test/runtime/Inputs/*.json"):
        yield read(path)
    for path in glob.glob(f"{root}/test/runtime/Inputs/*.c"):
        yield from re.findall(r"^MANIFEST\(({.*?^})\)$", read(path), re.S | re.M)


def elf(_):
    """A shared object of one segment with a manifest of three bytes."""
    names = b"\0moec_manifest\0moec_manifest_size\0k\0"
    data = b"{}\0" + bytes(5) + struct.pack("<Q", 2)
    symbol = lambda name, at, size: struct.pack("<IBBHQQ", name, 0x11, 0, 1, 0x1000 + at, size)
    at = 64 + 56
    symbols = bytes(24) + symbol(1, at, 3) + symbol(15, at + 8, 8)
    section = lambda kind, start, size, link: struct.pack("<IIQQQQIIQQ", 0, kind, 0, 0, start, size, link, 0, 1, 24)
    body = data + names + symbols
    tables = section(0, 0, 0, 0) + section(11, at + len(data + names), len(symbols), 2)
    tables += section(3, at + len(data), len(names), 0)
    header = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 3, 62, 1, 0, 64, at + len(body), 0,
                                                     64, 56, 1, 64, 3, 2)
    segment = struct.pack("<IIQQQQQQ", 1, 4, 0, 0x1000, 0x1000, at + len(body), at + len(body), 4096)
    yield header + segment + body + tables


def safetensors(_):
    for tensors in ({}, {"a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
                         "b": {"dtype": "U8", "shape": [5], "data_offsets": [24, 29]},
                         "__metadata__": {"format": "moec.weights/2"}}):
        header = json.dumps(tensors).encode()
        yield struct.pack("<Q", len(header)) + header + bytes(29 if tensors else 0)


def weight_maps(root):
    for path in glob.glob(f"{root}/runtime/weights/maps/*.json") + [f"{root}/test/integration/weights/Inputs/large_map.json"]:
        yield read(path)


def tunings(_):
    machine = {"compiler": "moec 0", "cpu": "znver3", "cores": 2, "vector_bytes": 32, "vector_registers": 16, "caches": [32768, 524288, 0]}
    for schedules in ({}, {"contract groups=1 m=8 n=8 k=8": {"tile": [8, 8, 8], "micro": [4, 8], "ms": 1.5, "model_ms": 2},
                           "attend groups=1 s=4": {"tile": [4, 64], "micro": [4, 8], "ms": 0, "model_ms": 0}}):
        yield json.dumps({"format": "moec.tuning/1", "machine": machine, "schedules": schedules})


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


def archives(_):
    files = (("top/a.bin", b"x" * 700), ("top/b.bin", b"y"), ("c" * 120, b"z" * 10))
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
            for name, data in files[:2 if form == tarfile.USTAR_FORMAT else 3]:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        data = buffer.getvalue().rstrip(b"\0") + bytes(1024)
        yield data
        yield gzip.compress(data, mtime=0)


def images(_):
    """PNG files of several kinds, interlaced or not, and the files above."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    for kind, bits, row in ((0, 1, 1), (0, 8, 3), (2, 8, 9), (2, 16, 18), (3, 8, 3), (4, 8, 6), (6, 8, 12)):
        for interlaced in (0, 1):
            rows = (b"\0" + bytes(range(row))) * (2 if not interlaced else 8)
            yield (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, bits, kind, 0, 0, interlaced))
                   + (chunk(b"PLTE", bytes(range(9))) if kind == 3 else b"") + chunk(b"IDAT", zlib.compress(rows))
                   + chunk(b"IEND", b""))
    yield from map(bytes.fromhex, JPEG)


def models(root):
    for folder in ("examples", "test/lib/Import", "test/integration"):
        for path in glob.glob(f"{root}/{folder}/**/*.json", recursive=True):
            yield read(path)


def main():
    root, out = sys.argv[1:]
    for name, seeds in (("PtxFuzz", ptx), ("ManifestFuzz", manifests), ("ElfFuzz", elf), ("SafetensorsFuzz", safetensors),
                        ("WeightMapFuzz", weight_maps), ("NpyFuzz", npy), ("IdxFuzz", idx), ("TarFuzz", archives),
                        ("ImageFuzz", images), ("ModelFuzz", models), ("TuningFuzz", tunings)):
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
