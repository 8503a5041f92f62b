"""mLiT (arXiv 2407.17783): grouped queries; experts that share V and W2 of a SwiGLU and have W of their own; hidden widths
that shrink with depth, experts that grow in number by stages. Routed as written, expert by expert: moec computes the
shared factors once for all experts of an item. The router is that of arXiv 1701.06538, equations 3 to 5: a softmax over
the k largest logits, noise by a learned softplus, importance of these gates, load. Without dropout."""

import math

import jax
import jax.numpy as jnp

import layers
from layers import linear, silu, softmax
from routing import cv_squared, top_gap

STAGES = 3


def hidden_of(o, layer):
    return math.floor((o.layers - 1 - layer) / (o.layers - 1) * (o.hidden - o.last_hidden) + o.last_hidden + 0.5)


def experts_of(o, layer):
    return o.first_experts + layer * STAGES // o.layers


def stacks(o):
    """Layers of the same sizes in a row lie in one stack, which has the number of its first: (first, count)."""
    result = []
    for layer in range(o.layers):
        first = result[-1][0] if result else None
        if result and (hidden_of(o, first), experts_of(o, first)) == (hidden_of(o, layer), experts_of(o, layer)):
            result[-1] = first, result[-1][1] + 1
        else:
            result.append((layer, 1))
    return result


def load(clean, noisy, deviation, k):
    """The chance that an item would come to an expert with other noise of that alone (arXiv 1701.06538, equations 8 and 9)."""
    largest = jax.lax.top_k(noisy, k + 1)[0]
    least, next_one = largest[:, k - 1:k], largest[:, k:]
    others = jnp.where(noisy >= least, next_one, least)
    return jax.scipy.stats.norm.cdf((clean - others) / deviation)


def swiglu(w, x, run, stream, layer, o):
    clean = logits = linear(w.part("router"), x)
    if run.training:
        deviation = jnp.logaddexp(linear(w.part("noise"), x), 0)
        logits = clean + run.noise[stream][layer] * deviation
    values, chosen = jax.lax.top_k(logits, o.k)
    run.margins.append(top_gap(logits, o.k))
    gates = jnp.einsum("tk,tke->te", softmax(values, -1), jax.nn.one_hot(chosen, logits.shape[1]))
    if run.training:
        run.balance.append(jnp.sqrt(cv_squared(gates.sum(0))))
        run.balance.append(jnp.sqrt(cv_squared(load(clean, logits, deviation, o.k).sum(0))))
    out = 0
    for e in range(logits.shape[1]):
        hidden = silu(x @ w("gate.weight")[e] + w("gate.bias")[e]) * linear(w.part("up"), x)
        out = out + gates[:, e, None] * linear(w.part("down"), hidden)
    return out


def forward(w, images, o, run):
    x = layers.transformer_tokens(w, images, o.patch, class_token=True)
    for stream, (first, count) in enumerate(stacks(o)):
        for i in range(count):
            layer = w.layer(f"stack.{first}", i)

            def moe(y, layer=layer, i=i, stream=stream):
                return swiglu(layer.part("mlp"), y.reshape(-1, y.shape[-1]), run, stream, i, o).reshape(y.shape)

            x = layers.transformer_layer(layer, x, o, moe)
    return layers.head(w, x, class_token=True)


def noise_shapes(o, batch):
    items = batch * ((o.image // o.patch) ** 2 + 1)
    return [(count, items, experts_of(o, first)) for first, count in stacks(o)]
