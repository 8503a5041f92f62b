"""Times moec beside cuBLAS, torch.compile and a Triton kernel, in one process,
on normally distributed data. Every time is the median of runs that the device's
events measure; PyTorch's runs are CUDA graphs where it can capture them, as
moec's always are. A dry run goes the same ways with small shapes, without a GPU
on the CPU and the simulator; its times say nothing."""

import ctypes
import json
import os
import statistics
import time

import runtime

HERE = os.path.dirname(os.path.abspath(__file__))


class Place:
    """Where PyTorch and where our code runs, and how often."""

    def __init__(self, torch, device, dry):
        self.torch, self.ours, self.gpu = torch, device, device == "cuda"
        self.name = "cuda" if self.gpu else "cpu"
        self.warmup, self.runs = (1, 3) if dry else (10, 50)

    def compile(self, body):
        # On the CPU PyTorch would call a C++ compiler for minutes.
        return self.torch.compile(body) if self.gpu else self.torch.compile(body, backend="aot_eager")

    def median_ms(self, body):
        """Median time of body(), and whether it ran as a CUDA graph."""
        return self.median_on_gpu(body) if self.gpu else (self.median_on_cpu(body), False)

    def median_on_cpu(self, body):
        times = []
        for _ in range(self.warmup + self.runs):
            start = time.perf_counter()
            body()
            times.append((time.perf_counter() - start) * 1e3)
        return statistics.median(times[self.warmup:])

    def median_on_gpu(self, body):
        cuda = self.torch.cuda
        stream = cuda.Stream()
        stream.wait_stream(cuda.current_stream())
        with cuda.stream(stream):
            for _ in range(self.warmup):
                body()
        cuda.synchronize()
        run, captured = body, False
        try:
            graph = cuda.CUDAGraph()
            with cuda.graph(graph):
                body()
            run, captured = graph.replay, True
        except Exception:  # what cannot be captured is timed as it is
            cuda.synchronize()
        times = []
        for _ in range(self.warmup + self.runs):
            start, end = cuda.Event(enable_timing=True), cuda.Event(enable_timing=True)
            start.record()
            run()
            end.record()
            cuda.synchronize()
            times.append(start.elapsed_time(end))
        return statistics.median(times[self.warmup:]), captured


def triton_ms(place, a, b):
    """The best of a few tiles, and its error; None without Triton."""
    # Triton's interpreter, which dry runs use, multiplies bf16 as integers.
    if not place.gpu and a.dtype == place.torch.bfloat16:
        return None
    try:
        import triton_matmul
    except ImportError:
        return None
    c, wanted, best = place.torch.empty(a.shape[0], b.shape[1], device=a.device, dtype=a.dtype), a @ b, None
    problem = None
    for tile in triton_matmul.TILES:
        try:
            ms, _ = place.median_ms(lambda: triton_matmul.multiply(a, b, c, tile))
        except Exception as refused:  # a tile that does not fit this GPU
            problem = refused
            continue
        error = float((c.float() - wanted.float()).abs().max() / wanted.float().abs().max())
        if best is None or ms < best[0]:
            best = ms, error
    if best is None:
        raise problem
    return best


class Ours:
    """One module, with start values and normal inputs."""

    def __init__(self, place, library, item, profile=False):
        torch = place.torch
        self.place = place
        self.module = runtime.Module(library, os.path.join(HERE, item["module"]))
        self.session = runtime.Session(self.module, place.ours, profile=profile)
        self.session.init_variables(1)
        self.step = item["bench"]["kind"] == "step"
        self.entry = self.module.entry("train_step" if self.step else "infer")
        self.inputs = {}
        torch.manual_seed(1)
        for info in self.module.manifest["entries"][self.entry]["inputs"]:
            name, shape = info["name"], info["shape"]
            if info["dtype"] == "f32":
                value = torch.randn(shape) if shape else torch.tensor(1e-3)
            else:
                value = torch.randint(0, 10, shape, dtype=torch.int32) if shape else torch.tensor(1, dtype=torch.int32)
            self.inputs[name] = value
            self.session.set_input(self.entry, name, ctypes.string_at(value.data_ptr(), value.nbytes))

    def parameters(self):
        import torch_models
        return {name: torch_models.tensor(item).to(self.place.name)
                for name, item in self.session.parameters().items()}

    def first_output(self):
        """Of one run: the layer's result, or the loss of a step."""
        import torch_models
        self.session.run(self.entry)
        outputs = self.session.outputs(self.entry)
        first = outputs["loss"] if self.step else next(iter(outputs.values()))
        return torch_models.tensor(first).to(self.place.name)

    def median_ms(self):
        self.session.run_timed(self.entry, self.place.warmup)
        return statistics.median(self.session.run_timed(self.entry, self.place.runs)) * 1e3

    def contractions_ms(self):
        """Time of all contractions in one run; the session was made with profile."""
        kernels = self.module.manifest["kernels"]
        for runs in (self.place.warmup, self.place.runs):
            self.session.run_timed(self.entry, runs)
            costs = [self.session.kernel_cost(i) for i in range(len(kernels))]
        return sum(seconds for kernel, (_, seconds) in zip(kernels, costs)
                   if "contract" in kernel["kind"]) / self.place.runs * 1e3


