"""Weights and inputs that ours and peers share."""

import hashlib
import json
import os


def read_weights(path):
    """name -> NumPy array of an f32 safetensors file, not read before it is used."""
    import numpy

    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
    data = numpy.memmap(path, dtype=numpy.uint8, mode="c", offset=8 + size)
    result = {}
    for name, item in header.items():
        if name != "__metadata__":
            begin, end = item["data_offsets"]
            result[name] = data[begin:end].view(numpy.float32).reshape(item["shape"])
    return result


def stack_of(name, stacks):
    """(stack, name of the parameter in its layers), or (None, name) of a parameter
    that is in no stack. A stack can have a number: stack.3.mlp.up.weight."""
    for stack in stacks:
        if name.startswith(stack + "."):
            return stack, name[len(stack) + 1:]
    return None, name


def draw(info, random):
    """A parameter of the manifest. Zeros and ones would hide mistakes (a head of
    zeros gives the same logits to every model), so they are moved a little."""
    import numpy

    values = random.standard_normal(info["shape"], dtype=numpy.float32)
    rule = info["init"]
    values *= numpy.float32(rule["std"] if rule["op"] == "normal" else 0.05)
    if rule["op"] == "ones":
        values += numpy.float32(1)
    return values


def digest(*contents):
    """A few letters that tell files made of other contents apart."""
    return hashlib.sha256(b"\n".join(contents)).hexdigest()[:8]


def write_weights(stem, variables, seed=1):
    """(path, numbers) of a safetensors file with the parameters of a manifest's
    variables. The path has a digest of their names and shapes, so that a model that
    has changed gets a file of its own."""
    import numpy

    variables = [info for info in variables if info["role"] == "parameter"]
    header, offset, total = {}, 0, 0
    for info in variables:
        count = 1
        for dim in info["shape"]:
            count *= dim
        header[info["name"]] = {"dtype": "F32", "shape": info["shape"], "data_offsets": [offset, offset + 4 * count]}
        offset += 4 * count
        total += count
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path = f"{stem}-{digest(text)}.safetensors"
    if not os.path.exists(path):
        random = numpy.random.default_rng(seed)
        with open(path + ".part", "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text)
            for info in variables:
                file.write(draw(info, random).tobytes())
        os.replace(path + ".part", path)
    return path, total


def inputs(task):
    """name -> NumPy array: the same pixels and labels, or operands, for all."""
    import numpy

    random = numpy.random.default_rng(2)
    if task["kind"] == "contraction":
        return {"x": random.standard_normal(task["x_shape"], dtype=numpy.float32)}
    dims, batch = task["dims"], task["batch"]
    return {
        "image": random.integers(0, 256, (batch, dims["image"], dims["image"], dims["channels"]), dtype=numpy.uint8),
        "label": random.integers(0, dims["classes"], batch, dtype=numpy.int32),
    }
