//===- KernelJit.cpp - Compiles a kernel function for this machine --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelJit.h"
#include "lib/Target/CPU/Object.h"
#include "lib/Target/LLVM.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "moec/InitAll.h"
#include "passes/CPU/Passes.h"
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
                                              const std::string &pipeline,
                                              const std::string &cpu) {
  static bool registered = (registerAllPasses(), true);
  (void)registered;
  PassManager pm(module->getContext());
  llvm::raw_string_ostream message(error);
  ScopedDiagnosticHandler handler(module->getContext(), [&](Diagnostic &d) {
    message << d << "\n";
    return success();
  });
  llvm::Expected<target::Cpu> target = target::getCpu(cpu);
  if (!target) {
    message << llvm::toString(target.takeError());
    return nullptr;
  }
  if (!pipeline.empty() && failed(parsePassPipeline(pipeline, pm, message)))
    return nullptr;
  if (!kernel::findMachine(module))
    kernel::setMachine(module, target->describe(module->getContext()));
  auto all = [](StringRef) { return true; };
  cpu::buildCPUPipeline(pm, all);
  cpu::buildLLVMPipeline(pm, all);
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
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine =
      target->create();
  if (!machine) {
    message << llvm::toString(machine.takeError());
    return nullptr;
  }
  auto optimize = [&](llvm::Module *code) {
    target::setAttributes(*code, *target);
    target::optimize(*code, **machine);
    return llvm::Error::success();
  };
  ExecutionEngineOptions options;
  options.transformer = optimize;
  options.jitCodeGenOptLevel = llvm::CodeGenOptLevel::Aggressive;
  options.enableObjectDump = true;
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> generator =
      target->create();
  if (!generator) {
    message << llvm::toString(generator.takeError());
    return nullptr;
  }
  auto engine = ExecutionEngine::create(module, options, std::move(*generator));
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

void KernelJit::run(void *const *args, int64_t begin, int64_t end,
                    void *given) {
  auto address = reinterpret_cast<uintptr_t>(scratch.data());
  function(args, begin, end,
           given ? given
                 : reinterpret_cast<void *>((address + 63) & ~uintptr_t(63)));
}

} // namespace moec::test
