"""Models with control characters in every place that a message can quote.

usage: control_characters.py FOLDER
"""

import json
import subprocess
import sys

# Clears the screen, sets the title, writes from right to left, C1's CSI.
EVIL = "a\x1b[2J\x1b]0;x\x07\u202eb\x9b2J\x7f\r\n"

GOOD = {
    "format": "moec.model/1",
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


def check(what, text):
    file = sys.argv[1] + "/model.json"
    with open(file, "wb") as out:
        out.write(text)
    result = subprocess.run(["moec", "compile", file, "-o", "/dev/null"], capture_output=True)
    said = (result.stdout + result.stderr).decode()  # UTF-8, or this fails
    bad = [c for c in said if ord(c) < 32 and c != "\n" or 0x7F <= ord(c) < 0xA0 or c == "\u202e"]
    if bad or (result.returncode and not said):
        sys.exit(f"{what}: {said!r}")
    return result.returncode


tried = 0
for path, is_key in places(GOOD):
    tree = changed(path, is_key)
    check(f"{path} {is_key}", json.dumps(tree).encode())
    check(f"{path} {is_key}", json.dumps(tree, ensure_ascii=False).encode())
    tried += 1
for raw in (b'{ "a": \x1b[2J }', b'{ "a": "\xff\x9b" }', b"\x1b]0;x\x07", b'{ "a": "\x1b[2J" }'):
    if check(repr(raw), raw) != 1:
        sys.exit(f"{raw!r} is no JSON, but was taken")
print(tried, "places")
