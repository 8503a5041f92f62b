"""Draws random models that the format allows, and how to compile them.

Every op and attribute that `moec ops` lists can come up; what is drawn depends
on the random numbers alone. Sizes are odd and small: a case should take a
fraction of a second, and most faults of a compiler show at sizes around the
width of a vector, or at 1.
"""

SIZES = [1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 15, 16, 17, 20]
# Around tiles and vectors, now and then.
WIDE = [24, 31, 32, 33, 40, 47, 48, 63, 64, 65, 80, 96]
# Products and sums of one image, most, so that the reference takes milliseconds.
MOST_WORK = 250_000
# Each with what the CPU must know; all can do the first.
CPUS = [("x86-64", None), ("x86-64-v2", "sse4_2"), ("x86-64-v3", "avx2"), ("haswell", "avx2"),
        ("x86-64-v4", "avx512vl"), ("skylake-avx512", "avx512vl"), ("native", None), ("native", None)]


class Drawing:
    """One model while it is drawn."""

    def __init__(self, random):
        self.random = random
        self.batch = random.choice([1, 1, 2, 2, 3, 4, 5])
        self.nodes = []
        self.blocks = {}
        self.work = 0
        self.routed = []      # names of layers with ".experts"
        self.balanced = []    # names of layers with ".importance"
        self.noisy = []       # and with ".load"
        self.routers = []     # names of layers with ".routing"
        self.alike = []       # patterns of weights that experts have
        self.masked = []      # inputs and "visible" of losses of masked tokens
        self.lone = False     # a batch of 1 has one value of a channel to normalise
        self.count = 0

    def chance(self, p):
        return self.random.random() < p

    def size(self, most=10**9):
        sizes = WIDE if self.chance(0.12) else SIZES
        return self.random.choice([s for s in sizes if s <= most] or [1])

    def name(self, op):
        self.count += 1
        return f"{op}{self.count}"

    def afford(self, work):
        """Whether the model can have so much more work for each batch."""
        if self.work + work * self.batch > MOST_WORK:
            return False
        self.work += work * self.batch
        return True

    # One method an op: takes name and shape without the batch, gives the node's
    # attributes and the shape of its result, or None if it does not fit.

    def layer_norm(self, shape):
        attrs = {"affine": self.chance(0.3)} if self.chance(0.3) else self.biased()
        return {"eps": self.random.choice([1e-6, 1e-6, 1e-5, 1e-3, 1e-12]), **attrs}, shape

    def l2_normalize(self, shape):
        return {"eps": self.random.choice([1e-12, 1e-6, 1e-3])}, shape

    def batch_norm(self, shape):
        self.lone |= shape[:-1] in ([], [1])
        attrs = {}
        if self.chance(0.4):
            attrs["affine"] = self.chance(0.3)
        if self.chance(0.5):
            attrs["eps"] = self.random.choice([1e-5, 1e-3, 1e-12])
        if self.chance(0.4):
            attrs["momentum"] = self.random.choice([0, 0.5, 0.99])
        return attrs, shape

    FORMS = ["gelu_tanh", "gelu_tanh", "gelu_erf", "silu", "tanh", "relu"]

    def activation(self, shape):
        return {"form": self.random.choice(self.FORMS)}, shape

    def activated(self):
        return {"activation": self.random.choice(self.FORMS)}

    def biased(self, name="bias"):
        return {name: self.chance(0.3)} if self.chance(0.3) else {}

    def linear(self, shape):
        axis = "tokens" if len(shape) == 2 and self.chance(0.3) else "channels"
        features, count = self.size(), 1
        for extent in shape:
            count *= extent
        if not self.afford(count * features):
            return None
        attrs = {"features": features}
        if axis == "tokens" or self.chance(0.1):
            attrs["axis"] = axis
        attrs.update(self.biased())
        return attrs, [features, *shape[1:]] if axis == "tokens" else [*shape[:-1], features]

    def mlp(self, shape):
        hidden = self.size()
        fits = self.afford(2 * shape[0] * shape[1] * hidden)
        return ({"hidden": hidden, **self.activated(), **self.biased()}, shape) if fits else None

    token_mlp = mlp

    def re_represent(self, shape):
        tokens, channels = self.size(), self.size()
        if not self.afford(tokens * channels * (shape[0] + shape[1])):
            return None
        attrs = {"tokens": tokens, "channels": channels, "eps": self.random.choice([1e-6, 1e-3]), **self.activated(),
                 **self.biased()}
        if self.chance(0.6):
            attrs["first"] = self.random.choice(["tokens", "channels"])
        return attrs, [tokens, channels]

    def moe(self, shape):
        over = self.random.choice(["tokens", "channels"])
        items, width = shape if over == "tokens" else shape[::-1]
        experts, hidden = self.random.choice([1, 1, 2, 3, 4, 5, 7, 8, 13]), self.size()
        choose = self.chance(0.35)
        # Where experts choose, all of them may take an item.
        k = experts if choose else self.random.randint(1, experts) if self.chance(0.5) else 1
        if not self.afford(2 * items * k * width * hidden + items * width * experts):
            return None
        attrs = {"experts": experts, "hidden": hidden, **self.activated(), **self.biased()}
        if over == "channels" or self.chance(0.2):
            attrs["over"] = over
        if choose:
            attrs["router"] = "expert_choice"
        elif self.chance(0.1):
            attrs["router"] = "top_k"
        if not choose and (k > 1 or self.chance(0.2)):
            attrs["k"] = k
        if self.chance(0.4):
            # All that share out any batch that the model may have.
            attrs["group_size"] = self.random.choice([1, 1, "batch", 60])
        for factor in ("capacity_factor", "eval_capacity_factor"):
            if self.chance(0.6):
                attrs[factor] = self.random.choice([0.05, 0.3, 0.75, 1, 1.1, 1.5, 4, 100])
        if self.chance(0.15):
            attrs["capacity_rounding"] = self.random.choice(["ceil", "round"])
        if self.chance(0.15):
            attrs["capacity_multiple"] = self.random.choice([2, 3, 4, 100])
        if self.chance(0.2):
            attrs["router_bias"] = self.chance(0.8)
        if self.chance(0.2):
            attrs["dropout"] = self.random.choice([0, 0.2, 0.7, [0, 0.5]])
        if choose:
            if self.chance(0.3):
                attrs["noise"] = self.random.choice([0, 1])
            return attrs, shape
        if self.chance(0.25):
            attrs["gates"] = self.random.choice(["softmax", "top_k_softmax", "top_k_softmax"])
        if self.chance(0.25):
            # What all experts share is applied to every row, so none may be empty.
            attrs.update({"expert": "shared_glu", "capacity_factor": experts, "eval_capacity_factor": experts})
            attrs.pop("dropout", None)
        if self.chance(0.15):
            attrs["learned_noise"] = True
        if self.chance(0.25):
            attrs["balance"] = self.random.choice(["cv_squared", "cv", "cv"])
        if self.chance(0.6):
            attrs["priority"] = self.random.choice(["position", "importance"])
        if self.chance(0.6) and "learned_noise" not in attrs:
            attrs["noise"] = self.random.choice([0, 0.1, 1, 3])
        return attrs, shape

    def soft_moe(self, shape):
        experts, slots, hidden = self.random.choice([1, 2, 3, 4, 8]), self.size(9), self.size()
        rows = experts * slots
        if not self.afford(rows * shape[1] * (3 * shape[0] + 2 * hidden)):
            return None
        attrs = {"experts": experts, "slots": slots, "hidden": hidden, "eps": self.random.choice([1e-6, 1e-3]),
                 **self.activated(), **self.biased()}
        forms = ["soft", "uniform", "uniform"] + ["identity"] * (3 if rows == shape[0] else 0)
        for key in ("dispatch", "combine"):
            if self.chance(0.3):
                attrs[key] = self.random.choice(forms)
        return attrs, shape

    def attention(self, shape):
        heads = self.random.choice([h for h in range(1, shape[1] + 1) if shape[1] % h == 0])
        fits = self.afford(4 * shape[0] * shape[1] ** 2 + 2 * shape[0] ** 2 * shape[1])
        attrs = {"heads": heads, **self.biased(), **self.biased("qkv_bias")}
        if self.chance(0.4):
            attrs["qkv"] = self.random.choice(["separate", "joined", "joined"])
        if self.chance(0.5):
            attrs["kv_heads"] = self.random.choice([h for h in range(1, heads + 1) if heads % h == 0])
        if self.chance(0.5):
            attrs["qk_norm"] = self.random.choice(["none", "layer_norm", "layer_norm", "layer_norm_no_bias"])
        if attrs.get("qk_norm", "none") != "none":
            attrs["eps"] = self.random.choice([1e-6, 1e-5, 1e-3])
        return (attrs, shape) if fits else None

    def position_embedding(self, shape):
        return {}, shape

    def class_token(self, shape):
        return {}, [shape[0] + 1, shape[1]]

    def slice(self, shape):
        axis = self.random.choice([0, 1])
        size = self.random.randint(1, shape[axis])
        attrs = {"size": size}
        if axis or self.chance(0.2):
            attrs["axis"] = ["tokens", "channels"][axis]
        if self.chance(0.7):
            attrs["begin"] = self.random.randint(0, shape[axis] - size)
        return attrs, [size if i == axis else extent for i, extent in enumerate(shape)]

    def concat(self, shape):
        axis = self.random.choice([0, 1])
        count = self.random.choice([2, 2, 3])
        attrs = {"axis": "channels"} if axis else {"axis": "tokens"} if self.chance(0.3) else {}
        self.copies = count
        return attrs, [count * extent if i == axis else extent for i, extent in enumerate(shape)]

    def stop_gradient(self, shape):
        return {}, shape

    def dropout(self, shape):
        rates = [0, 0.1, 0.5, 0.9]
        one = self.chance(0.6)
        return {"rate": self.random.choice(rates) if one else [self.random.choice(rates), self.random.choice(rates)]}, shape

    drop_path = dropout

    def mean(self, shape):
        axis = self.random.choice(["tokens", "channels"])
        return ({} if axis == "tokens" and self.chance(0.5) else {"axis": axis},
                [shape[1] if axis == "tokens" else shape[0]])

    def add_node(self, nodes, op, inputs, shape, prefix=""):
        """Adds a node of `op`; None where it does not fit, else (name, shape)."""
        drawn = getattr(self, op)(shape)
        if drawn is None:
            return None
        attrs, result = drawn
        name = self.name(op)
        nodes.append({"name": name, "op": op, "inputs": inputs * (self.copies if op == "concat" else 1), **attrs})
        if op in ("moe", "soft_moe"):
            self.routed.append(prefix + name)
            if attrs.get("expert", "mlp") == "mlp":
                self.alike.append(f"*{name}.fc?.*")
        if op == "moe":
            self.routers.append(prefix + name)
        if op == "moe" and attrs.get("router") != "expert_choice":
            self.balanced.append(prefix + name)
            if attrs.get("k", 1) < attrs["experts"] if "learned_noise" in attrs else attrs.get("noise", 1) != 0:
                self.noisy.append(prefix + name)
        return name, result

    def add_masked(self, nodes, value, shape, restore, inner=False):
        """Some tokens in a random order, and perhaps all back in their places;
        None where there are too few."""
        if shape[0] < 2:
            return None
        order, some = self.name("order"), self.name("gather")
        nodes.append({"name": order, "op": "random_order", "inputs": [value],
                      "evaluation_seed": self.random.choice([0, 1, 2147483647])})
        size = self.random.randint(1, shape[0] - 1)
        attrs = {"begin": self.random.randint(0, shape[0] - size)} if self.chance(0.4) else {}
        nodes.append({"name": some, "op": "gather_tokens", "inputs": [value, order], "size": size, **attrs})
        if not restore:
            return some, [size, shape[1]]
        made = self.add_node(nodes, self.random.choice(["activation", "layer_norm", "attention"]), [some], [size, shape[1]])
        back = self.name("restore")
        nodes.append({"name": back, "op": "restore_tokens", "inputs": [made[0] if made else some, order]})
        if not inner:
            self.masked.append(([back, value, order], size))
        return back, shape

    TOKENS = ["layer_norm", "batch_norm", "l2_normalize", "activation", "linear", "mlp", "token_mlp", "re_represent", "moe", "moe", "moe", "soft_moe",
              "attention", "position_embedding", "class_token", "slice", "concat", "stop_gradient", "dropout", "drop_path", "masked"]
    ROWS = ["layer_norm", "batch_norm", "l2_normalize", "activation", "linear", "linear", "dropout"]

    def add_block(self, name, shape):
        """A use of a block that keeps the shape: once or several times, with
        sizes of its own or a list of them, with an input that stays the same,
        and now and then again with the same parameters."""
        once = self.chance(0.25)
        label, use = self.name("block"), self.name("call" if once else "repeat")
        count = 1 if once else self.random.choice([1, 2, 2, 3, 4])
        block = {"inputs": {"x": ["batch", *shape]}, "nodes": []}
        node = {"name": use, "op": "call" if once else "repeat", "inputs": [name], "block": label}
        nodes, value, current = block["nodes"], "x", shape
        before = self.work
        for _ in range(self.random.choice([1, 1, 2, 3])):
            op = self.random.choice(self.TOKENS if len(shape) == 2 else self.ROWS)
            if op in ("linear", "re_represent", "class_token", "slice", "concat"):
                continue
            made = (self.add_masked(nodes, value, current, True, inner=True) if op == "masked" else
                    self.add_node(nodes, op, [value], current, use + "."))
            if made and self.chance(0.4):
                total = self.name("add")
                nodes.append({"name": total, "op": "add", "inputs": [value, made[0]]})
                made = total, current
            value = made[0] if made else value
        if not nodes:
            return None
        if self.chance(0.2):
            block["inputs"]["same"] = ["batch", *shape]
            node["inputs"].append(name)
            nodes.append({"name": self.name("add"), "op": "add", "inputs": [value, "same"]})
            value = nodes[-1]["name"]
        block["outputs"] = [value]
        sized = [inner for inner in nodes if "hidden" in inner]
        if sized and self.chance(0.5):
            block["sizes"] = ["own"]
            sizes = sized[0]["hidden"]
            sized[0]["hidden"] = "own"
            if not once and count > 1 and self.chance(0.6):
                sizes = [self.random.choice([sizes, max(1, sizes // 2), 3]) for _ in range(count)]
            node["sizes"] = {"own": sizes}
        if not once and not (isinstance(node.get("sizes", {}).get("own"), list) and self.chance(0.5)):
            node["count"] = count
        self.work += (self.work - before) * (count - 1)
        self.blocks[label] = block
        self.nodes.append(node)
        if self.chance(0.2):
            self.work += self.work - before
            again = {**node, "name": self.name("shared"), "inputs": [use, *node["inputs"][1:]], "parameters": use}
            self.nodes.append(again)
            use = again["name"]
        return use, shape


def draw_inputs(d):
    """The first value that is f32, and the inputs of the model."""
    random, inputs = d.random, {}
    kind = random.choice(["image", "image", "tokens", "tokens", "rows"])
    if kind != "image":
        shape = [d.size(), d.size()] if kind == "tokens" else [d.size()]
        inputs["x"] = {"shape": ["batch", *shape], "dtype": "f32"}
        return "x", shape, inputs
    patch = random.choice([1, 1, 2, 3, 4])
    rows, columns, channels = random.choice([1, 2, 3]), random.choice([1, 2, 3]), random.choice([1, 1, 2, 3, 4])
    inputs["image"] = {"shape": ["batch", rows * patch, columns * patch, channels],
                       "dtype": random.choice(["u8", "u8", "f32"])}
    value = "image"
    if d.chance(0.5):
        value = d.name("normalize")
        d.nodes.append({"name": value, "op": "normalize", "inputs": ["image"],
                        "mean": per_channel(d, [0, 0.3, -1], channels), "std": per_channel(d, [1, 0.25, 3], channels)})
    if d.chance(0.3):
        name = d.name("patchify")
        d.nodes.append({"name": name, "op": "patchify", "inputs": [value], "patch": patch})
        return name, [rows * columns, patch * patch * channels], inputs
    width, name = d.size(), d.name("patch_embed")
    d.work += rows * columns * patch * patch * channels * width * d.batch
    d.nodes.append({"name": name, "op": "patch_embed", "inputs": [value], "patch": patch, "width": width, **d.biased()})
    return name, [rows * columns, width], inputs


def per_channel(d, values, channels):
    if d.chance(0.6):
        return d.random.choice(values)
    return [d.random.choice(values) for _ in range(channels)]


def draw_contrast(d, logits, nodes):
    """The logits as queries, and as keys themselves or what a layer makes of them."""
    keys = "queries"
    nodes.append({"name": "queries", "op": "l2_normalize", "inputs": [logits], "eps": 1e-6})
    if d.chance(0.6):
        features = next(node["features"] for node in d.nodes if node["name"] == logits)
        nodes.append({"name": "keys", "op": "linear", "inputs": [logits], "features": features})
        keys = "keys"
        if d.chance(0.7):
            nodes.append({"name": "stopped", "op": "stop_gradient", "inputs": [keys]})
            keys = "stopped"
    nodes.append({"name": "contrast", "op": "contrastive", "inputs": ["queries", keys],
                  "temperature": d.random.choice([0.2, 1, 3])})


def draw_training(d, logits, inputs):
    random = d.random
    nodes = [{"name": "ce", "op": "softmax_cross_entropy", "inputs": [logits, "label"]}]
    if d.chance(0.3):
        nodes[0]["op"] = "sigmoid_cross_entropy"
    elif d.chance(0.4):
        nodes[0]["label_smoothing"] = random.choice([0, 0.1, 0.5, 1])
    if d.chance(0.2):
        inputs["partner"] = {"shape": ["batch"], "dtype": "i32"}
        inputs["share"] = {"shape": ["batch"], "dtype": "f32"}
        nodes[0]["inputs"] += ["partner", "share"]
    loss = ["ce"]
    for name in ("switch", "router_z"):
        if d.balanced and d.chance(0.25):
            loss.append({"of": f"*.{name}", "weight": random.choice([0.001, 0.01, 1])})
    if d.balanced and d.chance(0.6):
        loss.append({"of": "*.importance", "weight": random.choice([0, 0.005, 1])})
        if d.noisy and d.chance(0.7):
            loss.append({"of": random.choice([["*.load"], d.noisy[0] + ".load"]), "weight": random.choice([0.005, 1])})
    if d.chance(0.25):
        features = next(node["features"] for node in d.nodes if node["name"] == logits)
        inputs["target"] = {"shape": ["batch", features], "dtype": "f32"}
        nodes.append({"name": "error", "op": "squared_error", "inputs": random.sample([logits, "target"], 2)})
        loss.append("error" if d.chance(0.5) else {"of": "error", "weight": random.choice([0.1, 3])})
    if d.chance(0.25):
        draw_contrast(d, logits, nodes)
        loss.append("contrast")
    if d.masked and d.chance(0.7):
        inputs_of, size = random.choice(d.masked)
        nodes.append({"name": "masked", "op": "masked_squared_error", "inputs": inputs_of, "visible": size})
        if d.chance(0.6):
            nodes[-1]["visible_weight"] = random.choice([0, 0.1, 1])
        loss.append("masked")
    if d.chance(0.2):
        loss[0] = {"of": "ce", "weight": random.choice([0.5, 2, -1])}
    if d.chance(0.6):
        optimizer = {"op": random.choice(["adamw", "adamw", "lamb", "lion"]), "learning_rate": random.choice([1e-3, 0.01, 0.1])}
        for key, values in (("beta1", [0, 0.5, 0.95]), ("beta2", [0, 0.9, 0.99]), ("eps", [1e-8, 1e-6, 1e-2])):
            if d.chance(0.3) and (optimizer["op"], key) != ("lion", "eps"):
                optimizer[key] = random.choice(values)
    else:
        optimizer = {"op": "sgd", "learning_rate": random.choice([1e-3, 0.1, 0.5])}
        if d.chance(0.5):
            optimizer["momentum"] = random.choice([0, 0.5, 0.99])
    if d.chance(0.5):
        optimizer["weight_decay"] = random.choice([0, 0.01, 0.5])
    if d.chance(0.4):
        optimizer["groups"] = [random.choice([
            {"match": "logits.*", "decay": False}, {"match": ["logits.weight", "logits.b*"], "learning_rate": 0.5},
            {"match": "logits.weight", "weight_decay": 0.3},
            {"match": "logits.bias", "freeze": True}, {"match": "*", "decay": True, "learning_rate": 2}])]
        if d.chance(0.5):
            optimizer["groups"].append({"match": "*", "decay": d.chance(0.5)})
    training = {"nodes": nodes, "loss": loss if len(loss) > 1 or loss != ["ce"] or d.chance(0.3) else "ce",
                "optimizer": optimizer}
    if d.chance(0.3):
        training["metrics"] = ["accuracy"]
        nodes.append({"name": "accuracy", "op": "accuracy", "inputs": [logits, "label"]})
        if d.chance(0.3):
            training["metrics"].append("ce")
        if "contrast" in loss and d.chance(0.6):
            training["metrics"].append("contrast.accuracy")
    if d.chance(0.25):
        training["shadows"] = {"ema": {"of": random.choice(["*", ["logits.*"]]), "decay": random.choice([0, 0.5, 0.99])}}
        if d.chance(0.4):
            training["shadows"]["ema"]["schedule"] = random.choice(["constant", "cosine"])
        if d.chance(0.6):
            training["evaluate"] = "ema"
    if d.chance(0.5):
        training["schedule"] = ({"op": "constant"} if d.chance(0.3) else
                                {"op": "warmup_rsqrt", "warmup": random.choice([0, 2]), "timescale": 3} if d.chance(0.2) else
                                {"op": random.choice(["warmup_cosine", "warmup_linear"]),
                                 "warmup": random.choice([0, 0.1, 1]), "final": random.random()})
        if d.chance(0.2):
            training["schedule"]["cooldown"] = random.choice([0.5, 1, 3])
    if d.chance(0.5):
        training["clip_norm"] = random.choice([0, 1e-3, 1, 100])
    if d.chance(0.3):
        training["batch"] = d.size(5)
    if d.lone and training.get("batch", 1) == 1:
        training["batch"] = random.choice([2, 3])
    if d.chance(0.3):
        training["seed"] = random.choice([0, 1, 2147483647])
    if d.routers and d.chance(0.5):
        training["routing_statistics"] = d.chance(0.9)
    if d.chance(0.25):
        training["precision"] = random.choice(["f32", "bf16", "bf16"])
    return training


def draw_model(random):
    d = Drawing(random)
    value, shape, inputs = draw_inputs(d)
    pool, used = [(value, shape)], set()
    if value in inputs and d.chance(0.3):
        inputs["y"] = {"shape": ["batch", *shape], "dtype": "f32"}
        name = d.name("add")
        d.nodes.append({"name": name, "op": "add", "inputs": ["x", "y"] + (["x"] if d.chance(0.3) else [])})
        pool.append((name, shape))
        value = name
    # Compiling is nearly all of a case, so most models are of few layers.
    for _ in range(random.choice([1, 1, 1, 2, 2, 3, 5])):
        if len(shape) == 2 and d.chance(0.06):
            op = "mean"
        else:
            op = random.choice((d.TOKENS if len(shape) == 2 else d.ROWS) + ["block"])
        if op == "masked":
            made = d.add_masked(d.nodes, value, shape, d.chance(0.6))
        else:
            made = d.add_block(value, shape) if op == "block" else d.add_node(d.nodes, op, [value], shape)
        if made is None:
            continue
        used.add(value)
        value, result = made
        pool.append((value, result))
        # A residual, or a sum of all that has the shape.
        alike = [name for name, other in pool[:-1] if other == result]
        if alike and d.chance(0.4):
            inner = random.sample(alike, random.randint(1, min(len(alike), 3)))
            name = d.name("add")
            d.nodes.append({"name": name, "op": "multiply" if d.chance(0.15) else "add", "inputs": [value, *inner]})
            used.update([value, *inner])
            value = name
            pool.append((value, result))
        shape = result
    outputs = []
    train = d.chance(0.35)
    logits = None
    if train or d.chance(0.3):
        if len(shape) == 2:
            value, shape = d.add_node(d.nodes, "mean", [value], shape)
            pool.append((value, shape))
        logits = "logits"
        d.nodes.append({"name": logits, "op": "linear", "inputs": [value],
                        "features": random.choice([1, 2, 2, 3, 5, 10, 17])})
        outputs.append(logits)
    if not d.nodes:
        d.nodes.append({"name": "only", "op": "activation", "inputs": [value], "form": "gelu_tanh"})
    made = [node["name"] for node in d.nodes if node["op"] not in ("normalize", "random_order")]
    inner = {name for node in d.nodes for name in node["inputs"]}
    ends = [name for name in made if name not in inner and name not in outputs]
    outputs += ends
    if d.chance(0.35):
        outputs += random.sample(made, random.randint(1, min(2, len(made))))
    if d.routed and d.chance(0.4):
        outputs += [random.choice(d.routed) + ".experts"]
    if d.routers and d.chance(0.3):
        outputs += [random.choice(d.routers) + ".routing"]
    if d.chance(0.2):
        random.shuffle(outputs)
    outputs = list(dict.fromkeys(outputs))
    if d.chance(0.05):
        outputs.append(random.choice(outputs))
    if train and len(outputs) > 1 and logits in outputs and d.chance(0.2):
        outputs.remove(logits)
    if d.chance(0.3):
        random.shuffle(d.nodes)
    model = {"format": "moec.model/2", "name": "random", "dims": {"batch": d.batch}, "inputs": inputs}
    if logits and d.chance(0.3):
        model["init"] = [{"match": "logits.*", **random.choice([
            {"op": "zeros"}, {"op": "ones"}, {"op": "constant", "value": -0.7}, {"op": "normal", "std": 0.5},
            {"op": "uniform", "limit": 2}])}]
    if d.alike and d.chance(0.3):
        model.setdefault("init", []).append({"match": random.choice(d.alike), "alike": d.chance(0.8), **random.choice([
            {"op": "default"}, {"op": "default"}, {"op": "normal", "std": 0.3}, {"op": "uniform", "limit": 0.5}])})
    if d.chance(0.08):
        model["dims"]["batch"] = sorted({d.batch, d.size(6)}, reverse=d.chance(0.5))
    if d.blocks:
        model["blocks"] = d.blocks
    model["nodes"] = d.nodes
    model["outputs"] = outputs
    if train:
        inputs["label"] = {"shape": ["batch"], "dtype": "i32"}
        model["training"] = draw_training(d, logits, inputs)
    return model, train


def draw_cpu(random, features):
    return {"cpu": random.choice([name for name, needs in CPUS if needs is None or needs in features])}


def draw_run(random, target, flags, passes):
    """`flags`: those that only this target has; `passes`: what may be left out."""
    share = random.choice([0, 0, 0.2, 1])
    disabled = [p for p in passes if random.random() < share]
    return {"target": target, "flags": flags,
            "precision": random.choice(["", "", "", "f32", "bf16"]), "disabled": disabled,
            "threads": random.choice([1, 1, 2, 3]),
            # Images that moec-split-batch is asked for; 0: it chooses, and small models stay whole.
            "images": random.choice([0, 1, 1, 2]) if target == "cpu" else 0}


def draw_case(random, features, simulated, passes):
    """A case as the worker reads it; `simulated`: share that also runs on the
    simulator of PTX; `passes`: those that may be left out."""
    model, train = draw_model(random)
    runs = [draw_run(random, "cpu", draw_cpu(random, features), passes)]
    if random.random() < simulated:
        runs.append(draw_run(random, random.choice(["cuda:sm_80", "cuda:sm_90a"]), {}, passes))
    rate = model["training"]["optimizer"]["learning_rate"] if train else 0
    data = {"seed": random.randrange(2**31), "rate": rate,
            "inputs": random.choice(["normal", "normal", "normal", "large", "tiny", "constant", "sparse", "shifted"]
                                     if random.random() < 0.97 else ["huge"]),
            "weights": random.choice(["init", "normal", "normal", "normal", "large", "zeros"])}
    return {"model": model, "train": train, "data": data, "runs": runs}
