"""The kit for machines with a GPU: it packs, builds its runtime from source with
a plain compiler, checks its modules, and notices a wrong result.

usage: check_gpu_kit.py ROOT BUILD FOLDER cpu|ptxsim|torch

`cpu` packs native modules, which tests the kit itself on any machine; `ptxsim`
packs GPU modules and checks them on the simulator, with the library of the
build; `torch` compares them with PyTorch and goes through the timing beside it,
on the CPU, with the Python that MOEC_TORCH_PYTHON names. Exit code 77 (skipped)
where the compiler has no GPU target, or that Python no PyTorch.
"""

import ctypes
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


def driver(kit, *options, expect=0, python=sys.executable):
    results = os.path.join(FOLDER, "results.json")
    run(python, os.path.join(kit, "run.py"), "--out", results, *options, expect=expect)
    with open(results, encoding="utf-8") as file:
        return json.load(file)


def check(condition, text):
    if not condition:
        sys.exit("error: " + text)


def without_libraries(kit):
    """Where zlib, libpng and libjpeg are missing, it builds without them, and says so when they are needed."""
    build = os.path.join(FOLDER, "without")
    run("cmake", "-S", os.path.join(kit, "src"), "-B", build, "-DMOEC_RUNTIME_ONLY=ON", "-DMOEC_BUILD_TESTS=OFF",
        "-DCMAKE_BUILD_TYPE=Debug",
        *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("ZLIB", "PNG", "JPEG")))
    run("cmake", "--build", build, "--parallel", "2", "--target", "moec-run")
    folder = os.path.join(FOLDER, "images", "class")
    os.makedirs(folder)
    with open(os.path.join(folder, "1.png"), "wb") as file:
        file.write(b"\x89PNG")
    text = run(os.path.join(build, "bin", "moec-run"), "data", "inspect", os.path.dirname(folder), expect=1)
    check("was built without libpng and libjpeg" in text, "it does not say what is missing")


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
    without_libraries(kit)
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


def skip_without_target():
    help_text = run(os.path.join(BUILD, "bin", "moec"), "compile", "--help")
    if "--target " not in help_text:
        print("skipped: this compiler has no --target")
        sys.exit(77)


def has_gpu_driver():
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def on_simulator():
    skip_without_target()
    kit = unpack("--target", "cuda:sm_80", "--only", "^(tiny|mean|moe-tokens|attention-step|mixer|sparse-mlp)$", "--batch", "2")
    library = os.path.join(BUILD, "runtime", "libmoec_runtime.so")
    results = driver(kit, "--device", "ptxsim", "--library", library)
    check(not results["left_out"], "something does not compile")
    check([c["status"] for c in results["checks"]] == ["ok"] * 12, "a module is not right")
    check(all("cpu_errors" in c for c in results["checks"] if "bf16" in c["label"]), "bf16 is not held against the CPU")
    check(all(c.get("losses_equal", True) for c in results["checks"]), "two runs differ")
    # A GPU module without a GPU.
    if not has_gpu_driver():
        text = run(sys.executable, os.path.join(kit, "run.py"), "--library", library, expect=4)
        check("run.py: error: " in text, "it does not say that there is no GPU")


# The part of torch.cuda that the timing uses, with times that this knows.
FAKE_GPU = """
import contextlib, sys, types
sys.path.insert(0, sys.argv[1])
import torch_bench
clock = [0.0]
class Event:
    def __init__(self, enable_timing): assert enable_timing
    def record(self): self.at = clock[0]
    def elapsed_time(self, end): return end.at - self.at
class Graph:
    def replay(self): clock[0] += 2
def capture(graph):
    if refuse: raise RuntimeError("this cannot be captured")
    return contextlib.nullcontext()
stream = types.SimpleNamespace(wait_stream=lambda other: None)
cuda = types.SimpleNamespace(Stream=lambda: stream, current_stream=lambda: stream, stream=lambda s: contextlib.nullcontext(),
                             synchronize=lambda: None, CUDAGraph=Graph, graph=capture, Event=Event)
place = torch_bench.Place(types.SimpleNamespace(cuda=cuda), "cuda", dry=False)
def body(): clock[0] += 5
refuse = False
assert place.median_ms(body) == (2, True)
refuse = True
assert place.median_ms(body) == (5, False)
print("the timing on a GPU is right")
"""


def beside_torch():
    skip_without_target()
    python = os.environ.get("MOEC_TORCH_PYTHON", sys.executable)
    found = subprocess.run([python, "-c", "import torch"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           text=True)
    if found.returncode:
        reason = (found.stdout.strip().splitlines() or ["no message"])[-1]
        print(f"skipped: {python} has no PyTorch ({reason}); MOEC_TORCH_PYTHON may name one that has")
        sys.exit(77)
    # Every op of the PyTorch models, each in a case of one layer, and the timing.
    names = "tiny|linear.*|gelu|layer-norm|mean|mlp|token-mlp|attention.*|moe.*|soft-moe-layer|re-represent|mixer|dry-.*"
    kit = unpack("--target", "cuda:sm_80", "--only", f"^({names})$", "--batch", "2")
    library = os.path.join(BUILD, "runtime", "libmoec_runtime.so")
    results = driver(kit, "--device", "ptxsim", "--library", library, python=python)
    check(len(results["checks"]) == 36 and all(c["status"] == "ok" for c in results["checks"]), "a module is not right")
    check(all(c["torch_error"] is not None for c in results["checks"]), "a module is not compared with PyTorch")
    run(python, "-c", FAKE_GPU, kit)
    dry = ["--device", "ptxsim", "--dry-run", "--library", library]
    results = driver(kit, *dry, python=python)
    check(len(results["bench"]) == 16, "a case is missing")
    keys = {"dense": {"cublas_ms", "kernels_ms"}, "grouped": {"cublas_ms", "kernels_ms"}, "layer": {"compile_ms"},
            "step": {"compile_ms"}}
    for item in results["bench"]:
        missing = keys[item["kind"]] | {"ours_ms", "ratio", "torch_error"}
        check(not missing - item.keys(), f"{item['name']} has no {missing - item.keys()}")
    table = run(sys.executable, os.path.join(kit, "gpu_table.py"), os.path.join(FOLDER, "results.json"))
    check(table.count("\n| dry-") == 16 and "A dry run" in table, "the table does not show the cases")
    # PyTorch computes something else: that has to be noticed.
    path = os.path.join(kit, "data", "dry-dense-64x48x72.json")
    with open(path, encoding="utf-8") as file:
        model = json.load(file)
    model["nodes"].append({"name": "z", "op": "activation", "inputs": ["y"]})
    model["outputs"] = ["z"]
    with open(path, "w", encoding="utf-8") as file:
        json.dump(model, file)
    results = driver(kit, *dry, "--only", "dry-dense", expect=3, python=python)
    check(all(item["torch_error"] > 0.1 for item in results["bench"]), "it fails for another reason")


{"cpu": on_cpu, "ptxsim": on_simulator, "torch": beside_torch}[KIND]()
