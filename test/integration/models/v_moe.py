"""V-MoE (arXiv 2106.05974): a Transformer with experts that items choose, in the last layers ("every" 1) or in the second
of each of the last pairs ("every" 2). All items of a batch are one group."""

import layers
from routing import token_choice


def moe_layer(w, x, run, layer, o):
    def moe(y):
        return token_choice(w.part("moe"), y.reshape(-1, y.shape[-1]), run, 0, layer, o).reshape(y.shape)

    return layers.transformer_layer(w, x, o, moe)


def forward(w, images, o, run, moe_layer=moe_layer):
    x = layers.transformer_tokens(w, images, o.patch, o.class_token)
    after = o.layers % o.every
    for i in range(o.layers - after - o.expert_layers * o.every):
        x = layers.dense_layer(w.layer("dense", i), x, o)
    for i in range(o.expert_layers):
        if o.every == 2:
            x = layers.dense_layer(w.layer("stack", i, "dense"), x, o)
        x = moe_layer(w.layer("stack", i, "sparse" if o.every == 2 else ""), x, run, i, o)
    for i in range(after):
        x = layers.dense_layer(w.layer("last", i), x, o)
    return layers.head(w, x, o.class_token)


def noise_shapes(o, batch):
    tokens = (o.image // o.patch) ** 2 + o.class_token
    return [(o.expert_layers, batch * tokens, o.experts)]
