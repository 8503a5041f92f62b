"""The fuzzer of models finds faults that are made on purpose, makes them
smaller, repeats them, and draws everything that the format knows.

usage: check_plants.py FUZZ_MODELS WORKER SCHEMA
"""

import glob
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import draw  # noqa: E402
import reduce  # noqa: E402

# Fault, options, how many of 16 models must show it. Where a route hangs on a
# rounding nothing is compared, and some weights change nothing.
PLANTS = [("weight", [], 8), ("output", ["--seed", "4"], 14), ("crash", [], 16), ("hang", ["--timeout", "0.2"], 16)]
MODELS = 16


def fail(text):
    print(f"error: {text}")
    sys.exit(1)


def fuzz(program, worker, *options):
    done = subprocess.run([sys.executable, program, "--worker", worker, *options], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def check_plants(program, worker):
    for plant, options, least in PLANTS:
        with tempfile.TemporaryDirectory() as keep:
            code, text = fuzz(program, worker, "--plant", plant, "--count", str(MODELS), "--simulate", "0",
                              "--reduce-seconds", "0", "--keep", keep, *options)
            kind = "different" if plant in ("weight", "output") else plant
            found = re.search(rf"(\d+) {kind}\b", text)
            if code != 1 or not found or int(found.group(1)) < least:
                fail(f"--plant {plant}: expected exit code 1 and at least {least} of {MODELS} found, got {code}:\n{text}")
            print(f"--plant {plant}: {found.group(1)} of {MODELS} found")
            kept = sorted(glob.glob(os.path.join(keep, "*.json")))
            code, text = fuzz(program, worker, "--replay", kept[0], *options)
            if code != 1 or f'"{kind}"' not in text:
                fail(f"--replay of a kept {plant}: expected exit code 1 and {kind}, got {code}:\n{text}")


def check_limits(program, worker):
    """Reductions end when their time is over and take none of the models';
    SIGTERM ends a run with its summary."""
    with tempfile.TemporaryDirectory() as keep:
        # Each try at a hang takes half a second, and there are hundreds.
        start = time.monotonic()
        code, text = fuzz(program, worker, "--plant", "hang", "--timeout", "0.5", "--seconds", "5", "--simulate", "0",
                          "--reduce-seconds", "6", "--keep", keep)
        spent = time.monotonic() - start
        models = re.search(r"(\d+) models", text)
        if code != 1 or not models or int(models.group(1)) < 2 or not 11 <= spent < 120:
            fail(f"reductions of 6 s: expected exit code 1, 2 models and about 11 s, got {code} after {spent:.1f} s:\n{text}")
        run = subprocess.Popen([sys.executable, program, "--worker", worker, "--seconds", "200", "--keep", keep],
                               stdout=subprocess.PIPE, text=True)
        time.sleep(2)
        run.send_signal(signal.SIGTERM)
        text = run.communicate(timeout=120)[0]
        if run.returncode not in (1, 128 + signal.SIGTERM) or not re.search(r"fuzz-models: \d+ models", text):
            fail(f"SIGTERM: expected a summary, got {run.returncode}:\n{text}")
    print("reductions and signals end in time")


def drawn(count):
    for number in range(count):
        yield draw.draw_case(random.Random(f"all/{number}"), {"avx2", "avx512vl", "sse4_2"}, 0.25, [])


def check_coverage(schema):
    """Every op with every attribute of the schema comes up, and every key of
    the training section."""
    wanted, seen = set(), set()
    for op in schema["$defs"]["node"]["oneOf"]:
        name = op["properties"]["op"]["const"]
        wanted |= {(name, key) for key in op["properties"]} - {(name, "description")}
    training = schema["properties"]["training"]["properties"]
    wanted |= {("training", key) for key in training if key not in ("description", "epochs", "steps")}
    for part in ("optimizer", "schedule"):
        for section in training[part]["oneOf"]:
            wanted |= {(section["properties"]["op"]["const"], key) for key in section["properties"]}
    for case in drawn(1500):
        model = case["model"]
        for nodes in reduce.nodes_of(model):
            seen |= {(node["op"], key) for node in nodes for key in node}
        seen |= {("training", key) for key in model.get("training", {})}
        for part in ("optimizer", "schedule"):
            section = model.get("training", {}).get(part, {})
            seen |= {(section["op"], key) for key in section}
    if wanted - seen:
        fail(f"draw.py never draws {sorted(wanted - seen)}")
    print(f"{len(wanted)} attributes are drawn")


def check_reduction():
    """What is left of a model that fails for one op is little more than it."""
    def fails(case):
        return any(node["op"] == "moe" for nodes in reduce.nodes_of(case["model"]) for node in nodes)

    case = next(c for c in drawn(100) if fails(c) and len(c["model"]["nodes"]) > 5)
    small = reduce.reduced(case, fails)
    if not fails(small) or sum(map(len, reduce.nodes_of(small["model"]))) > 2:
        fail("reduced too little:\n" + json.dumps(small["model"], indent=1))


def main():
    program, worker, schema = sys.argv[1:]
    with open(schema, encoding="utf-8") as file:
        check_coverage(json.load(file))
    check_reduction()
    check_plants(program, worker)
    check_limits(program, worker)


if __name__ == "__main__":
    main()
