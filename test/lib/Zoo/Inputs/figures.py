"""Holds `moec zoo --list --json` against published figures and against counts
from the equations of the papers.

usage: figures.py LIST.json

Parameters that a paper prints are met if ours are rounded to its digits, or in
the Soft MoE paper cut off, since its table does both (933.7 M is 933 M there,
668.7 M is 669 M). GFLOP are met within 2 %. The equations give the exact number
of parameters of every model, and its FLOPs, 2 for a multiply-add.
"""

import json
import math
import sys

# What papers print, and where. Mixer: without the head; Soft MoE and its dense
# models: with the 29,593 classes of JFT-4B.
MIXER, SOFT = "arXiv 2105.01601, table 1", "arXiv 2308.00951, table 8"
SPARSE = "arXiv 2109.02008, table 3"
PUBLISHED = {
    "mixer-s32": ("19 M", None, MIXER), "mixer-s16": ("18 M", None, MIXER),
    "mixer-b32": ("60 M", None, MIXER), "mixer-b16": ("59 M", None, MIXER),
    "mixer-l32": ("206 M", None, MIXER), "mixer-l16": ("207 M", None, MIXER),
    "mixer-h14": ("431 M", None, MIXER),
    "vit-s16": ("33 M", "9.2", SOFT), "vit-b16": ("108 M", "35.1", SOFT),
    "vit-l16": ("333 M", "122.9", SOFT), "vit-h14": ("669 M", "334.2", SOFT),
    "soft-moe-s16": ("933 M", "8.6", SOFT), "soft-moe-s14-256e": ("1.8 B", "13.2", SOFT),
    "soft-moe-b16": ("3.7 B", "32.0", SOFT), "soft-moe-l16": ("13.1 B", "111.1", SOFT),
    "soft-moe-h14": ("27.3 B", "284.6", SOFT), "soft-moe-h14-256e": ("54.1 B", "342.4", SOFT),
    "v-moe-15b": ("14.7 B", None, "arXiv 2106.05974, as a secondary source tells"),
    "mlit-xxs": ("0.67 M", None, "arXiv 2407.17783, abstract"),
    "sparse-s": ("21 M", None, SPARSE), "sparse-b": ("69 M", None, SPARSE), "sparse-l": ("130 M", None, SPARSE),
}


def linear(inputs, outputs):
    return inputs * outputs + outputs


def mlp(width, hidden):
    return linear(width, hidden) + linear(hidden, width)


def ends(patch, width, classes, patches):
    """Parameters and multiply-adds of patches, last norm and head."""
    pixels = 3 * patch * patch
    return (linear(pixels, width) + 2 * width + (linear(width, classes) if classes else 0),
            patches * pixels * width + width * classes)


