#ifndef MOEC_DIALECTS_KERNEL_KERNELMACHINE_TD
#define MOEC_DIALECTS_KERNEL_KERNELMACHINE_TD

include "dialects/Kernel/KernelDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def Kernel_MachineInterface : AttrInterface<"MachineInterface"> {
  let cppNamespace = "::moec::kernel";
  let description = [{
    What a module is compiled for, as far as passes have to know it: the attribute
    `kernel.machine` of the module. A kind of machine says with its fields what it
    has; nobody compares names of architectures. Passes read it through
    `kernel::getMachine` (dialects/Kernel/KernelOps.h).
  }];
  let methods = [
    InterfaceMethod<"Cores, multiprocessors: what takes one block of a kernel at a time.",
                    "int64_t", "getUnits">,
    InterfaceMethod<"Whether there is code for `kernel.attend`; if not, attention is made of other kernels.",
                    "bool", "canAttend">,
    InterfaceMethod<"Whether there is code for `kernel.attend_grad`.", "bool", "canAttendGrad">,
    InterfaceMethod<[{
      Whether code for this machine runs on `other`: it is of the same kind and has
      all that this one has. The number of units does not matter.
    }], "bool", "runsOn", (ins "::mlir::Attribute":$other)>,
  ];
}

def Kernel_CpuAttr : AttrDef<Kernel_Dialect, "Cpu",
    [DeclareAttrInterfaceMethods<Kernel_MachineInterface>]> {
  let mnemonic = "cpu";
  let summary = "A CPU, as passes see it";
  let description = [{
    `cores` to find work for: results depend on it, never on the threads of a run.
    `vector_bytes`, 16 (NEON, SSE), 32 (AVX2) or 64 (AVX-512), and the number of
    `vector_registers`. `bf16_rounding`: it has an instruction that rounds to bf16
    (avx512bf16).

    Example: `#kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>`
  }];
  let parameters = (ins "int64_t":$cores, "int64_t":$vector_bytes, "int64_t":$vector_registers,
                        DefaultValuedParameter<"bool", "false">:$bf16_rounding);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// f32 elements of a vector.
    int64_t getLanes() const { return getVectorBytes() / 4; }
  }];
}

def Kernel_GpuAttr : AttrDef<Kernel_Dialect, "Gpu",
    [DeclareAttrInterfaceMethods<Kernel_MachineInterface>]> {
  let mnemonic = "gpu";
  let summary = "An NVIDIA GPU, as passes see it";
  let description = [{
    `multiprocessors` to fill with blocks, and the bytes of shared memory that a block
    may have. All have what compute capability 8.0 has (mma.sync on bf16, cp.async);
    `wgmma` and `tma` come on top of it.

    Example: `#kernel.gpu<multiprocessors = 132, shared_bytes = 232448, wgmma = true, tma = true>`
  }];
  let parameters = (ins "int64_t":$multiprocessors, "int64_t":$shared_bytes,
                        DefaultValuedParameter<"bool", "false">:$wgmma,
                        DefaultValuedParameter<"bool", "false">:$tma);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Whether warpgroups can multiply what bulk copies bring: the variant `wgmma`.
    bool hasWarpgroups() const { return getWgmma() && getTma(); }
  }];
}

#endif
