#!/usr/bin/env python3
"""Writes the references of dialects and passes from their td files.

usage: generate-docs.py MLIR_TBLGEN INCLUDE OUT           write them
       generate-docs.py MLIR_TBLGEN INCLUDE OUT --check   fail if OUT is stale

OUT is docs/generated: dialects/<Dialect>.md, passes/<Phase>.md and README.md.
Pages whose td file is gone are removed.
"""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NOTE = "<!-- Written by scripts/generate-docs.py from {}; do not edit. -->\n"


def folders(name):
    path = os.path.join(ROOT, name)
    return sorted(os.listdir(path)) if os.path.isdir(path) else []


def tblgen(tool, include, td, *options):
    done = subprocess.run([tool, *options, "-I", ROOT, "-I", include, os.path.join(ROOT, td)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"error: {tool} failed on {td}:\n{done.stderr}")
    # [TOC] is a word of MLIR's web site; elsewhere it shows as it is.
    text = done.stdout.split("-->", 1)[-1].replace("[TOC]\n", "")
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return NOTE.format(td) + "\n" + re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def pages(tool, include):
    """All pages by their path below OUT."""
    result, index = {}, []
    for dialect in folders("dialects"):
        td = f"dialects/{dialect}/{dialect}Ops.td"
        if not os.path.isfile(os.path.join(ROOT, td)):
            continue
        # Where upstream's dialects are included the tool has to be told which.
        mnemonic = dialect.lower()
        result[f"dialects/{dialect}.md"] = tblgen(
            tool, include, td, "-gen-dialect-doc", f"-dialect={mnemonic}")
        index.append(f"* [dialect `{mnemonic}`](dialects/{dialect}.md)")
    for phase in folders("passes"):
        td = f"passes/{phase}/Passes.td"
        if not os.path.isfile(os.path.join(ROOT, td)):
            continue
        body = tblgen(tool, include, td, "-gen-pass-doc")
        note, rest = body.split("\n", 1)
        result[f"passes/{phase}.md"] = f"{note}\n\n## Passes of the phase {phase}\n{rest}"
        index.append(f"* [passes of the phase {phase}](passes/{phase}.md)")
    result["README.md"] = (NOTE.format("the td files") + "\n# Generated references\n\n"
                           + "\n".join(index) + "\n")
    return result


def existing(out):
    found = {}
    for folder, _, names in os.walk(out):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8") as file:
                found[os.path.relpath(path, out)] = file.read()
    return found


def main():
    if len(sys.argv) not in (4, 5) or sys.argv[4:] not in ([], ["--check"]):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    tool, include, out = sys.argv[1:4]
    wanted, found = pages(tool, include), existing(out)
    if len(wanted) < 2:
        sys.exit("error: no td file found in dialects/ and passes/")
    stale = sorted(p for p in wanted.keys() | found.keys() if wanted.get(p) != found.get(p))
    if sys.argv[4:]:
        for path in stale:
            print(f"error: {os.path.join(out, path)} is stale: run ninja -C build moec-docs")
        print(f"{len(wanted)} pages checked, {len(stale)} stale")
        sys.exit(1 if stale else 0)
    for path in stale:
        target = os.path.join(out, path)
        if path not in wanted:
            os.remove(target)
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write(wanted[path])
    print(f"{len(wanted)} pages, {len(stale)} changed")


if __name__ == "__main__":
    main()
