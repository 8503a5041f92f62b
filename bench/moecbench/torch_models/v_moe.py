"""V-MoE's routing (arXiv 2106.05974, sections 2 and 3.1) and experts that
choose their tokens (arXiv 2202.09368), in a Vision Transformer."""

import torch
import torch.nn.functional as F
from torch import nn

from ..capacity import capacity as capacity_of
from .layers import ExpertMlps, Mlp, Model, Position, TransformerLayer


class SparseMoe(ExpertMlps):
    """Each item goes to the k experts with the largest gates; an expert takes
    `capacity` of them, those with the largest gates, first choices first.
    Everything has a fixed shape: only indices are scattered, rows are gathered."""

    def __init__(self, experts, width, hidden, moe):
        super().__init__(experts, width, hidden)
        self.count, self.k, self.moe = experts, moe["k"], moe
        self.router = nn.Linear(width, experts, bias=False)

    def forward(self, x):
        b, t, c = x.shape
        items = x.reshape(b * t, c)
        n = b * t
        capacity = capacity_of(self.moe, self.k, n)
        # The router stays in f32, as in the authors' code.
        with torch.autocast("cpu", enabled=False):
            gates = F.linear(items.float(), self.router.weight.float()).softmax(1)
        if self.training:
            load = gates.sum(0)
            self.importance = load.var(unbiased=False) / load.mean() ** 2
        weights, chosen = gates.topk(self.k, 1)
        order = weights[:, 0].topk(n).indices
        flat = chosen[order].T.reshape(-1)
        one_hot = F.one_hot(flat, self.count)
        position = (one_hot.cumsum(0) * one_hot).sum(1) - 1
        slot = torch.where(position < capacity, flat * capacity + position, self.count * capacity)
        # Which item fills a slot; n stands for none.
        source = torch.full((self.count * capacity + 1,), n, dtype=torch.long)
        source = source.scatter(0, slot, order.repeat(self.k))
        # In which slot each choice of an item went; the last one is empty.
        place = torch.zeros_like(chosen).index_put((order,), slot.reshape(self.k, n).T)
        rows = torch.cat([items, items.new_zeros(1, c)])[source[:-1]]
        y = self.experts(rows.reshape(self.count, capacity, c)).reshape(-1, c)
        y = torch.cat([y, y.new_zeros(1, c)])[place] * weights.unsqueeze(-1)
        return y.sum(1).reshape(b, t, c)


class ExpertChoice(ExpertMlps):
    """Each expert takes the `capacity` tokens of an image with the largest gates."""

    def __init__(self, experts, width, hidden, moe):
        super().__init__(experts, width, hidden)
        self.count, self.moe = experts, moe
        self.router = nn.Linear(width, experts, bias=False)

    def forward(self, x):
        b, t, c = x.shape
        capacity = capacity_of(self.moe, 1, t)
        with torch.autocast("cpu", enabled=False):
            gates = F.linear(x.float(), self.router.weight.float()).softmax(-1)
        weights, chosen = gates.transpose(1, 2).topk(capacity, -1)  # [b, experts, capacity]
        chosen = chosen.reshape(b, -1)
        rows = x.gather(1, chosen.unsqueeze(-1).expand(-1, -1, c))
        rows = rows.reshape(b, self.count, capacity, c).transpose(0, 1).reshape(self.count, b * capacity, c)
        y = self.experts(rows).reshape(self.count, b, capacity, c).transpose(0, 1).reshape(b, -1, c)
        combine = F.one_hot(chosen, t).to(y.dtype) * weights.reshape(b, -1, 1).to(y.dtype)
        return combine.transpose(1, 2) @ y


class VMoe(Model):
    def __init__(self, dims):
        super().__init__(dims)
        moe = dims["nodes"]["moe"]
        width, hidden = dims["width"], dims["hidden"]

        def experts():
            if moe["router"] == "expert_choice":
                return ExpertChoice(dims["experts"], width, hidden, moe)
            return SparseMoe(dims["experts"], width, hidden, moe)

        self.tokens = Position(dims["tokens"], width)
        self.dense = nn.Sequential(*(TransformerLayer(dims, Mlp(width, hidden), qk_norm=True)
                                     for _ in range(dims["count"]["dense"])))
        self.stack = nn.Sequential(*(TransformerLayer(dims, experts(), "moe", qk_norm=True)
                                     for _ in range(dims["count"]["stack"])))

    def body(self, x):
        return self.stack(self.dense(self.tokens(x)))
