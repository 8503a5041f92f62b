"""Sparse-MLP (arXiv 2109.02008, figure 2 and algorithm 1)."""

import torch.nn.functional as F
from torch import nn

from .layers import Model, norm
from .mixer import MixerLayer
from .v_moe import SparseMoe


class ReRepresent(nn.Module):
    """Norm, projection and GELU over one axis of [batch, tokens, width], then
    over the other; `sizes`: (tokens, width) before and after."""

    def __init__(self, before, after, tokens_first):
        super().__init__()
        self.tokens_first = tokens_first
        self.norm1 = norm(before[1])
        self.norm2 = norm(before[1] if tokens_first else after[1])
        self.tokens = nn.Linear(before[0], after[0])
        self.channels = nn.Linear(before[1], after[1])

    def over_tokens(self, x):
        return F.gelu(self.tokens(x.transpose(1, 2)), approximate="tanh").transpose(1, 2)

    def over_channels(self, x):
        return F.gelu(self.channels(x), approximate="tanh")

    def forward(self, x):
        steps = (self.over_tokens, self.over_channels)
        first, second = steps if self.tokens_first else steps[::-1]
        return second(self.norm2(first(self.norm1(x))))


class SparseLayer(nn.Module):
    def __init__(self, dims):
        super().__init__()
        outside, inside = (dims["tokens"], dims["width"]), (dims["wide_tokens"], dims["narrow_width"])
        moe_s, moe_c = dims["nodes"]["moe_s"], dims["nodes"]["moe_c"]
        self.wide = ReRepresent(outside, inside, tokens_first=True)
        self.norm1, self.norm2 = norm(inside[1]), norm(inside[1])
        self.moe_s = SparseMoe(dims["s_experts"], inside[0], dims["s_hidden"], moe_s)
        self.moe_c = SparseMoe(dims["c_experts"], inside[1], dims["c_hidden"], moe_c)
        self.out = ReRepresent(inside, outside, tokens_first=False)

    def forward(self, x):
        x = self.wide(x)
        x = x + self.moe_s(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return self.out(x + self.moe_c(self.norm2(x)))


class SparseMlp(Model):
    def __init__(self, dims):
        super().__init__(dims)
        self.dense = nn.Sequential(*(MixerLayer(dims) for _ in range(dims["count"]["dense"])))
        self.sparse = nn.Sequential(*(SparseLayer(dims) for _ in range(dims["count"]["sparse"])))

    def body(self, x):
        return self.sparse(self.dense(x))
