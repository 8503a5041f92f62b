//===- DevicePlugin.h - Devices in shared objects of their own --*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A device that few programs need is a shared object, loaded when it is asked
// for: what one ships does not contain it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_DEVICEPLUGIN_H
#define MOEC_RUNTIME_CORE_DEVICEPLUGIN_H

#include "runtime/core/Device.h"
#include "runtime/core/Version.h"

namespace moec::rt {

/// Opens a device of libmoec_NAME.so. It is looked for in $MOEC_PLUGIN_PATH
/// (one folder), then beside the program or library that holds the runtime, in
/// ../runtime (a build folder) and in the folder `moec` of the libraries (an
/// installation). Throws Error (Resources), naming these places, when there is
/// none, and when it was built from another version of the runtime; and
/// whatever the device throws.
std::shared_ptr<Device> openDevicePlugin(const std::string &name,
                                         std::shared_ptr<const Module> module,
                                         const DeviceOptions &options);

/// Throws the Error of a plugin that is not there, without loading one.
void requireDevicePlugin(const std::string &name);

/// What a plugin is called with.
struct DevicePluginRequest {
  std::shared_ptr<const Module> module;
  const DeviceOptions *options;
  std::shared_ptr<Device> device; ///< the result
};

/// In the plugin's source: exports what openDevicePlugin() looks for.
#define MOEC_DEVICE_PLUGIN(DeviceClass)                                        \
  extern "C" __attribute__((visibility("default"))) const char *               \
  moec_device_plugin_commit() {                                                \
    return moec::commit();                                                     \
  }                                                                            \
  extern "C" __attribute__((visibility("default"))) void                       \
  moec_device_plugin_open(moec::rt::DevicePluginRequest *request) {            \
    request->device = std::make_shared<DeviceClass>(                           \
        std::move(request->module), *request->options);                        \
  }

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_DEVICEPLUGIN_H
