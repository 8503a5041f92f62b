"""All phases have one form, and what is particular to a target stays in its folder.

usage: check_phases.py ROOT

Each folder of passes/ has, called by its name (here Fusion): the functions
buildFusionPipeline(OpPassManager &, PassPredicate) and registerFusionPhase() in
the namespace moec::fusion, which is that of all its files; the pipeline
moec-fusion-pipeline, which ends with moec-verify-fusion (VerifyContract.cpp);
remarks of the category Fusion; a README.md. A folder may have further pipelines of
that form, which the same function registers (CPU has moec-llvm-pipeline, which ends
with moec-verify-llvm). Each folder of lib/Target is a line
of Targets.def, and no other code names its machines.
"""

import os
import re
import sys

from house import files, finish, folders, repository_files

# Folders of passes/ that are no phase, and why.
NO_PHASE = {"Codegen": "what the back ends share; its passes are part of their pipelines"}
# Code that may name GPUs: the target's own, and the simulator of their code.
OWN_NAMES = ("lib/Target/NVIDIA/", "lib/PtxSim/")


def read(*path):
    path = os.path.join(*path)
    if not os.path.isfile(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def without_comments(text):
    return re.sub(r"//[^\n]*", "", text)


def body_of(text, function):
    """The text between the braces of a function that is defined at the left margin."""
    found = re.search(rf"^void {function}\([^)]*\) {{\n(.*?)^}}", text, re.M | re.S)
    return found.group(1) if found else ""


def check_phase(root, phase):
    folder, name = f"passes/{phase}", phase.lower()
    problems = []

    def expect(held, what):
        if not held:
            problems.append(f"{folder}/{what}")

    header, source = read(root, folder, "Passes.h"), read(root, folder, "Passes.cpp")
    register = f"register{phase}Phase"
    expect(f"void {register}();" in header, f"Passes.h: expected void {register}()")
    found = re.findall(r"\bbuild(\w+)Pipeline\(", without_comments(header + source))
    for pipeline in sorted({phase, *found}):
        build, flag = f"build{pipeline}Pipeline", pipeline.lower()
        expect(re.search(rf"void {build}\(mlir::OpPassManager &\w+,\s*PassPredicate \w+\);", header),
               f"Passes.h: expected void {build}(mlir::OpPassManager &pm, PassPredicate wants)")
        expect(f'registerPipeline("moec-{flag}-pipeline"' in body_of(source, register),
               f"Passes.cpp: expected {register} to register the pipeline moec-{flag}-pipeline")
        passes = re.findall(r"create\w+\(", body_of(source, build))
        expect(passes and passes[-1] == f"createVerify{pipeline}Pass(",
               f"Passes.cpp: expected {build} to end with createVerify{pipeline}Pass()")
        expect(f'"moec-verify-{flag}"' in read(root, folder, "Passes.td"),
               f"Passes.td: expected the pass moec-verify-{flag}")
    expect(read(root, folder, "VerifyContract.cpp"),
           "VerifyContract.cpp: expected what this phase promises the next")
    expect(read(root, folder, "README.md").strip(), "README.md: expected what goes in and what comes out")
    expect(f"{name}::{register}();" in read(root, "lib/Registration/InitAll.cpp"),
           f"Passes.h: expected lib/Registration/InitAll.cpp to call {name}::{register}()")
    return problems


def check_folder(root, phase):
    """Namespaces and categories of remarks; of folders that are no phase too."""
    problems, name = [], phase.lower()
    for file in files(os.path.join(root, "passes", phase), ".cpp", ".h"):
        text = without_comments(read(root, "passes", phase, file))
        for space in re.findall(r"^namespace (moec(?:::\w+)*) {", text, re.M):
            if space != f"moec::{name}":
                problems.append(f"passes/{phase}/{file}: expected namespace moec::{name}, got {space}")
        said = re.findall(r'category\(\s*"([^"]*)"', text)
        said += re.findall(r'remarkAbout\(\s*[^,()]+,\s*"[^"]*",\s*"([^"]*)"', text)
        for category in said:
            if category != phase:
                problems.append(f"passes/{phase}/{file}: expected remarks of category {phase}, got {category}")
    return problems


def check_targets(root):
    listed = re.findall(r"^MOEC_TARGET\((\w+)\)", read(root, "lib/Target/Targets.def"), re.M)
    present = folders(os.path.join(root, "lib/Target"))
    problems = [f"lib/Target/{name}/ is no line of lib/Target/Targets.def" for name in present if name not in listed]
    problems += [f"lib/Target/Targets.def: {name} has no folder" for name in listed if name not in present]
    for path in repository_files(root):
        if not path.startswith(("dialects/", "passes/", "lib/", "tools/")) or path.startswith(OWN_NAMES):
            continue
        if not path.endswith((".cpp", ".h")):
            continue
        for text in re.findall(r'"((?:[^"\\\n]|\\.)*)"', without_comments(read(root, path))):
            if re.search(r"\bcuda\b|\bsm_\d", text):
                problems.append(f'{path} names a machine, "{text}": ask its kernel.machine or its target')
    return problems


def main():
    root = sys.argv[1]
    phases = folders(os.path.join(root, "passes"))
    problems = check_targets(root)
    for phase in phases:
        problems += check_folder(root, phase)
        if phase not in NO_PHASE:
            problems += check_phase(root, phase)
    finish("phases", len(phases), problems)


if __name__ == "__main__":
    main()
