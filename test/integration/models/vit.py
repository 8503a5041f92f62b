"""Vision Transformer (arXiv 2010.11929, equations 1 to 4), also as the dense models of the Soft MoE paper: normalised
queries and keys, the mean of all tokens."""

import layers


def forward(w, images, o, run):
    x = layers.transformer_tokens(w, images, o.patch, o.class_token)
    for i in range(o.layers):
        x = layers.dense_layer(w.layer("stack", i), x, o)
    return layers.head(w, x, o.class_token)


def noise_shapes(o, batch):
    return []
