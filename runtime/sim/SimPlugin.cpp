//===- SimPlugin.cpp - The device ptxsim, loaded when asked for -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/DevicePlugin.h"
#include "runtime/core/Devices.h"

namespace moec::rt {

/// The PTX simulator as a device. All but this entry of the list is in
/// libmoec_ptxsim.so (SimDevice.cpp), so that what one ships does not hold it.
extern const DeviceInfo ptxsimDevice = {
    "ptxsim",
    "a simulated NVIDIA GPU",
    TargetDevice::Cuda,
    /*simulated=*/true,
    [] { requireDevicePlugin("ptxsim"); },
    [](std::shared_ptr<const Module> module, const DeviceOptions &options) {
      return openDevicePlugin("ptxsim", std::move(module), options);
    }};

} // namespace moec::rt
