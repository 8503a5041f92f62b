"""Measures one case: prepares everybody, compares results, and then lets all run
in turn, round by round."""

import contextlib
import json
import os
import re
import subprocess
import sys

from . import cases, compare, peers, rows, weights
from .process import Failed, Process

# Share of the memory that processes may hold together; more than that, and each
# is started anew for each of its rounds.
TOGETHER = 0.6


class Setup:
    """Where things are, and how long to measure: rounds, those of `compile` (where
    a round may take minutes), the seconds of a turn, and how long a peer may take to
    prepare itself."""

    def __init__(self, build, work, rounds=1, compile_rounds=1, seconds=0.0, limit=600, without=()):
        build, self.work = os.path.abspath(build), os.path.abspath(work)
        self.rounds, self.compile_rounds, self.seconds = rounds, compile_rounds, seconds
        self.limit, self.without = limit, without
        self.moec = os.path.join(build, "bin", "moec")
        self.library = os.path.join(build, "runtime", "libmoec_runtime.so")
        os.makedirs(work, exist_ok=True)

    def rounds_of(self, case):
        return self.compile_rounds if case.kind == "compile" else self.rounds

    def run(self, *words):
        done = subprocess.run([self.moec, *words], capture_output=True, text=True)
        if done.returncode:
            raise Failed(done.stderr.strip().splitlines()[0])
        return done.stdout


def say(text):
    print(text, file=sys.stderr, flush=True)


def prepare(setup, case):
    """The task of a case: model, module and weights are files in the work folder."""
    slug = re.sub(r"[^a-z0-9]+", "-", case.label.lower())
    folder = os.path.join(setup.work, slug)
    os.makedirs(folder, exist_ok=True)
    model, module = os.path.join(folder, "model.json"), os.path.join(folder, "model.moec")
    task = {"kind": case.kind, "trains": case.trains, "subject": re.sub(r"[^a-z0-9]+", "-", case.subject),
            "family": case.family, "batch": case.batch, "dtype": case.dtype, "threads": case.threads, "work": setup.work,
            "moec": setup.moec, "library": setup.library, "model": model, "module": module,
            "file": os.path.join(folder, "task.json")}
    if case.kind == "contraction":
        tokens, width, task["axis"], features = cases.PRODUCTS[case.subject, case.batch]
        task["x_shape"] = [case.batch, tokens, width]
        task["y_shape"] = [case.batch, *((features, width) if task["axis"] == "tokens" else (tokens, features))]
        with open(model, "w", encoding="utf-8") as file:
            file.write(cases.product_model(case.subject, case.batch))
    else:
        setup.run(*case.zoo_arguments(), "-o", model)
        with open(model, encoding="utf-8") as file:
            graph = cases.as_peers_train(json.load(file))
        with open(model, "w", encoding="utf-8") as file:
            json.dump(graph, file)
        task["dims"] = cases.dims_of(graph, case.trains)
    mode = "train" if case.trains else "infer"
    setup.run("compile", model, "-o", module, "--mode", mode, "--precision", case.dtype)
    manifest = json.loads(setup.run("inspect", module, "--json"))
    task["weights"], task["parameters"] = weights.write_weights(os.path.join(setup.work, task["subject"]),
                                                                manifest["variables"])
    with open(model, "rb") as file:
        task["digest"] = weights.digest(file.read(), os.path.basename(task["weights"]).encode())
    entry = next(e for e in manifest["entries"] if e["name"] == ("train_step" if mode == "train" else "infer"))
    task["flops"] = entry["model_flops"]
    if mode == "train":
        training = manifest["host"]["training"]
        task["recipe"] = {**training["optimizer"], "clip_norm": training["clip_norm"],
                          "loss": training["model"]["ce"]["op"]}
        task["decay"] = sorted({weights.stack_of(v["name"], task["dims"]["count"])[1]
                                for v in manifest["variables"] if v.get("decay")})
    with open(task["file"], "w", encoding="utf-8") as file:
        json.dump(task, file)
    return task, folder


@contextlib.contextmanager
def spinning(wanted):
    """One other process that computes for nothing, if wanted."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if wanted else None
    try:
        yield
    finally:
        if process:
            process.kill()
            process.wait()


def bytes_of(task):
    """What a process of the case holds at least: in training also gradients and
    two moments."""
    return 4 * task["parameters"] * (4 if task["trains"] else 1)


class Contest:
    """Those who take part in one case, and what came of it."""

    def __init__(self, setup, case, task, folder):
        self.setup, self.case, self.rounds, self.reasons = setup, case, {}, {}
        names = [peers.OURS]
        for name in peers.taking_part(case, setup.without):
            why = peers.reason_against(name, case)
            if why:
                self.reasons[name] = why
            else:
                names.append(name)
        self.processes = [Process(name, task["file"], case.threads, folder, setup.limit) for name in names]
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        self.alone = case.kind == "compile" or bytes_of(task) * len(names) > TOGETHER * memory

    def drop(self, process, why):
        say(f"  {process.name}: {why}")
        self.reasons[process.name] = str(why)
        self.rounds.pop(process.name, None)
        process.stop()
        self.processes.remove(process)

    def begin(self):
        """Everybody's first result, against ours. Who is started anew for each
        turn takes the first one right away."""
        import numpy
        ours = None
        for process in list(self.processes):
            try:
                compiled = process.start()
                result = numpy.load(process.result)
                if process.name == peers.OURS:
                    ours = result
                else:
                    why = compare.difference(ours, result, self.case, self.case.family in cases.ROUTED)
                    if why:
                        self.drop(process, why)
                        continue
                if self.alone:
                    self.turn(process, compiled)
            except Failed as why:
                if process.name == peers.OURS:
                    raise
                self.drop(process, why)

    def turn(self, process, compiled):
        times = process.time(self.setup.seconds)
        self.rounds.setdefault(process.name, []).append([compiled] if self.case.kind == "compile" else times)
        if self.alone:
            process.stop()

    def round(self, number):
        # Another one begins each time.
        shift = number % len(self.processes)
        for process in self.processes[shift:] + self.processes[:shift]:
            try:
                self.turn(process, process.start() if self.alone else None)
            except Failed as why:
                self.drop(process, why)

    def stop(self):
        for process in self.processes:
            process.stop()


def measure(setup, case, peak):
    """The row of a case. `peak`: FLOP/s of as many threads."""
    say(case.label)
    flops, rounds, memory, reasons = None, {}, {}, {}
    try:
        task, folder = prepare(setup, case)
        flops = task["flops"]
        contest = Contest(setup, case, task, folder)
        rounds, reasons = contest.rounds, contest.reasons
        everybody = list(contest.processes)
        try:
            with spinning(case.spins):
                contest.begin()
                for number in range(1 if contest.alone else 0, setup.rounds_of(case)):
                    contest.round(number)
        finally:
            contest.stop()
        memory = {p.name: p.peak_memory_bytes for p in everybody}
    except Failed as why:
        say(f"  {why}")
        reasons.setdefault(peers.OURS, str(why))
        # Nothing was compared, so nobody has a number.
        rounds.clear()
        for name in peers.taking_part(case, setup.without):
            reasons.setdefault(name, "without a result of moec there is nothing to compare with")
    row = rows.make(case, peers.OURS, rounds, memory, reasons, flops, peak)
    say("  " + ", ".join(f"{name} {value:.4g}" for name, value in
                         [("moec", row["ours"]), *row["peers"].items()] if value is not None) + f" {row['unit']}")
    return row
