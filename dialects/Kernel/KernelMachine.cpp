//===- KernelMachine.cpp - What a module is compiled for ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"

using namespace mlir;
using namespace moec::kernel;

#include "dialects/Kernel/KernelMachine.cpp.inc"

static constexpr llvm::StringLiteral name = "kernel.machine";

MachineInterface moec::kernel::findMachine(Operation *op) {
  for (; op; op = op->getParentOp())
    if (auto machine = op->getAttrOfType<MachineInterface>(name))
      return machine;
  return {};
}

MachineInterface moec::kernel::getMachine(Operation *op) {
  MachineInterface machine = findMachine(op);
  if (!machine)
    op->emitError("the module does not say what it is compiled for; give it "
                  "the attribute ")
        << name << ", such as #kernel.cpu<cores = 8, vector_bytes = 64, "
        << "vector_registers = 32>";
  return machine;
}

void moec::kernel::setMachine(Operation *module, MachineInterface machine) {
  module->setAttr(name, machine);
}

void moec::kernel::detail::reportMachine(Operation *op, StringRef expected,
                                         MachineInterface found) {
  op->emitError("is compiled for ")
      << found << "; expected #" << expected << "<..>";
}

static LogicalResult verifySize(function_ref<InFlightDiagnostic()> emitError,
                                StringRef what, int64_t value, int64_t least,
                                int64_t most) {
  if (value < least || value > most)
    return emitError() << "expected " << what << " from " << least << " to "
                       << most << ", got " << value;
  return success();
}

static constexpr int64_t maxUnits = 1 << 20;

LogicalResult CpuAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                              int64_t cores, int64_t bytes, int64_t registers,
                              bool) {
  if (failed(verifySize(emitError, "cores", cores, 1, maxUnits)) ||
      failed(verifySize(emitError, "vector_registers", registers, 8, 1024)))
    return failure();
  if (bytes != 16 && bytes != 32 && bytes != 64)
    return emitError() << "expected vector_bytes of 16, 32 or 64, got "
                       << bytes;
  return success();
}

int64_t CpuAttr::getUnits() const { return getCores(); }

bool CpuAttr::canAttend() const { return true; }

bool CpuAttr::canAttendGrad() const { return true; }

bool CpuAttr::runsOn(Attribute other) const {
  auto cpu = dyn_cast<CpuAttr>(other);
  return cpu && getVectorBytes() <= cpu.getVectorBytes() &&
         getVectorRegisters() <= cpu.getVectorRegisters() &&
         (!getBf16Rounding() || cpu.getBf16Rounding());
}

LogicalResult GpuAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                              int64_t multiprocessors, int64_t sharedBytes,
                              bool, bool) {
  return success(succeeded(verifySize(emitError, "multiprocessors",
                                      multiprocessors, 1, maxUnits)) &&
                 succeeded(verifySize(emitError, "shared_bytes", sharedBytes,
                                      16 << 10, 1 << 30)));
}

int64_t GpuAttr::getUnits() const { return getMultiprocessors(); }

bool GpuAttr::canAttend() const { return true; }

bool GpuAttr::canAttendGrad() const { return true; }

bool GpuAttr::runsOn(Attribute other) const {
  auto gpu = dyn_cast<GpuAttr>(other);
  return gpu && getSharedBytes() <= gpu.getSharedBytes() &&
         (!getWgmma() || gpu.getWgmma()) && (!getTma() || gpu.getTma());
}
