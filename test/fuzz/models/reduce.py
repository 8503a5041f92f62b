"""Makes a failing case smaller while it fails in the same way."""

import copy


def nodes_of(model):
    """Every list of nodes: the model's own, those of its blocks and of training."""
    training = [model["training"]["nodes"]] if "training" in model else []
    return [model["nodes"]] + [block["nodes"] for block in model.get("blocks", {}).values()] + training


def parts_of(loss):
    """The names and patterns of a loss."""
    for part in loss if isinstance(loss, list) else [loss]:
        of = part["of"] if isinstance(part, dict) else part
        yield from of if isinstance(of, list) else [of]


def cleaned(model):
    """Without nodes, blocks and inputs that nothing needs any more."""
    wanted = {name.split(".")[0] for name in model["outputs"]}
    training = model.get("training")
    if training:
        kept = {name.split(".")[0] for name in [*parts_of(training["loss"]), *training.get("metrics", [])]}
        training["nodes"] = [node for node in training["nodes"] if node["name"] in kept]
        wanted |= kept.union(*(node["inputs"] for node in training["nodes"]))
    by_name = {node["name"]: node for node in model["nodes"]}
    reach = list(wanted)
    while reach:
        for name in by_name.get(reach.pop(), {"inputs": []})["inputs"]:
            if name not in wanted:
                wanted.add(name)
                reach.append(name)
    model["nodes"] = [node for node in model["nodes"] if node["name"] in wanted]
    model["inputs"] = {name: value for name, value in model["inputs"].items() if name in wanted}
    blocks = {node["block"] for node in model["nodes"] if "block" in node}
    model["blocks"] = {name: block for name, block in model.get("blocks", {}).items() if name in blocks}
    if not model["blocks"]:
        del model["blocks"]
    return model


def rename(model, old, new):
    """Who read `old` reads `new`."""
    for nodes in nodes_of(model):
        for node in nodes:
            node["inputs"] = [new if name == old else name for name in node["inputs"]]
    for block in model.get("blocks", {}).values():
        block["outputs"] = [new if name == old else name for name in block["outputs"]]


def smaller(case):
    """Cases that are a step smaller, the largest steps first. Some are no valid
    models any more, which then fail in another way."""

    def changed(change):
        copied = copy.deepcopy(case)
        change(copied)
        copied["model"] = cleaned(copied["model"])
        return copied

    model = case["model"]
    for i in range(len(case["runs"])):
        if len(case["runs"]) > 1:
            yield changed(lambda c, i=i: c["runs"].pop(i))
    if "training" in model:
        def infer(c):
            c["train"] = False
            c["model"]["outputs"].append(c["model"]["training"]["nodes"][0]["inputs"][0])
            del c["model"]["training"]
        yield changed(infer)
    for name in model["outputs"]:
        if len(model["outputs"]) > 1:
            yield changed(lambda c, name=name: c["model"]["outputs"].remove(name))
    for which, nodes in enumerate(nodes_of(model)):
        for i, node in enumerate(nodes):
            for source in node["inputs"]:
                def drop(c, which=which, i=i, source=source):
                    rename(c["model"], nodes_of(c["model"])[which].pop(i)["name"], source)
                    outputs = c["model"]["outputs"]
                    c["model"]["outputs"] = [o for o in outputs if o.split(".")[0] != node["name"]] or [source]
                yield changed(drop)
    for i, run in enumerate(case["runs"]):
        for j in range(len(run["disabled"])):
            yield changed(lambda c, i=i, j=j: c["runs"][i]["disabled"].pop(j))
        for key, plain in (("threads", 1), ("images", 0), ("precision", "f32"), ("flags", {})):
            if run[key] != plain:
                yield changed(lambda c, i=i, key=key, plain=plain: c["runs"][i].update({key: plain}))
    for key, plain in (("inputs", "normal"), ("weights", "init")):
        if case["data"][key] != plain:
            yield changed(lambda c, key=key, plain=plain: c["data"].update({key: plain}))
    batch = model["dims"]["batch"]
    for less in ([batch[0], batch[-1]] if isinstance(batch, list) else [1, batch // 2] if batch > 1 else []):
        yield changed(lambda c, less=less: c["model"]["dims"].update({"batch": less}))
    if "init" in model:
        yield changed(lambda c: c["model"].pop("init"))
    training = model.get("training", {})
    for key in [k for k in training if k not in ("nodes", "loss", "optimizer")]:
        yield changed(lambda c, key=key: c["model"]["training"].pop(key))
    if training and training["loss"] != "ce":
        yield changed(lambda c: c["model"]["training"].update({"loss": "ce"}))
    for key in [k for k in training.get("optimizer", {}) if k not in ("op", "learning_rate")]:
        yield changed(lambda c, key=key: c["model"]["training"]["optimizer"].pop(key))
    required = {"name", "op", "inputs", "features", "hidden", "experts", "slots", "tokens", "channels", "patch",
                "width", "heads", "block", "count", "mean", "std", "axis", "eps", "form", "activation"}
    for which, nodes in enumerate(nodes_of(model)):
        for i, node in enumerate(nodes):
            for key, value in node.items():
                if key not in required:
                    yield changed(lambda c, w=which, i=i, key=key: nodes_of(c["model"])[w][i].pop(key))
                elif isinstance(value, int) and not isinstance(value, bool) and value > 1:
                    for less in {1, value // 2, value - 1} - {0}:
                        yield changed(lambda c, w=which, i=i, key=key, less=less:
                                      nodes_of(c["model"])[w][i].update({key: less}))
    for name, info in model["inputs"].items():
        for axis, extent in enumerate(info["shape"]):
            if isinstance(extent, int) and extent > 1:
                for less in {1, extent // 2}:
                    def shrink(c, name=name, axis=axis, less=less):
                        old = c["model"]["inputs"][name]["shape"]
                        for other in c["model"]["inputs"].values():
                            if other["shape"] == old and other is not c["model"]["inputs"][name]:
                                other["shape"] = old[:axis] + [less] + old[axis + 1:]
                        c["model"]["inputs"][name]["shape"] = old[:axis] + [less] + old[axis + 1:]
                    yield changed(shrink)


def reduced(case, fails, enough=lambda: False, most=400):
    """The smallest case that `fails` still says True of, after `most` tries or
    when it is `enough`."""
    tries, again = 0, True
    while again:
        again = False
        for candidate in smaller(case):
            tries += 1
            if tries > most or enough():
                break
            if fails(candidate):
                case, again = candidate, True
                break
    return case
