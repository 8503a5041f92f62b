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
        dims = cases.dims_of(model, case.trains)
        assert dims["image"] % dims["patch"] == 0 and dims["count"], case.label
        if case.trains:
            text = json.dumps(model)
            assert ".load" not in text and '"learned_noise": true' not in text, f"{case.label}: a router has noise"
            assert '"dropout"' not in text, f"{case.label}: something is dropped"
assert len({(batch, *sizes) for (_, batch), sizes in cases.PRODUCTS.items()}) == len(cases.PRODUCTS) == 20
assert cases.QUICK_PRODUCTS <= set(cases.PRODUCTS), "--quick has a product that there is not"
repeat = {"name": "stack", "sizes": {"hidden": [9, 9, 7, 9], "experts": [3, 3, 3, 3]}}
assert cases.stacks_of(repeat) == [("stack.0", 2, {"hidden": 9, "experts": 3}), ("stack.2", 1, {"hidden": 7, "experts": 3}),
                                   ("stack.3", 1, {"hidden": 9, "experts": 3})]
for product, batch in cases.PRODUCTS:
    moec("compile", "-", "--emit", "moe", text=cases.product_model(product, batch))
print(f"{len(chosen)} cases")
