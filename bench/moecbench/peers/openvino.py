"""OpenVINO's CPU plugin, on the model that PyTorch exports to ONNX."""

import time

from ..export import onnx_file
from ..weights import inputs

KINDS = ("inference", "training", "compile")
PACKAGES = ("openvino", "torch", "onnxscript")


def refuses(case):
    return "inference only" if case.trains else None


class Peer:
    def __init__(self, task):
        import openvino
        core = openvino.Core()
        model = core.read_model(onnx_file(task))
        start = time.perf_counter()
        # Where it finds AMX it would take bf16 for f32 by itself.
        compiled = core.compile_model(model, "CPU", {
            "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": task["threads"],
            "INFERENCE_PRECISION_HINT": task["dtype"]})
        self.compile_seconds = time.perf_counter() - start
        self.request = compiled.create_infer_request()
        self.image = inputs(task)["image"]
        self.request.set_input_tensor(openvino.Tensor(self.image, shared_memory=True))

    def run(self):
        self.request.infer()

    def result(self):
        import numpy
        self.run()
        return numpy.array(self.request.get_output_tensor().data)
