"""No kernel of the GPU module whose manifest comes in spills registers.

usage: no_spills.py [VARIANT...]   variants that some kernel must have
"""

import json
import sys

kernels = json.load(sys.stdin)["kernels"]
if not kernels:
    sys.exit("no kernels")
variants = {kernel["variant"] for kernel in kernels}
missing = set(sys.argv[1:]) - variants
if missing:
    sys.exit(f"no kernel with {sorted(missing)}, only {sorted(variants)}")
spilling = [kernel["symbol"] for kernel in kernels if kernel["spills"] != 0]
if spilling:
    sys.exit(f"{len(spilling)} of {len(kernels)} kernels spill: {spilling}")
