"""moec, through its C interface, with the module that `moec compile` made."""

import os
import subprocess
import sys
import time

from . import LEARNING_RATE, STEPS
from ..weights import inputs

KINDS = ("contraction", "inference", "training", "compile")
PACKAGES = ()
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))


def refuses(case):
    return None


class Peer:
    def __init__(self, task):
        sys.path.insert(0, os.path.join(ROOT, "scripts", "kit"))
        import runtime
        self.children = task["kind"] == "compile"
        start = time.perf_counter()
        if task["kind"] == "compile":
            mode = "train" if task["trains"] else "infer"
            subprocess.run([task["moec"], "compile", task["model"], "-o", task["module"], "--mode", mode], check=True,
                           stdout=subprocess.DEVNULL)
        module = runtime.Module(runtime.Library(task["library"]), task["module"])
        self.session = runtime.Session(module, "cpu", threads=task["threads"])
        self.training = task["trains"]
        self.entry = module.entry("train_step" if self.training else "infer")
        compiled = time.perf_counter()
        self.session.load_weights(task["weights"])
        self.session.prepare(self.entry)
        prepared = time.perf_counter()
        # A step takes its weights as arguments, with everybody; inference has them
        # packed or folded, which is a part of preparing it.
        self.compile_seconds = (compiled if self.training else prepared) - start
        self.wanted = {info["name"]: info for info in module.manifest["entries"][self.entry]["inputs"]}
        for name, value in inputs(task).items():
            if name in self.wanted:
                self.session.set_input(self.entry, name, value.tobytes())
        self.steps = 0

    def run(self):
        if self.training:
            self.steps += 1
            self.scalar("learning_rate", LEARNING_RATE)
            self.scalar("step", self.steps)
            self.scalar("seed", 1)
        self.session.run(self.entry)

    def scalar(self, name, value):
        import numpy
        if name in self.wanted:
            dtype = {"f32": numpy.float32, "i32": numpy.int32}[self.wanted[name]["dtype"]]
            self.session.set_input(self.entry, name, dtype(value).tobytes())

    def output(self):
        import numpy
        outputs = self.session.outputs(self.entry)
        _, shape, data = outputs["loss"] if self.training else next(iter(outputs.values()))
        return numpy.frombuffer(data, numpy.float32).reshape(shape)

    def result(self):
        import numpy
        results = []
        for _ in range(STEPS if self.training else 1):
            self.run()
            results.append(self.output())
        return numpy.stack(results) if self.training else results[0]
