"""Sparse-MLP (arXiv 2109.02008, figure 2 and algorithm 1): Mixer layers, then layers with experts over channels (MoE_S)
and over tokens (MoE_C) between two re-represent layers. What the paper leaves open is V-MoE's: balance losses, capacity,
priority by the largest gate."""

import types

import layers
import mixer
from layers import gelu, linear, norm
from routing import token_choice


def re_represent(w, x, first):
    for number, axis in enumerate((first, "channels" if first == "tokens" else "tokens"), 1):
        x = norm(w.part(f"norm{number}"), x)
        if axis == "tokens":
            x = gelu(linear(w.part("tokens"), x.swapaxes(1, 2))).swapaxes(1, 2)
        else:
            x = gelu(linear(w.part("channels"), x))
    return x


def moe(w, x, run, stream, layer, o):
    return token_choice(w, x.reshape(-1, x.shape[-1]), run, stream, layer, o).reshape(x.shape)


def sparse_layer(w, x, run, layer, o):
    x = re_represent(w.part("wide"), x, "tokens")
    s = types.SimpleNamespace(**vars(o), k=o.s_k)
    x = x + moe(w.part("moe_s"), norm(w.part("norm1"), x).swapaxes(1, 2), run, 0, layer, s).swapaxes(1, 2)
    mixed = norm(w.part("norm2"), x)
    if o.c_experts:
        c = types.SimpleNamespace(**vars(o), k=o.c_k)
        x = x + moe(w.part("moe_c"), mixed, run, 1, layer, c)
    else:
        x = x + layers.mlp(w.part("mlp"), mixed)
    return re_represent(w.part("out"), x, "channels")


def forward(w, images, o, run):
    x = layers.patches(w, images, o.patch)
    for i in range(o.layers - o.expert_layers):
        x = mixer.layer(w.layer("dense", i), x)
    for i in range(o.expert_layers):
        x = sparse_layer(w.layer("sparse", i), x, run, i, o)
    return layers.head(w, x, class_token=False)


def noise_shapes(o, batch):
    tokens = [(o.expert_layers, batch * o.wide_tokens, o.c_experts)] if o.c_experts else []
    return [(o.expert_layers, batch * o.narrow_width, o.s_experts), *tokens]
