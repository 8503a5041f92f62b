//===- CudaDevice.cpp - An NVIDIA GPU as a device -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cuda/CudaDevice.h"
#include "runtime/core/Devices.h"
#include "runtime/core/Fail.h"

#include <algorithm>
#include <cstdlib>

namespace moec::rt::cuda {

static double mebibytes(size_t bytes) { return double(bytes) / (1 << 20); }

std::shared_ptr<CudaDevice>
CudaDevice::open(std::shared_ptr<const Module> module,
                 const DeviceOptions &options) {
  // The destructor undoes what start() came to before it threw.
  std::shared_ptr<CudaDevice> device(new CudaDevice);
  device->module = std::move(module);
  device->options = options;
  device->driver = Driver::open();
  device->start();
  return device;
}

void CudaDevice::start() {
  driver->check(driver->deviceGet(&ordinal, 0), "cuDeviceGet");
  char text[256] = {};
  driver->check(driver->deviceName(text, sizeof(text) - 1, ordinal),
                "cuDeviceGetName");
  name = text;
  driver->check(driver->deviceAttribute(&major, CapabilityMajor, ordinal),
                "cuDeviceGetAttribute");
  driver->check(driver->deviceAttribute(&minor, CapabilityMinor, ordinal),
                "cuDeviceGetAttribute");
  checkArchitecture();
  driver->check(driver->contextRetain(&context, ordinal),
                "cuDevicePrimaryCtxRetain");
  Scope scope(*this);
  driver->check(driver->streamCreate(&stream, nonBlockingStream),
                "cuStreamCreate");
  loadModule();
  bindKernels();
}

CudaDevice::~CudaDevice() {
  if (!context)
    return;
  {
    LastScope scope(*this);
    if (workspace)
      driver->release(workspace);
    if (code)
      driver->moduleUnload(code);
    if (stream)
      driver->streamDestroy(stream);
  }
  driver->contextRelease(ordinal);
}

/// sm_80 runs on that GPU and later ones, sm_90a on that architecture alone,
/// sm_100f on its family.
void CudaDevice::checkArchitecture() const {
  const std::string &arch = module->manifest().arch;
  int wanted = std::atoi(arch.c_str() + 3), have = major * 10 + minor;
  bool fits = have >= wanted;
  if (arch.back() == 'a')
    fits = have == wanted;
  else if (arch.back() == 'f')
    fits = fits && major == wanted / 10;
  if (!fits)
    fail("module {} is compiled for {}, this GPU ({}) is sm_{}: compile the "
         "model with --target cuda:sm_{}",
         module->name(), arch, name, have, std::max(have / 10 * 10, 80));
}

/// What the driver's compiler wrote, on lines of their own.
static std::string logText(const std::vector<char> &log) {
  std::string text(log.data());
  while (!text.empty() && (text.back() == '\n' || text.back() == ' '))
    text.pop_back();
  return text.empty() ? text : "\n" + text;
}

void CudaDevice::loadModule() {
  std::vector<char> log(16384);
  auto load = [&](const void *image) {
    int names[] = {ErrorLog, ErrorLogBytes};
    void *values[] = {log.data(),
                      reinterpret_cast<void *>(uintptr_t(log.size() - 1))};
    std::fill(log.begin(), log.end(), 0);
    return driver->moduleLoad(&code, image, 2, names, values);
  };
  Result result = NoBinaryForGpu;
  // Machine code fits one architecture; the text fits later ones too.
  if (!module->cubin().empty())
    result = load(module->cubin().data());
  if (result == NoBinaryForGpu)
    result = load(module->ptx().data());
  if (result != 0) {
    code = nullptr;
    driver->check(result, fmt::format("the driver refuses the code of module "
                                      "{}{}",
                                      module->name(), logText(log)));
  }
}

void CudaDevice::bindKernels() {
  const Manifest &manifest = module->manifest();
  int mostShared = 0;
  driver->check(
      driver->deviceAttribute(&mostShared, SharedPerBlockOptIn, ordinal),
      "cuDeviceGetAttribute");
  std::vector<std::string> missing;
  for (const Kernel &kernel : manifest.kernels) {
    Function function = nullptr;
    Result result =
        driver->moduleFunction(&function, code, kernel.symbol.c_str());
    if (result == NotFound) {
      missing.push_back(kernel.symbol);
      continue;
    }
    std::string what = "kernel " + kernelText(kernel);
    driver->check(result, what);
    int most = 0, fixedShared = 0, registers = 0, local = 0;
    driver->check(driver->functionGet(&most, MaxThreads, function), what);
    driver->check(driver->functionGet(&fixedShared, StaticShared, function),
                  what);
    driver->check(driver->functionGet(&registers, Registers, function), what);
    driver->check(driver->functionGet(&local, LocalBytes, function), what);
    notes.push_back(fmt::format("{} registers, {} bytes of local memory",
                                registers, local));
    if (kernel.gpu.threads > most)
      fail("{}: {} threads do not fit this GPU ({}): with {} registers each it "
           "takes {}",
           what, kernel.gpu.threads, name, registers, most);
    if (kernel.gpu.shared + fixedShared > mostShared)
      fail("{}: a block needs {} bytes of shared memory, this GPU ({}) has {}",
           what, kernel.gpu.shared + fixedShared, name, mostShared);
    if (kernel.gpu.shared)
      driver->check(driver->functionSet(function, MaxDynamicShared,
                                        int(kernel.gpu.shared)),
                    what + ": cuFuncSetAttribute");
    // Eight blocks is what every GPU with clusters takes.
    if (kernel.gpu.cluster > 8)
      driver->check(driver->functionSet(function, NonPortableCluster, 1),
                    what + ": cuFuncSetAttribute");
    if ((kernel.gpu.cluster > 1 && !driver->launchEx) ||
        (!kernel.gpu.tensorMaps.empty() && !driver->encodeTiled))
      fail("{}: the NVIDIA driver is too old for clusters and tensor maps; it "
           "takes one for CUDA 12 or later",
           what);
    functions.push_back(function);
  }
  if (!missing.empty())
    fail("the manifest names kernels that the module's code lacks: {}",
         fmt::join(missing, ", "));
}

std::string CudaDevice::describe() const {
  return fmt::format("{} (sm_{})", name, major * 10 + minor);
}

int64_t CudaDevice::capacity() const {
  Scope scope(*this);
  size_t free = 0, total = 0;
  driver->check(driver->memoryInfo(&free, &total), "cuMemGetInfo");
  return int64_t(total);
}

uint64_t CudaDevice::allocate(size_t bytes, const char *what) {
  Scope scope(*this);
  Pointer address = 0;
  Result result = driver->allocate(&address, bytes);
  if (result == OutOfMemory) {
    size_t free = 0, total = 0;
    driver->memoryInfo(&free, &total);
    throw Error(fmt::format("no memory for {} on {}: {:.1f} MiB are needed, "
                            "{:.1f} of {:.1f} MiB are free",
                            what, describe(), mebibytes(bytes), mebibytes(free),
                            mebibytes(total)),
                ErrorCode::Resources);
  }
  driver->check(result, fmt::format("memory for {}", what));
  result = driver->fill(address, 0, bytes, stream);
  if (result != 0) {
    driver->release(address);
    driver->check(result, fmt::format("memory for {}", what));
  }
  return address;
}

void CudaDevice::release(uint64_t address) noexcept {
  LastScope scope(*this);
  driver->release(address);
}

void CudaDevice::copyIn(uint64_t to, const void *from, size_t bytes) {
  Scope scope(*this);
  driver->check(driver->copyIn(to, from, bytes, stream), "copy to the GPU");
}

void CudaDevice::copyOut(void *to, uint64_t from, size_t bytes) {
  Scope scope(*this);
  driver->check(driver->copyOut(to, from, bytes, stream), "copy from the GPU");
  driver->check(driver->streamWait(stream), "copy from the GPU");
}

void CudaDevice::zero(uint64_t address, size_t bytes) {
  Scope scope(*this);
  driver->check(driver->fill(address, 0, bytes, stream), "cuMemsetD8Async");
}

TensorMapBytes CudaDevice::encode(const Kernel &kernel, const TensorMap &map,
                                  uint64_t address) const {
  // CUtensorMapDataType and CUtensorMapSwizzle.
  static const int types[] = {/*U8*/ 0, /*I32*/ 3, /*F32*/ 7, /*F16*/ 6,
                              /*BF16*/ 9};
  int swizzle = map.swizzle == 0    ? 0
                : map.swizzle == 32 ? 1
                : map.swizzle == 64 ? 2
                                    : 3;
  constexpr int promoteTo128Bytes = 2;
  uint64_t shape[5] = {}, strides[5] = {};
  uint32_t box[5] = {}, steps[5] = {1, 1, 1, 1, 1};
  std::copy(map.shape.begin(), map.shape.end(), shape);
  std::copy(map.strides.begin(), map.strides.end(), strides);
  std::copy(map.box.begin(), map.box.end(), box);
  TensorMapBytes bytes{};
  driver->check(driver->encodeTiled(
                    &bytes, types[int(map.type)], uint32_t(map.shape.size()),
                    reinterpret_cast<void *>(address), shape, strides, box,
                    steps, 0, swizzle, promoteTo128Bytes, 0),
                fmt::format("kernel {}: tensor map of operand {}",
                            kernelText(kernel), map.operand));
  return bytes;
}

std::unique_ptr<Program> CudaDevice::prepare(int64_t entry,
                                             const BlockAddress &address) {
  if (!workspace && module->manifest().workspaceBytes()) {
    workspaceBytes = module->manifest().workspaceBytes();
    workspace = allocate(size_t(workspaceBytes), "the workspace");
  }
  Scope scope(*this);
  auto program = std::make_unique<CudaProgram>(*this, entry);
  program->build(module->manifest().entries[entry], address);
  return program;
}

} // namespace moec::rt::cuda

namespace moec::rt {

extern const DeviceInfo cudaDevice = {
    "cuda",
    "an NVIDIA GPU",
    TargetDevice::Cuda,
    /*simulated=*/false,
    [] { cuda::Driver::open(); },
    [](std::shared_ptr<const Module> module,
       const DeviceOptions &options) -> std::shared_ptr<Device> {
      return cuda::CudaDevice::open(std::move(module), options);
    }};

} // namespace moec::rt
