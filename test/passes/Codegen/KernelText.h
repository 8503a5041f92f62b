//===- KernelText.h - Writes kernel functions for tests --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_KERNELTEXT_H
#define MOEC_TEST_PASSES_CODEGEN_KERNELTEXT_H

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace moec::test {

/// "4x8xf32".
inline std::string shape(std::initializer_list<int64_t> dims,
                         const char *type) {
  std::string text;
  for (int64_t d : dims)
    text += std::to_string(d) + "x";
  return text + type;
}

/// Builds the text of a kernel function with one op. Dimensions are called d0,
/// d1, ... in maps; inputs are %a0, %a1, ... in regions.
class KernelText {
public:
  KernelText(std::string op, std::vector<int64_t> dims)
      : op(std::move(op)), dims(std::move(dims)) {}

  /// `type` as in "4x8xf32"; `map` as in "d0, d1".
  KernelText &in(const std::string &type, const std::string &map) {
    inputs.push_back({type, map});
    return *this;
  }
  KernelText &out(const std::string &type, const std::string &map) {
    outs.push_back({type, map});
    return *this;
  }
  /// What stands behind the maps: "gathers [1, -1]", "ragged 1 by 2".
  KernelText &with(const std::string &text) {
    extra += " " + text;
    return *this;
  }
  /// kernel.map: the body.
  KernelText &body(const std::string &text) {
    regions += " body " + region(text, 0);
    return *this;
  }
  /// kernel.rows: a phase that joins `count` values, called %v0, %v1, ...
  /// (counted through all phases) in the regions behind it.
  KernelText &phase(const std::string &combiner, unsigned count,
                    const std::string &text) {
    combiners += (combiners.empty() ? "" : ", ") +
                 ("#kernel.combiner<" + combiner + ">");
    phases += (phases.empty() ? "" : ", ") + region(text, values);
    values += count;
    return *this;
  }
  KernelText &finish(const std::string &text) {
    regions += " finish " + region(text, values);
    return *this;
  }
  KernelText &emit(const std::string &text) {
    regions += " emit " + region(text, values);
    return *this;
  }

  std::string str() const {
    std::string args, ins, insTypes, outNames, outTypes, maps;
    auto add = [&](const Operand &o, const std::string &name,
                   std::string &names, std::string &types) {
      std::string type = "memref<" + o.type + ">";
      args += name + ": " + type + ", ";
      names += (names.empty() ? "" : ", ") + name;
      types += (types.empty() ? "" : ", ") + type;
      maps +=
          (maps.empty() ? "" : ", ") +
          ("affine_map<(" + list("d", dims.size()) + ") -> (" + o.map + ")>");
    };
    for (size_t i = 0; i < inputs.size(); ++i)
      add(inputs[i], "%in" + std::to_string(i), ins, insTypes);
    for (size_t i = 0; i < outs.size(); ++i)
      add(outs[i], "%out" + std::to_string(i), outNames, outTypes);
    std::string extents;
    for (int64_t d : dims)
      extents += (extents.empty() ? "" : ", ") + std::to_string(d);
    std::string text = "func.func @k(" + args +
                       "%begin: index, %end: index, %scratch: memref<?xi8>) "
                       "attributes {kernel.function} {\n  kernel." +
                       op + " dims [" + extents + "] ";
    if (!ins.empty())
      text += "ins(" + ins + " : " + insTypes + ") ";
    text += "outs(" + outNames + " : " + outTypes + ")\n    maps [" + maps +
            "]" + extra;
    if (op == "rows")
      text += "\n    combiners [" + combiners + "] phases " + phases;
    return text + "\n   " + regions + "\n  return\n}\n";
  }

private:
  struct Operand {
    std::string type, map;
  };
  std::string op, extra, regions, combiners, phases;
  std::vector<int64_t> dims;
  std::vector<Operand> inputs, outs;
  unsigned values = 0;

  static std::string list(const std::string &prefix, size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i)
      text += (i ? ", " : "") + prefix + std::to_string(i);
    return text;
  }
  std::string region(const std::string &text, unsigned numValues) const {
    std::string args;
    auto add = [&](const std::string &name, const std::string &type) {
      args += (args.empty() ? "" : ", ") + name + ": " + type;
    };
    for (size_t i = 0; i < inputs.size(); ++i)
      add("%a" + std::to_string(i),
          inputs[i].type.substr(inputs[i].type.rfind('x') + 1));
    for (unsigned i = 0; i < numValues; ++i)
      add("%v" + std::to_string(i), "f32");
    return args.empty() ? "{ " + text + " }"
                        : "{ ^bb0(" + args + "): " + text + " }";
  }
};

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_KERNELTEXT_H
