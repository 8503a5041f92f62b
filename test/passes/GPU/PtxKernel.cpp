//===- PtxKernel.cpp - Compiles a kernel function to PTX ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxKernel.h"
#include "dialects/Kernel/KernelOps.h"
#include "lib/Target/NVIDIA/Ptx.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "moec/InitAll.h"
#include "passes/GPU/Passes.h"

using namespace mlir;

namespace moec::test {

std::unique_ptr<MLIRContext> makeGpuContext() {
  DialectRegistry registry;
  registerAllDialects(registry);
  auto context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

std::optional<PtxKernel> PtxKernel::compile(ModuleOp module,
                                            const std::string &arch,
                                            std::string &error,
                                            const std::string &pipeline) {
  static bool registered = (registerAllPasses(), true);
  (void)registered;
  llvm::raw_string_ostream message(error);
  ScopedDiagnosticHandler handler(module->getContext(), [&](Diagnostic &d) {
    message << d << "\n";
    return success();
  });
  llvm::Expected<target::Gpu> gpu = target::getGpu(arch);
  if (!gpu) {
    message << llvm::toString(gpu.takeError());
    return std::nullopt;
  }
  PassManager pm(module->getContext());
  if (!pipeline.empty() && failed(parsePassPipeline(pipeline, pm, message)))
    return std::nullopt;
  auto all = [](StringRef) { return true; };
  kernel::setMachine(module, gpu->describe(module->getContext()));
  gpu::buildGPUPipeline(pm, all);
  if (failed(pm.run(module)))
    return std::nullopt;
  PtxKernel result;
  mlir::gpu::GPUModuleOp kernels;
  module.walk([&](mlir::gpu::GPUFuncOp func) {
    kernels = func->getParentOfType<mlir::gpu::GPUModuleOp>();
    result.name = func.getName().str();
    auto number = [&](StringRef name, int64_t missing) {
      auto attr = func->getAttrOfType<IntegerAttr>(name);
      return attr ? attr.getInt() : missing;
    };
    result.grid = number("kernel.grid", 0);
    result.threads = number("kernel.threads", 0);
    result.cluster = number("kernel.cluster", 1);
    result.shared = number("kernel.shared", 0);
    result.workspace = number("kernel.workspace", 0);
    if (auto variant = func->getAttrOfType<StringAttr>("kernel.variant"))
      result.variant = variant.str();
    if (auto maps = func->getAttrOfType<ArrayAttr>("kernel.tensor_maps"))
      for (auto map : maps.getAsRange<kernel::TensorMapAttr>())
        result.tensorMaps.push_back(
            {map.getOperand(), map.getElement().isBF16() ? "bf16" : "f32",
             map.getShape().asArrayRef().vec(),
             map.getStrides().asArrayRef().vec(),
             map.getBox().asArrayRef().vec(), map.getSwizzle()});
  });
  if (!kernels) {
    message << "no kernel function came out of the pipeline\n";
    return std::nullopt;
  }
  PassManager lower(module->getContext());
  gpu::buildNVVMPipeline(lower, all);
  if (failed(lower.run(module)))
    return std::nullopt;
  llvm::Expected<std::string> ptx = target::emitPTX(kernels, *gpu);
  if (!ptx) {
    message << llvm::toString(ptx.takeError());
    return std::nullopt;
  }
  result.ptx = std::move(*ptx);
  return result;
}

} // namespace moec::test
