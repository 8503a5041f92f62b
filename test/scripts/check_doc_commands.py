"""The commands in the documentation work: runs every block that begins with
```sh run
in README.md, CONTRIBUTING.md, docs/ and examples/, each with bash in a folder
of its own that looks like the repository (build, examples, ...).

usage: check_doc_commands.py ROOT BUILD
"""

import os
import subprocess
import sys
import tempfile
import time

from house import fenced, finish, repository_files


def documents(root):
    return [p for p in repository_files(root) if p.endswith(".md")
            and (os.path.dirname(p) == "" or p.startswith(("docs/", "examples/")))]


def run(root, build, text):
    """Runs a block; (exit code, output). What it writes goes with the folder."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in os.listdir(root):
            if name not in (".git", "build"):
                os.symlink(os.path.join(root, name), os.path.join(scratch, name))
        os.symlink(build, os.path.join(scratch, "build"))
        done = subprocess.run(["bash", "-euxo", "pipefail", "-c", text], cwd=scratch,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout


def main():
    root, build = map(os.path.abspath, sys.argv[1:3])
    checked, problems = 0, []
    for path in documents(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            blocks = fenced(file.read(), "sh run")
        for line, text in blocks:
            checked += 1
            start = time.monotonic()
            code, output = run(root, build, text)
            print(f"{path}:{line}: exit code {code}, {time.monotonic() - start:.1f} s", flush=True)
            if code != 0:
                problems.append(f"{path}:{line}: exit code {code}:\n{output}")
    finish("command blocks", checked, problems)


if __name__ == "__main__":
    main()
