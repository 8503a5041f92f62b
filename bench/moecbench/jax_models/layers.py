"""Layers that the families share, as functions of parameters in JAX. `dtype` is
what products multiply; they sum in f32."""

import jax
import jax.numpy as jnp

from ..weights import stack_of

EPS = 1e-6


def parameters(arrays, dims):
    """Our arrays as a tree: name -> array, and for each stack a list of layers
    with such a dictionary each."""
    tree = {}
    for key, value in arrays.items():
        stack, name = stack_of(key, dims["count"])
        if stack:
            layers = tree.setdefault(stack, [{} for _ in range(dims["count"][stack])])
            for layer, part in zip(layers, value):
                layer[name] = jnp.asarray(part)
        else:
            tree[key] = jnp.asarray(value)
    return tree


def product(equation, a, b, dtype):
    return jnp.einsum(equation, a.astype(dtype), b.astype(dtype), preferred_element_type=jnp.float32)


def linear(p, name, x, dtype):
    return product("...i,io->...o", x, p[name + ".weight"], dtype) + p[name + ".bias"]


def norm(p, name, x):
    mean = x.mean(-1, keepdims=True)
    y = (x - mean) * jax.lax.rsqrt(((x - mean) ** 2).mean(-1, keepdims=True) + EPS) * p[name + ".scale"]
    return y + p[name + ".bias"] if name + ".bias" in p else y


def gelu(x):
    return jax.nn.gelu(x, approximate=True)


def mlp(p, name, x, dtype):
    return linear(p, name + ".fc2", gelu(linear(p, name + ".fc1", x, dtype)), dtype)


def token_mlp(p, name, x, dtype):
    return mlp(p, name, x.swapaxes(1, 2), dtype).swapaxes(1, 2)


def experts(p, name, x, dtype):
    """One MLP for each expert, over [experts, rows, width]."""
    for part, activation in ((".fc1", gelu), (".fc2", lambda y: y)):
        y = product("eri,eio->ero", x, p[name + part + ".weight"], dtype)
        x = activation(y + p[name + part + ".bias"][:, None])
    return x


def attention(p, name, x, dtype, heads):
    """Each head of keys and values serves as many heads of queries (arXiv 2305.13245):
    one, where the weights have as many of both."""
    b, t, c = x.shape
    q, k, v = (linear(p, f"{name}.{part}", x, dtype).reshape(b, t, -1, c // heads)
               for part in ("query", "key", "value"))
    if name + ".query_norm.scale" in p:
        q, k = norm(p, name + ".query_norm", q), norm(p, name + ".key_norm", k)
    if k.shape[2] < heads:
        y = jax.nn.dot_product_attention(*(a.astype(dtype) for a in (q, k, v)))
    else:
        weights = jax.nn.softmax(product("bqhd,bkhd->bhqk", q, k, dtype) * (c // heads) ** -0.5, -1)
        y = product("bhqk,bkhd->bqhd", weights, v, dtype)
    return linear(p, name + ".out", y.reshape(b, t, c), dtype)


def transformer_layer(p, x, dtype, heads, mixer):
    """Pre-norm layer; `mixer` stands where the MLP is and gives a value and
    what it adds to the loss."""
    x = x + attention(p, "attention", norm(p, "norm1", x), dtype, heads)
    y, loss = mixer(p, norm(p, "norm2", x))
    return x + y, loss


def transformer(stack, x, dtype, heads, mixer):
    total = 0.0
    for layer in stack:
        x, loss = transformer_layer(layer, x, dtype, heads, mixer)
        total = total + loss
    return x, total


def model(p, image, dims, dtype, body):
    """Pixels u8 [batch, height, width, 3] to logits and balance loss."""
    x = (image.astype(jnp.float32) / 255 - 0.5) / 0.5
    b, h, w, c = x.shape
    s = dims["patch"]
    x = x.reshape(b, h // s, s, w // s, s, c).transpose(0, 1, 3, 2, 4, 5).reshape(b, (h // s) * (w // s), s * s * c)
    x, loss = body(p, linear(p, "patches", x, dtype), dims, dtype)
    x = norm(p, "norm", x)
    x = x[:, 0] if "class.weight" in p else x.mean(1)
    return linear(p, "logits", x, dtype), loss
