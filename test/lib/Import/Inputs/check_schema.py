"""Holds models against the JSON Schema, and the schema against the list of ops.

usage: check_schema.py SCHEMA FOLDER      every *.json below FOLDER keeps to it
       check_schema.py --ops SCHEMA LIST  it has exactly the ops of `moec ops`

It understands the words that the schema uses, and refuses others, so that
nothing in it is silently ignored.
"""

import glob
import json
import os
import re
import sys

IGNORED = {"$schema", "$defs", "title", "description", "default"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


def check(schema, value, root, path):
    """The first thing that is wrong with a value, or None."""
    properties = schema.get("properties", {})
    for word, wanted in schema.items():
        if word in IGNORED or word == "properties":
            continue
        if word == "$ref":
            wrong = check(root["$defs"][wanted.split("/")[-1]], value, root, path)
        elif word == "type":
            wrong = None if is_type(value, wanted) else f"is no {wanted}"
        elif word == "const":
            wrong = None if value == wanted else f"is not {wanted!r}"
        elif word == "enum":
            wrong = None if value in wanted else f"is not one of {wanted}"
        elif word in ("oneOf", "anyOf"):
            found = [check(s, value, root, path) for s in wanted]
            good = found.count(None)
            wrong = None
            if good == 0 or (word == "oneOf" and good != 1):
                wrong = f"fits {good} of {len(wanted)}"
        elif word == "required":
            missing = [key for key in wanted if key not in value]
            wrong = f"lacks {missing}" if missing else None
        elif word == "additionalProperties":
            wrong = None
            for key in set(value) - set(properties):
                wrong = wrong or (f"has {key!r}" if wanted is False else
                                  check(wanted, value[key], root, f"{path}.{key}"))
        elif word == "items":
            wrong = next(filter(None, (check(wanted, item, root, f"{path}[{i}]")
                                       for i, item in enumerate(value))), None)
        elif word == "pattern":
            wrong = None if re.search(wanted, value) else "has another pattern"
        elif word in ("minItems", "minProperties"):
            wrong = None if len(value) >= wanted else f"has {len(value)} entries"
        elif word in ("maxItems", "maxProperties"):
            wrong = None if len(value) <= wanted else f"has {len(value)} entries"
        elif word == "uniqueItems":
            wrong = None if len({json.dumps(item) for item in value}) == len(value) or not wanted else "has an entry twice"
        elif word == "minimum":
            wrong = None if value >= wanted else f"is below {wanted}"
        elif word == "exclusiveMinimum":
            wrong = None if value > wanted else f"is not above {wanted}"
        elif word == "maximum":
            wrong = None if value <= wanted else f"is above {wanted}"
        elif word == "exclusiveMaximum":
            wrong = None if value < wanted else f"is not below {wanted}"
        else:
            sys.exit(f"the schema uses {word!r}, which this check does not know")
        if wrong:
            return wrong if wrong.startswith("$") else f"{path} {wrong}"
    for key, sub in properties.items():
        if isinstance(value, dict) and key in value:
            wrong = check(sub, value[key], root, f"{path}.{key}")
            if wrong:
                return wrong
    return None


def check_models(schema, folder):
    models = sorted(glob.glob(os.path.join(folder, "**", "*.json"), recursive=True))
    problems = []
    for path in models:
        with open(path, encoding="utf-8") as file:
            model = json.load(file)
        wrong = check(schema, model, schema, "$")
        if wrong:
            problems.append(f"{path}: {wrong}")
        # The check itself must be able to fail.
        broken = dict(model, nodes=[dict(model["nodes"][0], op="no_such_op")])
        if check(schema, broken, schema, "$") is None:
            problems.append(f"{path}: the schema takes an unknown op")
    print("\n".join(problems + [f"{len(models)} models"]))
    sys.exit(1 if problems or not models else 0)


def check_ops(schema, path):
    listed = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            name, attribute = line.split(":")[0], line.startswith("  ")
            if attribute:
                listed[op].add(name.strip())
            else:
                op = name
                listed[op] = set()
    known = {}
    for node in schema["$defs"]["node"]["oneOf"]:
        keys = set(node["properties"]) - {"name", "op", "inputs", "description"}
        known[node["properties"]["op"]["const"]] = keys
    print(f"{len(known)} ops")
    if listed != known:
        sys.exit(f"the list has {listed}, the schema {known}")


if __name__ == "__main__":
    ops = sys.argv[1] == "--ops"
    with open(sys.argv[2 if ops else 1], encoding="utf-8") as text:
        loaded = json.load(text)
    if ops:
        check_ops(loaded, sys.argv[3])
    else:
        check_models(loaded, sys.argv[2])
