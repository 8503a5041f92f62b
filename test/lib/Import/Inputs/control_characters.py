"""Models with control characters in every place that a message can quote, and
what the commands print of a model that has them in its class names.

usage: control_characters.py FOLDER
"""

import json
import struct
import subprocess
import sys

# Clears the screen, sets the title, writes from right to left, C1's CSI.
EVIL = "a\x1b[2J\x1b]0;x\x07\u202eb\x9b2J\x7f\r\n"

GOOD = {
    "format": "moec.model/2",
    "name": "m",
    "dims": {"batch": 2},
    "inputs": {"image": {"shape": ["batch", 8, 8, 1], "dtype": "u8"}},
    "nodes": [
        {"name": "p", "op": "patch_embed", "inputs": ["image"], "patch": 4, "width": 8},
        {"name": "x", "op": "mean", "inputs": ["p"]},
    ],
    "outputs": ["x"],
}


def places(value, path=()):
    """Every string of the tree, and every key."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key), True
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from places(item, (*path, i))
    elif isinstance(value, str):
        yield path, False


def changed(path, is_key):
    tree = json.loads(json.dumps(GOOD))
    parent = tree
    for step in path[:-1]:
        parent = parent[step]
    if is_key:
        parent[EVIL] = parent.pop(path[-1])
    else:
        parent[path[-1]] = EVIL
    return tree


def run(what, *command):
    result = subprocess.run(["moec", *command], capture_output=True)
    said = (result.stdout + result.stderr).decode()  # UTF-8, or this fails
    bad = [c for c in said if ord(c) < 32 and c != "\n" or 0x7F <= ord(c) < 0xA0 or c == "\u202e"]
    if bad or (result.returncode and not said):
        sys.exit(f"{what}: {said!r}")
    return result


def check(what, text):
    file = sys.argv[1] + "/model.json"
    with open(file, "wb") as out:
        out.write(text)
    return run(what, "compile", file, "-o", "/dev/null").returncode


tried = 0
for path, is_key in places(GOOD):
    tree = changed(path, is_key)
    check(f"{path} {is_key}", json.dumps(tree).encode())
    check(f"{path} {is_key}", json.dumps(tree, ensure_ascii=False).encode())
    tried += 1
for raw in (b'{ "a": \x1b[2J }', b'{ "a": "\xff\x9b" }', b"\x1b]0;x\x07", b'{ "a": "\x1b[2J" }'):
    if check(repr(raw), raw) != 1:
        sys.exit(f"{raw!r} is no JSON, but was taken")

# A module's texts, which its compiler has taken.
model = json.loads(json.dumps(GOOD))
model["nodes"].append({"name": "logits", "op": "linear", "inputs": ["x"], "features": 2})
model["outputs"] = ["logits"]
model["classes"] = [EVIL + "0", EVIL + "1"]
folder = sys.argv[1]
module, weights = f"{folder}/m.json", f"{folder}/w"
with open(module, "w", encoding="utf-8") as file:
    json.dump(model, file)
for split in ("train", "t10k"):
    with open(f"{folder}/{split}-images-idx3-ubyte", "wb") as file:
        file.write(struct.pack(">4i", 0x803, 2, 8, 8) + bytes(range(128)))
    with open(f"{folder}/{split}-labels-idx1-ubyte", "wb") as file:
        file.write(struct.pack(">2i", 0x801, 2) + bytes([0, 1]))
shapes = {"p.weight": [16, 8], "p.bias": [8], "logits.weight": [8, 2], "logits.bias": [2]}
header, at = {}, 0
for name, shape in shapes.items():
    size = 4 * shape[0] * (shape[1] if len(shape) > 1 else 1)
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
    at += size
header = json.dumps(header).encode()
with open(weights, "wb") as file:
    file.write(struct.pack("<Q", len(header)) + header + bytes(at))
shown = run("classify", "classify", module, "--weights", weights, "--data", f"idx:{folder}").stdout.decode()
if "\\x1b[2J\\x1b]0;x\\x07\\u202eb\\u009b2J\\u007f\\x0d\\n0" not in shown:
    sys.exit(f"classify: {shown!r}")
told = run("inspect", "inspect", module, "--json").stdout
if json.loads(told)["host"]["data"]["class_names"] != model["classes"]:
    sys.exit(f"inspect --json: {told!r}")
for command in ("inspect", "bench", "run"):
    arguments = ["--input=@none.npy"] if command == "run" else []
    run(command, command, module, *arguments)
print(tried, "places")
