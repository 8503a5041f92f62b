//===- Tokens.cpp - class_token, concat, slice and stop_gradient --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace moec::import;

static AttrDef axisDef() {
  return AttrDef::choice("axis", {"tokens", "channels"}, "the axis");
}

static Value concat(NodeBuild &build, ArrayRef<Value> parts, int64_t axis) {
  Shape shape(build.shape(parts.front()));
  shape[axis] = 0;
  for (Value part : parts)
    shape[axis] += build.shape(part)[axis];
  return moec::moe::ConcatOp::create(build.b, build.loc, build.type(shape),
                                     parts, build.b.getI64IntegerAttr(axis));
}

//===----------------------------------------------------------------------===//
// concat
//===----------------------------------------------------------------------===//

static std::optional<TensorInfo> checkConcat(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  TensorInfo result = check.input(0);
  int64_t axis = check.text("axis") == "tokens" ? 1 : 2;
  for (size_t i = 1, n = check.inputCount(); i != n; ++i) {
    TensorInfo like = result;
    const TensorInfo &x = check.input(i);
    if (x.rank() == 3)
      like.shape[axis] = x.shape[axis];
    if (!(x == like)) {
      check
          .problem("inputs", llvm::formatv("input {0} of 'concat' does not fit "
                                           "input 0",
                                           i))
          .expected(Twine(toString(check.input(0))) + ", but for the " +
                    check.text("axis"))
          .got(toString(x));
      return std::nullopt;
    }
    result.shape[axis] += x.shape[axis];
  }
  return result;
}

const OpDef moec::import::concatOp = {
    "concat",
    "values side by side, along the tokens or the channels",
    2,
    8,
    {axisDef()},
    checkConcat,
    [](NodeBuild &build) {
      return concat(build, build.inputs,
                    build.text("axis") == "tokens" ? 1 : 2);
    }};

//===----------------------------------------------------------------------===//
// class_token
//===----------------------------------------------------------------------===//

static std::optional<TensorInfo> checkClassToken(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  TensorInfo x = check.input(0);
  check.param("weight", {x.shape[2]}, Init::normal(0.02));
  ++x.shape[1];
  return x;
}

static Value buildClassToken(NodeBuild &build) {
  Value x = build.inputs[0];
  ArrayRef<int64_t> shape = build.shape(x);
  Value token =
      build.broadcast(build.param("weight"), {shape[0], 1, shape[2]}, {0, 1});
  return concat(build, {token, x}, 1);
}

const OpDef moec::import::classTokenOp = {
    "class_token",
    "a learned token ahead of the others (arXiv 2010.11929); slice takes it "
    "out again",
    1,
    1,
    {},
    checkClassToken,
    buildClassToken};

//===----------------------------------------------------------------------===//
// slice
//===----------------------------------------------------------------------===//

static std::optional<TensorInfo> checkSlice(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  TensorInfo x = check.input(0);
  int64_t axis = check.text("axis") == "tokens" ? 1 : 2;
  int64_t begin = check.integer("begin"), size = check.integer("size");
  if (begin + size > x.shape[axis]) {
    check
        .problem("size", llvm::formatv("{0} {1} from {2} on are more than "
                                       "there are",
                                       size, check.text("axis"), begin))
        .expected(llvm::formatv("at most {0} together", x.shape[axis]))
        .got(llvm::formatv("{0} for {1}", begin + size, toString(x)));
    return std::nullopt;
  }
  x.shape[axis] = size;
  return x;
}

static Value buildSlice(NodeBuild &build) {
  Value x = build.inputs[0];
  int64_t axis = build.text("axis") == "tokens" ? 1 : 2;
  return build.slice(x, axis, build.integer("begin"), build.integer("size"));
}

const OpDef moec::import::sliceOp = {
    "slice",
    "some of the tokens, or of the channels",
    1,
    1,
    {axisDef(),
     AttrDef{"begin", AttrDef::Kind::Integer, "the first, counted from 0"},
     AttrDef::size("size", "how many")},
    checkSlice,
    buildSlice};

//===----------------------------------------------------------------------===//
// stop_gradient
//===----------------------------------------------------------------------===//

static std::optional<TensorInfo> checkStop(NodeCheck &check) {
  if (!check.expectDType(0, DType::F32))
    return std::nullopt;
  return check.input(0);
}

const OpDef moec::import::stopGradientOp = {
    "stop_gradient",
    "its input, through which no gradient flows",
    1,
    1,
    {},
    checkStop,
    [](NodeBuild &build) -> Value {
      Value x = build.inputs[0];
      return moec::moe::StopGradientOp::create(build.b, build.loc, x.getType(),
                                               x);
    }};
