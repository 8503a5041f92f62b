//===- Cpu.cpp - CPUs by name
//----------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/CPU/Cpu.h"
#include "lib/Target/LLVM.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/Threading.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

using namespace moec::target;

/// What kernels profit from on x86; everything else a CPU can do is left out,
/// so that a module runs wherever these are.
static const char *const x86Features[] = {
    "sse3",    "ssse3",    "sse4.1",   "sse4.2",   "popcnt",   "avx",
    "avx2",    "fma",      "f16c",     "bmi",      "bmi2",     "lzcnt",
    "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512bf16"};

int64_t Cpu::getLanes() const {
  return has("avx512f") ? 16 : has("avx2") ? 8 : 4;
}

moec::kernel::CpuAttr Cpu::describe(mlir::MLIRContext *context) const {
  context->loadDialect<kernel::KernelDialect>();
  return kernel::CpuAttr::get(context, cores, 4 * getLanes(),
                              getLanes() == 16 ? 32 : 16, has("avx512bf16"));
}

bool Cpu::has(llvm::StringRef feature) const {
  return llvm::is_contained(features, feature);
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>> Cpu::create() const {
  llvm::Expected<const llvm::Target *> target = lookupTarget(triple);
  if (!target)
    return target.takeError();
  std::string list;
  for (const std::string &feature : features)
    list += (list.empty() ? "+" : ",+") + feature;
  bool x86 = llvm::Triple(triple).isX86();
  llvm::TargetOptions options;
  return std::unique_ptr<llvm::TargetMachine>((*target)->createTargetMachine(
      llvm::Triple(triple), x86 ? "x86-64" : tune, list, options,
      llvm::Reloc::PIC_, std::nullopt, llvm::CodeGenOptLevel::Aggressive));
}

llvm::Expected<Cpu> moec::target::getCpu(llvm::StringRef cpu) {
  Cpu machine;
  machine.triple = llvm::sys::getDefaultTargetTriple();
  bool native = cpu.empty() || cpu == "native";
  machine.tune = native ? llvm::sys::getHostCPUName().str() : cpu.str();
  if (native)
    machine.cores =
        std::max(2u, llvm::hardware_concurrency().compute_thread_count());
  if (!llvm::Triple(machine.triple).isX86())
    return machine;
  llvm::StringMap<bool> host;
  if (native) {
    host = llvm::sys::getHostCPUFeatures();
    for (const char *feature : x86Features)
      if (host.lookup(feature))
        machine.features.push_back(feature);
    return machine;
  }
  llvm::Expected<const llvm::Target *> target = lookupTarget(machine.triple);
  if (!target)
    return target.takeError();
  auto subtarget = [&](llvm::StringRef name) {
    return std::unique_ptr<llvm::MCSubtargetInfo>(
        (*target)->createMCSubtargetInfo(llvm::Triple(machine.triple), name,
                                         ""));
  };
  // One made for an unknown CPU would print messages of its own.
  auto info = subtarget("");
  if (!info || !info->isCPUStringValid(cpu))
    return llvm::createStringError(
        "unknown CPU '" + cpu.str() +
        "'; use 'native', 'x86-64-v3', 'x86-64-v4' or a name that "
        "clang -mcpu=help lists");
  info = subtarget(cpu);
  for (const char *feature : x86Features)
    if (info->checkFeatures(std::string("+") + feature))
      machine.features.push_back(feature);
  return machine;
}
