"""What is measured: products, and models of the zoo."""

import json
import re

# Model of the zoo, and the family in torch_models/ and jax_models/.
MODELS = {
    "mixer-s16": "mixer",
    "mixer-b16": "mixer",
    "vit-s16": "vit",
    "sparse-b": "sparse_mlp",
    "v-moe-s16-32e": "v_moe",
    "expert-choice-s16": "v_moe",
    "soft-moe-s16": "soft_moe",
    "mlit-xxs": "mlit",
}
# Families in which items go to experts: a tie that rounding decides moves an item.
ROUTED = ("sparse_mlp", "v_moe", "mlit")
# Options of the zoo, without which training would draw numbers from a generator of
# each implementation's own. Inference draws none; it has them too, so that both have
# the same parameters.
NOTHING_DRAWN = {name: ["--noise", "0"] for name in ("sparse-b", "v-moe-s16-32e", "expert-choice-s16")}
NOTHING_DRAWN["mlit-xxs"] = ["--router-noise", "none", "--dropout", "0"]
# The batch of a training step.
TRAINING_BATCH = {name: 32 for name in MODELS} | {"mlit-xxs": 128}
# The peers route a batch as one group.
ONE_GROUP = ("v-moe-s16-32e",)

# Products of the models: (name, batch) -> tokens, width, axis that is multiplied, features.
# Rows of experts are their slots, or their places; a head has a token for each image.
PRODUCTS = {
    ("square 512", 1): (512, 512, "channels", 512),
    ("square 1024", 1): (1024, 1024, "channels", 1024),
    ("vit-s16 qkv", 1): (197, 384, "channels", 1152),
    ("vit-s16 qkv", 32): (197, 384, "channels", 1152),
    ("vit-s16 attention out", 32): (197, 384, "channels", 384),
    ("vit-s16 fc1", 1): (197, 384, "channels", 1536),
    ("vit-s16 fc1", 32): (197, 384, "channels", 1536),
    ("vit-s16 fc2", 1): (197, 1536, "channels", 384),
    ("vit-s16 fc2", 32): (197, 1536, "channels", 384),
    ("vit-s16 head", 1): (1, 384, "channels", 1000),
    ("mixer-b16 fc1", 1): (196, 768, "channels", 3072),
    ("mixer-b16 fc2", 32): (196, 3072, "channels", 768),
    ("mixer-b16 token mixing", 1): (196, 768, "tokens", 384),
    ("mixer-b16 token mixing", 32): (196, 768, "tokens", 384),
    ("mixer-b16 head", 32): (1, 768, "channels", 1000),
    ("mixer-s16 token mixing back", 32): (256, 512, "tokens", 196),
    ("sparse-b expert over channels", 1): (58, 392, "channels", 704),
    ("soft-moe-s16 expert", 1): (1, 384, "channels", 1536),
    ("soft-moe-s16 expert", 32): (1, 384, "channels", 1536),
    ("mlit-xxs gates", 32): (145, 108, "channels", 243),
}
# Those of --quick: large and small, over both axes, with many rows and with one.
QUICK_PRODUCTS = {("square 1024", 1), ("vit-s16 fc1", 32), ("vit-s16 fc2", 1), ("vit-s16 head", 1),
                  ("mixer-b16 token mixing", 1), ("soft-moe-s16 expert", 32)}
# Images of its training step, few enough that all peers are through in minutes; and
# of those that are compiled, whose results are compared but not timed.
QUICK_TRAINING_BATCH = 8
KINDS = ("contraction", "inference", "training", "compile")
SPINS, STEP = ", one other process spins", ", training step"


class Case:
    """One row. `subject` is a model of the zoo or a product; `step`: what is compiled
    is a training step; `options` are more arguments of `moec zoo`, with which tests
    make it small."""

    def __init__(self, kind, subject, batch, dtype, threads, spins=False, step=False, options=()):
        self.kind, self.subject, self.batch = kind, subject, batch
        self.dtype, self.threads, self.spins, self.options = dtype, threads, spins, list(options)
        self.trains = step or kind == "training"

    @property
    def name(self):
        compiles_step = self.kind == "compile" and self.trains
        return self.subject + (SPINS if self.spins else STEP if compiles_step else "")

    @property
    def label(self):
        return f"{self.kind}: {self.name}, batch {self.batch}, {self.dtype}, threads {self.threads}"

    @property
    def family(self):
        return MODELS.get(self.subject)

    def zoo_arguments(self):
        drawn = NOTHING_DRAWN.get(self.subject, [])
        group = ["--group-size", str(self.batch)] if self.subject in ONE_GROUP else []
        return ["zoo", self.subject, "--batch", str(self.batch)] + drawn + group + self.options


