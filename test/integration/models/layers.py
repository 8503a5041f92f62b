"""Layers that several families share, from the equations, in float64.

What is not in a paper and what it is here: activations are GELU's tanh approximation and norms add 1e-6 to the
variance, as Flax does, in which all of these models but mLiT were published.
"""

import jax
import jax.numpy as jnp
import numpy as np

EPS = 1e-6


class Weights:
    """Some of a model's weights by name, in float64; `layer` goes into a stack of layers."""

    def __init__(self, values, prefix="", index=()):
        self.values, self.prefix, self.index = values, prefix, index

    def __call__(self, name):
        return jnp.asarray(self.values[self.prefix + name][self.index], jnp.float64)

    def has(self, name):
        return self.prefix + name in self.values

    def or_zero(self, name):
        """One of zeros for what the model does not have."""
        return self(name) if self.has(name) else jnp.zeros(1)

    def layer(self, stack, number, inner=""):
        """Layer `number` of `stack`; `inner`: the part of it that is a layer itself."""
        return Weights(self.values, f"{stack}.{inner}." if inner else f"{stack}.", (number,))

    def part(self, name):
        return Weights(self.values, f"{self.prefix}{name}.", self.index)


class Run:
    """What a forward pass gets and tells besides logits: noise of routers in training, balance losses, and how far
    choices are from turning over."""

    def __init__(self, noise=None):
        """`noise`: in training, standard normal numbers [layers, items, experts] for each router of the model."""
        self.noise, self.balance, self.margins = noise, [], [jnp.inf]

    @property
    def training(self):
        return self.noise is not None

    @property
    def margin(self):
        """The smallest difference of two numbers of which the larger one was chosen."""
        return jnp.min(jnp.stack([jnp.asarray(m, jnp.float64) for m in self.margins]))


def gelu(x):
    """arXiv 1606.08415, the approximation by tanh."""
    return 0.5 * x * (1 + jnp.tanh(jnp.sqrt(2 / jnp.pi) * (x + 0.044715 * x**3)))


def silu(x):
    return x / (1 + jnp.exp(-x))


def softmax(x, axes):
    e = jnp.exp(x - jax.lax.stop_gradient(x.max(axes, keepdims=True)))
    return e / e.sum(axes, keepdims=True)


def standardize(x):
    """arXiv 1607.06450, over the last axis."""
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / jnp.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + EPS)


def norm(w, x):
    return standardize(x) * w("scale") + w.or_zero("bias")


def linear(w, x):
    return x @ w("weight") + w.or_zero("bias")


def mlp(w, x):
    return linear(w.part("fc2"), gelu(linear(w.part("fc1"), x)))


def experts(w, rows):
    """Expert e takes rows[e]: [experts, rows, width]."""
    hidden = gelu(jnp.einsum("eri,eio->ero", rows, w("fc1.weight")) + w.or_zero("fc1.bias")[..., None, :])
    return jnp.einsum("eri,eio->ero", hidden, w("fc2.weight")) + w.or_zero("fc2.bias")[..., None, :]


def patches(w, images, patch):
    """Pixels of 0 to 255 to -1 .. 1, cut into patches from left to right and top to bottom, each a vector of its rows of
    pixels, and a linear layer: a convolution with the kernel and the stride `patch`."""
    batch, height, width, channels = images.shape
    x = (jnp.asarray(images, jnp.float64) / 255 - 0.5) / 0.5
    x = x.reshape(batch, height // patch, patch, width // patch, patch, channels).transpose(0, 1, 3, 2, 4, 5)
    return linear(w.part("patches"), x.reshape(batch, -1, patch * patch * channels))


def transformer_tokens(w, images, patch, class_token):
    """arXiv 2010.11929: a class token ahead of the patches, or none, and learned positions."""
    x = patches(w, images, patch)
    if class_token:
        x = jnp.concatenate([jnp.broadcast_to(w("class.weight"), (x.shape[0], 1, x.shape[2])), x], 1)
    return x + w("tokens.weight")


def attention(w, x, heads, kv_heads=None, qk_norm=False):
    """arXiv 1706.03762; with fewer heads of keys and values each serves heads / kv_heads of queries side by side (arXiv
    2305.13245); with `qk_norm` queries and keys of a head are normalised, with a scale for all heads (arXiv 2302.05442)."""
    batch, tokens, width = x.shape
    size, kv_heads = width // heads, kv_heads or heads
    if w.has("qkv.weight"):
        parts = jnp.split(linear(w.part("qkv"), x), [width, width + kv_heads * size], axis=2)
    else:
        parts = [linear(w.part(name), x) for name in ("query", "key", "value")]
    query, key, value = (part.reshape(batch, tokens, -1, size) for part in parts)
    if qk_norm:
        query = standardize(query) * w("query_norm.scale")
        key = standardize(key) * w("key_norm.scale")
    key, value = (jnp.repeat(a, heads // kv_heads, axis=2) for a in (key, value))
    weights = softmax(jnp.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(size), -1)
    return linear(w.part("out"), jnp.einsum("bhqk,bkhd->bqhd", weights, value).reshape(batch, tokens, width))


def transformer_layer(w, x, o, last):
    """`last`: what stands for the MLP."""
    x = x + attention(w.part("attention"), norm(w.part("norm1"), x), o.heads, o.kv_heads, o.qk_norm)
    return x + last(norm(w.part("norm2"), x))


def dense_layer(w, x, o):
    return transformer_layer(w, x, o, lambda y: mlp(w.part("mlp"), y))


def head(w, x, class_token):
    """The last norm, the class token or the mean of all tokens, and a linear layer."""
    x = norm(w.part("norm"), x)
    return linear(w.part("logits"), x[:, 0] if class_token else x.mean(1))
