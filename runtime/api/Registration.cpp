//===- Registration.cpp - What this runtime is made of --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One line for each item, in the order in which help and messages show them.
// See runtime/core/Registry.h.
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/CpuDevice.h"
#include "runtime/cpu/RouteCall.h"
#include "runtime/cuda/CudaDevice.h"
#include "runtime/sim/SimPlugin.h"

namespace moec::rt {

const Registry<DeviceInfo> &allDevices() {
  static const Registry<DeviceInfo> devices = {
      cpuDevice,
      cuda::cudaDevice,
      ptxsimDevice,
  };
  return devices;
}

const Registry<HostCallInfo> &allHostCalls() {
  static const Registry<HostCallInfo> calls = {
      routeCall,
  };
  return calls;
}

} // namespace moec::rt
