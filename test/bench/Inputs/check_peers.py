"""The models of peers compute what moec computes: each family at a small size,
inference and training. Ends with 77 (skipped) where there is none of the peers.

usage: check_peers.py BENCH BUILD FOLDER VENV [PEER...]
VENV: a virtual environment that may have them; PEER: those to compare, also in bf16
(default: jax, in f32)
"""

import os
import sys

sys.dont_write_bytecode = True
BENCH, BUILD, FOLDER, VENV, *NAMES = sys.argv[1:]
sys.path.insert(0, BENCH)
from moecbench import cases, compare, measure, peers  # noqa: E402

SMALL = ["--image", "16", "--patch", "4", "--classes", "7", "--width", "32", "--hidden", "48", "--layers", "4"]
TRANSFORMER, MOE = ["--heads", "2"], ["--experts", "4", "--expert-layers", "2"]
OPTIONS = {
    "mixer-s16": ["--token-hidden", "24"],
    "vit-s16": TRANSFORMER,
    "soft-moe-s16": TRANSFORMER + MOE + ["--slots", "2"],
    "v-moe-s16-32e": TRANSFORMER + MOE + ["--k", "2"],
    "expert-choice-s16": TRANSFORMER + MOE,
    "sparse-b": ["--token-hidden", "24", "--expert-layers", "1", "--wide-tokens", "24", "--narrow-width", "16",
                 "--s-experts", "3", "--s-hidden", "20", "--c-experts", "4", "--c-hidden", "28"],
    # Stacks of two layers, of one, and of one.
    "mlit-xxs": ["--heads", "4", "--kv-heads", "2", "--last-hidden", "48"],
}



def results(case, task, name):
    """None where this peer cannot do it."""
    return None if peers.reason_against(name, case) else peers.module(name).Peer(task).result()


def main():
    if not any(all(map(peers.installed, peers.module(name).PACKAGES)) for name in NAMES):
        python = os.path.join(VENV, "bin", "python")
        if os.path.exists(python) and sys.prefix != os.path.abspath(VENV):
            os.execv(python, [python, *sys.argv])
        print(f"skipped: this Python has none of {', '.join(NAMES)}")
        return 77
    compared, problems = 0, []
    for subject, options in OPTIONS.items():
        for kind in ("inference", "training"):
            for dtype in DTYPES:
                case = cases.Case(kind, subject, 3, dtype, 1, options=SMALL + options)
                setup = measure.Setup(BUILD, os.path.join(FOLDER, subject))
                task, _ = measure.prepare(setup, case)
                ours = results(case, task, peers.OURS)
                for name in NAMES:
                    try:
                        theirs = results(case, task, name)
                    except Exception as problem:
                        why = f"{type(problem).__name__}: {problem}"
                    else:
                        if theirs is None:
                            continue
                        why = compare.difference(ours, theirs, case, case.family in cases.ROUTED)
                    compared += 1
                    print(f"{case.label}: {name}: {why or 'ok'}", flush=True)
                    problems += [why] if why else []
    print(f"{compared} results compared, {len(problems)} problems")
    return 1 if problems or not compared else 0


if __name__ == "__main__":
    DTYPES = ("f32", "bf16") if NAMES else ("f32",)
    NAMES = NAMES or ["jax"]
    sys.exit(main())
