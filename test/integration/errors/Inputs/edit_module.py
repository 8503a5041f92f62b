"""Writes a copy of a module whose manifest asks for a CPU feature that no CPU
has, "made2", in the place of one with as many letters.

usage: edit_module.py FROM TO
"""

import re
import sys

with open(sys.argv[1], "rb") as file:
    raw = file.read()
features = re.search(rb'"features":\s*\[([^\]]*)\]', raw)
name = next((n for n in re.findall(rb'"([^"]*)"', features.group(1))
             if len(n) >= 5), None)
if name is None:
    sys.exit("the module needs no feature with a name of 5 letters")
changed = features.group(0).replace(b'"' + name + b'"',
                                    b'"made2"' + b" " * (len(name) - 5), 1)
raw = raw[:features.start()] + changed + raw[features.end():]
with open(sys.argv[2], "wb") as file:
    file.write(raw)
