//===- Ptx.cpp - From the NVVM dialect to PTX -----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/NVIDIA/Ptx.h"
#include "lib/Target/LLVM.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Target/TargetMachine.h"

using namespace moec::target;

static llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const Gpu &gpu) {
  llvm::Triple triple("nvptx64-nvidia-cuda");
  llvm::Expected<const llvm::Target *> target = lookupTarget(triple.str());
  if (!target)
    return target.takeError();
  // Products and sums stay apart unless the IR says fma: the same bits as on
  // the CPU, whose code is not contracted either.
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  return std::unique_ptr<llvm::TargetMachine>((*target)->createTargetMachine(
      triple, gpu.arch, "+ptx" + std::to_string(gpu.ptx), options, std::nullopt,
      std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

llvm::Expected<std::unique_ptr<llvm::Module>>
moec::target::translateGpuModule(mlir::Operation *op, const Gpu &gpu,
                                 llvm::LLVMContext &context) {
  mlir::MLIRContext &mlirContext = *op->getContext();
  mlir::registerBuiltinDialectTranslation(mlirContext);
  mlir::registerGPUDialectTranslation(mlirContext);
  mlir::registerLLVMDialectTranslation(mlirContext);
  mlir::registerNVVMDialectTranslation(mlirContext);
  std::unique_ptr<llvm::Module> module =
      mlir::translateModuleToLLVMIR(op, context, "kernels");
  if (!module)
    return llvm::createStringError("translation to LLVM IR failed; this is a "
                                   "bug in the compiler");
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> target =
      createTargetMachine(gpu);
  if (!target)
    return target.takeError();
  module->setTargetTriple((*target)->getTargetTriple());
  module->setDataLayout((*target)->createDataLayout());
  // Bulk copies with a swizzle of 128 bytes want tiles at multiples of 1024.
  for (llvm::GlobalVariable &global : module->globals())
    if (global.getName().starts_with("__dynamic_shmem")) {
      global.setAlignment(llvm::Align(1024));
      // Its size comes with the launch: .extern in PTX.
      global.setInitializer(nullptr);
      global.setLinkage(llvm::GlobalValue::ExternalLinkage);
    }
  for (llvm::Function &function : *module)
    if (!function.isDeclaration())
      // Subnormal numbers count as zero, as in kernels for the CPU.
      function.addFnAttr("denormal-fp-math-f32", "preserve-sign,preserve-sign");
  optimize(*module, **target);
  return module;
}

/// LLVM 22 prints .ftz behind comparisons of bf16 as well, where PTX has none
/// and ptxas refuses it.
static std::string legalComparisons(std::string ptx) {
  for (size_t at = ptx.find(".ftz.bf16"); at != std::string::npos;
       at = ptx.find(".ftz.bf16", at + 1)) {
    size_t line = ptx.rfind('\n', at) + 1;
    if (llvm::StringRef(ptx).slice(line, at).contains("setp."))
      ptx.erase(at, strlen(".ftz"));
  }
  return ptx;
}

llvm::Expected<std::string> moec::target::emitPTX(mlir::Operation *gpuModule,
                                                  const Gpu &gpu) {
  llvm::LLVMContext context;
  llvm::Expected<std::unique_ptr<llvm::Module>> module =
      translateGpuModule(gpuModule, gpu, context);
  if (!module)
    return module.takeError();
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> target =
      createTargetMachine(gpu);
  if (!target)
    return target.takeError();
  llvm::Expected<std::string> ptx =
      emitFile(**module, **target, llvm::CodeGenFileType::AssemblyFile);
  if (!ptx)
    return ptx.takeError();
  return legalComparisons(std::move(*ptx));
}
