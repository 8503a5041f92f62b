//===- CpuTarget.cpp - CPUs as a target -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/MoE/MoEConventions.h"
#include "lib/Target/CPU/Object.h"
#include "lib/Target/Manifest.h"
#include "lib/Target/Target.h"
#include "passes/CPU/Passes.h"
#include "llvm/Support/TargetSelect.h"

using namespace mlir;
using namespace moec;
using namespace moec::target;
namespace json = llvm::json;
namespace attr = moec::kernel::attr;

static const Phase allPhases[] = {
    {"cpu", cpu::buildCPUPipeline, cpu::createVerifyCPUPass},
    {"llvm", cpu::buildLLVMPipeline, cpu::createVerifyLLVMPass},
    {"llvmir"},
    {"asm"},
};

namespace {
class CpuMachine : public Machine {
public:
  explicit CpuMachine(Cpu cpu) : cpu(std::move(cpu)) {}

  void narrowTo(ModuleOp module) override {
    StringAttr precision = moe::attr::precision.get(module);
    if (!precision || precision != "bf16")
      llvm::erase(cpu.features, "avx512bf16");
  }

  kernel::MachineInterface describe(MLIRContext *context) const override {
    return cpu.describe(context);
  }

  llvm::Expected<std::string> emitText(ModuleOp module,
                                       StringRef phase) override {
    return target::emitText(module, cpu, /*assembly=*/phase == "asm");
  }

  llvm::Expected<Code> emitCode(ModuleOp module, ScratchFolder) override {
    llvm::Expected<std::vector<std::string>> objects = emitObjects(module, cpu);
    if (!objects)
      return objects.takeError();
    return Code{std::move(*objects), {}};
  }

  json::Object manifest() const override {
    return json::Object{{"triple", cpu.triple},
                        {"cpu", cpu.tune},
                        {"features", json::Array(cpu.features)}};
  }

  FailureOr<json::Object> describeKernel(Operation *function) const override {
    StringRef name = SymbolTable::getSymbolName(function).getValue();
    json::Object kernel{{"symbol", name}, {"blocks", 1}, {"scratch", 0}};
    if (StringAttr builtin = attr::builtin.get(function)) {
      kernel["symbol"] = ("builtin:" + builtin.getValue()).str();
      kernel["attributes"] = toJson(attr::attributes.get(function));
    } else if (!attr::blocks.isOn(function) || !attr::scratch.isOn(function)) {
      return function->emitError("kernel function @")
             << name << " was not lowered: expected attributes kernel.blocks "
             << "and kernel.scratch";
    }
    put(kernel, function, attr::blocks, attr::scratch, attr::variant);
    return kernel;
  }

private:
  Cpu cpu;
};

class CpuTarget : public Target {
public:
  StringRef name() const override { return "cpu"; }
  std::string help() const override { return "cpu"; }
  std::vector<Flag> flags() const override {
    return {{"cpu", ",--target-cpu",
             "CPU to compile for: native (default), x86-64-v3, x86-64-v4, or "
             "a name that LLVM knows"}};
  }
  ArrayRef<Phase> phases() const override { return allPhases; }

  llvm::Expected<std::unique_ptr<Machine>>
  select(StringRef variant, const FlagValues &flags) const override {
    if (!variant.empty())
      return llvm::createStringError("--target: 'cpu' has no variants; say "
                                     "which one with --cpu " +
                                     variant.str());
    auto given = flags.find("cpu");
    llvm::Expected<Cpu> cpu =
        getCpu(given == flags.end() ? "native" : given->second);
    if (!cpu)
      return cpu.takeError();
    return std::make_unique<CpuMachine>(std::move(*cpu));
  }

  void initializeLLVM() const override {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
  }
};
} // namespace

namespace moec::target {
const Target &getCPUTarget() {
  static const CpuTarget target;
  return target;
}
} // namespace moec::target
