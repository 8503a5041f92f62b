"""Sparse-MLP (arXiv 2109.02008, figure 2 and algorithm 1)."""

from . import mixer
from .layers import gelu, linear, norm
from .v_moe import sparse_moe


def re_represent(p, name, x, tokens_first, dtype):
    def over_tokens(y):
        return gelu(linear(p, name + ".tokens", y.swapaxes(1, 2), dtype)).swapaxes(1, 2)

    def over_channels(y):
        return gelu(linear(p, name + ".channels", y, dtype))

    steps = (over_tokens, over_channels) if tokens_first else (over_channels, over_tokens)
    for number, step in enumerate(steps, 1):
        x = step(norm(p, f"{name}.norm{number}", x))
    return x


def body(p, x, dims, dtype):
    x, total = mixer.layers(p["dense"], x, dtype), 0.0
    for q in p["sparse"]:
        x = re_represent(q, "wide", x, True, dtype)
        y, first = sparse_moe(q, "moe_s", norm(q, "norm1", x).swapaxes(1, 2), dims["s_experts"],
                              dims["nodes"]["moe_s"], dtype)
        x = x + y.swapaxes(1, 2)
        y, second = sparse_moe(q, "moe_c", norm(q, "norm2", x), dims["c_experts"], dims["nodes"]["moe_c"], dtype)
        x = re_represent(q, "out", x + y, False, dtype)
        total = total + 0.005 * (first + second)
    return x, total
