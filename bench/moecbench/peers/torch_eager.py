"""PyTorch, op by op. With bf16: autocast, for inference with weights in bf16."""

import contextlib
import time

from . import LEARNING_RATE, STEPS
from ..torch_models import build
from ..weights import inputs

KINDS = ("inference", "training", "compile")
PACKAGES = ("torch",)


def refuses(case):
    return "compiles nothing" if case.kind == "compile" else None


class Peer:
    compile_seconds = None

    def __init__(self, task):
        import torch
        torch.set_num_threads(task["threads"])
        torch.manual_seed(1)
        self.task, self.bf16 = task, task["dtype"] == "bf16"
        given = inputs(task)
        self.image = torch.from_numpy(given["image"])
        self.label = torch.from_numpy(given["label"]).long()
        self.model = build(task)
        if task["trains"]:
            self.prepare_training(torch)
        else:
            self.model.eval().requires_grad_(False)
            if self.bf16:
                self.cast_weights(torch)
            self.forward = self.compiled(self.model)
            start = time.perf_counter()
            self.run()
            if self.compile_seconds is None and self.forward is not self.model:
                self.compile_seconds = time.perf_counter() - start

    def compiled(self, function):
        return function

    def cast_weights(self, torch):
        """What autocast would cast in each run."""
        from ..torch_models.layers import Experts
        for name, module in self.model.named_modules():
            if isinstance(module, (torch.nn.Linear, Experts)) and not name.endswith("router"):
                module.to(torch.bfloat16)

    def precision(self):
        import torch
        return torch.autocast("cpu", dtype=torch.bfloat16) if self.bf16 else contextlib.nullcontext()

    def prepare_training(self, torch):
        from ..torch_models.layers import decays
        self.model.train()
        recipe = self.task["recipe"]
        decaying, others = decays(self.model)
        self.optimizer = torch.optim.AdamW(
            [{"params": decaying, "weight_decay": recipe["weight_decay"]}, {"params": others, "weight_decay": 0.0}],
            lr=LEARNING_RATE, betas=(recipe["beta1"], recipe["beta2"]), eps=recipe["eps"], fused=True)
        self.loss_of = self.compiled(self.loss)

    def loss(self):
        import torch
        import torch.nn.functional as F
        with self.precision():
            logits = self.model(self.image).float()
        if self.task["recipe"]["loss"] == "sigmoid_cross_entropy":
            target = F.one_hot(self.label, logits.shape[1]).to(logits.dtype)
            loss = F.binary_cross_entropy_with_logits(logits, target, reduction="sum") / len(logits)
        else:
            loss = F.cross_entropy(logits, self.label)
        return loss + self.model.balance_loss()

    def step(self):
        import torch
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.loss_of()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.task["recipe"]["clip_norm"])
        self.optimizer.step()
        return loss.detach()

    def infer(self):
        import torch
        with torch.inference_mode(), self.precision():
            return self.forward(self.image)

    def run(self):
        return self.step() if self.task["trains"] else self.infer()

    def result(self):
        import torch
        if self.task["trains"]:
            start = time.perf_counter()
            first = self.run()
            if self.loss_of != self.loss:
                self.compile_seconds = time.perf_counter() - start
            return torch.stack([first, *(self.run() for _ in range(STEPS - 1))]).numpy()
        return self.run().float().numpy()
