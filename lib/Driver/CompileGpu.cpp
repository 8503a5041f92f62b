//===- CompileGpu.cpp - From NVVM to a GPU module -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/CompileGpu.h"
#include "dialects/Kernel/KernelFunctions.h"
#include "lib/Target/Manifest.h"
#include "lib/Target/Object.h"
#include "lib/Target/Ptxas.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/IR/Remarks.h"
#include "mlir/IR/SymbolTable.h"
#include "runtime/data/LockedFile.h"

using namespace mlir;
using namespace moec;
using namespace moec::driver;

/// What ptxas says of each kernel becomes attributes, which the manifest
/// prints.
static void addUsage(mlir::gpu::GPUModuleOp kernels,
                     const target::Cubin &cubin) {
  for (const target::KernelUsage &usage : cubin.kernels) {
    Operation *kernel = SymbolTable::lookupSymbolIn(kernels, usage.kernel);
    if (!kernel)
      continue;
    kernel::attr::registers.set(kernel, usage.registers);
    kernel::attr::spills.set(kernel, usage.spillBytes);
    auto options = remark::RemarkOpts::name("Registers").category("GPU");
    // What the launch asks for comes on top of what ptxas sees.
    int64_t shared = usage.shared + kernel::attr::shared.number(kernel);
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

int moec::driver::emitGpu(ModuleOp module, const CompileOptions &options,
                          const target::Gpu &gpu, const target::Machine &host,
                          StringRef path) {
  auto modules = module.getOps<mlir::gpu::GPUModuleOp>();
  std::string ptx;
  if (!modules.empty()) {
    llvm::Expected<std::string> text = target::emitPTX(*modules.begin(), gpu);
    if (!text)
      return report(module, text.takeError());
    ptx = std::move(*text);
  }
  if (options.until == Phase::PTX)
    return writeText(module, path, [&](raw_ostream &os) { os << ptx; });

  std::vector<target::DataSymbol> data;
  target::Cubin cubin;
  if (std::optional<std::string> ptxas = target::findPtxas()) {
    rt::ScratchFolder folder;
    if (std::error_code error = folder.make())
      return report(module, llvm::createStringError(
                                error, "cannot make a folder for temporary "
                                       "files: " +
                                           error.message()));
    llvm::Expected<target::Cubin> assembled =
        target::runPtxas(*ptxas, ptx, gpu, folder.path());
    if (!assembled)
      return report(module, assembled.takeError());
    cubin = std::move(*assembled);
    if (!modules.empty())
      addUsage(*modules.begin(), cubin);
  }
  FailureOr<std::string> manifest = target::buildManifest(module, gpu);
  if (failed(manifest))
    return 1;
  data.push_back({"moec_manifest", *manifest});
  data.push_back({"moec_ptx", ptx});
  if (!cubin.bytes.empty())
    data.push_back({"moec_cubin", cubin.bytes});
  llvm::Expected<std::string> object = target::emitData(host, data);
  if (!object)
    return report(module, object.takeError());
  if (llvm::Error error = target::linkShared({*object}, path))
    return report(module, std::move(error));
  return 0;
}
