"""A weights file that is larger than what is on the disk of it.

usage: sparse_file.py write FILE     w, F64 [6144, 4096], and b, F64 [6144]: zeros, but for some elements
       sparse_file.py check WEIGHTS  these elements where large_map.json puts them, as f32
"""

import json
import struct
import sys

ROWS, COLUMNS = 6144, 4096
ELEMENTS = {(0, 0): 1.5, (1, 0): 2.5, (0, 1): -3.25, (4095, 7): 0.5, (6143, 4095): 42.0, (3000, 2048): 1e-30}


def main():
    header = {"w": {"dtype": "F64", "shape": [ROWS, COLUMNS], "data_offsets": [0, 8 * ROWS * COLUMNS]},
              "b": {"dtype": "F64", "shape": [ROWS], "data_offsets": [8 * ROWS * COLUMNS, 8 * ROWS * (COLUMNS + 1)]}}
    text = json.dumps(header).encode()
    if sys.argv[1] == "write":
        with open(sys.argv[2], "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text)
            for (row, column), value in ELEMENTS.items():
                file.seek(8 + len(text) + 8 * (row * COLUMNS + column))
                file.write(struct.pack("<d", value))
            file.truncate(8 + len(text) + 8 * ROWS * (COLUMNS + 1))
        return
    with open(sys.argv[2], "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        entry = json.loads(file.read(length))["out.weight"]
        if entry["dtype"] != "F32" or entry["shape"] != [COLUMNS, ROWS]:
            sys.exit(f"out.weight is {entry}")
        file.seek(8 + length + entry["data_offsets"][0])
        data = memoryview(file.read(4 * ROWS * COLUMNS)).cast("f")
    nonzero = [i for first in range(0, len(data), ROWS) if any(data[first:first + ROWS])
               for i in range(first, first + ROWS) if data[i]]
    got = {(i % ROWS, i // ROWS): data[i] for i in nonzero}
    want = {at: struct.unpack("<f", struct.pack("<f", value))[0] for at, value in ELEMENTS.items()}
    if got != want:
        sys.exit(f"expected {want}, got {got}")


if __name__ == "__main__":
    main()
