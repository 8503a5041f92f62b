//===- Inspect.cpp - The command inspect ----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Device.h"
#include "runtime/core/Fail.h"
#include "runtime/tool/Tool.h"

namespace moec::rt {

static const char *initName(ParameterInit::Kind kind) {
  using Kind = ParameterInit::Kind;
  switch (kind) {
  case Kind::Zeros:
    return "zeros";
  case Kind::Ones:
    return "ones";
  case Kind::Constant:
    return "constant";
  case Kind::Normal:
    return "normal";
  case Kind::Uniform:
    break;
  }
  return "uniform";
}

static void printTensors(const char *label,
                         const std::vector<TensorInfo> &tensors) {
  for (const TensorInfo &tensor : tensors)
    fmt::print("    {:<7} {:<16} {} {}\n", label, tensor.name,
               dtypeName(tensor.dtype), shapeText(tensor.shape));
}

static void printEntry(const Manifest &manifest, const Entry &entry) {
  int64_t launches = 0;
  double flops = 0;
  for (const ProgramItem &item : entry.program)
    for (const Launch &launch : item.body) {
      launches += item.repeat;
      flops += double(item.repeat) * manifest.kernels[launch.kernel].flops;
    }
  fmt::print("  {} batch {}: {} launches, {:.3f} GFLOP of the model, {:.3f} "
             "GFLOP of kernels\n",
             entry.name, entry.batch, launches, entry.modelFlops * 1e-9,
             flops * 1e-9);
  printTensors("input", entry.inputs);
  printTensors("output", entry.outputs);
}

static void printGpuKernel(const Kernel &kernel, const std::string &note) {
  const GpuLaunch &gpu = kernel.gpu;
  std::string extra;
  if (gpu.registers)
    extra += fmt::format(", {} registers, {} bytes spilled", gpu.registers,
                         gpu.spills);
  if (gpu.cluster > 1)
    extra += fmt::format(", clusters of {}", gpu.cluster);
  if (gpu.workspace)
    extra += fmt::format(", workspace {}", gpu.workspace);
  if (!gpu.tensorMaps.empty())
    extra += fmt::format(", {} tensor maps", gpu.tensorMaps.size());
  fmt::print(
      "  {:<36} {:<10} {:<9} {:>6} x {:<4} threads {:>7} shared {:10.3f} "
      "MFLOP{}  {}\n",
      kernel.symbol, kernel.kind, gpu.variant, gpu.grid, gpu.threads,
      gpu.shared, kernel.flops * 1e-6, extra, fmt::join(kernel.nodes, ", "));
  if (!note.empty())
    fmt::print("    {}\n", note);
}

int inspectCommand(std::shared_ptr<const Module> module,
                   const CommonOptions &options) {
  if (options.json) {
    fmt::print("{}\n", module->manifestText());
    return 0;
  }
  const Manifest &manifest = module->manifest();
  // Only a device that was asked for is opened: one may look at any module.
  std::shared_ptr<Device> device;
  if (!options.device.empty())
    device = makeDevice(parseDevice(options.device), module, {});
  std::vector<std::string> notes;
  if (device)
    notes = device->kernelNotes();
  notes.resize(manifest.kernels.size());
  fmt::print("model {}\n", manifest.model);
  if (!manifest.compiler.empty())
    fmt::print("compiled by {}\n", manifest.compiler);
  if (manifest.isGpu())
    fmt::print("target cuda:{}, PTX {}, {} bytes{}\n", manifest.arch,
               manifest.ptx.empty() ? "text" : manifest.ptx,
               module->ptx().size(),
               module->cubin().empty() ? std::string()
                                       : fmt::format(", machine code {} bytes",
                                                     module->cubin().size()));
  else
    fmt::print("target {} {}\n  needs {}\n", manifest.triple, manifest.cpu,
               fmt::join(manifest.features, " "));
  fmt::print("multiplies {}, sums in f32\n", manifest.precision);
  if (device)
    fmt::print("device {}\n", device->describe());
  fmt::print("entries\n");
  for (const Entry &entry : manifest.entries)
    printEntry(manifest, entry);
  fmt::print("{}", memoryPlan(manifest));
  int64_t elements = 0;
  for (const Parameter &parameter : manifest.parameters)
    elements += parameter.elements;
  fmt::print("parameters: {} in {} tensors\n", elements,
             manifest.parameters.size());
  for (const Parameter &parameter : manifest.parameters) {
    using Kind = ParameterInit::Kind;
    Kind kind = parameter.init.kind;
    std::string init = initName(kind);
    if (kind != Kind::Zeros && kind != Kind::Ones)
      init += fmt::format(" {:g}", parameter.init.value);
    fmt::print("  {:<36} {:<20} {:>10}  {}{}\n", parameter.name,
               shapeText(parameter.shape), parameter.elements, init,
               !parameter.trained ? ", the loss does not need it"
               : parameter.decay  ? ", decays"
                                  : "");
  }
  fmt::print("kernels\n");
  for (size_t i = 0; i < manifest.kernels.size(); ++i) {
    const Kernel &kernel = manifest.kernels[i];
    if (manifest.isGpu()) {
      printGpuKernel(kernel, notes[i]);
      continue;
    }
    fmt::print("  {:<36} {:<10} {:>6} blocks {:10.3f} MFLOP {:>8} scratch  "
               "{}\n",
               kernel.symbol, kernel.kind, kernel.blocks, kernel.flops * 1e-6,
               kernel.scratch, fmt::join(kernel.nodes, ", "));
  }
  return 0;
}

} // namespace moec::rt
