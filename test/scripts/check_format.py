"""The C++ sources are formatted as .clang-format says.

usage: check_format.py ROOT CLANG_FORMAT [--fix]
"""

import os
import subprocess
import sys

from house import finish, repository_files


def main():
    root, clang_format = sys.argv[1:3]
    sources = [os.path.join(root, p) for p in repository_files(root) if p.endswith((".cpp", ".h", ".c"))]
    if sys.argv[3:] == ["--fix"]:
        subprocess.run([clang_format, "-i", *sources], check=True)
        finish("sources", len(sources), [])
    done = subprocess.run([clang_format, "--dry-run", "--Werror", *sources],
                          capture_output=True, text=True)
    # The first place of each file is enough.
    places = {}
    for line in done.stderr.splitlines():
        if "clang-format-violations" in line:
            path, row = os.path.relpath(line, root).split(":")[:2]
            places.setdefault(path, row)
    problems = [f"{path}:{row}: is not formatted" for path, row in places.items()]
    if done.returncode != 0 and not problems:
        problems = [done.stderr]
    if problems:
        problems.append("run: ninja -C build format")
    finish("sources", len(sources), problems)


if __name__ == "__main__":
    main()
