"""Losses and gradients of whole layers against JAX: jax.nn, jax.lax.top_k and
jax.grad know nothing of moec's rules. Ends with 77 (skipped) where JAX is missing.

usage: jax_oracle.py VENV   (VENV: a virtual environment that may have JAX)
"""

import os
import sys

try:
    import jax
except ImportError:
    python = os.path.join(sys.argv[1], "bin", "python") if len(sys.argv) == 2 else ""
    if os.path.exists(python):
        os.execv(python, [python, __file__])  # Without VENV: tried once.
    print("skipped: this Python has no JAX; scripts/setup installs test/requirements.txt into build/venv")
    sys.exit(77)

import jax.numpy as jnp
import numpy as np

from moec_oracle import Function, Value, autodiff, check, finish, interpret, normal
from networks import attention_ops, mixer_ops, moe_ops, soft_moe_ops

jax.config.update("jax_enable_x64", True)


def norm(x, s, b):
    return jax.nn.standardize(x, axis=-1, epsilon=1e-6) * s + b


def compare(what, build, loss, params, inputs=()):
    """`build` makes the scalar of Function and values, `loss` the same in JAX."""
    f = Function("train_step")
    values = [f.argument(p, f"{{moe.var = @p{i}}}") for i, p in enumerate(params)]
    values += [f.argument(v, '{moe.field = "x"}') for v in inputs]
    result = build(f, values)
    wrt = values[:len(params)]
    f.lines.append(f"%d:{len(wrt)} = moe.gradient {result.name} wrt {', '.join(v.name for v in wrt)} : "
                   f"{result.type}, {', '.join(v.type for v in wrt)}")
    step = autodiff(f.text([result] + [Value(f"%d#{i}", v.shape, v.type) for i, v in enumerate(wrt)]))
    got = interpret(step, "train_step", f.values)
    numbers = tuple(range(len(params)))
    value, gradients = jax.value_and_grad(loss, argnums=numbers)(*map(jnp.asarray, params + list(inputs)))
    check(f"{what}: loss", got[0], value)
    for i, (actual, expected) in enumerate(zip(got[1:], gradients, strict=True)):
        check(f"{what}: gradient {i} {tuple(expected.shape)}", actual, expected)


def cross_entropy(f, y, labels, w, b):
    """Mean over the tokens, a linear head, smoothed cross-entropy."""
    pooled = f.reduce(y, [1])
    pooled = f.op(f"{{y}} = moe.scale {pooled.name} by {1 / y.shape[1]:.17e} : {{t}}", pooled.shape)
    logits = f.linear(pooled, w, b, 1)
    return f.op(f"{{y}} = moe.softmax_cross_entropy {logits.name}, {labels.name} smoothing 0.1 : "
                f"{logits.type}, {labels.type} -> {{t}}", ())


def cross_entropy_jax(y, labels, w, b):
    logits = y.mean(axis=1) @ w + b
    q = 0.9 * jax.nn.one_hot(labels, w.shape[1]) + 0.1 / w.shape[1]
    return -(q * jax.nn.log_softmax(logits)).sum(-1).mean()


def mixer(rng):
    B, S, C, DS, DC, K = 3, 4, 6, 5, 7, 4
    shapes = [(B, S, C), (C,), (C,), (S, DS), (DS,), (DS, S), (S,), (C,), (C,), (C, DC), (DC,), (DC, C), (C,),
              (C, K), (K,)]
    labels = rng.integers(0, K, B).astype(np.int32)

    def loss(x, s1, b1, w1, c1, w2, c2, s2, b2, w3, c3, w4, c4, head, bias, labels):
        h = jnp.swapaxes(norm(x, s1, b1), 1, 2)
        u = x + jnp.swapaxes(jax.nn.gelu(h @ w1 + c1, approximate=True) @ w2 + c2, 1, 2)
        y = u + jax.nn.gelu(norm(u, s2, b2) @ w3 + c3, approximate=True) @ w4 + c4
        return cross_entropy_jax(y, labels, head, bias)

    compare("mixer", lambda f, v: cross_entropy(f, mixer_ops(f, v[0], v[1:13]), v[15], v[13], v[14]), loss,
            [normal(rng, *s, scale=0.6) for s in shapes], [labels])


