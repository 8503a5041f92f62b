"""Products by oneDNN, which PyTorch takes for bf16, and for f32 in the op that
Inductor writes for a linear layer with a weight packed ahead."""

from . import mkl
from ..cases import PRODUCTS

KINDS = mkl.KINDS
PACKAGES = mkl.PACKAGES


def refuses(case):
    if case.dtype == "f32" and PRODUCTS[case.subject, case.batch][2] == "tokens":
        return "PyTorch has no way to its f32 product of batches"
    return None


class Peer(mkl.Peer):
    def __init__(self, task):
        import torch
        super().__init__(task)
        self.packed = None
        if task["dtype"] == "f32":
            x, weight = self.operands
            self.packed = torch.ops.mkldnn._reorder_linear_weight(weight.T.contiguous(), len(x))

    def check(self, torch):
        if not torch.backends.mkldnn.is_available():
            raise RuntimeError("this PyTorch has no oneDNN")

    def run(self):
        import torch
        if self.packed is None:
            super().run()
        else:
            self.out = torch.ops.mkldnn._linear_pointwise(self.operands[0], self.packed, None, "none", [], "")
