//===- KernelSource.h - Writes kernel functions for tests ------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_KERNELSOURCE_H
#define MOEC_TEST_PASSES_CODEGEN_KERNELSOURCE_H

#include "test/passes/Codegen/KernelText.h"
#include <cstdint>
#include <string>
#include <vector>

namespace moec::test {

/// One operand: "4x49x96xf32" and the results of its map, "m floordiv 49, k".
struct OperandSource {
  std::string type, map;
};

/// A `kernel.contract` in a kernel function. In regions argument i is %a<i> and
/// the accumulator %acc. Dim names are g (if `dims` has 4), m, n, k.
struct ContractSource {
  std::vector<int64_t> dims;
  std::vector<OperandSource> inputs, outs;
  std::string lhs = "kernel.yield %a0 : f32";
  std::string rhs = "kernel.yield %a1 : f32";
  std::string epilogue = "kernel.yield %acc : f32";
  std::string gathers;  ///< "2, -1, -1"
  std::string ragged;   ///< "1 by 2"
  std::string schedule; ///< "tile = [6, 16, 8], micro = [3, 16]"

  std::string str() const {
    std::string names = dims.size() == 4 ? "(g, m, n, k)" : "(m, n, k)";
    std::string args, ins, inTypes, outsText, outTypes, maps, block;
    auto comma = [](std::string &s) { s += s.empty() ? "" : ", "; };
    for (size_t i = 0; i < inputs.size(); ++i) {
      std::string n = std::to_string(i), t = "memref<" + inputs[i].type + ">";
      for (std::string *s : {&ins, &inTypes, &block, &maps})
        comma(*s);
      args += "%i" + n + ": " + t + ", ";
      ins += "%i" + n;
      inTypes += t;
      block += "%a" + n + ": " +
               inputs[i].type.substr(inputs[i].type.rfind('x') + 1);
      maps += "affine_map<" + names + " -> (" + inputs[i].map + ")>";
    }
    for (size_t i = 0; i < outs.size(); ++i) {
      std::string n = std::to_string(i), t = "memref<" + outs[i].type + ">";
      for (std::string *s : {&outsText, &outTypes, &maps})
        comma(*s);
      args += "%o" + n + ": " + t + ", ";
      outsText += "%o" + n;
      outTypes += t;
      maps += "affine_map<" + names + " -> (" + outs[i].map + ")>";
    }
    std::string extents;
    for (int64_t d : dims) {
      comma(extents);
      extents += std::to_string(d);
    }
    return "func.func @kernel(" + args +
           "%begin: index, %end: index, %scratch: memref<?xi8>) attributes "
           "{kernel.function} {\nkernel.contract dims [" +
           extents + "]\n ins(" + ins + " : " + inTypes + ")\n outs(" +
           outsText + " : " + outTypes + ")\n maps [" + maps + "]" +
           (gathers.empty() ? "" : "\n gathers [" + gathers + "]") +
           (ragged.empty() ? "" : "\n ragged " + ragged) +
           (schedule.empty()
                ? ""
                : "\n schedule #kernel.schedule<" + schedule + ">") +
           "\n lhs { ^bb0(" + block + "):\n" + lhs + " }\n rhs { ^bb0(" +
           block + "):\n" + rhs + " }\n epilogue { ^bb0(" + block +
           ", %acc: f32):\n" + epilogue + " }\nreturn }\n";
  }
};

/// The way of the two factors: f32; bf16 in memory; f32 that the regions round.
enum class Kind { F32, BF16, Rounded };

/// The type of the factors in memory.
inline const char *typeOf(Kind kind) {
  return kind == Kind::BF16 ? "bf16" : "f32";
}

/// `lhs` and `rhs` that take inputs 0 and 1 as they are, or round them.
inline void setFactors(ContractSource &s, Kind kind) {
  for (int i : {0, 1}) {
    std::string a = "%a" + std::to_string(i);
    (i ? s.rhs : s.lhs) = kind == Kind::Rounded
                              ? "%y = arith.truncf " + a +
                                    " : f32 to bf16\nkernel.yield %y : bf16"
                          : kind == Kind::BF16 ? "kernel.yield " + a + " : bf16"
                                               : "kernel.yield " + a + " : f32";
  }
}

/// C[m, n] = A[m, k] B[k, n] + bias[n], either factor possibly transposed.
inline ContractSource matmul(int64_t m, int64_t n, int64_t k, Kind kind,
                             bool transposeA, bool transposeB) {
  const char *type = typeOf(kind);
  ContractSource s;
  s.dims = {m, n, k};
  s.inputs = {transposeA ? OperandSource{shape({k, m}, type), "k, m"}
                         : OperandSource{shape({m, k}, type), "m, k"},
              transposeB ? OperandSource{shape({n, k}, type), "n, k"}
                         : OperandSource{shape({k, n}, type), "k, n"},
              {shape({n}, "f32"), "n"}};
  s.outs = {{shape({m, n}, "f32"), "m, n"}};
  setFactors(s, kind);
  s.epilogue = "%y = arith.addf %acc, %a2 : f32\n kernel.yield %y : f32";
  return s;
}

/// A `kernel.map` over `count` f32 elements: `body` makes %r of %v.
inline std::string elementwiseSource(const std::string &body, size_t count) {
  std::string n = std::to_string(count), type = "memref<" + n + "xf32>";
  return "func.func @k(%x: " + type + ", %y: " + type +
         ", %b: index, %e: index, %s: memref<?xi8>) attributes "
         "{kernel.function} {\nkernel.map dims [" +
         n + "] ins(%x : " + type + ") outs(%y : " + type +
         ") maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]\n"
         "body { ^bb0(%v: f32):\n" +
         body + "\nkernel.yield %r : f32 }\nreturn }\n";
}

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_KERNELSOURCE_H
