"""Layers that the families share, in plain PyTorch; and loading our weights.

Modules are named like the nodes of the zoo's models, so that each parameter
finds its array: `stack.3.mlp.fc1.weight` is layer 3 of `stack.mlp.fc1.weight`, and
`stack.6.0.mlp.down.weight` layer 0 of `stack.6.mlp.down.weight`.
"""

import torch
import torch.nn.functional as F
from torch import nn

EPS = 1e-6


def norm(width, bias=True):
    return nn.LayerNorm(width, eps=EPS, bias=bias)


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))


class TokenMlp(Mlp):
    """Mixes the tokens of [batch, tokens, width] (arXiv 2105.01601, equation 1)."""

    def forward(self, x):
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class Joined(nn.Linear):
    """Some linear layers of one input, or of each expert, as one product; `parts`: our
    names of them."""

    def __init__(self, inputs, outputs, *parts):
        super().__init__(inputs, outputs)
        self.parts = parts


class Attention(nn.Module):
    """Self-attention; queries, keys and values come from one product. With fewer
    `kv_heads` each of them serves as many heads of queries (arXiv 2305.13245)."""

    def __init__(self, width, heads, kv_heads, qk_norm):
        super().__init__()
        self.heads, self.kv_heads = heads, kv_heads
        self.qkv = Joined(width, width + 2 * kv_heads * (width // heads), "query", "key", "value")
        self.out = nn.Linear(width, width)
        if qk_norm:
            self.query_norm, self.key_norm = norm(width // heads, bias=False), norm(width // heads, bias=False)

    def forward(self, x):
        b, t, c = x.shape
        heads = self.qkv(x).reshape(b, t, -1, c // self.heads).transpose(1, 2)
        q, k, v = heads.split([self.heads, self.kv_heads, self.kv_heads], 1)
        if hasattr(self, "query_norm"):
            q, k = self.query_norm(q).to(v.dtype), self.key_norm(k).to(v.dtype)
        y = F.scaled_dot_product_attention(q, k, v, enable_gqa=self.kv_heads < self.heads)
        return self.out(y.transpose(1, 2).reshape(b, t, c))


class ExpertMlps(nn.Module):
    """One MLP for each expert, over [experts, rows, width]."""

    def __init__(self, experts, width, hidden):
        super().__init__()
        self.fc1 = Experts(experts, width, hidden)
        self.fc2 = Experts(experts, hidden, width)

    def experts(self, x):
        return self.fc2(F.gelu(self.fc1(x), approximate="tanh"))


class Experts(nn.Module):
    def __init__(self, experts, inputs, outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(experts, inputs, outputs))
        self.bias = nn.Parameter(torch.empty(experts, outputs))

    def forward(self, x):
        return torch.baddbmm(self.bias.unsqueeze(1).to(x.dtype), x, self.weight.to(x.dtype))


class TransformerLayer(nn.Module):
    """Pre-norm layer with attention; `name` is what its MLP or experts are called."""

    def __init__(self, dims, mlp, name="mlp", qk_norm=False):
        super().__init__()
        width = dims["width"]
        self.norm1, self.norm2, self.name = norm(width), norm(width), name
        self.attention = Attention(width, dims["heads"], dims["kv_heads"], qk_norm)
        self.add_module(name, mlp)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + getattr(self, self.name)(self.norm2(x))


class Model(nn.Module):
    """Pixels u8 [batch, height, width, 3] to logits [batch, classes]. A family
    says what stands between the patches and the last norm."""

    def __init__(self, dims):
        super().__init__()
        self.patch = dims["patch"]
        self.patches = nn.Linear(self.patch * self.patch * dims["channels"], dims["width"])
        self.norm = norm(dims["width"])
        self.logits = nn.Linear(dims["width"], dims["classes"])

    def body(self, x):
        raise NotImplementedError

    def pool(self, x):
        return x.mean(1)

    def forward(self, image):
        x = (image.float() / 255 - 0.5) / 0.5
        b, h, w, c = x.shape
        p = self.patch
        x = x.reshape(b, h // p, p, w // p, p, c).permute(0, 1, 3, 2, 4, 5).reshape(b, (h // p) * (w // p), p * p * c)
        return self.logits(self.pool(self.norm(self.body(self.patches(x)))))

    def balance_loss(self):
        """What layers add to the loss of a training step that has just run."""
        layers = [m for m in self.modules() if hasattr(m, "importance")]
        return 0.005 * sum(m.importance for m in layers) if layers else 0.0


class Position(nn.Module):
    """A learned vector for each position."""

    def __init__(self, tokens, width):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(tokens, width))

    def forward(self, x):
        return x + self.weight


def features_of(array, kind):
    """Of a `weight` or `bias` of experts the features of all of them side by side;
    any other as it is."""
    if kind == "weight" and array.ndim == 3:
        return array.transpose(0, 1).flatten(1)
    return array.flatten() if kind == "bias" else array


def array_of(path, module, arrays, used):
    """Our array for the parameter at `path` of `module`, in PyTorch's layout."""
    parts = path.split(".")
    # The last number is a layer's, one ahead of it belongs to the stack's name.
    numbers = [i for i, part in enumerate(parts) if part.isdigit()]
    layer = int(parts.pop(numbers[-1])) if numbers else None
    if isinstance(module, nn.LayerNorm) and parts[-1] == "weight":
        parts[-1] = "scale"
    if parts[0] == "class_token":  # our name of it is a keyword of Python
        parts[0] = "class"

    def get(names):
        key = ".".join(names)
        used.add(key)
        value = torch.from_numpy(arrays[key])
        return value if layer is None else value[layer]

    if isinstance(module, Joined):
        value = torch.cat([features_of(get(parts[:-2] + [name, parts[-1]]), parts[-1]) for name in module.parts], -1)
    else:
        value = get(parts)
    return value.T if isinstance(module, nn.Linear) and parts[-1] == "weight" else value


@torch.no_grad()
def load(model, arrays):
    """Fills the model from name -> NumPy array; all arrays have to be used."""
    used = set()
    for prefix, module in model.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            path = f"{prefix}.{name}" if prefix else name
            value = array_of(path, module, arrays, used)
            if value.shape != parameter.shape:
                raise ValueError(f"{path}: shape {tuple(parameter.shape)} here, {tuple(value.shape)} in the weights")
            parameter.copy_(value)
    if used != set(arrays):
        raise ValueError(f"weights that the model does not have: {sorted(set(arrays) - used)}")
    return model


def decays(model):
    """The parameters with and without weight decay: matrices of linear layers,
    routers and experts decay, and Soft MoE's scale."""
    with_decay, without = [], []
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            matrix = isinstance(module, (nn.Linear, Experts)) and name == "weight"
            (with_decay if matrix or name == "scale" else without).append(parameter)
    return with_decay, without
