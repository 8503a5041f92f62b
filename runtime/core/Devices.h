//===- Devices.h - The devices that there are -------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_DEVICES_H
#define MOEC_RUNTIME_CORE_DEVICES_H

#include "runtime/core/Device.h"
#include "runtime/core/Registry.h"

namespace moec::rt {

/// A kind of device.
struct DeviceInfo {
  const char *name;  ///< as --device takes it
  const char *what;  ///< "an NVIDIA GPU", for people
  TargetDevice runs; ///< what it takes modules of
  /// It executes a model of a machine: hours for what others do in seconds, and
  /// times that say nothing of the machine.
  bool simulated;
  /// Throws Error (Resources) when this machine has no such device. May be
  /// null.
  void (*require)();
  /// Opens it and loads the module, which is one that it takes, there. Throws
  /// as require() does, and when it cannot run this module.
  std::shared_ptr<Device> (*open)(std::shared_ptr<const Module> module,
                                  const DeviceOptions &options);
};

/// All of them, the usual one for each kind of module before others.
const Registry<DeviceInfo> &allDevices();

/// The device of that name; throws Error (Usage) for another one.
const DeviceInfo &requireDevice(const std::string &name);
/// Where a module runs when nobody says: on what it was compiled for.
const DeviceInfo &defaultDevice(const Manifest &manifest);

/// Opens a device and loads the module there. Throws Error when the module is
/// for another device (which flag to use), and with Resources when there is no
/// such device here.
std::shared_ptr<Device> openDevice(const DeviceInfo &info,
                                   std::shared_ptr<const Module> module,
                                   const DeviceOptions &options);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_DEVICES_H
