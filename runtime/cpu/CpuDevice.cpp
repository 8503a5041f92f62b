//===- CpuDevice.cpp - The CPU as a device --------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/CpuDevice.h"
#include "runtime/core/Devices.h"
#include "runtime/core/Fail.h"
#include "runtime/cpu/Executor.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace moec::rt {

extern const DeviceInfo cpuDevice = {
    "cpu",
    "the CPU at hand",
    TargetDevice::Cpu,
    /*simulated=*/false,
    /*require=*/nullptr,
    [](std::shared_ptr<const Module> module,
       const DeviceOptions &options) -> std::shared_ptr<Device> {
      return std::make_shared<CpuDevice>(std::move(module), options);
    }};

CpuDevice::CpuDevice(std::shared_ptr<const Module> module,
                     const DeviceOptions &wanted)
    : code(std::make_shared<NativeCode>(std::move(module))), options(wanted) {}

std::string CpuDevice::describe() const {
  return fmt::format("CPU, {} thread{}", options.threads,
                     options.threads == 1 ? "" : "s");
}

uint64_t CpuDevice::allocate(size_t bytes, const char *what) {
  Block block(bytes, what);
  auto address = reinterpret_cast<uint64_t>(block.data());
  blocks.emplace(address, std::move(block));
  return address;
}

void CpuDevice::release(uint64_t address) noexcept { blocks.erase(address); }

void CpuDevice::copyIn(uint64_t to, const void *from, size_t bytes) {
  std::memcpy(reinterpret_cast<void *>(to), from, bytes);
}

void CpuDevice::copyOut(void *to, uint64_t from, size_t bytes) {
  std::memcpy(to, reinterpret_cast<const void *>(from), bytes);
}

void CpuDevice::zero(uint64_t address, size_t bytes) {
  std::memset(reinterpret_cast<void *>(address), 0, bytes);
}

class CpuDevice::CpuProgram : public Program {
public:
  CpuProgram(CpuDevice &device, std::unique_ptr<Executor> executor)
      : device(device), executor(std::move(executor)) {}
  double run(std::vector<KernelCost> *costs) override {
    using Clock = std::chrono::steady_clock;
    Clock::time_point start = Clock::now();
    executor->run(device.options.threads, device.options.dealing,
                  device.scratch.data(), device.scratchStride, costs);
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

private:
  CpuDevice &device;
  std::unique_ptr<Executor> executor;
};

std::unique_ptr<Program> CpuDevice::prepare(int64_t entry,
                                            const BlockAddress &address) {
  auto executor = std::make_unique<Executor>(code, entry, address);
  // A page between the threads keeps their writes apart.
  int64_t stride = (executor->scratchBytes() + 4095) / 4096 * 4096;
  if (stride > scratchStride || !scratch.data()) {
    stride = std::max<int64_t>({stride, scratchStride, 4096});
    scratch = Block(size_t(stride) * options.threads, "thread scratch");
    scratchStride = stride;
  }
  return std::make_unique<CpuProgram>(*this, std::move(executor));
}

} // namespace moec::rt
