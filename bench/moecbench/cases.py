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
}
# Families in which items go to experts: a tie that rounding decides moves an item.
ROUTED = ("sparse_mlp", "v_moe")
# Options of the zoo for training. Noise is drawn from a generator of each
# implementation's own; without it all compute the same.
NO_NOISE = {name: ["--noise", "0"] for name in ("sparse-b", "v-moe-s16-32e", "expert-choice-s16")}
# The peers route a batch as one group.
ONE_GROUP = ("v-moe-s16-32e",)

# Products of the models: (name, batch) -> tokens, width, axis that is multiplied, features.
PRODUCTS = {
    ("square 1024", 1): (1024, 1024, "channels", 1024),
    ("vit-s16 fc1", 32): (197, 384, "channels", 1536),
    ("vit-s16 fc2", 32): (197, 1536, "channels", 384),
    ("mixer-b16 fc1", 1): (196, 768, "channels", 3072),
    ("mixer-b16 token mixing", 1): (196, 768, "tokens", 384),
    ("mixer-b16 token mixing", 32): (196, 768, "tokens", 384),
}
KINDS = ("contraction", "inference", "training", "compile")
SPINS = ", one other process spins"


class Case:
    """One row. `subject` is a model of the zoo or a product; `options` are more
    arguments of `moec zoo`, with which tests make it small."""

    def __init__(self, kind, subject, batch, dtype, threads, spins=False, options=()):
        self.kind, self.subject, self.batch = kind, subject, batch
        self.dtype, self.threads, self.spins, self.options = dtype, threads, spins, list(options)

    @property
    def name(self):
        return self.subject + (SPINS if self.spins else "")

    @property
    def label(self):
        return f"{self.kind}: {self.name}, batch {self.batch}, {self.dtype}, threads {self.threads}"

    @property
    def family(self):
        return MODELS.get(self.subject)

    def zoo_arguments(self):
        noise = NO_NOISE.get(self.subject, []) if self.kind == "training" else []
        group = ["--group-size", str(self.batch)] if self.subject in ONE_GROUP else []
        return ["zoo", self.subject, "--batch", str(self.batch)] + noise + group + self.options


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
                yield Case("training", model, 32, dtype, threads)
    for model in MODELS:
        yield Case("compile", model, 1, "f32", 2)


def is_quick(case):
    """Those of --quick: each kind, on both cores."""
    if case.kind == "contraction":
        return case.dtype == "f32" and case.threads == 1
    if case.kind == "inference":
        return case.batch == 1 and case.threads == 2 and case.dtype == "f32" \
            and case.subject in ("mixer-s16", "vit-s16", "sparse-b")
    return case.dtype == "f32" and case.threads == 2 and case.subject == "vit-s16"


def select(only=None, quick=False):
    return [case for case in all_cases()
            if (not quick or is_quick(case)) and (not only or re.search(only, case.label))]


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


def dims_of(model, training):
    """The sizes of a model of the zoo, for whoever writes it again: its `dims`,
    how many layers each stack has, and the attributes of its nodes, among them
    the `capacity` factor that counts and the `count` of experts."""
    dims = dict(model["dims"])
    nodes = list(model["nodes"])
    for block in model["blocks"].values():
        nodes += block["nodes"]
    factor = "capacity_factor" if training else "eval_capacity_factor"
    dims["nodes"] = {node["name"]: {**node, "capacity": node.get(factor)} for node in nodes}
    for node in dims["nodes"].values():
        if node["op"] == "moe":
            node["count"] = dims[node["experts"]]
    dims["count"] = {node["name"]: node["count"] for node in model["nodes"] if node["op"] == "repeat"}
    dims["patch"] = next(node["patch"] for node in nodes if node["op"] == "patch_embed")
    dims["heads"] = next((node["heads"] for node in nodes if node["op"] == "attention"), None)
    return dims
