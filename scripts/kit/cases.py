"""What the kit holds: models of one layer, the examples, and shapes to time.

A case is a model of docs/model-format.md in Python. Small ones are checked
against the reference interpreter; large ones have no stored results and are
timed, and checked against PyTorch there.
"""

MLP = {"activation": "gelu_tanh"}
EXAMPLES = ("mixer", "sparse-mlp", "soft-moe")


def layer(name, batch, tokens, channels, nodes, training=None):
    """A model of f32 tokens [batch, tokens, channels]."""
    model = {"format": "moec.model/2", "name": name, "dims": {"batch": batch},
             "inputs": {"x": {"shape": ["batch", tokens, channels], "dtype": "f32"}},
             "nodes": nodes, "outputs": [nodes[-1]["name"]]}
    if training:
        model["inputs"]["label"] = {"shape": ["batch"], "dtype": "i32"}
        model["nodes"] = nodes + [
            {"name": "pooled", "op": "mean", "inputs": [nodes[-1]["name"]]},
            {"name": "logits", "op": "linear", "inputs": ["pooled"], "features": 10}]
        model["outputs"] = ["logits"]
        model["training"] = {"nodes": [{"name": "ce", "op": "softmax_cross_entropy", "inputs": ["logits", "label"]}],
                             "loss": "ce",
                             "optimizer": {"op": "sgd", "learning_rate": 0.01}}
    return model


def node(op, **attributes):
    """A node "y" of "x", with the forms that the examples use."""
    forms = {"activation": {"form": "gelu_tanh"}, "layer_norm": {"eps": 1e-6}, "mlp": MLP, "token_mlp": MLP, "moe": MLP,
             "soft_moe": {**MLP, "eps": 1e-6}, "re_represent": {**MLP, "eps": 1e-6}}
    attributes = {**forms.get(op, {}), **attributes}
    return {"name": "y", "op": op, "inputs": ["x"], **attributes}


def kernel_cases():
    """name -> model: one layer each, with odd, prime and tile-sized shapes; some are trained."""
    moe = {"experts": 4, "hidden": 40, "k": 2, "noise": 0}
    cases = {
        "tiny": (2, 3, 8, [node("linear", features=16)]),
        "linear-odd": (3, 7, 33, [node("linear", features=65)]),
        "linear-tile": (4, 64, 128, [node("linear", features=256)]),
        "linear-tokens": (2, 49, 40, [node("linear", features=24, axis="tokens")]),
        "linear-one-row": (1, 1, 96, [node("linear", features=10)]),
        "gelu": (2, 5, 31, [node("activation")]),
        "layer-norm": (2, 7, 96, [node("layer_norm")]),
        "mean": (3, 49, 96, [node("mean")]),
        "mlp": (2, 16, 48, [node("mlp", hidden=96)]),
        "token-mlp": (2, 49, 32, [node("token_mlp", hidden=64)]),
        "attention": (2, 17, 48, [node("attention", heads=3)]),
        "moe-tokens": (2, 13, 24, [node("moe", **moe)]),
        "moe-channels": (2, 12, 16, [node("moe", over="channels", priority="importance", **moe)]),
        "moe-empty-experts": (1, 3, 16, [node("moe", experts=8, hidden=24, k=1, noise=0)]),
        "soft-moe-layer": (2, 9, 24, [node("soft_moe", experts=3, slots=2, hidden=40)]),
        "re-represent": (2, 9, 32, [node("re_represent", tokens=18, channels=16)]),
    }
    trained = {"attention-step": (2, 17, 48, [node("attention", heads=6, kv_heads=2)])}
    return {**{name: layer(name, *parts) for name, parts in cases.items()},
            **{name: layer(name, *parts, training=True) for name, parts in trained.items()}}


DENSE = [(8192, 1024, 4096), (8192, 4096, 1024), (4096, 4096, 4096), (16384, 768, 3072)]
GROUPED = [(6272, 768, 3072, 16), (16384, 1024, 2048, 32)]


def bench_cases():
    """name -> (model, what it is compared with). `rows`, `k`, `n` of a dense
    product; of a grouped one also `experts`, and two products."""
    layers = {
        "sparse-mlp-tokens": (32, 196, 512, [node("moe", experts=8, hidden=2048, k=1, noise=0)]),
        "sparse-mlp-channels": (32, 392, 256, [node("moe", over="channels", experts=8, hidden=784, k=1,
                                                    noise=0)]),
        "soft-moe": (32, 196, 512, [node("soft_moe", experts=32, slots=6, hidden=2048)]),
        "attention": (32, 197, 384, [node("attention", heads=6)]),
        "attention-long": (2, 4096, 384, [node("attention", heads=6)]),
    }
    return timed(DENSE, GROUPED, layers, 32)


def dry_cases():
    """The same kinds, small: a dry run of the timing needs no GPU."""
    layers = {
        "sparse-mlp-channels": (2, 12, 16, [node("moe", over="channels", experts=4, hidden=24, k=1, noise=0)]),
        "soft-moe": (2, 9, 24, [node("soft_moe", experts=3, slots=2, hidden=40)]),
        "attention": (2, 9, 24, [node("attention", heads=3)]),
    }
    return {"dry-" + name: ({**model, "name": "dry-" + name}, {**bench, "dry": True})
            for name, (model, bench) in timed([(64, 48, 72)], [(64, 32, 48, 4)], layers, 2).items()}


def timed(dense, grouped, layers, batch):
    cases = {}
    for rows, k, n in dense:
        name = f"dense-{rows}x{k}x{n}"
        cases[name] = (layer(name, batch, rows // batch, k, [node("linear", features=n, bias=False)]),
                       {"kind": "dense", "rows": rows, "k": k, "n": n})
    for rows, width, hidden, experts in grouped:
        name = f"experts-{experts}x{rows}x{width}x{hidden}"
        nodes = [node("moe", experts=experts, hidden=hidden, k=1, noise=0)]
        cases[name] = (layer(name, batch, rows // batch, width, nodes),
                       {"kind": "grouped", "rows": rows, "k": width, "n": hidden, "experts": experts})
    for name, parts in layers.items():
        cases["layer-" + name] = (layer("layer-" + name, *parts), {"kind": "layer"})
        cases["step-" + name] = (layer("step-" + name, *parts, training=True), {"kind": "step"})
    return cases
