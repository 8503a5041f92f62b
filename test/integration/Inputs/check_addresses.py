"""Checks every address of a manifest, `moec inspect --json`, and prints how far
they reach: what 32 bits cannot say is said in 64.

usage: check_addresses.py MANIFEST
"""

import json
import math
import sys


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        manifest = json.load(file)
    sizes = {"f32": 4, "i32": 4, "u8": 1}
    blocks = {block["name"]: block["bytes"] for block in manifest["blocks"]}
    ends = dict.fromkeys(blocks, 0)
    for variable in sorted(manifest["variables"], key=lambda v: v["offset"]):
        name, offset = variable["block"], variable["offset"]
        assert offset >= ends[name], f"{variable['name']} begins in the one before"
        ends[name] = offset + math.prod(variable["shape"]) * sizes[variable["dtype"]]
        assert ends[name] <= blocks[name], f"{variable['name']} ends outside of its block"
    whole = max(manifest["variables"], key=lambda v: math.prod(v["shape"]))
    print("largest variable:", whole["shape"])
    for entry in manifest["entries"]:
        reach = {"arena": 0, "parameter": 0}
        strides = set()
        bounds = dict(blocks, arena=entry["arena"])
        for side, tensors in (("in", entry["inputs"]), ("out", entry["outputs"])):
            for i, tensor in enumerate(tensors):
                bounds[f"{side}{i}"] = math.prod(tensor["shape"]) * sizes[tensor["dtype"]]
        for step in entry["program"]:
            count = step.get("repeat", 1)
            for launch in step["body"] if "body" in step else [step]:
                for arg in launch["args"]:
                    strides.add(abs(arg.get("stride", 0)))
                    shift, modulus, size = arg.get("ring", (0, 1, 0))
                    for i in range(count):
                        at = arg["offset"] + i * arg.get("stride", 0) + (i + shift) % modulus * size
                        end = at + arg["bytes"]
                        assert 0 <= at and end <= bounds[arg["block"]], f"{arg} leaves its block in iteration {i}"
                        reach[arg["block"]] = max(reach.get(arg["block"], 0), end)
        print(f"{entry['name']}: parameters to {reach['parameter']}, arena to {reach['arena']}, "
              f"largest stride {max(strides)}")


if __name__ == "__main__":
    main()
