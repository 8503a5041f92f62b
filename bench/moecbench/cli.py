"""The command line of bench/run."""

import argparse
import os
import shlex
import sys
import time

from . import cases, peers

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(BENCH)


def arguments(words):
    parser = argparse.ArgumentParser(
        prog="bench/run", description="Times moec beside other compilers and libraries (bench/README.md).")
    parser.add_argument("--quick", action="store_true", help="one or a few cases of each kind, under ten minutes; "
                        "without iree, which takes up to a minute to prepare each model")
    parser.add_argument("--only", metavar="REGEX", help="cases whose line in --list matches")
    parser.add_argument("--list", action="store_true", help="print the cases and end")
    parser.add_argument("--rounds", type=int, help="rounds in which all run in turn (default 7, with --quick 3; "
                        "for compiling at most 3, with --quick 1)")
    parser.add_argument("--without", metavar="PEER", action="append", default=[], choices=peers.PEERS,
                        help="leave this peer out: " + ", ".join(peers.PEERS))
    parser.add_argument("--build", default=os.path.join(ROOT, "build"), help="build folder (default: build)")
    parser.add_argument("--work", help="folder for models, weights and exported files (default: BUILD/benchmarks)")
    parser.add_argument("--output", metavar="PATH", help="write PATH.json and PATH.md "
                        "(default: bench/results/quick or full; with --only BUILD/benchmarks/results)")
    return parser.parse_args(words)


def main(words=None):
    words = sys.argv[1:] if words is None else words
    options = arguments(words)
    chosen = cases.select(options.only, options.quick)
    if options.list:
        for case in chosen:
            print(case.label)
        return 0
    if not chosen:
        print(f"error: no case matches '{options.only}'; bench/run --list prints them", file=sys.stderr)
        return 2
    moec = os.path.join(options.build, "bin", "moec")
    library = os.path.join(options.build, "runtime", "libmoec_runtime.so")
    for path in (moec, library):
        if not os.path.exists(path):
            print(f"error: there is no {path}; build it (ninja -C {options.build}) or say --build", file=sys.stderr)
            return 1
    try:
        import numpy  # noqa: F401
    except ImportError:
        print(f"error: {sys.executable} has no NumPy; see bench/README.md on what to install", file=sys.stderr)
        return 1
    return measure(options, chosen, shlex.join(["bench/run", *words]))


def measure(options, chosen, command):
    from . import kernels, machine, measure as measuring, report, rows
    work = options.work or os.path.join(options.build, "benchmarks")
    rounds = options.rounds or (3 if options.quick else 7)
    quick = options.quick
    without = [*options.without, "iree"] if quick else options.without
    setup = measuring.Setup(options.build, work, rounds, compile_rounds=min(rounds, 1 if quick else 3),
                            seconds=0.3 if quick else 1.0, limit=240 if quick else 3600, without=without)
    output = options.output or (os.path.join(work, "results") if options.only else
                                os.path.join(BENCH, "results", "quick" if options.quick else "full"))
    os.makedirs(os.path.dirname(os.path.abspath(output)), exist_ok=True)
    results = {"format": report.FORMAT, "command": command, "rounds": rounds, "machine": machine.facts(ROOT),
               "kernels": [], "kernels_reason": "no product was asked for", "rows": []}
    found = results["machine"]
    if found["load_before"] > 0.5:
        print(f"warning: the load of this machine is {found['load_before']:.1f}: other programs run, and times "
              "will say little", file=sys.stderr)
    found["fma_peak_flops"], found["copy_bytes_per_second"], found["read_bytes_per_second"] = {}, {}, {}
    _, folder = measuring.prepare(setup, next(cases.all_cases()))
    start = time.time()
    for threads in sorted({case.threads for case in chosen}):
        peak, found["fma_peak_isa"] = machine.fma_peak(setup.moec, os.path.join(folder, "model.moec"), threads)
        found["fma_peak_flops"][str(threads)] = peak
        copies, reads = machine.bandwidth(threads)
        found["copy_bytes_per_second"][str(threads)], found["read_bytes_per_second"][str(threads)] = copies, reads
    if any(case.kind == "contraction" for case in chosen):
        results["kernels"], results["kernels_reason"] = kernels.measure(options.build)
    for case in chosen:
        row = measuring.measure(setup, case, found["fma_peak_flops"][str(case.threads)])
        wrong = rows.problems(row)
        if wrong:
            print(f"error: {case.label}: " + "; ".join(wrong), file=sys.stderr)
            return 1
        results["rows"].append(row)
        found["load_after"], found["seconds"] = os.getloadavg()[0], round(time.time() - start)
        report.write(results, output)
    print(report.markdown(results), end="")
    print(f"wrote {output}.json and {output}.md", file=sys.stderr)
    return 0
