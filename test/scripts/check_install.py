"""Installs moec into an empty folder, moves it, and uses it from there as a
stranger would: a C program built by a plain compiler, with CMake and with
pkg-config, against the shared and the static library.

usage: check_install.py BUILD OUT MODULE GPU-MODULE VERSION [COMPONENT]
"""

import os
import re
import shutil
import subprocess
import sys

BUILD, OUT, MODULE, GPU_MODULE, VERSION, *COMPONENT = sys.argv[1:]
HERE = os.path.dirname(os.path.abspath(__file__))
STRANGER = os.path.join(HERE, "Inputs", "install")
SOVERSION = VERSION.rsplit(".", 1)[0]


def run(*words, **options):
    done = subprocess.run(words, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"error: {' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def expect(condition, text):
    if not condition:
        sys.exit(f"error: {text}")


def check_library(library):
    names = [line.split()[-1].split("@")[0] for line in run("nm", "-D", "--defined-only", library).splitlines()]
    others = sorted(name for name in names if not name.startswith("moec_"))
    expect(not others, f"{library} exports {len(others)} symbols besides moec_*, such as {others[:5]}")
    with open(os.path.join(PREFIX, "include/moec/Runtime/Runtime.h"), encoding="utf-8") as file:
        declared = set(re.findall(r"\b(moec_\w+)\(", file.read()))
    missing = sorted(declared - set(names))
    expect(len(declared) > 30 and not missing, f"{library} lacks {missing}, which its header declares")
    soname = re.search(r"SONAME.*\[(.*)\]", run("readelf", "-d", library)).group(1)
    expect(soname == f"libmoec_runtime.so.{SOVERSION}", f"soname is {soname}")
    print(f"{os.path.basename(library)}: {len(names)} symbols, all moec_*, soname {soname}")


def check_program(program, how):
    said = run(program, MODULE)
    expect(f"with moec {VERSION}" in said, f"{program} said {said!r}")
    shared = "libmoec_runtime.so" in run("readelf", "-d", program)
    expect(shared == (how == "shared"), f"{program} is not linked as {how}")


shutil.rmtree(OUT, ignore_errors=True)
run("cmake", "--install", BUILD, "--prefix", os.path.join(OUT, "first"),
    *(word for component in COMPONENT for word in ("--component", component)))
# Nothing may depend on the place that it was installed to.
PREFIX = os.path.join(OUT, "moec")
os.rename(os.path.join(OUT, "first"), PREFIX)
LIB = os.path.join(PREFIX, os.path.relpath(
    next(folder for folder, _, files in os.walk(PREFIX) if "libmoec_runtime.a" in files), PREFIX))
tools = {"moec", "moec-run", "moec-opt", "moec-interpret", "moec-lsp-server", "moec-reduce", "ptxsim"}
expect(set(os.listdir(os.path.join(PREFIX, "bin"))) == ({"moec-run"} if COMPONENT else tools), "other tools than these")
for tool in os.listdir(os.path.join(PREFIX, "bin")):
    run(os.path.join(PREFIX, "bin", tool), "--help")
check_library(os.path.join(LIB, "libmoec_runtime.so"))
RUN = os.path.join(PREFIX, "bin", "moec-run")
run(RUN, "inspect", MODULE)
# The simulator is no part of the tool: it is loaded when it is asked for.
with open(RUN, "rb") as file:
    expect(b"mbarrier" not in file.read(), "moec-run contains the simulator")
simulate = [RUN, "inspect", GPU_MODULE, "--device", "ptxsim"]
expect("device PTX simulator" in run(*simulate), "no simulated GPU in an installation")
plugin = os.path.join(LIB, "moec", "libmoec_ptxsim.so")
os.rename(plugin, plugin + ".away")
failed = subprocess.run(simulate, capture_output=True, text=True)
expect(failed.returncode == 4 and "device ptxsim needs libmoec_ptxsim.so, which is in none of:" in failed.stderr,
       f"without the plugin: {failed.returncode} {failed.stderr}")
os.rename(plugin + ".away", plugin)

env = dict(os.environ, CC="gcc", LD_LIBRARY_PATH="")
build = os.path.join(OUT, "cmake")
run("cmake", "-G", "Ninja", "-S", STRANGER, "-B", build, f"-DCMAKE_PREFIX_PATH={PREFIX}", env=env)
run("cmake", "--build", build, env=env)
for kind in ("shared", "static"):
    check_program(os.path.join(build, kind), kind)

env["PKG_CONFIG_PATH"] = os.path.join(LIB, "pkgconfig")
expect(run("pkg-config", "--modversion", "moec", env=env).strip() == VERSION, "pkg-config gives another version")
for kind, package in (("shared", "moec"), ("static", "moec-static")):
    flags = run("pkg-config", "--cflags", "--libs", package, env=env).split()
    program = os.path.join(OUT, f"pkg-config-{kind}")
    run("gcc", "-std=c99", "-o", program, os.path.join(STRANGER, "main.c"), *flags, f"-Wl,-rpath,{LIB}")
    check_program(program, kind)
shutil.rmtree(OUT)
print("install: 0 problems")
