//===- SimPlugin.h - The device ptxsim, loaded when asked for ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_SIM_SIMPLUGIN_H
#define MOEC_RUNTIME_SIM_SIMPLUGIN_H

#include "runtime/core/Devices.h"

namespace moec::rt {

/// The PTX simulator as a device. All but this entry of the list is in
/// libmoec_ptxsim.so (SimDevice.cpp), so that what one ships does not hold it.
extern const DeviceInfo ptxsimDevice;

} // namespace moec::rt

#endif // MOEC_RUNTIME_SIM_SIMPLUGIN_H
