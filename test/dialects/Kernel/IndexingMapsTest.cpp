//===- IndexingMapsTest.cpp - Maps seen through views ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/IndexingMaps.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace moec::kernel;

namespace {

class IndexingMapsTest : public ::testing::Test {
protected:
  IndexingMapsTest() {
    context.loadDialect<func::FuncDialect, tensor::TensorDialect>();
  }

  AffineMap map(const std::string &text) {
    auto attribute = dyn_cast_or_null<AffineMapAttr>(
        parseAttribute("affine_map<" + text + ">", &context));
    EXPECT_TRUE(bool(attribute)) << text;
    return attribute.getValue();
  }

  /// Simplifies and, so that nothing wrong passes, compares all points. As
  /// MLIR prints it.
  std::string simplified(const std::string &text, ArrayRef<int64_t> extents) {
    AffineMap before = map(text), after = simplifyMap(before, extents);
    SmallVector<int64_t> point(extents.size(), 0);
    while (true) {
      EXPECT_EQ(before.compose(point), after.compose(point)) << text;
      int64_t d = extents.size() - 1;
      while (d >= 0 && ++point[d] == extents[d])
        point[d--] = 0;
      if (d < 0)
        break;
    }
    std::string printed;
    llvm::raw_string_ostream(printed) << after;
    return printed;
  }

