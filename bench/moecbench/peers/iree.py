"""IREE's llvm-cpu back end, on the StableHLO that JAX exports, with the weights
as constants in it, so that they are packed when it compiles."""

import os
import time

from ..export import stablehlo_file
from ..weights import inputs

KINDS = ("inference", "training", "compile")
PACKAGES = ("iree.compiler", "iree.runtime", "jax")
# Parameters that are written into the program.
LARGEST = 100e6


def refuses(case):
    return "inference only" if case.trains else None


class Peer:
    def __init__(self, task):
        from iree import compiler, runtime
        if task["parameters"] > LARGEST:
            raise RuntimeError(f"{task['parameters'] / 1e6:.0f} M parameters are too many for constants of a program")
        source = stablehlo_file(task)
        module = os.path.splitext(source)[0] + ".vmfb"
        if task["kind"] == "compile" or not os.path.exists(module):
            start = time.perf_counter()
            compiler.compile_file(source, input_type="stablehlo", target_backends=["llvm-cpu"],
                                  output_file=module + ".part", optimize=True,
                                  extra_args=["--iree-llvmcpu-target-cpu=host", "--iree-opt-level=O3",
                                              # Mixer's token mixing takes more than the 32 KiB that it allows.
                                              "--iree-llvmcpu-stack-allocation-limit=262144"])
            self.compile_seconds = time.perf_counter() - start
            os.replace(module + ".part", module)
        else:
            self.compile_seconds = None
        runtime.flags.parse_flags(f"--task_topology_group_count={task['threads']}")
        config = runtime.Config("local-task")
        vm = runtime.VmModule.mmap(config.vm_instance, module)
        self.main = runtime.load_vm_module(vm, config)["main"]
        self.image = runtime.asdevicearray(config.device, inputs(task)["image"])

    def run(self):
        return self.main(self.image)

    def result(self):
        return self.run().to_host()
