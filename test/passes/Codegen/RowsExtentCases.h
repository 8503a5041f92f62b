//===- RowsExtentCases.h - Extents and layouts of row kernels --*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every extent of kernel.rows and kernel.map at 1, and random mixtures. A
// backend names its harness with INSTANTIATE_TYPED_TEST_SUITE_P, one suite in
// the tests of each op.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_ROWSEXTENTCASES_H
#define MOEC_TEST_PASSES_CODEGEN_ROWSEXTENTCASES_H

#include "test/passes/Codegen/ExtentDraw.h"
#include "test/passes/Codegen/KernelText.h"
#include <gtest/gtest.h>

namespace moec::test {

/// kernel.rows or kernel.map with three or four dims, all operands drawn.
class DrawnRows {
public:
  /// `ragged`: 0 for none, or the dimension that groups d0 share out.
  DrawnRows(Draw &draw, bool isMap, std::vector<int64_t> dims, int64_t ragged)
      : draw(draw), dims(std::move(dims)), ragged(ragged) {
    text = KernelText(isMap ? "map" : "rows", this->dims);
    unsigned last = this->dims.size() - 1;
    all = axes(0, last + 1);
    rows = axes(0, last);
    bool rounded = draw.oneIn(3), gathered = draw.oneIn(2);
    // 0: along everything; 1: any subset; 2: of a table by its rows.
    add(draw.operand(draw.turned(all), rounded ? "bf16" : "f32"));
    add(draw.operand(draw.some(all, 3), "f32"));
    if (gathered) {
      int64_t count = draw.extent(31), pad = draw.oneIn(3) ? 1 : 0;
      add(layOutRows(count, draw.some({all.back()}, 4), "f32", pad, pad));
      indices.push_back({2, count});
    } else {
      add(draw.operand(draw.some(rows, 3), "f32"));
      indices.push_back({3, 5});
    }
    add(draw.operand(draw.some(draw.oneIn(3) ? all : rows, 4), "i32"));
    text.with(gathered ? "gathers [-1, -1, 3, -1" +
                             std::string(ragged ? ", -1]" : "]")
                       : "");
    indices.back().number = 3;
    if (ragged) {
      add({shape({this->dims[0] + 1}, "i32"), "d0"});
      indices.push_back({4, this->dims[ragged], /*offsets=*/true});
      text.with("ragged " + std::to_string(ragged) + " by 4");
    }
    std::string first = rounded ? "%x = arith.extf %a0 : bf16 to f32 "
                                : "%z = arith.constant 0.0 : f32 "
                                  "%x = arith.addf %a0, %z : f32 ";
    std::string value =
        first + "%i = kernel.index " + std::to_string(draw.below(last + 1)) +
        " : i32 %c = arith.addi %i, %a3 : i32 "
        "%f = arith.sitofp %c : i32 to f32 %s = arith.constant 0.03 : f32 "
        "%g = arith.mulf %f, %s : f32 %p = arith.mulf %x, %a1 : f32 "
        "%q = arith.addf %p, %a2 : f32 %y = arith.addf %q, %g : f32 ";
    isMap ? makeMap(value) : makeRows(value);
  }

  template <typename Harness> testing::AssertionResult check() {
    Harness harness(text.str());
    harness.randomize();
    if (!harness.compiled())
      return harness.check() << "\n" << text.str();
    draw.fill(harness, indices);
    auto result = harness.check(1e-4);
    return result ? result : result << "\n" << text.str();
  }

private:
  Draw &draw;
  std::vector<int64_t> dims;
  int64_t ragged;
  KernelText text{"map", {}};
  std::vector<Axis> all, rows;
  std::vector<IndexOperand> indices;

