"""V-MoE's Transformer with experts that choose their items (arXiv 2202.09368, and the baseline of arXiv 2308.00951): those
of an image, or with another `group_size` those of the whole batch."""

import layers
import v_moe
from routing import expert_choice


def moe_layer(w, x, run, layer, o):
    def moe(y):
        groups = y if o.group_size == 1 else y.reshape(1, -1, y.shape[-1])
        return expert_choice(w.part("moe"), groups, run, 0, layer, o).reshape(y.shape)

    return layers.transformer_layer(w, x, o, moe)


def forward(w, images, o, run):
    return v_moe.forward(w, images, o, run, moe_layer)


noise_shapes = v_moe.noise_shapes
