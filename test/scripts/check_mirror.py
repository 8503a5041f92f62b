"""Tests mirror the sources: every pass and every dialect has its tests, and no
test stands where nothing is left to test.

usage: check_mirror.py ROOT
"""

import os
import re
import sys

from house import files, finish, folders, kebab

# Files of a phase that hold no pass of their own to show in a test.
NO_PASS = {"Passes", "VerifyContract", "Pipelines", "TransformOps"}
# What a phase may test besides its single passes.
PHASE_TESTS = ("verify", "pipeline", "transform-ops")
DIALECT_TESTS = ("round-trip", "errors", "canonicalization")
TESTS = (".mlir", ".test", ".json")
# Folders of test/ that stand for no source folder.
FREE = {"integration", "scripts", "Inputs"}


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def check_phase(root, phase):
    """One folder of passes/: sources, Passes.td and tests name each other."""
    problems = []
    folder, tests = f"passes/{phase}", f"test/passes/{phase}"
    present = files(os.path.join(root, tests), *TESTS)
    expected = set()
    names = list(PHASE_TESTS)
    for source in files(os.path.join(root, folder), ".cpp"):
        name = source[: -len(".cpp")]
        names.append(kebab(name))
        defined = len(re.findall(r"#define GEN_PASS_DEF_", read(root, folder, source)))
        if name in NO_PASS or defined == 0:
            # A helper of passes is shown by their tests; it may have its own.
            continue
        if defined > 1:
            problems.append(f"{folder}/{source} defines {defined} passes: one pass per file")
        expected.add(kebab(name))
        # A long test may be split: lower-to-kernel-numerics.mlir and so on.
        if not any(re.match(rf"{kebab(name)}(-[\w-]+)?\.mlir$", test) for test in present):
            problems.append(f"{folder}/{source} has no test {tests}/{kebab(name)}.mlir")
    for test in present:
        name = os.path.splitext(test)[0]
        if not any(name == e or name.startswith(e + "-") for e in names):
            problems.append(f"{tests}/{test} tests no file of {folder}/")
    if "Passes.td" in files(os.path.join(root, folder), ".td"):
        declared = re.findall(r"^def\s+(\w+?)(?:Pass)?\s*:\s*\w*Pass\s*<\s*\"([^\"]+)\"",
                              read(root, folder, "Passes.td"), re.M)
        for name, flag in declared:
            # What a phase promises the next is always checked in one place.
            if name.startswith("Verify"):
                if not os.path.isfile(os.path.join(root, folder, "VerifyContract.cpp")):
                    problems.append(f"{folder}/Passes.td: the pass {name} has no file "
                                    f"{folder}/VerifyContract.cpp")
                continue
            if not os.path.isfile(os.path.join(root, folder, name + ".cpp")):
                problems.append(f"{folder}/Passes.td: the pass {name} has no file {folder}/{name}.cpp")
            if not flag.endswith(kebab(name)):
                problems.append(f"{folder}/Passes.td: the flag --{flag} of {name} "
                                f"does not end with {kebab(name)}")
    return len(expected), problems


def check_dialect(root, dialect):
    """One folder of dialects/: the three tests, and nothing unnamed."""
    problems, tests = [], f"test/dialects/{dialect}"
    present = files(os.path.join(root, tests), *TESTS)
    for name in DIALECT_TESTS:
        if name + ".mlir" not in present:
            problems.append(f"dialects/{dialect}/ has no test {tests}/{name}.mlir")
    # A source file may have a test of its own: MoEGradientsLoss, gradients-loss.
    sources = [kebab(name[len(dialect):-len(".cpp")])
               for name in files(os.path.join(root, "dialects", dialect), ".cpp")
               if name.startswith(dialect)]
    for test in present:
        name = os.path.splitext(test)[0]
        if not name.startswith(DIALECT_TESTS) and name not in sources:
            problems.append(f"{tests}/{test}: its name begins with none of "
                            + ", ".join(DIALECT_TESTS) + ", and it tests no source file")
    return problems


def check_orphans(root):
    """Every folder of tests stands for a source folder of the same path."""
    problems = []
    test_root = os.path.join(root, "test")
    for folder, subfolders, _ in os.walk(test_root):
        path = os.path.relpath(folder, test_root)
        subfolders[:] = sorted(s for s in subfolders if s != "Inputs" and not s.startswith(("_", ".")))
        if path == ".":
            subfolders[:] = [s for s in subfolders if s not in FREE]
        elif not os.path.isdir(os.path.join(root, path)):
            problems.append(f"test/{path}/ stands for no folder {path}/")
            subfolders[:] = []
    return problems


def main():
    root = sys.argv[1]
    checked, problems = 0, check_orphans(root)
    for phase in folders(os.path.join(root, "passes")):
        count, found = check_phase(root, phase)
        checked += count
        problems += found
    for dialect in folders(os.path.join(root, "dialects")):
        checked += 1
        problems += check_dialect(root, dialect)
    finish("passes and dialects", checked, problems)


if __name__ == "__main__":
    main()
