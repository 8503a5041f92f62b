//===- Manifest.h - What a module says about itself -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The manifest of docs/module-format.md as plain structures. What parseManifest
// returns has been checked: every index is in range and every address that a
// program forms lies inside its block.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_MANIFEST_H
#define MOEC_RUNTIME_CORE_MANIFEST_H

#include "runtime/core/Schedule.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moec::rt {

/// Only derived variables are BF16.
enum class DType : uint8_t { U8, I32, F32, BF16 };

/// Bytes of one element.
int64_t dtypeBytes(DType dtype);
/// "u8", "i32", "f32" or "bf16".
const char *dtypeName(DType dtype);

/// An array. A scalar has an empty shape.
struct TensorInfo {
  std::string name;
  DType dtype = DType::F32;
  std::vector<int64_t> shape;
  int64_t elements = 1;
  int64_t bytes() const { return elements * dtypeBytes(dtype); }
};

/// Who fills an input: the data set (or the caller), or the training loop,
/// which knows `learning_rate`, `step` and `seed`. An entry may have an input
/// of either source under one name.
enum class InputSource : uint8_t { Field, Host };

struct InputInfo : TensorInfo {
  InputSource source = InputSource::Field;
};

/// A result of the model, or what tells how good it is.
enum class OutputKind : uint8_t { Output, Metric };

struct OutputInfo : TensorInfo {
  OutputKind kind = OutputKind::Output;
};

/// Memory that a session keeps between runs, zero at first.
struct VariableBlock {
  std::string name; ///< a role
  int64_t bytes = 0;
};

/// What a variable is there for.
enum class Role : uint8_t {
  Parameter, ///< what training changes
  Statistic, ///< what is measured while training and used by evaluation
  Moment,    ///< what an optimizer remembers of a parameter
  Shadow,    ///< a second set of parameters, such as a moving average
  Derived    ///< computed from other variables alone
};

constexpr Role allRoles[] = {Role::Parameter, Role::Statistic, Role::Moment,
                             Role::Shadow, Role::Derived};

/// "parameter", "statistic", "moment", "shadow" or "derived".
const char *roleName(Role role);
/// Whether the variables of this role make up the model, so that a file of
/// weights holds them.
constexpr bool isWeight(Role role) {
  return role == Role::Parameter || role == Role::Statistic ||
         role == Role::Shadow;
}

/// How a variable starts; a shadow starts as what it belongs to. `value` is the
/// constant, the standard deviation or the limit.
struct VariableInit {
  enum class Kind : uint8_t { Zeros, Ones, Constant, Normal, Uniform };
  Kind kind = Kind::Zeros;
  double value = 0;
  /// An axis of the variable: what is drawn for one place along it stands in
  /// all of them. -1: none.
  int64_t alike = -1;
};

/// An array at byte `offset` of a block of the module.
struct Variable : TensorInfo {
  Role role = Role::Parameter;
  int64_t block = 0;  ///< index of the VariableBlock
  int64_t offset = 0; ///< bytes, a multiple of the element's size
  int64_t of = -1;    ///< the variable that this one belongs to, or -1
  bool decay = false;
  VariableInit init;
};

/// One bulk copy of a GPU kernel. `shape` and `box` in elements, `strides` in
/// bytes, innermost first and without the innermost stride.
struct TensorMap {
  enum class Type : uint8_t { U8, I32, F32, F16, BF16 };
  int64_t operand = 0;
  Type type = Type::F32;
  std::vector<int64_t> shape, strides, box;
  int64_t swizzle = 0; ///< bytes: 0, 32, 64 or 128
  int64_t elementBytes() const;
  /// Bytes from the first element to the end of the last one.
  int64_t extent() const;
};

/// What a launch of a GPU kernel needs besides its operands.
struct GpuLaunch {
  int64_t grid = 1;
  int64_t threads = 1;
  int64_t cluster = 1;
  int64_t shared = 0;    ///< bytes of dynamic shared memory
  int64_t workspace = 0; ///< bytes of device memory, contents undefined
  int64_t registers = 0; ///< of a thread, as ptxas says; 0: not known
  int64_t spills = 0;    ///< bytes that a thread spills, if that is known
  std::vector<TensorMap> tensorMaps;
};

/// What a step of a program runs: a kernel symbol, or as builtin:NAME a call of
/// the host (HostCall.h), whose JSON text is `attributes`. `gpu` counts in a
/// GPU module only, `blocks` and `scratch` in others.
struct Kernel {
  std::string symbol;
  int64_t blocks = 0;
  int64_t scratch = 0;
  double flops = 0;
  double bytes = 0;
  std::string kind;
  std::string variant; ///< which code it got, for people
  std::vector<std::string> nodes;
  std::string attributes;
  GpuLaunch gpu;
  bool isHostCall() const { return symbol.rfind("builtin:", 0) == 0; }
  /// The NAME of builtin:NAME.
  std::string hostCallName() const { return symbol.substr(8); }
};