  std::vector<Axis> axes(unsigned from, unsigned to) const {
    std::vector<Axis> some;
    for (unsigned d = from; d < to; ++d)
      some.push_back({"d" + std::to_string(d), dims[d], 0});
    return some;
  }
  void add(const OperandSource &operand) { text.in(operand.type, operand.map); }
  /// An out over `from`; rows of different groups are different rows, so the
  /// group may be left out.
  void store(std::vector<Axis> from, unsigned lastRagged, const char *type) {
    if (ragged && ragged <= int64_t(lastRagged) && draw.oneIn(2))
      from.erase(from.begin());
    OperandSource out = draw.operand(draw.turned(from), type);
    text.out(out.type, out.map);
  }
  void makeMap(const std::string &value) {
    store(all, all.size() - 1, "f32");
    store(all, all.size() - 1, "bf16");
    text.body(value + "%t = arith.truncf %q : f32 to bf16 "
                      "kernel.yield %y, %t : f32, bf16");
  }
  void makeRows(const std::string &value) {
    bool emits = draw.oneIn(2);
    store(rows, rows.size() - 1, "f32");
    if (emits)
      store(all, all.size() - 1, "f32");
    text.phase("max", 1, value + "kernel.yield %y : f32");
    text.phase("add", 2,
               value + "%d = arith.subf %y, %v0 : f32 %e = math.exp %d : f32 "
                       "kernel.yield %e, %d : f32, f32");
    text.finish("%m = arith.addf %v1, %v2 : f32 kernel.yield %m : f32");
    text.emit(emits ? value + "%d = arith.subf %y, %v0 : f32 "
                              "%e = math.exp %d : f32 "
                              "%r = arith.divf %e, %v1 : f32 "
                              "kernel.yield %r : f32"
                    : "kernel.yield");
  }
};

template <typename Harness> class RowsExtentCases : public testing::Test {
protected:
  static void everyExtentAtOne(bool isMap) {
    const std::vector<int64_t> others[] = {{3, 5, 7}, {2, 40, 33}};
    for (int64_t ragged : {0, 1, 2})
      for (const std::vector<int64_t> &other : others)
        for (unsigned ones = 0; ones < 8; ++ones)
          for (uint32_t seed = 0; seed < 2; ++seed) {
            std::vector<int64_t> dims = other;
            for (unsigned d = 0; d < 3; ++d)
              if (ones >> d & 1)
                dims[d] = 1;
            Draw draw(seed);
            EXPECT_TRUE(
                DrawnRows(draw, isMap, dims, ragged).template check<Harness>());
          }
  }
  static void random(bool isMap) {
    for (uint32_t seed = 0; seed < 100; ++seed) {
      Draw draw(seed);
      std::vector<int64_t> dims;
      int64_t points = 1;
      for (int64_t d = 1 + draw.below(4); d > 0; --d) {
        dims.push_back(draw.extent(20000 / points));
        points *= dims.back();
      }
      int64_t ragged = dims.size() > 1 && draw.oneIn(3)
                           ? 1 + draw.below(dims.size() - 1)
                           : 0;
      EXPECT_TRUE(
          DrawnRows(draw, isMap, dims, ragged).template check<Harness>())
          << "seed " << seed;
    }
  }
};
TYPED_TEST_SUITE_P(RowsExtentCases);

TYPED_TEST_P(RowsExtentCases, EveryExtentOfRowsAtOne) {
  this->everyExtentAtOne(/*isMap=*/false);
}
TYPED_TEST_P(RowsExtentCases, EveryExtentOfMapsAtOne) {
  this->everyExtentAtOne(/*isMap=*/true);
}
TYPED_TEST_P(RowsExtentCases, RandomRows) { this->random(/*isMap=*/false); }
TYPED_TEST_P(RowsExtentCases, RandomMaps) { this->random(/*isMap=*/true); }

REGISTER_TYPED_TEST_SUITE_P(RowsExtentCases, EveryExtentOfRowsAtOne,
                            EveryExtentOfMapsAtOne, RandomRows, RandomMaps);

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_ROWSEXTENTCASES_H
