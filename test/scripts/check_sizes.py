"""Files stay small: 600 lines for sources, 400 for td files, 150 for the
Passes.td of a phase, and 20 lines of code for the main of a tool.

usage: check_sizes.py ROOT
"""

import fnmatch
import os
import sys

from house import finish, repository_files

# The first rule that fits a path holds. Generated pages have no author to blame.
LIMITS = [
    ("docs/generated/*", None),
    ("passes/*/Passes.td", 150),
    ("*.td", 400),
    ("*.cpp", 600), ("*.h", 600), ("*.c", 600), ("*.py", 600), ("*.sh", 600),
]


def lines_of_code(text):
    """Lines that are neither blank nor all comment."""
    return sum(1 for line in text.splitlines() if line.strip() and not line.strip().startswith("//"))


def main():
    root = sys.argv[1]
    checked, problems = 0, []
    for path in repository_files(root):
        limit = next((l for pattern, l in LIMITS if fnmatch.fnmatch(path, pattern)), None)
        if limit is None:
            continue
        checked += 1
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        length = len(text.splitlines())
        if length > limit:
            problems.append(f"{path} has {length} lines, more than {limit}: split it")
        if fnmatch.fnmatch(path, "tools/*/*.cpp") and lines_of_code(text) > 20:
            problems.append(f"{path} has {lines_of_code(text)} lines of code, more than 20: "
                            "the body of a tool belongs to lib/Driver")
    finish("files", checked, problems)


if __name__ == "__main__":
    main()
