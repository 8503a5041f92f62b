"""Holds the maps of weights against the projects that they are for: small models of those projects, made by their own code,
with weights at random; logits are the same, and what a map cannot express is refused. Ends with 77 (skipped) where no Python
has them.

usage: projects.py timm|flax BUILD FOLDER VENV [full | CASE...]
  timm   needs timm, in VENV or in the Python that MOEC_TORCH_PYTHON names
  flax   needs google-research/vision_transformer (vit_jax) and google-research/vmoe, with the flax, einops and ml_collections
         that they use, in VENV or in the Python that MOEC_FLAX_PYTHON names; PYTHONPATH may name checkouts of both
  full   models of published size, in place of small ones: minutes, 16 GB of memory and 8 GB of disk
"""

import importlib
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
PROJECT, BUILD, FOLDER, VENV = sys.argv[1:5]
NEEDS = {"timm": ("timm", "MOEC_TORCH_PYTHON"), "flax": ("vit_jax.models_vit, vmoe.nn.vit_moe", "MOEC_FLAX_PYTHON")}
os.environ.update(OMP_NUM_THREADS="1", JAX_PLATFORMS="cpu")
BATCH, FULL_BATCH = 4, 8
# Of f32, and of experts that take and give bf16: the norm of the difference over the norm.
EXACT, BFLOAT16 = 1e-5, 1e-2


def with_the_project():
    """Starts again with a Python that has it."""
    modules, variable = NEEDS[PROJECT]
    pythons = [os.environ.get(variable, ""), sys.executable, os.path.join(VENV, "bin", "python")]
    for python in filter(os.path.exists, pythons):
        found = subprocess.run([python, "-c", f"import {modules}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if found.returncode == 0:
            os.execve(python, [python, *sys.argv], dict(os.environ, MOEC_PROJECT_FOUND="1"))
        reason = (found.stdout.strip().splitlines() or ["no message"])[-1]
        print(f"{python}: {reason}")
    print(f"skipped: no Python has {modules}; {variable} may name one")
    sys.exit(77)


def moec(*words):
    return subprocess.run([os.path.join(BUILD, "bin", "moec"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def must(*words):
    done = moec(*words)
    if done.returncode:
        raise RuntimeError(f"moec {' '.join(words)}: exit code {done.returncode}\n{done.stderr}")


def convert(folder, values, options, name_map, batch):
    """Writes m.json, and theirs as F32 -> the run of moec weights convert, which writes w."""
    tensors.write(f"{folder}/theirs", values)
    must("zoo", *options, "--batch", str(batch), "-o", f"{folder}/m.json")
    return moec("weights", "convert", f"{folder}/m.json", f"{folder}/theirs", "--map", name_map, "-o", f"{folder}/w")


def compare(case, folder):
    """-> what is wrong, or nothing."""
    full = case in models.FULL
    name_map, options = (models.FULL if full else models.CASES)[case][-2:]
    batch = FULL_BATCH if full else BATCH
    values, images, want = models.make(case, batch)
    done = convert(folder, values, options.split(), name_map, batch)
    del values
    if done.returncode:
        return done.stderr
    np.save(f"{folder}/images.npy", images)
    must("run", f"{folder}/m.json", "--weights", f"{folder}/w", "--input", f"@{folder}/images.npy", "--output", f"@{folder}/got.npy")
    got = np.load(f"{folder}/got.npy").astype(float)
    if got.shape != want.shape:
        return f"{got.shape}, expected {want.shape}"
    error = np.linalg.norm(got - want) / np.linalg.norm(want)
    limit = BFLOAT16 if case.endswith("bfloat16") else EXACT
    print(f"{PROJECT} {case}: error {error:.2g}", flush=True)
    return "" if error <= limit else f"error {error:.2g}, at most {limit:.0e} is expected"


def refuse(case, folder):
    """-> what is wrong, or nothing."""
    make, name_map, options, tensor = models.REFUSED[case]
    done = convert(folder, make(), options.split(), name_map, BATCH)
    if done.returncode != 1 or f'"{tensor}"' not in done.stderr or os.path.exists(f"{folder}/w"):
        return f"exit code {done.returncode}, expected 1, nothing written, and a word of {tensor}\n{done.stderr}"
    print(f"{PROJECT} {case}: refused for {tensor}", flush=True)
    return ""


def main():
    problems = []
    only = list(models.FULL) if sys.argv[5:] == ["full"] else sys.argv[5:]
    for check, cases in ((compare, models.CASES | (models.FULL if only else {})), (refuse, models.REFUSED)):
        for case in cases:
            if only and case not in only:
                continue
            folder = os.path.join(FOLDER, case)
            shutil.rmtree(folder, ignore_errors=True)
            os.makedirs(folder)
            problem = check(case, folder)
            problems += [f"{PROJECT} {case}: {problem}"] if problem else []
            if not problem:
                shutil.rmtree(folder)
    for problem in problems:
        print("error:", problem)
    sys.exit(bool(problems))


if "MOEC_PROJECT_FOUND" not in os.environ:
    with_the_project()
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "Inputs"))
import numpy as np  # noqa: E402

import tensors  # noqa: E402

models = importlib.import_module(f"{PROJECT}_models")
main()
