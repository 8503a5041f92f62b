"""The kit for machines with a GPU: it packs, builds its runtime from source with
a plain compiler, checks its modules, and notices a wrong result.

usage: check_gpu_kit.py ROOT BUILD FOLDER cpu|ptxsim

`cpu` packs native modules, which tests the kit itself on any machine; `ptxsim`
packs GPU modules and checks them on the simulator, with the library of the
build. Exit code 77 (skipped) where the compiler has no GPU target.
"""

import json
import os
import shutil
import subprocess
import sys

ROOT, BUILD, FOLDER, KIND = sys.argv[1:]
ENVIRONMENT = dict(os.environ, OMP_NUM_THREADS="1")


def run(*words, expect=0):
    print("$", " ".join(words), flush=True)
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=ENVIRONMENT)
    print(done.stdout, flush=True)
    if done.returncode != expect:
        sys.exit(f"error: exit code {done.returncode}, expected {expect}")
    return done.stdout


def unpack(*options):
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    archive = os.path.join(FOLDER, "kit.tar.xz")
    run(sys.executable, os.path.join(ROOT, "scripts", "gpu-kit"), "--build", BUILD, "--out", archive, *options)
    run("tar", "xf", archive, "-C", FOLDER)
    return os.path.join(FOLDER, "moec-gpu-kit")


def driver(kit, *options, expect=0):
    results = os.path.join(FOLDER, "results.json")
    run(sys.executable, os.path.join(kit, "run.py"), "--out", results, *options, expect=expect)
    with open(results, encoding="utf-8") as file:
        return json.load(file)


def check(condition, text):
    if not condition:
        sys.exit("error: " + text)


def on_cpu():
    kit = unpack("--target", "cpu", "--precision", "f32", "--only", "^(tiny|moe-tokens|mixer)$", "--batch", "2")
    # From the sources in the kit, without a header of the system's.
    compiler = shutil.which("g++")
    if compiler:
        ENVIRONMENT.update(CXX=compiler, CC=shutil.which("gcc") or "cc")
    if shutil.which("ccache"):
        ENVIRONMENT["CMAKE_CXX_COMPILER_LAUNCHER"] = "ccache"
    results = driver(kit, "--device", "cpu", "--build", os.path.join(FOLDER, "build"), "--build-type", "Debug")
    check([c["status"] for c in results["checks"]] == ["ok"] * 3, "a module is not right")
    check(results["checks"][2]["losses_equal"], "two runs differ")
    library = os.path.join(FOLDER, "build", "runtime", "libmoec_runtime.so")
    table = run(sys.executable, os.path.join(kit, "gpu_table.py"), os.path.join(FOLDER, "results.json"))
    check("3 modules checked: 3 ok, 0 wrong" in table, "the table does not say so")
    # One bit of an expected output, far up, has to be noticed.
    path = os.path.join(kit, "data", "tiny.safetensors")
    with open(path, "r+b") as file:
        file.seek(-2, os.SEEK_END)
        byte = file.read(1)[0]
        file.seek(-2, os.SEEK_END)
        file.write(bytes([byte ^ 0x40]))
    results = driver(kit, "--device", "cpu", "--library", library, "--only", "tiny", expect=3)
    check(results["checks"][0]["status"] == "WRONG", "a wrong result passes")
    text = run(sys.executable, os.path.join(kit, "run.py"), "--device", "ptxsim", "--library", library, "--only",
               "moe", "--out", os.path.join(FOLDER, "wrong.json"), expect=3)
    check("holds code for a CPU" in text, "a module for the CPU runs on the simulator")


def on_simulator():
    help_text = run(os.path.join(BUILD, "bin", "moec"), "compile", "--help")
    if "--target " not in help_text:
        print("skipped: this compiler has no --target")
        sys.exit(77)
    kit = unpack("--target", "cuda:sm_80", "--only", "^(tiny|mean|moe-tokens|mixer)$", "--batch", "2")
    library = os.path.join(BUILD, "runtime", "libmoec_runtime.so")
    results = driver(kit, "--device", "ptxsim", "--library", library)
    check(not results["left_out"], "something does not compile")
    check([c["status"] for c in results["checks"]] == ["ok"] * 8, "a module is not right")
    check(all(c.get("losses_equal", True) for c in results["checks"]), "two runs differ")
    # A GPU module without a GPU.
    if not shutil.which("nvidia-smi"):
        text = run(sys.executable, os.path.join(kit, "run.py"), "--library", library, expect=4)
        check("run.py: error: " in text, "it does not say that there is no GPU")


on_cpu() if KIND == "cpu" else on_simulator()
