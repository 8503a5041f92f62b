//===- SimDevice.h - The PTX simulator as a device --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_SIM_SIMDEVICE_H
#define MOEC_RUNTIME_SIM_SIMDEVICE_H

#include "lib/PtxSim/Simulator.h"
#include "runtime/core/Device.h"
#include "runtime/core/GpuParameters.h"

#include <map>

namespace moec::rt {

/// A GPU that exists only in this process: it executes the module's PTX text,
/// finds what kernels do wrong and counts what they do. Slow; the bits are the
/// same in every run.
class SimDevice : public Device {
public:
  /// Throws Error when the simulator does not know the module's PTX text or it
  /// lacks a kernel.
  SimDevice(std::shared_ptr<const Module> module, const DeviceOptions &options);

  std::string describe() const override;
  int64_t capacity() const override;
  int64_t bytesHeld() const override { return workspaceBytes; }
  uint64_t allocate(size_t bytes, const char *what) override;
  void release(uint64_t address) noexcept override;
  void copyIn(uint64_t to, const void *from, size_t bytes) override;
  void copyOut(void *to, uint64_t from, size_t bytes) override;
  void zero(uint64_t address, size_t bytes) override;
  std::unique_ptr<Program> prepare(int64_t entry,
                                   const BlockAddress &address) override;
  std::vector<std::string> counterNames() const override;
  std::vector<std::string> kernelNotes() const override;

private:
  class SimProgram;

  std::shared_ptr<const Module> module;
  ptxsim::Limits limits;
  ptxsim::Module code;
  ptxsim::Simulator gpu;
  uint64_t workspace = 0;
  int64_t workspaceBytes = 0;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_SIM_SIMDEVICE_H
