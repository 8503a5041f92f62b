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

static const char *initName(VariableInit::Kind kind) {
  using Kind = VariableInit::Kind;
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

static void printTensor(const char *label, const TensorInfo &tensor) {
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
  say("  {}: {} launches, {} of the model, {} of kernels\n", entry.text(),
      total, quantity(entry.modelFlops, "FLOP"), quantity(flops, "FLOP"));
  for (const InputInfo &input : entry.inputs)
    printTensor(input.source == InputSource::Field ? "field" : "host", input);
  for (const OutputInfo &output : entry.outputs)
    printTensor(output.kind == OutputKind::Output ? "output" : "metric",
                output);
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
  say("kernels of {}: launches, work and traffic of one\n", entry.text());
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

static std::string initText(const VariableInit &init) {
  using Kind = VariableInit::Kind;
  std::string text = initName(init.kind);
  if (init.kind != Kind::Zeros && init.kind != Kind::Ones)
    text += fmt::format(" {:g}", init.value);
  return text;
}

/// The blocks, and under each role its variables.
static void printVariables(const Manifest &manifest) {
  say("blocks\n");
  for (const VariableBlock &block : manifest.blocks)
    say("  {:<10} {:>14} bytes\n", block.name, block.bytes);
  say("variables\n");
  for (Role role : allRoles) {
    int64_t count = manifest.countOf(role), bytes = 0;
    if (count == 0)
      continue;
    for (const Variable &variable : manifest.variables)
      bytes += variable.role == role ? variable.bytes() : 0;
    say("  {}: {} in {} {}, {} bytes\n", roleName(role),
        manifest.elementsOf(role), count, count == 1 ? "variable" : "variables",
        bytes);
    for (const Variable &variable : manifest.variables) {
      if (variable.role != role)
        continue;
      std::string of;
      if (variable.of >= 0)
        of = ", of " + manifest.variables[size_t(variable.of)].name;
      say("    {:<36} {:<3} {:<20} {:>10}  {}{}{}\n", variable.name,
          dtypeName(variable.dtype), shapeText(variable.shape),
          variable.elements, initText(variable.init),
          variable.decay ? ", decays" : "", of);
    }
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
    device = openDevice(requireDevice(options.device), module, {});
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
  printVariables(manifest);
  for (const Entry &entry : manifest.entries)
    printKernels(manifest, entry, notes);
  return 0;
}

} // namespace moec::rt