  /// The value that the function `body` returns; its argument is %x.
  Value returned(const std::string &argument, const std::string &body) {
    module = parseSourceString<ModuleOp>("func.func @f(%x: " + argument +
                                             ") {\n" + body + "\nreturn }",
                                         &context);
    EXPECT_TRUE(bool(module));
    Block &block = (*module->getOps<func::FuncOp>().begin()).getBody().front();
    if (block.without_terminator().empty())
      return block.getArgument(0);
    return std::prev(block.getTerminator()->getIterator())->getResult(0);
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_F(IndexingMapsTest, DivisionByMoreThanTheRangeGoes) {
  EXPECT_EQ(simplified("(b, s) -> ((b * 7 + s) floordiv 7, (b * 7 + s) mod 7)",
                       {3, 7}),
            "(d0, d1) -> (d0, d1)");
  EXPECT_EQ(simplified("(i) -> (i floordiv 8, i mod 8)", {8}),
            "(d0) -> (0, d0)");
  // One more, and they stay.
  EXPECT_EQ(simplified("(i) -> (i floordiv 8, i mod 8)", {9}),
            "(d0) -> (d0 floordiv 8, d0 mod 8)");
  // Parts of parts.
  EXPECT_EQ(simplified("(a, b, c) -> ((a * 20 + (b * 5 + c)) floordiv 20, ((a "
                       "* 20 + (b * 5 + c)) mod 20) floordiv 5)",
                       {3, 4, 5}),
            "(d0, d1, d2) -> (d0, d1)");
}

TEST_F(IndexingMapsTest, UnitExtentsAreAtZero) {
  EXPECT_EQ(simplified("(i, j) -> (i, j, i + j)", {1, 4}),
            "(d0, d1) -> (0, d1, d1)");
}

TEST_F(IndexingMapsTest, NegativeRangesStay) {
  // -1 floordiv 4 is -1.
  EXPECT_EQ(simplified("(i) -> ((i - 1) floordiv 4)", {4}),
            "(d0) -> ((d0 - 1) floordiv 4)");
  EXPECT_EQ(simplified("(i) -> ((3 - i) floordiv 4, (3 - i) mod 4)", {4}),
            "(d0) -> (0, -d0 + 3)");
}

TEST_F(IndexingMapsTest, RootsAreBehindReshapesOnly) {
  std::string expand =
      "%a = tensor.expand_shape %x [[0, 1], [2]] output_shape [2, 3, 4] : "
      "tensor<6x4xf32> into tensor<2x3x4xf32>\n";
  Value both =
      returned("tensor<6x4xf32>",
               expand + "%b = tensor.collapse_shape %a [[0], [1, 2]] : "
                        "tensor<2x3x4xf32> into tensor<2x12xf32>");
  EXPECT_TRUE(isa<BlockArgument>(getViewRoot(both)));
  Value slice = returned(
      "tensor<6x4xf32>",
      expand + "%b = tensor.extract_slice %a[0, 0, 0] [1, 3, 4] [1, 1, 1] : "
               "tensor<2x3x4xf32> to tensor<1x3x4xf32>");
  EXPECT_EQ(getViewRoot(slice), slice);
  EXPECT_TRUE(getViewMap(slice).isIdentity());
}

TEST_F(IndexingMapsTest, ViewMapsGoBothWays) {
  struct Case {
    std::string type, body;
    SmallVector<int64_t> root, view;
  };
  for (const Case &each :
       {Case{"tensor<6x4xf32>", "", {6, 4}, {6, 4}},
        Case{"tensor<6x4xf32>",
             "%a = tensor.expand_shape %x [[0, 1], [2]] output_shape [2, 3, 4] "
             ": tensor<6x4xf32> into tensor<2x3x4xf32>",
             {6, 4},
             {2, 3, 4}},
        Case{"tensor<2x3x4xf32>",
             "%a = tensor.collapse_shape %x [[0], [1, 2]] : tensor<2x3x4xf32> "
             "into tensor<2x12xf32>",
             {2, 3, 4},
             {2, 12}},
        Case{"tensor<4x6xf32>",
             "%a = tensor.collapse_shape %x [[0, 1]] : tensor<4x6xf32> into "
             "tensor<24xf32>\n%b = tensor.expand_shape %a [[0, 1]] "
             "output_shape [3, 8] : tensor<24xf32> into tensor<3x8xf32>",
             {4, 6},
             {3, 8}},
        Case{"tensor<f32>",
             "%a = tensor.expand_shape %x [] output_shape [1, 1] : "
             "tensor<f32> into tensor<1x1xf32>",
             {},
             {1, 1}},
        Case{"tensor<1x1xf32>",
             "%a = tensor.collapse_shape %x [] : tensor<1x1xf32> into "
             "tensor<f32>",
             {1, 1},
             {}}}) {
    Value view = returned(each.type, each.body);
    AffineMap toRoot = getViewMap(view), toView = getInverseViewMap(view);
    // The same place counted in the order of memory, and back.
    auto place = [](ArrayRef<int64_t> point, ArrayRef<int64_t> shape) {
      int64_t at = 0;
      for (auto [i, extent] : llvm::zip(point, shape))
        at = at * extent + i;
      return at;
    };
    int64_t elements = 1;
    for (int64_t extent : each.view)
      elements *= extent;
    for (int64_t at = 0; at < elements; ++at) {
      SmallVector<int64_t> point(each.view.size());
      int64_t rest = at;
      for (int64_t d = each.view.size() - 1; d >= 0; --d) {
        point[d] = rest % each.view[d];
        rest /= each.view[d];
      }
      auto inRoot = toRoot.compose(point);
      EXPECT_EQ(place(inRoot, each.root), at) << each.body;
      EXPECT_EQ(toView.compose(inRoot), point) << each.body;
    }
  }
}

TEST_F(IndexingMapsTest, UnitStrideIsADimOfTheLastAxisAlone) {
  EXPECT_EQ(getUnitStrideDim(map("(i, j) -> (i, j)")), 1u);
  EXPECT_EQ(getUnitStrideDim(map("(i, j) -> (j, i)")), 0u);
  EXPECT_EQ(getUnitStrideDim(map("(i, j) -> (0, i)")), 0u);
  EXPECT_EQ(getUnitStrideDim(map("(i, j) -> (i, j + 8)")), 1u);
  EXPECT_EQ(getUnitStrideDim(map("(i, j) -> (i * 64 + j + 384)")), 1u);
  EXPECT_EQ(getUnitStrideDim(map("(i, j) -> (i mod 2, i floordiv 2 + j)")), 1u);
  for (const char *none :
       {"(i) -> (i, i)", "(i, j) -> (i + j, j, i)", "(i) -> (i * 2)",
        "(i) -> (i + i mod 2)", "(i) -> (i floordiv 2)", "(i) -> (0)",
        "(i) -> ()", "(i) -> (i, 0)"})
    EXPECT_EQ(getUnitStrideDim(map(none)), std::nullopt) << none;
}

TEST_F(IndexingMapsTest, VectorsFollowUnitStrideOrStay) {
  EXPECT_TRUE(isVectorFriendly(map("(i, j) -> (i, j)"), 1));
  EXPECT_FALSE(isVectorFriendly(map("(i, j) -> (i, j)"), 0));
  EXPECT_TRUE(isVectorFriendly(map("(i, j) -> (i)"), 1));
  EXPECT_FALSE(isVectorFriendly(map("(i, j) -> (j * 2)"), 1));
  EXPECT_TRUE(isVectorFriendly(map("(i, j) -> ()"), 1));
}

} // namespace
