#!/usr/bin/env python3
"""scripts/compare-models on few images: what it prints, that the models it sets
side by side cost the same, and how it answers mistakes."""
import json
import os
import pathlib
import subprocess
import sys

root, build, work = map(pathlib.Path, sys.argv[1:])
work.mkdir(parents=True, exist_ok=True)
data = pathlib.Path(os.environ.get("MOEC_DATA", "/usr/share/datasets/fashion-mnist"))
script = [sys.executable, "-B", str(root / "scripts/compare-models"), "--build", str(build),
          "--work", str(work)]


def fail(message):
    print(message)
    sys.exit(1)


for arguments, expected in ((["banana"], "unknown comparison 'banana'"),
                            (["--seeds", "0"], "at least 1"),
                            (["--data", str(work / "none"), "--images", "128"], "none")):
    done = subprocess.run([*script, *arguments], capture_output=True, text=True)
    if done.returncode == 0 or expected not in done.stderr or "Traceback" in done.stderr:
        fail(f"{arguments}: exit code {done.returncode}, {done.stderr}")

if not any(data.glob("train-images-idx3-ubyte*")):
    print(f"skipped: no Fashion-MNIST in {data}")
    sys.exit(77)
rows = work / "rows.json"
done = subprocess.run([*script, "--images", "256", "--epochs", "1", "--seeds", "1",
                       "--output", str(rows)], capture_output=True, text=True)
if done.returncode:
    fail(done.stderr)
models = json.loads(rows.read_text())
if [m["model"] for m in models] != ["Soft MoE", "Experts Choice", "Tokens Choice",
                                    "dense", "Sparse-MLP", "MLP-Mixer",
                                    "mLiT, pre-trained", "mLiT"]:
    fail(f"models: {models}")
for name in ("experts", "mixers", "pretraining"):
    costs = [m["mflop"] for m in models if m["comparison"] == name]
    if max(costs) > 1.04 * min(costs):
        fail(f"{name} are not of equal cost: {costs} MFLOP")
for model in models:
    if not 0.05 < model["accuracies"][0] <= 1:
        fail(f"accuracy: {model}")
    if f"| {model['model']} | " not in done.stdout:
        fail(f"no row of {model['model']}:\n{done.stdout}")
print(done.stdout)
