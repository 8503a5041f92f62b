"""V-MoE's routing (arXiv 2106.05974, sections 2 and 3.1) and experts that
choose their tokens (arXiv 2202.09368), in a Vision Transformer."""

import jax
import jax.numpy as jnp

from ..capacity import capacity as capacity_of
from .layers import experts, mlp, product, transformer


def sparse_moe(p, name, x, count, moe, dtype):
    """As SparseMoe of torch_models: indices are scattered, rows gathered. Also
    gives the layer's importance loss."""
    b, t, c = x.shape
    items, n, k = x.reshape(b * t, c), b * t, moe["k"]
    capacity = capacity_of(moe, k, n)
    # The router stays in f32, as in the authors' code.
    gates = jax.nn.softmax(items @ p[name + ".router.weight"], 1)
    load = gates.sum(0)
    importance = load.var() / load.mean() ** 2
    weights, chosen = jax.lax.top_k(gates, k)
    order = jnp.argsort(-weights[:, 0])
    flat = chosen[order].T.reshape(-1)
    one_hot = jax.nn.one_hot(flat, count, dtype=jnp.int32)
    position = (jnp.cumsum(one_hot, 0) * one_hot).sum(1) - 1
    slot = jnp.where(position < capacity, flat * capacity + position, count * capacity)
    source = jnp.full(count * capacity + 1, n).at[slot].set(jnp.tile(order, k))
    place = jnp.zeros_like(chosen).at[order].set(slot.reshape(k, n).T)
    rows = jnp.concatenate([items, jnp.zeros((1, c))])[source[:-1]]
    y = experts(p, name, rows.reshape(count, capacity, c), dtype).reshape(-1, c)
    y = jnp.concatenate([y, jnp.zeros((1, c))])[place] * weights[..., None]
    return y.sum(1).reshape(b, t, c), importance


def expert_choice(p, name, x, count, moe, dtype):
    """Each expert takes the `capacity` tokens of an image with the largest gates."""
    b, t, c = x.shape
    capacity = capacity_of(moe, 1, t)
    gates = jax.nn.softmax(x @ p[name + ".router.weight"], -1)
    weights, chosen = jax.lax.top_k(gates.swapaxes(1, 2), capacity)
    rows = jnp.take_along_axis(x, chosen.reshape(b, -1, 1), 1).reshape(b, count, capacity, c)
    y = experts(p, name, rows.swapaxes(0, 1).reshape(count, b * capacity, c), dtype)
    y = y.reshape(count, b, capacity, c).swapaxes(0, 1).reshape(b, -1, c)
    combine = jax.nn.one_hot(chosen.reshape(b, -1), t) * weights.reshape(b, -1, 1)
    return product("bst,bsc->btc", combine, y, dtype)


def body(p, x, dims, dtype):
    moe = dims["nodes"]["moe"]

    def mixer(q, y):
        if moe["router"] == "expert_choice":
            return expert_choice(q, "moe", y, dims["experts"], moe, dtype), 0.0
        y, importance = sparse_moe(q, "moe", y, dims["experts"], moe, dtype)
        return y, 0.005 * importance

    x, _ = transformer(p["dense"], x + p["tokens.weight"], dtype, dims["heads"],
                       lambda q, y: (mlp(q, "mlp", y, dtype), 0.0))
    return transformer(p["stack"], x, dtype, dims["heads"], mixer)
