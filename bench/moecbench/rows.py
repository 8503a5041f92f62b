"""The arithmetic of rows, and what a row looks like. Needs nothing installed."""

import statistics

# Member -> what it may be; bench/README.md says what each means.
MEMBERS = {
    "case": (str,), "kind": (str,), "threads": (int,), "batch": (int,), "dtype": (str,),
    "ours": (float, type(None)), "peers": (dict,), "unit": (str,), "ratio_to_best_peer": (float, type(None)),
    "share_of_peak": (float, type(None)), "peak_memory_bytes": (int, type(None)),
    "spread": (dict,), "peers_peak_memory_bytes": (dict,), "reasons": (dict,),
}
UNITS = {"contraction": "GFLOP/s", "inference": "ms", "training": "ms", "compile": "s"}
# Whether more of the unit is better.
MORE_IS_BETTER = {"GFLOP/s": True, "ms": False, "s": False}


def value_of(seconds, unit, flops):
    """Seconds of a run in the unit of its row."""
    if unit == "GFLOP/s":
        return flops / seconds * 1e-9
    return seconds * {"ms": 1e3, "s": 1.0}[unit]


def summary(rounds, unit, flops):
    """(value, [lowest, highest]) of rounds, each a list of the seconds of its runs:
    the median of the medians of the rounds, and what these lie between."""
    values = [value_of(statistics.median(times), unit, flops) for times in rounds]
    return statistics.median(values), [min(values), max(values)]


def ratio(ours, peers, unit):
    """How many times as fast as the fastest peer we are; None without one."""
    found = [value for value in peers.values() if value is not None]
    if ours is None or not found:
        return None
    return ours / max(found) if MORE_IS_BETTER[unit] else min(found) / ours


def share(ours, unit, flops, peak):
    """What part of `peak`, in FLOP/s, we reach; None where nothing is computed."""
    if ours is None or not flops or not peak or unit == "s":
        return None
    reached = ours * 1e9 if unit == "GFLOP/s" else flops / (ours * 1e-3)
    return reached / peak


def make(case, ours_name, rounds, memory, reasons, flops, peak):
    """A row. `rounds` and `memory`: name -> what was measured, of us and of peers;
    `reasons`: name -> why there is no number. `case` has name, kind, threads, batch, dtype."""
    unit = UNITS[case.kind]
    found = {name: summary(times, unit, flops) for name, times in rounds.items() if times}
    ours = found[ours_name][0] if ours_name in found else None
    names = [name for name in list(rounds) + list(reasons) if name != ours_name]
    peers = {name: found[name][0] if name in found else None for name in sorted(set(names))}
    return {
        "case": case.name, "kind": case.kind, "threads": case.threads, "batch": case.batch, "dtype": case.dtype,
        "ours": ours, "peers": peers, "unit": unit, "ratio_to_best_peer": ratio(ours, peers, unit),
        "share_of_peak": share(ours, unit, flops, peak), "peak_memory_bytes": memory.get(ours_name),
        "spread": {name: both for name, (_, both) in sorted(found.items())},
        "peers_peak_memory_bytes": {n: memory[n] for n in peers if memory.get(n) is not None},
        "reasons": dict(sorted(reasons.items())),
    }


def problems(row):
    """What is wrong with a row, as texts."""
    found = [f"no member {name}" for name in MEMBERS if name not in row]
    found += [f"unknown member {name}" for name in row if name not in MEMBERS]
    for name, types in MEMBERS.items():
        if name in row and (not isinstance(row[name], types) or isinstance(row[name], bool)):
            found.append(f"{name} is {row[name]!r}, expected {' or '.join(t.__name__ for t in types)}")
    if found:
        return found
    if UNITS.get(row["kind"]) != row["unit"]:
        found.append(f"kind {row['kind']} with the unit {row['unit']}")
    found += [f"{name} has neither a number nor a reason"
              for name, value in row["peers"].items() if value is None and name not in row["reasons"]]
    if row["ours"] is None and not row["reasons"]:
        found.append("no number of ours, and no reason")
    if row["ratio_to_best_peer"] != ratio(row["ours"], row["peers"], row["unit"]):
        found.append("ratio_to_best_peer is not that of ours and peers")
    return found
