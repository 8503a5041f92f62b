//===- AddressExprTest.cpp - What extents tell about addresses ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/AddressExpr.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinOps.h"
#include "test/passes/Codegen/KernelReference.h"
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace moec::codegen;
using moec::test::evaluateExpr;

namespace {

using Extents = std::vector<int64_t>;

class AddressExprTest : public testing::Test {
protected:
  MLIRContext context{MLIRContext::Threading::DISABLED};

  /// Dims are called d0 to d3.
  AffineMap map(const std::string &results) {
    std::string text = "affine_map<(d0, d1, d2, d3) -> (" + results + ")>";
    return cast<AffineMapAttr>(parseAttribute(text, &context)).getValue();
  }
  AffineExpr expr(const std::string &text) { return map(text).getResult(0); }
};

std::string str(AffineExpr expr) {
  std::string text;
  llvm::raw_string_ostream(text) << expr;
  return text;
}

/// Calls `visit` with every point of the space, d0 outermost.
template <typename Visit> void forEachPoint(const Extents &dims, Visit visit) {
  Extents point(dims.size(), 0);
  for (;;) {
    visit(point);
    size_t d = dims.size();
    while (d > 0 && ++point[d - 1] >= dims[d - 1])
      point[--d] = 0;
    if (d == 0)
      return;
  }
}

TEST_F(AddressExprTest, LinearizesRowMajor) {
  auto address = [&](const std::string &results, const Extents &shape,
                     const Extents &dims) {
    return str(linearizeAccess(map(results), shape, dims));
  };
  EXPECT_EQ(
      address("d0 floordiv 49, d0 mod 49, d1", {4, 49, 96}, {196, 96, 1, 1}),
      "d1 + d0 * 96");
  EXPECT_EQ(address("d1, d0", {5, 7}, {7, 5, 1, 1}), "d1 * 7 + d0");
  EXPECT_EQ(address("0, d0", {12, 8}, {8, 1, 1, 1}), "d0");
  EXPECT_EQ(address("d0 + 3", {9}, {6, 1, 1, 1}), "d0 + 3");
  EXPECT_EQ(address("", {}, {6, 1, 1, 1}), "0");
  // Patches of 4x4 of an image of 28x28, flattened.
  EXPECT_EQ(address("d0, (d1 floordiv 7) * 4 + d2 floordiv 4, "
                    "(d1 mod 7) * 4 + d2 mod 4, 0",
                    {2, 28, 28, 1}, {2, 49, 16, 1}),
            "d0 * 784 + (d1 floordiv 7) * 112 + (d2 floordiv 4) * 28 + "
            "(d1 mod 7) * 4 + d2 mod 4");
}

TEST_F(AddressExprTest, KindsOfLanes) {
  struct Case {
    const char *address;
    int64_t alignment;
    LaneKind kind;
    int64_t stride;
  };
  // Along d0.
  const Case cases[] = {
      {"d1 * 8", 1, LaneKind::Invariant, 0},
      {"d0 + d1 * 8", 1, LaneKind::Unit, 1},
      {"d0 * 8 + d1", 1, LaneKind::Strided, 8},
      {"d1 - d0", 1, LaneKind::Strided, -1},
      {"d0 - d0 * 2 + d1", 1, LaneKind::Strided, -1},
      {"d0 floordiv 16", 1, LaneKind::Irregular, 0},
      {"d0 mod 16", 1, LaneKind::Irregular, 0},
      // A vector of 16 from a multiple of 16 does not cross a multiple of 32.
      {"d0 mod 32", 16, LaneKind::Chunked, 1},
      {"d0 floordiv 32", 16, LaneKind::Chunked, 0},
      {"(d0 floordiv 32) * 100 + d0 mod 32 + d1", 16, LaneKind::Chunked, 1},
      {"(d0 mod 32) * 2", 16, LaneKind::Irregular, 0},
      // But it may cross one of 24, and the rest of a sum.
      {"d0 mod 24", 16, LaneKind::Irregular, 0},
      {"(d0 + d1) mod 32", 16, LaneKind::Irregular, 0},
      {"(d0 * 2) mod 32", 16, LaneKind::Irregular, 0},
      // Rounding up changes right behind the multiple.
      {"d0 ceildiv 16", 16, LaneKind::Irregular, 0},
  };
  for (const Case &c : cases) {
    LaneInfo lane = analyzeLane(expr(c.address), 0, c.alignment);
    EXPECT_EQ(int(lane.kind), int(c.kind)) << c.address;
    EXPECT_EQ(lane.stride, c.stride) << c.address;
  }
}

/// Emitted code, evaluated: index, i32 and vectors of it.
class ExpandTest : public AddressExprTest {
protected:
  ExpandTest() { context.loadDialect<arith::ArithDialect>(); }

