#!/usr/bin/env python3
"""Makes a Markdown table of what scripts/kit/run.py measured.

usage: gpu_table.py RESULTS.json
"""

import json
import sys


def cell(value, form="{:.3f}"):
    return "-" if value is None else form.format(value)


def compiled(item):
    """Time of torch.compile; a star where it did not run as a CUDA graph."""
    return cell(item.get("compile_ms")) + ("" if item.get("compile_graph", True) else "*")


def table(results):
    lines = []
    machine, bench = results["machine"], results["bench"]
    gpu = next((c["device"] for c in results["checks"] if "device" in c), results["device"])
    lines.append(f"{gpu}, driver {machine.get('driver') or '-'}, PyTorch {machine.get('torch') or '-'}, "
                 f"moec {results['commit']}.")
    if results.get("dry_run"):
        lines.append("A dry run with small shapes: the times say nothing.")
    lines.append("")
    states = [c["status"] for c in results["checks"]]
    lines.append(f"{len(states)} modules checked: {states.count('ok')} ok, {states.count('WRONG')} wrong, "
                 f"{states.count('FAILED')} did not run; {len(results['left_out'])} were not in the kit.")
    bad = [c for c in results["checks"] if c["status"] != "ok"]
    for item in bad:
        lines.append(f"* {item['label']}: {item['status']} {item.get('message', item.get('errors'))}")
    if bench:
        lines += ["", "| case | precision, target | ours ms | kernels ms | cuBLAS ms | torch.compile ms | Triton ms "
                      "| TFLOP/s | ours is faster by |",
                  "|---|---|---|---|---|---|---|---|---|"]
        for b in bench:
            if "message" in b:
                lines.append(f"| {b['name']} | {b['precision']}, {b['target']} | {b['message']} |||||||")
                continue
            lines.append("| {} | {}, {} | {} | {} | {} | {} | {} | {} | {} |".format(
                b["name"], b["precision"], b["target"], cell(b.get("ours_ms")), cell(b.get("kernels_ms")),
                cell(b.get("cublas_ms")), compiled(b), cell(b.get("triton_ms")),
                cell(b.get("tflops"), "{:.0f}"), cell(b.get("ratio"), "{:.2f}")))
        lines += ["", "*kernels*: the contractions alone. *ours is faster by*: the time of cuBLAS over that of the "
                      "contractions, for layers and steps the time of torch.compile over ours "
                      "(*: PyTorch could not capture it as a CUDA graph, so its launches count)."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        print(table(json.load(file)), end="")
