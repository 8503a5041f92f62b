"""ONNX Runtime's CPU provider, on the model that PyTorch exports."""

import time

from ..export import onnx_file
from ..weights import inputs

KINDS = ("inference", "training", "compile")
PACKAGES = ("onnxruntime", "torch", "onnxscript")


def refuses(case):
    if case.trains:
        return "inference only"
    return "its CPU provider has no bf16" if case.dtype == "bf16" else None


class Peer:
    def __init__(self, task):
        import onnxruntime
        path = onnx_file(task)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = task["threads"], 1
        start = time.perf_counter()
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.compile_seconds = time.perf_counter() - start
        self.binding = self.session.io_binding()
        self.binding.bind_ortvalue_input(
            "image", onnxruntime.OrtValue.ortvalue_from_numpy(inputs(task)["image"]))
        self.binding.bind_output("logits")

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def result(self):
        self.run()
        return self.binding.copy_outputs_to_cpu()[0]
