"""Kernels alone: what contract_bench (bench/ContractBench.cpp) prints, one thread,
without the runtime and without a peer."""

import os
import re
import subprocess

# matmul TB 1024 1024 1024            0.82  0.84    6.123 ms      16 blocks
LINE = re.compile(r"^(\S.*?) +([\d.]+) +([\d.]+) +([\d.]+) ms +\d+ blocks$")


def parse(text):
    """Its rows: name with extents, share of the FMA peak (median, best), ms."""
    found = [LINE.match(line) for line in text.splitlines()]
    return [{"kernel": m[1], "share_of_peak": float(m[2]), "best_share_of_peak": float(m[3]), "ms": float(m[4])}
            for m in found if m]


def measure(build):
    """(rows, None), or ([], why there are none)."""
    program = os.path.join(build, "bin", "contract_bench")
    if not os.path.exists(program):
        return [], f"contract_bench is not built (ninja -C {os.path.relpath(build)} contract_bench)"
    done = subprocess.run([program], capture_output=True, text=True)
    if done.returncode:
        return [], (done.stderr.strip().splitlines() or ["no message"])[0]
    return parse(done.stdout), None
