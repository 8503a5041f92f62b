"""Two outputs of `moec eval --json` say the same; losses may differ by rounding.

usage: same_evaluation.py A.json B.json
"""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as a, open(sys.argv[2], encoding="utf-8") as b:
    first, second = json.load(a), json.load(b)
same = all(first[key] == second[key] for key in ("images", "correct"))
if not same or abs(first["loss"] - second["loss"]) > 1e-5 * first["loss"]:
    sys.exit(f"{first} and {second} differ")
