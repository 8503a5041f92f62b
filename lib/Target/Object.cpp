//===- Object.cpp - From the LLVM dialect to a shared object --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/Object.h"
#include "lld/Common/Driver.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

LLD_HAS_DRIVER(elf)

using namespace moec::target;

static void addBytes(llvm::Module &module, llvm::StringRef name,
                     llvm::Constant *init) {
  auto *global =
      new llvm::GlobalVariable(module, init->getType(), /*isConstant=*/true,
                               llvm::GlobalValue::ExternalLinkage, init, name);
  global->setAlignment(llvm::Align(8));
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  // Kernels arrive tiled, vectorised and unrolled: doing it again only costs
  // compile time and registers.
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = false;
  tuning.SLPVectorization = false;
  tuning.LoopUnrolling = false;
  llvm::PassBuilder builder(&machine, tuning);
  llvm::LoopAnalysisManager lam;
  llvm::FunctionAnalysisManager fam;
  llvm::CGSCCAnalysisManager cgam;
  llvm::ModuleAnalysisManager mam;
  builder.registerModuleAnalyses(mam);
  builder.registerCGSCCAnalyses(cgam);
  builder.registerFunctionAnalyses(fam);
  builder.registerLoopAnalyses(lam);
  builder.crossRegisterProxies(lam, fam, cgam, mam);
  builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O2)
      .run(module, mam);
}

llvm::Expected<std::unique_ptr<llvm::Module>>
moec::target::translateToLLVM(mlir::ModuleOp op, const Machine &machine,
                              llvm::StringRef manifest,
                              llvm::LLVMContext &context) {
  mlir::registerBuiltinDialectTranslation(*op->getContext());
  mlir::registerLLVMDialectTranslation(*op->getContext());
  std::unique_ptr<llvm::Module> module =
      mlir::translateModuleToLLVMIR(op, context, "moec");
  if (!module)
    return llvm::createStringError("translation to LLVM IR failed; this is a "
                                   "bug in the compiler");
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> target =
      machine.create();
  if (!target)
    return target.takeError();
  module->setTargetTriple((*target)->getTargetTriple());
  module->setDataLayout((*target)->createDataLayout());
  addBytes(*module, "moec_manifest",
           llvm::ConstantDataArray::getString(context, manifest));
  addBytes(
      *module, "moec_manifest_size",
      llvm::ConstantInt::get(llvm::Type::getInt64Ty(context), manifest.size()));
  for (llvm::Function &function : *module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("tune-cpu", machine.tune);
    if (machine.getLanes() == 16)
      function.addFnAttr("prefer-vector-width", "512");
  }
  optimize(*module, **target);
  return module;
}

llvm::Expected<std::string> moec::target::emitNative(llvm::Module &module,
                                                     const Machine &machine,
                                                     bool assembly) {
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> target =
      machine.create();
  if (!target)
    return target.takeError();
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream os(bytes);
  llvm::legacy::PassManager passes;
  if ((*target)->addPassesToEmitFile(passes, os, nullptr,
                                     assembly
                                         ? llvm::CodeGenFileType::AssemblyFile
                                         : llvm::CodeGenFileType::ObjectFile))
    return llvm::createStringError("the target cannot emit this kind of file");
  passes.run(module);
  return std::string(bytes.begin(), bytes.end());
}

llvm::Error moec::target::linkShared(llvm::StringRef object,
                                     llvm::StringRef path) {
  auto temporary = [&](llvm::StringRef suffix) {
    return llvm::sys::fs::TempFile::create(path + suffix + ".%%%%%%");
  };
  llvm::Expected<llvm::sys::fs::TempFile> input = temporary(".o");
  if (!input)
    return llvm::createStringError("cannot write '" + path.str() +
                                   "': " + llvm::toString(input.takeError()));
  {
    llvm::raw_fd_ostream os(input->FD, /*shouldClose=*/false);
    os << object;
  }
  std::string output = input->TmpName + ".so";
  std::string messages;
  llvm::raw_string_ostream errors(messages);
  const char *args[] = {"ld.lld", "-shared",      "--build-id=none",
                        "-o",     output.c_str(), input->TmpName.c_str()};
  lld::Result result =
      lld::lldMain(args, llvm::nulls(), errors, {{lld::Gnu, &lld::elf::link}});
  llvm::consumeError(input->discard());
  if (result.retCode != 0) {
    llvm::sys::fs::remove(output);
    return llvm::createStringError("linking failed: " + messages);
  }
  if (std::error_code error = llvm::sys::fs::rename(output, path)) {
    llvm::sys::fs::remove(output);
    return llvm::createStringError("cannot write '" + path.str() +
                                   "': " + error.message());
  }
  return llvm::Error::success();
}
