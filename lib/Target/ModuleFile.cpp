//===- ModuleFile.cpp - From code objects to a module file ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/ModuleFile.h"
#include "lib/Target/LLVM.h"
#include "lld/Common/Driver.h"
#include "runtime/core/ModuleSeal.h"
#include "runtime/core/Version.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
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

llvm::Expected<std::string>
moec::target::emitData(llvm::ArrayRef<DataSymbol> symbols) {
  llvm::LLVMContext context;
  llvm::Module module("moec", context);
  llvm::Triple triple(llvm::sys::getDefaultTargetTriple());
  llvm::Expected<const llvm::Target *> target = lookupTarget(triple.str());
  if (!target)
    return target.takeError();
  std::unique_ptr<llvm::TargetMachine> machine((*target)->createTargetMachine(
      triple, "", "", llvm::TargetOptions(), llvm::Reloc::PIC_));
  module.setTargetTriple(machine->getTargetTriple());
  module.setDataLayout(machine->createDataLayout());
  for (const DataSymbol &symbol : symbols)
    addBytes(module, symbol);
  return emitFile(module, *machine, llvm::CodeGenFileType::ObjectFile);
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

llvm::Error moec::target::writeModule(Code code, std::string manifest,
                                      llvm::StringRef path) {
  code.data.insert(code.data.begin(),
                   DataSymbol{"moec_manifest", std::move(manifest)});
  llvm::Expected<std::string> data = emitData(code.data);
  if (!data)
    return data.takeError();
  code.objects.push_back(std::move(*data));
  return linkShared(code.objects, path);
}
