//===- Object.cpp - From the LLVM dialect to a shared object --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/Object.h"
#include "lld/Common/Driver.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Threading.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "runtime/core/ModuleSeal.h"
#include "runtime/core/Version.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include <cerrno>

LLD_HAS_DRIVER(elf)

using namespace moec::target;

static void addBytes(llvm::Module &module, const DataSymbol &symbol) {
  llvm::LLVMContext &context = module.getContext();
  auto add = [&](llvm::Constant *init, const std::string &name) {
    auto *global = new llvm::GlobalVariable(
        module, init->getType(), /*isConstant=*/true,
        llvm::GlobalValue::ExternalLinkage, init, name);
    global->setAlignment(llvm::Align(8));
  };
  add(llvm::ConstantDataArray::getString(context, symbol.bytes), symbol.name);
  add(llvm::ConstantInt::get(llvm::Type::getInt64Ty(context),
                             symbol.bytes.size()),
      symbol.name + "_size");
}

void moec::target::optimize(llvm::Module &module,
                            llvm::TargetMachine &machine) {
  // Kernels arrive tiled, vectorised, unrolled and cleaned up: a default
  // pipeline takes twice the time for the same code.
  llvm::PassBuilder builder(&machine);
  llvm::LoopAnalysisManager lam;
  llvm::FunctionAnalysisManager fam;
  llvm::CGSCCAnalysisManager cgam;
  llvm::ModuleAnalysisManager mam;
  builder.registerModuleAnalyses(mam);
  builder.registerCGSCCAnalyses(cgam);
  builder.registerFunctionAnalyses(fam);
  builder.registerLoopAnalyses(lam);
  builder.crossRegisterProxies(lam, fam, cgam, mam);
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/true));
  llvm::LoopPassManager loops;
  loops.addPass(llvm::LICMPass(llvm::LICMOptions()));
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(std::move(loops),
                                                       /*UseMemorySSA=*/true));
  passes.addPass(llvm::InstCombinePass());
  passes.addPass(llvm::SimplifyCFGPass());
  llvm::ModulePassManager pipeline;
  pipeline.addPass(llvm::createModuleToFunctionPassAdaptor(std::move(passes)));
  pipeline.run(module, mam);
}

void moec::target::setAttributes(llvm::Module &module, const Machine &machine) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr("tune-cpu", machine.tune);
    if (machine.getLanes() == 16)
      function.addFnAttr("prefer-vector-width", "512");
  }
}

/// What a context has to know before translateToLLVM, told once: the threads
/// of emitObjects share it.
static void registerTranslations(mlir::MLIRContext &context) {
  mlir::registerBuiltinDialectTranslation(context);
  mlir::registerLLVMDialectTranslation(context);
}

static llvm::Expected<std::unique_ptr<llvm::Module>>
translate(mlir::ModuleOp op, const Machine &machine, llvm::StringRef manifest,
          llvm::LLVMContext &context) {
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
  if (!manifest.empty())
    addBytes(*module, {"moec_manifest", manifest});
  setAttributes(*module, machine);
  optimize(*module, **target);
  return module;
}

