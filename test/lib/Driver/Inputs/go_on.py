"""Compiles a model in one go, and in two for every phase that --from takes.

usage: go_on.py MODEL FOLDER TARGET

Both must give the same file. Where the names of nodes were written, of course;
without them the manifests differ in nothing else.
"""

import json
import re
import subprocess
import sys

model, folder, target = sys.argv[1:]
where = ["--target", target]
mode = ["--mode", "train"] if target == "cpu" else []  # a GPU's takes long


def moec(*arguments):
    result = subprocess.run(["moec", *arguments], capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"moec {' '.join(arguments)}: exit code {result.returncode}\n{result.stderr}")
    return result.stdout


def manifest(path, nodes=True):
    tree = json.loads(moec("inspect", "--json", path))
    for kernel in tree["kernels"]:
        if not nodes:
            kernel.pop("nodes", None)
    return tree


help_text = subprocess.run(
    ["moec", "compile", model, "--from", "none", *where], capture_output=True, text=True
).stderr
phases = re.search(r"expected one of (.*) for target", help_text).group(1).split(", ")
assert len(phases) >= 5, phases
whole = f"{folder}/whole.moec"
moec("compile", model, *mode, *where, "-o", whole)
for phase in phases:
    text, again = f"{folder}/{phase}.mlir", f"{folder}/{phase}.moec"
    emit = ["compile", model, *mode, *where, "--emit", phase, "-o", text]
    moec(*emit)
    moec("compile", "--from", phase, *where, text, "-o", again)
    if manifest(again, nodes=False) != manifest(whole, nodes=False):
        sys.exit(f"--from {phase}: another manifest than in one go")
    moec(*emit, "--locations")
    moec("compile", "--from", phase, *where, text, "-o", again)
    if manifest(again) != manifest(whole):
        sys.exit(f"--locations --from {phase}: another manifest than in one go")
    print(phase, "gives the same")