def mixer(patch, layers, width, hidden, token_hidden, classes):
    patches = (224 // patch) ** 2
    parameters, work = ends(patch, width, classes, patches)
    parameters += layers * (4 * width + mlp(patches, token_hidden) + mlp(width, hidden))
    work += layers * 2 * patches * width * (token_hidden + hidden)
    return parameters, work


def transformer(size, classes, pooled, experts=None):
    """`experts`: (layers, what a layer of experts has, what it multiplies for an
    image); a layer of them has no other MLP."""
    patch, layers, width, hidden, heads = size
    patches = (224 // patch) ** 2
    tokens = patches if pooled else patches + 1
    parameters, work = ends(patch, width, classes, patches)
    parameters += tokens * width + (0 if pooled else width)
    norm = 2 * (width // heads) if pooled == "norm" else 0
    parameters += layers * (4 * width + 4 * linear(width, width) + norm)
    work += layers * (4 * tokens * width * width + 2 * tokens * tokens * width)
    sparse, own, own_work = experts or (0, 0, 0)
    parameters += (layers - sparse) * mlp(width, hidden) + sparse * own
    work += (layers - sparse) * 2 * tokens * width * hidden + sparse * own_work
    return parameters, work


def soft_moe(size, layers, experts, classes):
    patch, _, width, hidden, _ = size
    tokens = (224 // patch) ** 2
    return transformer(size, classes, "norm", (
        layers, width * experts + 1 + experts * mlp(width, hidden),
        3 * tokens * experts * width + experts * 2 * width * hidden))


def routed(size, layers, experts, pooled, rows):
    """`rows`: items that all experts of a layer get for an image."""
    patch, _, width, hidden, _ = size
    tokens = (224 // patch) ** 2 + (0 if pooled else 1)
    return transformer(size, 1000, pooled, (
        layers, width * experts + experts * mlp(width, hidden),
        tokens * width * experts + rows(tokens) * 2 * width * hidden))


def sparse_mlp(dense, sparse, width, hidden, token_hidden, narrow, experts, widths, classes):
    tokens, wide = 196, 392
    parameters, work = mixer(16, dense, width, hidden, token_hidden, classes)
    represent = (2 * width + linear(tokens, wide) + 2 * width + linear(width, narrow)
                 + 2 * narrow + linear(narrow, width) + 2 * width + linear(wide, tokens))
    of_experts = (wide * experts[0] + experts[0] * mlp(wide, widths[0])
                  + narrow * experts[1] + (experts[1] or 1) * mlp(narrow, widths[1]))
    chosen = 2 if experts[1] else 1
    parameters += sparse * (represent + 4 * narrow + of_experts)
    # MoE_S sends a channel to 1 expert, MoE_C a token to 2, or all to an MLP.
    work += sparse * (2 * tokens * wide * width + 2 * wide * width * narrow
                      + narrow * (wide * experts[0] + 2 * wide * widths[0])
                      + wide * (narrow * experts[1] + chosen * 2 * narrow * widths[1]))
    return parameters, work


def mlit(layers, width, hidden, last, heads, groups):
    """36 x 36 images in patches of 3 x 3, a class token, 100 classes, 2 experts an item."""
    tokens, head = 145, width // heads
    parameters = linear(27, width) + width + tokens * width + 2 * width + linear(width, 100)
    work = 144 * 27 * width + width * 100
    for i in range(layers):
        inner = math.floor((layers - 1 - i) / (layers - 1) * (hidden - last) + last + 0.5)
        experts = 3 + i // (layers // 3)
        parameters += (4 * width + 2 * linear(width, width) + 2 * linear(width, groups * head)
                       + 2 * linear(width, experts) + experts * linear(width, inner) + mlp(width, inner))
        work += tokens * (2 * width * width + 2 * width * groups * head + 2 * tokens * width
                          + width * experts + 2 * width * inner + 2 * width * inner)
    return parameters, work


S8, S12 = (8, 512, 2048, 8), (12, 384, 1536, 6)
SPARSE_B = (10, 2, 768, 3072, 384, 384, (8, 4), (704, 1536))
B, L, H = (12, 768, 3072, 12), (24, 1024, 4096, 16), (32, 1280, 5120, 16)


def derived():
    """The model as listed, and where figures are published under other
    options, that one."""
    table = {}
    for name, size in {
            "mixer-s32": (32, 8, 512, 2048, 256), "mixer-s16": (16, 8, 512, 2048, 256),
            "mixer-b32": (32, 12, 768, 3072, 384), "mixer-b16": (16, 12, 768, 3072, 384),
            "mixer-l32": (32, 24, 1024, 4096, 512), "mixer-l16": (16, 24, 1024, 4096, 512),
            "mixer-h14": (14, 32, 1280, 5120, 640)}.items():
        table[name] = mixer(*size, 1000), mixer(*size, 0)
    for name, size in {"vit-s16": (16,) + S12, "vit-b16": (16,) + B, "vit-l16": (16,) + L,
                       "vit-h14": (14,) + H}.items():
        table[name] = transformer(size, 1000, None), transformer(size, 29593, "norm")
    halves = {"s16": ((16,) + S12, 6, 128), "s14-256e": ((14,) + S12, 6, 256), "b16": ((16,) + B, 6, 128),
              "l16": ((16,) + L, 12, 128), "h14": ((14,) + H, 16, 128), "h14-256e": ((14,) + H, 16, 256)}
    for name, half in halves.items():
        table["soft-moe-" + name] = soft_moe(*half, 1000), soft_moe(*half, 29593)
        if name != "h14":
            size, layers, experts = half
            table["expert-choice-" + name] = (routed(
                size, layers, experts, "norm", lambda tokens, e=experts: e * math.ceil(tokens / e)),)
    for name, size, layers, experts in [
            ("s32", (32,) + S8, 4, 32), ("b32", (32,) + B, 6, 32), ("b16", (16,) + B, 6, 32),
            ("l32", (32,) + L, 12, 32), ("l16", (16,) + L, 12, 32), ("h14", (14,) + H, 16, 32),
            ("15b", (14, 48, 1408, 6400, 16), 24, 32), ("s32-8e", (32,) + S8, 2, 8), ("b16-8e", (16,) + B, 6, 8)]:
        both = routed(size, layers, experts, None, lambda tokens: 2 * tokens)
        if name == "s32-8e":  # The tanh layer ahead of the head.
            both = both[0] + linear(512, 512), both[1] + 512 * 512
        table["v-moe-" + name] = both, both
    table["v-moe-s16-32e"] = (routed((16,) + S12, 6, 32, "norm", lambda tokens: tokens),)
    for name, size in {
            "sparse-s": (6, 2, 512, 2048, 256, 256, (4, 0), (768, 1024)),
            "sparse-b": SPARSE_B,
            "sparse-l": (8, 6, 768, 3072, 384, 384, (16, 4), (768, 1536))}.items():
        # Its S is published with the head, B and L without.
        table[name] = sparse_mlp(*size, 1000), sparse_mlp(*size, 1000 if name == "sparse-s" else 0)
    for name, size in {"mlit-s": (15, 144, 144, 72, 8, 4), "mlit-xs": (12, 128, 96, 32, 8, 4),
                       "mlit-xxs": (9, 108, 81, 27, 6, 3)}.items():
        table[name] = mlit(*size), mlit(*size)
    return table


def meets(figure, count, cut):
    """Whether a count is printed like that, rounded or, with `cut`, cut off."""
    digits, unit = figure.split()
    places = len(digits.partition(".")[2])
    value = count / {"M": 1e6, "B": 1e9}[unit] * 10 ** places
    return round(float(digits) * 10 ** places) in ((math.floor(value), round(value)) if cut else (round(value),))


def check(row, equations, problems):
    name = row["name"]
    measured = [row] + ([row["published"]["here"]] if "published" in row else [])
    for got, (parameters, work) in zip(measured, equations):
        if got["parameters"] != parameters:
            problems.append(f"{name}: {got['parameters']} parameters, the equations give {parameters}")
        if abs(got["flops_per_image"] / (2 * work) - 1) > 1e-3:
            problems.append(f"{name}: {got['flops_per_image']} FLOPs, the equations give {2 * work}")
    if (name in PUBLISHED) != ("published" in row):
        problems.append(f"{name}: a published figure here or there alone")
    if name not in PUBLISHED or "published" not in row:
        return
    published = row["published"]
    if (published["parameters"], published.get("gflop"), published["source"]) != PUBLISHED[name]:
        problems.append(f"{name}: expected {PUBLISHED[name]}, got {published}")
    here = published["here"]
    if not meets(published["parameters"], here["parameters"], PUBLISHED[name][2] == SOFT):
        problems.append(f"{name}: {here['parameters']} parameters, published {published['parameters']}")
    gflop = published.get("gflop")
    if gflop and abs(here["flops_per_image"] / 1e9 / float(gflop) - 1) > 0.02:
        problems.append(f"{name}: {here['flops_per_image'] / 1e9} GFLOP, published {gflop}")


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = json.load(file)
    table, problems = derived(), []
    if sorted(table) != sorted(row["name"] for row in rows):
        problems.append(f"expected the models {sorted(table)}")
    else:
        for row in rows:
            check(row, table[row["name"]], problems)
    # Table 6: Sparse-B with 4 sparse layers of 12.
    if not meets("79 M", sparse_mlp(8, 4, *SPARSE_B[2:], 0)[0], False):
        problems.append("sparse-b with 4 sparse layers has not the 79 M of table 6")
    for problem in problems:
        print(f"error: {problem}")
    print(f"{len(rows)} models, {len(PUBLISHED)} of them published, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
