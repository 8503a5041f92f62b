//===- LowerContraction.cpp - linear and einsum to kernel.contract --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// A contraction in index notation is one kernel.contract. Letters of both
// operands and the result are groups (g), of one operand and the result rows
// (m, left) or columns (n, right), of both operands alone the depth (k).
// Letters of a class become one dimension, split again in the maps.
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/LowerToKernel.h"
#include "llvm/ADT/StringExtras.h"
#include <map>

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

namespace {

/// A contraction of `lhs` and `rhs`, one letter an axis, with a bias along one
/// letter of the result if there is one.
struct Contraction {
  Value lhs, rhs, bias;
  std::string lhsLetters, rhsLetters, outLetters;
  char biasLetter = 0;
  ArrayRef<int64_t> outShape;
};

bool has(StringRef letters, char c) { return letters.contains(c); }

/// Letters by class, each in the order in which it is collapsed.
struct Classes {
  std::string g, m, n, k;
};

/// Columns should lie side by side in the right operand, as they are loaded
/// there by vectors: of the letters of n those that do not stand right before
/// the last one become groups, with which the left operand does not change.
/// Token mixing of [batch, token, channel] so has one group per image.
void splitColumns(Classes &classes, StringRef rhs) {
  if (classes.n.size() < 2)
    return;
  std::string columns(1, classes.n.back());
  size_t at = rhs.find(classes.n.back());
  for (size_t i = classes.n.size() - 1; i-- > 0; --at) {
    if (at == 0 || rhs[at - 1] != classes.n[i])
      break;
    columns.insert(columns.begin(), classes.n[i]);
  }
  std::string groups = classes.n.substr(0, classes.n.size() - columns.size());
  classes.n = columns;
  classes.g += groups;
}

Classes classify(const Contraction &c) {
  Classes classes;
  for (char letter : c.outLetters) {
    bool left = has(c.lhsLetters, letter), right = has(c.rhsLetters, letter);
    (left && right ? classes.g : left ? classes.m : classes.n) += letter;
  }
  for (char letter : c.lhsLetters)
    if (!has(c.outLetters, letter))
      classes.k += letter;
  splitColumns(classes, c.rhsLetters);
  return classes;
}

/// The last axis of the result that is not a group has to be a column, so that
/// it is stored by vectors; otherwise the operands change places.
void orient(Contraction &c) {
  for (char letter : llvm::reverse(c.outLetters)) {
    bool left = has(c.lhsLetters, letter), right = has(c.rhsLetters, letter);
    if (left && right)
      continue;
    if (left) {
      std::swap(c.lhs, c.rhs);
      std::swap(c.lhsLetters, c.rhsLetters);
    }
    return;
  }
}

SmallVector<Value> buildContraction(OpBuilder &builder, Location loc,
                                    Contraction c) {
  orient(c);
  Classes classes = classify(c);
  std::map<char, int64_t> extents;
  for (auto [letters, value] : {std::pair(StringRef(c.lhsLetters), c.lhs),
                                std::pair(StringRef(c.rhsLetters), c.rhs)})
    for (auto [letter, extent] : llvm::zip(letters, shapeOf(value)))
      extents[letter] = extent;

  SmallVector<int64_t> dims;
  std::map<char, AffineExpr> where;
  auto addDim = [&](StringRef letters) {
    SmallVector<int64_t> parts;
    for (char letter : letters)
      parts.push_back(extents[letter]);
    AffineExpr dim = builder.getAffineDimExpr(dims.size());
    for (auto [letter, expr] : llvm::zip(letters, delinearize(dim, parts)))
      where[letter] = expr;
    dims.push_back(llvm::product_of(parts));
  };
  if (!classes.g.empty())
    addDim(classes.g);
  addDim(classes.m);
  addDim(classes.n);
  addDim(classes.k);
  auto exprs = [&](StringRef letters) {
    return llvm::map_to_vector(letters, [&](char l) { return where[l]; });
  };

  KernelSpec spec(loc, dims);
  spec.input(c.lhs, exprs(c.lhsLetters));
  spec.input(c.rhs, exprs(c.rhsLetters));
  if (c.bias)
    spec.input(c.bias, where[c.biasLetter]);
  spec.result(builder, c.outShape, exprs(c.outLetters));
  return SmallVector<Value>(spec.contract(
      builder, [&](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        Value sum = args.back();
        return {c.bias ? s.add(sum, args[2]) : sum};
      }));
}

Lowered lowerLinear(OpBuilder &builder, moe::LinearOp op,
                    moe::LinearOp::Adaptor adaptor) {
  size_t rank = shapeOf(adaptor.getInput()).size();
  StringRef letters("abcdefghijlmopqrstuvwxyz");
  if (rank > letters.size())
    return op.emitOpError("has an input of rank ")
           << rank << ", more than " << letters.size();
  Contraction c;
  c.lhs = adaptor.getInput();
  c.rhs = adaptor.getWeight();
  c.bias = adaptor.getBias();
  c.lhsLetters = c.outLetters = letters.take_front(rank).str();
  c.lhsLetters[op.getAxis()] = 'k';
  c.outLetters[op.getAxis()] = c.biasLetter = 'n';
  c.rhsLetters = "kn";
  c.outShape = shapeOf(op.getResult());
  return buildContraction(builder, op.getLoc(), c);
}

/// The verifier has seen to it that the equation is a contraction.
Lowered lowerEinsum(OpBuilder &builder, moe::EinsumOp op,
                    moe::EinsumOp::Adaptor adaptor) {
  auto [inputs, out] = op.getEquation().split("->");
  auto [lhs, rhs] = inputs.split(',');
  lhs = lhs.trim();
  rhs = rhs.trim();
  out = out.trim();
  Contraction c;
  c.lhs = adaptor.getLhs();
  c.rhs = adaptor.getRhs();
  c.lhsLetters = lhs.str();
  c.rhsLetters = rhs.str();
  c.outLetters = out.str();
  c.outShape = shapeOf(op.getResult());
  return buildContraction(builder, op.getLoc(), c);
}

} // namespace

void fusion::addContractionLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::LinearOp>(lowerLinear);
  patterns.add<moe::EinsumOp>(lowerEinsum);
}
