"""Models of docs/model-format.md in PyTorch, written from the papers that the
ops name, to compare with and to time against. Nothing here uses moec."""

import math

import torch
import torch.nn.functional as F


def size(value, model, given=None):
    """A size, which may be a name of `dims`."""
    if isinstance(value, str):
        if value == "batch" and given is not None:
            return given
        value = model["dims"][value]
    return value[0] if isinstance(value, list) else value


def route(gates, k, capacity, by_importance):
    """V-MoE (arXiv 2106.05974): first choices before second ones, item by item;
    an expert keeps the first `capacity`. Weights [items, k], 0 where dropped,
    and experts [items, k]."""
    items, experts = gates.shape
    order = torch.argsort(gates, dim=1, descending=True, stable=True)[:, :k]
    weights = gates.gather(1, order)
    if by_importance:
        rank = torch.argsort(weights[:, 0], descending=True, stable=True)
    else:
        rank = torch.arange(items, device=gates.device)
    flat = order[rank].T.reshape(-1)
    one_hot = F.one_hot(flat, experts)
    position = (one_hot.cumsum(0) * one_hot).sum(1) - 1
    kept = torch.empty(items, k, dtype=torch.bool, device=gates.device)
    kept[rank] = (position < capacity).reshape(k, items).T
    return weights * kept, order, kept


