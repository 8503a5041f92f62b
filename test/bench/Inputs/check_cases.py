"""Each case of bench/run names a model of the zoo that it can write, or a product
that moec takes.

usage: check_cases.py BENCH MOEC
"""

import json
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from moecbench import cases, peers  # noqa: E402


def moec(*words, text=None):
    done = subprocess.run([sys.argv[2], *words], input=text, capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


chosen = list(cases.all_cases())
assert len({case.label for case in chosen}) == len(chosen), "two cases have one label"
assert {case.kind for case in chosen} == set(cases.KINDS)
assert {case.kind for case in cases.select(quick=True)} == set(cases.KINDS), "--quick leaves a kind out"
assert {case.subject for case in chosen if case.kind != "contraction"} == set(cases.MODELS)
for case in chosen:
    # bench/run gives a reason for who cannot, so somebody has to be asked.
    assert peers.taking_part(case), case.label
    if case.kind != "contraction" and case.threads == 2:
        model = json.loads(moec(*case.zoo_arguments()))
        dims = cases.dims_of(model, case.kind == "training")
        assert dims["image"] % dims["patch"] == 0 and dims["count"], case.label
        if case.kind == "training":
            assert ".load" not in json.dumps(model["training"]["loss"]), f"{case.label}: a router has noise"
for product, batch in cases.PRODUCTS:
    moec("compile", "-", "--emit", "moe", text=cases.product_model(product, batch))
print(f"{len(chosen)} cases")