def products(place, bench, dtype):
    """The products alone, by cuBLAS: what the contractions are held against."""
    torch, rows, k, n = place.torch, bench["rows"], bench["k"], bench["n"]
    make = lambda *shape: torch.randn(*shape, device=place.name).to(dtype)
    if bench["kind"] == "dense":
        a, b = make(rows, k), make(k, n)
        return (lambda: torch.matmul(a, b)), (a, b)
    # Every expert gets its even share: the bound of a grouped product.
    experts = bench["experts"]
    x, up, down = make(experts, rows // experts, k), make(experts, k, n), make(experts, n, k)
    hidden = make(experts, rows // experts, n)
    return (lambda: (torch.bmm(x, up), torch.bmm(hidden, down))), None


def torch_layer(place, ours, item, dtype):
    """The model by PyTorch, with our parameters and inputs: what to time (a
    forward pass or a training step, by torch.compile), and its first result."""
    import torch.nn.functional as F
    import torch_models
    torch = place.torch
    with open(os.path.join(HERE, "data", item["name"] + ".json"), encoding="utf-8") as file:
        model = json.load(file)
    parameters = ours.parameters()
    x = ours.inputs["x"].to(place.name)
    if item["bench"]["kind"] != "step":
        def forward():
            with torch.no_grad():
                return next(iter(torch_models.Model(model, parameters, dtype)({"x": x}).values()))
        return place.compile(forward), forward()
    label = ours.inputs["label"].to(place.name).long()
    for value in parameters.values():
        value.requires_grad_(True)
    optimizer = torch.optim.SGD(list(parameters.values()), lr=1e-3, momentum=0.9)

    def loss():
        outputs = torch_models.Model(model, parameters, dtype, training=True)({"x": x})
        return F.cross_entropy(outputs["logits"], label)
    compiled = place.compile(loss)

    def train():
        optimizer.zero_grad(set_to_none=False)
        compiled().backward()
        optimizer.step()
    return train, loss().detach()


def measure_torch(place, ours, item):
    """What PyTorch, cuBLAS and Triton take for the case, and PyTorch's result."""
    bench, dtype = item["bench"], place.torch.bfloat16 if item["precision"] == "bf16" else place.torch.float32
    times = {}
    if bench["kind"] in ("dense", "grouped"):
        body, operands = products(place, bench, dtype)
        times["cublas_ms"], _ = place.median_ms(body)
        found = triton_ms(place, *operands) if operands else None
        if found:
            times["triton_ms"], times["triton_error"] = found
    body, wanted = torch_layer(place, ours, item, dtype)
    if bench["kind"] in ("layer", "step"):
        times["compile_ms"], times["compile_graph"] = place.median_ms(body)
    return times, wanted


def measure(place, library, item, known):
    """One module; `known` keeps what PyTorch took for the same case and precision."""
    bench, key = item["bench"], (item["name"], item["precision"])
    result = {"name": item["name"], "precision": item["precision"], "target": item["target"], **bench}
    ours = Ours(place, library, item)
    if key not in known:
        known[key] = measure_torch(place, ours, item)
    times, wanted = known[key]
    got = ours.first_output()
    result["torch_error"] = float((got - wanted).abs().max() / wanted.abs().max())
    result["ours_ms"] = ours.median_ms()
    result.update(times)
    if bench["kind"] in ("dense", "grouped"):
        result["kernels_ms"] = Ours(place, library, item, profile=True).contractions_ms()
        products_made = 1 if bench["kind"] == "dense" else 2
        result["tflops"] = products_made * 2 * bench["rows"] * bench["k"] * bench["n"] / result["kernels_ms"] * 1e-9
        result["ratio"] = result["cublas_ms"] / result["kernels_ms"]
    else:
        result["ratio"] = result["compile_ms"] / result["ours_ms"]
    return result


def run(library, items, results, device, save, dry=False):
    """Appends to results["bench"] and calls save() after each case."""
    if dry and device != "cuda":
        os.environ["TRITON_INTERPRET"] = "1"
    try:
        import torch
    except ImportError:
        print("no PyTorch here: nothing is timed beside it", flush=True)
        return
    results["machine"]["torch"] = torch.__version__
    if device == "cuda":
        if not torch.cuda.is_available():
            print("PyTorch sees no GPU: nothing is timed beside it", flush=True)
            return
        results["machine"]["gpu"] = torch.cuda.get_device_name(0)
    # f32 means f32, on both sides.
    torch.set_float32_matmul_precision("highest")
    place, known = Place(torch, device, dry), {}
    # The targets of one case one after the other, as PyTorch is timed once for them.
    for item in sorted(items, key=lambda item: (item["bench"]["kind"], item["name"], item["precision"])):
        try:
            result = measure(place, library, item, known)
        except Exception as problem:  # one case must not cost the others
            result = {"name": item["name"], "precision": item["precision"], "target": item["target"],
                      "message": (str(problem) or type(problem).__name__).splitlines()[0]}
        results["bench"].append(result)
        save()
        print("  ".join(f"{key} {value:.4g}" if isinstance(value, float) else str(value)
                        for key, value in result.items() if value is not None), flush=True)
