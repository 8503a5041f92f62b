"""Soft MoE (arXiv 2308.00951, equations 1 to 3 and algorithm 2). Vectors are normalised as in the authors' code, which
has eps under the root."""

import jax.numpy as jnp

import layers
from layers import EPS, experts, softmax


def unit(x, axis):
    return x / jnp.sqrt((x**2).sum(axis, keepdims=True) + EPS)


def soft_moe(w, x, o):
    # Slot s belongs to expert s / slots.
    logits = jnp.einsum("btd,ds->bts", unit(x, -1), w("scale") * unit(w("phi"), 0))
    slots = jnp.einsum("bts,btd->bsd", softmax(logits, 1), x)
    batch, _, width = slots.shape
    rows = slots.reshape(batch, o.experts, o.slots, width).swapaxes(0, 1)
    out = experts(w, rows.reshape(o.experts, -1, width)).reshape(rows.shape).swapaxes(0, 1)
    return jnp.einsum("bts,bsd->btd", softmax(logits, 2), out.reshape(slots.shape))


def soft_layer(w, x, o):
    return layers.transformer_layer(w, x, o, lambda y: soft_moe(w.part("moe"), y, o))


def forward(w, images, o, run):
    x = layers.transformer_tokens(w, images, o.patch, class_token=False)
    for i in range(o.layers - o.expert_layers):
        x = layers.dense_layer(w.layer("dense", i), x, o)
    for i in range(o.expert_layers):
        x = soft_layer(w.layer("soft", i), x, o)
    return layers.head(w, x, class_token=False)


def noise_shapes(o, batch):
    return []
