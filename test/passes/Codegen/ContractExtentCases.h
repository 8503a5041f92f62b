//===- ContractExtentCases.h - Extents and layouts of contractions * C++ *-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every extent of kernel.contract at 1, rows that begin anywhere in memory or
// repeat, and random mixtures. Backends are those of ContractCases.h.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_PASSES_CODEGEN_CONTRACTEXTENTCASES_H
#define MOEC_TEST_PASSES_CODEGEN_CONTRACTEXTENTCASES_H

#include "test/passes/Codegen/ContractCases.h"
#include "test/passes/Codegen/ExtentDraw.h"

namespace moec::test {

/// A contraction and what its integer operands hold.
struct DrawnContract {
  ContractSource source;
  std::vector<IndexOperand> indices;

  Axis axis(unsigned d) const { return {names()[d], source.dims[d], 0}; }
  std::vector<Axis> axes(const std::string &which) const {
    std::vector<Axis> all;
    for (char name : which)
      for (size_t d = 0; d < source.dims.size(); ++d)
        if (names()[d][0] == name)
          all.push_back(axis(d));
    return all;
  }
  /// Row numbers along `axes` for input `input`, which has `rows` rows.
  void gather(unsigned input, const std::vector<Axis> &axes, int64_t rows) {
    gathers.resize(2, -1);
    gathers[input] = int(source.inputs.size());
    indices.push_back({unsigned(source.inputs.size()), rows});
    source.inputs.push_back(layOut(axes, "i32"));
  }
  /// The groups share dimension `d` out.
  void makeRagged(unsigned d) {
    source.ragged =
        std::to_string(d) + " by " + std::to_string(source.inputs.size());
    indices.push_back(
        {unsigned(source.inputs.size()), source.dims[d], /*offsets=*/true});
    source.inputs.push_back({shape({source.dims[0] + 1}, "i32"), "g"});
  }
  ContractSource finished() const {
    ContractSource s = source;
    if (gathers.empty())
      return s;
    for (size_t i = 0; i < s.inputs.size(); ++i)
      s.gathers += (i ? ", " : "") +
                   std::to_string(i < gathers.size() ? gathers[i] : -1);
    return s;
  }

private:
  std::vector<int> gathers;
  std::vector<std::string> names() const {
    return source.dims.size() == 4
               ? std::vector<std::string>{"g", "m", "n", "k"}
               : std::vector<std::string>{"m", "n", "k"};
  }
};

template <typename Backend> class ContractExtentCases : public testing::Test {
protected:
  static testing::AssertionResult check(const DrawnContract &drawn, Kind kind,
                                        const std::string &schedule,
                                        Draw &draw) {
    ContractSource s = drawn.finished();
    setFactors(s, kind);
    s.schedule = schedule;
    return holds<Backend>(s, kind, 2e-5, [&](auto &harness) {
      if (harness.compiled())
        draw.fill(harness, drawn.indices);
    });
  }
  /// All subsets of dims at 1, the others whole vectors or odd.
  template <typename Visit> static void forSubsets(unsigned dims, Visit visit) {
    const int64_t whole[] = {3, 40, 24, 72}, odd[] = {2, 7, 11, 5};
    for (unsigned ones = 0; ones < 1u << dims; ++ones)
      for (const int64_t *others : {whole, odd}) {
        std::vector<int64_t> extents;
        for (unsigned d = 0; d < dims; ++d)
          extents.push_back(ones >> d & 1 ? 1 : others[d + 4 - dims]);
        visit(extents, ones);
      }
  }
  /// The groups share dimension `along` out; the left operand, gathered or as
  /// it lies, has rows along it, of the other dimension `across`.
  static void checkRagged(uint32_t seed, const std::string &along,
                          const std::string &across) {
    Draw draw(seed);
    const bool depth = along == "k";
    for (Kind kind : {Kind::F32, Kind::BF16, Kind::Rounded})
      for (bool gathered : {false, true})
        forSubsets(4, [&](std::vector<int64_t> extents, unsigned ones) {
          DrawnContract c;
          c.source.dims = std::move(extents);
          int64_t rows = ones % 2 ? 1 : 12;
          c.source.inputs = {
              gathered ? layOutRows(rows, c.axes(across), typeOf(kind))
                       : layOut(c.axes(along + across), typeOf(kind)),
              layOut(c.axes(depth ? "kn" : "gkn"), typeOf(kind))};
          if (gathered)
            c.gather(0, c.axes(along), rows);
          c.makeRagged(depth ? 3 : 1);
          c.source.outs = {layOut(c.axes(depth ? "gmn" : "mn"), "f32")};
          EXPECT_TRUE(
              check(c, kind, draw.pick(Backend::expertSchedules(kind)), draw));
        });
  }
};
TYPED_TEST_SUITE_P(ContractExtentCases);

/// Dense, with and without groups.
TYPED_TEST_P(ContractExtentCases, EveryExtentAtOne) {
  Draw draw(1);
  for (Kind kind : {Kind::F32, Kind::BF16, Kind::Rounded})
    for (unsigned dims : {3, 4})
      this->forSubsets(dims, [&](std::vector<int64_t> extents, unsigned ones) {
        DrawnContract c;
        c.source.dims = std::move(extents);
        bool turned = ones % 3 == 1;
        c.source.inputs = {layOut(c.axes(turned ? "gkm" : "gmk"), typeOf(kind)),
                           layOut(c.axes(turned ? "gnk" : "gkn"), typeOf(kind)),
                           layOut(c.axes("n"), "f32")};
        c.source.outs = {layOut(c.axes(ones % 2 ? "gnm" : "gmn"), "f32")};
        c.source.epilogue =
            "%y = arith.addf %acc, %a2 : f32\n kernel.yield %y : f32";
        EXPECT_TRUE(this->check(
            c, kind, draw.pick(TypeParam::expertSchedules(kind)), draw));
      });
}

/// Experts forward: the rows of a group, gathered or as they lie.
TYPED_TEST_P(ContractExtentCases, EveryExtentOfRaggedRowsAtOne) {
  this->checkRagged(/*seed=*/2, "m", "k");
}

/// Gradients of their weights: the depth of a group.
TYPED_TEST_P(ContractExtentCases, EveryExtentOfRaggedDepthAtOne) {
  this->checkRagged(/*seed=*/3, "k", "m");
}

/// Rows that begin anywhere, and operands that repeat along any dimension, in
/// shapes that would be copied in whole vectors: the gradient of a mean is the
/// same for all that was averaged.
TYPED_TEST_P(ContractExtentCases, RowsAnywhereAndRepeated) {
  Draw draw(4);
  const char *const lefts[] = {"gmk", "gkm", "mk", "gm", "gk",
                               "m",   "k",   "g",  ""};
  const char *const rights[] = {"gkn", "gnk", "kn", "gn", "gk",
                                "n",   "k",   "g",  ""};
  const std::pair<int64_t, int64_t> pads[] = {
      {0, 0}, {8, 8}, {1, 0}, {3, 2}, {4, 4}};
  for (Kind kind : {Kind::F32, Kind::BF16, Kind::Rounded}) {
    for (size_t l = 0; l < std::size(lefts); ++l)
      for (size_t r = 0; r < std::size(rights); ++r) {
        // Each pair in one way, each way with each operand.
        auto [leftPad, leftStart] = pads[(l + 2 * r) % std::size(pads)];
        auto [rightPad, rightStart] = pads[(2 * l + r) % std::size(pads)];
        DrawnContract c;
        c.source.dims = {2, 136, 40, 64};
        c.source.inputs = {
            layOut(c.axes(lefts[l]), typeOf(kind), leftPad, leftStart),
            layOut(c.axes(rights[r]), typeOf(kind), rightPad, rightStart)};
        c.source.outs = {layOut(c.axes("gmn"), "f32")};
        EXPECT_TRUE(this->check(
            c, kind, draw.pick(TypeParam::expertSchedules(kind)), draw));
      }
  }
}

/// Everything at once, drawn anew for each of many seeds.
TYPED_TEST_P(ContractExtentCases, RandomContractions) {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    Draw draw(seed);
    Kind kind = draw.pick<Kind>({Kind::F32, Kind::BF16, Kind::Rounded});
    const char *type = typeOf(kind);
    DrawnContract c;
    ContractSource &s = c.source;
    bool grouped = draw.oneIn(2);
    int64_t ragged = grouped ? draw.below(3) : 0; // none, m, k
    int64_t points = 1;
    if (grouped)
      s.dims = {draw.extent(ragged ? 40 : 5)};
    for (int d = 0; d < 3; ++d) {
      s.dims.push_back(draw.extent(400000 / points));
      points *= s.dims.back();
    }
    bool gatherLeft = draw.oneIn(4), gatherRight = draw.oneIn(6);
    int64_t leftRows = draw.extent(31), rightRows = draw.extent(31);
    auto factor = [&](bool gathered, int64_t rows, const std::string &all,
                      const std::string &in) {
      if (!gathered)
        return draw.operand(draw.some(c.axes(all), 6), type);
      int64_t pad = draw.oneIn(3) ? 3 : 0;
      return layOutRows(rows, draw.some(c.axes(in), 6), type, pad, pad / 2);
    };
    bool depthLeft = draw.oneIn(2), depthRight = draw.oneIn(2);
    s.inputs = {factor(gatherLeft, leftRows, "gmk", depthLeft ? "m" : "k"),
                factor(gatherRight, rightRows, "gkn", depthRight ? "n" : "k")};
    if (gatherLeft)
      c.gather(0, draw.turned(c.axes(depthLeft ? "gk" : "gm")), leftRows);
    if (gatherRight)
      c.gather(1, draw.turned(c.axes(depthRight ? "gk" : "gn")), rightRows);
    if (ragged)
      c.makeRagged(ragged == 1 ? 1 : 3);
    unsigned bias = s.inputs.size();
    s.inputs.push_back(draw.operand(draw.some(c.axes("gmn"), 3), "f32"));
    std::string stored = ragged == 1 ? "mn" : "gmn";
    s.outs = {draw.operand(draw.turned(c.axes(stored)), "f32")};
    s.epilogue =
        "%i = kernel.index " +
        (draw.oneIn(2) ? std::to_string(draw.below(grouped + 2))
         : grouped ? "affine_map<(g, m, n) -> (g * 9 + m * 3 + n floordiv 2)>"
                   : "affine_map<(m, n) -> (m floordiv 3 + n * 5)>") +
        " : i32\n%f = arith.sitofp %i : i32 to f32\n"
        "%x = arith.addf %acc, %a" +
        std::to_string(bias) + " : f32\n%y = arith.addf %x, %f : f32\n";
    if (draw.oneIn(3)) {
      s.outs.push_back(draw.operand(draw.turned(c.axes(stored)), "bf16"));
      s.epilogue += "%t = arith.truncf %x : f32 to bf16\n"
                    "kernel.yield %y, %t : f32, bf16";
    } else {
      s.epilogue += "kernel.yield %y : f32";
    }
    std::vector<std::string> schedules = TypeParam::expertSchedules(kind);
    for (const std::string &one : TypeParam::schedules(kind))
      schedules.push_back(one);
    EXPECT_TRUE(this->check(c, kind, draw.pick(schedules), draw))
        << "seed " << seed;
  }
}

REGISTER_TYPED_TEST_SUITE_P(ContractExtentCases, EveryExtentAtOne,
                            EveryExtentOfRaggedRowsAtOne,
                            EveryExtentOfRaggedDepthAtOne,
                            RowsAnywhereAndRepeated, RandomContractions);

} // namespace moec::test

#endif // MOEC_TEST_PASSES_CODEGEN_CONTRACTEXTENTCASES_H
