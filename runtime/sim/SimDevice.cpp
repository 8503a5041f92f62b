//===- SimDevice.cpp - The PTX simulator as a device ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/sim/SimDevice.h"
#include "lib/PtxSim/TensorMap.h"
#include "runtime/core/DevicePlugin.h"
#include "runtime/core/Fail.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace moec::rt {

/// Calls the simulator; what it throws becomes an error of the runtime.
template <typename Call> static auto translated(Call &&call) {
  try {
    return call();
  } catch (const ptxsim::Error &e) {
    throw Error(e.what(), e.code() == ptxsim::ErrorCode::Resources
                              ? ErrorCode::Resources
                              : ErrorCode::User);
  }
}

SimDevice::SimDevice(std::shared_ptr<const Module> owner, const DeviceOptions &)
    : module(std::move(owner)), limits(ptxsim::Limits::ofHost()),
      code(translated([&] {
        return ptxsim::Module::parse(
            module->ptx(), "module " + module->name() + ": PTX text", limits);
      })),
      gpu(limits) {
  std::vector<std::string> missing;
  for (const Kernel &kernel : module->manifest().kernels) {
    const std::vector<ptxsim::KernelInfo> &known = code.kernels();
    if (std::none_of(known.begin(), known.end(),
                     [&](const ptxsim::KernelInfo &info) {
                       return info.name == kernel.symbol;
                     }))
      missing.push_back(kernel.symbol);
  }
  if (!missing.empty())
    fail("the manifest of {} names kernels that its PTX text lacks: {}",
         module->name(), fmt::join(missing, ", "));
}

std::string SimDevice::describe() const {
  return fmt::format("PTX simulator ({})", module->manifest().arch);
}

int64_t SimDevice::capacity() const { return int64_t(limits.deviceMemory); }

uint64_t SimDevice::allocate(size_t bytes, const char *what) {
  return translated([&] { return gpu.allocate(bytes, what); });
}

void SimDevice::release(uint64_t address) noexcept {
  try {
    gpu.release(address);
  } catch (const ptxsim::Error &) {
    // Nothing begins there: nothing to release.
  }
}

void SimDevice::copyIn(uint64_t to, const void *from, size_t bytes) {
  translated([&] { gpu.copyIn(to, from, bytes); });
}

void SimDevice::copyOut(void *to, uint64_t from, size_t bytes) {
  translated([&] { gpu.copyOut(to, from, bytes); });
}

void SimDevice::zero(uint64_t address, size_t bytes) {
  translated([&] { std::memset(gpu.hostPointer(address, bytes), 0, bytes); });
}

static TensorMapBytes encode(const TensorMap &map, uint64_t address) {
  static const ptxsim::TensorMapType types[] = {
      ptxsim::TensorMapType::U8, ptxsim::TensorMapType::S32,
      ptxsim::TensorMapType::F32, ptxsim::TensorMapType::F16,
      ptxsim::TensorMapType::BF16};
  ptxsim::TensorMap wanted;
  wanted.address = address;
  wanted.type = types[unsigned(map.type)];
  wanted.rank = unsigned(map.shape.size());
  std::copy(map.shape.begin(), map.shape.end(), wanted.dims.begin());
  std::copy(map.strides.begin(), map.strides.end(), wanted.strides.begin());
  std::copy(map.box.begin(), map.box.end(), wanted.box.begin());
  wanted.swizzle = unsigned(map.swizzle);
  TensorMapBytes result;
  result.bytes = translated([&] { return encodeTensorMap(wanted); });
  return result;
}

std::vector<std::string> SimDevice::counterNames() const {
  std::vector<std::string> names;
  ptxsim::forEachCounter(
      {}, [&](const std::string &name, uint64_t) { names.push_back(name); });
  return names;
}

std::vector<std::string> SimDevice::kernelNotes() const {
  std::vector<std::string> notes;
  for (const Kernel &kernel : module->manifest().kernels) {
    const ptxsim::KernelInfo &info = code.kernel(kernel.symbol);
    notes.push_back(fmt::format("{} instructions, {} bytes of static shared "
                                "memory, {} bytes of parameters",
                                info.instructions, info.staticShared,
                                info.parameterBytes));
  }
  return notes;
}

