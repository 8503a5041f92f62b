"""Writes every model of the zoo at its published size and imports it, with its
training step; prints how many.

usage: import_all.py LIST.json FOLDER     of `moec zoo --list --json`
"""

import json
import os
import subprocess
import sys


def main():
    folder = sys.argv[2]
    with open(sys.argv[1], encoding="utf-8") as file:
        names = [row["name"] for row in json.load(file)]
    os.makedirs(folder, exist_ok=True)
    for name in names:
        path = os.path.join(folder, name + ".json")
        subprocess.run(["moec", "zoo", name, "-o", path], check=True)
        subprocess.run(["moec", "compile", path, "--mode", "train", "--emit=moe", "-o", os.devnull], check=True)
    print(f"{len(names)} models imported")


if __name__ == "__main__":
    main()
