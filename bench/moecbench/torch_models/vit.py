"""Vision Transformer with a class token (arXiv 2010.11929, equations 1 to 4)."""

import torch
from torch import nn

from .layers import Mlp, Model, Position, TransformerLayer


class ClassToken(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width))

    def forward(self, x):
        return torch.cat([self.weight.expand(x.shape[0], 1, -1), x], 1)


class Vit(Model):
    def __init__(self, dims):
        super().__init__(dims)
        self.class_token = ClassToken(dims["width"])
        self.tokens = Position(dims["tokens"], dims["width"])
        self.stack = nn.Sequential(*(TransformerLayer(dims, Mlp(dims["width"], dims["hidden"]))
                                     for _ in range(dims["count"]["stack"])))

    def body(self, x):
        return self.stack(self.tokens(self.class_token(x)))

    def pool(self, x):
        return x[:, 0]
