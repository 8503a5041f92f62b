"""JAX with XLA, jitted; a training step gives its buffers away to be reused."""

import os
import time

from . import LEARNING_RATE, STEPS
from ..weights import inputs

KINDS = ("inference", "training", "compile")
PACKAGES = ("jax",)


def refuses(case):
    return None


class Peer:
    def __init__(self, task):
        import jax
        from ..jax_models import build
        if task["kind"] != "compile":
            jax.config.update("jax_compilation_cache_dir", os.path.join(task["work"], "jax-cache"))
        self.task, given = task, inputs(task)
        self.image, self.label = jax.device_put(given["image"]), jax.device_put(given["label"])
        self.forward, self.parameters = build(task)
        if task["trains"]:
            self.prepare_training()
            return
        infer = jax.jit(lambda parameters, image: self.forward(parameters, image)[0])
        start = time.perf_counter()
        self.infer = infer.lower(self.parameters, self.image).compile()
        self.compile_seconds = time.perf_counter() - start

    def loss(self, parameters, image, label):
        import jax
        import jax.numpy as jnp
        logits, balance = self.forward(parameters, image)
        target = jax.nn.one_hot(label, logits.shape[1])
        if self.task["recipe"]["loss"] == "sigmoid_cross_entropy":
            value = -(target * jax.nn.log_sigmoid(logits) + (1 - target) * jax.nn.log_sigmoid(-logits)).sum(1)
        else:
            value = -(target * jax.nn.log_softmax(logits)).sum(1)
        return jnp.mean(value) + balance

    def prepare_training(self):
        import jax
        from ..jax_models import adamw
        decaying = set(self.task["decay"])
        self.state = adamw.begin(self.parameters)

        def step(parameters, state, image, label):
            value, gradients = jax.value_and_grad(self.loss)(parameters, image, label)
            return *adamw.update(parameters, gradients, state, self.task["recipe"], LEARNING_RATE, decaying), value

        start = time.perf_counter()
        self.step = jax.jit(step, donate_argnums=(0, 1)).lower(
            self.parameters, self.state, self.image, self.label).compile()
        self.compile_seconds = time.perf_counter() - start

    def run(self):
        import jax
        if self.task["trains"]:
            self.parameters, self.state, loss = self.step(self.parameters, self.state, self.image, self.label)
            return jax.block_until_ready(loss)
        return jax.block_until_ready(self.infer(self.parameters, self.image))

    def result(self):
        import numpy
        if self.task["trains"]:
            return numpy.array([self.run() for _ in range(STEPS)])
        return numpy.asarray(self.run())
