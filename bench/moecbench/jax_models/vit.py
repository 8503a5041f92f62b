"""Vision Transformer with a class token (arXiv 2010.11929, equations 1 to 4)."""

import jax.numpy as jnp

from .layers import mlp, transformer


def with_class_token(p, x):
    token = jnp.broadcast_to(p["class.weight"], (x.shape[0], 1, x.shape[2]))
    return jnp.concatenate([token, x], 1) + p["tokens.weight"]


def body(p, x, dims, dtype):
    return transformer(p["stack"], with_class_token(p, x), dtype, dims["heads"], lambda q, y: (mlp(q, "mlp", y, dtype), 0.0))
