//===- KernelBuilderTest.cpp - Iteration spaces and kernel ops ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The kernel op of each model op is in the .mlir tests of its lowering. Here:
// that the spaces visit every element once, for all kinds of shapes, and that
// the ops come out as asked for and valid.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelBuilder.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include <gtest/gtest.h>
#include <set>

using namespace mlir;
using namespace moec;
using namespace moec::kernel;

namespace {

using Index = std::vector<int64_t>;

class KernelBuilderTest : public ::testing::Test {
protected:
  KernelBuilderTest()
      : loc(UnknownLoc::get(&context)), module(ModuleOp::create(loc)),
        builder(&context) {
    context.loadDialect<kernel::KernelDialect, arith::ArithDialect,
                        math::MathDialect, tensor::TensorDialect>();
    builder.setInsertionPointToStart(module->getBody());
  }

  Value tensor(ArrayRef<int64_t> shape, Type element = {}) {
    return tensor::EmptyOp::create(builder, loc, shape,
                                   element ? element : builder.getF32Type());
  }

  /// The values of `exprs` at the point `at`.
  Index evaluate(ArrayRef<AffineExpr> exprs, ArrayRef<int64_t> at) {
    SmallVector<int64_t> values =
        AffineMap::get(at.size(), 0, exprs, &context).compose(at);
    return Index(values.begin(), values.end());
  }

  /// All points of a space, the last dimension fastest.
  static std::vector<Index> points(ArrayRef<int64_t> extents) {
    std::vector<Index> all = {{}};
    for (int64_t extent : extents) {
      std::vector<Index> longer;
      for (const Index &point : all)
        for (int64_t i = 0; i < extent; ++i) {
          longer.push_back(point);
          longer.back().push_back(i);
        }
      all = std::move(longer);
    }
    return all;
  }

  std::string print(Attribute attribute) {
    std::string text;
    llvm::raw_string_ostream(text) << attribute;
    return text;
  }