class SimDevice::SimProgram : public Program {
public:
  SimProgram(SimDevice &device, int64_t entry, const BlockAddress &address)
      : device(device),
        entry(device.module->manifest().entries[size_t(entry)].name) {
    const Manifest &manifest = device.module->manifest();
    for (const ResolvedLaunch &launch :
         unrollProgram(manifest.entries[size_t(entry)], address)) {
      const Kernel &kernel = manifest.kernels[size_t(launch.kernel)];
      if (kernel.gpu.grid == 0)
        continue;
      steps.push_back({launch.kernel,
                       GpuParameters(kernel, launch, device.workspace, encode),
                       rangesOf(kernel, launch)});
    }
  }

  double run(std::vector<KernelCost> *costs) override {
    using Clock = std::chrono::steady_clock;
    Clock::time_point start = Clock::now(), before = start;
    for (size_t i = 0; i < steps.size(); ++i) {
      ptxsim::Counters counters = launch(i);
      Clock::time_point now = Clock::now();
      if (costs) {
        KernelCost &cost = (*costs)[size_t(steps[i].kernel)];
        ++cost.launches;
        cost.seconds += std::chrono::duration<double>(now - before).count();
        add(counters, cost.counters);
      }
      before = now;
    }
    return std::chrono::duration<double>(before - start).count();
  }

private:
  struct Step {
    int64_t kernel;
    GpuParameters parameters;
    std::vector<ptxsim::Range> ranges;
  };

  /// What the launch may touch; other operands of the same block are out of
  /// bounds.
  std::vector<ptxsim::Range> rangesOf(const Kernel &kernel,
                                      const ResolvedLaunch &launch) const {
    std::vector<ptxsim::Range> ranges;
    for (size_t i = 0; i < launch.operands.size(); ++i) {
      if (launch.bytes[i] == 0)
        continue;
      ranges.push_back({launch.operands[i], uint64_t(launch.bytes[i]),
                        fmt::format("operand {}", i), true});
    }
    if (kernel.gpu.workspace)
      ranges.push_back({device.workspace, uint64_t(kernel.gpu.workspace),
                        "the workspace", true});
    return ranges;
  }

  ptxsim::Counters launch(size_t index) {
    const Step &step = steps[index];
    const Kernel &kernel =
        device.module->manifest().kernels[size_t(step.kernel)];
    ptxsim::LaunchConfig config;
    config.grid = uint32_t(kernel.gpu.grid);
    config.threads = uint32_t(kernel.gpu.threads);
    config.cluster = uint32_t(kernel.gpu.cluster);
    config.sharedBytes = uint32_t(kernel.gpu.shared);
    config.ranges = step.ranges;
    // Its contents are undefined: NaN shows who relies on them.
    if (kernel.gpu.workspace)
      std::memset(device.gpu.hostPointer(device.workspace,
                                         size_t(kernel.gpu.workspace)),
                  0xff, size_t(kernel.gpu.workspace));
    try {
      return translated([&] {
        return device.gpu.launch(device.code, kernel.symbol, config,
                                 step.parameters.block(),
                                 step.parameters.bytes());
      });
    } catch (const Error &e) {
      throw Error(fmt::format("device ptxsim: kernel {}, launch {} of {} in "
                              "entry {}: {}",
                              kernelText(kernel), index + 1, steps.size(),
                              entry, e.what()),
                  e.code());
    }
  }

  static void add(const ptxsim::Counters &counters, std::vector<double> &sums) {
    size_t i = 0;
    ptxsim::forEachCounter(
        counters, [&](const std::string &name, uint64_t value) {
          if (i == sums.size())
            sums.push_back(0);
          // These are maxima, see Device::counterNames().
          const size_t tail = name.rfind("_per_block");
          sums[i] = tail != std::string::npos ? std::max(sums[i], double(value))
                                              : sums[i] + double(value);
          ++i;
        });
  }

  SimDevice &device;
  std::string entry;
  std::vector<Step> steps;
};

std::unique_ptr<Program> SimDevice::prepare(int64_t entry,
                                            const BlockAddress &address) {
  if (!workspace && module->manifest().workspaceBytes()) {
    workspaceBytes = module->manifest().workspaceBytes();
    workspace = allocate(size_t(workspaceBytes), "the workspace");
  }
  return std::make_unique<SimProgram>(*this, entry, address);
}

} // namespace moec::rt

MOEC_DEVICE_PLUGIN(moec::rt::SimDevice)
