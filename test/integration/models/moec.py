"""Runs moec on a case: makes its model, weights and images, and reads what came of them."""

import json
import os
import subprocess
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Inputs"))
import weights_file  # noqa: E402

CHANNELS, STEPS = 3, 10


class Model:
    """A case in a folder of its own."""

    def __init__(self, moec, folder, case, mode, sgd=False):
        """mode: infer or train; sgd: in place of the recipe's optimizer one whose momentum is the gradient after a step,
        and no clipping."""
        self.moec, self.folder, self.case = moec, folder, case
        os.makedirs(folder, exist_ok=True)
        path, self.module, self.weights_path = map(self.file, ("model.json", "model.moec", "weights.safetensors"))
        self.json = json.loads(self.run("zoo", case.zoo, f"--batch={case.batch}", *case.flags))
        self.change_nodes()
        self.change_training(sgd)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.json, file)
        self.run("compile", path, "--mode", mode, *case.compiler, "-o", self.module)
        manifest = json.loads(self.run("inspect", "--json", self.module))
        shapes = {v["name"]: v["shape"] for v in manifest["variables"] if v["role"] == "parameter"}
        self.random = np.random.default_rng(case.seed)
        for name, array in weights_file.create(self.weights_path, shapes).items():
            draw(self.random, name, array)
        self.classes = self.json["dims"]["classes"]

    def file(self, name):
        return os.path.join(self.folder, name)

    def run(self, *arguments):
        done = subprocess.run([self.moec, *arguments], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"moec {' '.join(arguments)}: exit code {done.returncode}\n{done.stderr}")
        return done.stdout

    def change_nodes(self):
        for block in (self.json, *self.json.get("blocks", {}).values()):
            for node in block["nodes"]:
                node.update(self.case.nodes.get(node["op"], {}))

    def change_training(self, sgd):
        training, changes = self.json["training"], dict(self.case.training)
        if "label_smoothing" in changes:
            training["nodes"][0]["label_smoothing"] = changes["label_smoothing"]
        if "balance" in changes:
            training["loss"] = [training["loss"][0], changes["balance"]]
        known = training["schedule"]
        known.update({key: value for key, value in changes.get("schedule", {}).items() if key in known})
        if sgd:
            training["optimizer"] = {"op": "sgd", "learning_rate": 1e-3, "momentum": 0.9}
            del training["clip_norm"]

    def weights(self):
        return weights_file.tensors(self.weights_path)

    def images(self, count):
        size = self.case.options.image
        return self.random.integers(0, 256, (count, size, size, CHANNELS), dtype=np.uint8)

    def infer(self):
        """Images, and moec's logits of them."""
        images = self.images(self.case.batch)
        np.save(self.file("images.npy"), images)
        self.run("run", self.module, "--weights", self.weights_path,
                 f"--input=@{self.file('images.npy')}", f"--output=@{self.file('logits.npy')}")
        return images, np.load(self.file("logits.npy")).astype(float)

    def train(self, steps, *arguments):
        """Trains `steps` steps; the images and labels of STEPS steps, in the order of the files."""
        images = self.images(STEPS * self.case.batch)
        labels = self.random.integers(0, self.classes, len(images), dtype=np.int64)
        for split in ("train", "test"):
            np.save(self.file(f"{split}_images.npy"), images)
            np.save(self.file(f"{split}_labels.npy"), labels)
        self.run("train", self.module, "--weights", self.weights_path, f"--data=npy:{self.folder}",
                 f"--steps={steps}", "--no-eval", *arguments)
        return images, labels


def draw(random, name, array):
    """Nothing is 0 or 1, so that no bias and no scale can be left out. Routers are sharper than when training starts, and
    tokens as small as then, so that the eps of norms shows."""
    kind = name.rsplit(".", 1)[1]
    array[...] = random.standard_normal(array.shape, np.float32)
    if kind == "scale":
        array[...] = 1 + 0.2 * array
    elif kind == "bias":
        array *= 0.2
    elif name not in ("class.weight", "tokens.weight"):
        array *= (3 if ".router." in name else 1) / np.sqrt(array.shape[-2])
    if name.split(".")[0] in ("patches", "class", "tokens"):
        array *= 0.1
