"""Checks what `moec train --metrics` wrote of a V-MoE with 2 expert layers of 3 experts and k = 2.

usage: check_metrics.py METRICS [EVAL]          EVAL: what `moec eval --json` said of the last epoch's weights
       check_metrics.py METRICS --same OTHER    the same numbers, but for rounding
"""

import json
import math
import sys

KEYS = ["node", "layer", "least", "mean", "most", "variation", "dropped", "overflow", "entropy"]
BATCH, TOKENS, EXPERTS, CHOICES = 8, 17, 3, 2


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def check_layer(layer, number):
    assert list(layer) == KEYS and layer["node"] == "stack.sparse.moe" and layer["layer"] == number, layer
    assert 0 <= layer["least"] <= layer["mean"] <= layer["most"], layer
    # What is not refused is processed; who has no expert was refused twice.
    rows = BATCH * TOKENS * CHOICES * (1 - layer["overflow"])
    assert math.isclose(layer["mean"] * EXPERTS, rows, rel_tol=1e-5), layer
    assert 0 <= layer["dropped"] <= layer["overflow"] < 1, layer
    assert 0 < layer["entropy"] <= math.log(EXPERTS) + 1e-6 and layer["variation"] >= 0, layer


def same(a, b):
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return math.isclose(a, b, rel_tol=1e-4, abs_tol=1e-5) if isinstance(a, float) else a == b


lines = read(sys.argv[1])
if sys.argv[2:3] == ["--same"]:
    other = read(sys.argv[3])
    assert lines and same(lines, other), (lines, other)
    sys.exit()
assert [(line["epoch"], line["step"], line["images"]) for line in lines] == [
    (1, 5, "train"), (1, 5, "test"), (2, 10, "train"), (2, 10, "test")], lines
for line in lines:
    assert "loss" in line and "accuracy" in line and ("grad_norm" in line) == (line["images"] == "train"), line
    assert len(line["routing"]) == 2, line
    for number, layer in enumerate(line["routing"]):
        check_layer(layer, number)
if len(sys.argv) > 2:
    with open(sys.argv[2], encoding="utf-8") as file:
        said = json.load(file)
    assert said["routing"] == lines[-1]["routing"] and said["loss"] == lines[-1]["loss"], (said, lines[-1])