  MLIRContext context;
  Location loc;
  OwningOpRef<ModuleOp> module;
  OpBuilder builder;
};

/// The body that yields the argument `i`.
Body argument(unsigned i) {
  return [i](ScalarBuilder &, ValueRange arguments) {
    return SmallVector<Value>{arguments[i]};
  };
}

TEST_F(KernelBuilderTest, DelinearizeCountsRowMajor) {
  for (const Index &extents :
       {Index{2, 3, 4}, Index{7}, Index{1, 5}, Index{3, 1, 2}, Index{1, 1},
        Index{1, 2, 1, 3, 1}, Index{}}) {
    SmallVector<AffineExpr> exprs =
        delinearize(builder.getAffineDimExpr(0), extents);
    int64_t position = 0;
    for (const Index &point : points(extents))
      EXPECT_EQ(evaluate(exprs, {position++}), point);
  }
  // What the extent bounds anyway has no mod, which vectors could not follow.
  EXPECT_EQ(delinearize(builder.getAffineDimExpr(0), {6, 1})[0],
            builder.getAffineDimExpr(0));
  EXPECT_EQ(delinearize(builder.getAffineDimExpr(0), {1, 6, 4})[1],
            builder.getAffineDimExpr(0).floorDiv(4));
}

TEST_F(KernelBuilderTest, RowsVisitEachElementOnce) {
  struct Case {
    Index shape, axes, dims, rows;
  };
  for (const Case &each : {Case{{2, 3, 4}, {2}, {2, 3, 4}, {2, 3}},
                           Case{{2, 3, 4}, {0, 2}, {3, 8}, {3}},
                           Case{{2, 3, 4}, {0}, {3, 4, 2}, {3, 4}},
                           Case{{2, 3}, {0, 1}, {1, 6}, {}}, // one row of all
                           Case{{2, 3}, {}, {2, 3, 1}, {2, 3}}, // rows of one
                           Case{{}, {}, {1, 1}, {}}}) {
    RowSpace space = rowsOver(&context, each.shape, each.axes);
    EXPECT_EQ(Index(space.dims.begin(), space.dims.end()), each.dims);
    EXPECT_EQ(Index(space.shape.begin(), space.shape.end()), each.rows);
    EXPECT_EQ(space.dims.back(), space.extent);
    std::set<Index> visited;
    for (const Index &point : points(space.dims)) {
      Index element = evaluate(space.element, point);
      EXPECT_TRUE(visited.insert(element).second);
      // All elements of a row, and no others, belong to its value.
      EXPECT_EQ(evaluate(space.rowOfElement, element),
                evaluate(space.row, point));
    }
    std::vector<Index> all = points(each.shape);
    EXPECT_EQ(visited, std::set<Index>(all.begin(), all.end()));
  }
}

TEST_F(KernelBuilderTest, ScalarHasOnePoint) {
  EXPECT_EQ(elementSpace({}), SmallVector<int64_t>({1}));
  EXPECT_EQ(elementSpace({2, 3}), SmallVector<int64_t>({2, 3}));
  EXPECT_TRUE(identity(&context, 0).empty());
  EXPECT_EQ(evaluate(identity(&context, 3), {5, 6, 7}), Index({5, 6, 7}));
}

TEST_F(KernelBuilderTest, ReshapeUsesFewestViews) {
  auto steps = [&](ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
    Value start = tensor(from), value = reshape(builder, loc, start, to);
    EXPECT_EQ(cast<ShapedType>(value.getType()).getShape(), to);
    std::string text;
    while (value != start) {
      text.insert(0, isa<tensor::CollapseShapeOp>(value.getDefiningOp())
                         ? "collapse "
                         : "expand ");
      value = value.getDefiningOp()->getOperand(0);
    }
    return text;
  };
  EXPECT_EQ(steps({2, 3}, {2, 3}), "");
  EXPECT_EQ(steps({2, 3, 4}, {6, 4}), "collapse ");
  EXPECT_EQ(steps({6, 4}, {2, 3, 4}), "expand ");
  EXPECT_EQ(steps({1, 1}, {}), "collapse ");
  EXPECT_EQ(steps({}, {1}), "expand ");
  // No grouping of axes: by way of one axis, from any rank to any rank.
  EXPECT_EQ(steps({4, 6}, {3, 8}), "collapse expand ");
  EXPECT_EQ(steps({2, 3, 4}, {4, 6}), "collapse expand ");
  EXPECT_EQ(steps({6, 4}, {3, 2, 2, 2}), "expand ");
  EXPECT_TRUE(succeeded(verify(*module)));
}

TEST_F(KernelBuilderTest, MapHasGathersAndRaggedRows) {
  Type i32 = builder.getI32Type();
  KernelSpec spec(loc, {4, 16, 8});
  AffineExpr group = spec.dim(0), row = spec.dim(1), column = spec.dim(2);
  unsigned offsets = spec.input(tensor({5}, i32), {group});
  unsigned rows = spec.input(tensor({16}, i32), {row});
  unsigned data = spec.input(tensor({32, 8}),
                             {builder.getAffineConstantExpr(0), column}, rows);
  spec.ragged(1, offsets);
  spec.result(builder, {16, 8}, {row, column});
  ValueRange results = spec.map(builder, argument(data));
  ASSERT_EQ(results.size(), 1u);
  auto op = cast<kernel::MapOp>(results.front().getDefiningOp());
  EXPECT_EQ(results.front().getType(),
            RankedTensorType::get({16, 8}, builder.getF32Type()));
  EXPECT_EQ(op.getGathers(), ArrayRef<int32_t>({-1, -1, 1}));
  EXPECT_EQ(op.getRaggedDim(), std::optional<uint64_t>(1));
  EXPECT_EQ(op.getOffsets(), std::optional<uint64_t>(offsets));
  EXPECT_TRUE(op.getOuts().front().getDefiningOp<tensor::EmptyOp>());
  EXPECT_TRUE(succeeded(verify(*module)));
}

TEST_F(KernelBuilderTest, NoGatherIsNoList) {
  KernelSpec spec(loc, {8});
  spec.input(tensor({8}), {spec.dim(0)});
  Value init = tensor({8});
  spec.resultInto(init, {spec.dim(0)});
  auto op = cast<kernel::MapOp>(
      spec.map(builder, argument(0)).front().getDefiningOp());
  EXPECT_TRUE(op.getGathers().empty());
  EXPECT_FALSE(op.getRaggedDim() || op.getOffsets());
  EXPECT_EQ(op.getOuts().front(), init);
  EXPECT_TRUE(succeeded(verify(*module)));
}

TEST_F(KernelBuilderTest, LaterPhasesSeeEarlierValues) {
  KernelSpec spec(loc, {4, 8});
  spec.input(tensor({4, 8}), {spec.dim(0), spec.dim(1)});
  spec.result(builder, {4}, {spec.dim(0)});
  spec.result(builder, {4, 8}, {spec.dim(0), spec.dim(1)});
  std::vector<unsigned> seen;
  auto noting = [&](unsigned results) -> Body {
    return [&seen, results](ScalarBuilder &, ValueRange arguments) {
      seen.push_back(arguments.size());
      return SmallVector<Value>(results, arguments.back());
    };
  };
  auto op = cast<kernel::RowsOp>(spec.rows(builder,
                                           {{kernel::Combiner::Max, noting(2)},
                                            {kernel::Combiner::Add, noting(1)}},
                                           noting(1), noting(1))
                                     .front()
                                     .getDefiningOp());
  // The input; then the two values of the first phase; then that of the second.
  EXPECT_EQ(seen, (std::vector<unsigned>{1, 3, 4, 4}));
  EXPECT_EQ(print(op.getCombiners()),
            "[#kernel.combiner<max>, #kernel.combiner<add>]");
  EXPECT_TRUE(succeeded(verify(*module)));
}

TEST_F(KernelBuilderTest, RowsNeedNotStoreElements) {
  KernelSpec spec(loc, {4, 8});
  spec.input(tensor({4, 8}), {spec.dim(0), spec.dim(1)});
  spec.result(builder, {4}, {spec.dim(0)});
  auto op = cast<kernel::RowsOp>(
      spec.rows(builder, {{kernel::Combiner::Add, argument(0)}}, argument(1))
          .front()
          .getDefiningOp());
  EXPECT_EQ(op.getEmit().front().getTerminator()->getNumOperands(), 0u);
  EXPECT_TRUE(succeeded(verify(*module)));
}

TEST_F(KernelBuilderTest, ContractMultipliesItsFirstTwoInputs) {
  KernelSpec spec(loc, {4, 5, 6});
  AffineExpr m = spec.dim(0), n = spec.dim(1), k = spec.dim(2);
  spec.input(tensor({4, 6}), {m, k});
  spec.input(tensor({6, 5}), {k, n});
  spec.input(tensor({5}), {n});
  spec.result(builder, {4, 5}, {m, n});
  auto op = cast<kernel::ContractOp>(
      spec.contract(builder,
                    [](ScalarBuilder &b, ValueRange arguments) {
                      return SmallVector<Value>{
                          b.add(arguments[3], arguments[2])};
                    })
          .front()
          .getDefiningOp());
  auto yields = [](Region &region) {
    return region.front().getTerminator()->getOperand(0);
  };
  EXPECT_EQ(yields(op.getLhs()), op.getLhs().getArgument(0));
  EXPECT_EQ(yields(op.getRhs()), op.getRhs().getArgument(1));
  EXPECT_EQ(op.getEpilogue().getNumArguments(), 4u);
  EXPECT_TRUE(succeeded(verify(*module)));
}

TEST_F(KernelBuilderTest, ScalarConstants) {
  ScalarBuilder scalars(builder, loc);
  auto attribute = [](Value value) {
    return value.getDefiningOp<arith::ConstantOp>().getValue();
  };
  // A multiplier of Philox4x32 (Salmon et al., SC 2011), above 2^31.
  EXPECT_EQ(cast<IntegerAttr>(attribute(scalars.constantI32(0xD2511F53)))
                .getValue()
                .getZExtValue(),
            0xD2511F53u);
  EXPECT_EQ(cast<IntegerAttr>(attribute(scalars.constantI32(-1))).getInt(), -1);
  EXPECT_EQ(attribute(scalars.constant(0.1)), builder.getF32FloatAttr(0.1f));
}

} // namespace
