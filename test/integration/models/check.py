"""Holds moec's models against the published equations, written again in JAX in float64: each model's file here, layers.py,
routing.py and training.py. Ends with 77 (skipped) where JAX is missing.

usage: check.py WHAT BUILD FOLDER VENV [NAME...]
  forward    logits of every family at a reduced size
  gradients  of every parameter of these, after one step of training
  losses     of the first ten steps of training these
  full       logits of full-size models
  faults     of moec or of the equations: that `forward` would notice some
VENV: a virtual environment that may have JAX; NAME: only the cases that begin so

Errors are the norm of the difference over the norm, and for losses the largest relative difference. Weights are random,
biases and scales too; images are random bytes.
"""

import os
import shutil
import sys

sys.dont_write_bytecode = True
# Small models: compiled quickly rather than well.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true")

try:
    import jax
except ImportError:
    python = os.path.join(sys.argv[4], "bin", "python") if len(sys.argv) > 4 else ""
    if os.path.exists(python) and sys.prefix != os.path.abspath(sys.argv[4]):
        os.execv(python, [python, *sys.argv])
    print("skipped: this Python has no JAX; scripts/setup installs test/requirements.txt into build/venv")
    sys.exit(77)

import numpy as np

import draws
import training
from cases import FAULTS, FULL, REDUCED
from layers import Run, Weights
from moec import STEPS, Model, weights_file

jax.config.update("jax_enable_x64", True)

FORWARD, GRADIENT, LOSS = 1e-5, 1e-4, 1e-4
# A choice that rounding in f32 could turn over compares nothing: take another seed.
MARGIN = 1e-5
# Of all gradients, what rounding in f32 may leave where there is none.
NOTHING = 1e-6


class Problems(Exception):
    pass


def error(got, want):
    return float(np.linalg.norm(np.asarray(got - want).ravel()) / np.linalg.norm(np.asarray(want).ravel()))


def expect(value, limit, what):
    if not value <= limit:
        raise Problems(f"{what}: error {value:.2g}, at most {limit:.0e} is expected")


def require_margin(margin):
    if margin < MARGIN:
        raise Problems(f"a choice of a router has a margin of {margin:.2g}, less than {MARGIN:.0e}: take another seed")


def forward(model):
    case = model.case
    images, got = model.infer()
    run = Run()
    want = case.family.forward(Weights(model.weights()), images, case.options, run)
    require_margin(float(run.margin))
    worst = error(got, want)
    expect(worst, FORWARD, "logits")
    return f"{worst:.1e}"


def batches(model, images, labels):
    order = draws.image_order(len(images), model.json["training"]["seed"], 0)
    return [(images[rows], labels[rows]) for rows in np.reshape(order, (-1, model.case.batch))]


def noise(model, step):
    return [draws.standard_normal(model.json["training"]["seed"], step, stream, shape)
            for stream, shape in enumerate(model.case.family.noise_shapes(model.case.options, model.case.batch))]


def values_of(model):
    return {name: np.asarray(value, np.float64) for name, value in model.weights().items()}


def layers_of(name, array):
    """A stack of layers layer by layer."""
    if name.split(".")[0] in ("patches", "class", "tokens", "norm", "logits"):
        return {name: array}
    return {f"{name}[{i}]": part for i, part in enumerate(array)}


def has_gradient(name, options):
    """False for what changes nothing. Attention is the same when all keys of a head move by one vector, unless they are
    normalised; a number that token mixing adds to all channels of a token is taken out by each norm that reads them."""
    return not (name.endswith("token_mlp.fc2.bias") or name.endswith("attention.key.bias") and not options.qk_norm)


def gradients(model):
    case, path = model.case, model.file("checkpoint")
    images, labels = batches(model, *model.train(1, "--checkpoint", path))[0]
    got = weights_file.tensors(path)
    loss = training.loss_function(case.family, case.options, model.json["training"])
    (_, margin), want = jax.jit(jax.value_and_grad(loss, has_aux=True))(values_of(model), images, labels, noise(model, 1))
    require_margin(float(margin))
    total = float(np.sqrt(sum((g**2).sum() for g in want.values())))
    worst, count, none = 0.0, 0, 0
    for name, gradient in want.items():
        for part, expected in layers_of(name, gradient).items():
            there = layers_of(name, got[f"{name}.momentum"])[part]
            if not has_gradient(name, case.options):
                expect(float(np.linalg.norm(expected)) / total, 1e-12, f"{part}, in float64")
                expect(float(np.linalg.norm(there)) / total, NOTHING, part)
                none += 1
                continue
            off = error(there, expected)
            expect(off, GRADIENT, f"gradient of {part}")
            worst, count = max(worst, off), count + 1
    return f"{worst:.1e} ({count} parameters" + (f", {none} that have no gradient)" if none else ")")


def losses(model):
    case, path = model.case, model.file("losses.csv")
    images, labels = model.train(STEPS, "--losses", path)
    got = np.loadtxt(path, delimiter=",")[:, 1]
    want, margin = training.train(case.family, case.options, model.json["training"], values_of(model),
                                  batches(model, images, labels), lambda step: noise(model, step))
    require_margin(margin)
    if len(got) != len(want):
        raise Problems(f"{len(got)} losses, {len(want)} are expected")
    off = np.abs(got - want) / np.abs(want)
    if not off.max() <= LOSS:
        step = int(np.argmax(~(off <= LOSS)))
        raise Problems(f"loss of step {step + 1}: {got[step]:.7g}, {want[step]:.7g} is expected")
    return f"{off.max():.1e} (from {want[0]:.3f} to {want[-1]:.3f})"


def named(cases):
    return [(case.name, case) for case in cases]


def faults():
    """What `forward` has to find different."""
    cases = dict(named(REDUCED))
    return [(f"{name}, {flag}", cases[name].told(flag)) for name, flag in FAULTS]


WHAT = {"forward": (forward, named(REDUCED), "infer"), "gradients": (gradients, named(REDUCED), "train"),
        "losses": (losses, named(REDUCED), "train"), "full": (forward, named(FULL), "infer"),
        "faults": (forward, faults(), "infer")}


def main():
    what, build, folder, _, *names = sys.argv[1:]
    check, cases, mode = WHAT[what]
    cases = [(name, case) for name, case in cases if not names or name.startswith(tuple(names))]
    different = 0
    for name, case in cases:
        try:
            result = check(Model(os.path.join(build, "bin", "moec"), folder, case, mode, sgd=what == "gradients"))
        except Problems as problem:
            different, result = different + 1, f"DIFFERENT: {problem}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # Weights of full size are gigabytes.
        print(f"{name}: {result}", flush=True)
    print(f"{len(cases)} models, {different} different")
    return 1 if not cases or different != (len(cases) if what == "faults" else 0) else 0


if __name__ == "__main__":
    sys.exit(main())
