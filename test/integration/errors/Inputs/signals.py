"""Ends `moec compile` and `moec bench MODEL` by signals and looks what is left.

usage: signals.py MODEL FOLDER
"""

import os
import signal
import subprocess
import sys
import time

model, folder = sys.argv[1:]
environment = dict(os.environ, TMPDIR=folder)


def check(name, code, expected, ours="none"):
    # A folder of a model that was compiled on the way goes with the next run.
    left = [file for file in os.listdir(folder) if not file.startswith(ours)]
    if code != -expected or left:
        sys.exit(f"{name}: exit code {code}, expected signal {expected}; left: {left}")


def defaults():
    """Signals that are ignored from outside would stay ignored."""
    for name in ("PIPE", "INT", "TERM", "HUP"):
        signal.signal(getattr(signal, "SIG" + name), signal.SIG_DFL)


# The reader of remarks leaves after the first line.
for _ in range(3):
    process = subprocess.Popen(
        ["moec", "compile", model, "--mode", "train", "-o", f"{folder}/m.moec", "--remarks", ".*"],
        stderr=subprocess.PIPE,
        env=environment,
        preexec_fn=defaults,
    )
    process.stderr.readline()
    process.stderr.close()
    check("closed pipe", process.wait(), signal.SIGPIPE)

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
        scratch = "moec-scratch-" if command[0] == "bench" else "none"
        check(f"{name} of {command[0]}", process.wait(), number, scratch)
        # The next run removes it.
        subprocess.run(["moec", "inspect", model], stdout=subprocess.DEVNULL, env=environment, check=True)
        check("the next run", -number, number)
