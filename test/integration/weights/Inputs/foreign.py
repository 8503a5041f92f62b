"""Models of other projects in NumPy, with their names and layouts of weights, small and at random.

usage: foreign.py write MODEL DTYPE FOLDER   weights as FOLDER/theirs, images as FOLDER/images.npy, logits in f64
       foreign.py check FOLDER GOT           GOT, logits as .npy, against those

Written from the equations: MLP-Mixer arXiv 2105.01601, ViT 2010.11929, V-MoE 2106.05974, Soft MoE 2308.00951, with the
normalisation of queries and keys of 2302.05442. timm's weights are PyTorch's: linear layers [out, in], convolutions
[out, in, height, width]. The others' are Flax': [in, out], [height, width, in, out], attention [width, heads, size] and
[heads, size, width].
"""

import math
import sys

import numpy as np

import tensors

BATCH, IMAGE, PATCH, CHANNELS, CLASSES = 3, 12, 4, 3, 5
TOKENS, WIDTH, HIDDEN, TOKEN_HIDDEN, HEADS = 9, 16, 24, 12, 2
SIZE, EXPERTS, SLOTS, CHOICES, EPS = WIDTH // HEADS, 4, 3, 2, 1e-6


class Weights:
    """Random weights that are drawn when they are first asked for, as they are after rounding to a dtype."""

    def __init__(self, dtype):
        self.random, self.dtype, self.values = np.random.default_rng(7), dtype, {}

    def __call__(self, name, shape, fan_in=0, around=0.0):
        """fan_in 0: a bias, or a scale around 1."""
        if name not in self.values:
            value = around + self.random.normal(size=shape) * (1.5 / math.sqrt(fan_in) if fan_in else 0.2)
            self.values[name] = tensors.rounded(value, self.dtype)
        assert self.values[name].shape == tuple(shape), name
        return self.values[name]


