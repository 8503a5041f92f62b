//===- Devices.cpp - The devices that there are ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Devices.h"

namespace moec::rt {

const DeviceInfo &requireDevice(const std::string &name) {
  if (const DeviceInfo *info = findRegistered(allDevices(), name))
    return *info;
  throw Error(unknownName("device", name, allDevices()), ErrorCode::Usage);
}

/// The flags of all devices that take modules of this kind.
static std::string flagsFor(TargetDevice target) {
  std::vector<std::string> flags;
  for (const DeviceInfo &info : allDevices())
    if (info.runs == target)
      flags.push_back(fmt::format("--device {}", info.name));
  return alternatives(flags);
}

const DeviceInfo &defaultDevice(const Manifest &manifest) {
  for (const DeviceInfo &info : allDevices())
    if (info.runs == manifest.device)
      return info;
  fail("this runtime has no device for the module of model \"{}\"",
       manifest.model);
}

std::shared_ptr<Device> openDevice(const DeviceInfo &info,
                                   std::shared_ptr<const Module> module,
                                   const DeviceOptions &options) {
  const Manifest &manifest = module->manifest();
  if (info.runs == manifest.device)
    return info.open(std::move(module), options);
  if (manifest.isGpu())
    fail("module {} holds code for a GPU ({}): use {}, or compile the model "
         "without --target",
         module->name(), manifest.arch, flagsFor(manifest.device));
  fail("module {} holds code for a CPU: use {}, or compile the model with "
       "--target cuda:sm_80",
       module->name(), flagsFor(manifest.device));
}

} // namespace moec::rt
