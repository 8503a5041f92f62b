"""Trains a model without a limit of memory and with shares of what its run takes: limits.py MODEL DATA FOLDER CPU SHARE...

Losses may differ by 1e-5: kernels that are fused otherwise round otherwise. Prints for each share how many bytes less the
plan has."""
import re
import subprocess
import sys


def run(*command):
    return subprocess.run(["moec", *command], check=True, stdout=subprocess.PIPE, text=True).stdout


def read(path):
    with open(path, encoding="utf-8") as file:
        rows = [line.split(",") for line in file]
    return [float(row[1]) for row in rows if row[0].isdigit()]


def main():
    model, data, folder, cpu, *shares = sys.argv[1:]

    def train(name, *flags):
        plan = run("compile", model, "--mode", "train", "--cpu", cpu, "--print-memory-plan", "-o",
                   f"{folder}/{name}.moec", *flags)
        run("train", f"{folder}/{name}.moec", "--data", f"idx:{data}", "--losses", f"{folder}/{name}.csv",
            "--no-eval", "--save", f"{folder}/{name}.safetensors")
        return float(re.search(r"^together +([0-9.]+) MiB", plan, re.M).group(1)) * 2**20

    free = train("free")
    for share in shares:
        limit = int(free * float(share))
        taken = train(share, "--memory-limit", str(limit))
        assert taken <= limit + 2**14, (taken, limit)
        losses = read(f"{folder}/free.csv"), read(f"{folder}/{share}.csv")
        assert losses[0] and len(losses[0]) == len(losses[1]), losses
        assert all(abs(a - b) <= 1e-5 * abs(a) for a, b in zip(*losses)), losses
        print(f"{share}: {free - taken:.0f} bytes less")


main()
