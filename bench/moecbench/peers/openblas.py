"""Products by OpenBLAS, which NumPy's wheels are built with."""

from ..weights import inputs, read_weights

KINDS = ("contraction",)
PACKAGES = ("threadpoolctl",)


def refuses(case):
    return "no bf16" if case.dtype == "bf16" else None


class Peer:
    compile_seconds = None

    def __init__(self, task):
        import numpy
        import threadpoolctl
        libraries = threadpoolctl.threadpool_info()
        if not any(library["internal_api"] == "openblas" for library in libraries):
            raise RuntimeError(f"this NumPy multiplies with {[l['internal_api'] for l in libraries]}")
        threadpoolctl.threadpool_limits(task["threads"])
        weight, x = numpy.array(read_weights(task["weights"])["y.weight"]), inputs(task)["x"]
        if task["axis"] == "tokens":
            self.operands = numpy.ascontiguousarray(weight.T), x
        else:
            self.operands = x.reshape(-1, x.shape[-1]), weight
        self.shape = task["y_shape"]
        self.out = numpy.matmul(*self.operands)

    def run(self):
        import numpy
        numpy.matmul(*self.operands, out=self.out)

    def result(self):
        self.run()
        return self.out.reshape(self.shape)
