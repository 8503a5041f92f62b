"""Starts worker.py, and talks to it."""

import json
import os
import subprocess
import sys
import threading

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Failed(Exception):
    """A peer that cannot go on; the text says why."""


def environment(threads):
    """That of a worker: libraries that ask for threads get them, and none is told
    which kernels to take."""
    result = dict(os.environ, OMP_NUM_THREADS=str(threads))
    # Would slow OpenBLAS down to the kernels of an older CPU.
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        result.pop(name, None)
    return result


class Process:
    """One peer and one case. `task`: the file that says what to do; `limit`: how
    many seconds an answer may take."""

    def __init__(self, name, task, threads, folder, limit):
        self.name, self.task, self.threads, self.limit = name, task, threads, limit
        self.result = os.path.join(folder, f"{name}.npy")
        self.log = os.path.join(folder, f"{name}.log")
        self.running = None
        self.peak_memory_bytes = None

    def ask(self, what, **more):
        if self.running is None:
            raise Failed("ended")
        late = threading.Event()
        timer = threading.Timer(self.limit, lambda: (late.set(), self.running.kill()))
        timer.start()
        try:
            self.running.stdin.write(json.dumps({"do": what, **more}) + "\n")
            self.running.stdin.flush()
            line = self.running.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            timer.cancel()
        if not line:
            code = self.running.wait()
            self.running = None
            if late.is_set():
                raise Failed(f"took longer than {self.limit} s to {what}")
            raise Failed("killed, which happens when memory ends" if code == -9 else f"ended with code {code}")
        answer = json.loads(line)
        if "error" in answer:
            self.stop()
            raise Failed(answer["error"])
        return answer

    def start(self):
        """Starts and prepares it; gives what compiling took, None if nothing did."""
        with open(self.log, "a", encoding="utf-8") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "moecbench.worker", self.name, self.task, self.result], cwd=BENCH,
                env=environment(self.threads), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
        return self.ask("prepare")["compile_seconds"]

    def time(self, seconds):
        times = self.ask("time", seconds=seconds)["samples"]
        self.peak_memory_bytes = max(self.peak_memory_bytes or 0, self.ask("memory")["peak_memory_bytes"])
        return times

    def stop(self):
        if self.running is not None:
            self.running.stdin.close()
            self.running.stdout.close()
            self.running.wait()
            self.running = None
