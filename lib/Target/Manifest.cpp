//===- Manifest.cpp - The JSON manifest of a module -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/Manifest.h"
#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEConventions.h"
#include "mlir/IR/SymbolTable.h"
#include "runtime/core/Version.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"
#include <set>

using namespace mlir;
using namespace moec;
using target::Machine;
using target::toJson;
namespace json = llvm::json;
namespace attr = moec::kernel::attr;

/// What the manifest calls the elements of a port or tensor map.
static StringRef dtypeOf(Type element) {
  return element.isF32()        ? "f32"
         : element.isBF16()     ? "bf16"
         : element.isF16()      ? "f16"
         : element.isInteger(8) ? "u8"
                                : "i32";
}

static json::Object describePort(kernel::PortAttr port) {
  kernel::BlockKind kind = port.getBlock().getKind();
  return json::Object{{"name", port.getBlock().getName()},
                      {"dtype", dtypeOf(port.getType().getElementType())},
                      {"shape", json::Array(port.getType().getShape())},
                      {kernel::isInput(kind) ? "source" : "kind",
                       kernel::stringifyBlockKind(kind)}};
}

static json::Object describeTensorMap(kernel::TensorMapAttr map) {
  return json::Object{{"operand", map.getOperand()},
                      {"dtype", dtypeOf(map.getElement())},
                      {"shape", json::Array(map.getShape().asArrayRef())},
                      {"strides", json::Array(map.getStrides().asArrayRef())},
                      {"box", json::Array(map.getBox().asArrayRef())},
                      {"swizzle", map.getSwizzle()}};
}

json::Value target::toJson(Attribute attr) {
  if (auto port = dyn_cast<kernel::PortAttr>(attr))
    return describePort(port);
  if (auto map = dyn_cast<kernel::TensorMapAttr>(attr))
    return describeTensorMap(map);
  if (auto dict = dyn_cast<DictionaryAttr>(attr)) {
    json::Object object;
    for (NamedAttribute entry : dict)
      object[entry.getName().strref()] = toJson(entry.getValue());
    return object;
  }
  if (auto array = dyn_cast<ArrayAttr>(attr)) {
    json::Array values;
    for (Attribute value : array)
      values.push_back(toJson(value));
    return values;
  }
  if (auto array = dyn_cast<DenseI64ArrayAttr>(attr))
    return json::Array(array.asArrayRef());
  if (auto string = dyn_cast<StringAttr>(attr))
    return string.getValue();
  if (auto boolean = dyn_cast<BoolAttr>(attr))
    return boolean.getValue();
  if (auto integer = dyn_cast<IntegerAttr>(attr))
    return integer.getInt();
  if (auto number = dyn_cast<FloatAttr>(attr))
    return number.getValueAsDouble();
  return true; // a unit attribute: present
}

namespace {
/// Builds the manifest of one module.
class Writer {
public:
  Writer(ModuleOp module, const Machine &machine)
      : module(module), machine(machine), symbols(machine.kernelTable(module)) {
  }

  FailureOr<std::string> run() {
    json::Array entries;
    for (auto program : module.getOps<kernel::ProgramOp>()) {
      FailureOr<json::Object> entry = getEntry(program);
      if (failed(entry))
        return failure();
      entries.push_back(std::move(*entry));
    }
    json::Array kernelList;
    for (auto &[name, number] : kernels) {
      FailureOr<json::Object> kernel = getKernel(name);
      if (failed(kernel))
        return failure();
      kernelList.push_back(std::move(*kernel));
    }
    StringAttr precision = moe::attr::precision.get(module);
    StringAttr model = moe::attr::model.get(module);
    DictionaryAttr settings = moe::attr::settings.get(module);
    json::Object root{
        {"format", MOEC_MODULE_FORMAT},
        {"compiler", moec::versionText("moec", LLVM_VERSION_STRING)},
        {"model", model ? model.getValue() : ""},
        {"target", machine.manifest()},
        {"precision", precision ? precision.getValue() : "f32"},
        {"kernels", std::move(kernelList)},
        {"entries", std::move(entries)},
        {"host", settings ? toJson(settings) : json::Object()}};
    addVariables(root);
    std::string text;
    llvm::raw_string_ostream os(text);
    os << json::Value(std::move(root));
    return text;
  }

private:
  /// The variables and the blocks that they lie in, one for each role.
  void addVariables(json::Object &root) {
    llvm::MapVector<moe::Role, int64_t> bytes;
    json::Array variables, blocks;
    for (auto variable : module.getOps<moe::VariableOp>()) {
      RankedTensorType type = variable.getTensorType();
      StringRef role = moe::stringifyRole(variable.getRole());
      int64_t at = variable.getAt().value_or(0);
      int64_t &end = bytes[variable.getRole()];
      end = std::max(end, at + variable.getBytes());
      json::Object entry{{"name", variable.getSymName()},
                         {"role", role},
                         {"dtype", dtypeOf(type.getElementType())},
                         {"shape", json::Array(type.getShape())},
                         {"block", role},
                         {"offset", at}};
      if (variable.getDecay())
        entry["decay"] = true;
      if (std::optional<StringRef> of = variable.getOf())
        entry["of"] = *of;
      if (std::optional<moe::InitAttr> init = variable.getInit())
        entry["init"] = getInit(*init);
      variables.push_back(std::move(entry));
    }
    for (auto [role, size] : bytes)
      blocks.push_back(json::Object{{"name", moe::stringifyRole(role)},
                                    {"bytes", llvm::alignTo(size, 64)}});
    root["variables"] = std::move(variables);
    root["blocks"] = std::move(blocks);
  }

