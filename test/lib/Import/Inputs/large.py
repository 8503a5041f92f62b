"""Writes models in which one thing is there very often, into a folder."""

import json
import os
import sys


def model(nodes=(), **changes):
    first = {"name": "p", "op": "patch_embed", "inputs": ["image"], "patch": 14, "width": 4}
    last = [{"name": "m", "op": "mean", "inputs": [nodes[-1]["name"] if nodes else "p"]},
            {"name": "logits", "op": "linear", "inputs": ["m"], "features": 10}]
    return {"format": "moec.model/2", "name": "large", "dims": {"batch": 2},
            "inputs": {"image": {"shape": ["batch", 28, 28, 1], "dtype": "u8"},
                       "label": {"shape": ["batch"], "dtype": "i32"}},
            "nodes": [first, *nodes, *last], "outputs": ["logits"],
            "training": {"nodes": [{"name": "ce", "op": "softmax_cross_entropy", "inputs": ["logits", "label"]}],
                         "loss": "ce",
                         "optimizer": {"op": "sgd", "learning_rate": 0.1}}, **changes}


def chain(count, op="activation", **attributes):
    return [{"name": f"g{i}", "op": op, "inputs": [f"g{i - 1}" if i else "p"], **attributes} for i in range(count)]


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)

    def write(name, text):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    write("keys.json", "{" + ",".join(['"key": 1'] * 20000) + "}")
    write("undefined.json", json.dumps(model(
        [{"name": f"n{i}", "op": "activation", "inputs": [f"nowhere{i}"], "form": "gelu_erf"} for i in range(20000)])))
    write("batches.json", json.dumps(model(dims={"batch": list(range(1, 1001))})))
    write("dims.json", json.dumps(model(
        [{"name": f"n{i}", "op": "linear", "inputs": ["p"], "features": f"nosize{i}"} for i in range(20000)],
        dims={"batch": 2, **{f"d{i}": 1 for i in range(20000)}})))
    patterns = model()
    patterns["training"]["optimizer"]["groups"] = [{"match": ["*.bias"] * 1000, "decay": False}]
    write("patterns.json", json.dumps(patterns))
    for count in (500, 1000):
        write(f"chain{count}.json", json.dumps(model(chain(count, form="gelu_tanh"))))
    for count in (100, 200):
        write(f"norms{count}.json", json.dumps(model(chain(count, "layer_norm", eps=1e-6))))
    # Only for the table of times in docs/compiling.md.
    load = model([{"name": "e", "op": "moe", "inputs": ["p"], "experts": 8, "k": 2, "hidden": 8, "noise": 1,
                   "activation": "gelu_tanh"}])
    load["training"]["loss"] = ["ce", {"of": "e.load", "weight": 0.01}]
    write("load.json", json.dumps(load))


if __name__ == "__main__":
    main()
