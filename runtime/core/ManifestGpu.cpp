//===- ManifestGpu.cpp - What GPU modules say of themselves ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/ManifestGpu.h"
#include "runtime/core/Fail.h"

#include <algorithm>

namespace moec::rt {

/// What a block may have at most on any GPU up to compute capability 9.0.
static constexpr int64_t maxShared = 227 * 1024;
/// Bytes of parameters that every driver and GPU takes.
static constexpr int64_t maxParameters = 4096;
static constexpr int64_t tensorMapBytes = 128;
static constexpr int64_t tensorMapAlignment = 64;

int64_t TensorMap::elementBytes() const {
  switch (type) {
  case Type::U8:
    return 1;
  case Type::F16:
  case Type::BF16:
    return 2;
  case Type::I32:
  case Type::F32:
    break;
  }
  return 4;
}

int64_t TensorMap::extent() const {
  // Up to five terms below 2^72; what is above any block is as good as
  // infinite.
  constexpr int64_t most = int64_t(1) << 60;
  __int128 bytes = __int128(shape[0]) * elementBytes();
  for (size_t i = 1; i < shape.size(); ++i)
    bytes += __int128(strides[i - 1]) * (shape[i] - 1);
  return bytes > most ? most : int64_t(bytes);
}

int64_t Manifest::workspaceBytes() const {
  int64_t most = 0;
  for (const Kernel &kernel : kernels)
    most = std::max(most, kernel.gpu.workspace);
  return most;
}

void readGpuTarget(const JsonView &view, Manifest &manifest) {
  manifest.device = TargetDevice::Cuda;
  manifest.arch = view.at("arch").string();
  const std::string &arch = manifest.arch;
  size_t digits =
      arch.rfind("sm_", 0) == 0
          ? std::min(arch.find_first_not_of("0123456789", 3), arch.size()) - 3
          : 0;
  std::string suffix = digits ? arch.substr(3 + digits) : "";
  if (digits < 2 || digits > 3 ||
      (!suffix.empty() && suffix != "a" && suffix != "f"))
    view.at("arch").error(fmt::format(
        "expected an architecture such as sm_80 or sm_90a, got \"{}\"", arch));
  if (auto ptx = view.find("ptx"))
    manifest.ptx = ptx->string();
}

static std::vector<int64_t> integers(const JsonView &view, int64_t least,
                                     int64_t most) {
  std::vector<int64_t> values;
  for (const JsonView &item : view.items())
    values.push_back(item.integer(least, most));
  return values;
}

static TensorMap readTensorMap(const JsonView &view) {
  TensorMap map;
  map.operand = view.at("operand").integer(0, maxParameters / 8);
  std::string dtype = view.at("dtype").string();
  static const std::pair<const char *, TensorMap::Type> types[] = {
      {"u8", TensorMap::Type::U8},
      {"i32", TensorMap::Type::I32},
      {"f32", TensorMap::Type::F32},
      {"f16", TensorMap::Type::F16},
      {"bf16", TensorMap::Type::BF16}};
  auto type = std::find_if(std::begin(types), std::end(types),
                           [&](auto &known) { return dtype == known.first; });
  if (type == std::end(types))
    view.at("dtype").error(
        fmt::format("expected u8, i32, f32, f16 or bf16, got \"{}\"", dtype));
  map.type = type->second;
  map.shape = integers(view.at("shape"), 1, int64_t(1) << 32);
  map.strides = integers(view.at("strides"), 16, (int64_t(1) << 40) - 16);
  map.box = integers(view.at("box"), 1, 256);
  if (auto swizzle = view.find("swizzle"))
    map.swizzle = swizzle->integer(0, 128);
  size_t rank = map.shape.size();
  if (rank < 1 || rank > 5)
    view.at("shape").error(
        fmt::format("expected 1 to 5 dimensions, got {}", rank));
  if (map.strides.size() != rank - 1)
    view.at("strides").error(
        fmt::format("expected {} values, one less than dimensions, got {}",
                    rank - 1, map.strides.size()));
  if (map.box.size() != rank)
    view.at("box").error(fmt::format("expected {} values, as many as "
                                     "dimensions, got {}",
                                     rank, map.box.size()));
  for (int64_t stride : map.strides)
    if (stride % 16 != 0)
      view.at("strides").error(
          fmt::format("expected multiples of 16 bytes, got {}", stride));
  int64_t line = map.box[0] * map.elementBytes();
  if (line % 16 != 0)
    view.at("box").error(fmt::format(
        "the innermost {} elements have {} bytes, expected a multiple of 16",
        map.box[0], line));
  if (map.swizzle != 0 && map.swizzle != 32 && map.swizzle != 64 &&
      map.swizzle != 128)
    view.at("swizzle").error(
        fmt::format("expected 0, 32, 64 or 128 bytes, got {}", map.swizzle));
  if (map.swizzle && line > map.swizzle)
    view.at("box").error(fmt::format("the innermost {} elements have {} bytes, "
                                     "more than the swizzle of {}",
                                     map.box[0], line, map.swizzle));
  return map;
}

void readGpuKernel(const JsonView &view, Kernel &kernel) {
  GpuLaunch &gpu = kernel.gpu;
  if (kernel.isHostCall())
    view.at("symbol").error(
        fmt::format("a GPU module has no builtins, got \"{}\"", kernel.symbol));
  gpu.grid = view.at("grid").integer(0, INT32_MAX);
  gpu.threads = view.at("threads").integer(1, 1024);
  if (auto cluster = view.find("cluster"))
    gpu.cluster = cluster->integer(1, 16);
  if (gpu.grid % gpu.cluster != 0)
    view.at("grid").error(
        fmt::format("{} blocks are no multiple of the cluster of {}", gpu.grid,
                    gpu.cluster));
  if (auto shared = view.find("shared"))
    gpu.shared = shared->integer(0, maxShared);
  if (auto workspace = view.find("workspace"))
    gpu.workspace = workspace->integer(0, int64_t(1) << 40);
  if (auto registers = view.find("registers"))
    gpu.registers = registers->integer(0, 255);
  if (auto spills = view.find("spills"))
    gpu.spills = spills->integer(0, int64_t(1) << 32);
  if (auto maps = view.find("tensor_maps"))
    for (const JsonView &item : maps->items())
      gpu.tensorMaps.push_back(readTensorMap(item));
}

int64_t tensorMapExtent(const GpuLaunch &gpu, int64_t operand) {
  int64_t extent = 0;
  for (const TensorMap &map : gpu.tensorMaps)
    if (map.operand == operand)
      extent = std::max(extent, map.extent());
  return extent;
}

void checkGpuLaunch(const JsonView &view, const Kernel &kernel,
                    const Launch &launch) {
  for (const TensorMap &map : kernel.gpu.tensorMaps) {
    if (map.operand >= int64_t(launch.args.size()))
      view.at("args").error(fmt::format(
          "kernel {} has a tensor map of operand {}, the launch has {} "
          "operands",
          kernel.symbol, map.operand, launch.args.size()));
    const Argument &argument = launch.args[map.operand];
    for (int64_t part : {argument.offset, argument.stride, argument.size})
      if (part % 16 != 0)
        view.at("args").error(fmt::format(
            "operand {} of kernel {} has a tensor map: its addresses should be "
            "multiples of 16 bytes, got offset {}, stride {}, ring size {}",
            map.operand, kernel.symbol, argument.offset, argument.stride,
            argument.size));
  }
  int64_t bytes =
      int64_t(launch.args.size()) * 8 + (kernel.gpu.workspace ? 8 : 0);
  if (!kernel.gpu.tensorMaps.empty())
    bytes = (bytes + tensorMapAlignment - 1) / tensorMapAlignment *
                tensorMapAlignment +
            int64_t(kernel.gpu.tensorMaps.size()) * tensorMapBytes;
  if (bytes > maxParameters)
    view.at("args").error(
        fmt::format("kernel {} has {} bytes of parameters, more than {}",
                    kernel.symbol, bytes, maxParameters));
}

} // namespace moec::rt
