"""Dependencies run one way: dialects <- passes <- lib <- tools, and the runtime
stands alone: no file includes one above it.

usage: check_arrows.py ROOT
"""

import os
import re
import sys

from house import finish, repository_files

# For each folder, what its files may include; the longest prefix of a path
# decides. What is not of the repository (MLIR, fmt, ...) is not looked at.
COMPILER = ("dialects/", "passes/", "lib/", "moec/")
# Parts of the runtime that stand alone and are linked into the compiler too
# (the library moec_format, and headers that need C++ alone).
SHARED = tuple(f"runtime/core/{name}.h"
               for name in ("Checksum", "Limits", "ModuleSeal", "StartableThreads", "Text", "Version"))
ALLOWED = {
    "dialects": ("dialects/",),
    # Plans keep to the limits of what a module may hold.
    "passes": ("dialects/", "passes/", "runtime/core/Limits.h"),
    "lib": COMPILER + SHARED,
    # `moec run` is compiler and runtime in one tool.
    "lib/Driver": COMPILER + ("runtime/",),
    "lib/PtxSim": ("lib/PtxSim/",),
    "lib/PtxSim/ToolMain.cpp": ("lib/PtxSim/", "runtime/core/Text.h"),
    "runtime": ("runtime/", "moec/Runtime/"),
    "runtime/core": ("runtime/core/", "moec/Runtime/", "moec/Commit.inc"),
    # Devices and data know nothing of each other; api/ has the lists of them.
    "runtime/cpu": ("runtime/core/", "runtime/cpu/"),
    "runtime/cuda": ("runtime/core/", "runtime/cuda/"),
    "runtime/data": ("runtime/core/", "runtime/data/"),
    "runtime/train": ("runtime/core/", "runtime/data/", "runtime/train/"),
    # The adapter between two that stand alone.
    "runtime/sim": ("runtime/sim/", "runtime/core/", "lib/PtxSim/"),
    "tools": COMPILER + ("runtime/", "tools/"),
    "include/moec": ("moec/",),
    "include/moec/Runtime": ("moec/Runtime/",),
}
OWN = ("dialects/", "passes/", "lib/", "runtime/", "tools/", "test/", "bench/", "moec/")
SOURCES = (".cpp", ".h", ".c", ".td", ".inc", ".def", ".in")


def rule_of(path):
    """The key of ALLOWED for a file, or None."""
    while path:
        if path in ALLOWED:
            return path
        path = os.path.dirname(path)
    return None


def main():
    root = sys.argv[1]
    checked, problems = 0, []
    for path in repository_files(root):
        rule = rule_of(path)
        if rule is None or not path.endswith(SOURCES):
            continue
        checked += 1
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        for number, line in enumerate(text.splitlines(), 1):
            found = re.match(r'\s*#?\s*include\s+["<]([^">]+)[">]', line)
            if found and found.group(1).startswith(OWN) and not found.group(1).startswith(ALLOWED[rule]):
                problems.append(f"{path}:{number} includes {found.group(1)}; expected, below {rule}: "
                                + ", ".join(ALLOWED[rule]))
    finish("files", checked, problems)


if __name__ == "__main__":
    main()
