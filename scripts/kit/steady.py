"""Inputs on which no choice between experts hangs on a rounding.

A router takes the largest gates. Where two are nearly equal, the rounding of
bf16 ahead of the router changes which one that is, and with it the result by
far more than a rounding. No bound on such a result would say anything about the
code. So the images are picked: in f32, random changes of all weights, about
twice what bf16 does, must change no choice. No code in bf16 has a part in this.
"""

import copy
import operator

import arrays

TRIALS = 12
# What rounding to bf16 changes at most, relative to the value. Where weights are
# bf16 numbers, this moves the results about twice as much as bf16 does.
AMOUNT = 2.0 ** -8


class NoneFound(Exception):
    pass


class Routers:
    """What the routers of a model read and choose.

    `model` is the given one with the blocks of its `moe` nodes written out, for
    only nodes outside of blocks can be outputs; its outputs are what the routers
    read."""

    def __init__(self, model):
        self.model = copy.deepcopy(model)
        self.model.pop("training", None)
        self.model["inputs"].pop("label", None)
        self.origin = {}  # node -> how its parameters are called in the given model
        nodes = []
        for node in self.model["nodes"]:
            nodes += self.write_out(node)
        self.nodes = [node for node in nodes if node["op"] == "moe"]
        blocks = {node.get("block") for node in nodes}
        self.model["blocks"] = {name: b for name, b in self.model.get("blocks", {}).items() if name in blocks}
        outputs = [name for name in model["outputs"] if not name.endswith(".experts")]
        self.model.update(nodes=nodes, outputs=outputs + [node["inputs"][0] for node in self.nodes])

    def write_out(self, node):
        name = node["name"]
        block = self.model["blocks"][node["block"]] if node["op"] == "repeat" else None
        if block is None or all(inner["op"] != "moe" for inner in block["nodes"]):
            self.origin[name] = name
            return [node]
        if node["count"] != 1:
            raise NoneFound(f"the routers in '{name}' cannot be looked at: it is repeated")
        names = {inner["name"]: f"{name}_{inner['name']}" for inner in block["nodes"]}
        names.update({start: node["inputs"][0] for start in block["inputs"]})
        names[block["outputs"][0]] = name
        for inner in block["nodes"]:
            self.origin[names[inner["name"]]] = f"{name}.{inner['name']}"
        return [{**inner, "name": names[inner["name"]], "inputs": [names[i] for i in inner["inputs"]]}
                for inner in block["nodes"]]

    def parameters(self, manifest, weights):
        """The weights of the given model under the names of this one."""
        result = {}
        for info in manifest["variables"]:
            if info["role"] != "parameter":
                continue
            node, rest = info["name"].split(".", 1)
            result[info["name"]] = weights[f"{self.origin[node]}.{rest}"]
        return result

    def choices(self, weights, outputs, row):
        """For each router and item of image `row`, the experts, sorted."""
        return [self.choose(node, weights[f"{self.origin[node['name']]}.router.weight"],
                            outputs[node["inputs"][0]], row) for node in self.nodes]

    def choose(self, node, weight, item, row):
        _, tokens, channels = item[1]
        data = arrays.values(item)[row * tokens * channels:(row + 1) * tokens * channels]
        if node.get("over") == "channels":
            items = [data[i::channels] for i in range(channels)]
        else:
            items = [data[i * channels:(i + 1) * channels] for i in range(tokens)]
        experts = weight[1][-1]
        columns = [arrays.values(weight)[i::experts] for i in range(experts)]
        result = []
        for vector in items:
            gates = [sum(map(operator.mul, vector, column)) for column in columns]
            order = sorted(range(experts), key=gates.__getitem__, reverse=True)
            result.append(sorted(order[:node.get("k", 1)]))
        return result


def pick(routers, run, weights, draw, batches=1000):
    """Rows of draw(0), draw(1), ... on which no disturbed weights change a choice,
    as many as a draw has. `run(weights, inputs)` gives outputs of the model in
    `routers` by name, in f32."""
    disturbed = [{name: arrays.disturb(item, 1000 * trial + i, AMOUNT) for i, (name, item) in enumerate(weights.items())}
                 for trial in range(TRIALS)]
    kept = []
    for number in range(batches):
        inputs = draw(number)
        batch = next(iter(inputs.values()))[1][0]
        outputs = run(weights, inputs)
        good = {row: routers.choices(weights, outputs, row) for row in range(batch)}
        for other in disturbed:
            outputs = run(other, inputs)
            good = {row: wanted for row, wanted in good.items() if routers.choices(other, outputs, row) == wanted}
            if not good:
                break
        for row in good:
            size = {name: len(item[2]) // batch for name, item in inputs.items()}
            kept.append({name: item[2][row * size[name]:(row + 1) * size[name]] for name, item in inputs.items()})
        if len(kept) >= batch:
            return {name: (item[0], item[1], b"".join(row[name] for row in kept[:batch]))
                    for name, item in inputs.items()}
    raise NoneFound(f"{batches} batches gave only {len(kept)} images without a close choice")
