"""The models that are checked: what moec is told, and the same for the equations.

Sizes of full models are those of the papers, and not asked from moec.
"""

import copy
import types

import experts_choice
import mixer
import mlit
import soft_moe
import sparse_mlp
import v_moe
import vit


class Case:
    """`zoo`: the model of `moec zoo` that it is made from, with `flags`; nodes: changes of the nodes of an op; compiler:
    flags of moec compile; training: changes of the training section; options: what the equations are told."""

    def __init__(self, name, family, zoo, batch=2, seed=1, flags=(), nodes=None, compiler=(), training=None, **options):
        self.name, self.family, self.zoo, self.batch, self.seed = name, family, zoo, batch, seed
        self.flags, self.compiler, self.training = list(flags), list(compiler), training or {}
        self.nodes = nodes or {}
        self.options = types.SimpleNamespace(**{**DEFAULTS, **options})

    def told(self, flag):
        """This case, of which moec is told something else."""
        other = copy.copy(self)
        other.flags = [f for f in self.flags if f.split("=")[0] != flag.split("=")[0]] + [flag]
        return other


DEFAULTS = {"heads": None, "kv_heads": None, "qk_norm": False, "class_token": False, "priority": "position",
            "rounding": "ceil", "multiple": 1, "every": 1, "group_size": 1, "balance": ("importance", "load")}


def small(name, family, zoo, batch=3, seed=1, rate=0.004, nodes=None, compiler=(), training=None, flags=(), **options):
    """A reduced size: every size of `options` is a flag of moec zoo. rate: the peak of the learning rate."""
    told = [f"--{key.replace('_', '-')}={value}" for key, value in options.items() if key not in NO_FLAGS]
    schedule = {"warmup": 3, "timescale": 5, "cooldown": 4}
    return Case(name, family, zoo, batch, seed, [*told, "--warmup=3", f"--learning-rate={rate}", *flags], nodes, compiler,
                {"schedule": schedule, **(training or {})}, **options)


# What moec's models of the zoo have without being told.
NO_FLAGS = {"qk_norm", "class_token", "capacity", "eval_capacity", "rounding", "multiple", "balance"}
IMAGE = {"image": 15, "patch": 5, "classes": 7}
TRANSFORMER = {**IMAGE, "width": 22, "hidden": 27, "heads": 2}
# arXiv 2308.00951: normalised queries and keys, capacities rounded to the nearest.
BASELINE = {"qk_norm": True, "rounding": "round", "capacity": 1.0, "eval_capacity": 1.0}
V_MOE = {"class_token": True, "every": 2, "capacity": 1.05, "eval_capacity": 1.05, "multiple": 4}
SPARSE = {"capacity": 1.2, "eval_capacity": 1.2, "priority": "importance"}
MLIT = {"class_token": True, "k": 2}
SMALL_MLIT = dict(MLIT, image=12, patch=3, classes=7, width=20, heads=4, kv_heads=2, layers=6, hidden=17, last_hidden=5,
                  first_experts=3)

