//===- DevicePlugin.cpp - Devices in shared objects of their own ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/DevicePlugin.h"
#include "runtime/core/Fail.h"

#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>

namespace moec::rt {

/// The folder of the program or shared library that this code is part of.
static std::string folderOfRuntime() {
  Dl_info info;
  std::string path;
  if (dladdr(reinterpret_cast<void *>(&openDevicePlugin), &info) &&
      info.dli_fname)
    path = info.dli_fname;
  // A program is known by the word that it was called with.
  if (path.find(".so") == std::string::npos) {
    char buffer[4096];
    const ssize_t length = readlink("/proc/self/exe", buffer, sizeof(buffer));
    if (length > 0)
      path.assign(buffer, size_t(length));
  }
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

static std::vector<std::string> pluginFolders() {
  std::vector<std::string> folders;
  if (const char *folder = std::getenv("MOEC_PLUGIN_PATH"))
    if (*folder)
      folders.push_back(folder);
  const std::string here = folderOfRuntime();
  for (const char *relative :
       {"", "/../runtime", "/moec", "/../" MOEC_INSTALL_LIBDIR "/moec"})
    folders.push_back(here + relative);
  return folders;
}

static std::string findPlugin(const std::string &name) {
  const std::string file = "libmoec_" + name + ".so";
  const std::vector<std::string> folders = pluginFolders();
  std::string path;
  for (const std::string &folder : folders)
    if (path.empty() && access((folder + "/" + file).c_str(), R_OK) == 0)
      path = folder + "/" + file;
  if (path.empty())
    throw Error(
        fmt::format("device {} needs {}, which is in none of: {}; fix: "
                    "install it, or name its folder in MOEC_PLUGIN_PATH",
                    name, file, fmt::join(folders, ", ")),
        ErrorCode::Resources);
  return path;
}

void requireDevicePlugin(const std::string &name) { findPlugin(name); }

std::shared_ptr<Device> openDevicePlugin(const std::string &name,
                                         std::shared_ptr<const Module> module,
                                         const DeviceOptions &options) {
  const std::string path = findPlugin(name);
  // Never closed: the device's code must outlive it.
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    throw Error(
        fmt::format("cannot load the plugin of device {}: {}", name, dlerror()),
        ErrorCode::Resources);
  const auto commitOf = reinterpret_cast<const char *(*)()>(
      dlsym(library, "moec_device_plugin_commit"));
  const auto open = reinterpret_cast<void (*)(DevicePluginRequest *)>(
      dlsym(library, "moec_device_plugin_open"));
  // Classes are shared, so nothing but the same sources will do.
  const std::string built = commitOf ? commitOf() : "no commit at all";
  if (!open || built != commit())
    throw Error(fmt::format("{}: a plugin of {}, expected {}; fix: install the "
                            "one of this moec",
                            path, built, commit()),
                ErrorCode::Resources);
  DevicePluginRequest request{std::move(module), &options, nullptr};
  open(&request);
  return std::move(request.device);
}

} // namespace moec::rt
