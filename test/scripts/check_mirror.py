"""Tests mirror the sources: every file of passes/, every dialect and every
folder elsewhere has its tests, and no test stands where nothing is left to test.

usage: check_mirror.py ROOT
"""

import os
import re
import sys

from house import files, finish, folders, kebab

# Files of a phase without a test of their name, and why.
NO_TEST = {
    "Passes": "registers the passes of its phase and lists them in order; compiled models are the tests",
}
# The same for whole folders of the other parts of the tree.
PARTS = ("lib", "lib/Target", "runtime", "tools")
NO_FOLDER = {
    "lib/Registration": "lists dialects and passes; every tool is its test",
    "tools/moec": "the main function of lib/Driver, which test/integration runs",
    "tools/moec-run": "the main function of runtime/tool",
}
# What a phase may test besides its single files.
PHASE_TESTS = ("pipeline",)
DIALECT_TESTS = ("round-trip", "errors", "canonicalization")
# Where ops of it are differentiable.
MORE_DIALECT_TESTS = ("gradients",)
TESTS = (".mlir", ".test", ".json")
# Folders of test/ that stand for no source folder.
FREE = {"fuzz", "integration", "scripts", "Inputs"}


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def check_phase(root, phase):
    """One folder of passes/: sources, Passes.td and tests name each other."""
    problems = []
    folder, tests = f"passes/{phase}", f"test/passes/{phase}"
    present = files(os.path.join(root, tests), *TESTS)
    # Programs of GoogleTest; what helps them has no Test in its name.
    programs = files(os.path.join(root, tests), "Test.cpp")
    beside = set(files(os.path.join(root, tests), ".cpp"))
    sources = [name[: -len(".cpp")] for name in files(os.path.join(root, folder), ".cpp")]
    for name in sources:
        if len(re.findall(r"#define GEN_PASS_DEF_", read(root, folder, name + ".cpp"))) > 1:
            problems.append(f"{folder}/{name}.cpp defines several passes: one pass per file")
        # It may be split, or have a program beside it: lower-to-kernel.mlir and
        # lower-to-kernel-numerics.mlir, address-expr.mlir and AddressExprTest.cpp.
        stem = kebab(name)
        tested = f"{stem}.mlir" in present or f"{stem}.test" in present
        if name in NO_TEST:
            continue
        if not tested:
            problems.append(f"{folder}/{name}.cpp has no test {tests}/{stem}.mlir or {stem}.test")
    stems = [kebab(name) for name in sources] + list(PHASE_TESTS)
    for test in present:
        name = os.path.splitext(test)[0]
        if not any(name == stem or name.startswith(stem + "-") for stem in stems):
            problems.append(f"{tests}/{test} tests no file of {folder}/")
    for program in programs:
        name = program[: -len("Test.cpp")]
        # The tests of LowerContract may be split too, and a helper of tests
        # may have its own.
        if not any(name.startswith(source) for source in sources) and name + ".cpp" not in beside:
            problems.append(f"{tests}/{program} tests no file of {folder}/")
    if "Passes.td" in files(os.path.join(root, folder), ".td"):
        declared = re.findall(r"^def\s+(\w+?)(?:Pass)?\s*:\s*\w*Pass\s*<\s*\"([^\"]+)\"",
                              read(root, folder, "Passes.td"), re.M)
        for name, flag in declared:
            # What a phase promises the next is always checked in one place.
            if name == f"Verify{phase}":
                if not os.path.isfile(os.path.join(root, folder, "VerifyContract.cpp")):
                    problems.append(f"{folder}/Passes.td: the pass {name} has no file "
                                    f"{folder}/VerifyContract.cpp")
                continue
            if not os.path.isfile(os.path.join(root, folder, name + ".cpp")):
                problems.append(f"{folder}/Passes.td: the pass {name} has no file {folder}/{name}.cpp")
            if not flag.endswith(kebab(name)):
                problems.append(f"{folder}/Passes.td: the flag --{flag} of {name} "
                                f"does not end with {kebab(name)}")
    return len(sources), problems


def check_dialect(root, dialect):
    """One folder of dialects/: the three tests, and nothing unnamed."""
    problems, tests = [], f"test/dialects/{dialect}"
    present = files(os.path.join(root, tests), *TESTS)
    for name in DIALECT_TESTS:
        if name + ".mlir" not in present:
            problems.append(f"dialects/{dialect}/ has no test {tests}/{name}.mlir")
    # A source file may have a test of its own: MoEVariables, variables.
    sources = [kebab(name[len(dialect):-len(".cpp")])
               for name in files(os.path.join(root, "dialects", dialect), ".cpp")
               if name.startswith(dialect)]
    for test in present:
        name = os.path.splitext(test)[0]
        if not name.startswith(DIALECT_TESTS + MORE_DIALECT_TESTS) and name not in sources:
            problems.append(f"{tests}/{test}: its name begins with none of "
                            + ", ".join(DIALECT_TESTS + MORE_DIALECT_TESTS) + ", and it tests no source file")
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


def check_parts(root):
    """Every folder of the compiler, the runtime and the tools has tests. Files
    there are parts of one whole, so that tests are named by what is tested."""
    problems, checked = [], 0
    for part in PARTS:
        for folder in folders(os.path.join(root, part)):
            path = f"{part}/{folder}"
            if not files(os.path.join(root, path), ".cpp"):
                continue
            checked += 1
            tests = files(os.path.join(root, "test", path), *TESTS, "Test.cpp")
            if path in NO_FOLDER and tests:
                problems.append(f"{path}/ has tests: take it out of NO_FOLDER in check_mirror.py")
            elif path not in NO_FOLDER and not tests:
                problems.append(f"{path}/ has no test in test/{path}/")
    return checked, problems


def main():
    root = sys.argv[1]
    checked, problems = check_parts(root)
    problems += check_orphans(root)
    for phase in folders(os.path.join(root, "passes")):
        count, found = check_phase(root, phase)
        checked += count
        problems += found
    for dialect in folders(os.path.join(root, "dialects")):
        checked += 1
        problems += check_dialect(root, dialect)
    finish("files and folders", checked, problems)


if __name__ == "__main__":
    main()
