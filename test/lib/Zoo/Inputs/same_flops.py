"""Compares the FLOPs of a model in `moec zoo --list --json` with those of its
entry `infer` in a module's manifest.

usage: same_flops.py LIST.json MANIFEST.json
"""

import json
import sys


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        listed = {row["name"]: row for row in json.load(file)}
    with open(sys.argv[2], encoding="utf-8") as file:
        manifest = json.load(file)
    entry = next(entry for entry in manifest["entries"] if entry["name"] == "infer")
    name = manifest["model"]
    expected = listed[name]["flops_per_image"] * entry["batch"]
    if entry["model_flops"] != expected:
        sys.exit(f"{name}: {entry['model_flops']} FLOP in the module, {expected} in the list")
    print(f"{name}: {expected:.0f} FLOP")


if __name__ == "__main__":
    main()
