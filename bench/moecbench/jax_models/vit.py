"""Vision Transformer with a class token (arXiv 2010.11929, equations 1 to 4)."""

import jax.numpy as jnp

from .layers import mlp, transformer


def body(p, x, dims, dtype):
    token = jnp.broadcast_to(p["class.weight"], (x.shape[0], 1, x.shape[2]))
    x = jnp.concatenate([token, x], 1) + p["tokens.weight"]
    return transformer(p["stack"], x, dtype, dims["heads"], lambda q, y: (mlp(q, "mlp", y, dtype), 0.0))
