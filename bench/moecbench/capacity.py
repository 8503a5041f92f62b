"""How many items an expert takes."""

import math


def capacity(moe, k, items):
    """At most of so many items, k experts each, of the attributes of a node
    with the factor that counts as `capacity`, rounded as docs/model-format.md
    says."""
    to_integer = round if moe.get("capacity_rounding") == "round" else math.ceil
    multiple = moe.get("capacity_multiple", 1)
    whole = to_integer(k * items * moe["capacity"] / moe["count"])
    return min(items, max(1, math.ceil(whole / multiple) * multiple))