def sparse(rng):
    """Noisy top-2 routing in the einsum form of V-MoE, with both auxiliary losses."""
    T, D, H, E, k, capacity = 12, 5, 6, 4, 2, 5
    noise = normal(rng, T, E, scale=1 / E)
    shapes = [(T, D), (D, E), (E, D, H), (E, H), (E, H, D), (E, D)]

    def cv(x):
        return (jnp.std(x) / jnp.mean(x)) ** 2

    def loss(x, router, w1, b1, w2, b2, noise):
        clean = x @ router
        noisy = clean + noise
        weights, experts = jax.lax.top_k(jax.nn.softmax(noisy), k)
        order = jnp.argsort(-weights[:, 0])
        hot = jax.nn.one_hot(experts[order].T.ravel(), E, dtype=jnp.int32)
        place = jnp.cumsum(hot, axis=0) * hot - 1
        slot = jax.nn.one_hot(place.max(axis=-1), capacity)  # No slot past the capacity.
        mask = (hot[:, :, None] * slot[:, None, :]).reshape(k, T, E, capacity)
        mask = jnp.swapaxes(mask, 0, 1)[jnp.argsort(order)]  # [item, choice, expert, slot]
        rows = jnp.einsum("tkec,td->ecd", mask, x)
        h = jax.nn.gelu(jnp.einsum("ecd,edh->ech", rows, w1) + b1[:, None], approximate=True)
        h = jnp.einsum("ech,ehd->ecd", h, w2) + b2[:, None]
        y = jnp.einsum("tkec,tk,ecd->td", mask, weights, h)
        threshold = jax.lax.top_k(noisy, k)[0][:, -1:]
        load = 1 - jax.scipy.stats.norm.cdf((threshold - clean) * E)
        return (y**2).sum() + cv(jax.nn.softmax(clean).sum(0)) + cv(load.sum(0))

    def build(f, v):
        clean = f.linear(v[0], v[1], None, 1)
        noisy = f.add(clean, v[6])
        y = moe_ops(f, v[0], f.unary("softmax", noisy, "axes [1]"), v[2:6], k, capacity, "importance")
        square = f.op(f"{{y}} = moe.mul {y.name}, {y.name} : {{t}}", y.shape)
        importance = f.reduce(f.unary("softmax", clean, "axes [1]"), [0])
        load = f.reduce(f.op(f"{{y}} = moe.load_probability {clean.name}, {noisy.name} k {k} std {1 / E} : {{t}}",
                             (T, E)), [0])
        total = f.reduce(square, [0, 1])
        for part in (importance, load):
            total = f.add(total, f.op(f"{{y}} = moe.cv_squared {part.name} : {part.type} -> {{t}}", ()))
        return total

    compare("sparse", build, loss, [normal(rng, *s) for s in shapes], [noise])


def learned_noise(rng):
    """Noise of a learned scale, importance and load loss of arXiv 1701.06538 by the coefficient of variation itself."""
    for T, D, E, k in [(12, 5, 4, 2), (9, 4, 5, 1), (6, 3, 3, 2)]:
        noise = normal(rng, T, E)

        def cv(x):
            return jnp.std(x) / jnp.mean(x)

        def loss(x, router, scale, noise):
            clean, std = x @ router, jax.nn.softplus(x @ scale)
            H = clean + noise * std
            largest = jax.lax.top_k(H, k + 1)[0]
            threshold = jnp.where(H >= largest[:, k - 1:k], largest[:, k:], largest[:, k - 1:k])
            load = jax.scipy.stats.norm.cdf((clean - threshold) / std)
            kept = jnp.where(H >= largest[:, k - 1:k], H, -jnp.inf)
            return 3 * cv(jax.nn.softmax(kept).sum(0)) + cv(load.sum(0))

        def build(f, v):
            clean = f.linear(v[0], v[1], None, 1)
            std = f.unary("softplus", f.linear(v[0], v[2], None, 1))
            H = f.add(clean, f.op(f"{{y}} = moe.mul {v[3].name}, {std.name} : {{t}}", (T, E)))
            load = f.op(f"{{y}} = moe.learned_load_probability {clean.name}, {H.name}, {std.name} k {k} : {{t}}", (T, E))

            def cv_ops(x):
                x = f.reduce(x, [0])
                x = f.op(f"{{y}} = moe.cv_squared {x.name} : {x.type} -> {{t}}", ())
                root = f.unary("rsqrt", x, "eps 1.0e-12")
                return f.op(f"{{y}} = moe.mul {x.name}, {root.name} : {{t}}", ())

            importance = cv_ops(f.unary("top_k_softmax", H, f"k {k}"))
            importance = f.op(f"{{y}} = moe.scale {importance.name} by 3.0 : {{t}}", ())
            return f.add(importance, cv_ops(load))

        compare(f"learned noise, {E} experts, k {k}", build, loss,
                [normal(rng, T, D), normal(rng, D, E), normal(rng, D, E)], [noise])


