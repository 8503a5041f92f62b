//===- Object.cpp - From the LLVM dialect to native code ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/CPU/Object.h"
#include "dialects/Kernel/KernelFunctions.h"
#include "lib/Target/LLVM.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/StringMap.h"

using namespace moec::target;

void moec::target::setAttributes(llvm::Module &module, const Cpu &machine) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("tune-cpu", machine.tune);
    if (machine.getLanes() == 16)
      function.addFnAttr("prefer-vector-width", "512");
  }
}

/// What a context has to know before functions are translated, told once: the
/// threads of emitObjects share it.
static void registerTranslations(mlir::MLIRContext &context) {
  mlir::registerBuiltinDialectTranslation(context);
  mlir::registerLLVMDialectTranslation(context);
}

static llvm::Expected<std::unique_ptr<llvm::Module>>
translate(mlir::ModuleOp op, const Cpu &cpu, llvm::TargetMachine &machine,
          llvm::LLVMContext &context) {
  std::unique_ptr<llvm::Module> module =
      mlir::translateModuleToLLVMIR(op, context, "moec");
  if (!module)
    return llvm::createStringError("translation to LLVM IR failed; this is a "
                                   "bug in the compiler");
  module->setTargetTriple(machine.getTargetTriple());
  module->setDataLayout(machine.createDataLayout());
  setAttributes(*module, cpu);
  optimize(*module, machine);
  return module;
}

/// The functions of a module, dealt out to at most `most` modules. Variables,
/// programs and what the runtime does itself are no code.
static std::vector<mlir::OwningOpRef<mlir::ModuleOp>> partsOf(mlir::ModuleOp op,
                                                              size_t most) {
  std::vector<mlir::LLVM::LLVMFuncOp> functions;
  for (auto function : op.getOps<mlir::LLVM::LLVMFuncOp>())
    if (!moec::kernel::attr::builtin.isOn(function))
      functions.push_back(function);
  // A kernel and its body stay together; a part is worth a thread from about
  // ten kernels on.
  size_t numParts = std::clamp<size_t>(functions.size() / 20, 1, most);
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> parts;
  for (size_t i = 0; i < numParts; ++i)
    parts.push_back(mlir::ModuleOp::create(op.getLoc()));
  llvm::StringMap<size_t> partOf;
  for (auto function : functions) {
    llvm::StringRef kernel = function.getName().split('.').first;
    size_t part =
        partOf.try_emplace(kernel, partOf.size() % numParts).first->second;
    mlir::Operation *copy = function->clone();
    copy->setDiscardableAttrs(llvm::ArrayRef<mlir::NamedAttribute>());
    parts[part]->push_back(copy);
  }
  return parts;
}

llvm::Expected<std::string>
moec::target::emitText(mlir::ModuleOp op, const Cpu &cpu, bool assembly) {
  registerTranslations(*op->getContext());
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine = cpu.create();
  if (!machine)
    return machine.takeError();
  llvm::LLVMContext context;
  auto code = translate(*partsOf(op, 1).front(), cpu, **machine, context);
  if (!code)
    return code.takeError();
  if (assembly)
    return emitFile(**code, **machine, llvm::CodeGenFileType::AssemblyFile);
  std::string text;
  llvm::raw_string_ostream os(text);
  (*code)->print(os, nullptr);
  return text;
}

llvm::Expected<std::vector<std::string>>
moec::target::emitObjects(mlir::ModuleOp op, const Cpu &cpu) {
  mlir::MLIRContext &context = *op->getContext();
  registerTranslations(context);
  auto parts = partsOf(op, context.getNumThreads());
  std::vector<std::string> objects(parts.size()), errors(parts.size());
  // On the context's threads: where it has none (passes are dumped), its
  // tables of types and attributes take no locks.
  mlir::parallelFor(&context, 0, parts.size(), [&](size_t i) {
    auto emit = [&]() -> llvm::Expected<std::string> {
      llvm::Expected<std::unique_ptr<llvm::TargetMachine>> machine =
          cpu.create();
      if (!machine)
        return machine.takeError();
      llvm::LLVMContext llvmContext;
      auto code = translate(*parts[i], cpu, **machine, llvmContext);
      if (!code)
        return code.takeError();
      return emitFile(**code, **machine, llvm::CodeGenFileType::ObjectFile);
    };
    llvm::Expected<std::string> object = emit();
    if (object)
      objects[i] = std::move(*object);
    else
      errors[i] = llvm::toString(object.takeError());
  });
  for (const std::string &error : errors)
    if (!error.empty())
      return llvm::createStringError(error);
  return objects;
}
