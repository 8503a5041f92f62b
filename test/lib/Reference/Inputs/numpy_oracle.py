"""The interpreter against the papers' formulas, written again in NumPy.

Nothing here follows the td files: MLP-Mixer and Soft MoE are written from the
papers' equations, routing from the algorithm of V-MoE's authors (one-hot, running
sum, capacity), the losses and optimizers from their papers.
"""

import math

import numpy as np

from moec_oracle import Function, check, dropout_words, finish, is_kept, normal, philox
from networks import expert_choice_ops, mixer_ops, moe_ops, route_ops, shared_experts_ops, soft_moe_ops

ERF = np.vectorize(math.erf)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def layer_norm(x, scale, bias, eps=1e-6):
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps) * scale + bias


def softmax(x, axis):
    e = np.exp(x)  # Small logits: no shift, unlike the interpreter.
    return e / e.sum(axis=axis, keepdims=True)


# --- MLP-Mixer, arXiv 2105.01601, equation 1 ---------------------------------

def mixer_block(rng):
    B, S, C, DS, DC = 2, 5, 6, 7, 8
    x = normal(rng, B, S, C)
    p = [normal(rng, *s, scale=0.5) for s in
         [(C,), (C,), (S, DS), (DS,), (DS, S), (S,), (C,), (C,), (C, DC), (DC,), (DC, C), (C,)]]
    f = Function()
    v, w = f.argument(x), [f.argument(a) for a in p]
    y = mixer_ops(f, v, w)

    expected = np.empty_like(x)
    for b in range(B):
        normed = layer_norm(x[b], p[0], p[1])
        U = x[b].copy()
        for i in range(C):  # U_{*,i} = X_{*,i} + W2 gelu(W1 LayerNorm(X)_{*,i})
            U[:, i] += p[4].T @ gelu(p[2].T @ normed[:, i] + p[3]) + p[5]
        normed = layer_norm(U, p[6], p[7])
        for j in range(S):  # Y_{j,*} = U_{j,*} + W4 gelu(W3 LayerNorm(U)_{j,*})
            expected[b, j] = U[j] + p[10].T @ gelu(p[8].T @ normed[j] + p[9]) + p[11]
    check("mixer block", f.run([y])[0], expected)


# --- routing by V-MoE's authors, arXiv 2106.05974 ----------------------------

def vmoe_plan(gates, k, capacity, batch_priority):
    """(experts [S, k], weights [S, k], kept [S, k]): top-k, then first choices
    before second ones, item by item, each expert's buffer up to its capacity."""
    S, E = gates.shape
    experts = np.argsort(-gates, axis=1, kind="stable")[:, :k]
    weights = np.take_along_axis(gates, experts, axis=1)
    order = np.argsort(-weights[:, 0], kind="stable") if batch_priority else np.arange(S)
    flat = experts[order].T.ravel()
    one_hot = np.eye(E, dtype=int)[flat]
    position = (np.cumsum(one_hot, axis=0) * one_hot).sum(axis=1) - 1
    kept = np.empty((S, k), dtype=bool)
    kept[order] = (position < capacity).reshape(k, S).T
    return experts, weights, kept


def moe_numpy(x, gates, w, k, capacity, batch_priority):
    experts, weights, kept = vmoe_plan(gates, k, capacity, batch_priority)
    y = np.zeros_like(x)
    for t in range(x.shape[0]):
        for j in range(k):
            if kept[t, j]:
                e = experts[t, j]
                y[t] += weights[t, j] * (gelu(x[t] @ w[0][e] + w[1][e]) @ w[2][e] + w[3][e])
    return y, int((~kept).sum())


def routing(rng):
    for k, capacity, priority, shape in [(1, 4, "position", (13, 3)), (2, 5, "position", (16, 5)),
                                         (2, 5, "importance", (16, 5)), (3, 3, "importance", (9, 3)),
                                         (2, 0, "position", (4, 3)), (2, 99, "position", (7, 4))]:
        (T, E), d, h = shape, 4, 6
        x, logits = normal(rng, T, d), normal(rng, T, E)
        p = [normal(rng, *s) for s in [(E, d, h), (E, h), (E, h, d), (E, d)]]
        f = Function()
        v, g, w = f.argument(x), f.argument(logits), [f.argument(a) for a in p]
        y = moe_ops(f, v, f.unary("softmax", g, "axes [1]"), w, k, capacity, priority)
        expected, dropped = moe_numpy(x, softmax(logits, 1), p, k, capacity, priority == "importance")
        check(f"experts, k {k}, capacity {capacity}, {priority}, {dropped} dropped", f.run([y])[0], expected)