  static json::Object getInit(moe::InitAttr init) {
    json::Object rule{{"op", moe::stringifyInitKind(init.getKind())}};
    if (FloatAttr value = init.getValue())
      rule[init.getKind() == moe::InitKind::Normal    ? "std"
           : init.getKind() == moe::InitKind::Uniform ? "limit"
                                                      : "value"] =
          value.getValueAsDouble();
    if (std::optional<int64_t> axis = init.getAlike())
      rule["alike"] = *axis;
    return rule;
  }

  FailureOr<json::Object> getEntry(kernel::ProgramOp program) {
    flops = 0;
    written.clear();
    ports.clear();
    for (auto [list, prefix] :
         {std::pair(program.getInputs(), "in"), {program.getOutputs(), "out"}})
      for (auto [i, port] :
           llvm::enumerate(list.getAsRange<kernel::PortAttr>()))
        ports[port.getBlock()] = prefix + std::to_string(i);
    FailureOr<json::Array> launches = getLaunches(program.getBody().front(), 1);
    if (failed(launches))
      return failure();
    json::Array writes;
    for (moe::Role role : written)
      writes.push_back(moe::stringifyRole(role));
    StringRef name = program.getSymName();
    int64_t batch = 0;
    if (auto entry = moe::attr::entry.get(program)) {
      name = entry.getName();
      batch = entry.getBatch();
    }
    return json::Object{{"name", name},
                        {"batch", batch},
                        {"arena", program.getArena()},
                        {"model_flops", flops},
                        {"writes", std::move(writes)},
                        {"inputs", toJson(program.getInputs())},
                        {"outputs", toJson(program.getOutputs())},
                        {"program", std::move(*launches)}};
  }

  FailureOr<json::Array> getLaunches(Block &block, int64_t times) {
    json::Array list;
    for (Operation &op : block) {
      if (auto loop = dyn_cast<kernel::LoopOp>(op)) {
        FailureOr<json::Array> body =
            getLaunches(loop.getBody().front(), loop.getCount());
        if (failed(body))
          return failure();
        list.push_back(json::Object{{"repeat", loop.getCount()},
                                    {"body", std::move(*body)}});
        continue;
      }
      auto launch = cast<kernel::LaunchOp>(op);
      StringAttr name = launch.getKernelAttr().getAttr();
      int64_t number = kernels.insert({name, kernels.size()}).first->second;
      Operation *kernel = symbols.lookup(name);
      if (!kernel)
        return module.emitError("no kernel function @") << name.getValue();
      flops += attr::flops.number(kernel) * times;
      if (failed(addWritten(launch, kernel)))
        return failure();
      json::Array args;
      for (auto address : launch.getArgs().getAsRange<kernel::AddressAttr>())
        args.push_back(getAddress(address));
      list.push_back(
          json::Object{{"launch", number}, {"args", std::move(args)}});
    }
    return list;
  }

  /// The roles of the variables that `launch` writes.
  LogicalResult addWritten(kernel::LaunchOp launch, Operation *kernel) {
    ArrayRef<Attribute> args = launch.getArgs().getValue();
    IntegerAttr outs = attr::outs.get(kernel);
    if (!outs || outs.getInt() > int64_t(args.size()))
      return kernel->emitError("kernel function @")
             << launch.getKernel() << " has to say which of the " << args.size()
             << " operands it writes: expected attribute " << attr::outs.name
             << ", from 0 to " << args.size();
    for (Attribute arg : args.take_back(outs.getInt()))
      if (std::optional<moe::Role> role =
              moe::symbolizeRole(kernel::stringifyBlockKind(
                  cast<kernel::AddressAttr>(arg).getBlock().getKind())))
        written.insert(*role);
    return success();
  }

  json::Object getAddress(kernel::AddressAttr address) {
    // kernel.program verifies that names are those of its ports.
    auto port = ports.find(address.getBlock());
    StringRef block =
        port != ports.end()
            ? StringRef(port->second)
            : kernel::stringifyBlockKind(address.getBlock().getKind());
    json::Object arg{{"block", block.str()},
                     {"offset", address.getOffset()},
                     {"bytes", address.getBytes()}};
    if (address.getStride())
      arg["stride"] = address.getStride();
    if (address.getSize())
      arg["ring"] = json::Array{address.getShift(), address.getModulus(),
                                address.getSize()};
    return arg;
  }

  FailureOr<json::Object> getKernel(StringAttr name) {
    Operation *function = symbols.lookup(name); // launched, so it is there
    FailureOr<json::Object> kernel = machine.describeKernel(function);
    if (failed(kernel))
      return failure();
    target::put(*kernel, function, attr::flops, attr::bytes, attr::kind,
                attr::nodes);
    return kernel;
  }

  ModuleOp module;
  const Machine &machine;
  SymbolTable symbols;
  llvm::MapVector<StringAttr, int64_t> kernels;
  /// What the entry's arguments call its inputs and outputs.
  llvm::DenseMap<kernel::BlockAttr, std::string> ports;
  int64_t flops = 0;
  std::set<moe::Role> written; ///< by the entry
};
} // namespace

FailureOr<std::string> target::buildManifest(ModuleOp module,
                                             const Machine &machine) {
  return Writer(module, machine).run();
}