llvm::Expected<std::unique_ptr<llvm::Module>>
moec::target::translateToLLVM(mlir::ModuleOp op, const Machine &machine,
                              llvm::StringRef manifest,
                              llvm::LLVMContext &context) {
  registerTranslations(*op->getContext());
  return translate(op, machine, manifest, context);
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

llvm::Expected<std::vector<std::string>>
moec::target::emitObjects(mlir::ModuleOp op, const Machine &machine,
                          llvm::StringRef manifest) {
  mlir::MLIRContext &context = *op->getContext();
  registerTranslations(context);
  // A kernel and its body stay together; a part is worth a thread from about
  // ten kernels on.
  std::vector<mlir::LLVM::LLVMFuncOp> functions;
  for (auto function : op.getOps<mlir::LLVM::LLVMFuncOp>())
    functions.push_back(function);
  size_t numParts =
      std::clamp<size_t>(functions.size() / 20, 1, context.getNumThreads());
  std::vector<mlir::OwningOpRef<mlir::ModuleOp>> parts;
  for (size_t i = 0; i < numParts; ++i)
    parts.push_back(mlir::ModuleOp::create(op.getLoc()));
  llvm::StringMap<size_t> partOf;
  for (auto function : functions) {
    llvm::StringRef kernel = function.getName().split('.').first;
    size_t part =
        partOf.try_emplace(kernel, partOf.size() % numParts).first->second;
    parts[part]->push_back(function->clone());
  }
  std::vector<std::string> objects(numParts), errors(numParts);
  // On the context's threads: where it has none (passes are dumped), its
  // tables of types and attributes take no locks.
  mlir::parallelFor(&context, 0, numParts, [&](size_t i) {
    llvm::LLVMContext llvmContext;
    llvm::Expected<std::unique_ptr<llvm::Module>> code =
        translate(*parts[i], machine, i == 0 ? manifest : "", llvmContext);
    if (!code) {
      errors[i] = llvm::toString(code.takeError());
      return;
    }
    llvm::Expected<std::string> object =
        emitNative(**code, machine, /*assembly=*/false);
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

llvm::Expected<std::string>
moec::target::emitData(const Machine &machine,
                       llvm::ArrayRef<DataSymbol> symbols) {
  llvm::LLVMContext context;
  llvm::Module module("moec", context);
  llvm::Expected<std::unique_ptr<llvm::TargetMachine>> target =
      machine.create();
  if (!target)
    return target.takeError();
  module.setTargetTriple((*target)->getTargetTriple());
  module.setDataLayout((*target)->createDataLayout());
  for (const DataSymbol &symbol : symbols)
    addBytes(module, symbol);
  return emitNative(module, machine, /*assembly=*/false);
}

static llvm::Error cannotWrite(llvm::StringRef path, std::error_code error) {
  return llvm::createStringError(error, "cannot write '" + path +
                                            "': " + error.message());
}

/// Appends the seal to the shared object `path`.
static std::error_code appendSeal(llvm::StringRef path) {
  auto image = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                           /*RequiresNullTerminator=*/false);
  if (!image)
    return image.getError();
  std::error_code error;
  llvm::raw_fd_ostream file(path, error, llvm::sys::fs::CD_OpenExisting,
                            llvm::sys::fs::FA_Write, llvm::sys::fs::OF_Append);
  if (error)
    return error;
  file << moec::moduleSeal((*image)->getBuffer(), MOEC_MODULE_ABI);
  file.close();
  error = file.error();
  file.clear_error(); // the destructor would end the program
  return error;
}

/// Moves the bytes of `output` to `path`. What is there (a device, a file that
/// somebody holds) stays and gets the bytes.
static std::error_code moveInto(llvm::StringRef output, llvm::StringRef path) {
  auto bytes = llvm::MemoryBuffer::getFile(output);
  if (!bytes)
    return bytes.getError();
  std::error_code error;
  llvm::raw_fd_ostream file(path, error);
  if (error)
    return error;
  file << (*bytes)->getBuffer();
  file.close();
  error = file.error();
  file.clear_error();
  (void)llvm::sys::fs::remove(output);
  return error;
}

llvm::Error moec::target::linkShared(llvm::ArrayRef<std::string> objects,
                                     llvm::StringRef path) {
  bool isDevice = false; // stays so where nothing is yet
  (void)llvm::sys::fs::is_other(path, isDevice);
  llvm::SmallString<128> beside(path);
  if (isDevice) {
    llvm::sys::path::system_temp_directory(/*erasedOnReboot=*/true, beside);
    llvm::sys::path::append(beside, "moec");
  }
  std::vector<llvm::sys::fs::TempFile> inputs;
  auto discard = [&] {
    for (llvm::sys::fs::TempFile &input : inputs)
      llvm::consumeError(input.discard());
  };
  for (const std::string &object : objects) {
    llvm::Expected<llvm::sys::fs::TempFile> input =
        llvm::sys::fs::TempFile::create(beside + ".%%%%%%.o");
    if (!input) {
      discard();
      return cannotWrite(path, llvm::errorToErrorCode(input.takeError()));
    }
    llvm::raw_fd_ostream bytes(input->FD, /*shouldClose=*/false);
    bytes << object;
    bytes.flush();
    std::error_code error = bytes.error();
    bytes.clear_error();
    inputs.push_back(std::move(*input));
    if (error) {
      discard();
      return cannotWrite(path, error);
    }
  }
  std::string output = inputs.front().TmpName + ".so";
  std::string messages;
  llvm::raw_string_ostream errors(messages);
  // One thread: there is little to do, and lld dies of one that cannot start.
  std::vector<const char *> args = {"ld.lld",      "-shared", "--build-id=none",
                                    "--threads=1", "-o",      output.c_str()};
  for (llvm::sys::fs::TempFile &input : inputs)
    args.push_back(input.TmpName.c_str());
  lld::Result result =
      lld::lldMain(args, llvm::nulls(), errors, {{lld::Gnu, &lld::elf::link}});
  discard();
  if (result.retCode != 0) {
    (void)llvm::sys::fs::remove(output);
    // The linker passes on the words of the system alone.
    for (int number : {ENOSPC, EDQUOT, EFBIG})
      if (messages.find(llvm::sys::StrError(number)) != std::string::npos)
        return cannotWrite(path,
                           std::error_code(number, std::generic_category()));
    return llvm::createStringError("linking failed: " + messages);
  }
  std::error_code error = appendSeal(output);
  if (!error)
    error = moveInto(output, path);
  if (error) {
    (void)llvm::sys::fs::remove(output);
    return cannotWrite(path, error);
  }
  return llvm::Error::success();
}
