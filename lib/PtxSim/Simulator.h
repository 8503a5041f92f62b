//===- Simulator.h - Execute PTX text on the CPU ----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The public interface of the PTX simulator: parse a module, keep device
// memory, launch kernels, count what they do, find what they do wrong.
//
//   Module module = Module::parse(text, "model.ptx");
//   Simulator gpu;
//   uint64_t x = gpu.allocate(4096, "x");
//   gpu.copyIn(x, data, 4096);
//   Counters c = gpu.launch(module, "k0", {grid, threads, cluster, shared},
//                           &params, sizeof(params));
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_SIMULATOR_H
#define MOEC_LIB_PTXSIM_SIMULATOR_H

#include "lib/PtxSim/Counters.h"
#include "lib/PtxSim/Fault.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace moec::ptxsim {

class DeviceMemory;
struct Program;

/// What a module and its kernels may use. Text from a stranger can neither run
/// for ever nor take all memory of the host.
struct Limits {
  size_t sourceBytes = size_t(32) << 20;
  /// Instructions of a module after calls are inlined.
  size_t instructions = size_t(8) << 20;
  /// Registers of one kernel, after those that are never live together share.
  size_t registers = size_t(1) << 16;
  uint64_t deviceMemory = uint64_t(32) << 30;
  uint32_t sharedPerBlock = 227 * 1024; ///< static and dynamic
  uint32_t localPerThread = 64 * 1024;
  uint32_t threadsPerBlock = 1024;
  uint32_t blocksPerCluster = 16;
  /// Registers, local memory and the like of the blocks that run at once.
  uint64_t launchMemory = uint64_t(1) << 30;
  /// Warp instructions of one launch; beyond it the launch is a Fault.
  uint64_t warpInstructions = uint64_t(1) << 33;

  /// With no more device memory than this machine can give, notes on who wrote
  /// it included: a third of what it has.
  static Limits ofHost();
};

/// A parameter of a kernel: its bytes in the parameter block of a launch.
struct Parameter {
  std::string name;
  uint32_t offset = 0;
  uint32_t bytes = 0;
  uint32_t align = 1;
};

struct KernelInfo {
  std::string name;
  std::vector<Parameter> parameters;
  uint32_t parameterBytes = 0;  ///< of the whole block
  uint32_t staticShared = 0;    ///< bytes of .shared variables with a size
  uint32_t maxThreads = 0;      ///< .maxntid, or 0
  uint32_t requiredThreads = 0; ///< .reqntid, or 0
  uint32_t instructions = 0;    ///< after calls are inlined
  /// 32-bit registers of a thread once those that are never live together share
  /// one; constants and special registers count. A GPU's assembler needs
  /// others.
  uint32_t registers = 0;
  uint32_t localBytes = 0; ///< local memory of a thread
  unsigned line = 0;       ///< of the .entry in the text
};

/// PTX text, parsed and decoded. Immutable; copies share it.
class Module {
public:
  /// Throws Error with "NAME:LINE: ..." if the text is no PTX that the
  /// simulator knows; an unknown instruction is named.
  static Module parse(std::string_view text, const std::string &name = "ptx",
                      const Limits &limits = {});

  /// The kernels (.entry) in the order of the text.
  const std::vector<KernelInfo> &kernels() const;
  /// Throws Error, listing the kernels, if there is none of that name.
  const KernelInfo &kernel(const std::string &name) const;
  /// As written: "sm_80", "sm_90a".
  const std::string &target() const;
  const Program &program() const { return *impl; }

private:
  std::shared_ptr<const Program> impl;
};

/// A named piece of device memory that a launch may touch.
struct Range {
  uint64_t address = 0;
  uint64_t bytes = 0;
  std::string name;
  bool writable = true;
};

struct LaunchConfig {
  uint32_t grid = 1;
  uint32_t threads = 1;
  uint32_t cluster = 1;     ///< blocks of a cluster; divides grid
  uint32_t sharedBytes = 0; ///< dynamic shared memory of a block
  /// If not empty: the launch may touch global memory only in these ranges and
  /// in variables of its module. Finds an operand that is overrun although its
  /// neighbour lies in the same allocation.
  std::vector<Range> ranges = {};
  bool detectSharedRaces = true;
  bool detectGlobalRaces = true;
};

/// One simulated GPU: its memory, and launches one after the other. Not for use
/// by several threads at once.
class Simulator {
public:
  explicit Simulator(const Limits &limits = {});
  ~Simulator();
  Simulator(Simulator &&) noexcept;
  Simulator &operator=(Simulator &&) noexcept;

  /// Returns the address of zeroed device memory, 256-byte aligned and far from
  /// every other allocation. Throws Error (Resources) above the limit. Zero
  /// bytes are legal. The name stands in faults.
  uint64_t allocate(size_t bytes, const std::string &name);
  /// Throws Error if nothing begins at the address. Later accesses are faults
  /// that name the released allocation.
  void release(uint64_t address);
  void copyIn(uint64_t address, const void *from, size_t bytes);
  void copyOut(void *to, uint64_t address, size_t bytes) const;
  /// Host pointer to device memory; throws Error if the range does not lie in
  /// one allocation. Valid until that allocation is released.
  void *hostPointer(uint64_t address, size_t bytes) const;
  uint64_t memoryUsed() const;

  /// Runs a kernel to its end. `parameters` is laid out as KernelInfo says
  /// (operands by value, aligned to their size). Throws Fault if the kernel
  /// does something illegal, Error if the launch itself does not fit.
  /// Variables of the module (.global) live as long as the simulator.
  Counters launch(const Module &module, const std::string &kernel,
                  const LaunchConfig &config, const void *parameters,
                  size_t parameterBytes);

private:
  struct Impl;
  std::unique_ptr<Impl> impl;
};

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_SIMULATOR_H
