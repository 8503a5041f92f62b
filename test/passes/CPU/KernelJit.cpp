//===- KernelJit.cpp - Compiles a kernel function for this machine --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelJit.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/ExecutionEngine/OptUtils.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "moec/InitAll.h"
#include "passes/CPU/Passes.h"
#include "llvm/ExecutionEngine/Orc/JITTargetMachineBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace mlir;

namespace moec::test {

std::unique_ptr<MLIRContext> makeContext() {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  DialectRegistry registry;
  registerAllDialects(registry);
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  auto context =
      std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  context->loadAllAvailableDialects();
  return context;
}

std::unique_ptr<KernelJit> KernelJit::compile(ModuleOp module,
                                              std::string &error,
                                              const std::string &pipeline) {
  static bool registered = (registerAllPasses(), true);
  (void)registered;
  PassManager pm(module->getContext());
  llvm::raw_string_ostream message(error);
  ScopedDiagnosticHandler handler(module->getContext(), [&](Diagnostic &d) {
    message << d << "\n";
    return success();
  });
  if (!pipeline.empty() && failed(parsePassPipeline(pipeline, pm, message)))
    return nullptr;
  cpu::buildCPUPipeline(pm, cpu::CPUPipelineOptions());
  if (failed(pm.run(module)))
    return nullptr;

  auto result = std::make_unique<KernelJit>();
  std::string name;
  module.walk([&](LLVM::LLVMFuncOp func) {
    if (auto blocks = func->getAttrOfType<IntegerAttr>("kernel.blocks")) {
      name = func.getName().str();
      result->numBlocks = blocks.getInt();
      result->scratchSize =
          func->getAttrOfType<IntegerAttr>("kernel.scratch").getInt();
    }
  });
  if (name.empty()) {
    message << "no kernel function came out of the pipeline\n";
    return nullptr;
  }
  auto host = llvm::orc::JITTargetMachineBuilder::detectHost();
  if (!host) {
    message << llvm::toString(host.takeError());
    return nullptr;
  }
  host->setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
  auto machine = host->createTargetMachine();
  if (!machine) {
    message << llvm::toString(machine.takeError());
    return nullptr;
  }
  ExecutionEngineOptions options;
  auto optimize = makeOptimizingTransformer(3, 0, machine->get());
  options.transformer = optimize;
  options.jitCodeGenOptLevel = llvm::CodeGenOptLevel::Aggressive;
  options.enableObjectDump = true;
  auto engine = ExecutionEngine::create(module, options);
  if (!engine) {
    message << llvm::toString(engine.takeError());
    return nullptr;
  }
  auto address = (*engine)->lookup(name);
  if (!address) {
    message << llvm::toString(address.takeError());
    return nullptr;
  }
  result->engine = std::move(*engine);
  result->function = reinterpret_cast<Function>(*address);
  result->scratch.resize(result->scratchSize + 64);
  return result;
}

void KernelJit::run(void *const *args, int64_t begin, int64_t end) {
  auto address = reinterpret_cast<uintptr_t>(scratch.data());
  function(args, begin, end,
           reinterpret_cast<void *>((address + 63) & ~uintptr_t(63)));
}

} // namespace moec::test
