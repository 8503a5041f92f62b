//===- RowSpaceTest.cpp - The loops that a row or map kernel becomes ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/RowSpace.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "test/passes/Codegen/KernelText.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace moec;
using namespace moec::codegen;
using moec::test::KernelText;
using moec::test::shape;

namespace {

class RowSpaceTest : public testing::Test {
protected:
  RowSpaceTest() {
    context.loadDialect<kernel::KernelDialect, func::FuncDialect,
                        memref::MemRefDialect, arith::ArithDialect,
                        math::MathDialect>();
  }

  RowSpace spaceOf(const KernelText &text) {
    module = parseSourceString<ModuleOp>(text.str(), &context);
    EXPECT_TRUE(module) << text.str();
    kernel::StructuredKernelOpInterface op;
    module->walk([&](kernel::StructuredKernelOpInterface k) { op = k; });
    OpBuilder b(op);
    auto operands = KernelOperands::create(b, op);
    EXPECT_TRUE(succeeded(operands));
    return RowSpace(op, *operands);
  }

  MLIRContext context{MLIRContext::Threading::DISABLED};
  OwningOpRef<ModuleOp> module;
};

/// The loops, "196 96r": r is reduced, ~ ragged.
std::string loops(const RowSpace &space) {
  std::string text;
  for (const LoopDim &dim : space.dims)
    text += (text.empty() ? "" : " ") + std::to_string(dim.extent) +
            (dim.reduction ? "r" : "") + (dim.ragged ? "~" : "");
  return text;
}
/// One address an operand: "d0 * 96 + d1; d1".
std::string list(ArrayRef<AffineExpr> exprs) {
  std::string text;
  llvm::raw_string_ostream os(text);
  llvm::interleave(exprs, os, "; ");
  return text;
}

const char *const copyBody = "kernel.yield %a0 : f32";

KernelText sum(KernelText text) {
  return text.phase("add", 1, copyBody)
      .finish("kernel.yield %v0 : f32")
      .emit("kernel.yield");
}

TEST_F(RowSpaceTest, JoinsWhatIsContiguousForAllOperands) {
  KernelText text("map", {4, 49, 96});
  text.in("4x49x96xf32", "d0, d1, d2")
      .out("4x49x96xf32", "d0, d1, d2")
      .body(copyBody);
  RowSpace space = spaceOf(text);
  EXPECT_EQ(loops(space), "18816");
  EXPECT_EQ(list(space.addresses()), "d0; d0");
  // The dimensions of the op can still be told.
  EXPECT_EQ(list(space.original),
            "d0 floordiv 4704; (d0 floordiv 96) mod 49; d0 mod 96");

  // A row that is the same for all images keeps the images apart, ...
  KernelText bias("map", {4, 49, 96});
  bias.in("4x49x96xf32", "d0, d1, d2")
      .in("49x96xf32", "d1, d2")
      .out("4x49x96xf32", "d0, d1, d2")
      .body(copyBody);
  space = spaceOf(bias);
  EXPECT_EQ(loops(space), "4 4704");
  EXPECT_EQ(list(space.addresses()), "d0 * 4704 + d1; d1; d0 * 4704 + d1");

  // ... and so does an operand of which only a part is used.
  KernelText part("map", {4, 49, 96});
  part.in("4x50x96xf32", "d0, d1 + 1, d2")
      .out("4x49x96xf32", "d0, d1, d2")
      .body(copyBody);
  space = spaceOf(part);
  EXPECT_EQ(loops(space), "4 4704");
  EXPECT_EQ(list(space.addresses()), "d0 * 4800 + d1 + 96; d0 * 4704 + d1");

  // Transposed, nothing is contiguous together.
  KernelText turned("map", {49, 96});
  turned.in("96x49xf32", "d1, d0").out("49x96xf32", "d0, d1").body(copyBody);
  EXPECT_EQ(loops(spaceOf(turned)), "49 96");
}

TEST_F(RowSpaceTest, JoinsOnlyLoopsOfOneSort) {
  // Rows and reduction stay apart, though all operands are contiguous.
  RowSpace space = spaceOf(KernelText("rows", {6, 7, 8})
                               .in("6x7x8xf32", "d0, d1, d2")
                               .out("6x7x8xf32", "d0, d1, d2")
                               .phase("add", 1, copyBody)
                               .finish("kernel.yield")
                               .emit("kernel.yield %v0 : f32"));
  EXPECT_EQ(loops(space), "42 8r");
  EXPECT_EQ(list(space.addresses()), "d1 + d0 * 8; d1 + d0 * 8");
}

TEST_F(RowSpaceTest, SplitsWhatIsDivided) {
  // Sums over images and channels: the reduction is two loops around a row.
  RowSpace space =
      spaceOf(sum(KernelText("rows", {49, 160})
                      .in("8x49x20xf32", "d1 floordiv 20, d0, d1 mod 20")
                      .out("49xf32", "d0")));
  EXPECT_EQ(loops(space), "49 8r 20r");
  EXPECT_EQ(list(space.addresses()), "d1 * 980 + d0 * 20 + d2; d0");
  EXPECT_EQ(list(space.original), "d0; d1 * 20 + d2");

  // Split and joined with what is contiguous to it: no trace is left.
  KernelText tokens("map", {196, 96});
  tokens.in("4x49x96xf32", "d0 floordiv 49, d0 mod 49, d1")
      .out("196x96xf32", "d0, d1")
      .body(copyBody);
  EXPECT_EQ(loops(spaceOf(tokens)), "18816");

  // Patches: rows and columns in them become loops of their own.
  KernelText patches("map", {49, 16});
  patches
      .in("28x28xf32", "(d0 floordiv 7) * 4 + d1 floordiv 4, "
                       "(d0 mod 7) * 4 + d1 mod 4")
      .out("49x16xf32", "d0, d1")
      .body(copyBody);
  space = spaceOf(patches);
  EXPECT_EQ(loops(space), "7 7 4 4");
  EXPECT_EQ(list(space.addresses()),
            "d0 * 112 + d2 * 28 + d1 * 4 + d3; d0 * 112 + d1 * 16 + d2 * 4 + "
            "d3");

  // A divisor that does not divide the extent stays where it is.
  KernelText odd("map", {10});
  odd.in("4xf32", "d0 floordiv 3").out("10xf32", "d0").body(copyBody);
  space = spaceOf(odd);
  EXPECT_EQ(loops(space), "10");
  EXPECT_EQ(list(space.addresses()), "d0 floordiv 3; d0");
}

TEST_F(RowSpaceTest, DropsLoopsOfOneStep) {
  KernelText text("map", {1, 5, 1});
  text.in("5x9xf32", "d1, d2").out("5xf32", "d1").body(copyBody);
  RowSpace space = spaceOf(text);
  EXPECT_EQ(loops(space), "5");
  EXPECT_EQ(list(space.addresses()), "d0 * 9; d0");
  EXPECT_EQ(list(space.original), "0; d0; 0");
  // A scalar has no loops; the vector loop is added.
  KernelText scalar("map", {});
  scalar.in("f32", "").out("f32", "").body(copyBody);
  space = spaceOf(scalar);
  EXPECT_EQ(loops(space), "");
  EXPECT_EQ(space.volume(), 1);
  EXPECT_EQ(space.chooseVectorDim(16), 0u);
  EXPECT_EQ(loops(space), "1");
}

TEST_F(RowSpaceTest, GatheredRowsMoveIrregularly) {
  KernelText text("map", {40, 6});
  text.in("9x6xf32", "0, d1")
      .in("40xi32", "d0")
      .out("40x6xf32", "d0, d1")
      .with("gathers [1, -1]")
      .body(copyBody);
  RowSpace space = spaceOf(text);
  EXPECT_EQ(loops(space), "40 6");
  EXPECT_EQ(space.operands[0].gather, 1);
  EXPECT_EQ(int(space.along(0, 0).kind), int(LaneKind::Irregular));
  EXPECT_EQ(int(space.along(0, 1).kind), int(LaneKind::Unit));
  EXPECT_EQ(int(space.along(1, 1).kind), int(LaneKind::Invariant));
  // The row numbers are read because the rows are, though no region asks for
  // them.
  EXPECT_TRUE(space.operands[1].used);
  EXPECT_TRUE(space.operands[1].perElement);
}

TEST_F(RowSpaceTest, TellsWhatIsReadOnceARow) {
  RowSpace space = spaceOf(KernelText("rows", {10, 8})
                               .in("10x8xf32", "d0, d1")
                               .in("10xf32", "d0")
                               .in("8xf32", "d1")
                               .in("10xf32", "d0")
                               .out("10xf32", "d0")
                               .out("10x8xf32", "d0, d1")
                               .phase("add", 1, copyBody)
                               .finish("%s = arith.addf %v0, %a1 : f32 "
                                       "kernel.yield %s : f32")
                               .emit("kernel.yield %a2 : f32"));
  std::string used, perElement;
  for (const OperandUse &operand : space.operands) {
    used += operand.used ? "+" : "-";
    perElement += operand.perElement ? "+" : "-";
  }
  // Phase, finish, emit, nothing; then the outs of finish and of emit.
  EXPECT_EQ(used, "+++---");
  EXPECT_EQ(perElement, "+-+--+");
}

TEST_F(RowSpaceTest, KeepsGroupsAndRaggedLoops) {
  KernelText text("map", {5, 70, 12});
  text.in("70x12xf32", "d1, d2")
      .in("5x12xf32", "d0, d2")
      .in("9xi32", "d0 + 2")
      .out("70x12xf32", "d1, d2")
      .with("ragged 1 by 2")
      .body(copyBody);
  RowSpace space = spaceOf(text);
  // Rows and columns are contiguous together, but the rows' bounds are not
  // known.
  EXPECT_EQ(loops(space), "5 70~ 12");
  EXPECT_EQ(space.raggedDim(), 1);
  // All groups together have 70 rows.
  EXPECT_EQ(space.volume(), 70 * 12);

  // One group is a group, too.
  KernelText one("map", {1, 70, 12});
  one.in("70x12xf32", "d1, d2")
      .in("2xi32", "d0")
      .out("70x12xf32", "d1, d2")
      .with("ragged 1 by 1")
      .body(copyBody);
  space = spaceOf(one);
  EXPECT_EQ(loops(space), "1 70~ 12");
}

TEST_F(RowSpaceTest, CountsWork) {
  auto work = [&](const std::string &body) {
    KernelText text("map", {100});
    text.in("100xf32", "d0").out("100xf32", "d0").body(body);
    return spaceOf(text).work();
  };
  EXPECT_EQ(work(copyBody), 100);
  // A function counts as 20 ops, a constant not at all; 16 ops take as long as
  // an element.
  EXPECT_EQ(work("%r = math.exp %a0 : f32 kernel.yield %r : f32"), 200);
  EXPECT_EQ(work("%r = math.exp %a0 : f32 %s = math.exp %r : f32 "
                 "kernel.yield %s : f32"),
            300);
  EXPECT_EQ(work("%r = math.absf %a0 : f32 kernel.yield %r : f32"), 100);
  std::string many, last = "%a0";
  for (int i = 0; i < 15; ++i) {
    std::string next = "%b" + std::to_string(i);
    many += "%c" + std::to_string(i) + " = arith.constant 1.0 : f32 " + next +
            " = arith.negf " + last + " : f32 ";
    last = next;
  }
  // 15 ops and the yield.
  EXPECT_EQ(work(many + "kernel.yield " + last + " : f32"), 200);
}

TEST_F(RowSpaceTest, PutsTheCheapestLoopInLanes) {
  // The loop of the chosen dimension, "96" or "6272r".
  auto chosen = [&](const KernelText &text) {
    RowSpace space = spaceOf(text);
    unsigned v = space.chooseVectorDim(16);
    return std::to_string(space.dims[v].extent) +
           (space.dims[v].reduction ? "r" : "");
  };
  auto rows = [&](int64_t p, int64_t c, bool turned) {
    return sum(KernelText("rows", {p, c})
                   .in(turned ? shape({c, p}, "f32") : shape({p, c}, "f32"),
                       turned ? "d1, d0" : "d0, d1")
                   .out(shape({p}, "f32"), "d0"));
  };
  // Along the row where it is contiguous, across the rows where they are.
  EXPECT_EQ(chosen(rows(6272, 96, false)), "96r");
  EXPECT_EQ(chosen(rows(96, 6272, true)), "96");
  // A row of a few elements would leave lanes empty.
  EXPECT_EQ(chosen(rows(6272, 2, false)), "6272");
  // Transposition: rather gather from the input than scatter to the out.
  KernelText turned("map", {96, 48});
  turned.in("48x96xf32", "d1, d0").out("96x48xf32", "d0, d1").body(copyBody);
  EXPECT_EQ(chosen(turned), "48");
  // Never the group, nor a ragged loop that is not reduced.
  KernelText ragged("map", {64, 64, 2});
  ragged.in("2x64xf32", "d2, d1")
      .in("65xi32", "d0")
      .out("2x64xf32", "d2, d1")
      .with("ragged 1 by 1")
      .body(copyBody);
  EXPECT_EQ(chosen(ragged), "2");
  // One that is reduced may be.
  EXPECT_EQ(chosen(sum(KernelText("rows", {4, 300})
                           .in("300xf32", "d1")
                           .in("5xi32", "d0")
                           .out("4xf32", "d0")
                           .with("ragged 1 by 1"))),
            "300r");
}

TEST_F(RowSpaceTest, SelectsLoops) {
  RowSpace space =
      spaceOf(sum(KernelText("rows", {49, 160})
                      .in("8x49x20xf32", "d1 floordiv 20, d0, d1 mod 20")
                      .out("49xf32", "d0")));
  EXPECT_EQ(space.select(true), (SmallVector<unsigned>{1, 2}));
  EXPECT_EQ(space.select(true, 2), (SmallVector<unsigned>{1}));
  EXPECT_EQ(space.select(false), (SmallVector<unsigned>{0}));
  EXPECT_TRUE(space.select(false, 0).empty());
}

} // namespace
