//===- Session.h - Memory and state of a run --------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_SESSION_H
#define MOEC_RUNTIME_CORE_SESSION_H

#include "runtime/core/Buffer.h"

namespace moec::rt {

struct SessionOptions {
  /// 0: OMP_NUM_THREADS, else the cores that this process may use.
  int threads = 0;
  Dealing dealing = Dealing::Dynamic;
  bool profile = false;
  /// Without: what the module was compiled for.
  std::optional<DeviceKind> device;
  /// See DeviceOptions.
  bool debugLaunches = false;
};

/// Parameters, gradients and optimizer state of one model, and the arenas and
/// buffers of its entries, on one device. Not for use by two threads at once;
/// several sessions of one module are independent.
///
/// Pointers to parameters, state, inputs and outputs hold until the next run:
/// on other devices than the CPU they are the host's copy, which is brought up
/// to date when it is asked for, and copied in before a run when it was asked
/// for to be changed.
class Session {
public:
  explicit Session(std::shared_ptr<const Module> module,
                   const SessionOptions &options = {});
  ~Session();
  Session(const Session &) = delete;

  const Module &module() const { return *owner; }
  const Manifest &manifest() const { return owner->manifest(); }
  /// Those that run, which may be fewer than were asked for (teamThreads).
  int threads() const { return options.threads; }

  const Device &device() const { return *place; }

  /// To read or to change.
  float *params() { return parameterBlock.write<float>(); }
  float *grads() { return gradientBlock.write<float>(); }
  int64_t stateCount() const { return int64_t(stateBlocks.size()); }
  float *state(int64_t index) { return stateBlocks[index].write<float>(); }
  /// Only to read; the device's bytes stay the newer ones.
  const float *readParams() { return parameterBlock.read<float>(); }
  const float *readState(int64_t index) {
    return stateBlocks[index].read<float>();
  }
  /// Gradients and optimizer state become zero again.
  void clearState();

  /// Sets every parameter from its `init` rule. The value depends on seed,
  /// name and element index alone.
  void initParameters(uint64_t seed);

  /// Gives an entry its memory; run() does it when it was not done.
  void prepare(int64_t entry);
  /// The buffers of an entry, in the order of its manifest: an input to fill,
  /// an output to read.
  void *input(int64_t entry, int64_t index);
  const void *output(int64_t entry, int64_t index);
  /// Copies into an input; Error when the name is unknown or the size differs.
  void setInput(int64_t entry, const std::string &name, const void *data,
                int64_t bytes);
  /// The same for an i32 or f32 scalar.
  void setScalar(int64_t entry, const std::string &name, double value);
  /// Reads a scalar output as a number.
  double scalarOutput(int64_t entry, int64_t index);

  /// Returns the seconds that the program took on the device. Throws Error,
  /// having run nothing, for a label outside of the model's classes.
  double run(int64_t entry);

  /// One for each kernel of the module; empty without `profile`.
  const std::vector<KernelCost> &costs() const { return kernelCosts; }
  void clearCosts();
  /// The cost of one kernel, which starts from zero again.
  KernelCost takeCost(int64_t kernel) {
    return std::exchange(kernelCosts.at(size_t(kernel)), KernelCost());
  }

  /// Bytes held: parameters, gradients, state, arenas, buffers, scratch.
  int64_t bytesHeld() const;

private:
  struct EntryMemory {
    Buffer arena;
    std::vector<Buffer> inputs, outputs;
    std::unique_ptr<Program> program;
  };
  EntryMemory &ready(int64_t entry);
  void checkLabels(const Entry &entry, EntryMemory &memory);
  Buffer allocate(size_t bytes, const char *what);

  std::shared_ptr<const Module> owner;
  SessionOptions options;
  std::shared_ptr<Device> place;
  Buffer parameterBlock, gradientBlock;
  std::vector<Buffer> stateBlocks;
  std::vector<EntryMemory> entries;
  std::vector<KernelCost> kernelCosts;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_SESSION_H
