"""Prints a model of N blocks, each of which runs the next twice."""

import json
import sys

N = int(sys.argv[1])
SHAPE = ["batch", 3, 8]
blocks = {f"b{N}": {"inputs": {"x": SHAPE}, "outputs": ["y"],
                    "nodes": [{"name": "y", "op": "activation", "inputs": ["x"], "form": "gelu_erf"}]}}
for i in range(N):
    blocks[f"b{i}"] = {"inputs": {"x": SHAPE}, "outputs": ["z"],
                       "nodes": [{"name": "y", "op": "call", "inputs": ["x"], "block": f"b{i + 1}"},
                                 {"name": "z", "op": "call", "inputs": ["y"], "block": f"b{i + 1}"}]}
print(json.dumps({"format": "moec.model/2", "name": "nested", "dims": {"batch": 2},
                  "inputs": {"x": {"shape": SHAPE, "dtype": "f32"}}, "blocks": blocks,
                  "nodes": [{"name": "y", "op": "call", "inputs": ["x"], "block": "b0"}], "outputs": ["y"]}))
