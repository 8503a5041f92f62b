"""Dependencies run one way: dialects <- passes <- lib <- tools, and the runtime
stands alone: no file includes one above it. Within passes/ no phase includes one
that runs behind it.

usage: check_arrows.py ROOT
"""

import os
import re
import sys

from house import finish, folders, repository_files

# For each folder, what its files may include; the longest prefix of a path
# decides. What is not of the repository (MLIR, fmt, ...) is not looked at.
COMPILER = ("dialects/", "passes/", "lib/", "moec/")
# Parts of the runtime that stand alone and are linked into the compiler too
# (the library moec_format, and headers that need C++ alone).
SHARED = tuple(f"runtime/core/{name}.h"
               for name in ("Checksum", "Limits", "ModuleSeal", "StartableThreads", "Text", "Version"))
ALLOWED = {
    "dialects": ("dialects/",),
    "lib": COMPILER + SHARED,
    # `moec run` is compiler and runtime in one tool.
    "lib/Driver": COMPILER + ("runtime/",),
    "lib/PtxSim": ("lib/PtxSim/",),
    # Models as JSON, for which nothing of the compiler is needed.
    "lib/Zoo": ("lib/Zoo/",),
    "lib/PtxSim/ToolMain.cpp": ("lib/PtxSim/", "runtime/core/Text.h"),
    "runtime": ("runtime/", "moec/Runtime/"),
    "runtime/core": ("runtime/core/", "moec/Runtime/", "moec/Commit.inc"),
    # Devices and data know nothing of each other; api/ has the lists of them.
    "runtime/cpu": ("runtime/core/", "runtime/cpu/"),
    "runtime/cuda": ("runtime/core/", "runtime/cuda/"),
    "runtime/data": ("runtime/core/", "runtime/data/"),
    "runtime/weights": ("runtime/core/", "runtime/data/", "runtime/weights/"),
    "runtime/train": ("runtime/core/", "runtime/data/", "runtime/train/"),
    # The adapter between two that stand alone.
    "runtime/sim": ("runtime/sim/", "runtime/core/", "lib/PtxSim/"),
    "tools": COMPILER + ("runtime/", "tools/"),
    "include/moec": ("moec/",),
    "include/moec/Runtime": ("moec/Runtime/",),
}
# The folders of passes/ in the order in which they run; those of one line stand
# side by side. A library is no phase: what follows it may include it.
PHASES = (
    ("Model",),
    ("Autodiff",),
    ("Fusion",),
    ("Precision",),
    ("Codegen",),
    ("Schedule",),
    ("Memory",),
    ("CPU", "GPU"),
)
LIBRARIES = {"Codegen"}
# What files of passes/ itself, and with them all phases, may include.
OF_ALL_PHASES = ("dialects/", "passes/Pipeline.h", "passes/Remarks.h")
OF_ONE_PHASE = {
    # Plans keep to the limits of what a module may hold, which the runtime checks.
    "Memory": ("runtime/core/Limits.h",),
}
# Where the driver says in which order phases run.
DRIVER = "lib/Driver/Phases.cpp"
OWN = ("dialects/", "passes/", "lib/", "runtime/", "tools/", "test/", "bench/", "moec/")
SOURCES = (".cpp", ".h", ".c", ".td", ".inc", ".def", ".in")


def phase_rules():
    """What each folder of passes/ may include: itself and what stands before
    it; a library, which knows no phase, itself alone."""
    rules, ahead = {"passes": OF_ALL_PHASES}, OF_ALL_PHASES
    for side_by_side in PHASES:
        for name in side_by_side:
            before = OF_ALL_PHASES if name in LIBRARIES else ahead
            rules[f"passes/{name}"] = before + (f"passes/{name}/",) + OF_ONE_PHASE.get(name, ())
        ahead += tuple(f"passes/{name}/" for name in side_by_side)
    return rules


def check_order(root):
    """PHASES names the folders of passes/, in the driver's order."""
    listed = [name for side_by_side in PHASES for name in side_by_side]
    problems = [f"passes/{name}/ has no place in the order of phases: add it to PHASES in check_arrows.py"
                for name in folders(os.path.join(root, "passes")) if name not in listed]
    path = os.path.join(root, DRIVER)
    if os.path.isfile(path):
        with open(path, encoding="utf-8") as file:
            run = re.findall(r"::build(\w+)Pipeline", file.read())
        expected = [name for name in listed if name in run]
        if run != expected:
            problems.append(f"{DRIVER} runs {', '.join(run)}; expected, as in PHASES of check_arrows.py, "
                            + ", ".join(expected))
    return problems


def rule_of(path, rules):
    """The key of `rules` for a file, or None."""
    while path:
        if path in rules:
            return path
        path = os.path.dirname(path)
    return None


def main():
    root = sys.argv[1]
    rules = {**ALLOWED, **phase_rules()}
    checked, problems = 0, check_order(root)
    for path in repository_files(root):
        rule = rule_of(path, rules)
        if rule is None or not path.endswith(SOURCES):
            continue
        checked += 1
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        for number, line in enumerate(text.splitlines(), 1):
            found = re.match(r'\s*#?\s*include\s+["<]([^">]+)[">]', line)
            if found and found.group(1).startswith(OWN) and not found.group(1).startswith(rules[rule]):
                problems.append(f"{path}:{number} includes {found.group(1)}; expected, below {rule}: "
                                + ", ".join(rules[rule]))
    finish("files", checked, problems)


if __name__ == "__main__":
    main()
