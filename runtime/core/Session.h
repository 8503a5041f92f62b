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
  /// As --device takes it; "": what the module was compiled for.
  std::string device;
  /// See DeviceOptions.
  bool debugLaunches = false;
};

/// The variables of one model, and the arenas and buffers of its entries, on
/// one device. Not for use by two threads at once; several sessions of one
/// module are independent.
///
/// Pointers to variables, inputs and outputs hold until the next run:
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

  /// The numbers of a variable, by its index in the manifest; T is its dtype.
  /// To read or to change.
  template <typename T = float> T *variable(int64_t index) {
    const Variable &info = manifest().variables.at(size_t(index));
    derivedAreCurrent &= info.role == Role::Derived;
    return reinterpret_cast<T *>(
        variableBlocks[size_t(info.block)].write<char>() + info.offset);
  }
  /// Only to read; the device's bytes stay the newer ones.
  template <typename T = float> const T *readVariable(int64_t index) {
    const Variable &info = manifest().variables.at(size_t(index));
    return reinterpret_cast<const T *>(
        variableBlocks[size_t(info.block)].read<char>() + info.offset);
  }

  /// Sets every variable from its `init` rule, and shadows to what they belong
  /// to; with `keepWeights` only those that a file of weights does not hold.
  /// The value depends on seed, name and element index alone.
  void initVariables(uint64_t seed, bool keepWeights = false);
  /// Sets a shadow to what it belongs to.
  void startShadow(int64_t index);

  /// Gives an entry its memory; run() does it when it was not done.
  void prepare(int64_t entry);
  /// The buffers of an entry, in the order of its manifest: an input to fill,
  /// an output to read.
  void *input(int64_t entry, int64_t index);
  const void *output(int64_t entry, int64_t index);
  /// Copies into the field of that name, else into the input of the host; Error
  /// when there is neither or the size differs.
  void setInput(int64_t entry, const std::string &name, const void *data,
                int64_t bytes);
  /// Reads a scalar output as a number.
  double scalarOutput(int64_t entry, int64_t index);

  /// Returns the seconds that the program took on the device. Before an entry
  /// that uses derived variables, the one that prepares them runs if any
  /// variable may have changed since it did; its time does not count. Throws
  /// Error, having run nothing, for a label outside of the model's classes.
  double run(int64_t entry);

  /// One for each kernel of the module; empty without `profile`.
  const std::vector<KernelCost> &costs() const { return kernelCosts; }
  void clearCosts();
  /// The cost of one kernel, which starts from zero again.
  KernelCost takeCost(int64_t kernel) {
    return std::exchange(kernelCosts.at(size_t(kernel)), KernelCost());
  }

  /// Bytes held: variables, arenas, buffers, scratch.
  int64_t bytesHeld() const;

private:
  struct EntryMemory {
    Buffer arena;
    std::vector<Buffer> inputs, outputs;
    std::unique_ptr<Program> program;
  };
  EntryMemory &ready(int64_t entry);
  double runProgram(int64_t entry);
  void checkLabels(const Entry &entry, EntryMemory &memory);
  Buffer allocate(size_t bytes, const std::string &what);

  std::shared_ptr<const Module> owner;
  SessionOptions options;
  std::shared_ptr<Device> place;
  std::vector<Buffer> variableBlocks; ///< as the manifest lists them
  std::vector<EntryMemory> entries;
  /// Of each entry, see Manifest::usesDerived().
  std::vector<bool> usesDerived;
  /// Derived variables are what the entry that prepares them makes of the
  /// others.
  bool derivedAreCurrent = false;
  std::vector<KernelCost> kernelCosts;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_SESSION_H
