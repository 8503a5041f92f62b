#!/usr/bin/env python3
"""Checks and times moec's GPU code on this machine, and writes one JSON file.

  python3 run.py                    an NVIDIA GPU
  python3 run.py --device ptxsim    the simulator: checks only, no GPU needed
  python3 run.py --dry-run          goes through the timing with small shapes and
                                    checks nothing else; also with --device ptxsim

Needs Python 3.8, a C++17 compiler and CMake 3.18. With PyTorch the results are
also compared with PyTorch, and times are taken beside it, in this process.
A table of the results: python3 gpu_table.py results.json
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import time

import arrays
import runtime

HERE = os.path.dirname(os.path.abspath(__file__))


def build(folder, kind):
    """Builds the runtime as a shared library; its path."""
    source = os.path.join(HERE, "src")
    jobs = str(os.cpu_count() or 1)
    steps = [["cmake", "-S", source, "-B", folder, "-DMOEC_RUNTIME_ONLY=ON", "-DMOEC_BUILD_TESTS=OFF",
              "-DCMAKE_BUILD_TYPE=" + kind],
             ["cmake", "--build", folder, "--parallel", jobs, "--target", "moec_runtime_shared",
              "moec_ptxsim"]]
    for step in steps:
        try:
            done = subprocess.run(step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        except OSError:
            sys.exit("run.py: error: there is no cmake; `python3 -m pip install cmake` gives one")
        if done.returncode:
            sys.exit(f"{done.stdout}\nrun.py: error: '{' '.join(step)}' failed, its output stands above")
    return os.path.join(folder, "runtime", "libmoec_runtime.so")


def text_of(*words):
    try:
        return subprocess.run(words, capture_output=True, text=True).stdout.strip().splitlines()[0]
    except (OSError, IndexError):
        return None


def part(data, prefix):
    return {name[len(prefix):]: item for name, item in data.items() if name.startswith(prefix)}


def check_torch(item, data, outputs):
    """The largest error against PyTorch in f32, or None without PyTorch."""
    try:
        import torch
        import torch_models
    except ImportError:
        return None
    with open(os.path.join(HERE, "data", item["name"] + ".json"), encoding="utf-8") as file:
        model = json.load(file)
    parameters = {name: torch_models.tensor(value) for name, value in part(data, "param/").items()}
    inputs = {name: torch_models.tensor(value) for name, value in part(data, "in/").items()
              if name != "label"}
    with torch.no_grad():
        results = torch_models.Model(model, parameters)(inputs)
    # Outputs of the module stand in the order of the model's.
    worst = 0.0
    for got, expected in zip(outputs.values(), results.values()):
        wanted = arrays.make("F32", got[1], expected.contiguous().reshape(-1).tolist())
        worst = max(worst, arrays.error(got, wanted))
    return worst


def check(library, item, device):
    """Runs one module against its expected results."""
    data = arrays.read(os.path.join(HERE, "data", item["name"] + ".safetensors"))
    module = runtime.Module(library, os.path.join(HERE, item["module"]))
    result = {"label": item["label"], "tolerance": item["tolerance"]}

    def fresh():
        session = runtime.Session(module, device)
        session.set_parameters(part(data, "param/"))
        return session

    index = module.entry("infer")
    session = fresh()
    result["device"] = session.device
    for name, value in part(data, "in/").items():
        session.set_input(index, name, value[2])
    session.run(index)
    outputs = session.outputs(index)
    errors = {name: arrays.error(outputs[name], value) for name, value in part(data, "out/").items()}
    result["errors"] = errors
    if item["precision"] == "bf16":
        # Both backends mean the same by bf16.
        result["cpu_errors"] = {name: arrays.error(outputs[name], value)
                                for name, value in part(data, "out-bf16/").items()}
    result["torch_error"] = check_torch(item, data, outputs)
    good = all(e <= item["tolerance"] for e in [*errors.values(), *result.get("cpu_errors", {}).values()])
    if result["torch_error"] is not None:
        good &= result["torch_error"] <= item["tolerance"]
    if item["train"]:
        index = module.entry("train_step")
        wanted = arrays.values(data["losses"])
        runs = [runtime.train_losses(fresh(), index, part(data, "train/"), len(wanted)) for _ in range(2)]
        result["losses"], result["losses_equal"] = runs[0], runs[0] == runs[1]
        result["loss_error"] = max(abs(a - b) / abs(b) for a, b in zip(runs[0], wanted))
        good &= result["losses_equal"] and result["loss_error"] <= item["tolerance"]
    result["status"] = "ok" if good else "WRONG"
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", choices=["cuda", "ptxsim", "cpu"])
    parser.add_argument("--only", default="", help="a regular expression for the labels of modules")
    parser.add_argument("--out", default="results.json")
    parser.add_argument("--build", default=os.path.join(HERE, "build"), help="folder to build the runtime in")
    parser.add_argument("--build-type", default="Release", help="CMake's build type (default: Release)")
    parser.add_argument("--library", help="libmoec_runtime.so to use instead of building it")
    parser.add_argument("--no-bench", action="store_true", help="only check")
    parser.add_argument("--no-check", action="store_true", help="only time")
    parser.add_argument("--dry-run", action="store_true", help="only go through the timing, with small shapes")
    options = parser.parse_args()
    with open(os.path.join(HERE, "kit.json"), encoding="utf-8") as file:
        kit = json.load(file)
    start = time.time()
    library = runtime.Library(options.library or build(options.build, options.build_type))
    print(f"the runtime is ready after {time.time() - start:.0f} s", flush=True)
    results = {"format": "moec.gpu-results/1", "commit": kit["commit"], "device": options.device,
               "machine": {"cpu": platform.processor() or platform.machine(), "python": platform.python_version(),
                           "driver": text_of("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader")},
               "left_out": kit["left_out"], "dry_run": options.dry_run, "checks": [], "bench": []}
    chosen = [item for item in kit["items"] if re.search(options.only, item["label"])]

    def save():
        with open(options.out + ".part", "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)
        os.replace(options.out + ".part", options.out)

    wrong = 0
    for item in chosen:
        if "bench" in item or options.no_check or options.dry_run:
            continue
        begin = time.time()
        try:
            result = check(library, item, options.device)
        except runtime.RuntimeFailure as problem:
            # No GPU at all: nothing else will do either.
            if problem.resources and not results["checks"]:
                print(f"run.py: error: {problem}", file=sys.stderr)
                return 4
            result = {"label": item["label"], "status": "FAILED", "message": str(problem)}
        result["seconds"] = time.time() - begin
        results["checks"].append(result)
        wrong += result["status"] == "WRONG" or (result["status"] == "FAILED" and not too_new(result))
        worst = max([*result.get("errors", {}).values(), *result.get("cpu_errors", {}).values(),
                     result.get("loss_error", 0)])
        print(f"{result['status']:<6} {result['label']:<40} error {worst:.2g}  {result['seconds']:.1f} s  "
              f"{result.get('message', '')}", flush=True)
        save()
    if options.dry_run or (options.device == "cuda" and not options.no_bench):
        import torch_bench
        items = [item for item in chosen if "bench" in item and item["bench"].get("dry", False) == options.dry_run]
        torch_bench.run(library, items, results, options.device, save, options.dry_run)
    save()
    print(f"{len(results['checks'])} modules checked, {wrong} wrong; {len(results['bench'])} timed; "
          f"{len(kit['left_out'])} were left out of the kit; results in {options.out}")
    if options.dry_run and not results["bench"]:
        return 4
    if options.dry_run:
        wrong = sum(not right(item) for item in results["bench"])
        print(f"a dry run: {wrong} cases failed or differ from PyTorch")
    return 3 if wrong else 0


def right(item):
    """Whether a case of a dry run was timed, with the results of PyTorch."""
    limit = 2e-2 if item["precision"] == "bf16" else 2e-5
    return "message" not in item and item["torch_error"] <= limit and item.get("triton_error", 0) <= limit


def too_new(result):
    """A module for another GPU than this one is no mistake."""
    return "is compiled for" in result.get("message", "")


if __name__ == "__main__":
    sys.exit(main())
