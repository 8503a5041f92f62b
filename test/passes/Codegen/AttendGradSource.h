//===- AttendGradSource.h - Writes gradients of attention ------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_ATTENDGRADSOURCE_H
#define MOEC_TEST_PASSES_CODEGEN_ATTENDGRADSOURCE_H

#include "test/passes/Codegen/HarnessBase.h"
#include "test/passes/Codegen/KernelSource.h"

namespace moec::test {

/// A `kernel.attend_grad` of `batch` images and `groups` heads of the key, each
/// with `shared` of the query, whose `s` positions are that many rows each, in
/// a kernel function. In regions argument i is %a<i>.
struct AttendGradSource {
  int64_t batch = 1, groups = 2, shared = 1;
  int64_t s, e, t, d;
  Kind kind = Kind::F32;
  enum { HeadsInside, Joined, Transposed } layout = HeadsInside;
  /// Each sum is added to an input before it is stored.
  bool residual = false;
  /// "tile = [6, 16], micro = [3, 16]"; or the chosen one.
  std::string schedule = "";

  std::string str() const {
    std::string type = typeOf(kind), r = std::to_string(shared);
    std::string row = "s floordiv " + r, head = "g * " + r + " + s mod " + r;
    int64_t heads = groups * shared;
    auto tensor = [](std::initializer_list<int64_t> dims,
                     const std::string &type) {
      return shape(dims, type.c_str());
    };
    // The operand of a position, a head and a column as `layout` has it.
    auto operand = [&](int64_t rows, int64_t heads, int64_t columns,
                       std::string row, std::string head, std::string column,
                       const std::string &type) -> OperandSource {
      switch (layout) {
      case HeadsInside:
        return {tensor({batch, rows, heads, columns}, type),
                "b, " + row + ", " + head + ", " + column};
      case Joined:
        return {tensor({batch, rows, heads * columns}, type),
                "b, " + row + ", (" + head + ") * " + std::to_string(columns) +
                    " + " + column};
      case Transposed:
        return {tensor({batch, heads, columns, rows}, type),
                "b, " + head + ", " + column + ", " + row};
      }
      return {};
    };
    std::vector<OperandSource> inputs = {
        operand(s, heads, d, row, head, "d", type),
        operand(t, groups, d, "t", "g", "d", type),
        operand(t, groups, e, "t", "g", "e", type),
        operand(s, heads, e, row, head, "e", type),
        {tensor({batch, heads, s}, "f32"), "b, " + head + ", " + row},
        {tensor({batch, s, heads}, "f32"), "b, " + row + ", " + head}};
    std::vector<OperandSource> outs = {
        operand(s, heads, d, row, head, "d", "f32"),
        operand(t, groups, d, "t", "g", "d", "f32"),
        operand(t, groups, e, "t", "g", "e", "f32")};
    if (residual)
      inputs.insert(inputs.end(), outs.begin(), outs.end());

    std::string args, names[2], types[2], maps, block;
    auto comma = [](std::string &text) { text += text.empty() ? "" : ", "; };
    for (int side : {0, 1})
      for (const OperandSource &o : side ? outs : inputs) {
        std::string name = "%o" + std::to_string(args.size());
        args += name + ": memref<" + o.type + ">, ";
        for (std::string *text : {&names[side], &types[side], &maps})
          comma(*text);
        names[side] += name;
        types[side] += "memref<" + o.type + ">";
        maps += "affine_map<(b, g, s, e, t, d) -> (" + o.map + ")>";
      }
    for (size_t i = 0; i < inputs.size(); ++i) {
      comma(block);
      block += "%a" + std::to_string(i) + ": " +
               inputs[i].type.substr(inputs[i].type.rfind('x') + 1);
    }
    std::string regions;
    const char *factors[] = {"query", "key", "value", "gradient"};
    for (size_t i = 0; i < 4; ++i) {
      std::string a = "%a" + std::to_string(i);
      std::string body = kind == Kind::Rounded
                             ? "%y = arith.truncf " + a +
                                   " : f32 to bf16\nkernel.yield %y : bf16"
                             : "kernel.yield " + a + " : " + type;
      regions +=
          std::string(factors[i]) + " { ^bb0(" + block + "):\n" + body + " }\n";
    }
    regions += "statistics { ^bb0(" + block +
               "): kernel.yield %a4, %a5 : f32, f32 }\n";
    const char *sums[] = {"query_grad", "key_grad", "value_grad"};
    for (size_t i = 0; i < 3; ++i)
      regions +=
          std::string(sums[i]) + " { ^bb0(" + block + ", %sum: f32):\n" +
          (residual ? "%y = arith.addf %sum, %a" + std::to_string(6 + i) +
                          " : f32\nkernel.yield %y : f32 }\n"
                    : "kernel.yield %sum : f32 }\n");
    std::string dims;
    for (int64_t extent : {batch, groups, s * shared, e, t, d}) {
      comma(dims);
      dims += std::to_string(extent);
    }
    return "func.func @kernel(" + args +
           "%begin: index, %end: index, %scratch: memref<?xi8>) attributes "
           "{kernel.function} {\nkernel.attend_grad dims [" +
           dims + "]\n ins(" + names[0] + " : " + types[0] + ")\n outs(" +
           names[1] + " : " + types[1] + ")\n maps [" + maps +
           "]\n scale 0.4\n" +
           (schedule.empty()
                ? ""
                : " schedule #kernel.schedule<" + schedule + ">\n") +
           regions + "return }\n";
  }
};

/// As if of many keys: weights below 1, of which sums do not lose digits.
inline void lessenWeights(HarnessBase &harness) {
  for (int64_t i = 0; i < harness.size(4); ++i)
    harness.data<float>(4)[i] += 4;
}

inline const int64_t attendGradExtents[][4] = {
    {1, 1, 1, 1},     {1, 64, 197, 64}, {197, 64, 1, 64}, {7, 5, 11, 3},
    {16, 16, 16, 16}, {49, 24, 49, 24}, {13, 33, 50, 17}, {50, 32, 31, 32},
    {5, 1, 300, 1},   {3, 70, 257, 9},  {301, 8, 7, 13},
};

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_ATTENDGRADSOURCE_H
