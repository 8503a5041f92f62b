"""MLP-Mixer (arXiv 2105.01601, equations 1 and 2, and figure 1)."""

import layers
from layers import gelu, linear, mlp, norm


def layer(w, x):
    y = norm(w.part("norm1"), x).swapaxes(1, 2)
    y = linear(w.part("token_mlp.fc2"), gelu(linear(w.part("token_mlp.fc1"), y)))
    x = x + y.swapaxes(1, 2)
    return x + mlp(w.part("mlp"), norm(w.part("norm2"), x))


def forward(w, images, o, run):
    x = layers.patches(w, images, o.patch)
    for i in range(o.layers):
        x = layer(w.layer("stack", i), x)
    return layers.head(w, x, class_token=False)


def noise_shapes(o, batch):
    return []