  /// The ops of the expression, "divui muli"; the dims are arguments of `type`.
  std::string opsOf(const std::string &text, const Extents &dims,
                    Type type = {}) {
    OwningOpRef<ModuleOp> module(ModuleOp::create(UnknownLoc::get(&context)));
    OpBuilder b(module->getBodyRegion());
    type = type ? type : b.getIndexType();
    Block block;
    for (size_t i = 0; i < dims.size(); ++i)
      block.addArgument(type, b.getUnknownLoc());
    b.setInsertionPointToStart(&block);
    Value result = expandExpr(b, b.getUnknownLoc(), expr(text),
                              block.getArguments(), dims, type);
    EXPECT_EQ(result.getType(), type);
    std::string ops;
    for (Operation &op : block)
      if (!isa<arith::ConstantOp>(op))
        ops += (ops.empty() ? "" : " ") + op.getName().stripDialect().str();
    block.dropAllReferences();
    return ops;
  }
};

TEST_F(ExpandTest, DividesUnsignedWhereNothingIsNegative) {
  const Extents dims = {10, 5, 3, 1};
  EXPECT_EQ(opsOf("d0", dims), "");
  EXPECT_EQ(opsOf("5", dims), "");
  EXPECT_EQ(opsOf("d0 * 96 + d1", dims), "muli addi");
  EXPECT_EQ(opsOf("d0 floordiv 4", dims), "divui");
  EXPECT_EQ(opsOf("d0 mod 4", dims), "remui");
  EXPECT_EQ(opsOf("(d0 - 1) floordiv 4", dims), "addi floordivsi");
  EXPECT_EQ(opsOf("(d0 - 1) mod 4", dims), "addi floordivsi muli subi");
  EXPECT_EQ(opsOf("d0 ceildiv 4", dims), "ceildivsi");
  OpBuilder b(&context);
  Type i32 = b.getI32Type();
  EXPECT_EQ(opsOf("d0 floordiv 4 + d1 * 2", dims, i32), "divui muli addi");
  EXPECT_EQ(opsOf("d0 mod 4", dims, VectorType::get({16}, i32)), "remui");
}

/// Sums, products and divisions at random: whatever is concluded must be true
/// at every point.
TEST_F(AddressExprTest, ConclusionsHoldAtEveryPoint) {
  std::mt19937 random(1);
  auto pick = [&](int64_t low, int64_t high) {
    return low + int64_t(random() % (high - low + 1));
  };
  int64_t changed = 0, regular = 0;
  for (int round = 0; round < 4000; ++round) {
    Extents dims;
    for (int d = 0; d < 3; ++d)
      dims.push_back(pick(0, 3) ? pick(2, 13) : 1);
    std::vector<AffineExpr> pool;
    for (int d = 0; d < 3; ++d)
      pool.push_back(getAffineDimExpr(d, &context));
    for (int step = pick(1, 8); step-- > 0;) {
      AffineExpr x = pool[pick(0, pool.size() - 1)];
      AffineExpr y = pool[pick(0, pool.size() - 1)];
      // Divisors that divide each other are frequent.
      int64_t c = int64_t(1) << pick(0, 3);
      c *= pick(0, 1) ? 1 : 3;
      switch (pick(0, 5)) {
      case 0:
        pool.push_back(x + y);
        break;
      case 1:
        pool.push_back(x * (pick(0, 5) ? c : -c));
        break;
      case 2:
        pool.push_back(x % c);
        break;
      case 3:
        pool.push_back(x.floorDiv(c));
        break;
      case 4:
        // What a split dimension looks like.
        pool.push_back((x % c) * pick(1, 2) + x.floorDiv(c) * c);
        break;
      default:
        pool.push_back(pick(0, 3) ? x + pick(-3, 3) : x.ceilDiv(c));
      }
    }
    AffineExpr before = pool.back();
    AffineExpr after = moec::kernel::simplifyWithExtents(before, dims);
    moec::kernel::ExprRange range = moec::kernel::rangeOf(after, dims);
    changed += before != after;
    int64_t alignment = int64_t(1) << pick(0, 2);
    LaneInfo lane = analyzeLane(after, 2, alignment);
    regular += lane.kind != LaneKind::Irregular;
    int64_t wrong = 0;
    forEachPoint(dims, [&](const Extents &point) {
      int64_t value = evaluateExpr(after, point);
      wrong += value != evaluateExpr(before, point);
      wrong += value < range.low || value > range.high;
      if (lane.kind == LaneKind::Irregular || point[2] + 1 >= dims[2])
        return;
      // From one vector to the next a chunked address may jump.
      if (lane.kind == LaneKind::Chunked && (point[2] + 1) % alignment == 0)
        return;
      Extents next = point;
      ++next[2];
      wrong += evaluateExpr(after, next) - value != lane.stride;
    });
    ASSERT_EQ(wrong, 0) << str(before) << " became " << str(after)
                        << " for extents " << testing::PrintToString(dims)
                        << ", stride " << lane.stride << ", alignment "
                        << alignment;
  }
  // The expressions are worth looking at.
  EXPECT_GT(changed, 1000);
  EXPECT_GT(regular, 1000);
}

} // namespace
