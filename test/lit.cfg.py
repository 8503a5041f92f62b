"""Configuration of the lit tests.

A test names the tools plainly (`moec-opt %s | FileCheck %s`); they are found in
the build's bin folder and in LLVM's. `%moec-opt` and so on work too.
Substitutions: %examples, %data (Fashion-MNIST), %python, %moec_source, %moec_build, %cuda_home
(where ptxas is: given explicitly, since it takes seconds where it is found),
%test_plugin (test/tools/moec-opt/Inputs/CountMaps.cpp).
Features: avx2, avx512, numpy, fashion-mnist, ptxas, sanitizers.
"""

import os
import re
import shutil
import subprocess

import lit.formats

config.name = "moec"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".json", ".test"]
config.excludes = ["Inputs", "CMakeLists.txt"]
config.test_source_root = os.path.join(config.moec_source_dir, "test")
config.test_exec_root = os.path.join(config.moec_binary_dir, "test")

tools_dir = os.path.join(config.moec_binary_dir, "bin")
config.environment["PATH"] = os.pathsep.join(
    [tools_dir, config.llvm_tools_dir, os.environ.get("PATH", "")]
)
# Two tests run at a time on two cores, so each has one thread unless it says
# otherwise itself.
config.environment["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "HOME"):
    if name in os.environ:
        config.environment[name] = os.environ[name]
config.environment["FILECHECK_OPTS"] = "--dump-input-filter=annotation-full"

data = os.environ.get("MOEC_DATA", "/usr/share/datasets/fashion-mnist")
config.substitutions += [
    ("%examples", os.path.join(config.moec_source_dir, "examples")),
    ("%moec_source", config.moec_source_dir),
    ("%moec_build", config.moec_binary_dir),
    ("%data", data),
    ("%python", config.python),
    ("%test_plugin", os.path.join(config.test_exec_root, "tools/moec-opt/MoecCountMaps.so")),
]

# %tool is the tool by its full path: a misspelt name then fails as "not found"
# with the path, and never picks another tool of the same name from PATH.
# Longest name first, since %moec is the beginning of %moec-opt.
moec_tools = ["moec", "moec-interpret", "moec-opt", "moec-run", "moec-lsp-server", "moec-reduce", "ptxsim"]
for tool in sorted(moec_tools, key=len, reverse=True):
    path = os.path.join(tools_dir, tool)
    config.substitutions.append((f"%{tool}(?![-_A-Za-z])", path))
for tool in ("FileCheck", "not", "count", "split-file"):
    path = os.path.join(config.llvm_tools_dir, tool)
    config.substitutions.append((rf"(?<![-/\w%.]){tool}(?![-/\w.])", path))


def cpu_flags():
    """The CPU features that the kernel lists, empty where there is no list."""
    try:
        with open("/proc/cpuinfo") as info:
            found = re.search(r"^(?:flags|Features)\s*:(.*)$", info.read(), re.M)
    except OSError:
        return set()
    return set(found.group(1).split()) if found else set()


flags = cpu_flags()
if {"avx2", "fma"} <= flags:
    config.available_features.add("avx2")
if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= flags:
    config.available_features.add("avx512")
if subprocess.run([config.python, "-c", "import numpy"], capture_output=True).returncode == 0:
    config.available_features.add("numpy")
if os.path.isdir(data) and any(n.startswith("train-images") for n in os.listdir(data)):
    config.available_features.add("fashion-mnist")
cuda_homes = [os.environ.get("CUDA_HOME", ""), os.path.join(config.test_venv, "cuda")]
cuda_homes = [home for home in cuda_homes if os.access(os.path.join(home, "bin", "ptxas"), os.X_OK)]
config.substitutions.append(("%cuda_home", (cuda_homes or ["none"])[0]))
if cuda_homes or shutil.which("ptxas"):
    config.available_features.add("ptxas")
if config.sanitize:
    config.available_features.add("sanitizers")
