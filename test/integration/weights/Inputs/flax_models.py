"""Models of google-research/vision_transformer and of google-research/vmoe (JAX, Flax), with weights at random.

A case is (the model and its inputs as those projects write them, the map, what moec zoo makes). `bfloat16` is what V-MoE's
and Soft MoE's experts take and give; the cases whose names end in it round as they do.
"""

import math

import flax
import jax
import ml_collections
import numpy as np
import vmoe.moe
from flax.training import checkpoints
from vit_jax import models_mixer, models_vit
from vit_jax.configs import models as vit_configs
from vmoe.configs.vmoe_paper import vmoe_s32_last2_ilsvrc2012_randaug_light1 as vmoe_s32
from vmoe.nn.vit_moe import VisionTransformerMoe
from vmoe.projects.soft_moe import router as soft_router
from vmoe.projects.soft_moe.configs import common as soft_configs

IMAGE, PATCH, WIDTH, HIDDEN, HEADS, CLASSES = 24, 4, 32, 48, 4, 5
TOKENS = (IMAGE // PATCH) ** 2
SIZES = f"--image {IMAGE} --patch {PATCH} --width {WIDTH} --hidden {HIDDEN} --classes {CLASSES}"
VIT = f"{SIZES} --heads {HEADS}"


def released(name):
    """The name in released files, which number the layers of a block through."""
    for today, then in (("LayerNorm_1", "LayerNorm_2"), ("Attention_0", "Attention_1"), ("MlpBlock_0", "MlpBlock_3")):
        name = name.replace(f"{today}/", f"{then}/")
    return name


def mixer():
    return models_mixer.MlpMixer(patches=ml_collections.ConfigDict({"size": (PATCH, PATCH)}), num_classes=CLASSES,
                                 num_blocks=3, hidden_dim=WIDTH, tokens_mlp_dim=12, channels_mlp_dim=HIDDEN)


def vit(classifier="token", representation=None, resnet=None):
    """resnet: layers of the stages of a convolutional stem."""
    return models_vit.VisionTransformer(
        resnet=resnet and ml_collections.ConfigDict({"num_layers": resnet, "width_factor": 0.5}),
        num_classes=CLASSES, patches=ml_collections.ConfigDict({"size": (PATCH, PATCH)}), hidden_size=WIDTH,
        transformer={"num_layers": 11, "mlp_dim": HIDDEN, "num_heads": HEADS}, classifier=classifier,
        representation_size=representation)


def moe(layers, sparse, router, group, classifier, representation=None, experts=4, positions=None):
    return VisionTransformerMoe(
        num_classes=CLASSES, patch_size=(PATCH, PATCH), hidden_size=WIDTH, classifier=classifier,
        representation_size=representation, deterministic=True,
        encoder={"num_layers": layers, "mlp_dim": HIDDEN, "num_heads": HEADS, "attention_qk_norm": classifier == "gap",
                 "position_emb": positions or {},
                 "moe": {"layers": sparse, "num_experts": experts, "group_size": group, "router": router}})


def v_moe(layers, sparse, capacity, images, classifier="token", representation=None, priority=False, bfloat16=False, k=2,
          positions=None):
    """Groups of `images` images; V-MoE rounds capacities up to fours, the baselines of Soft MoE to the nearest number."""
    dispatcher = {"name": "einsum", "capacity_factor": capacity, "batch_priority": priority, "bfloat16": bfloat16}
    if classifier == "gap":
        dispatcher.update(capacity_ceil_or_round="round", capacity_multiple_of=1)
    router = {"num_selected_experts": k, "dispatcher": dispatcher}
    return moe(layers, sparse, router, images * (TOKENS + (classifier == "token")), classifier, representation,
               positions=positions)


def expert_choice(experts):
    router = {"name": "NoisyTopItemsPerExpertRouter",
              "dispatcher": {"name": "einsum", "capacity_factor": 1.0, "capacity_ceil_or_round": "round",
                             "capacity_multiple_of": 1}}
    return moe(3, (1, 2), router, TOKENS, "gap", experts=experts)


def soft_moe(bfloat16, **slots):
    name = "vmoe.projects.soft_moe.router.SoftRouter"
    soft_router.Bfloat16Dispatcher = vmoe.moe.Bfloat16Dispatcher if bfloat16 else lambda exact: exact
    return moe(4, (2, 3), {"name": name, **slots}, TOKENS, "gap")


CASES = {
    "mixer": (mixer, "vision-transformer-mixer", f"mixer-s16 {SIZES} --layers 3 --token-hidden 12"),
    "vit": (vit, "vision-transformer-vit", f"vit-s16 {VIT} --layers 11"),
    "vit-released": (vit, "vision-transformer-vit", f"vit-s16 {VIT} --layers 11"),
    "vit-gap": (lambda: vit("gap", 6), "vision-transformer-vit", f"vit-s16 {VIT} --layers 11 --pool mean --pre-logits 6"),
    "soft-moe": (lambda: soft_moe(False, num_slots=5), "vmoe-soft-moe",
                 f"soft-moe-s16 {VIT} --layers 4 --expert-layers 2 --experts 4 --slots 5"),
    "soft-moe-bfloat16": (lambda: soft_moe(True), "vmoe-soft-moe",
                          f"soft-moe-s16 {VIT} --layers 4 --expert-layers 2 --experts 4 --slots {TOKENS // 4}"),
    # Full experts, of groups of 2 images: the last 2 of the odd layers.
    "v-moe": (lambda: v_moe(7, (3, 5), 0.7, 2, representation=6), "vmoe-v-moe",
              f"v-moe-s32 {VIT} --layers 7 --expert-layers 2 --experts 4 --group-size 2 --eval-capacity-factor 0.7 --pre-logits 6"),
    "v-moe-priority": (lambda: v_moe(4, (1, 3), 0.5, 4, priority=True), "vmoe-v-moe",
                       f"v-moe-s32 {VIT} --layers 4 --expert-layers 2 --experts 4 --eval-capacity-factor 0.5 --priority importance"),
    "v-moe-bfloat16": (lambda: v_moe(4, (1, 3), 4.0, 4, bfloat16=True), "vmoe-v-moe",
                       f"v-moe-s32 {VIT} --layers 4 --expert-layers 2 --experts 4 --eval-capacity-factor 4"),
    "v-moe-gap": (lambda: v_moe(3, (1, 2), 1.0, 2, "gap", priority=True, k=1), "vmoe-v-moe",
                  f"v-moe-s16-32e {VIT} --layers 3 --expert-layers 2 --experts 4 --group-size 2 --k 1 --eval-capacity-factor 1"),
    # 36 tokens / 8 experts: a half, which is rounded to the even number.
    "expert-choice": (lambda: expert_choice(8), "vmoe-v-moe", f"expert-choice-s16 {VIT} --layers 3 --expert-layers 2 --experts 8"),
}


def published(config, **dispatcher):
    """A model of vmoe's configurations, for one device, without bf16 in its experts."""
    soft_router.Bfloat16Dispatcher = lambda exact: exact
    model = config.to_dict()
    router = model["encoder"]["moe"]["router"]
    if router.get("name") == "SoftRouter":
        router.update(name="vmoe.projects.soft_moe.router.SoftRouter", partition_spec=None)
    else:
        router["dispatcher"].update(partition_spec=None, bfloat16=False, **dispatcher)
    model.pop("name")
    return VisionTransformerMoe(deterministic=True, **model)


def dense(module, config):
    options = {name: value for name, value in config.items() if name != "model_name"}
    return module(num_classes=1000, **options)


FULL_IMAGE = 224
FULL = {
    "mixer-b16": (lambda: dense(models_mixer.MlpMixer, vit_configs.get_mixer_b16_config()), "vision-transformer-mixer", "mixer-b16"),
    "vit-b16": (lambda: dense(models_vit.VisionTransformer, vit_configs.get_b16_config()), "vision-transformer-vit", "vit-b16"),
    # As it is evaluated.
    "v-moe-s32-8e": (lambda: published(vmoe_s32.get_config().model, capacity_factor=4.0), "vmoe-v-moe", "v-moe-s32-8e"),
    "soft-moe-s16": (lambda: published(soft_configs.get_vmoe_soft_router_config(
        "S", 16, 1000, image_size=FULL_IMAGE, num_experts=128, last_n=6, capacity_factor=None, num_slots=1)),
                     "vmoe-soft-moe", "soft-moe-s16"),
}


def random_weights(shapes, random):
    """Name to f32, joined by /: none is 0, no scale 1."""
    values = {}
    for name, value in flax.traverse_util.flatten_dict(shapes, sep="/").items():
        fan_in = math.prod(value.shape[:-1])
        if "/Mlp/" in name and "Moe/" in name:
            fan_in //= value.shape[0]  # experts
        kernel = name.endswith(("kernel", "mu"))
        if "Attention" in name and "/out/" not in name:
            fan_in = value.shape[0]
        scale = name.endswith("scale") * (3 if "Router" in name else 1)
        spread = 1.5 / math.sqrt(fan_in) if kernel else 0.2
        values[name] = np.asarray(random.normal(size=value.shape) * spread + scale, dtype=np.float32)
    return values


def refused(net, name_map, options, tensor):
    return (lambda: start(net(), 1)[1], name_map, options, tensor)


SPARSE = f"v-moe-s32 {VIT} --layers 2 --expert-layers 1 --experts 4"
# What the maps cannot express: how to make its weights, the map, what moec zoo makes, and a tensor that the error names.
REFUSED = {
    "attention pooling": refused(lambda: v_moe(2, (1,), 1.0, 1, "map"), "vmoe-v-moe", f"{SPARSE} --pool mean", "MapHead/probe"),
    "sines for positions": refused(lambda: v_moe(2, (1,), 1.0, 1, positions={"name": "sincos2d"}), "vmoe-v-moe", SPARSE,
                                   "Encoder/posembed_input/pos_embedding"),
    "a convolutional stem": refused(lambda: vit(resnet=(1,)), "vision-transformer-vit", f"vit-s16 {VIT} --layers 11",
                                    "conv_root/kernel"),
}


def start(net, batch, size=IMAGE):
    """-> a function of pixels and weights, weights, images u8 [batch, size, size, 3]."""
    mode = {"train": False} if isinstance(net, (models_vit.VisionTransformer, models_mixer.MlpMixer)) else {}
    random = np.random.default_rng(13)
    images = random.integers(0, 256, (batch, size, size, 3), dtype=np.uint8)
    shapes = jax.eval_shape(lambda: net.init(jax.random.key(0), images / np.float32(1), **mode))["params"]
    return jax.jit(lambda params, pixels: net.apply({"params": params}, pixels, **mode)), random_weights(shapes, random), images


def make(case, batch):
    """-> weights, images u8 [batch, height, width, 3], logits f32 [batch, classes]."""
    apply, values, images = start((CASES | FULL)[case][0](), batch, FULL_IMAGE if case in FULL else IMAGE)
    logits = apply(flax.traverse_util.unflatten_dict(values, sep="/"), (images / 127.5 - 1).astype(np.float32))
    logits = np.asarray(logits[0] if isinstance(logits, tuple) else logits)
    if case == "vit-released":
        today, values = values, {released(name): value for name, value in values.items()}
        tree = checkpoints.convert_pre_linen(flax.traverse_util.unflatten_dict(values, sep="/"))
        assert flax.traverse_util.flatten_dict(tree, sep="/").keys() == today.keys()
    return values, images, logits
