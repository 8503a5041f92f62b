"""What an extension touches is what the table in docs/design.md says, and stays so.

usage: check_extensions.py ROOT

A row of "What an extension touches" has a word that only this extension uses and
the files that it touches. Each of them exists and has the word; no other source
file has it, in whatever spelling: a word `sigmoid_cross_entropy` is also found as
SigmoidCrossEntropyOp, `cifar10` as CIFAR-10. A row without a word touches none.
Prints how many files each touches.
"""

import os
import re
import sys

from house import finish, repository_files

TABLE = "docs/design.md"
HEADING = "## What an extension touches"
COLUMNS = ["extension", "word", "touches"]
# No sources: tests, documentation, what is generated, models; lib/Zoo writes such,
# bench/ and scripts/ run them.
OUTSIDE = ("test/", "docs/", "schema/", "examples/", "lib/Zoo/", "bench/", "scripts/")
OUTSIDE_NAMES = (".md", "CMakeLists.txt")


def read_table(root):
    """The rows below the heading, each as three texts."""
    path = os.path.join(root, TABLE)
    if not os.path.isfile(path):
        return []
    with open(path, encoding="utf-8") as file:
        section = file.read().partition(HEADING)[2].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")]
            for line in section.splitlines() if line.startswith("|")]
    if not rows or rows[0] != COLUMNS:
        return []
    return rows[2:]


def pattern_of(word):
    """One word or several, `a, b`: `cifar10` as cifar10Dataset, CIFAR-10, cifar_10; but not as cifar100, nor `lion` in million."""
    spellings = ["[-_ ]?".join(re.findall(r"[a-z]+|[0-9]+", one)) for one in word.lower().split(", ")]
    begins = "(?:(?<![A-Za-z])|(?<=[a-z])(?=[A-Z])|(?=[A-Z][a-z]))"
    return re.compile(begins + "(?i:" + "|".join(spellings) + ")(?![a-z0-9])")


def sources(root):
    """(path, its name and text) of every source file."""
    for path in repository_files(root):
        if path.startswith(OUTSIDE) or path.endswith(OUTSIDE_NAMES):
            continue
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            yield path, path + "\n" + file.read()


def main():
    root = sys.argv[1]
    rows, problems, wanted = read_table(root), [], []
    for row in rows:
        if len(row) != len(COLUMNS):
            problems.append(f"{TABLE}: expected a row of {', '.join(COLUMNS)}, got {' | '.join(row)}")
            continue
        name, word, touches = row[0], row[1].replace("`", ""), row[2]
        files = re.findall(r"`([^`\s]+/[^`\s]+)`", touches)
        for path in files:
            if not os.path.isfile(os.path.join(root, path)):
                problems.append(f"{TABLE}: {name}: there is no file {path}")
        print(f"{name}: {len(files)} files")
        if word:
            wanted.append((name, word, pattern_of(word), set(files)))
        elif not touches.startswith("none"):
            problems.append(f"{TABLE}: {name}: expected a word that only it uses, or that it touches none")
    for path, text in sources(root):
        for name, word, pattern, files in wanted:
            found = pattern.search(text)
            if found and path not in files:
                problems.append(f"{path} has '{found.group(0)}', but {name} touches "
                                f"{', '.join(sorted(files))} alone, as {TABLE} says")
            elif not found and path in files:
                problems.append(f"{path} does not have '{word}', but {name} touches it, as {TABLE} says")
    finish("extensions", len(rows), problems)


if __name__ == "__main__":
    main()
