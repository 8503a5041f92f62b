//===- Inspect.cpp - The command inspect ----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Device.h"
#include "runtime/core/Fail.h"
#include "runtime/tool/Say.h"
#include "runtime/tool/Tool.h"

#include <iterator>

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
    say("    {:<7} {:<16} {} {}\n", label, tensor.name, dtypeName(tensor.dtype),
        shapeText(tensor.shape));
}

/// "12.3 MFLOP", "640 B": three digits and the prefix that fits.
static std::string quantity(double value, const char *unit) {
  static const char *prefixes[] = {"", "k", "M", "G", "T"};
  size_t prefix = 0;
  for (; value >= 999.5 && prefix + 1 < std::size(prefixes); ++prefix)
    value /= 1000;
  return fmt::format("{:.3g} {}{}", value, prefixes[prefix], unit);
}

/// How often an entry launches each kernel of the module.
static std::vector<int64_t> launchesOf(const Manifest &manifest,
                                       const Entry &entry) {
  std::vector<int64_t> launches(manifest.kernels.size());
  for (const ProgramItem &item : entry.program)
    for (const Launch &launch : item.body)
      launches[launch.kernel] += item.repeat;
  return launches;
}

static void printEntry(const Manifest &manifest, const Entry &entry) {
  std::vector<int64_t> launches = launchesOf(manifest, entry);
  double flops = 0;
  int64_t total = 0;
  for (size_t i = 0; i < launches.size(); ++i) {
    total += launches[i];
    flops += double(launches[i]) * manifest.kernels[i].flops;
  }
  say("  {} batch {}: {} launches, {} of the model, {} of kernels\n",
      entry.name, entry.batch, total, quantity(entry.modelFlops, "FLOP"),
      quantity(flops, "FLOP"));
  printTensors("input", entry.inputs);
  printTensors("output", entry.outputs);
}

/// What a launch of a kernel on a GPU is made of.
static std::string launchText(const Kernel &kernel) {
  const GpuLaunch &gpu = kernel.gpu;
  std::string text = fmt::format("{} x {} threads, {} shared", gpu.grid,
                                 gpu.threads, gpu.shared);
  if (gpu.registers)
    text += fmt::format(", {} registers, {} bytes spilled", gpu.registers,
                        gpu.spills);
  if (gpu.cluster > 1)
    text += fmt::format(", clusters of {}", gpu.cluster);
  if (gpu.workspace)
    text += fmt::format(", workspace {}", gpu.workspace);
  if (!gpu.tensorMaps.empty())
    text += fmt::format(", {} tensor maps", gpu.tensorMaps.size());
  return text;
}

/// The kernels of an entry in the order of the module, with what one launch
/// does.
static void printKernels(const Manifest &manifest, const Entry &entry,
                         const std::vector<std::string> &notes) {
  say("kernels of {} batch {}: launches, work and traffic of one\n", entry.name,
      entry.batch);
  std::vector<int64_t> launches = launchesOf(manifest, entry);
  for (size_t i = 0; i < launches.size(); ++i) {
    const Kernel &kernel = manifest.kernels[i];
    if (!launches[i])
      continue;
    std::string how = manifest.isGpu()
                          ? launchText(kernel)
                          : fmt::format("{} blocks, {} scratch", kernel.blocks,
                                        kernel.scratch);
    if (!kernel.variant.empty())
      how = kernel.variant + ", " + how;
    say("  {:>5} {:<24} {:<9} {:>10} {:>8}  {}: {}\n", launches[i],
        kernel.symbol, kernel.kind, quantity(kernel.flops, "FLOP"),
        quantity(kernel.bytes, "B"), how, fmt::join(kernel.nodes, ", "));
    if (!notes[i].empty())
      say("    {}\n", notes[i]);
  }
}

int inspectCommand(std::shared_ptr<const Module> module,
                   const CommonOptions &options) {
  if (options.json) {
    say("{}\n", module->manifestText());
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
  say("model {}\n", manifest.model);
  if (!manifest.compiler.empty())
    say("compiled by {}\n", manifest.compiler);
  if (manifest.isGpu())
    say("target cuda:{}, PTX {}, {} bytes{}\n", manifest.arch,
        manifest.ptx.empty() ? "text" : manifest.ptx, module->ptx().size(),
        module->cubin().empty()
            ? std::string()
            : fmt::format(", machine code {} bytes", module->cubin().size()));
  else
    say("target {} {}\n  needs {}\n", manifest.triple, manifest.cpu,
        fmt::join(manifest.features, " "));
  say("multiplies {}, sums in f32\n", manifest.precision);
  if (device)
    say("device {}\n", device->describe());
  say("entries\n");
  for (const Entry &entry : manifest.entries)
    printEntry(manifest, entry);
  say("{}", memoryPlan(manifest));
  int64_t elements = 0;
  for (const Parameter &parameter : manifest.parameters)
    elements += parameter.elements;
  say("parameters: {} in {} tensors\n", elements, manifest.parameters.size());
  for (const Parameter &parameter : manifest.parameters) {
    using Kind = ParameterInit::Kind;
    Kind kind = parameter.init.kind;
    std::string init = initName(kind);
    if (kind != Kind::Zeros && kind != Kind::Ones)
      init += fmt::format(" {:g}", parameter.init.value);
    say("  {:<36} {:<20} {:>10}  {}{}\n", parameter.name,
        shapeText(parameter.shape), parameter.elements, init,
        !parameter.trained ? ", the loss does not need it"
        : parameter.decay  ? ", decays"
                           : "");
  }
  for (const Entry &entry : manifest.entries)
    printKernels(manifest, entry, notes);
  return 0;
}

} // namespace moec::rt
