"""Pieces of IR from test files, and ways to damage them."""

import os
import re

TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|[%@#!^]?[A-Za-z_$][\w$.]*|%\d+|-?\d+\.\d+(?:[eE][-+]?\d+)?|'
                   r'-?(?:0x)?\d+|->|\s+|.', re.S)
# What sits at the edges of types, and what is large for a size but not for its
# number of bits: products of these overflow where each alone does not.
NUMBERS = ["0", "1", "-1", "2", "3", "7", "16", "64", "255", "4096", "1048576", "2147483647", "2147483648",
           "-2147483648", "4294967296", "1099511627776", "4611686018427387904", "9223372036854775807",
           "-9223372036854775808"]
ENTRY = re.compile(r"(?<=[{,<\s])([A-Za-z_][\w.]*)(\s*=\s*)([^,{}<>\[\]]+|\[[^\[\]]*\]|\{[^{}]*\}|<[^<>]*>)(,\s*)?")


def pieces_of(root):
    """The pieces of all .mlir files below `root`, without comments."""
    found = []
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            if not name.endswith(".mlir"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            for piece in re.split(r"^// -----.*$", text, flags=re.M):
                piece = re.sub(r"^\s*//.*\n", "", piece, flags=re.M).strip("\n")
                if piece.strip():
                    found.append(piece + "\n")
    return found


def _numbers(rng, text):
    """Other numbers, also where they are glued into a shape (4x8xf32)."""
    places = list(re.finditer(r"(?<![\w.%#@^])-?\d+(?![\w.])|(?<=[<x])\d+(?=x)", text))
    if not places:
        return text
    at = rng.choice(places)
    old = int(at.group())
    new = rng.choice(NUMBERS + [str(old + 1), str(old - 1), str(old * 2)])
    if rng.random() < 0.3:  # everywhere: types agree again
        return re.sub(r"(?<![\w.%#@^])" + re.escape(at.group()) + r"(?![\w.])|(?<=[<x])" + re.escape(at.group()) +
                      r"(?=x)", new, text)
    return text[:at.start()] + new + text[at.end():]


def _tokens(rng, text, other):
    tokens = TOKEN.findall(text)
    solid = [i for i, t in enumerate(tokens) if not t.isspace()]
    if len(solid) < 2:
        return text
    i, j = rng.choice(solid), rng.choice(solid)
    way = rng.randrange(4)
    if way == 0:
        tokens[i] = ""
    elif way == 1:
        tokens[i] += " " + tokens[i]
    elif way == 2:
        tokens[i], tokens[j] = tokens[j], tokens[i]
    else:
        tokens[i] = rng.choice([t for t in TOKEN.findall(other) if not t.isspace()] or ["x"])
    return "".join(tokens)


def _attributes(rng, text):
    """An entry `name = value` goes, or gets another name, or another value."""
    places = list(ENTRY.finditer(text))
    if not places:
        return _numbers(rng, text)
    at = rng.choice(places)
    name, sign, value, comma = at.group(1), at.group(2), at.group(3), at.group(4) or ""
    way = rng.randrange(3)
    if way == 0:
        new = ""
    elif way == 1:
        k = rng.randrange(len(name))
        new = name[:k] + name[k + 1:] + sign + value + comma
    else:
        values = ["1", "-1", '"x"', "[]", "{}", "unit", "true", "1.0", "array<i64>", "f32", "9223372036854775807"]
        new = name + sign + rng.choice(values + [rng.choice(places).group(3)]) + comma
    return text[:at.start()] + new + text[at.end():]


def _lines(rng, text, other):
    lines, others = text.splitlines(), other.splitlines()
    i = rng.randrange(len(lines))
    way = rng.randrange(4)
    if way == 0:
        del lines[i]
    elif way == 1:
        lines.insert(rng.randrange(len(lines)), lines[i])
    elif way == 2:
        start = rng.randrange(len(others))
        lines[i:i] = others[start:start + rng.randint(1, 5)]
    else:
        lines = lines[:i] + others[rng.randrange(len(others)):]
    return "\n".join(lines) + "\n"


def damage(rng, text, other):
    """`text` with one to three faults; `other` is a piece to mix in."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        if not text.strip():
            break
        way = rng.random()
        if way < 0.50:
            text = _numbers(rng, text)
        elif way < 0.75:
            text = _attributes(rng, text)
        elif way < 0.88:
            text = _tokens(rng, text, other)
        elif way < 0.95:
            text = _lines(rng, text, other)
        else:  # two files in one
            text += other
    return text if text.strip() else "module {}\n"
