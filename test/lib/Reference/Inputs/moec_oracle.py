"""What the oracle scripts share: a writer of small moe functions, a way to run
them in the interpreter, and Philox written from its paper."""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np


class Value:
    def __init__(self, name, shape, type):
        self.name, self.shape, self.type = name, tuple(shape), type


def tensor(shape, element="f32"):
    return "tensor<" + "".join(f"{d}x" for d in shape) + element + ">"


class Function:
    """A function under construction; its arguments carry their values."""

    def __init__(self, name="f"):
        self.name, self.arguments, self.values, self.lines = name, [], [], []
        self.attributes, self.count = [], 0

    def argument(self, array, attributes=""):
        array = np.asarray(array)
        element = "i32" if array.dtype.kind == "i" else "f32"
        value = Value(f"%a{len(self.arguments)}", array.shape, tensor(array.shape, element))
        self.arguments.append(value)
        self.values.append(array)
        self.attributes.append(attributes)
        return value

    def op(self, text, shape, element="f32"):
        """`text` has {y} for the result and {t} for its type."""
        self.count += 1
        value = Value(f"%v{self.count}", shape, tensor(shape, element))
        self.lines.append(text.replace("{y}", value.name).replace("{t}", value.type))
        return value

    def linear(self, x, w, b, axis):
        shape = list(x.shape)
        shape[axis] = w.shape[1]
        names = ", ".join(v.name for v in (x, w, b) if v)
        types = ", ".join(v.type for v in (x, w, b) if v)
        return self.op(f"{{y}} = moe.linear {names} axis {axis} : ({types}) -> {{t}}", shape)

    def unary(self, op, x, rest=""):
        return self.op(f"{{y}} = moe.{op} {x.name} {rest} : {{t}}", x.shape)

    def add(self, x, y):
        return self.op(f"{{y}} = moe.add {x.name}, {y.name} : {{t}}", x.shape)

    def layer_norm(self, x, s, b, eps="1.0e-6"):
        return self.op(f"{{y}} = moe.layer_norm {x.name}, {s.name}, {b.name} eps {eps} : "
                       f"{x.type}, {s.type}", x.shape)

    def einsum(self, x, y, equation, shape):
        return self.op(f'{{y}} = moe.einsum {x.name}, {y.name} "{equation}" : '
                       f"({x.type}, {y.type}) -> {{t}}", shape)

    def transpose(self, x, order):
        return self.op(f"{{y}} = moe.transpose {x.name} {list(order)} : {x.type} -> {{t}}",
                       [x.shape[i] for i in order])

    def reshape(self, x, shape):
        return self.op(f"{{y}} = moe.reshape {x.name} : {x.type} -> {{t}}", shape)

    def broadcast(self, x, axes, shape):
        return self.op(f"{{y}} = moe.broadcast {x.name} axes {list(axes)} : {x.type} -> {{t}}", shape)

    def reduce(self, x, axes):
        shape = [d for i, d in enumerate(x.shape) if i not in axes]
        return self.op(f"{{y}} = moe.reduce {x.name} axes {list(axes)} : {x.type} -> {{t}}", shape)

    def text(self, results, attributes=()):
        head = ", ".join(f"{v.name}: {v.type} {a}" for v, a in zip(self.arguments, self.attributes))
        given = list(attributes) + [""] * (len(results) - len(attributes))
        types = ", ".join(f"{v.type} {a}" for v, a in zip(results, given))
        return (f"func.func @{self.name}({head}) -> ({types}) {{\n  " + "\n  ".join(self.lines)
                + "\n  return " + ", ".join(v.name for v in results) + " : "
                + ", ".join(v.type for v in results) + "\n}\n")

    def run(self, results):
        """The interpreter's results, in double."""
        return interpret(self.text(results), self.name, self.values)


def to_json(array):
    array = np.asarray(array)
    return {"shape": list(array.shape), "data": array.ravel().tolist()}


def interpret(module, name, arguments):
    with tempfile.TemporaryDirectory() as folder:
        source, given = os.path.join(folder, "f.mlir"), os.path.join(folder, "f.json")
        with open(source, "w") as file:
            file.write(module)
        with open(given, "w") as file:
            json.dump({name: [to_json(a) for a in arguments]}, file)
        done = subprocess.run(["moec-interpret", source, "--f64", "--json", "--input=" + given],
                              capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr + module)
    return [np.array(r["data"], dtype=np.float64).reshape(r["shape"])
            for r in json.loads(done.stdout)[name]]


FAILED = []


def check(what, actual, expected, tolerance=1e-9):
    """Prints one line; finish() fails if one of them did."""
    expected = np.asarray(expected, dtype=np.float64)
    if actual.shape != expected.shape:
        error = float("inf")
    else:
        error = np.max(np.abs(actual - expected)) / max(1.0, np.max(np.abs(expected)))
    ok = error <= tolerance
    print(f"{what}: {'equal' if ok else 'DIFFERENT'}, max error {error:.3g}")
    if not ok:
        FAILED.append(what)


def finish():
    if FAILED:
        sys.exit("different: " + ", ".join(FAILED))


def normal(rng, *shape, scale=1.0):
    """Normal numbers that f32 holds exactly."""
    return (rng.standard_normal(shape) * scale).astype(np.float32).astype(np.float64)


def philox(counter, key):
    """Philox4x32-10 (Salmon et al., SC 2011, section 4.3), in Python integers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        high0, low0 = divmod(0xD2511F53 * c[0], 1 << 32)
        high1, low1 = divmod(0xCD9E8D57 * c[2], 1 << 32)
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B9) % (1 << 32), (k[1] + 0xBB67AE85) % (1 << 32)]
    return c


def dropout_words(seed, step, stream, first, last, layers):
    """The keys of `moe.dropout_key`: Philox words, threshold, bits of the scale."""
    ends = [min(round(rate * 2**32), 2**32 - 1) for rate in (first, last)]
    keys = []
    for layer in range(layers):
        words = philox([layer, step % (1 << 32), 0, 0], [seed % (1 << 32), stream])[:2]
        threshold = ends[0] + layer * (int((ends[1] - ends[0]) / (layers - 1)) if layers > 1 else 0)
        scale = np.float32(1) / (np.float32(2**32 - threshold) * np.float32(2.0**-32))
        keys.append([*words, threshold, int(scale.view(np.uint32))])
    return np.array(keys, np.uint32)


def is_kept(count, key):
    """Of draws 0 .. count - 1."""
    x = np.arange(count, dtype=np.uint32) ^ key[0]
    x = (x ^ x >> np.uint32(17)) * np.uint32(0xED5AD4BB) ^ key[1]
    x = (x ^ x >> np.uint32(11)) * np.uint32(0xAC4C1B51)
    return (x ^ x >> np.uint32(15)) * np.uint32(0x31848BAB) >= key[2]


def autodiff(module):
    """The module after moec-autodiff."""
    done = subprocess.run(["moec-opt", "--moec-autodiff"], input=module, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr + module)
    return done.stdout
