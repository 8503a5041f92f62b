//===- CudaDevice.h - An NVIDIA GPU as a device -----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CUDA_CUDADEVICE_H
#define MOEC_RUNTIME_CUDA_CUDADEVICE_H

#include "runtime/core/Device.h"
#include "runtime/core/GpuParameters.h"
#include "runtime/cuda/Driver.h"

namespace moec::rt::cuda {

/// The first GPU that the driver shows (CUDA_VISIBLE_DEVICES picks). It works
/// in the primary context, as PyTorch does, on a stream of its own, and leaves
/// the caller's current context as it was.
class CudaDevice : public Device {
public:
  /// Throws Error when there is no GPU (Resources), it is older than the module
  /// needs, or it refuses the module; the compiler's log stands in the message.
  static std::shared_ptr<CudaDevice> open(std::shared_ptr<const Module> module,
                                          const DeviceOptions &options);
  ~CudaDevice() override;

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
  std::vector<std::string> kernelNotes() const override { return notes; }

private:
  friend class CudaProgram;
  /// The context is the thread's current one while this lives.
  class Scope;
  class LastScope;
  CudaDevice() = default;
  void start();
  void checkArchitecture() const;
  void loadModule();
  void bindKernels();
  TensorMapBytes encode(const Kernel &kernel, const TensorMap &map,
                        uint64_t address) const;

  std::shared_ptr<const Module> module;
  DeviceOptions options;
  std::shared_ptr<const Driver> driver;
  Ordinal ordinal = 0;
  std::string name;
  int major = 0, minor = 0;
  Context context = nullptr;
  Stream stream = nullptr;
  ModuleHandle code = nullptr;
  std::vector<Function> functions; ///< one for each kernel of the module
  std::vector<std::string> notes;  ///< registers and spills of each
  Pointer workspace = 0;
  int64_t workspaceBytes = 0;
};

class CudaDevice::Scope {
public:
  explicit Scope(const CudaDevice &device) : driver(*device.driver) {
    driver.check(driver.contextPush(device.context), "cuCtxPushCurrent");
  }
  ~Scope() {
    Context old = nullptr;
    driver.contextPop(&old);
  }
  Scope(const Scope &) = delete;

private:
  const Driver &driver;
};

/// The same where nothing may be thrown: after a fault every call fails, and
/// there is nobody to tell.
class CudaDevice::LastScope {
public:
  explicit LastScope(const CudaDevice &device)
      : driver(*device.driver),
        pushed(driver.contextPush(device.context) == 0) {}
  ~LastScope() {
    Context old = nullptr;
    if (pushed)
      driver.contextPop(&old);
  }
  LastScope(const LastScope &) = delete;

private:
  const Driver &driver;
  bool pushed;
};

/// The launches of an entry, captured once as a graph.
class CudaProgram : public Program {
public:
  CudaProgram(CudaDevice &device, int64_t entry) : device(device) {
    name = device.module->manifest().entries[entry].name;
  }
  ~CudaProgram() override;
  /// Resolves and captures; the device's context is current.
  void build(const Entry &entry, const BlockAddress &address);
  double run(std::vector<KernelCost> *costs) override;

private:
  struct Step {
    int64_t kernel;
    GpuParameters parameters;
  };
  void launch(Step &step, size_t index);
  void runEach(std::vector<KernelCost> *costs);
  std::string where(const Step &step, size_t index) const;

  CudaDevice &device;
  std::string name;
  std::vector<Step> steps;
  GraphExec exec = nullptr;
  Event start = nullptr, end = nullptr;
  /// Events between launches, made when costs are asked for first.
  std::vector<Event> marks;
};

} // namespace moec::rt::cuda

#endif // MOEC_RUNTIME_CUDA_CUDADEVICE_H
