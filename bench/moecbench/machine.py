"""The machine: what it is, and its peaks."""

import json
import os
import platform
import subprocess
import threading
import time


def cpu_name():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "unknown")


def packages(names):
    """Versions of what is installed."""
    import importlib.metadata
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found


def facts(root):
    """What stands above the table. `changed`: files that differ from the commit."""
    def git(*words):
        done = subprocess.run(["git", "-C", root, *words], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""

    return {
        "cpu": cpu_name(), "cores": len(os.sched_getaffinity(0)), "system": f"{platform.system()} {platform.release()}",
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "python": platform.python_version(), "commit": git("rev-parse", "--short=12", "HEAD") or "unknown",
        "changed": bool(git("status", "--porcelain", "--untracked-files=no")),
        "packages": packages(("numpy", "torch", "jax", "jaxlib", "onnxruntime", "openvino", "iree-base-compiler",
                              "iree-base-runtime")),
        "load_before": os.getloadavg()[0],
    }


def fma_peak(moec, module, threads):
    """FLOP/s of multiply-adds in registers, by `moec bench`, and the vectors it used."""
    done = subprocess.run([moec, "bench", module, "--threads", str(threads), "--repetitions", "5", "--json"],
                          capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return found["fma_peak_gflops_per_second"] * 1e9, found["fma_peak_isa"]


def best_rate(jobs, moved, repetitions=7):
    """Bytes per second where each of `jobs` is run by a thread of its own and all
    together move so many bytes; the best of some."""
    best = 0.0
    for _ in range(repetitions):
        workers = [threading.Thread(target=job) for job in jobs]
        start = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        best = max(best, moved / (time.perf_counter() - start))
    return best


def bandwidth(threads, size=256 << 20):
    """Bytes per second that a copy in memory reads and writes, and that the search
    for the largest number reads; each thread has a part of its own."""
    import numpy

    parts = [(numpy.ones(size // threads // 4, numpy.float32), numpy.zeros(size // threads // 4, numpy.float32))
             for _ in range(threads)]
    copies = best_rate([lambda part=part: numpy.copyto(part[1], part[0]) for part in parts], 2 * size)
    reads = best_rate([lambda part=part: numpy.maximum.reduce(part[0]) for part in parts], size)
    return copies, reads
