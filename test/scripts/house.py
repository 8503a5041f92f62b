"""What the checks of the house rules share: reporting, names, td records."""

import json
import os
import re
import subprocess
import sys


def kebab(name):
    """FuseDispatch -> fuse-dispatch, LowerToLLVM -> lower-to-llvm."""
    split = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1-\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", split).lower()


def finish(what, checked, problems):
    """Prints the problems and ends the program: 0 without any, 1 with some.
    A check that looked at nothing proves nothing, so that is a problem too."""
    if not checked:
        problems = problems + [f"nothing to check: no {what} found"]
    for problem in problems:
        print(f"error: {problem}")
    print(f"{checked} {what} checked, {len(problems)} problems")
    sys.exit(1 if problems else 0)


def folders(path):
    """The names of the folders in a folder, sorted; none if it is not there."""
    if not os.path.isdir(path):
        return []
    return sorted(n for n in os.listdir(path) if os.path.isdir(os.path.join(path, n)))


def files(path, *suffixes):
    """The names of the files in a folder that end so, sorted."""
    if not os.path.isdir(path):
        return []
    return sorted(n for n in os.listdir(path)
                  if n.endswith(suffixes) and os.path.isfile(os.path.join(path, n)))


def repository_files(root):
    """All files of the repository, as paths relative to its root: those that
    git knows, or, in an unpacked archive, all outside of build folders."""
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True)
    if listed.returncode == 0:
        paths = listed.stdout.splitlines()
    else:
        paths = []
        for folder, subfolders, names in os.walk(root):
            subfolders[:] = [s for s in subfolders
                             if not s.startswith((".git", "build"))]
            paths += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(p for p in paths if os.path.isfile(os.path.join(root, p)))


def record_files(root):
    """The td files to read: one of each dialect, with everything that it
    includes, and the passes of each phase."""
    found = []
    for dialect in folders(os.path.join(root, "dialects")):
        path = os.path.join("dialects", dialect, f"{dialect}Ops.td")
        if os.path.isfile(os.path.join(root, path)):
            found.append(path)
    for phase in folders(os.path.join(root, "passes")):
        path = os.path.join("passes", phase, "Passes.td")
        if os.path.isfile(os.path.join(root, path)):
            found.append(path)
    return found


def records(root, path, tblgen, include):
    """The records of a td file that this repository itself defines, with
    superclass 'Op', 'PassBase' and so on looked up in the table returned
    second: (records by name, names by class)."""
    command = [tblgen, "-dump-json", "-I", root, "-I", include, os.path.join(root, path)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stderr)
        finish("td files", 1, [f"{path}: {' '.join(command)} failed, see above"])
    table = json.loads(done.stdout)
    return table, table["!instanceof"]


def op_name(record, table):
    """The full name of an op record: moe.accuracy."""
    return f"{table[record['opDialect']['def']]['name']}.{record['opName']}"


def fenced(text, info):
    """The fenced blocks of a Markdown text with that info string, each as
    (line number of its first line, text without the common indentation)."""
    blocks, start, indent, lines = [], None, "", []
    for number, line in enumerate(text.splitlines(), 1):
        mark = line.strip()
        if start is None and re.fullmatch(rf"```\s*{re.escape(info)}\s*", mark):
            start, lines = number + 1, []
            indent = line[: len(line) - len(line.lstrip())]
        elif start is not None and mark == "```":
            blocks.append((start, "\n".join(lines) + "\n"))
            start = None
        elif start is not None:
            lines.append(line[len(indent):] if line.startswith(indent) else line)
    return blocks