REDUCED = [
    small("mixer", mixer, "mixer-s16", **IMAGE, width=19, hidden=31, token_hidden=11, layers=3),
    small("mixer, label smoothing", mixer, "mixer-s16", **IMAGE, width=16, hidden=24, token_hidden=8, layers=2,
          training={"label_smoothing": 0.1}),
    small("vit", vit, "vit-s16", **TRANSFORMER, layers=3, class_token=True),
    small("vit, normed and pooled", vit, "vit-s16", **TRANSFORMER, layers=3, qk_norm=True,
          flags=["--pool=mean", "--qk-norm=layer_norm_no_bias"]),
    small("vit, one matrix of queries, keys and values, no biases", vit, "vit-s16", **TRANSFORMER, layers=3,
          class_token=True, nodes={"attention": {"qkv": "joined", "qkv_bias": False, "bias": False},
                                   "mlp": {"bias": False}, "patch_embed": {"bias": False}, "layer_norm": {"bias": False}}),
    # At the others' rate a rounding error grows about threefold in each step.
    small("sparse-mlp", sparse_mlp, "sparse-b", **SPARSE, **IMAGE, width=27, hidden=23, token_hidden=11, layers=3,
          expert_layers=2, wide_tokens=25, narrow_width=22, s_experts=3, s_k=1, s_hidden=26, c_experts=4, c_k=2,
          c_hidden=29, rate=0.001),
    small("sparse-mlp, channels without experts", sparse_mlp, "sparse-s", **SPARSE, **IMAGE, width=27, hidden=23,
          token_hidden=11, layers=2, expert_layers=1, wide_tokens=25, narrow_width=22, s_experts=3, s_k=1, s_hidden=26,
          c_experts=0, c_hidden=29, rate=0.001),
    small("v-moe, k 1, batch priority", v_moe, "v-moe-s16-32e", **TRANSFORMER, **BASELINE, layers=4, expert_layers=2,
          experts=4, k=1, priority="importance"),
    small("v-moe, k 2", v_moe, "v-moe-s32", **TRANSFORMER, **V_MOE, layers=6, expert_layers=2, experts=5, k=2),
    small("v-moe, losses of Switch and the router's z", v_moe, "v-moe-s32", **TRANSFORMER, **V_MOE, layers=6,
          expert_layers=2, experts=5, k=2, balance=("switch", "router_z"), nodes={"moe": {"bias": False}},
          training={"balance": {"of": ["*.switch", "*.router_z"], "weight": 0.01}}),
    small("v-moe, k 2, batch priority", v_moe, "v-moe-s32", **TRANSFORMER, **V_MOE, layers=5, expert_layers=2, experts=5,
          k=2, priority="importance"),
    small("experts choice", experts_choice, "expert-choice-s16", **TRANSFORMER, **BASELINE, layers=3, expert_layers=2,
          experts=4, seed=22),
    small("experts choice, of the batch", experts_choice, "expert-choice-s16", **TRANSFORMER, **BASELINE, layers=3,
          expert_layers=2, experts=4, group_size=3, seed=4),
    small("soft moe", soft_moe, "soft-moe-s16", **TRANSFORMER, layers=4, expert_layers=2, experts=3, slots=2, qk_norm=True),
    small("mlit", mlit, "mlit-xxs", **SMALL_MLIT, seed=2, flags=["--dropout=0"]),
    small("mlit, every choice routed", mlit, "mlit-xxs", **SMALL_MLIT, seed=2, flags=["--dropout=0"],
          compiler=["--disable-pass=unroute-shared"]),
]

# What moec is told that the equations do not say, of a reduced case: each has to be noticed.
FAULTS = [
    ("mixer", "--eps=1e-5"), ("mixer", "--activation=gelu_erf"), ("mixer", "--pixels=imagenet"),
    ("vit, normed and pooled", "--eps=1e-5"), ("v-moe, k 2", "--k=1"), ("v-moe, k 2", "--priority=importance"),
    ("v-moe, k 1, batch priority", "--priority=position"), ("v-moe, k 1, batch priority", "--eval-capacity-factor=1.5"),
    ("experts choice", "--group-size=3"), ("experts choice", "--eval-capacity-factor=2"),
    ("soft moe", "--activation=gelu_erf"), ("sparse-mlp", "--c-k=1"), ("mlit", "--k=1"), ("mlit", "--activation=gelu_tanh"),
]

FULL = [
    Case("Mixer-B/16", mixer, "mixer-b16", image=224, patch=16, layers=12),
    Case("Sparse-B", sparse_mlp, "sparse-b", **SPARSE, image=224, patch=16, layers=12, expert_layers=2, wide_tokens=392,
         narrow_width=384, s_experts=8, s_k=1, c_experts=4, c_k=2, seed=2),
    Case("V-MoE S/16, 32 experts", v_moe, "v-moe-s16-32e", **BASELINE, image=224, patch=16, layers=12, heads=6,
         expert_layers=6, experts=32, k=1, priority="importance"),
    Case("Soft MoE S/16, 128 experts", soft_moe, "soft-moe-s16", image=224, patch=16, layers=12, heads=6, qk_norm=True,
         expert_layers=6, experts=128, slots=1),
    Case("mLiT-XXS", mlit, "mlit-xxs", **MLIT, image=36, patch=3, layers=9, heads=6, kv_heads=3, hidden=81, last_hidden=27,
         first_experts=3),
]
