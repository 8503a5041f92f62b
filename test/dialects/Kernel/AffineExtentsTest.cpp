//===- AffineExtentsTest.cpp - What extents tell about expressions --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/AffineExtents.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/MLIRContext.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace moec::kernel;

namespace {

using Extents = std::vector<int64_t>;

class AffineExtentsTest : public testing::Test {
protected:
  MLIRContext context{MLIRContext::Threading::DISABLED};

  /// Dims are called d0 to d3.
  AffineExpr expr(const std::string &text) {
    std::string map = "affine_map<(d0, d1, d2, d3) -> (" + text + ")>";
    return cast<AffineMapAttr>(parseAttribute(map, &context))
        .getValue()
        .getResult(0);
  }
};

std::string str(AffineExpr expr) {
  std::string text;
  llvm::raw_string_ostream(text) << expr;
  return text;
}

TEST_F(AffineExtentsTest, RangeOfEveryKind) {
  struct Case {
    const char *expr;
    int64_t low, high;
  };
  for (const Case &c :
       {Case{"d0", 0, 9}, Case{"d3", 0, 0}, Case{"-7", -7, -7},
        Case{"d0 + d1 * 10", 0, 49}, Case{"d1 - d0", -9, 4},
        Case{"d0 * -3", -27, 0}, Case{"d0 mod 16", 0, 9},
        Case{"d0 mod 4", 0, 3}, Case{"(d0 - 1) mod 16", 0, 15},
        Case{"(d0 + 3) floordiv 4", 0, 3}, Case{"(d0 - 5) floordiv 4", -2, 1},
        Case{"(d0 - 5) ceildiv 4", -1, 1}}) {
    ExprRange range = rangeOf(expr(c.expr), {10, 5, 3, 1});
    EXPECT_EQ(range.low, c.low) << c.expr;
    EXPECT_EQ(range.high, c.high) << c.expr;
  }
  // A loop of no steps at all.
  EXPECT_EQ(rangeOf(expr("d0"), {0, 1, 1, 1}).high, 0);
}

TEST_F(AffineExtentsTest, SlopeOfEvenSteps) {
  EXPECT_EQ(getSlope(expr("d0 * 12 + d1 * 3 - d2"), 0), 12);
  EXPECT_EQ(getSlope(expr("(d0 + d1) * 2 + d0"), 0), 3);
  EXPECT_EQ(getSlope(expr("d0 floordiv 4 + d1"), 1), 1);
  EXPECT_EQ(getSlope(expr("d0 floordiv 4 + d1"), 3), 0);
  EXPECT_EQ(getSlope(expr("d0 floordiv 4 + d1"), 0), std::nullopt);
  EXPECT_EQ(getSlope(expr("(d0 mod 4) * 0 + d1"), 1), 1);
  // What a division grows by may be known by others.
  auto five = [](AffineBinaryOpExpr) { return std::optional<int64_t>(5); };
  EXPECT_EQ(getSlope(expr("(d0 mod 4) * 3 + d0"), 0, five), 16);
}

TEST_F(AffineExtentsTest, SimplifiesWhatTheExtentsAllow) {
  struct Case {
    const char *from;
    Extents dims;
    const char *to;
  };
  const Case cases[] = {
      // A dimension of one step is 0.
      {"d0 * 96 + d1", {1, 96, 1, 1}, "d1"},
      {"d0 floordiv 7 + d1", {1, 96, 1, 1}, "d1"},
      // Division and remainder of what is too small for them.
      {"d0 mod 10", {10, 1, 1, 1}, "d0"},
      {"d0 floordiv 10", {10, 1, 1, 1}, "0"},
      {"(d0 + 1) mod 10", {9, 1, 1, 1}, "d0 + 1"},
      // Parts that the divisor divides leave the division.
      {"(d0 * 10 + d1) floordiv 10", {5, 10, 1, 1}, "d0"},
      {"(d0 * 10 + d1) mod 10", {5, 10, 1, 1}, "d1"},
      {"(d0 * 20 + d1) floordiv 10", {5, 20, 1, 1}, "d0 * 2 + d1 floordiv 10"},
      {"(d0 * 20 + d1) mod 10", {5, 20, 1, 1}, "d1 mod 10"},
      // Remainder and division of the same join.
      {"(d0 floordiv 49) * 49 + d0 mod 49", {196, 1, 1, 1}, "d0"},
      {"(d0 floordiv 49) * 4704 + (d0 mod 49) * 96 + d1",
       {196, 96, 1, 1},
       "d1 + d0 * 96"},
      {"(d0 mod 49) * 96 + (d0 floordiv 49) * 4704 + d1",
       {196, 96, 1, 1},
       "d1 + d0 * 96"},
      // Through three levels, as of an image.
      {"(d0 floordiv 28) * 28 + ((d0 mod 28) floordiv 4) * 4 + d0 mod 4",
       {784, 1, 1, 1},
       "d0"},
      // Nested divisions.
      {"(d0 floordiv 4) floordiv 7", {784, 1, 1, 1}, "d0 floordiv 28"},
      {"(d0 mod 28) floordiv 4", {784, 1, 1, 1}, "(d0 floordiv 4) mod 7"},
      {"(d0 mod 28) mod 4", {784, 1, 1, 1}, "d0 mod 4"},
      // And what remains of them within the extents.
      {"(d0 mod 28) floordiv 4", {28, 1, 1, 1}, "d0 floordiv 4"},
      {"(d0 floordiv 4) mod 7", {28, 1, 1, 1}, "d0 floordiv 4"},
  };
  for (const Case &c : cases)
    EXPECT_EQ(str(simplifyWithExtents(expr(c.from), c.dims)), c.to) << c.from;
}

TEST_F(AffineExtentsTest, LeavesWhatTheExtentsDoNotAllow) {
  struct Case {
    const char *expr;
    Extents dims;
  };
  const Case cases[] = {
      // One step more than fits.
      {"d0 mod 10", {11, 1, 1, 1}},
      {"d0 floordiv 10", {11, 1, 1, 1}},
      {"(d0 + 1) mod 10", {10, 1, 1, 1}},
      // Another factor than the divisor's, another divisor, another operand.
      {"(d0 floordiv 7) * 8 + d0 mod 7", {49, 1, 1, 1}},
      {"(d0 floordiv 7) * 7 + d0 mod 6", {49, 1, 1, 1}},
      {"(d1 floordiv 7) * 7 + d0 mod 7", {49, 49, 1, 1}},
      // A remainder of less than the inner one does not see past it.
      {"(d0 mod 6) mod 4", {49, 1, 1, 1}},
      {"(d0 mod 6) floordiv 4", {49, 1, 1, 1}},
      {"d0 ceildiv 4", {49, 1, 1, 1}},
  };
  for (const Case &c : cases) {
    AffineExpr before = expr(c.expr);
    AffineExpr after = simplifyWithExtents(before, c.dims);
    // Terms may change places.
    EXPECT_EQ(simplifyAffineExpr(after - before, 4, 0),
              getAffineConstantExpr(0, &context))
        << c.expr << " became " << str(after);
  }
}

} // namespace
