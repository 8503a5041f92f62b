"""Trains moco.json in NumPy, in f64: MoCo v3 (arXiv 2104.02057, algorithm 1).

usage: moco.py write FOLDER WEIGHTS                       two views of images, and start values
       moco.py losses FOLDER WEIGHTS LOSSES LOG           LOSSES and the accuracies in LOG are those of training from WEIGHTS
       moco.py trained FOLDER WEIGHTS TRAINED STEPS       TRAINED is WEIGHTS after STEPS of 5 steps
       moco.py gradients FOLDER WEIGHTS TRAINED           TRAINED is WEIGHTS less its gradients
       moco.py eval FOLDER TRAINED SAID                   SAID is what eval --json says of TRAINED
       moco.py VARIANT FOLDER WEIGHTS TRAINED STEPS       "trained", computed wrongly: "constant" momentum, "own" keys (of
                                                          the same view), "shared" statistics of batch norms, "before" (the
                                                          averages of parameters ahead of the update)

No gradient is written by hand: the derivative by each parameter is the imaginary part of the loss at p + ih. All values
have an axis in front, for networks that differ in one parameter.
"""

import json
import math
import re
import sys

import numpy as np

import weights_file

BATCH, WIDTH, LAYERS, STEPS, RATE, MOMENTUM, DECAY, TEMPERATURE = 8, 6, 2, 5, 0.02, 0.5, 0.75, 0.2
ENCODER = {"patches.weight": (4, WIDTH), "patches.bias": (WIDTH,), "norm.scale": (WIDTH,), "norm.bias": (WIDTH,)}
for part, shape in {"norm1.scale": (WIDTH,), "norm1.bias": (WIDTH,), "tokens.fc1.weight": (4, 3), "tokens.fc1.bias": (3,),
                    "tokens.fc2.weight": (3, 4), "tokens.fc2.bias": (4,), "norm2.scale": (WIDTH,), "norm2.bias": (WIDTH,),
                    "mlp.fc1.weight": (WIDTH, 7), "mlp.fc1.bias": (7,), "mlp.fc2.weight": (7, WIDTH),
                    "mlp.fc2.bias": (WIDTH,)}.items():
    ENCODER["stack." + part] = (LAYERS, *shape)
HEAD = {"fc1.weight": (0, 1), "norm1.scale": (1,), "norm1.bias": (1,), "fc2.weight": (1, 2)}
SIZES = {"projector": (WIDTH, 8, 5), "predictor": (5, 7, 5)}
SLOW = {"encoder." + name: shape for name, shape in ENCODER.items()}
SLOW.update({f"projector.{name}": tuple(SIZES["projector"][i] for i in axes) for name, axes in HEAD.items()})
PARAMETERS = {**SLOW, **{f"predictor.{name}": tuple(SIZES["predictor"][i] for i in axes) for name, axes in HEAD.items()}}
NORMS = {f"{owner}.norm{i}": (SIZES[owner.split(".")[-1]][i],)
         for owner in ("projector", "predictor", "momentum.projector") for i in (1, 2)}
STATISTICS = {f"{name}.{what}": shape for name, shape in NORMS.items() for what in ("mean", "variance")}
ALL = {**PARAMETERS, **{"momentum." + name: shape for name, shape in SLOW.items()}, **STATISTICS}


def write(folder, weights):
    random = np.random.default_rng(9)
    for split in ("train", "test"):
        images = random.integers(0, 256, (BATCH, 4, 4), dtype=np.uint8)
        np.save(f"{folder}/{split}_images.npy", images)
        # The second view: the image, mirrored and with noise.
        views = images[:, :, ::-1, None] / 255 + random.normal(size=(BATCH, 4, 4, 1)) * 0.2
        np.save(f"{folder}/{split}_targets.npy", views.astype(np.float32))
    values = {name: random.normal(size=shape) * 0.6 for name, shape in PARAMETERS.items()}
    for name in values:
        values[name] += name.endswith(".scale")
    # Averages begin elsewhere than the parameters, so that both are seen.
    values.update({"momentum." + name: values[name] + random.normal(size=shape) * 0.1 for name, shape in SLOW.items()})
    values.update({name: np.full(shape, float(name.endswith("variance"))) for name, shape in STATISTICS.items()})
    weights_file.write(weights, values)


