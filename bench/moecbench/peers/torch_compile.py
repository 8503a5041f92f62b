"""PyTorch with torch.compile; in inference its weights are frozen, so that
Inductor folds and packs them."""

from . import torch_eager

KINDS = torch_eager.KINDS
PACKAGES = torch_eager.PACKAGES


def refuses(case):
    return None


class Peer(torch_eager.Peer):
    def compiled(self, function):
        import torch
        import torch._inductor.config
        if self.task["kind"] == "compile":
            torch._inductor.config.force_disable_caches = True
        if not self.task["trains"]:
            torch._inductor.config.freezing = True
        return torch.compile(function, dynamic=False)

    def infer(self):
        import torch
        # Inductor freezes under no_grad; tensors of inference_mode are recompiled for.
        with torch.no_grad(), self.precision():
            return self.forward(self.image)
