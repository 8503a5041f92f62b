"""MLP-Mixer (arXiv 2105.01601, equation 1 and figure 1)."""

from .layers import mlp, norm, token_mlp


def layers(stack, x, dtype):
    for p in stack:
        x = x + token_mlp(p, "token_mlp", norm(p, "norm1", x), dtype)
        x = x + mlp(p, "mlp", norm(p, "norm2", x), dtype)
    return x


def body(p, x, dims, dtype):
    return layers(p["stack"], x, dtype), 0.0
