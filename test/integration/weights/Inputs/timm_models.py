"""Models of timm itself (PyTorch), with weights at random.

A case is (the name and the options of what timm makes, the map, what moec zoo makes). Names with a dot are those of
released weights, whose pixels are normalised in another way; nothing is loaded.
"""

import math

import numpy as np
import timm
import torch

VIT = "vit-s16 --activation gelu_erf --width 48 --hidden 192 --heads 3 --layers 12"
SMALL = {"embed_dim": 48, "num_heads": 3}
ONE = {"embed_dim": 48, "num_heads": 3, "depth": 1}

CASES = {
    "mixer": ("mixer_s16_224", {"img_size": 64}, "timm-mixer", "mixer-s16 --activation gelu_erf --image 64"),
    "mixer-features": ("mixer_b32_224", {"img_size": 64, "num_classes": 0}, "timm-mixer",
                       "mixer-b32 --activation gelu_erf --image 64 --classes 0"),
    "vit": ("vit_small_patch16_224", {"img_size": 48, **SMALL}, "timm-vit", f"{VIT} --image 48"),
    "vit-qk-norm": ("vit_small_patch32_224", {"img_size": 64, "qk_norm": True, **SMALL}, "timm-vit",
                    f"{VIT} --patch 32 --image 64 --qk-norm layer_norm"),
    "vit-no-qkv-bias": ("vit_small_patch16_224", {"img_size": 32, "qkv_bias": False, **SMALL}, "timm-vit",
                        f"{VIT} --image 32 --qkv-bias no"),
    "vit-joined": ("vit_small_patch16_224", {"img_size": 32, **SMALL}, "timm-vit", f"{VIT} --image 32 --qkv joined"),
    "vit-mae": ("vit_base_patch16_224.mae", {"img_size": 32, **SMALL}, "timm-vit",
                f"{VIT} --image 32 --pixels imagenet --classes 0"),
    "vit-gap": ("vit_base_patch16_gap_224", {"img_size": 32, **SMALL}, "timm-vit", f"{VIT} --image 32 --pool mean"),
    "siglip-gap": ("vit_base_patch32_siglip_gap_256", {"img_size": 64, **SMALL}, "timm-vit",
                   VIT.replace("erf", "tanh") + " --patch 32 --image 64 --pool mean --classes 0"),
}
FULL = {
    "mixer-b16": ("mixer_b16_224", {}, "timm-mixer", "mixer-b16 --activation gelu_erf"),
    "vit-b16": ("vit_base_patch16_224", {}, "timm-vit", "vit-b16 --activation gelu_erf"),
}


def network(name, options, random):
    """timm's model with values that no layer starts with: none is 0, no scale 1."""
    net = timm.create_model(name, pretrained=False, **options).eval()
    with torch.no_grad():
        for key, value in net.state_dict().items():
            if value.is_floating_point():
                spread = 1.5 / math.sqrt(value[0].numel()) if value.ndim > 1 and "embed" != key[-5:] else 0.2
                scale = value.ndim == 1 and key.endswith("weight")
                value.copy_(torch.from_numpy(random.normal(size=value.shape) * spread + scale))
    return net


def weights(net):
    return {name: value.numpy() for name, value in net.state_dict().items() if value.is_floating_point()}


def refused(name, options, tensor):
    return (lambda: weights(network(name, options, np.random.default_rng(17))), "timm-vit",
            VIT.replace("--layers 12", "--layers 1"), tensor)


ONE = {"depth": 1, **SMALL}
# What the map cannot express: how to make its weights, the map, what moec zoo makes, and a tensor that the error names.
REFUSED = {
    "norm ahead of the layers": refused("vit_base_patch16_clip_224", ONE, "norm_pre.weight"),
    "norm behind the pooling": refused("vit_base_patch16_224", {"global_pool": "avg", **ONE}, "fc_norm.weight"),
    "registers": refused("vit_base_patch16_224", {"reg_tokens": 4, **ONE}, "reg_token"),
    "layer scale": refused("vit_base_patch14_dinov2", {"img_size": 224, "patch_size": 16, **ONE}, "blocks.0.ls1.gamma"),
    "attention pooling": refused("vit_base_patch16_siglip_224", ONE, "attn_pool.latent"),
    "no biases of queries": refused("vit_base_patch16_224_miil", ONE, "stack.attention.query.bias"),
    "rotary positions": refused("vit_small_patch16_rope_224", {"depth": 1, **SMALL}, "pos_embed"),
    "a convolutional stem": refused("vit_tiny_r_s16_p8_224", ONE, "patch_embed.backbone.conv.weight"),
}


def make(case, batch):
    """-> weights, images u8 [batch, height, width, 3], logits f64 [batch, classes] that timm computes in f64."""
    name, options = (CASES | FULL)[case][:2]
    random = np.random.default_rng(11)
    net = network(name, options, random)
    size = options.get("img_size", 224)
    images = random.integers(0, 256, (batch, size, size, 3), dtype=np.uint8)
    config = net.pretrained_cfg
    pixels = (images / 255 - np.array(config["mean"])) / np.array(config["std"])
    values = weights(net)
    with torch.no_grad():
        logits = net.double()(torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy())).numpy()
    return values, images, logits
