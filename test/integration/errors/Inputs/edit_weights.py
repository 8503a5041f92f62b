"""Spoils a safetensors file.

usage: edit_weights.py FROM TO [cut] [drop=NAME] [add=NAME] [shape=NAME]
"""

import json
import struct
import sys

with open(sys.argv[1], "rb") as file:
    raw = file.read()
size = struct.unpack("<Q", raw[:8])[0]
header = json.loads(raw[8:8 + size])
data = raw[8 + size:]
# As programs do that know nothing of moec's checksum.
if "__metadata__" in header:
    header["__metadata__"].pop("moec.checksum", None)
    header["__metadata__"]["format"] = "moec.weights/1"
for change in sys.argv[3:]:
    kind, _, name = change.partition("=")
    if kind == "cut":
        data = data[:len(data) // 2]
    elif kind == "drop":
        # Another tensor takes its bytes, so that the file stays whole.
        header["renamed"] = header.pop(name)
    elif kind == "add":
        header[name] = {"dtype": "F32", "shape": [2],
                        "data_offsets": [len(data), len(data) + 8]}
        data += bytes(8)
    elif kind == "shape":
        count = 1
        for dim in header[name]["shape"]:
            count *= dim
        header[name]["shape"] = [1, count]
    else:
        sys.exit(f"unknown change {change}")
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open(sys.argv[2], "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + data)