def groups(rng):
    """V-MoE's groups: each is routed as if there were no other."""
    for groups, k, capacity, priority, (T, E) in [(2, 2, 3, "position", (16, 4)), (4, 2, 2, "importance", (24, 3)),
                                                  (6, 1, 1, "importance", (18, 4)), (3, 3, 99, "position", (9, 3))]:
        x, logits, n = normal(rng, T, 4), normal(rng, T, E), T // groups
        p = [normal(rng, *s) for s in [(E, 4, 6), (E, 6), (E, 6, 4), (E, 4)]]
        f = Function()
        v, g, w = f.argument(x), f.argument(logits), [f.argument(a) for a in p]
        y = moe_ops(f, v, f.unary("softmax", g, "axes [1]"), w, k, capacity, priority, groups)
        parts = [moe_numpy(x[i:i + n], softmax(logits[i:i + n], 1), p, k, capacity, priority == "importance")
                 for i in range(0, T, n)]
        check(f"{groups} groups, k {k}, {priority}, {sum(part[1] for part in parts)} dropped", f.run([y])[0],
              np.concatenate([part[0] for part in parts]))


def statistics(rng):
    """Counted from the experts that items name, not from a plan."""
    for groups, k, capacity, (T, E) in [(1, 2, 5, (16, 5)), (2, 1, 2, (12, 3)), (1, 2, 0, (4, 3)), (1, 3, 9, (9, 3))]:
        gates = softmax(normal(rng, T, E, scale=2), 1)
        f = Function()
        g = f.argument(gates)
        _, name, plan, _ = route_ops(f, g, k, capacity, "importance", groups)
        got = f.run([f.op(f"{{y}} = moe.routing_statistics {name}, {g.name} : ({plan}, {g.type}) -> {{t}}", (7,))])[0]
        experts, kept = [], []
        for first in range(0, T, T // groups):
            e, _, k_ = vmoe_plan(gates[first:first + T // groups], k, capacity, True)
            experts.append(e)
            kept.append(k_)
        experts, kept = np.concatenate(experts), np.concatenate(kept)
        counts = np.array([(experts[kept] == e).sum() for e in range(E)])
        check(f"statistics, {groups} groups, k {k}, {(~kept).sum()} dropped", got, np.array([
            counts.min(), counts.mean(), counts.max(), counts.std() / counts.mean() if counts.any() else 0,
            (~kept.any(1)).mean(), (~kept).mean(), -(gates * np.log(gates)).sum(1).mean()]))


# --- expert choice, arXiv 2202.09368, section 3.2 ---------------------------------

def expert_choice(rng):
    """G, I = TopK(S^T, k); P = Onehot(I); X_in = P X; X_out = sum over i, j of P G X_e, of each group by itself."""
    for groups, capacity, shape, ties in [(1, 4, (13, 3), False), (2, 3, (16, 5), False), (4, 4, (16, 2), False),
                                          (3, 1, (9, 4), False), (2, 3, (16, 5), True), (1, 1, (1, 1), False)]:
        (T, E), d, h, n = shape, 4, 6, shape[0] // groups
        x, logits = normal(rng, T, d), normal(rng, T, E)
        if ties:  # Rows of a few kinds.
            logits = logits[rng.integers(0, 3, T)]
        p = [normal(rng, *s) for s in [(E, d, h), (E, h), (E, h, d), (E, d)]]
        f = Function()
        v, g, w = f.argument(x), f.argument(logits), [f.argument(a) for a in p]
        y = expert_choice_ops(f, v, f.unary("softmax", g, "axes [1]"), w, groups, capacity)
        S, expected, none = softmax(logits, 1), np.zeros_like(x), 0
        for first in range(0, T, n):
            group = S[first:first + n]
            I = np.argsort(-group.T, axis=1, kind="stable")[:, :capacity]  # [E, capacity]
            G = np.take_along_axis(group.T, I, axis=1)
            P = np.eye(n)[I]  # [E, capacity, n]
            X_in = np.einsum("ijl,ld->ijd", P, x[first:first + n])
            X_e = np.stack([gelu(X_in[e] @ p[0][e] + p[1][e]) @ p[2][e] + p[3][e] for e in range(E)])
            expected[first:first + n] = np.einsum("ijl,ij,ijd->ld", P, G, X_e)
            none += int((P.sum((0, 1)) == 0).sum())
        check(f"expert choice, {groups} groups, capacity {capacity}, {none} items of no expert", f.run([y])[0], expected)


# --- experts that share V and W2, arXiv 2407.17783; gates of arXiv 1701.06538 ---

def shared_experts(rng):
    """E_e(x) = (SiLU(x W_e) * (x V)) W2, weighted by the softmax of the k largest logits."""
    for k, (T, E), ties in [(2, (9, 4), False), (1, (5, 3), False), (3, (7, 3), False), (2, (8, 5), True)]:
        d, h = 4, 6
        x, logits = normal(rng, T, d), normal(rng, T, E)
        if ties:  # The lower expert counts.
            logits = np.round(logits)
        p = [normal(rng, *s) for s in [(E, d, h), (E, h), (d, h), (h,), (h, d), (d,)]]
        f = Function()
        v, g, w = f.argument(x), f.argument(logits), [f.argument(a) for a in p]
        y = shared_experts_ops(f, v, g, w, k)
        expected = np.zeros_like(x)
        for t in range(T):
            chosen = np.argsort(-logits[t], kind="stable")[:k]
            for e, weight in zip(chosen, softmax(logits[t, chosen], 0)):
                a = x[t] @ p[0][e] + p[1][e]
                expected[t] += weight * ((a / (1 + np.exp(-a)) * (x[t] @ p[2] + p[3])) @ p[4] + p[5])
        check(f"experts that share projections, k {k}", f.run([y])[0], expected)
    # Noise that is learned: H = x Wg + N(0, 1) * softplus(x Wn), and tanh.
    x = normal(rng, 5, 7, scale=3)
    f = Function()
    v = f.argument(x)
    check("softplus", f.run([f.unary("softplus", v)])[0], np.log(1 + np.exp(x)))
    f = Function()
    v = f.argument(x)
    check("tanh", f.run([f.unary("tanh", v)])[0], 1 - 2 / (np.exp(2 * x) + 1))
    f = Function()
    v = f.argument(x)
    check("relu", f.run([f.unary("relu", v)])[0], np.maximum(x, 0))


# --- the Sparse block of Sparse-MLP, arXiv 2109.02008, algorithm 1 and figure --

def sparse_block(rng):
    B, S, C = 2, 3, 8
    S1, C1, ES, EC, HS, HC = 2 * S, C // 2, 4, 3, 5, 7
    KS, KC, CAPS, CAPC = 1, 2, 2, 6
    x = normal(rng, B, S, C)
    shapes = [(C,), (C,), (S, S1), (S1,), (C,), (C,), (C, C1), (C1,),
              (C1,), (C1,), (S1, ES), (ES, S1, HS), (ES, HS), (ES, HS, S1), (ES, S1),
              (C1,), (C1,), (C1, EC), (EC, C1, HC), (EC, HC), (EC, HC, C1), (EC, C1),
              (C1,), (C1,), (C1, C), (C,), (C,), (C,), (S1, S), (S,)]
    p = [normal(rng, *s, scale=0.7) for s in shapes]
    f = Function()
    v, w = f.argument(x), [f.argument(a) for a in p]
    y = f.layer_norm(v, w[0], w[1])
    y = f.unary("gelu", f.linear(y, w[2], w[3], 1), "tanh")
    y = f.layer_norm(y, w[4], w[5])
    y = f.unary("gelu", f.linear(y, w[6], w[7], 2), "tanh")
    # Mixing over tokens: the items are the channels.
    t = f.transpose(f.layer_norm(y, w[8], w[9]), (0, 2, 1))
    t = f.reshape(t, (B * C1, S1))
    g = f.unary("softmax", f.linear(t, w[10], None, 1), "axes [1]")
    t = f.reshape(moe_ops(f, t, g, w[11:15], KS, CAPS, "importance"), (B, C1, S1))
    u = f.add(y, f.transpose(t, (0, 2, 1)))
    t = f.reshape(f.layer_norm(u, w[15], w[16]), (B * S1, C1))
    g = f.unary("softmax", f.linear(t, w[17], None, 1), "axes [1]")
    z = f.add(u, f.reshape(moe_ops(f, t, g, w[18:22], KC, CAPC, "position"), (B, S1, C1)))
    z = f.layer_norm(z, w[22], w[23])
    z = f.unary("gelu", f.linear(z, w[24], w[25], 2), "tanh")
    z = f.layer_norm(z, w[26], w[27])
    z = f.unary("gelu", f.linear(z, w[28], w[29], 1), "tanh")

    # Algorithm 1: RE-REPRESENT_1 with its transposes, the two MoE with their skips,
    # RE-REPRESENT_2.
    T = lambda a: np.swapaxes(a, 1, 2)
    e = layer_norm(x, p[0], p[1])
    e = T(gelu(T(e) @ p[2] + p[3]))
    e = gelu(layer_norm(e, p[4], p[5]) @ p[6] + p[7])
    items = T(layer_norm(e, p[8], p[9])).reshape(B * C1, S1)
    mixed, drop_s = moe_numpy(items, softmax(items @ p[10], 1), p[11:15], KS, CAPS, True)
    e = e + T(mixed.reshape(B, C1, S1))
    items = layer_norm(e, p[15], p[16]).reshape(B * S1, C1)
    mixed, drop_c = moe_numpy(items, softmax(items @ p[17], 1), p[18:22], KC, CAPC, False)
    e = e + mixed.reshape(B, S1, C1)
    e = gelu(layer_norm(e, p[22], p[23]) @ p[24] + p[25])
    e = T(gelu(T(layer_norm(e, p[26], p[27])) @ p[28] + p[29]))
    check(f"sparse block, {drop_s} + {drop_c} dropped", f.run([z])[0], e)


# --- Soft MoE, arXiv 2308.00951, section 2 and the released normalisation ------

def soft_moe(rng):
    B, M, D, N, P, H = 2, 5, 4, 3, 2, 6
    x, phi, scale = normal(rng, B, M, D), normal(rng, D, N, P), normal(rng)
    p = [normal(rng, *s) for s in [(N, D, H), (N, H), (N, H, D), (N, D)]]
    f = Function()
    v, mu, sc, w = f.argument(x), f.argument(phi), f.argument(scale), [f.argument(a) for a in p]
    y = soft_moe_ops(f, v, mu, sc, w)

    expected = np.empty_like(x)
    for b in range(B):
        X = x[b]
        Xn = X / np.sqrt((X**2).sum(1, keepdims=True) + 1e-6)
        Phi = phi.reshape(D, N * P)
        Phi = scale * Phi / np.sqrt((Phi**2).sum(0, keepdims=True) + 1e-6)
        L = Xn @ Phi
        slots = softmax(L, 0).T @ X  # un-normalised X
        out = np.empty_like(slots)
        for i in range(N * P):  # f_{floor(i / p)}
            e = i // P
            hidden = slots[i] @ p[0][e] + p[1][e]
            hidden = hidden * 0.5 * (1 + ERF(hidden / math.sqrt(2)))
            out[i] = hidden @ p[2][e] + p[3][e]
        expected[b] = softmax(L, 1) @ out
    check("soft moe", f.run([y])[0], expected)


# --- losses -------------------------------------------------------------------

def losses(rng):
    B, C, smoothing = 6, 5, 0.1
    logits, labels = normal(rng, B, C), rng.integers(0, C, B).astype(np.int32)
    f = Function()
    x, l = f.argument(logits), f.argument(labels)
    loss = f.op(f"{{y}} = moe.softmax_cross_entropy {x.name}, {l.name} smoothing {smoothing} : "
                f"{x.type}, {l.type} -> {{t}}", ())
    right = f.op(f"{{y}} = moe.accuracy {x.name}, {l.name} : {x.type}, {l.type} -> {{t}}", ())
    q = (1 - smoothing) * np.eye(C)[labels] + smoothing / C
    expected = np.mean(np.sum(-q * np.log(softmax(logits, 1)), axis=1))
    sigmoid = f.op(f"{{y}} = moe.sigmoid_cross_entropy {x.name}, {l.name} : {x.type}, {l.type} -> {{t}}", (B,))
    got = f.run([loss, right, sigmoid])
    check("cross-entropy", got[0], expected)
    z, p = np.eye(C)[labels], 1 / (1 + np.exp(-logits))
    check("sigmoid cross-entropy", got[2], -(z * np.log(p) + (1 - z) * np.log(1 - p)).sum(1))
    check("accuracy", got[1], np.mean(np.argmax(logits, axis=1) == labels))

    # V-MoE, appendix A: importance and load over the items of a batch.
    T, E, k = 12, 4, 2
    std = 1 / E
    clean = normal(rng, T, E)
    noisy = (clean + std * normal(rng, T, E)).astype(np.float32).astype(np.float64)
    f = Function()
    c, n = f.argument(clean), f.argument(noisy)
    gates = f.unary("softmax", c, "axes [1]")
    g = f.reduce(gates, [0])
    importance = f.op(f"{{y}} = moe.cv_squared {g.name} : {g.type} -> {{t}}", ())
    p = f.op(f"{{y}} = moe.load_probability {c.name}, {n.name} k {k} std {std} : {{t}}", (T, E))
    s = f.reduce(p, [0])
    load = f.op(f"{{y}} = moe.cv_squared {s.name} : {s.type} -> {{t}}", ())
    got = f.run([importance, p, load])
    imp = softmax(clean, 1).sum(0)
    threshold = np.sort(noisy, axis=1)[:, -k][:, None]
    probability = 1 - 0.5 * (1 + ERF((threshold - clean) / std / math.sqrt(2)))
    load = probability.sum(0)
    check("importance loss", got[0], (imp.std() / imp.mean()) ** 2)
    check("load probability", got[1], probability)
    check("load loss", got[2], (load.std() / load.mean()) ** 2)


def learned_load(rng):
    """Shazeer et al., arXiv 1701.06538, equations 8 to 10: P(x, i) = Phi((x Wg)_i - kth_excluding(H, k, i)) / softplus)."""
    for T, E, k in [(12, 4, 2), (7, 3, 1), (9, 5, 4), (1, 2, 1)]:
        clean, stds = normal(rng, T, E), np.log1p(np.exp(normal(rng, T, E)))
        H = (clean + stds * normal(rng, T, E)).astype(np.float32).astype(np.float64)
        f = Function()
        c, n, s = f.argument(clean), f.argument(H), f.argument(stds)
        got = f.run([f.op(f"{{y}} = moe.learned_load_probability {c.name}, {n.name}, {s.name} k {k} : {{t}}", (T, E))])
        expected = np.empty((T, E))
        for t in range(T):
            for i in range(E):
                others = np.sort(np.delete(H[t], i))[::-1]
                expected[t, i] = 0.5 * (1 + ERF((clean[t, i] - others[k - 1]) / stds[t, i] / math.sqrt(2)))
        check(f"learned load, {E} experts, k {k}", got[0], expected)


# --- optimizers over several steps ----------------------------------------------

def optimizers(rng):
    n, rate, b1, b2, eps, decay, limit = 7, 0.1, 0.9, 0.99, 1e-8, 0.05, 1.0
    p, m, v, momentum, q = normal(rng, n), np.zeros(n), np.zeros(n), np.zeros(n), normal(rng, n)
    P, M, V, MOMENTUM, Q = p, m, v, momentum, q
    for step in range(1, 4):
        g = normal(rng, n, scale=step * 0.2)  # Below and above the clipping norm.
        f = Function()
        a = [f.argument(t) for t in (p, g, m, v, momentum, q)]
        lr, s = f.argument(np.float64(rate)), f.argument(np.int32(step))
        c = f.op(f"{{y}}, %norm = moe.clip_scale {a[1].name} max_norm {limit} : {a[1].type} -> {{t}}", ())
        t, e = a[0].type, lr.type
        f.lines.append(f"%p, %m, %v = moe.adamw_update ({a[0].name}) grads ({a[1].name}) means ({a[2].name}) "
                       f"variances ({a[3].name}) rate {lr.name} step {s.name} scale {c.name} "
                       f"beta1 {b1} beta2 {b2} eps {eps:.1e} weight_decay {decay} : {e}, {s.type}, {t}")
        f.lines.append(f"%q, %momentum = moe.sgd_update ({a[5].name}) grads ({a[1].name}) momenta ({a[4].name}) "
                       f"rate {lr.name} scale {c.name} momentum 0.9 weight_decay {decay} : {e}, {t}")
        results = [type(a[0])(name, shape, ty) for name, shape, ty in
                   [("%norm", (), e), ("%p", (n,), t), ("%m", (n,), t), ("%v", (n,), t), ("%q", (n,), t),
                    ("%momentum", (n,), t)]]
        norm, p, m, v, q, momentum = f.run(results)
        # Loshchilov and Hutter, algorithm 2; gradients clipped by their global norm.
        length = math.sqrt((g**2).sum())
        G = g * min(1, limit / (length + 1e-6))
        M, V = b1 * M + (1 - b1) * G, b2 * V + (1 - b2) * G**2
        P = P - rate * ((M / (1 - b1**step)) / (np.sqrt(V / (1 - b2**step)) + eps) + decay * P)
        MOMENTUM = 0.9 * MOMENTUM + G + decay * Q
        Q = Q - rate * MOMENTUM
        check(f"step {step}: norm {length:.3f}", norm, length)
        check(f"step {step}: adamw", np.stack([p, m, v]), np.stack([P, M, V]))
        check(f"step {step}: sgd", np.stack([q, momentum]), np.stack([Q, MOMENTUM]))


def lamb(rng):
    """You et al., arXiv 1904.00962, algorithm 2, on two layers and on one vector of zeros."""
    rate, b1, b2, eps, decay = 0.1, 0.9, 0.99, 1e-6, 0.05
    p, z = normal(rng, 2, 3, 5), np.zeros(4)
    state, STATE = [np.zeros_like(p), np.zeros_like(p), np.zeros(4), np.zeros(4)], [0.0, 0.0, 0.0, 0.0]
    P, Z = p, z
    for step in range(1, 4):
        g, h = normal(rng, 2, 3, 5), normal(rng, 4)
        f = Function()
        a = [f.argument(t) for t in (p, z, g, h, state[0], state[2], state[1], state[3])]
        lr, s, c = f.argument(np.float64(rate)), f.argument(np.int32(step)), f.argument(np.float64(0.5))
        n = [v.name for v in a]
        f.lines.append(f"%r:6 = moe.lamb_update ({n[0]}, {n[1]}) grads ({n[2]}, {n[3]}) means ({n[4]}, {n[5]}) "
                       f"variances ({n[6]}, {n[7]}) rate {lr.name} step {s.name} scale {c.name} slices [2, 1] "
                       f"beta1 {b1} beta2 {b2} eps {eps:.1e} weight_decay {decay} : "
                       f"{lr.type}, {s.type}, {a[0].type}, {a[1].type}")
        results = [type(lr)(f"%r#{i}", v.shape, v.type) for i, v in enumerate((a[0], a[1]) * 3)]
        p, z, state[0], state[2], state[1], state[3] = f.run(results)

        def layer(x, g, i, j, part=()):
            M = b1 * np.asarray(STATE[i])[part] + (1 - b1) * g / 2 if step > 1 else (1 - b1) * g / 2
            V = b2 * np.asarray(STATE[j])[part] + (1 - b2) * (g / 2) ** 2 if step > 1 else (1 - b2) * (g / 2) ** 2
            r = M / (1 - b1**step) / (np.sqrt(V / (1 - b2**step)) + eps) + decay * x
            norm = np.linalg.norm(x.ravel())
            return x - rate * (norm / np.linalg.norm(r.ravel()) if norm > 0 else 1) * r, M, V

        first = [layer(P[i], g[i], 0, 1, i) for i in range(2)]
        second = layer(Z, h, 2, 3)
        P, STATE[0], STATE[1] = (np.stack(x) for x in zip(*first))
        Z, STATE[2], STATE[3] = second
        check(f"step {step}: lamb", p, P)
        check(f"step {step}: lamb of zeros", z, Z)
        check(f"step {step}: lamb's moments", np.stack(state[:2]), np.stack(STATE[:2]))


def lion(rng):
    """Chen et al., arXiv 2302.06675, algorithm 2; one gradient is 0 in all steps."""
    n, rate, b1, b2, decay = 9, 0.1, 0.9, 0.99, 0.5
    p, m = normal(rng, n), np.zeros(n)
    P, M = p, m
    for step in range(1, 5):
        g = normal(rng, n)
        g[0] = 0
        f = Function()
        a = [f.argument(t) for t in (p, g, m)]
        lr, c = f.argument(np.float64(rate)), f.argument(np.float64(0.5))
        f.lines.append(f"%r:2 = moe.lion_update ({a[0].name}) grads ({a[1].name}) means ({a[2].name}) rate {lr.name} "
                       f"scale {c.name} beta1 {b1} beta2 {b2} weight_decay {decay} : {lr.type}, {a[0].type}")
        p, m = f.run([type(lr)(f"%r#{i}", a[0].shape, a[0].type) for i in range(2)])
        G = 0.5 * g
        C = b1 * M + (1 - b1) * G
        P = P - rate * (np.sign(C) + decay * P)
        M = b2 * M + (1 - b2) * G
        check(f"step {step}: lion", np.stack([p, m]), np.stack([P, M]))


# --- random numbers -------------------------------------------------------------

def random_numbers(rng):
    # Known answers of the Random123 distribution: our Philox first, then the op's.
    assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert philox([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    for seed, step, stream, std in [(0, 0, 0, 1.0), (-5, 70000, 3, 0.25), (123456789, -1, 9, 2.0)]:
        f = Function()
        a, b = f.argument(np.int32(seed)), f.argument(np.int32(step))
        y = f.op(f"{{y}} = moe.random_normal {a.name}, {b.name} : {a.type} stream {stream} std {std} -> {{t}}", (3, 5))
        expected = []
        for i in range(15):
            w = philox([i // 2, step % (1 << 32), 0, 0], [seed % (1 << 32), stream])
            u, t = (w[0] + 1) / 2**32, w[1] / 2**32
            r = math.sqrt(-2 * math.log(u))
            expected.append(std * r * (math.cos, math.sin)[i % 2](2 * math.pi * t))
        check(f"random numbers, seed {seed}", f.run([y])[0], np.reshape(expected, (3, 5)))
    f = Function()
    a, b = f.argument(np.int32(1)), f.argument(np.int32(2))
    y = f.op(f"{{y}} = moe.random_normal {a.name}, {b.name} : {a.type} stream 0 std 1.0 -> {{t}}", (20000,))
    values = f.run([y])[0]
    # Four standard errors of the mean and of the variance.
    check("mean of 20000 numbers", np.array(values.mean()), 0, 4 / math.sqrt(20000))
    check("variance of 20000 numbers", np.array(values.var()), 1, 4 * math.sqrt(2 / 20000))


def dropout(rng):
    for shape, leading, key in [((5, 3, 4), 3, (7, 11, 0, 0.1, 0.1, 1)), ((5, 3, 4), 1, (-5, 70000, 3, 0.0, 0.5, 4)),
                                ((6, 7), 0, (123456789, -1, 9, 0.999999, 0.25, 3)), ((6, 7), 2, (0, 0, 1, 0.99999999999, 0.0, 6))]:
        seed, step, stream, first, last, layers = key
        x = normal(rng, *shape)
        keys = dropout_words(*key)
        f = Function()
        a, b, v = f.argument(np.int32(seed)), f.argument(np.int32(step)), f.argument(x)
        made = f.op(f"{{y}} = moe.dropout_key {a.name}, {b.name} : {a.type} stream {stream} rates [{first!r}, {last!r}] -> {{t}}",
                    (layers, 4), "i32")
        ys = []
        for layer in range(layers):
            k = f.argument(keys[layer].view(np.int32))
            ys.append(f.op(f"{{y}} = moe.dropout {v.name}, {k.name} leading {leading} : {v.type}, {k.type}", shape))
        got = f.run([made, *ys])
        check(f"keys of {layers} layers", got[0], keys.view(np.int32), 0)
        for layer in range(layers):
            drawn = int(np.prod(shape[:leading]))
            kept = np.broadcast_to(is_kept(drawn, keys[layer]).reshape(shape[:leading] + (1,) * (len(shape) - leading)), shape)
            scale = np.float64(keys[layer][3:].view(np.float32)[0])
            check(f"dropout, layer {layer}", got[1 + layer], np.where(kept, x * scale, 0), 0)

    # A million draws: four standard errors of the share that is kept, and of what two of them have in common where seed, step,
    # node or layer is another, or the element one further, or in the next row.
    n = 10**6
    first = (3, 5, 2, 0.1, 0.1, 2)
    base = dropout_words(*first)
    masks = [is_kept(n, base[0]), is_kept(n, base[1])]
    masks += [is_kept(n, dropout_words(*other)[0]) for other in [(4, *first[1:]), (3, 6, *first[2:]), (3, 5, 3, *first[3:])]]
    signs = [(mask - 0.9) / 0.3 for mask in masks]
    for i, sign in enumerate(signs):
        check(f"share that is kept, {i}", np.array(sign.mean()), 0, 4 / math.sqrt(n))
        for distance in (1, 2, 49, 96, 768, 1024):
            check(f"what elements {distance} apart have in common", np.array((sign[distance:] * sign[:-distance]).mean()), 0, 4 / math.sqrt(n - distance))
        for other in signs[:i]:
            check("what two masks have in common", np.array((sign * other).mean()), 0, 4 / math.sqrt(n))
    # And these are the masks of the op.
    small = 4000
    for mask, key in zip(masks, [base[0], base[1]]):
        f = Function()
        v, k = f.argument(np.ones(small, np.float32)), f.argument(key.view(np.int32))
        y = f.op(f"{{y}} = moe.dropout {v.name}, {k.name} leading 1 : {v.type}, {k.type}", (small,))
        check("the op's mask", f.run([y])[0] != 0, mask[:small], 0)


# --- random masking, arXiv 2111.06377: shuffle, keep the first, unshuffle -------

def orders(rng):
    B, N, C, K = 3, 7, 2, 4
    for seed, step in [(0, 1), (-5, 70000)]:
        x = normal(rng, B, N, C)
        f = Function()
        a, b, v = f.argument(np.int32(seed)), f.argument(np.int32(step)), f.argument(x)
        bits = f.op(f"{{y}} = moe.random_bits {a.name}, {b.name} : {a.type} stream 2 -> {{t}}", (B, N), "i32")
        order = f.op(f"{{y}} = moe.argsort {bits.name} : {{t}}", (B, N), "i32")
        some = f.op(f"{{y}} = moe.gather_tokens {v.name}, {order.name} begin 0 : {v.type}, {order.type} -> {{t}}", (B, K, C))
        back = f.op(f"{{y}} = moe.scatter_tokens {some.name}, {order.name} begin 0 : {some.type}, {order.type} -> {{t}}",
                    (B, N, C))
        words = [philox([i, step, 0, 0], [seed % (1 << 32), 2])[0] for i in range(B * N)]
        noise = np.reshape([w - (1 << 32) if w >> 31 else w for w in words], (B, N))
        shuffle = np.argsort(noise, axis=1)
        unshuffle = np.argsort(shuffle, axis=1)
        kept = np.take_along_axis(x, shuffle[:, :K, None], axis=1)
        masked = np.concatenate([kept, np.zeros((B, N - K, C))], axis=1)
        results = f.run([bits, order, some, back])
        for name, got, want in zip(("bits", "order", "kept", "restored"), results,
                                   (noise, shuffle, kept, np.take_along_axis(masked, unshuffle[:, :, None], axis=1))):
            check(f"random masking, seed {seed}: {name}", got, want, 0)
    # Every token is as often at every place: chi-square of 16 cells with 9 degrees of freedom, below 1e-4 of chance.
    f = Function()
    a = f.argument(np.int32(3))
    bits = f.op(f"{{y}} = moe.random_bits {a.name}, {a.name} : {a.type} stream 0 -> {{t}}", (4000, 4), "i32")
    order = f.op(f"{{y}} = moe.argsort {bits.name} : {{t}}", (4000, 4), "i32")
    places = f.run([order])[0]
    counts = np.array([[(places[:, p] == t).sum() for t in range(4)] for p in range(4)])
    check("all places alike", np.array((((counts - 1000) ** 2) / 1000).sum()), 9, 25 / 9)


if __name__ == "__main__":
    for test in (mixer_block, routing, groups, statistics, expert_choice, shared_experts, sparse_block, soft_moe, losses, learned_load, optimizers, lamb, lion, random_numbers,
                 dropout, orders):
        test(np.random.default_rng(7))
    finish()
