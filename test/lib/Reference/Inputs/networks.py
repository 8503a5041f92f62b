"""The layers under test as moe ops, written by moec_oracle.Function."""

from moec_oracle import tensor


def mixer_ops(f, v, w):
    """An MLP-Mixer block on v [B, S, C]."""
    h = f.layer_norm(v, w[0], w[1])
    h = f.unary("gelu", f.linear(h, w[2], w[3], 1), "tanh")
    u = f.add(v, f.linear(h, w[4], w[5], 1))
    h = f.layer_norm(u, w[6], w[7])
    h = f.unary("gelu", f.linear(h, w[8], w[9], 2), "tanh")
    return f.add(u, f.linear(h, w[10], w[11], 2))


def route_ops(f, gates, k, capacity, priority, groups=1):
    """The weights of the choices, the plan, its type and its rows."""
    items, experts = gates.shape
    places = groups * min(capacity, items // groups) if groups > 1 else capacity
    plan = f"!moe.routing<items = {items}, experts = {experts}, k = {k}, capacity = {places}>"
    weights = f.op(f'{{y}}, %plan{f.count} = moe.top_k_route {gates.name} k {k} capacity {capacity} '
                   f'groups {groups} priority {priority} : {gates.type} -> {{t}}, {plan}', (items, k))
    return weights, f"%plan{f.count - 1}", plan, min(items * k, experts * min(places, items))


def moe_ops(f, x, gates, w, k, capacity, priority, groups=1):
    """An expert MLP over the rows of x [items, d], which choose k experts."""
    weights, name, plan, count = route_ops(f, gates, k, capacity, priority, groups)
    return expert_ops(f, x, w, name, plan, count, weights)


def expert_choice_ops(f, x, gates, w, groups, capacity):
    """An expert MLP over the rows of x [items, d], which its experts choose."""
    items, experts = gates.shape
    plan = f"!moe.routing<items = {items}, experts = {experts}, k = {experts}, capacity = {groups * capacity}>"
    name = f"%plan{f.count}"
    f.lines.append(f"{name} = moe.expert_choice_route {gates.name} groups {groups} capacity {capacity} : "
                   f"{gates.type} -> {plan}")
    return expert_ops(f, x, w, name, plan, experts * groups * capacity, gates)


def shared_experts_ops(f, x, logits, w, k):
    """mLiT's experts on items x [T, D]: w are W [E, D, H], its bias, V, its bias, W2, its bias."""
    (T, D), E, H = x.shape, logits.shape[1], w[0].shape[2]
    plan = f"!moe.routing<items = {T}, experts = {E}, k = {k}, capacity = {T}>"
    gates = f.unary("top_k_softmax", logits, f"k {k}")
    weights = f.op(f"{{y}}, %plan = moe.top_k_route {gates.name} k {k} capacity {T} priority position : "
                   f"{gates.type} -> {{t}}, {plan}", (T, k))
    rows = f.op(f"{{y}} = moe.dispatch {x.name}, %plan : ({x.type}, {plan}) -> {{t}}", (T * k, D))
    h = f.op(f"{{y}} = moe.expert_linear {rows.name}, {w[0].name}, %plan, {w[1].name} : "
             f"({rows.type}, {w[0].type}, {plan}, {w[1].type}) -> {{t}}", (T * k, H))
    s = f.unary("sigmoid", h)
    h = f.op(f"{{y}} = moe.mul {h.name}, {s.name} : {{t}}", (T * k, H))
    u = f.linear(rows, w[2], w[3], 1)
    h = f.op(f"{{y}} = moe.mul {h.name}, {u.name} : {{t}}", (T * k, H))
    h = f.linear(h, w[4], w[5], 1)
    return f.op(f"{{y}} = moe.combine {h.name}, %plan, {weights.name} : "
                f"({h.type}, {plan}, {weights.type}) -> {{t}}", (T, D))


def expert_ops(f, x, w, name, plan, count, weights):
    """What the experts make of x by the plan `name`, whose type is `plan`, with `count` rows."""
    (items, d), hidden = x.shape, w[0].shape[2]
    rows = f.op(f"{{y}} = moe.dispatch {x.name}, {name} : ({x.type}, {plan}) -> {{t}}", (count, d))
    h = f.op(f"{{y}} = moe.expert_linear {rows.name}, {w[0].name}, {name}, {w[1].name} : "
             f"({rows.type}, {w[0].type}, {plan}, {w[1].type}) -> {{t}}", (count, hidden))
    h = f.unary("gelu", h, "tanh")
    h = f.op(f"{{y}} = moe.expert_linear {h.name}, {w[2].name}, {name}, {w[3].name} : "
             f"({h.type}, {w[2].type}, {plan}, {w[3].type}) -> {{t}}", (count, d))
    return f.op(f"{{y}} = moe.combine {h.name}, {name}, {weights.name} : "
                f"({h.type}, {plan}, {weights.type}) -> {{t}}", (items, d))


def soft_moe_ops(f, v, mu, sc, w):
    """A Soft MoE layer on v [B, M, D], slots mu [D, N, P], with its GELU in the erf form."""
    (B, M, D), (_, N, P), H = v.shape, mu.shape, w[0].shape[2]
    xn = f.unary("l2_normalize", v, "axis 2 eps 1.0e-6")
    mn = f.unary("l2_normalize", mu, "axis 0 eps 1.0e-6")
    sb = f.broadcast(sc, (0, 1, 2), (D, N, P))
    mn = f.op(f"{{y}} = moe.mul {mn.name}, {sb.name} : {{t}}", (D, N, P))
    logits = f.einsum(xn, mn, "bmd,dnp->bmnp", (B, M, N, P))
    dispatch = f.unary("softmax", logits, "axes [1]")
    combine = f.unary("softmax", logits, "axes [2, 3]")
    h = f.einsum(v, dispatch, "bmd,bmnp->bnpd", (B, N, P, D))
    h = f.einsum(h, w[0], "bnpd,ndh->bnph", (B, N, P, H))
    h = f.unary("gelu", f.add(h, f.broadcast(w[1], (0, 2), (B, N, P, H))))
    h = f.einsum(h, w[2], "bnph,nhd->bnpd", (B, N, P, D))
    h = f.add(h, f.broadcast(w[3], (0, 2), (B, N, P, D)))
    return f.einsum(combine, h, "bmnp,bnpd->bmd", (B, M, D))


def attention_ops(f, q, k, v, norm=(), eps=1e-6):
    """Attention of q [B, S, H, D] over k and v [B, T, G, .]."""
    (B, S, H, _), E = q.shape, v.shape[3]
    text = f"{{y}}, %logarithms{f.count} = moe.attention {q.name}, {k.name}, {v.name}"
    if norm:
        text += f" norm({', '.join(n.name for n in norm)}) eps {eps:.1e}"
    types = ", ".join(a.type for a in (q, k, v, *norm))
    return f.op(f"{text} : ({types}) -> ({{t}}, {tensor((B, H, S))})", (B, S, H, E))
