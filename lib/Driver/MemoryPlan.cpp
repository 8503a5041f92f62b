//===- MemoryPlan.cpp - The memory of a planned module --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/MemoryPlan.h"
#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/Kernel/KernelPeak.h"
#include "dialects/MoE/MoEConventions.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::driver;

std::string moec::driver::mebibytes(int64_t bytes) {
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format("%.2f MiB", double(bytes) / (1 << 20));
  return text;
}

static int64_t getBytes(ArrayAttr ports) {
  int64_t sum = 0;
  for (auto port : ports.getAsRange<kernel::PortAttr>())
    sum += port.getType().getNumElements() *
           (port.getType().getElementTypeBitWidth() / 8);
  return sum;
}

static std::string nameOf(kernel::ProgramOp program) {
  auto entry = moe::attr::entry.get(program);
  return (entry ? entry.getName() : program.getSymName()).str();
}

namespace {
/// A part of an arena at its peak.
struct Part {
  int64_t offset, bytes;
  std::string nodes; ///< of the model; "" where none is named
};
} // namespace

/// What is in the arena of a program at its peak, largest first.
static std::vector<Part> partsOf(kernel::ProgramOp program) {
  std::vector<Part> parts;
  ArrayAttr places = kernel::attr::peak.get(program);
  ArrayAttr nodes = kernel::attr::peakNodes.get(program);
  if (!places || !nodes)
    return parts;
  for (auto [place, names] : llvm::zip(places, nodes)) {
    auto address = cast<kernel::AddressAttr>(place);
    Part part{address.getOffset(), address.getBytes(), ""};
    constexpr size_t most = 4;
    ArrayRef<Attribute> all = cast<ArrayAttr>(names).getValue();
    for (Attribute name : all.take_front(most))
      part.nodes += (part.nodes.empty() ? "" : ", ") +
                    cast<StringAttr>(name).getValue().str();
    if (all.size() > most)
      part.nodes += " and " + std::to_string(all.size() - most) + " more nodes";
    parts.push_back(std::move(part));
  }
  return parts;
}

MemoryPlan::MemoryPlan(ModuleOp module) {
  // As the manifest has them: a block for each role.
  llvm::MapVector<moe::Role, int64_t> ends;
  for (auto variable : module.getOps<moe::VariableOp>()) {
    int64_t &end = ends[variable.getRole()];
    end = std::max<int64_t>(end,
                            variable.getAt().value_or(0) + variable.getBytes());
  }
  for (auto [role, end] : ends)
    variables.emplace_back(role, llvm::alignTo(end, 64));
  for (auto program : module.getOps<kernel::ProgramOp>())
    entries.push_back(
        {program, int64_t(program.getArena()),
         getBytes(program.getInputs()) + getBytes(program.getOutputs())});

  int64_t thread = 0, workspace = 0;
  module.walk([&](FunctionOpInterface function) {
    thread = std::max(thread, kernel::attr::scratch.number(function));
    workspace = std::max(workspace, kernel::attr::workspace.number(function));
  });
  auto cpu = dyn_cast_or_null<kernel::CpuAttr>(kernel::findMachine(module));
  scratch = workspace;
  if (cpu)
    scratch += cpu.getCores() * int64_t(llvm::alignTo(thread, 4096));
}

int64_t MemoryPlan::getTotal() const {
  int64_t sum = scratch;
  for (auto [role, bytes] : variables)
    sum += bytes;
  for (const Entry &entry : entries)
    sum += entry.arena + entry.buffers;
  return sum;
}

void MemoryPlan::print(raw_ostream &os) const {
  auto line = [&](const Twine &name, int64_t bytes) -> raw_ostream & {
    return os << llvm::left_justify(name.str(), 36) << ' '
              << llvm::right_justify(mebibytes(bytes), 16);
  };
  for (auto [role, bytes] : variables)
    line("variables: " + moe::stringifyRole(role), bytes) << '\n';
  for (auto [program, arena, buffers] : entries) {
    int64_t launches = 0;
    Operation *op = program;
    op->walk([&](kernel::LaunchOp) { ++launches; });
    std::string name = nameOf(program);
    line(name + ": inputs and outputs", buffers) << '\n';
    line(name + ": arena", arena)
        << "  " << launches << " launches, "
        << kernel::attr::copies.number(program) << " copies\n";
    std::vector<Part> parts = partsOf(program);
    if (parts.empty())
      continue;
    os << "  at the peak, by offset:\n";
    llvm::stable_sort(parts,
                      [](auto &a, auto &b) { return a.offset < b.offset; });
    int64_t small = 0;
    for (const Part &part : parts) {
      if (part.bytes < arena / 200) {
        small += part.bytes;
        continue;
      }
      line("  " + Twine(part.offset), part.bytes) << "  " << part.nodes << '\n';
    }
    if (small)
      line("  smaller parts", small) << '\n';
  }
  if (scratch)
    line("scratch of the kernels", scratch) << '\n';
  line("together", getTotal()) << '\n';
}

std::string MemoryPlan::getSummary() const {
  SmallVector<std::pair<int64_t, std::string>> parts;
  for (auto [role, bytes] : variables)
    parts.emplace_back(bytes,
                       ("variables (" + moe::stringifyRole(role) + ")").str());
  for (const Entry &entry : entries) {
    parts.emplace_back(entry.buffers,
                       "inputs and outputs of " + nameOf(entry.program));
    parts.emplace_back(entry.arena, "arena of " + nameOf(entry.program));
  }
  parts.emplace_back(scratch, "scratch of the kernels");
  llvm::stable_sort(parts, [](auto &a, auto &b) { return a.first > b.first; });
  std::string text;
  for (auto &[bytes, name] : ArrayRef(parts).take_front(5))
    if (bytes)
      text += (text.empty() ? "" : ", ") + name + " " + mebibytes(bytes);

  // Of the largest arena, what is in it.
  const Entry *largest = nullptr;
  for (const Entry &entry : entries)
    if (!largest || entry.arena > largest->arena)
      largest = &entry;
  std::vector<Part> held;
  if (largest)
    held = partsOf(largest->program);
  if (held.empty())
    return text;
  text += "; in the arena of " + nameOf(largest->program) + " at its peak: ";
  for (auto [i, part] : llvm::enumerate(ArrayRef(held).take_front(3)))
    text += (i ? ", " : "") +
            (part.nodes.empty() ? std::string("a value") : part.nodes) + " " +
            mebibytes(part.bytes);
  return text;
}
