"""Soft MoE (arXiv 2308.00951, algorithm 1), with normalised tokens and slots."""

import torch
from torch import nn

from .layers import EPS, ExpertMlps, Mlp, Model, Position, TransformerLayer


class SoftMoe(ExpertMlps):
    def __init__(self, dims):
        super().__init__(dims["experts"], dims["width"], dims["hidden"])
        self.count, self.slots = dims["experts"], dims["slots"]
        self.phi = nn.Parameter(torch.empty(dims["width"], self.count * self.slots))
        self.scale = nn.Parameter(torch.empty(()))

    def forward(self, x):
        b, t, c = x.shape
        tokens = x * torch.rsqrt((x * x).sum(-1, keepdim=True) + EPS)
        phi = self.scale * self.phi * torch.rsqrt((self.phi * self.phi).sum(0, keepdim=True) + EPS)
        logits = tokens @ phi
        dispatch, combine = logits.softmax(1), logits.softmax(2)
        rows = dispatch.transpose(1, 2) @ x
        rows = rows.reshape(b, self.count, self.slots, c).transpose(0, 1).reshape(self.count, b * self.slots, c)
        y = self.experts(rows).reshape(self.count, b, self.slots, c).transpose(0, 1)
        return combine.to(y.dtype) @ y.reshape(b, self.count * self.slots, c)


class SoftMoeVit(Model):
    def __init__(self, dims):
        super().__init__(dims)
        self.tokens = Position(dims["tokens"], dims["width"])
        self.dense = nn.Sequential(*(TransformerLayer(dims, Mlp(dims["width"], dims["hidden"]), qk_norm=True)
                                     for _ in range(dims["count"]["dense"])))
        self.soft = nn.Sequential(*(TransformerLayer(dims, SoftMoe(dims), "moe", qk_norm=True)
                                    for _ in range(dims["count"]["soft"])))

    def body(self, x):
        return self.soft(self.dense(self.tokens(x)))
