//===- AttendSource.h - Writes attention for tests -------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_ATTENDSOURCE_H
#define MOEC_TEST_PASSES_CODEGEN_ATTENDSOURCE_H

#include "test/passes/Codegen/KernelSource.h"

namespace moec::test {

/// A `kernel.attend` of `batch` images and `heads` heads, of which `shared`
/// read one of the key, in a kernel function. In regions argument i is %a<i>.
struct AttendSource {
  int64_t batch = 2, heads = 4, shared = 1;
  int64_t s, e, t, d;
  Kind kind = Kind::F32;
  enum { HeadsInside, Joined, Transposed } layout = HeadsInside;
  bool statistic = false, residual = false;
  /// "tile = [6, 16], micro = [3, 16]"; or the chosen one.
  std::string schedule = "";

  std::string str() const {
    std::string type = typeOf(kind);
    int64_t groups = heads / shared;
    std::string g = "(h floordiv " + std::to_string(shared) + ")";
    std::vector<OperandSource> inputs, outs;
    auto tensor = [](std::initializer_list<int64_t> dims,
                     const std::string &type) {
      return shape(dims, type.c_str());
    };
    switch (layout) {
    case HeadsInside:
      inputs = {{tensor({batch, s, heads, d}, type), "b, s, h, d"},
                {tensor({batch, t, groups, d}, type), "b, t, " + g + ", d"},
                {tensor({batch, t, groups, e}, type), "b, t, " + g + ", e"}};
      break;
    case Joined: {
      // One matrix with the keys and values of a group side by side.
      std::string at = g + " * " + std::to_string(d + e);
      std::string both = tensor({batch, t, groups * (d + e)}, type);
      inputs = {{tensor({batch, s, heads * d}, type),
                 "b, s, h * " + std::to_string(d) + " + d"},
                {both, "b, t, " + at + " + d"},
                {both, "b, t, " + at + " + e + " + std::to_string(d)}};
      break;
    }
    case Transposed:
      inputs = {{tensor({batch, heads, d, s}, type), "b, h, d, s"},
                {tensor({batch, groups, d, t}, type), "b, " + g + ", d, t"},
                {tensor({batch, groups, e, t}, type), "b, " + g + ", e, t"}};
      break;
    }
    std::string yield = "kernel.yield %acc : f32";
    if (residual) {
      inputs.push_back({tensor({batch, s, heads, e}, "f32"), "b, s, h, e"});
      yield = "%y = arith.addf %acc, %a3 : f32\nkernel.yield %y : f32";
    }
    outs.push_back({tensor({batch, s, heads, e}, "f32"), "b, s, h, e"});
    if (statistic)
      outs.push_back({tensor({batch, heads, s}, "f32"), "b, h, s"});

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
        maps += "affine_map<(b, h, s, e, t, d) -> (" + o.map + ")>";
      }
    for (size_t i = 0; i < inputs.size(); ++i) {
      comma(block);
      block += "%a" + std::to_string(i) + ": " +
               inputs[i].type.substr(inputs[i].type.rfind('x') + 1);
    }
    auto factor = [&](int i) {
      std::string a = "%a" + std::to_string(i);
      std::string body = kind == Kind::Rounded
                             ? "%y = arith.truncf " + a +
                                   " : f32 to bf16\nkernel.yield %y : bf16"
                             : "kernel.yield " + a + " : " + type;
      return "{ ^bb0(" + block + "):\n" + body + " }\n";
    };
    std::string dims;
    for (int64_t extent : {batch, heads, s, e, t, d}) {
      comma(dims);
      dims += std::to_string(extent);
    }
    return "func.func @kernel(" + args +
           "%begin: index, %end: index, %scratch: memref<?xi8>) attributes "
           "{kernel.function} {\nkernel.attend dims [" +
           dims + "]\n ins(" + names[0] + " : " + types[0] + ")\n outs(" +
           names[1] + " : " + types[1] + ")\n maps [" + maps +
           "]\n scale 0.4\n" +
           (schedule.empty()
                ? ""
                : " schedule #kernel.schedule<" + schedule + ">\n") +
           " query " + factor(0) + " key " + factor(1) + " value " + factor(2) +
           " epilogue { ^bb0(" + block + ", %acc: f32):\n" + yield +
           " }\nreturn }\n";
  }
};

/// s, e, t, d: ones, primes, tokens of models, more of one than of the others.
inline constexpr int64_t attendExtents[][4] = {
    {1, 1, 1, 1},     {1, 64, 197, 64}, {197, 64, 1, 64}, {7, 5, 11, 3},
    {16, 16, 16, 16}, {49, 24, 49, 24}, {13, 33, 50, 17}, {50, 32, 31, 32},
    {5, 1, 300, 1},   {3, 70, 257, 9},
};

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_ATTENDSOURCE_H
