"""Ends `moec compile`, while it runs ptxas too, and `moec bench MODEL` by signals
and looks what is left.

usage: signals.py MODEL FOLDER
"""

import fcntl
import glob
import os
import signal
import subprocess
import sys
import time

model, folder = sys.argv[1:]
environment = dict(os.environ, TMPDIR=folder)


def check(name, code, expected):
    left = os.listdir(folder)
    if code != -expected or left:
        sys.exit(f"{name}: exit code {code}, expected signal {expected}; left: {left}")


def defaults():
    """Signals that are ignored from outside would stay ignored."""
    for name in ("PIPE", "INT", "TERM", "HUP"):
        signal.signal(getattr(signal, "SIG" + name), signal.SIG_DFL)


# The reader of remarks leaves after the first line. The pipe holds less than all of
# them, so that the writer cannot be done before.
for _ in range(3):
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    process = subprocess.Popen(
        ["moec", "compile", model, "--mode", "train", "-o", f"{folder}/m.moec", "--remarks", ".*"],
        stderr=writer,
        env=environment,
        preexec_fn=defaults,
    )
    os.close(writer)
    with open(reader, "rb", buffering=0) as file:
        file.readline()
    check("closed pipe", process.wait(), signal.SIGPIPE)

# While ptxas works, which here never ends by itself.
cuda = folder + "-cuda"
os.makedirs(f"{cuda}/bin", exist_ok=True)
with open(f"{cuda}/bin/ptxas", "w", encoding="utf-8") as file:
    file.write("#!/bin/sh\nexec sleep 20\n")
os.chmod(f"{cuda}/bin/ptxas", 0o755)
for name in ("INT", "TERM", "HUP"):
    number = getattr(signal, "SIG" + name)
    process = subprocess.Popen(
        ["moec", "compile", model, "--target", "cuda:sm_80", "-o", f"{folder}/m.moec"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(environment, CUDA_HOME=cuda),
        preexec_fn=defaults,
    )
    until = time.monotonic() + 60
    while not glob.glob(f"{folder}/moec-scratch-*/log") and process.poll() is None and time.monotonic() < until:
        time.sleep(0.001)
    process.send_signal(number)
    check(f"{name} while ptxas works", process.wait(), number)

# Once the temporary file is there.
for name in ("INT", "TERM", "HUP"):
    number = getattr(signal, "SIG" + name)
    for command in (["compile", model, "-o", f"{folder}/m.moec"], ["bench", model]):
        process = subprocess.Popen(
            ["moec", *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
            preexec_fn=defaults,
        )
        until = time.monotonic() + 60
        while not os.listdir(folder) and process.poll() is None and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(0.03)  # it is noted for removal just after it was made
        process.send_signal(number)
        check(f"{name} of {command[0]}", process.wait(), number)
