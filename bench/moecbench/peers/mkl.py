"""Products by MKL, which PyTorch's wheels take for f32: torch.matmul."""

from ..weights import inputs, read_weights

KINDS = ("contraction",)
PACKAGES = ("torch",)


def refuses(case):
    return "PyTorch multiplies bf16 with oneDNN" if case.dtype == "bf16" else None


class Peer:
    compile_seconds = None

    def __init__(self, task):
        import torch
        self.check(torch)
        torch.set_num_threads(task["threads"])
        dtype = torch.bfloat16 if task["dtype"] == "bf16" else torch.float32
        weight = torch.from_numpy(read_weights(task["weights"])["y.weight"]).to(dtype)
        x = torch.from_numpy(inputs(task)["x"]).to(dtype)
        if task["axis"] == "tokens":
            weight = weight.T.contiguous()
            self.operands = weight.expand(x.shape[0], -1, -1), x
        else:
            self.operands = x.reshape(-1, x.shape[-1]), weight
        self.shape = task["y_shape"]
        self.out = torch.matmul(*self.operands)

    def check(self, torch):
        if not torch.backends.mkl.is_available():
            raise RuntimeError("this PyTorch has no MKL")

    def run(self):
        import torch
        torch.matmul(*self.operands, out=self.out)

    def result(self):
        self.run()
        return self.out.reshape(self.shape).float().numpy()