def all_cases():
    """Everything, cheap kinds first."""
    for dtype in ("f32", "bf16"):
        for threads in (1, 2):
            for product, batch in PRODUCTS:
                yield Case("contraction", product, batch, dtype, threads)
    for dtype in ("f32", "bf16"):
        for model in MODELS:
            for batch in (1, 32):
                for threads in (1, 2):
                    yield Case("inference", model, batch, dtype, threads)
    yield Case("inference", "vit-s16", 1, "f32", 2, spins=True)
    for dtype in ("f32", "bf16"):
        for model in MODELS:
            for threads in (1, 2):
                yield Case("training", model, TRAINING_BATCH[model], dtype, threads)
    for model in MODELS:
        yield Case("compile", model, 1, "f32", 2)
        yield Case("compile", model, QUICK_TRAINING_BATCH, "f32", 2, step=True)


def quick_cases():
    """Those of --quick: each kind, on both cores."""
    yield from filter(is_quick, all_cases())
    yield Case("training", "vit-s16", QUICK_TRAINING_BATCH, "f32", 2)


def is_quick(case):
    if case.kind == "contraction":
        return case.dtype == "f32" and case.threads == 1 and (case.subject, case.batch) in QUICK_PRODUCTS
    if case.kind == "inference":
        return case.batch == 1 and case.threads == 2 and case.dtype == "f32" \
            and case.subject in ("mixer-s16", "vit-s16", "sparse-b", "mlit-xxs")
    return case.kind == "compile" and case.subject == "vit-s16" and case.trains


def select(only=None, quick=False):
    return [case for case in (quick_cases() if quick else all_cases())
            if not only or re.search(only, case.label)]


def product_model(product, batch):
    """The model, in moec's format, that is this product and nothing else."""
    tokens, width, axis, features = PRODUCTS[product, batch]
    return json.dumps({
        "format": "moec.model/2", "name": "product", "dims": {"batch": batch},
        "inputs": {"x": {"shape": ["batch", tokens, width], "dtype": "f32"}},
        "nodes": [{"name": "y", "op": "linear", "inputs": ["x"], "features": features, "axis": axis, "bias": False}],
        "outputs": ["y"]})


def as_peers_train(model):
    """The model with one weight decay for all that decays, and without statistics of
    its routers, which is what peers have."""
    training = model.get("training", {})
    training.pop("routing_statistics", None)
    optimizer = training.get("optimizer", {})
    if "groups" in optimizer:
        optimizer["groups"] = [group for group in optimizer["groups"] if "weight_decay" not in group]
    return model


def stacks_of(repeat):
    """The stacks of a `repeat`: (name in the weights, layers, their own sizes). Layers
    with the same sizes in a row are one, named by its first."""
    if "sizes" not in repeat:
        return [(repeat["name"], repeat["count"], {})]
    layers = [dict(zip(repeat["sizes"], values)) for values in zip(*repeat["sizes"].values())]
    result = []
    for number, sizes in enumerate(layers):
        if result and result[-1][2] == sizes:
            name, count, _ = result.pop()
        else:
            name, count = f"{repeat['name']}.{number}", 0
        result.append((name, count + 1, sizes))
    return result


def dims_of(model, training):
    """The sizes of a model of the zoo, for whoever writes it again: its `dims`, the
    stacks of its weights (`count`: layers, `sizes`: what they have of their own), and
    the attributes of its nodes, among them the `capacity` factor that counts and the
    `count` of experts, where all layers have as many."""
    dims = dict(model["dims"])
    nodes = list(model["nodes"])
    for block in model["blocks"].values():
        nodes += block["nodes"]
    factor = "capacity_factor" if training else "eval_capacity_factor"
    dims["nodes"] = {node["name"]: {**node, "capacity": node.get(factor)} for node in nodes}
    for node in dims["nodes"].values():
        if node["op"] == "moe":
            node["count"] = dims.get(node["experts"])
    stacks = [stack for node in model["nodes"] if node["op"] == "repeat" for stack in stacks_of(node)]
    dims["count"] = {name: count for name, count, _ in stacks}
    dims["sizes"] = {name: sizes for name, _, sizes in stacks}
    dims["patch"] = next(node["patch"] for node in nodes if node["op"] == "patch_embed")
    attention = next((node for node in nodes if node["op"] == "attention"), {})
    dims["heads"] = attention.get("heads")
    dims["kv_heads"] = attention.get("kv_heads", dims["heads"])
    return dims
