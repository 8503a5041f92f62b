"""A step of soft-moe-forms.json in NumPy, its gradient by central differences in double.

usage: soft_moe_forms.py write FOLDER WEIGHTS DISPATCH COMBINE
       soft_moe_forms.py check FOLDER WEIGHTS TRAINED DISPATCH COMBINE
"""

import sys

import numpy as np

import weights_file

BATCH, TOKENS, WIDTH, EXPERTS, SLOTS, HIDDEN, RATE = 4, 6, 4, 3, 2, 5, 0.5
EXPERT = {"x.fc1.weight": (EXPERTS, WIDTH, HIDDEN), "x.fc1.bias": (EXPERTS, HIDDEN),
          "x.fc2.weight": (EXPERTS, HIDDEN, WIDTH), "x.fc2.bias": (EXPERTS, WIDTH)}
ROUTER = {"x.phi": (WIDTH, EXPERTS * SLOTS), "x.scale": ()}


def shapes(dispatch, combine):
    return {**(ROUTER if "soft" in (dispatch, combine) else {}), **EXPERT}


def softmax(x, axis):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def weights_of(form, logits, axis):
    """[batch, tokens, slots], summing to 1 along `axis` (arXiv 2308.00951, equations 1 and 3, and table 2)."""
    shape = (BATCH, TOKENS, EXPERTS * SLOTS)
    if form == "soft":
        return softmax(logits, axis)
    return np.broadcast_to(np.eye(TOKENS) if form == "identity" else np.full(shape[1:], 1 / shape[axis]), shape)


def loss(p, x, t, dispatch, combine):
    logits = None
    if "x.phi" in p:
        unit = lambda v, axis: v / np.sqrt((v**2).sum(axis, keepdims=True) + 1e-6)
        logits = unit(x, 2) @ (p["x.scale"] * unit(p["x.phi"], 0))
    rows = np.einsum("bms,bmd->bsd", weights_of(dispatch, logits, 1), x).reshape(BATCH, EXPERTS, SLOTS, WIDTH)
    h = np.einsum("bepd,edh->beph", rows, p["x.fc1.weight"]) + p["x.fc1.bias"][:, None]
    h = 0.5 * h * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))
    y = np.einsum("beph,ehd->bepd", h, p["x.fc2.weight"]) + p["x.fc2.bias"][:, None]
    y = np.einsum("bms,bsd->bmd", weights_of(combine, logits, 2), y.reshape(BATCH, -1, WIDTH))
    return (((y**2).mean(1) - t) ** 2).mean()


def write(folder, weights, dispatch, combine):
    random = np.random.default_rng(4)
    np.save(f"{folder}/train_images.npy", random.normal(size=(BATCH, TOKENS, WIDTH)).astype(np.float32))
    np.save(f"{folder}/train_targets.npy", random.normal(size=(BATCH, WIDTH)).astype(np.float32))
    weights_file.write(weights, {name: random.normal(size=shape) + (name == "x.scale")
                                 for name, shape in shapes(dispatch, combine).items()})


def check(folder, weights, trained, dispatch, combine):
    x, t = (np.load(f"{folder}/train_{name}.npy").astype(float) for name in ("images", "targets"))
    form = shapes(dispatch, combine)
    start, got = weights_file.read(weights, form), weights_file.read(trained, form)
    bad = False
    for name in form:
        gradient = np.zeros(form[name])
        for at in np.ndindex(form[name]):
            ends = []
            for step in (1e-5, -1e-5):
                p = {key: value.copy() for key, value in start.items()}
                p[name][at] += step
                ends.append(loss(p, x, t, dispatch, combine))
            gradient[at] = (ends[0] - ends[1]) / 2e-5
        error = abs(start[name] - got[name] - RATE * gradient).max() / abs(RATE * gradient).max()
        bad |= not error < 1e-4
        print(f"{name}: {'equal' if error < 1e-4 else 'DIFFERENT'} ({error:.2g})")
    sys.exit(bad)


if __name__ == "__main__":
    (write if sys.argv[1] == "write" else check)(*sys.argv[2:])
