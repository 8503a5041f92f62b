"""MLP-Mixer (arXiv 2105.01601, equation 1 and figure 1)."""

from torch import nn

from .layers import Mlp, Model, TokenMlp, norm


class MixerLayer(nn.Module):
    def __init__(self, dims):
        super().__init__()
        self.norm1, self.norm2 = norm(dims["width"]), norm(dims["width"])
        self.token_mlp = TokenMlp(dims["tokens"], dims["token_hidden"])
        self.mlp = Mlp(dims["width"], dims["hidden"])

    def forward(self, x):
        x = x + self.token_mlp(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Mixer(Model):
    def __init__(self, dims):
        super().__init__(dims)
        self.stack = nn.Sequential(*(MixerLayer(dims) for _ in range(dims["count"]["stack"])))

    def body(self, x):
        return self.stack(x)