def soft(rng):
    B, M, D, N, P, H, K = 2, 5, 4, 3, 2, 6, 3
    shapes = [(B, M, D), (D, N, P), (), (N, D, H), (N, H), (N, H, D), (N, D), (D, K), (K,)]
    labels = rng.integers(0, K, B).astype(np.int32)

    def unit(x, axis):
        return x * jax.lax.rsqrt((x**2).sum(axis, keepdims=True) + 1e-6)

    def loss(x, mu, scale, w1, b1, w2, b2, head, bias, labels):
        logits = jnp.einsum("gmd,dnp->gmnp", unit(x, 2), scale * unit(mu, 0))
        h = jnp.einsum("gmd,gmnp->gnpd", x, jax.nn.softmax(logits, axis=1))
        h = jax.nn.gelu(jnp.einsum("gnpd,ndh->gnph", h, w1) + b1[:, None], approximate=False)
        h = jnp.einsum("gnph,nhd->gnpd", h, w2) + b2[:, None]
        y = jnp.einsum("gmnp,gnpd->gmd", jax.nn.softmax(logits, axis=(2, 3)), h)
        return cross_entropy_jax(y, labels, head, bias)

    compare("soft", lambda f, v: cross_entropy(f, soft_moe_ops(f, v[0], v[1], v[2], v[3:7]), v[9], v[7], v[8]),
            loss, [normal(rng, *s) for s in shapes], [labels])


def attention(rng):
    """Self- and cross-attention with heads that share a key, and layer
    normalisation of queries and keys as in ViT-22B, with and without a bias.
    (jax.nn.dot_product_attention has its softmax in f32.)"""
    for what, (B, S, T, H, G, D), parts in [("attention", (2, 5, 5, 3, 3, 4), 0), ("grouped", (2, 5, 7, 6, 2, 4), 0),
                                            ("one key head", (1, 3, 6, 4, 1, 5), 2), ("normed", (2, 4, 3, 2, 2, 5), 2),
                                            ("grouped, normed", (2, 4, 6, 4, 2, 3), 4), ("ones", (1, 1, 1, 1, 1, 1), 4)]:
        shapes = [(B, S, H, D), (B, T, G, D), (B, T, G, D)] + [(D,)] * parts

        def loss(q, k, v, *norm):
            if norm:
                zero = jnp.zeros(D)
                qs, ks, qb, kb = norm if len(norm) == 4 else (*norm, zero, zero)
                q, k = jax.nn.standardize(q, epsilon=1e-3) * qs + qb, jax.nn.standardize(k, epsilon=1e-3) * ks + kb
            k, v = jnp.repeat(k, H // G, axis=2), jnp.repeat(v, H // G, axis=2)
            weights = jax.nn.softmax(jnp.einsum("bshd,bthd->bhst", q, k) / D**0.5)
            return (jnp.einsum("bhst,bthd->bshd", weights, v) ** 2).sum()

        def build(f, v):
            y = attention_ops(f, *v[:3], v[3:], 1e-3)
            return f.reduce(f.op(f"{{y}} = moe.mul {y.name}, {y.name} : {{t}}", y.shape), [0, 1, 2, 3])

        compare(what, build, loss, [normal(rng, *s) for s in shapes])


for test in (mixer, sparse, learned_noise, soft, attention):
    test(np.random.default_rng(11))
finish()
