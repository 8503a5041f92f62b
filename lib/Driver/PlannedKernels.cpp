//===- PlannedKernels.cpp - Kernels and their schedules -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/PlannedKernels.h"
#include "dialects/Kernel/KernelOps.h"
#include "dialects/Kernel/KernelTuning.h"
#include "lib/Driver/CompileModel.h"
#include "lib/Driver/Diagnostics.h"
#include "lib/Target/Target.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/MLIRContext.h"
#include "moec/InitAll.h"
#include "passes/Schedule/TunedShape.h"
#include "runtime/core/Version.h"
#include "llvm/Config/llvm-config.h"
#include <unistd.h>

using namespace mlir;
using namespace moec;
using namespace moec::driver;

DictionaryAttr moec::driver::buildTuning(MLIRContext &context,
                                         const Schedules &schedules) {
  context.loadDialect<kernel::KernelDialect>();
  Builder b(&context);
  SmallVector<NamedAttribute> entries;
  for (const auto &[name, schedule] : schedules)
    entries.push_back(
        b.getNamedAttr(name, kernel::ScheduleAttr::get(&context, schedule.tile,
                                                       schedule.micro)));
  return b.getDictionaryAttr(entries);
}

static Schedule toSchedule(kernel::ScheduleAttr schedule) {
  return {schedule.getTile().vec(), schedule.getMicro().vec()};
}

std::vector<PlannedKernel> moec::driver::listKernels(ModuleOp module,
                                                     size_t candidates) {
  std::vector<PlannedKernel> kernels;
  auto cpu = dyn_cast_or_null<kernel::CpuAttr>(kernel::findMachine(module));
  if (!cpu)
    return kernels;
  for (auto function : module.getOps<func::FuncOp>()) {
    kernel::ScheduleAttr schedule;
    std::string shape;
    function.walk([&](kernel::StructuredKernelOpInterface op) {
      schedule = op.getScheduleAttr();
      shape = kernel::shapeOf(op->getLoc()).str();
    });
    if (!schedule || shape.empty())
      continue;
    PlannedKernel kernel{
        function.getName().str(), shape, toSchedule(schedule), {}};
    for (kernel::ScheduleAttr each : schedule::candidateSchedules(
             module.getContext(), shape, cpu, candidates))
      kernel.candidates.push_back(toSchedule(each));
    kernels.push_back(std::move(kernel));
  }
  return kernels;
}

std::optional<TuningMachine>
moec::driver::tuningMachine(const CompileRequest &request) {
  auto machine = target::select(request.target, request.flags);
  if (!machine) {
    printMessage("error", llvm::toString(machine.takeError()));
    return std::nullopt;
  }
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  auto cpu = dyn_cast<kernel::CpuAttr>((*machine)->describe(&context));
  if (!cpu) {
    printMessage("error",
                 "--tuning is for CPUs; schedules for GPUs are those of the "
                 "cost model, leave it away");
    return std::nullopt;
  }
  TuningMachine result;
  result.compiler = versionText("moec", LLVM_VERSION_STRING);
  if (std::optional<StringRef> name = (*machine)->manifest().getString("cpu"))
    result.cpu = name->str();
  result.cores = cpu.getCores();
  result.vectorBytes = cpu.getVectorBytes();
  result.vectorRegisters = cpu.getVectorRegisters();
  for (int level :
       {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE, _SC_LEVEL3_CACHE_SIZE})
    result.caches.push_back(std::max<int64_t>(0, sysconf(level)));
  return result;
}
