"""Soft MoE (arXiv 2308.00951, algorithm 1), with normalised tokens and slots."""

import jax
import jax.numpy as jnp

from .layers import EPS, experts, mlp, product, transformer


def soft_moe(p, x, dims, dtype):
    b, t, c = x.shape
    count, slots = dims["experts"], dims["slots"]
    tokens = x * jax.lax.rsqrt(jnp.square(x).sum(-1, keepdims=True) + EPS)
    phi = p["moe.phi"]
    phi = p["moe.scale"] * phi * jax.lax.rsqrt(jnp.square(phi).sum(0, keepdims=True) + EPS)
    logits = product("btc,cs->bts", tokens, phi, dtype)
    dispatch, combine = jax.nn.softmax(logits, 1), jax.nn.softmax(logits, 2)
    rows = product("bts,btc->sbc", dispatch, x, dtype).reshape(count, slots * b, c)
    y = experts(p, "moe", rows, dtype).reshape(count * slots, b, c)
    return product("bts,sbc->btc", combine, y, dtype)


def body(p, x, dims, dtype):
    x, _ = transformer(p["dense"], x + p["tokens.weight"], dtype, dims["heads"],
                       lambda q, y: (mlp(q, "mlp", y, dtype), 0.0))
    return transformer(p["soft"], x, dtype, dims["heads"], lambda q, y: (soft_moe(q, y, dims, dtype), 0.0))
