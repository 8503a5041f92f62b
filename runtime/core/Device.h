//===- Device.h - Where the programs of a module run ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_DEVICE_H
#define MOEC_RUNTIME_CORE_DEVICE_H

#include "runtime/core/Module.h"

#include <functional>

namespace moec::rt {

/// How the blocks of a launch are dealt to the threads of the CPU. The bits of
/// the result are the same either way, since blocks are independent.
enum class Dealing : uint8_t { Dynamic, Static };

struct DeviceOptions {
  int threads = 1; ///< of the CPU
  Dealing dealing = Dealing::Dynamic;
  /// GPU: wait after every launch, so that a fault names its kernel.
  bool debugLaunches = false;
};

/// What one kernel of a module has cost so far.
struct KernelCost {
  int64_t launches = 0;
  double seconds = 0;
  /// One for each of Device::counterNames(); empty where a device has none.
  std::vector<double> counters;
};

/// Address of the block that an argument names. On the CPU it is a pointer.
using BlockAddress = std::function<uint64_t(BlockKind kind, int64_t index)>;

/// The program of one entry with every address resolved.
class Program {
public:
  virtual ~Program();
  /// Runs all launches in order and waits for the last one. Returns the seconds
  /// that they took on the device. With `costs` (one for each kernel of the
  /// module) every launch is measured. Throws Error that names the kernel.
  virtual double run(std::vector<KernelCost> *costs) = 0;
};

/// A device that has loaded one module: its memory and its programs. Addresses
/// mean something to this device alone.
class Device {
public:
  virtual ~Device();
  /// Name and architecture for people.
  virtual std::string describe() const = 0;
  /// Bytes of its memory; 0: as much as the system gives.
  virtual int64_t capacity() const = 0;
  /// Bytes that the device holds for itself (scratch, workspace).
  virtual int64_t bytesHeld() const = 0;

  /// Memory that is zero and starts 64-byte aligned, on a GPU 256-byte aligned.
  /// `what` names it when there is none left, an Error (Resources).
  virtual uint64_t allocate(size_t bytes, const char *what) = 0;
  virtual void release(uint64_t address) noexcept = 0;
  /// Whether addresses are pointers of the host, so that nothing is copied.
  virtual bool isHost() const { return false; }
  virtual void copyIn(uint64_t to, const void *from, size_t bytes) = 0;
  virtual void copyOut(void *to, uint64_t from, size_t bytes) = 0;
  virtual void zero(uint64_t address, size_t bytes) = 0;

  /// Throws Error when the device cannot run the program.
  virtual std::unique_ptr<Program> prepare(int64_t entry,
                                           const BlockAddress &address) = 0;
  /// What KernelCost::counters of this device count. Those whose names end with
  /// "per_block" are the largest of all launches, the others sums.
  virtual std::vector<std::string> counterNames() const { return {}; }
  /// What the device knows of each kernel of the module, such as registers, for
  /// people; empty when it knows nothing.
  virtual std::vector<std::string> kernelNotes() const { return {}; }
};

/// A launch of a GPU program, with repeats unrolled.
struct ResolvedLaunch {
  int64_t kernel = 0;
  std::vector<uint64_t> operands; ///< addresses
  std::vector<int64_t> bytes;     ///< of each operand
};

/// The program of an entry, launch by launch. Throws Error for more than a
/// million.
std::vector<ResolvedLaunch> unrollProgram(const Entry &entry,
                                          const BlockAddress &address);

/// "k0_contract (stack.fc1, stack.act)": a kernel and the nodes that it
/// computes, for messages.
std::string kernelText(const Kernel &kernel);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_DEVICE_H
