"""Results as JSON and as Markdown. Needs nothing installed."""

import json

from . import rows

FORMAT = "moec.bench/1"
TITLES = {"contraction": "Products", "inference": "Inference", "training": "Training steps", "compile": "Compiling"}


def number(value):
    """Three digits that count: 1234, 123, 12.3, 1.23, 0.123."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def cell(row, name):
    value = row["ours"] if name is None else row["peers"].get(name)
    return number(value)


def spread(row):
    """How far the rounds of ours lie apart, in percent of the value."""
    found = row["spread"].get("moec")
    return "-" if not found or not row["ours"] else f"{(found[1] - found[0]) / row['ours'] * 100:.0f} %"


def table(kind, found):
    """The rows of one kind; peers without any number have no column."""
    peers = sorted({name for row in found for name, value in row["peers"].items() if value is not None})
    unit = rows.UNITS[kind]
    better = "more is better" if rows.MORE_IS_BETTER[unit] else "less is better"
    lines = [f"## {TITLES[kind]} ({unit}, {better})", ""]
    heads = ["case", "batch", "dtype", "threads", "moec", "spread", *peers, "ratio to best peer", "share of peak",
             "peak memory, MiB"]
    lines += ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in found:
        memory = row["peak_memory_bytes"]
        lines.append("| " + " | ".join([
            row["case"], str(row["batch"]), row["dtype"], str(row["threads"]), cell(row, None), spread(row),
            *(cell(row, name) for name in peers), number(row["ratio_to_best_peer"]), number(row["share_of_peak"]),
            "-" if memory is None else f"{memory / 2 ** 20:.0f}"]) + " |")
    return lines + [""]


def missing(found):
    """Why there is a dash, each reason once with the rows that it stands for."""
    reasons = {}
    for row in found:
        for name, text in row["reasons"].items():
            where = f"{row['case']}, batch {row['batch']}, {row['dtype']}, {row['threads']} threads"
            reasons.setdefault((row["kind"], name, text), []).append(where)
    if not reasons:
        return []
    lines = ["## Without a number", ""]
    for (kind, name, text), where in reasons.items():
        rest = f" and {len(where) - 1} more" if len(where) > 1 else ""
        lines.append(f"* {kind}, {name}: {text} ({where[0]}{rest})")
    return lines + [""]


def kernel_table(results):
    """What single kernels reach, or why nobody knows."""
    if not results["kernels"]:
        return [f"Kernels alone: {results['kernels_reason']}.", ""]
    lines = ["## Kernels alone (contract_bench, 1 thread)", "",
             "| kernel ([g,] m, n, k) | share of peak | best | ms |", "|---|---|---|---|"]
    for item in results["kernels"]:
        lines.append(f"| {item['kernel']} | {item['share_of_peak']:.2f} | {item['best_share_of_peak']:.2f} "
                     f"| {number(item['ms'])} |")
    return lines + [""]


def markdown(results):
    machine = results["machine"]
    lines = [f"# {machine['cpu']}, {machine['cores']} cores, moec {machine['commit']}"
             + (" with changes" if machine["changed"] else ""), ""]
    for threads, peak in machine["fma_peak_flops"].items():
        lines.append(f"* {threads} threads: FMA peak {number(peak / 1e9)} GFLOP/s ({machine['fma_peak_isa']}), "
                     f"copies {number(machine['copy_bytes_per_second'][threads] / 1e9)} GB/s, "
                     f"reads {number(machine['read_bytes_per_second'][threads] / 1e9)} GB/s")
    lines.append("* " + ", ".join(f"{name} {version}" for name, version in machine["packages"].items()))
    lines.append(f"* `{results['command']}`, {results['rounds']} rounds; load {machine['load_before']:.1f} before, "
                 f"{machine['load_after']:.1f} after")
    lines += [""] + kernel_table(results)
    for kind in TITLES:
        found = [row for row in results["rows"] if row["kind"] == kind]
        if found:
            lines += table(kind, found)
    return "\n".join(lines + missing(results["rows"])).rstrip() + "\n"


def write(results, path):
    """Writes PATH.json and PATH.md."""
    with open(path + ".json", "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    with open(path + ".md", "w", encoding="utf-8") as file:
        file.write(markdown(results))
