//===- Device.cpp - Where the programs of a module run --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Device.h"
#include "runtime/core/DevicePlugin.h"
#include "runtime/core/Fail.h"
#include "runtime/cpu/CpuDevice.h"
#include "runtime/cuda/CudaDevice.h"

namespace moec::rt {

Program::~Program() = default;
Device::~Device() = default;

const char *deviceName(DeviceKind kind) {
  switch (kind) {
  case DeviceKind::Cpu:
    return "cpu";
  case DeviceKind::Cuda:
    return "cuda";
  case DeviceKind::PtxSim:
    break;
  }
  return "ptxsim";
}

DeviceKind parseDevice(const std::string &name) {
  for (DeviceKind kind :
       {DeviceKind::Cpu, DeviceKind::Cuda, DeviceKind::PtxSim})
    if (name == deviceName(kind))
      return kind;
  throw Error(
      fmt::format("unknown device \"{}\": expected cpu, cuda or ptxsim", name),
      ErrorCode::Usage);
}

DeviceKind defaultDevice(const Manifest &manifest) {
  return manifest.isGpu() ? DeviceKind::Cuda : DeviceKind::Cpu;
}

std::string kernelText(const Kernel &kernel) {
  if (kernel.nodes.empty())
    return kernel.symbol;
  return fmt::format("{} ({})", kernel.symbol, fmt::join(kernel.nodes, ", "));
}

void requireDevice(DeviceKind kind) {
  if (kind == DeviceKind::Cuda)
    cuda::Driver::open();
}

std::vector<ResolvedLaunch> unrollProgram(const Entry &entry,
                                          const BlockAddress &address) {
  constexpr size_t most = 1 << 20;
  std::vector<ResolvedLaunch> launches;
  for (const ProgramItem &item : entry.program)
    for (int64_t it = 0; it < item.repeat; ++it)
      for (const Launch &launch : item.body) {
        if (launches.size() == most)
          fail("entry {}: its program has more than {} launches", entry.name,
               most);
        ResolvedLaunch resolved;
        resolved.kernel = launch.kernel;
        for (const Argument &argument : launch.args) {
          resolved.operands.push_back(address(argument.block, argument.index) +
                                      uint64_t(argument.at(it)));
          resolved.bytes.push_back(argument.bytes);
        }
        launches.push_back(std::move(resolved));
      }
  return launches;
}

std::shared_ptr<Device> makeDevice(DeviceKind kind,
                                   std::shared_ptr<const Module> module,
                                   const DeviceOptions &options) {
  const Manifest &manifest = module->manifest();
  if (manifest.isGpu() && kind == DeviceKind::Cpu)
    fail("module {} holds code for a GPU ({}): use --device cuda or --device "
         "ptxsim, or compile the model without --target",
         module->name(), manifest.arch);
  if (!manifest.isGpu() && kind != DeviceKind::Cpu)
    fail("module {} holds code for a CPU: use --device cpu, or compile the "
         "model with --target cuda:sm_80",
         module->name());
  if (kind == DeviceKind::Cuda)
    return cuda::CudaDevice::open(std::move(module), options);
  if (kind == DeviceKind::PtxSim)
    return openDevicePlugin("ptxsim", std::move(module), options);
  return std::make_shared<CpuDevice>(std::move(module), options);
}

} // namespace moec::rt