enum class BlockKind : uint8_t { Variables, Arena, In, Out };

/// The address `block + offset + it * stride + ((it + shift) % modulus) * size`
/// in bytes, for iteration `it` of the enclosing repeat.
struct Argument {
  BlockKind block = BlockKind::Arena;
  int64_t index = 0; ///< of a block of variables, an input or an output
  int64_t offset = 0;
  int64_t stride = 0;
  int64_t shift = 0;
  int64_t modulus = 1;
  int64_t size = 0;
  int64_t bytes = 0; ///< of the whole operand
  /// Bytes from the start of the block in iteration `it`.
  int64_t at(int64_t it) const {
    return offset + it * stride + (it + shift) % modulus * size;
  }
};

/// Of a kernel, or a call of the host.
struct Launch {
  int64_t kernel = 0;
  std::vector<Argument> args;
};

/// `body` run `repeat` times; a launch that stands alone is a body of one, run
/// once.
struct ProgramItem {
  int64_t repeat = 1;
  std::vector<Launch> body;
};

struct Entry {
  std::string name;
  int64_t batch = 0; ///< items that it takes at once; 0: it takes none
  int64_t arena = 0;
  double modelFlops = 0;
  std::vector<InputInfo> inputs;
  std::vector<OutputInfo> outputs;
  std::vector<ProgramItem> program;
  /// The roles of the variables that it changes.
  std::vector<Role> writes;

  /// "infer batch 32", or "infer" without a batch.
  std::string text() const;
  /// Whether it writes derived variables and nothing else. Such an entry is run
  /// by the runtime itself: before an entry that uses them, whenever the others
  /// have changed.
  bool preparesDerived() const;
  /// Whether derived variables are no longer what the entry that prepares them
  /// would make of the others once this has run.
  bool outdatesDerived() const;
  /// Index of the input of that name and source, or -1.
  int64_t findInput(std::string_view name, InputSource source) const;
  /// The field of that name, else the input of the host, or -1.
  int64_t findInput(std::string_view name) const;
  /// Index of the output of that name, of whatever kind, or -1.
  int64_t findOutput(std::string_view name) const;
};

/// `training` of the section `host`: what the training loop needs.
struct TrainingInfo {
  int64_t epochs = 1;
  int64_t steps = 0; ///< instead of epochs; 0: not said
  double learningRate = 1e-3;
  uint64_t seed = 0;
  ScheduleInfo schedule;
  /// The whole section as JSON text, also what the compiler alone makes use of
  /// (optimizer, clipping): it tells whether two modules train alike.
  std::string text = "{}";
};

/// `data` of the section `host`: which field is the image, which the label,
/// which output says the class; 0 classes: not said.
struct DataInfo {
  std::string image;
  std::string label;
  std::string logits;
  int64_t classes = 0;
  std::vector<std::string> classNames; ///< may be empty
};

/// What the kernels of a module are made for.
enum class TargetDevice : uint8_t { Cpu, Cuda };

struct Manifest {
  std::string model;
  std::string compiler; ///< versionText() of the compiler; may be empty
  TargetDevice device = TargetDevice::Cpu;
  std::string arch; ///< of a GPU module, "sm_80"
  std::string ptx;  ///< version of its PTX text, "8.0"; may be empty
  std::string precision = "f32"; ///< what contractions multiply, or "bf16"
  std::string triple;
  std::string cpu;
  std::vector<std::string> features;
  std::vector<VariableBlock> blocks;
  std::vector<Variable> variables;
  std::vector<Kernel> kernels;
  std::vector<Entry> entries;
  TrainingInfo training;
  DataInfo data;

  /// Index of the entry of that name and batch size (0: the first of that
  /// name), or -1.
  int64_t findEntry(std::string_view name, int64_t batch = 0) const;
  /// Index of the entry that prepares the derived variables, or -1 if nothing
  /// uses any.
  int64_t findPreparing() const;
  /// Index of the variable of that name, or -1.
  int64_t findVariable(std::string_view name) const;
  /// How many variables of a role there are, and their numbers.
  int64_t countOf(Role role) const;
  int64_t elementsOf(Role role) const;
  bool isGpu() const { return device != TargetDevice::Cpu; }
  /// Whether an argument of the entry's program lies in the block of derived
  /// variables.
  bool usesDerived(const Entry &entry) const;
  /// Most bytes of workspace that a launch of this module needs.
  int64_t workspaceBytes() const;
};

/// The memory that a session of this module takes, a line for each block.
std::string memoryPlan(const Manifest &manifest);

/// Parses and checks a manifest. Throws Error with the JSON path, what was
/// expected and what was found.
Manifest parseManifest(std::string_view text);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_MANIFEST_H
