"""Files of a model for peers that read one: ONNX from PyTorch, StableHLO from
JAX. They are made in a process of their own and kept in the work folder.

usage: python -m moecbench.export onnx|stablehlo TASK.json FILE
"""

import json
import os
import subprocess
import sys


def made(task, form):
    path = os.path.join(task["work"], f"{task['subject']}-{task['digest']}-{task['dtype']}.{form}")
    if form == "onnx":  # OpenVINO and ONNX Runtime take bf16 or not from the same file
        path = path.replace("-bf16", "-f32")
    if not os.path.exists(path):
        done = subprocess.run([sys.executable, "-m", "moecbench.export", form, task["file"], path],
                              cwd=os.path.dirname(os.path.dirname(os.path.abspath(__file__))), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode or not os.path.exists(path):
            lines = done.stdout.strip().splitlines() or ["no message"]
            raise RuntimeError(f"no {form} of it: " + ([line for line in lines if "Error" in line] or lines)[-1])
    return path


def onnx_file(task):
    return made(task, "onnx")


def stablehlo_file(task):
    return made(task, "stablehlo")


def write_onnx(task, path):
    import torch
    from .torch_models import build
    from .weights import inputs
    model = build(task).eval().requires_grad_(False)
    image = torch.from_numpy(inputs(task)["image"])
    torch.onnx.export(model, (image,), path, input_names=["image"], output_names=["logits"], dynamo=True,
                      external_data=True, verbose=False)


def write_stablehlo(task, path):
    import jax
    from .jax_models import build
    from .weights import inputs
    forward, parameters = build(task)
    image = inputs(task)["image"]

    def main(image):
        return forward(parameters, image)[0]

    exported = jax.export.export(jax.jit(main))(jax.ShapeDtypeStruct(image.shape, image.dtype))
    with open(path, "wb") as file:
        file.write(exported.mlir_module_serialized)


def main():
    form, task, path = sys.argv[1:]
    with open(task, encoding="utf-8") as file:
        task = json.load(file)
    {"onnx": write_onnx, "stablehlo": write_stablehlo}[form](task, path)


if __name__ == "__main__":
    main()
