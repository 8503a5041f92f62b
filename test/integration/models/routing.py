"""Routers of V-MoE (arXiv 2106.05974 and its authors' code), in the form of its dispatch and combine tensors, and the
balance losses. models: v_moe.py, experts_choice.py, sparse_mlp.py."""

import math

import jax
import jax.numpy as jnp

from layers import experts, softmax


def capacity_of(items, count, factor, k=1, rounding="ceil", multiple=1):
    """Items that one of `count` experts takes."""
    exact = k * items * factor / count
    whole = math.ceil(exact) if rounding == "ceil" else round(exact)
    return math.ceil(whole / multiple) * multiple


def cv_squared(x):
    """(std / mean)^2, of a population."""
    return ((x - x.mean()) ** 2).mean() / x.mean() ** 2


def gap(larger, smaller):
    """How much the smallest of `larger` exceeds the largest of `smaller`, row by row; infinite without any."""
    return jnp.min(larger, -1) - jnp.max(smaller, -1)


def top_gap(x, k):
    """How far the k largest of each row, and their order, are from another one."""
    values = jax.lax.top_k(x, min(k + 1, x.shape[-1]))[0]
    return jnp.min(values[..., :-1] - values[..., 1:])


def importance(logits, noisy, o):
    """arXiv 2106.05974, appendix A: of the gates without noise."""
    return cv_squared(softmax(logits, -1).sum(0))


def load(logits, noisy, o):
    """The same: of the probability that an item would come to an expert with other noise."""
    threshold = jax.lax.top_k(noisy, o.k)[0][:, -1:]
    chance = 1 - jax.scipy.stats.norm.cdf((threshold - logits) * logits.shape[1])
    return cv_squared(chance.sum(0))


def switch(logits, noisy, o):
    """arXiv 2101.03961, equations 4 to 6, without alpha."""
    count = logits.shape[1]
    share = jax.nn.one_hot(jnp.argmax(noisy, -1), count).mean(0)
    return count * (share * softmax(logits, -1).mean(0)).sum()


def router_z(logits, noisy, o):
    """arXiv 2202.08906, equation 5."""
    return (jax.scipy.special.logsumexp(logits, -1) ** 2).mean()


LOSSES = {"importance": importance, "load": load, "switch": switch, "router_z": router_z}


def token_choice(w, x, run, stream, layer, o):
    """x: items [n, width]. Each goes to the k experts with the largest gates, as far as they have room; the first choices
    of all items come first, and by `priority` "importance" the items with the largest gates."""
    logits = x @ w("router.weight")
    n, count = logits.shape
    factor = o.capacity if run.training else o.eval_capacity
    capacity = capacity_of(n, count, factor, o.k, o.rounding, o.multiple)
    noisy = logits
    if run.training:
        noisy = logits + run.noise[stream][layer] / count
        run.balance += [LOSSES[name](logits, noisy, o) for name in o.balance]
    gates, chosen = jax.lax.top_k(softmax(noisy, -1), o.k)
    order = jnp.argsort(-gates[:, 0], stable=True) if o.priority == "importance" else jnp.arange(n)
    flat = jax.nn.one_hot(chosen[order].T.ravel(), count, dtype=jnp.int64)
    place = (jnp.cumsum(flat, 0) * flat - 1).max(-1)
    place = place.reshape(o.k, n)[:, jnp.argsort(order)].T
    run.margins.append(top_gap(noisy, o.k))
    if o.priority == "importance":
        # [choice, expert, item]: who asked for a place, and who got one.
        asked = (jax.nn.one_hot(chosen, count) > 0).transpose(1, 2, 0)
        got = asked & (place < capacity).T[:, None]
        run.margins.append(jnp.min(gap(jnp.where(got, gates[:, 0], jnp.inf),
                                       jnp.where(asked & ~got, gates[:, 0], -jnp.inf))))
    dispatch = jax.nn.one_hot(chosen, count)[..., None] * jax.nn.one_hot(place, capacity)[:, :, None]
    rows = jnp.einsum("tkec,td->ecd", dispatch, x)
    return jnp.einsum("tkec,tk,ecd->td", dispatch, gates, experts(w, rows))


def expert_choice(w, x, run, stream, layer, o):
    """x: [groups, items, width]. Each expert takes the items of a group with the largest gates (arXiv 2202.09368), whose
    weights they are."""
    logits = x @ w("router.weight")
    count = logits.shape[-1]
    capacity = capacity_of(x.shape[1], count, o.capacity if run.training else o.eval_capacity, 1, o.rounding)
    if run.training:
        logits = logits + run.noise[stream][layer].reshape(logits.shape) / count
    gates = softmax(logits, -1).swapaxes(1, 2)
    values, items = jax.lax.top_k(gates, capacity)
    if capacity < x.shape[1]:
        rest = jax.lax.top_k(gates, capacity + 1)[0][..., -1]
        run.margins.append(jnp.min(values[..., -1] - rest))
    dispatch = jax.nn.one_hot(items, x.shape[1])
    rows = jnp.einsum("gect,gtd->egcd", dispatch, x)
    out = experts(w, rows.reshape(count, -1, x.shape[2])).reshape(rows.shape)
    return jnp.einsum("gect,gec,egcd->gtd", dispatch, values, out)
