"""One peer in a process of its own: reads a task, prepares it, and then does
what its standard input says, a JSON object a line, with one as the answer:

    {"do": "prepare"}                 -> {"compile_seconds": ..}; result.npy is written
    {"do": "time", "seconds": 0.5}    -> {"samples": [..]}, seconds of each run
    {"do": "memory"}                  -> {"peak_memory_bytes": ..} since preparing

A failure is {"error": text}. usage: python -m moecbench.worker PEER TASK.json RESULT.npy
"""

import json
import os
import sys
import time
import traceback


def keep_to(threads):
    """Runs on the first so many cores, whatever a library makes of it; and is the
    first to go when memory ends."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
        file.write("1000")


def reset_peak():
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def peak():
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def samples(run, seconds):
    """Times of runs, one after the other, for at least so long."""
    times, start = [], time.perf_counter()
    while not times or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        run()
        times.append(time.perf_counter() - before)
    return times


class Worker:
    def __init__(self, name, task, result):
        self.name, self.task, self.result, self.peer = name, task, result, None

    def prepare(self, _):
        import numpy
        from . import peers
        self.peer = peers.module(self.name).Peer(self.task)
        numpy.save(self.result, self.peer.result())
        reset_peak()
        return {"compile_seconds": self.peer.compile_seconds}

    def time(self, order):
        return {"samples": samples(self.peer.run, order["seconds"])}

    def memory(self, _):
        return {"peak_memory_bytes": peak()}


def main():
    name, path, result = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        task = json.load(file)
    keep_to(task["threads"])
    # What libraries print goes elsewhere than the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker = Worker(name, task, result)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = getattr(worker, order["do"])(order)
        except Exception as problem:  # one peer must not cost the others
            traceback.print_exc()
            text = str(problem).strip().splitlines() or [""]
            # A compiler's own message, if there is one, says more than that it failed.
            said = [line for line in text if "error: " in line] or text
            answer = {"error": f"{type(problem).__name__}: {said[0]}"[:300]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
