//===- Simulator.cpp - Execute PTX text on the CPU ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Simulator.h"

#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Machine.h"

#include <algorithm>
#include <cstring>
#include <unistd.h>

namespace moec::ptxsim {

Limits Limits::ofHost() {
  Limits limits;
  const int64_t pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
  if (pages > 0 && page > 0)
    limits.deviceMemory =
        std::min(limits.deviceMemory, uint64_t(pages) * uint64_t(page) / 3);
  return limits;
}

struct Simulator::Impl {
  Limits limits;
  DeviceMemory memory;
  uint32_t stamp = 0; ///< of launches, 1 to 4095
  /// Addresses of the variables of each module that was launched. The module is
  /// kept, so that no other one can get its address.
  std::map<const Program *, std::pair<Module, std::vector<uint64_t>>> variables;

  explicit Impl(const Limits &limits)
      : limits(limits), memory(limits.deviceMemory) {}
  const std::vector<uint64_t> &variablesOf(const Module &module);
  std::vector<Region> regionsFor(const LaunchConfig &config,
                                 const std::vector<uint64_t> &variables);
  void checkLaunch(const Kernel &kernel, const LaunchConfig &config,
                   size_t parameterBytes) const;
  uint32_t nextStamp();
};

Simulator::Simulator(const Limits &limits)
    : impl(std::make_unique<Impl>(limits)) {}
Simulator::~Simulator() = default;
Simulator::Simulator(Simulator &&) noexcept = default;
Simulator &Simulator::operator=(Simulator &&) noexcept = default;

uint64_t Simulator::allocate(size_t bytes, const std::string &name) {
  return impl->memory.allocate(bytes, name);
}
void Simulator::release(uint64_t address) { impl->memory.release(address); }
void Simulator::copyIn(uint64_t address, const void *from, size_t bytes) {
  if (bytes)
    std::memcpy(impl->memory.host(address, bytes), from, bytes);
}
void Simulator::copyOut(void *to, uint64_t address, size_t bytes) const {
  if (bytes)
    std::memcpy(to, impl->memory.host(address, bytes), bytes);
}
void *Simulator::hostPointer(uint64_t address, size_t bytes) const {
  return impl->memory.host(address, bytes);
}
uint64_t Simulator::memoryUsed() const { return impl->memory.used(); }

const std::vector<uint64_t> &
Simulator::Impl::variablesOf(const Module &module) {
  const Program &program = module.program();
  const auto found = variables.find(&program);
  if (found != variables.end())
    return found->second.second;
  std::vector<uint64_t> addresses;
  for (const ModuleVariable &v : program.variables)
    addresses.push_back(memory.allocate(v.bytes, "variable " + v.name));
  for (size_t k = 0; k < addresses.size(); ++k) {
    const ModuleVariable &v = program.variables[k];
    uint8_t *host = memory.host(addresses[k], v.bytes);
    if (!v.init.empty())
      std::memcpy(host, v.init.data(),
                  std::min<size_t>(v.init.size(), v.bytes));
    for (const ModuleVariable::Address &a : v.addresses) {
      const uint64_t to = addresses[a.variable] + a.add;
      std::memcpy(host + a.offset, &to, 8);
    }
  }
  return variables
      .emplace(&program, std::make_pair(module, std::move(addresses)))
      .first->second.second;
}

std::vector<Region>
Simulator::Impl::regionsFor(const LaunchConfig &config,
                            const std::vector<uint64_t> &addresses) {
  if (config.ranges.empty())
    return memory.regions();
  std::vector<Region> regions;
  const auto add = [&](uint64_t address, uint64_t bytes,
                       const std::string &name, bool writable) {
    Allocation *a = memory.find(address, bytes);
    if (!a)
      fail("range '{}' of a launch, {} bytes at 0x{:x}, does not lie in one "
           "allocation: {}",
           name, bytes, address, memory.describe(address, bytes));
    regions.push_back({address, address + bytes,
                       a->host.get() + (address - a->base), a, writable, name});
  };
  for (const Range &r : config.ranges)
    add(r.address, r.bytes, r.name, r.writable);
  for (uint64_t address : addresses) {
    const Allocation *a = memory.find(address, 0);
    add(address, a->bytes, a->name, true);
  }
  std::sort(regions.begin(), regions.end(),
            [](const Region &x, const Region &y) {
              return x.lo != y.lo ? x.lo < y.lo : x.hi < y.hi;
            });
  return regions;
}

void Simulator::Impl::checkLaunch(const Kernel &kernel,
                                  const LaunchConfig &config,
                                  size_t parameterBytes) const {
  const KernelInfo &info = kernel.info;
  const auto refuse = [&](const std::string &text) {
    fail("launch of {}: {}", info.name, text);
  };
  if (config.threads == 0 || config.threads > limits.threadsPerBlock)
    refuse(fmt::format("{} threads in a block, expected 1 to {}",
                       config.threads, limits.threadsPerBlock));
  if (info.maxThreads && config.threads > info.maxThreads)
    refuse(fmt::format("{} threads in a block, the kernel says .maxntid {}",
                       config.threads, info.maxThreads));
  if (info.requiredThreads && config.threads != info.requiredThreads)
    refuse(fmt::format("{} threads in a block, the kernel says .reqntid {}",
                       config.threads, info.requiredThreads));
  if (config.grid == 0 || config.grid > 0x7fffffff)
    refuse(fmt::format("a grid of {} blocks", config.grid));
  if (config.cluster == 0 || config.cluster > limits.blocksPerCluster ||
      config.grid % config.cluster)
    refuse(
        fmt::format("clusters of {} blocks in a grid of {}; expected 1 to {}, "
                    "dividing the grid",
                    config.cluster, config.grid, limits.blocksPerCluster));
  const uint64_t shared = uint64_t(kernel.dynamicOffset) + config.sharedBytes;
  if (shared > limits.sharedPerBlock)
    refuse(fmt::format("{} bytes of shared memory, a block has {}", shared,
                       limits.sharedPerBlock));
  const uint64_t warps = uint64_t(config.threads + 31) / 32 * config.cluster;
  const uint64_t bytes =
      warps * (kernel.rows * uint64_t(128) + kernel.localBytes * uint64_t(32));
  if (bytes > limits.launchMemory)
    throw Error(fmt::format("launch of {}: {} registers and {} bytes of local "
                            "memory per thread take {} bytes, the limit is {}",
                            info.name, kernel.rows, kernel.localBytes, bytes,
                            limits.launchMemory),
                ErrorCode::Resources);
  if (parameterBytes != info.parameterBytes)
    refuse(fmt::format("{} bytes of parameters, the kernel has {}",
                       parameterBytes, info.parameterBytes));
}

/// A stamp that no shadow holds: when they are used up, all shadows start anew.
uint32_t Simulator::Impl::nextStamp() {
  if (++stamp < 4096)
    return stamp;
  for (const Region &r : memory.regions())
    r.allocation->writers.reset();
  return stamp = 1;
}

Counters Simulator::launch(const Module &module, const std::string &name,
                           const LaunchConfig &config, const void *parameters,
                           size_t parameterBytes) {
  module.kernel(name); // an error that lists the kernels
  const Kernel *kernel = nullptr;
  for (const auto &k : module.program().kernels)
    if (k->info.name == name)
      kernel = k.get();
  impl->checkLaunch(*kernel, config, parameterBytes);
  const std::vector<uint64_t> &variables = impl->variablesOf(module);
  Machine machine(module.program(), *kernel, impl->memory, config, impl->limits,
                  impl->regionsFor(config, variables), impl->nextStamp());
  machine.run(parameters, variables);
  return machine.result();
}

} // namespace moec::ptxsim
