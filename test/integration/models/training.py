"""A training run in float64: losses, clipping, optimizers and schedules, as a model file's training section says them
(docs/model-format.md)."""

import fnmatch
import math

import jax
import jax.numpy as jnp
import numpy as np

from layers import Run, Weights

ADAM_BETA1, ADAM_BETA2, ADAM_EPS, MOMENTUM = 0.9, 0.999, 1e-8, 0.9


def softmax_cross_entropy(logits, labels, smoothing):
    """Mean over the images; `smoothing`: the share of the target that all classes get (arXiv 1512.00567)."""
    classes = logits.shape[1]
    target = (1 - smoothing) * jax.nn.one_hot(labels, classes) + smoothing / classes
    return (target * (jax.scipy.special.logsumexp(logits, 1, keepdims=True) - logits)).sum(1).mean()


def sigmoid_cross_entropy(logits, labels):
    """Each class against all others, summed (arXiv 2308.00951, section 3.1)."""
    target = jax.nn.one_hot(labels, logits.shape[1])
    return (target * jnp.logaddexp(0, -logits) + (1 - target) * jnp.logaddexp(0, logits)).sum(1).mean()


def loss_function(family, options, training):
    """(weights, images, labels, noise) to (loss, margin of the choices)."""
    node = training["nodes"][0]
    parts = training["loss"] if isinstance(training["loss"], list) else [training["loss"]]
    weight = sum(part["weight"] for part in parts if isinstance(part, dict))

    def loss(values, images, labels, noise):
        run = Run(noise)
        logits = family.forward(Weights(values), images, options, run)
        if node["op"] == "softmax_cross_entropy":
            value = softmax_cross_entropy(logits, labels, node.get("label_smoothing", 0))
        else:
            value = sigmoid_cross_entropy(logits, labels)
        return value + weight * sum(run.balance), run.margin

    return loss


def clip_scale(gradients, limit):
    norm = np.sqrt(sum((g**2).sum() for g in gradients.values()))
    return min(1, limit / (norm + 1e-6)) if limit else 1.0


def decay_of(name, optimizer):
    """Weight decay: of matrices of linear layers, routers and experts, unless a group says something else."""
    default = name.endswith(".weight") and name not in ("class.weight", "tokens.weight")
    for group in optimizer.get("groups", []):
        if fnmatch.fnmatchcase(name, group["match"]):
            if "weight_decay" in group:
                return group["weight_decay"]
            default = group.get("decay", default)
            break
    return optimizer.get("weight_decay", 0) if default else 0


def update(values, gradients, state, step, rate, optimizer):
    """AdamW (arXiv 1711.05101, algorithm 2, the decay times the learning rate), or SGD with momentum."""
    new, kept = {}, {}
    for name, value in values.items():
        g, decay = gradients[name], decay_of(name, optimizer)
        if optimizer["op"] == "sgd":
            kept[name] = optimizer.get("momentum", MOMENTUM) * state[name] + g if state else g
            new[name] = value - rate * (kept[name] + decay * value)
            continue
        b1, b2 = optimizer.get("beta1", ADAM_BETA1), optimizer.get("beta2", ADAM_BETA2)
        m, v = state[name] if state else (0, 0)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
        kept[name] = m, v
        direction = m / (1 - b1**step) / (np.sqrt(v / (1 - b2**step)) + optimizer.get("eps", ADAM_EPS))
        new[name] = value - rate * (direction + decay * value)
    return new, kept


def learning_rate(schedule, peak, step, steps):
    """Of step `step` (from 1) of `steps`; `warmup` and `cooldown` below 1 are shares of all steps."""
    def length(key):
        return schedule.get(key, 0) * (steps if schedule.get(key, 0) < 1 else 1)

    warmup, cooldown = length("warmup"), length("cooldown")
    rate = peak
    if step < warmup:
        rate *= step / warmup
    else:
        part, final = (step - warmup) / (steps - warmup), schedule.get("final", 0)
        rate *= {"warmup_linear": final + (1 - final) * (1 - part),
                 "warmup_cosine": final + (1 - final) * (1 + math.cos(math.pi * part)) / 2,
                 "warmup_rsqrt": 1 / math.sqrt(1 + (step - warmup) / schedule.get("timescale", 10000))}[schedule["op"]]
    return rate * min(1, (steps - step) / cooldown) if cooldown else rate


def train(family, options, training, values, batches, noise):
    """The loss of each step, and the smallest margin. batches: (images, labels) of each step; noise(step): that of step."""
    gradient = jax.jit(jax.value_and_grad(loss_function(family, options, training), has_aux=True))
    optimizer, state, losses, margins = training["optimizer"], None, [], []
    for step, (images, labels) in enumerate(batches, 1):
        (loss, margin), gradients = gradient(values, images, labels, noise(step))
        losses.append(float(loss))
        margins.append(float(margin))
        gradients = {name: np.asarray(g) for name, g in gradients.items()}
        scale = clip_scale(gradients, training.get("clip_norm", 0))
        rate = learning_rate(training["schedule"], optimizer["learning_rate"], step, len(batches))
        values, state = update(values, {n: g * scale for n, g in gradients.items()}, state, step, rate, optimizer)
    return losses, min(margins)
