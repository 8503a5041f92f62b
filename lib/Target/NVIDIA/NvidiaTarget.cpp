//===- NvidiaTarget.cpp - NVIDIA GPUs as a target -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "lib/Target/Manifest.h"
#include "lib/Target/NVIDIA/Ptx.h"
#include "lib/Target/NVIDIA/Ptxas.h"
#include "lib/Target/Target.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/SymbolTable.h"
#include "passes/GPU/Passes.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace moec;
using namespace moec::target;
namespace json = llvm::json;
namespace attr = moec::kernel::attr;

static const Phase allPhases[] = {
    {"gpu", moec::gpu::buildGPUPipeline, moec::gpu::createVerifyGPUPass},
    {"nvvm", moec::gpu::buildNVVMPipeline, moec::gpu::createVerifyNVVMPass},
    {"ptx"},
};

/// What ptxas says of each kernel becomes attributes, which the manifest
/// prints.
static void addUsage(mlir::gpu::GPUModuleOp kernels, const Cubin &cubin) {
  for (const KernelUsage &usage : cubin.kernels) {
    Operation *kernel = SymbolTable::lookupSymbolIn(kernels, usage.kernel);
    if (!kernel)
      continue;
    attr::registers.set(kernel, usage.registers);
    attr::spills.set(kernel, usage.spillBytes);
    auto options = remark::RemarkOpts::name("Registers").category("GPU");
    // What the launch asks for comes on top of what ptxas sees.
    int64_t shared = usage.shared + attr::shared.number(kernel);
    std::string text = usage.kernel + ": " + std::to_string(usage.registers) +
                       " registers, " + std::to_string(usage.spillBytes) +
                       " bytes of spills, " + std::to_string(shared) +
                       " bytes of shared memory";
    if (usage.spillBytes)
      remark::missed(kernel->getLoc(), options) << text;
    else
      remark::analysis(kernel->getLoc(), options) << text;
  }
}

/// Null where no kernel is launched.
static mlir::gpu::GPUModuleOp kernelsOf(ModuleOp module) {
  auto modules = module.getOps<mlir::gpu::GPUModuleOp>();
  return modules.empty() ? nullptr : *modules.begin();
}

namespace {
class NvidiaMachine : public Machine {
public:
  explicit NvidiaMachine(const Gpu &gpu) : gpu(gpu) {}

  kernel::MachineInterface describe(MLIRContext *context) const override {
    return gpu.describe(context);
  }

  llvm::Expected<std::string> emitText(ModuleOp module, StringRef) override {
    mlir::gpu::GPUModuleOp kernels = kernelsOf(module);
    return kernels ? emitPTX(kernels, gpu) : std::string();
  }

  /// PTX and, with ptxas at hand, a cubin, both as data. Registers and spills
  /// of each kernel become remarks and stand in the manifest.
  llvm::Expected<Code> emitCode(ModuleOp module,
                                ScratchFolder scratch) override {
    llvm::Expected<std::string> ptx = emitText(module, "ptx");
    if (!ptx)
      return ptx.takeError();
    Code code;
    code.data.push_back({"moec_ptx", std::move(*ptx)});
    std::optional<std::string> ptxas = findPtxas();
    if (!ptxas)
      return code;
    llvm::Expected<std::string> folder = scratch();
    if (!folder)
      return folder.takeError();
    llvm::Expected<Cubin> cubin =
        runPtxas(*ptxas, code.data.front().bytes, gpu, *folder);
    if (!cubin)
      return cubin.takeError();
    if (mlir::gpu::GPUModuleOp kernels = kernelsOf(module))
      addUsage(kernels, *cubin);
    if (!cubin->bytes.empty())
      code.data.push_back({"moec_cubin", std::move(cubin->bytes)});
    return code;
  }

  json::Object manifest() const override {
    return json::Object{
        {"device", "cuda"}, {"arch", gpu.arch}, {"ptx", gpu.ptxVersion()}};
  }

  Operation *kernelTable(ModuleOp module) const override {
    mlir::gpu::GPUModuleOp kernels = kernelsOf(module);
    return kernels ? kernels.getOperation() : module.getOperation();
  }

  FailureOr<json::Object> describeKernel(Operation *function) const override {
    StringRef name = SymbolTable::getSymbolName(function).getValue();
    if (!attr::grid.isOn(function) || !attr::threads.isOn(function))
      return function->emitError("kernel function @")
             << name << " was not lowered: expected attributes kernel.grid "
             << "and kernel.threads";
    json::Object kernel{{"symbol", name}, {"cluster", 1}};
    put(kernel, function, attr::grid, attr::threads, attr::cluster,
        attr::shared, attr::workspace, attr::variant, attr::tensorMaps,
        attr::registers, attr::spills);
    return kernel;
  }

private:
  Gpu gpu;
};

class NvidiaTarget : public Target {
public:
  StringRef name() const override { return "cuda"; }
  std::string help() const override {
    return "an NVIDIA GPU such as cuda:sm_80 or cuda:sm_90a";
  }
  ArrayRef<Phase> phases() const override { return allPhases; }

  llvm::Expected<std::unique_ptr<Machine>>
  select(StringRef variant, const FlagValues &) const override {
    llvm::Expected<Gpu> gpu = getGpu(variant);
    if (!gpu)
      return gpu.takeError();
    return std::make_unique<NvidiaMachine>(*gpu);
  }

  void initializeLLVM() const override {
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  }
};
} // namespace

namespace moec::target {
const Target &getNVIDIATarget() {
  static const NvidiaTarget target;
  return target;
}
} // namespace moec::target
