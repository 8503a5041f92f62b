"""Times moec beside cuBLAS, torch.compile and a Triton kernel, in one process,
on normally distributed data. Every time is the median of runs that the device's
events measure; PyTorch's runs are CUDA graphs where it can capture them, as
moec's always are."""

import ctypes
import json
import os
import statistics

import runtime

HERE = os.path.dirname(os.path.abspath(__file__))
WARMUP, RUNS = 10, 50


def median_ms(torch, body):
    """Median time of body() on the GPU, as a graph when it can be captured."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARMUP):
            body()
    torch.cuda.synchronize()
    run = body
    try:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            body()
        run = graph.replay
    except Exception:  # what cannot be captured is timed as it is
        torch.cuda.synchronize()
    times = []
    for i in range(WARMUP + RUNS):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        run()
        end.record()
        torch.cuda.synchronize()
        if i >= WARMUP:
            times.append(start.elapsed_time(end))
    return statistics.median(times)


def triton_matmul(torch, a, b):
    """A plain tiled product a @ b in Triton, best of a few tiles; ms or None."""
    try:
        import triton
        import triton.language as tl
    except ImportError:
        return None

    @triton.jit
    def kernel(a, b, c, m, n, k, sa, sb, sc, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
               GROUP: tl.constexpr):
        # Neighbouring programs share panels: GROUP rows of tiles are one strip.
        pid = tl.program_id(0)
        rows, columns = tl.cdiv(m, BM), tl.cdiv(n, BN)
        strip = pid // (GROUP * columns)
        height = min(rows - strip * GROUP, GROUP)
        row = strip * GROUP + (pid % (GROUP * columns)) % height
        column = (pid % (GROUP * columns)) // height
        i, j, p = row * BM + tl.arange(0, BM), column * BN + tl.arange(0, BN), tl.arange(0, BK)
        total = tl.zeros((BM, BN), dtype=tl.float32)
        for start in range(0, k, BK):
            left = tl.load(a + i[:, None] * sa + (start + p)[None, :],
                           mask=(i[:, None] < m) & ((start + p)[None, :] < k), other=0.0)
            right = tl.load(b + (start + p)[:, None] * sb + j[None, :],
                            mask=((start + p)[:, None] < k) & (j[None, :] < n), other=0.0)
            total = tl.dot(left, right, total)
        tl.store(c + i[:, None] * sc + j[None, :], total.to(c.dtype.element_ty),
                 mask=(i[:, None] < m) & (j[None, :] < n))

    (m, k), n = a.shape, b.shape[1]
    c, best = torch.empty(m, n, device=a.device, dtype=a.dtype), None
    for bm, bn, bk, warps, stages in ((128, 256, 64, 8, 3), (128, 128, 64, 4, 4), (128, 128, 32, 8, 4),
                                      (64, 128, 32, 4, 4)):
        grid = (triton.cdiv(m, bm) * triton.cdiv(n, bn),)
        try:
            ms = median_ms(torch, lambda: kernel[grid](a, b, c, m, n, k, a.stride(0), b.stride(0), c.stride(0), bm, bn,
                                                       bk, 8, num_warps=warps, num_stages=stages))
        except Exception:  # a tile that does not fit this GPU
            continue
        best = ms if best is None else min(best, ms)
    return best


class Ours:
    """One module on the GPU, with start values and normal inputs."""

    def __init__(self, torch, library, item, profile=False):
        self.torch = torch
        self.module = runtime.Module(library, os.path.join(HERE, item["module"]))
        self.session = runtime.Session(self.module, "cuda", profile=profile)
        self.session.init_parameters(1)
        self.entry = self.module.entry("train_step" if item["bench"]["kind"] == "step" else "infer")
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
        return {name: torch_models.tensor(item).cuda() for name, item in self.session.parameters().items()}

    def median_ms(self):
        self.session.run_timed(self.entry, WARMUP)
        return statistics.median(self.session.run_timed(self.entry, RUNS)) * 1e3

    def contractions_ms(self):
        """Time of all contractions in one run; the session was made with profile."""
        kernels = self.module.manifest["kernels"]
        for warm in (True, False):
            self.session.run_timed(self.entry, WARMUP if warm else RUNS)
            costs = [self.session.kernel_cost(i) for i in range(len(kernels))]
        return sum(seconds for kernel, (_, seconds) in zip(kernels, costs)
                   if "contract" in kernel["kind"]) / RUNS * 1e3


def products(torch, bench, dtype):
    """The products alone, by cuBLAS: what the contractions are held against."""
    rows, k, n = bench["rows"], bench["k"], bench["n"]
    make = lambda *shape: torch.randn(*shape, device="cuda").to(dtype)
    if bench["kind"] == "dense":
        a, b = make(rows, k), make(k, n)
        return (lambda: torch.matmul(a, b)), (a, b), 2 * rows * k * n
    # Every expert gets its even share: the bound of a grouped product.
    experts = bench["experts"]
    x, up, down = make(experts, rows // experts, k), make(experts, k, n), make(experts, n, k)
    hidden = make(experts, rows // experts, n)
    return (lambda: (torch.bmm(x, up), torch.bmm(hidden, down))), None, 4 * rows * k * n


def torch_layer(torch, ours, item, dtype):
    """The model compiled by torch.compile: what to time, and its outputs."""
    import torch.nn.functional as F
    import torch_models
    with open(os.path.join(HERE, "data", item["name"] + ".json"), encoding="utf-8") as file:
        model = json.load(file)
    step = item["bench"]["kind"] == "step"
    parameters = ours.parameters()
    x = ours.inputs["x"].cuda()
    label = ours.inputs["label"].cuda().long() if step else None
    if not step:
        def forward():
            with torch.no_grad():
                return torch_models.Model(model, parameters, dtype)({"x": x})
        return torch.compile(forward), forward
    for value in parameters.values():
        value.requires_grad_(True)
    optimizer = torch.optim.SGD(list(parameters.values()), lr=1e-3, momentum=0.9)

    def loss():
        outputs = torch_models.Model(model, parameters, dtype, training=True)({"x": x})
        return F.cross_entropy(outputs["logits"], label)
    compiled = torch.compile(loss)

    def train():
        optimizer.zero_grad(set_to_none=False)
        compiled().backward()
        optimizer.step()
    return train, None


def measure(torch, library, item):
    bench, dtype = item["bench"], torch.bfloat16 if item["precision"] == "bf16" else torch.float32
    result = {"name": item["name"], "precision": item["precision"], "target": item["target"], **bench}
    ours = Ours(torch, library, item)
    result["ours_ms"] = ours.median_ms()
    if bench["kind"] in ("dense", "grouped"):
        result["kernels_ms"] = Ours(torch, library, item, profile=True).contractions_ms()
        body, operands, flops = products(torch, bench, dtype)
        result["cublas_ms"] = median_ms(torch, body)
        if operands:
            result["triton_ms"] = triton_matmul(torch, *operands)
        result["tflops"] = flops / result["kernels_ms"] * 1e-9
        result["ratio"] = result["cublas_ms"] / result["kernels_ms"]
    body, forward = torch_layer(torch, ours, item, dtype)
    if forward is not None:
        ours.session.run(ours.entry)
        import torch_models
        got = torch_models.tensor(next(iter(ours.session.outputs(ours.entry).values()))).cuda()
        wanted = next(iter(forward().values()))
        result["torch_error"] = float((got - wanted).abs().max() / wanted.abs().max())
    if bench["kind"] in ("layer", "step"):
        result["compile_ms"] = median_ms(torch, body)
        result["ratio"] = result["compile_ms"] / result["ours_ms"]
    return result


def run(library, items, results):
    try:
        import torch
    except ImportError:
        print("no PyTorch here: nothing is timed beside it", flush=True)
        return
    results["machine"]["torch"] = torch.__version__
    if not torch.cuda.is_available():
        print("PyTorch sees no GPU: nothing is timed beside it", flush=True)
        return
    results["machine"]["gpu"] = torch.cuda.get_device_name(0)
    # f32 means f32, on both sides.
    torch.backends.cuda.matmul.allow_tf32 = False
    for item in items:
        try:
            result = measure(torch, library, item)
        except Exception as problem:  # one case must not cost the others
            result = {"name": item["name"], "precision": item["precision"], "target": item["target"],
                      "message": (str(problem) or type(problem).__name__).splitlines()[0]}
        results["bench"].append(result)
        print("  ".join(f"{key} {value:.4g}" if isinstance(value, float) else str(value)
                        for key, value in result.items() if value is not None), flush=True)