class Model:
    """Callable: inputs by name -> outputs by name. `parameters`: name -> tensor;
    `dtype` is what contractions multiply."""

    def __init__(self, model, parameters, dtype=torch.float32, training=False):
        self.model, self.p, self.dtype, self.training = model, parameters, dtype, training

    def __call__(self, inputs):
        self.experts = {}
        known = dict(inputs)
        self.batch = next(iter(inputs.values())).shape[0]
        self.walk(self.model["nodes"], known, "", None)
        outputs = {}
        for name in self.model["outputs"]:
            outputs[name] = known[name] if name in known else torch.stack(self.experts[name]).mean(0)
        return outputs

    def walk(self, nodes, known, prefix, layer):
        waiting = list(nodes)
        while waiting:
            ready = [n for n in waiting if all(i in known for i in n["inputs"])]
            for item in ready:
                arguments = [known[i] for i in item["inputs"]]
                known[item["name"]] = getattr(self, item["op"])(item, prefix + item["name"], layer, *arguments)
                waiting.remove(item)

    def get(self, name, layer):
        value = self.p[name]
        return value if layer is None else value[layer]

    def multiply(self, a, b):
        return (a.to(self.dtype) @ b.to(self.dtype)).float()

    # --- ops -----------------------------------------------------------------

    def repeat(self, item, name, _, x):
        block = self.model["blocks"][item["block"]]
        start = next(iter(block["inputs"]))
        for layer in range(size(item["count"], self.model)):
            known = {start: x}
            self.walk(block["nodes"], known, name + ".", layer)
            x = known[block["outputs"][0]]
        return x

    def add(self, item, name, layer, *values):
        return sum(values[1:], values[0])

    def activation(self, item, name, layer, x):
        return F.gelu(x, approximate="none" if item.get("form") == "gelu_erf" else "tanh")

    def norm(self, name, layer, x, eps=1e-6):
        return F.layer_norm(x, x.shape[-1:], self.get(name + ".scale", layer), self.get(name + ".bias", layer), eps)

    def layer_norm(self, item, name, layer, x):
        return self.norm(name, layer, x, item.get("eps", 1e-6))

    def dense(self, name, layer, x, bias=True):
        y = self.multiply(x, self.get(name + ".weight", layer))
        return y + self.get(name + ".bias", layer) if bias else y

    def linear(self, item, name, layer, x):
        bias = item.get("bias", True)
        if item.get("axis") == "tokens":
            return self.dense(name, layer, x.transpose(1, 2), bias).transpose(1, 2)
        return self.dense(name, layer, x, bias)

    def mean(self, item, name, layer, x):
        return x.mean(2 if item.get("axis") == "channels" else 1)

    def mlp(self, item, name, layer, x):
        y = F.gelu(self.dense(name + ".fc1", layer, x), approximate="tanh")
        return self.dense(name + ".fc2", layer, y)

    def token_mlp(self, item, name, layer, x):
        return self.mlp(item, name, layer, x.transpose(1, 2)).transpose(1, 2)

    def normalize(self, item, name, layer, x):
        return (x.float() / 255 - item["mean"]) / item["std"]

    def patch_embed(self, item, name, layer, x):
        side = size(item["patch"], self.model)
        b, h, w, c = x.shape
        x = x.reshape(b, h // side, side, w // side, side, c).permute(0, 1, 3, 2, 4, 5)
        return self.dense(name, layer, x.reshape(b, (h // side) * (w // side), side * side * c))

    def position_embedding(self, item, name, layer, x):
        return x + self.get(name + ".weight", layer)

    def attention(self, item, name, layer, x):
        b, t, c = x.shape
        heads = size(item["heads"], self.model)
        shared = heads // size(item.get("kv_heads", heads), self.model)
        q, k, v = (self.dense(f"{name}.{part}", layer, x).reshape(b, t, -1, c // heads).transpose(1, 2)
                   for part in ("query", "key", "value"))
        k, v = (part.repeat_interleave(shared, 1) for part in (k, v))
        weights = torch.softmax(self.multiply(q, k.transpose(2, 3)) / math.sqrt(c // heads), -1)
        return self.dense(name + ".out", layer, self.multiply(weights, v).transpose(1, 2).reshape(b, t, c))

    def re_represent(self, item, name, layer, x):
        # The first norm belongs to the first projection.
        for step in (1, 2):
            over_tokens = (item.get("first", "tokens") == "tokens") == (step == 1)
            x = self.norm(f"{name}.norm{step}", layer, x)
            axis = "tokens" if over_tokens else "channels"
            if over_tokens:
                x = x.transpose(1, 2)
            x = F.gelu(self.dense(f"{name}.{axis}", layer, x), approximate="tanh")
            if over_tokens:
                x = x.transpose(1, 2)
        return x

    def expert_mlp(self, name, layer, x):
        """x [experts, rows, channels]."""
        y = self.multiply(x, self.get(name + ".fc1.weight", layer)) + self.get(name + ".fc1.bias", layer).unsqueeze(1)
        y = F.gelu(y, approximate="tanh")
        return self.multiply(y, self.get(name + ".fc2.weight", layer)) + self.get(name + ".fc2.bias", layer).unsqueeze(1)

    def moe(self, item, name, layer, x):
        over_channels = item.get("over") == "channels"
        if over_channels:
            x = x.transpose(1, 2)
        b, t, c = x.shape
        items = x.reshape(b * t, c)
        experts, k = size(item["experts"], self.model), int(item.get("k", 1))
        factor = item.get("capacity_factor", 1.2) if self.training else item.get("eval_capacity_factor", 2.0)
        capacity = math.ceil(k * b * t * factor / experts - 1e-9)
        # The router stays in f32.
        gates = torch.softmax(items @ self.get(name + ".router.weight", layer), 1)
        self.experts.setdefault(name + ".experts", []).append(gates.reshape(b, t, experts).mean(1))
        weights, order, kept = route(gates, k, capacity, item.get("priority") == "importance")
        # Rows of each expert, in a buffer with one more row for what is dropped.
        one_hot = F.one_hot(order, experts) * kept.unsqueeze(-1)
        flat = one_hot.reshape(-1, experts)
        slot = (flat.cumsum(0) * flat).sum(1).reshape(b * t, k) - 1
        place = torch.where(kept, order * capacity + slot, torch.full_like(order, experts * capacity))
        buffer = items.new_zeros(experts * capacity + 1, c)
        buffer = buffer.index_copy(0, place.reshape(-1), items.repeat_interleave(k, 0))
        y = self.expert_mlp(name, layer, buffer[:-1].reshape(experts, capacity, c))
        y = torch.cat([y.reshape(-1, c), y.new_zeros(1, c)])
        y = (y[place.reshape(-1)].reshape(b * t, k, c) * weights.unsqueeze(-1)).sum(1).reshape(b, t, c)
        return y.transpose(1, 2) if over_channels else y

    def soft_moe(self, item, name, layer, x):
        experts, slots = size(item["experts"], self.model), size(item["slots"], self.model)
        b, t, c = x.shape
        phi = self.get(name + ".phi", layer)
        normed = x / torch.sqrt((x * x).sum(-1, keepdim=True) + 1e-6)
        phi = self.get(name + ".scale", layer) * phi / torch.sqrt((phi * phi).sum(0, keepdim=True) + 1e-6)
        logits = self.multiply(normed, phi)
        dispatch, combine = torch.softmax(logits, 1), torch.softmax(logits, 2)
        self.experts.setdefault(name + ".experts", []).append(combine.reshape(b, t, experts, slots).sum(-1).mean(1))
        rows = self.multiply(dispatch.transpose(1, 2), x)
        rows = rows.reshape(b, experts, slots, c).transpose(0, 1).reshape(experts, b * slots, c)
        y = self.expert_mlp(name, layer, rows)
        y = y.reshape(experts, b, slots, c).transpose(0, 1).reshape(b, experts * slots, c)
        return self.multiply(combine, y)


def tensor(item):
    """An array of arrays.py as a tensor."""
    dtype = {"F32": torch.float32, "I32": torch.int32, "U8": torch.uint8}[item[0]]
    return torch.frombuffer(bytearray(item[2]), dtype=dtype).reshape(item[1])