def gelu_erf(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def softmax(x, axes):
    e = np.exp(x - x.max(axes, keepdims=True))
    return e / e.sum(axes, keepdims=True)


def normalize(x, scale, bias=0):
    mean = x.mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(((x - mean) ** 2).mean(-1, keepdims=True) + EPS) * scale + bias


class Torch:
    """Layers as PyTorch stores them."""

    gelu = staticmethod(gelu_erf)

    def __init__(self, weights):
        self.w = weights

    def norm(self, x, name):
        return normalize(x, self.w(f"{name}.weight", x.shape[-1:], around=1), self.w(f"{name}.bias", x.shape[-1:]))

    def linear(self, x, name, out):
        return x @ self.w(f"{name}.weight", (out, x.shape[-1]), x.shape[-1]).T + self.w(f"{name}.bias", (out,))

    def mlp(self, x, name, hidden):
        return self.linear(self.gelu(self.linear(x, f"{name}.fc1", hidden)), f"{name}.fc2", x.shape[-1])

    def patches(self, images, name):
        kernel = self.w(f"{name}.weight", (WIDTH, CHANNELS, PATCH, PATCH), PATCH * PATCH * CHANNELS)
        grid = images.reshape(BATCH, IMAGE // PATCH, PATCH, IMAGE // PATCH, PATCH, CHANNELS)
        return np.einsum("byixjc,ocij->byxo", grid, kernel).reshape(BATCH, TOKENS, WIDTH) + self.w(f"{name}.bias", (WIDTH,))

    def attention(self, x, name, qk_norm):
        qkv = self.linear(x, f"{name}.qkv", 3 * WIDTH).reshape(*x.shape[:2], 3, HEADS, SIZE)
        query, key, value = qkv[:, :, 0], qkv[:, :, 1], qkv[:, :, 2]
        if qk_norm:
            query, key = self.norm(query, f"{name}.q_norm"), self.norm(key, f"{name}.k_norm")
        return self.linear(mix(query, key, value).reshape(x.shape), f"{name}.proj", WIDTH)


class Flax:
    """Layers as Flax stores them, names joined by /."""

    gelu = staticmethod(gelu_tanh)

    def __init__(self, weights):
        self.w = weights

    def norm(self, x, name):
        return normalize(x, self.w(f"{name}/scale", x.shape[-1:], around=1), self.w(f"{name}/bias", x.shape[-1:]))

    def linear(self, x, name, out):
        return x @ self.w(f"{name}/kernel", (x.shape[-1], out), x.shape[-1]) + self.w(f"{name}/bias", (out,))

    def mlp(self, x, name, hidden):
        return self.linear(self.gelu(self.linear(x, f"{name}/Dense_0", hidden)), f"{name}/Dense_1", x.shape[-1])

    def patches(self, images, name):
        kernel = self.w(f"{name}/kernel", (PATCH, PATCH, CHANNELS, WIDTH), PATCH * PATCH * CHANNELS)
        grid = images.reshape(BATCH, IMAGE // PATCH, PATCH, IMAGE // PATCH, PATCH, CHANNELS)
        return np.einsum("byixjc,ijco->byxo", grid, kernel).reshape(BATCH, TOKENS, WIDTH) + self.w(f"{name}/bias", (WIDTH,))

    def attention(self, x, name, qk_norm=False):
        def project(part):
            return (np.einsum("btd,dhk->bthk", x, self.w(f"{name}/{part}/kernel", (WIDTH, HEADS, SIZE), WIDTH))
                    + self.w(f"{name}/{part}/bias", (HEADS, SIZE)))

        query, key, value = project("query"), project("key"), project("value")
        if qk_norm:
            query = normalize(query, self.w(f"{name}/query_ln/scale", (SIZE,), around=1))
            key = normalize(key, self.w(f"{name}/key_ln/scale", (SIZE,), around=1))
        return (np.einsum("bthk,hkd->btd", mix(query, key, value),
                          self.w(f"{name}/out/kernel", (HEADS, SIZE, WIDTH), WIDTH)) + self.w(f"{name}/out/bias", (WIDTH,)))

    def experts(self, x, name):
        """[batch, EXPERTS, items, WIDTH] through the expert of each."""
        def layer(x, part, out):
            return (np.einsum("beid,edo->beio", x, self.w(f"{name}/{part}/kernel", (EXPERTS, x.shape[-1], out), x.shape[-1]))
                    + self.w(f"{name}/{part}/bias", (EXPERTS, out))[:, None])

        return layer(self.gelu(layer(x, "Dense_0", HIDDEN)), "Dense_1", WIDTH)

    def soft_moe(self, x, name):
        def unit(x, axis):
            return x / np.sqrt((x**2).sum(axis, keepdims=True) + EPS)

        mu = self.w(f"{name}/Router/mu", (WIDTH, EXPERTS, SLOTS), WIDTH)
        scale = self.w(f"{name}/Router/scale", (), around=3)
        logits = np.einsum("btd,dep->btep", unit(x, -1), scale * unit(mu, 0))
        slots = np.einsum("btep,btd->bepd", softmax(logits, (1,)), x)
        return np.einsum("btep,bepd->btd", softmax(logits, (2, 3)), self.experts(slots, f"{name}/Mlp"))

    def moe(self, x, name):
        """The largest gates of a softmax, not scaled again; experts that can take all."""
        return self.routed(x, name, lambda gates: gates >= np.sort(gates, 2)[:, :, -CHOICES:][:, :, :1])

    def choosing_moe(self, x, name):
        """Experts take tokens / experts of an image, rounded to the nearest, those of the largest gates (arXiv 2202.09368)."""
        most = round(TOKENS / EXPERTS)
        return self.routed(x, name, lambda gates: gates >= np.sort(gates, 1)[:, -most:][:, :1])

    def routed(self, x, name, choose):
        gates = softmax(x @ self.w(f"{name}/Router/dense/kernel", (WIDTH, EXPERTS), WIDTH), (2,))
        kept = np.where(choose(gates), gates, 0)
        every = self.experts(np.repeat(x[:, None], EXPERTS, 1), f"{name}/Mlp")
        return np.einsum("bte,betd->btd", kept, every)


def mix(query, key, value):
    logits = np.einsum("bqhk,bthk->bhqt", query, key) / math.sqrt(SIZE)
    return np.einsum("bhqt,bthk->bqhk", softmax(logits, (3,)), value)


def with_class(x, token, positions):
    x = np.concatenate([np.broadcast_to(token, (BATCH, 1, WIDTH)), x], 1)
    return x + positions


def timm_mixer(w, images):
    net = Torch(w)
    x = net.patches(images, "stem.proj")
    for i in range(4):
        y = net.norm(x, f"blocks.{i}.norm1").swapaxes(1, 2)
        x = x + net.mlp(y, f"blocks.{i}.mlp_tokens", TOKEN_HIDDEN).swapaxes(1, 2)
        x = x + net.mlp(net.norm(x, f"blocks.{i}.norm2"), f"blocks.{i}.mlp_channels", HIDDEN)
    return net.linear(net.norm(x, "norm").mean(1), "head", CLASSES)


def timm_vit(w, images, qk_norm=False):
    net = Torch(w)
    x = net.patches(images, "patch_embed.proj")
    x = with_class(x, w("cls_token", (1, 1, WIDTH)), w("pos_embed", (1, TOKENS + 1, WIDTH)))
    for i in range(12):
        x = x + net.attention(net.norm(x, f"blocks.{i}.norm1"), f"blocks.{i}.attn", qk_norm)
        x = x + net.mlp(net.norm(x, f"blocks.{i}.norm2"), f"blocks.{i}.mlp", HIDDEN)
    return net.linear(net.norm(x, "norm")[:, 0], "head", CLASSES)


def timm_vit_qk_norm(w, images):
    return timm_vit(w, images, qk_norm=True)


def mixer(w, images):
    net = Flax(w)
    x = net.patches(images, "stem")
    for i in range(4):
        block = f"MixerBlock_{i}"
        y = net.norm(x, f"{block}/LayerNorm_0").swapaxes(1, 2)
        x = x + net.mlp(y, f"{block}/token_mixing", TOKEN_HIDDEN).swapaxes(1, 2)
        x = x + net.mlp(net.norm(x, f"{block}/LayerNorm_1"), f"{block}/channel_mixing", HIDDEN)
    return net.linear(net.norm(x, "pre_head_layer_norm").mean(1), "head", CLASSES)


def flax_tokens(net, images, encoder, class_token):
    x = net.patches(images, "embedding")
    if class_token:
        return with_class(x, net.w("cls", (1, 1, WIDTH)),
                          net.w(f"{encoder}/posembed_input/pos_embedding", (1, TOKENS + 1, WIDTH)))
    return x + net.w(f"{encoder}/posembed_input/pos_embedding", (1, TOKENS, WIDTH))


def vit(w, images, names=("MultiHeadDotProductAttention_1", "LayerNorm_2", "MlpBlock_3")):
    """`names`: those of released weights, numbered through all layers of a block."""
    net = Flax(w)
    x = flax_tokens(net, images, "Transformer", class_token=True)
    for i in range(4):
        block = f"Transformer/encoderblock_{i}"
        x = x + net.attention(net.norm(x, f"{block}/LayerNorm_0"), f"{block}/{names[0]}")
        x = x + net.mlp(net.norm(x, f"{block}/{names[1]}"), f"{block}/{names[2]}", HIDDEN)
    return net.linear(net.norm(x, "Transformer/encoder_norm")[:, 0], "head", CLASSES)


def vit_linen(w, images):
    """The names of today: each kind of layer has numbers of its own."""
    return vit(w, images, ("MultiHeadDotProductAttention_0", "LayerNorm_1", "MlpBlock_0"))


def vmoe_model(w, images, layers, class_token, qk_norm, pre_logits=0):
    """`layers`: for each the name of its expert layer in Flax, or none."""
    net = Flax(w)
    x = flax_tokens(net, images, "Encoder", class_token)
    for i, expert_layer in enumerate(layers):
        block = f"Encoder/encoderblock_{i}"
        x = x + net.attention(net.norm(x, f"{block}/LayerNorm_0"), f"{block}/SelfAttention", qk_norm)
        y = net.norm(x, f"{block}/LayerNorm_1")
        x = x + (getattr(net, expert_layer)(y, f"{block}/Moe") if expert_layer else net.mlp(y, f"{block}/Mlp", HIDDEN))
    x = net.norm(x, "Encoder/encoder_norm")
    x = x[:, 0] if class_token else x.mean(1)
    if pre_logits:
        x = np.tanh(net.linear(x, "pre_logits", pre_logits))
    return net.linear(x, "head", CLASSES)


def soft_moe(w, images):
    return vmoe_model(w, images, [None, None, "soft_moe", "soft_moe"], class_token=False, qk_norm=True)


def v_moe(w, images):
    """Two dense layers, two pairs of a dense and a sparse one, a dense one, a tanh layer ahead of the head."""
    return vmoe_model(w, images, [None, None, None, "moe", None, "moe", None], class_token=True, qk_norm=False, pre_logits=6)


def v_moe_every_1(w, images):
    return vmoe_model(w, images, [None, "moe", "moe"], class_token=False, qk_norm=True)


def expert_choice(w, images):
    return vmoe_model(w, images, [None, "choosing_moe", "choosing_moe"], class_token=False, qk_norm=True)


def main():
    if sys.argv[1] == "write":
        name, dtype, folder = sys.argv[2:]
        images = np.random.default_rng(3).integers(0, 256, (BATCH, IMAGE, IMAGE, CHANNELS), dtype=np.uint8)
        weights = Weights(dtype)
        logits = globals()[name](weights, (images / 255 - 0.5) / 0.5)
        tensors.write(f"{folder}/theirs", weights.values, dtype)
        np.save(f"{folder}/images.npy", images)
        np.save(f"{folder}/logits.npy", logits)
        return
    want, got = np.load(f"{sys.argv[2]}/logits.npy"), np.load(sys.argv[3])
    error = abs(got - want).max() / abs(want).max()
    print(f"relative error {error:.2g}")
    sys.exit(not (got.shape == want.shape and error < 1e-5))


if __name__ == "__main__":
    main()
