"""mLiT (arXiv 2407.17783): attention with grouped queries, experts that share V and W2
of a SwiGLU, in layers with sizes of their own. The router is that of arXiv 1701.06538,
equations 3 to 5, without noise."""

import torch
import torch.nn.functional as F
from torch import nn

from .layers import Joined, Model, Position, TransformerLayer
from .vit import ClassToken


# Measured with 3 to 5 experts: of so many items picking the rows of each expert is
# faster, op by op, than all experts for all items; of fewer it is not.
MANY = 1024


class SharedExperts(nn.Module):
    """(sum over experts e of gate_e SiLU(x W_e) * (x V)) W2. Gates sum to 1, so what is
    shared is computed once for an item."""

    def __init__(self, width, hidden, experts, k):
        super().__init__()
        self.hidden, self.count, self.k = hidden, experts, k
        self.router = nn.Linear(width, experts)
        self.gates_up = Joined(width, (experts + 1) * hidden, "gate", "up")
        self.down = nn.Linear(hidden, width)

    def forward(self, x):
        items = x.flatten(0, 1)
        with torch.autocast("cpu", enabled=False):
            logits = F.linear(items.float(), self.router.weight.float(), self.router.bias.float())
            least = logits.topk(self.k, -1).values[:, -1:]
            gates = logits.masked_fill(logits < least, -torch.inf).softmax(-1)
        if self.training:
            load = gates.sum(0)
            self.importance = torch.sqrt(load.var(unbiased=False)) / load.mean()
        # How many rows an expert has is not known to a compiler.
        rows = len(items) >= MANY and not torch.compiler.is_compiling()
        hidden, up = (self.of_rows if rows else self.of_all)(items, gates)
        return self.down(hidden * up).reshape(x.shape)

    def of_all(self, items, gates):
        """Every expert for every item, in one product."""
        hidden, up = self.gates_up(items).split([self.count * self.hidden, self.hidden], -1)
        hidden = F.silu(hidden).unflatten(-1, (self.count, self.hidden))
        return (hidden * gates.to(hidden.dtype).unsqueeze(-1)).sum(1), up

    def of_rows(self, items, gates):
        """Each expert for the items that chose it."""
        *experts, up = zip(self.gates_up.weight.split(self.hidden), self.gates_up.bias.split(self.hidden))
        up = F.linear(items, *up)
        hidden = torch.zeros_like(up)
        for expert, gate in zip(experts, gates.to(up.dtype).unbind(1)):
            chosen = gate.nonzero().squeeze(1)
            y = F.silu(F.linear(items[chosen], *expert)) * gate[chosen].unsqueeze(1)
            hidden.index_add_(0, chosen, y)
        return hidden, up


class Mlit(Model):
    def __init__(self, dims):
        super().__init__(dims)
        self.class_token = ClassToken(dims["width"])
        self.tokens = Position(dims["tokens"], dims["width"])
        k = dims["nodes"]["mlp"]["k"]
        # By the number in the stack's name.
        self.stack = nn.ModuleDict({
            name.rpartition(".")[2]: nn.Sequential(*(
                TransformerLayer(dims, SharedExperts(dims["width"], own["hidden"], own["experts"], k))
                for _ in range(dims["count"][name])))
            for name, own in dims["sizes"].items()})

    def body(self, x):
        x = self.tokens(self.class_token(x))
        for layers in self.stack.values():
            x = layers(x)
        return x

    def pool(self, x):
        return x[:, 0]
