//===- LowerAttendTest.cpp - Compiled attention against its meaning -------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelHarness.h"
#include "test/passes/Codegen/KernelSource.h"

using namespace moec::test;

namespace {

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

testing::AssertionResult holds(const AttendSource &source,
                               const std::string &text) {
  KernelHarness harness(text, "moec-assign-schedule");
  harness.randomize();
  auto result = harness.check(2e-5);
  return result ? result : result << "\n" << source.str();
}
testing::AssertionResult holds(const AttendSource &source) {
  return holds(source, source.str());
}

const int64_t extents[][4] = {
    {1, 1, 1, 1},     {1, 64, 197, 64}, {197, 64, 1, 64}, {7, 5, 11, 3},
    {16, 16, 16, 16}, {49, 24, 49, 24}, {13, 33, 50, 17}, {50, 32, 31, 32},
    {5, 1, 300, 1},   {3, 70, 257, 9},
};

TEST(LowerAttendTest, ExtentsAndTypes) {
  for (auto [s, e, t, d] : extents)
    for (Kind kind : {Kind::F32, Kind::BF16, Kind::Rounded})
      EXPECT_TRUE(holds({1, 2, 1, s, e, t, d, kind}));
}

TEST(LowerAttendTest, LayoutsAndSharedHeads) {
  for (auto [s, e, t, d] : extents)
    for (auto layout : {AttendSource::Joined, AttendSource::Transposed})
      for (int64_t shared : {1, 4}) {
        AttendSource source{2, 4, shared, s, e, t, d};
        source.layout = layout;
        EXPECT_TRUE(holds(source));
      }
}

/// Blocks of keys of every size: the maximum and the total so far, and what was
/// summed up with them.
TEST(LowerAttendTest, SchedulesAndStatistic) {
  for (auto [s, e, t, d] : extents)
    for (const char *schedule :
         {"tile = [1, 1], micro = [1, 1]", "tile = [6, 16], micro = [3, 16]",
          "tile = [14, 48], micro = [7, 48]",
          "tile = [28, 64], micro = [14, 32]",
          "tile = [1000, 1000], micro = [6, 64]"})
      for (bool both : {false, true}) {
        AttendSource source{1, 2, 1, s, e, t, d};
        source.statistic = source.residual = both;
        source.schedule = schedule;
        EXPECT_TRUE(holds(source));
      }
}

/// AVX2 and NEON: narrower vectors, fewer registers.
TEST(LowerAttendTest, NarrowVectors) {
  for (auto [lanes, registers] : {std::pair(8, 16), {4, 32}})
    for (auto [s, e, t, d] : extents) {
      AttendSource source{1, 2, 1, s, e, t, d};
      source.statistic = true;
      EXPECT_TRUE(holds(source, onCpu(lanes, registers, source.str())));
    }
}

/// Scores far from each other and from 0, which exp alone would not survive;
/// the largest stands in the first, a middle or the last block of keys.
TEST(LowerAttendTest, LargeScores) {
  for (int64_t largest : {0, 20, 52}) {
    AttendSource source{1, 1, 1, 3, 8, 53, 4};
    source.statistic = true;
    source.schedule = "tile = [3, 16], micro = [3, 16]";
    KernelHarness harness(source.str());
    harness.randomize();
    for (int64_t i = 0; i < 3 * 4; ++i)
      harness.data<float>(0)[i] = 30;
    for (int64_t i = 0; i < 53 * 4; ++i)
      harness.data<float>(1)[i] = i / 4 == largest ? 20 : i % 7 - 9;
    EXPECT_TRUE(harness.check(2e-5)) << largest;
  }
}

/// Keys and values that do not fit into a thread's scratch are packed for each
/// block of rows.
TEST(LowerAttendTest, KeysPackedForEachBlock) {
  AttendSource source{1, 1, 1, 3, 2, 4200, 500};
  source.schedule = "tile = [2, 256], micro = [2, 32]";
  EXPECT_TRUE(holds(source));
}

} // namespace
