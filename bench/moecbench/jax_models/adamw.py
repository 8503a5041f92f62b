"""AdamW (arXiv 1711.05101, algorithm 2, as PyTorch and optax have it: the decay is
scaled by the learning rate), with clipping by the norm of all gradients."""

import jax
import jax.numpy as jnp


def begin(parameters):
    """Step number and two moments."""
    return jnp.zeros((), jnp.float32), *(jax.tree.map(jnp.zeros_like, parameters) for _ in range(2))


def update(parameters, gradients, state, recipe, learning_rate, decaying):
    """New parameters and state. `recipe`: beta1, beta2, eps, weight_decay, clip_norm;
    `decaying`: names of parameters, without the stack that they are in."""
    step, first, second = state
    step += 1
    norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in jax.tree.leaves(gradients)))
    scale = jnp.minimum(1.0, recipe["clip_norm"] / norm)
    beta1, beta2 = recipe["beta1"], recipe["beta2"]
    first = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * scale * g, first, gradients)
    second = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * jnp.square(scale * g), second, gradients)

    def moved(path, p, m, v):
        change = m / (1 - beta1 ** step) / (jnp.sqrt(v / (1 - beta2 ** step)) + recipe["eps"])
        if path[-1].key in decaying:
            change += recipe["weight_decay"] * p
        return p - learning_rate * change

    return jax.tree_util.tree_map_with_path(moved, parameters, first, second), (step, first, second)
