"""Every op and every pass is documented in its td record, and every example of
an op is IR that moec-opt accepts.

usage: check_records.py ROOT TBLGEN INCLUDE [MOEC_OPT]
TBLGEN is llvm-tblgen, INCLUDE the folder of MLIR's td files. Without MOEC_OPT
the examples are looked for but not parsed.
"""

import os
import re
import subprocess
import sys

from house import fenced, finish, op_name, record_files, records


def parse(moec_opt, text):
    """The diagnostics of moec-opt on a text, '' if it is accepted."""
    done = subprocess.run([moec_opt, "--split-input-file", "--verify-roundtrip", "-", "-o", os.devnull],
                          input=text, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stderr or f"exit code {done.returncode}"


def parse_examples(moec_opt, examples):
    """Problems of a list of (name, text). They are tried together, since the
    start of the tool is most of the cost; only a failure asks for each one."""
    if not parse(moec_opt, "// -----\n".join(text for _, text in examples)):
        return []
    return [f"the example of {name} does not parse:\n{text}{output}"
            for name, text in examples for output in [parse(moec_opt, text)] if output]


def documented(where, record):
    return [f"{where} has no {key}" for key in ("summary", "description")
            if not (record.get(key) or "").strip()]


def uses(blocks, name):
    return any(re.search(rf"{re.escape(name)}(?![\w.])", text) for text in blocks)


def is_part(record, table):
    """Ops that stand only inside another op, such as terminators: they are
    shown in the examples of the ops around them."""
    traits = [table[trait["def"]] for trait in record["traits"]]
    return any(trait.get("trait") == "IsTerminator"
               or str(trait.get("trait")).startswith("HasParent<") for trait in traits)


def main():
    root, tblgen, include = sys.argv[1:4]
    moec_opt = sys.argv[4] if len(sys.argv) > 4 else None
    checked, problems, examples, parts = 0, [], [], []
    for path in record_files(root):
        table, classes = records(root, path, tblgen, include)
        own = path.split("/")[1]
        for name in classes.get("Op", []):
            record = table[name]
            # Ops of other dialects come in by include; theirs are not ours.
            if not record["opDialect"]["def"].startswith(own + "_"):
                continue
            full = op_name(record, table)
            checked += 1
            problems += documented(f"{path}: {full}", record)
            blocks = [text for _, text in fenced(record.get("description") or "", "mlir")]
            if not uses(blocks, full) and not is_part(record, table):
                problems.append(f"{path}: {full} has no ```mlir example that uses it")
            examples += [(full, text) for text in blocks]
            parts += [(path, full)] if is_part(record, table) else []
        for name in classes.get("PassBase", []):
            record = table[name]
            checked += 1
            problems += documented(f"{path}: pass --{record['argument']}", record)
    for path, full in parts:
        if not uses([text for _, text in examples], full):
            problems.append(f"{path}: no ```mlir example of any op uses {full}")
    if moec_opt and examples:
        problems += parse_examples(moec_opt, examples)
    finish("ops and passes", checked, problems)


if __name__ == "__main__":
    main()