def views(folder, split):
    first = np.load(f"{folder}/{split}_images.npy")[..., None] / 255
    return [v.reshape(BATCH, 2, 2, 2, 2).transpose(0, 1, 3, 2, 4).reshape(BATCH, 4, 4)
            for v in (first, np.load(f"{folder}/{split}_targets.npy").astype(float))]


def read(path):
    return {name: value[None] for name, value in weights_file.read(path, ALL).items()}


def layer_norm(x, p, name, part):
    x = x - x.mean(-1, keepdims=True)
    x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-6)
    return x * p[name + ".scale"][part][:, None, None] + p[name + ".bias"][part][:, None, None]


def mlp(x, p, name, i):
    w1, b1, w2, b2 = (p[f"{name}.{part}"][:, i][:, None]
                      for part in ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"))
    h = x @ w1 + b1[:, None]
    return 0.5 * h * (1 + np.tanh(math.sqrt(2 / math.pi) * (h + 0.044715 * h**3))) @ w2 + b2[:, None]


def encode(p, x, of):
    h = x @ p[of + ".patches.weight"][:, None] + p[of + ".patches.bias"][:, None, None]
    for i in range(LAYERS):
        layer = np.s_[:, i]
        y = layer_norm(h, p, of + ".stack.norm1", layer)
        h = h + mlp(y.swapaxes(2, 3), p, of + ".stack.tokens", i).swapaxes(2, 3)
        h = h + mlp(layer_norm(h, p, of + ".stack.norm2", layer), p, of + ".stack.mlp", i)
    return layer_norm(h, p, of + ".norm", np.s_[:]).mean(2)


def batch_norm(p, x, name, new):
    """By the batch, whose statistics go into `new`, or where that is None by the running ones."""
    mean, variance = p[name + ".mean"], p[name + ".variance"]
    if new is not None:
        before = new.get(name, (mean, variance))
        mean = x.mean(1)
        variance = ((x - mean[:, None]) ** 2).mean(1)
        new[name] = tuple(0.9 * b + 0.1 * now.real for b, now in zip(before, (mean, variance * BATCH / (BATCH - 1))))
    return (x - mean[:, None]) / np.sqrt(variance + 1e-5)[:, None]


def head(p, x, of, new, measured):
    h = batch_norm(p, x @ p[of + ".fc1.weight"], measured + ".norm1", new)
    h = h * p[of + ".norm1.scale"][:, None] + p[of + ".norm1.bias"][:, None]
    h = np.where(h.real > 0, h, 0)
    return batch_norm(p, h @ p[of + ".fc2.weight"], measured + ".norm2", new)


def unit(x):
    return x / np.sqrt((x * x).sum(-1, keepdims=True) + 1e-12)


def queries(p, x, new):
    z = [head(p, encode(p, v, "encoder"), "projector", new, "projector") for v in x]
    return [unit(head(p, v, "predictor", new, "predictor")) for v in z]


def keys(p, x, new, variant):
    of = "momentum.projector"
    measured = "projector" if variant == "shared" else of
    return [unit(head(p, encode(p, v, "momentum.encoder"), of, new, measured)) for v in x]


def contrast(q, k):
    """A value for each image, and whether its own key is nearest."""
    logits = q @ k.swapaxes(1, 2) / TEMPERATURE
    logits = logits - logits.real.max(2, keepdims=True)
    values = np.log(np.exp(logits).sum(2)) - np.diagonal(logits, axis1=1, axis2=2)
    return 2 * TEMPERATURE * values, logits.real.argmax(2) == np.arange(BATCH)


def terms(q, k, variant):
    pairs = [(q[0], k[0]), (q[1], k[1])] if variant == "own" else [(q[0], k[1]), (q[1], k[0])]
    return [contrast(*pair) for pair in pairs]


def loss(q, k, variant):
    return sum(values.mean(1) for values, _ in terms(q, k, variant))


def gradients(p, x, k, variant):
    result = {}
    for name in PARAMETERS:
        count = p[name].size
        step = np.eye(count).reshape(count, *p[name].shape[1:]) * 1e-30j
        moved = loss(queries({**p, name: p[name] + step}, x, {}), k, variant)
        result[name] = moved.imag.reshape(p[name].shape) / 1e-30
    return result


def train(p, folder, steps, variant=""):
    """The parameters then, and of each step the loss and the accuracies."""
    x, velocity, told = views(folder, "train"), {name: 0 for name in PARAMETERS}, []
    for step in range(1, steps + 1):
        new = {}
        q, k = queries(p, x, new), keys(p, x, new, variant)
        told.append((loss(q, k, variant)[0], [right.mean() for _, right in terms(q, k, variant)]))
        g = gradients(p, x, k, variant)
        before, p = p, dict(p)
        for name in PARAMETERS:
            velocity[name] = MOMENTUM * velocity[name] + g[name]
            p[name] = p[name] - RATE * velocity[name]
        for name, (mean, variance) in new.items():
            p[name + ".mean"], p[name + ".variance"] = mean, variance
        d = DECAY if variant == "constant" else 1 - (1 - DECAY) * (math.cos(math.pi * step / STEPS) + 1) / 2
        for name in SLOW:
            source = before if variant == "before" else p
            p["momentum." + name] = d * p["momentum." + name] + (1 - d) * source[name]
    return p, told


def compare(pairs):
    """Largest differences, each as a share of what it is measured by."""
    bad = False
    for name, got, want, by in pairs:
        error = abs(got - want).max() / by
        bad |= not error < 1e-4
        print(f"{name}: {'equal' if error < 1e-4 else 'DIFFERENT'} ({error:.2g})")
    sys.exit(bad)


def losses(folder, weights, path, log):
    _, told = train(read(weights), folder, STEPS)
    with open(path, encoding="utf-8") as file:
        got = [float(line.split(",")[1]) for line in file]
    with open(log, encoding="utf-8") as file:
        right = re.findall(r"contrast1\.accuracy ([0-9.]+) contrast2\.accuracy ([0-9.]+)", file.read())
    assert len(got) == len(right) == STEPS, (got, right)
    pairs = [(f"loss {i + 1}", np.array(got[i]), want, want) for i, (want, _) in enumerate(told)]
    compare(pairs + [(f"accuracies {i + 1}", np.array([float(r) for r in right[i]]), np.array(want), 1)
                     for i, (_, want) in enumerate(told)])


def trained(variant, folder, weights, path, steps):
    start, got = read(weights), read(path)
    want, _ = train(dict(start), folder, int(steps), variant)
    compare([(name, got[name], want[name], max(abs(want[name] - start[name]).max(), 1e-3)) for name in ALL])


def check_gradients(folder, weights, path):
    start, got = read(weights), read(path)
    x = views(folder, "train")
    want = gradients(start, x, keys(start, x, {}, ""), "")
    # Some biases ahead of a norm have none.
    largest = max(abs(g).max() for g in want.values())
    compare([(name, start[name] - got[name], want[name], max(abs(want[name]).max(), 1e-3 * largest)) for name in PARAMETERS])


def evaluate(folder, path, said):
    p, x = read(path), views(folder, "test")
    want = loss(queries(p, x, None), keys(p, x, None, ""), "")[0]
    with open(said, encoding="utf-8") as file:
        got = json.load(file)
    assert got["images"] == BATCH
    compare([("evaluation", np.array(got["loss"]), want, want)])


if __name__ == "__main__":
    named = {"write": write, "losses": losses, "gradients": check_gradients, "eval": evaluate}
    if sys.argv[1] in named:
        named[sys.argv[1]](*sys.argv[2:])
    else:
        trained("" if sys.argv[1] == "trained" else sys.argv[1], *sys.argv[2:])
