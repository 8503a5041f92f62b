"""Trains a model without a limit of memory and with shares of what its run takes: limits.py MODEL DATA FOLDER SHARE...

Prints for each share how many bytes less the plan has, and whether losses and weights have the same bits."""
import re
import subprocess
import sys


def run(*command):
    return subprocess.run(["moec", *command], check=True, stdout=subprocess.PIPE, text=True).stdout


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    model, data, folder, *shares = sys.argv[1:]

    def train(name, *flags):
        plan = run("compile", model, "--mode", "train", "--print-memory-plan", "-o", f"{folder}/{name}.moec", *flags)
        run("train", f"{folder}/{name}.moec", "--data", f"idx:{data}", "--losses", f"{folder}/{name}.csv",
            "--save", f"{folder}/{name}.safetensors")
        return float(re.search(r"^together +([0-9.]+) MiB", plan, re.M).group(1)) * 2**20

    free = train("free")
    for share in shares:
        limit = int(free * float(share))
        taken = train(share, "--memory-limit", str(limit))
        assert taken <= limit + 2**14, (taken, limit)
        same = all(read(f"{folder}/{share}.{kind}") == read(f"{folder}/free.{kind}") for kind in ("csv", "safetensors"))
        print(f"{share}: {'same bits' if same else 'other bits'}, {free - taken:.0f} bytes less")


main()
