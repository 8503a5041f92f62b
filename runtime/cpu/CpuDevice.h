//===- CpuDevice.h - The CPU as a device ------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CPU_CPUDEVICE_H
#define MOEC_RUNTIME_CPU_CPUDEVICE_H

#include "runtime/core/Device.h"
#include "runtime/core/Memory.h"
#include "runtime/cpu/NativeCode.h"

#include <unordered_map>

namespace moec::rt {

/// Native kernels over memory of the host, which is the device's memory too.
class CpuDevice : public Device {
public:
  /// Throws Error when this CPU cannot run the module.
  CpuDevice(std::shared_ptr<const Module> module, const DeviceOptions &options);

  std::string describe() const override;
  int64_t capacity() const override { return 0; }
  int64_t bytesHeld() const override { return int64_t(scratch.size()); }
  uint64_t allocate(size_t bytes, const char *what) override;
  void release(uint64_t address) noexcept override;
  bool isHost() const override { return true; }
  void copyIn(uint64_t to, const void *from, size_t bytes) override;
  void copyOut(void *to, uint64_t from, size_t bytes) override;
  void zero(uint64_t address, size_t bytes) override;
  std::unique_ptr<Program> prepare(int64_t entry,
                                   const BlockAddress &address) override;

private:
  class CpuProgram;

  std::shared_ptr<const NativeCode> code;
  DeviceOptions options;
  std::unordered_map<uint64_t, Block> blocks;
  /// One for all entries: thread i owns the bytes from i * scratchStride.
  Block scratch;
  int64_t scratchStride = 0;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CPU_CPUDEVICE_H
