"""mLiT (arXiv 2407.17783), in the form of torch_models/mlit.py: the router is that of
arXiv 1701.06538, equations 3 to 5, without noise."""

import jax
import jax.numpy as jnp

from .layers import linear, product, transformer
from .vit import with_class_token


def shared_experts(p, name, x, k, dtype):
    """What experts share is computed once for an item, and so are all experts. Also
    gives the layer's importance loss."""
    logits = x @ p[name + ".router.weight"] + p[name + ".router.bias"]
    least = jax.lax.top_k(logits, k)[0][..., -1:]
    gates = jax.nn.softmax(jnp.where(logits < least, -jnp.inf, logits), -1)
    load = gates.sum((0, 1))
    hidden = product("...i,eio->...eo", x, p[name + ".gate.weight"], dtype) + p[name + ".gate.bias"]
    hidden = (jax.nn.silu(hidden) * gates[..., None]).sum(-2)
    y = linear(p, name + ".down", hidden * linear(p, name + ".up", x, dtype), dtype)
    return y, load.std() / load.mean()


def body(p, x, dims, dtype):
    def mixer(q, y):
        y, importance = shared_experts(q, "mlp", y, dims["nodes"]["mlp"]["k"], dtype)
        return y, 0.005 * importance

    x, total = with_class_token(p, x), 0.0
    for stack in dims["count"]:
        x, loss = transformer(p[stack], x, dtype, dims["heads"], mixer)
        total = total + loss
    return x, total
