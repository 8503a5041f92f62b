//===- Order.cpp - random_order, gather_tokens and restore_tokens -------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a masked autoencoder needs (arXiv 2111.06377): each image has its tokens
// in a random order, an encoder gets the first of them, and a decoder all, with
// a learned token in the place of those that were left out.
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Ops/Order.h"
#include "dialects/MoE/MoEOps.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace moec::import;

//===----------------------------------------------------------------------===//
// random_order
//===----------------------------------------------------------------------===//

static std::optional<TensorInfo> checkRandomOrder(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  int64_t batch = check.input(0).shape[0], tokens = check.input(0).shape[1];
  constexpr int64_t most = moec::moe::ArgsortOp::maxExtent;
  if (tokens > most) {
    check.problem("inputs", "'random_order' has too many tokens to compare")
        .expected(llvm::formatv("at most {0}", most))
        .got(toString(check.input(0)));
    return std::nullopt;
  }
  // Every two tokens of an image are compared.
  check.temporary({batch, tokens, tokens});
  check.randomBits({batch, tokens});
  return TensorInfo{{batch, tokens}, DType::I32};
}

/// In training of the node's bits. Otherwise the seed decides, the same for all
/// images, so that what becomes of one hangs neither on its place in the batch
/// nor on how large that is.
static Value buildRandomOrder(NodeBuild &build) {
  OpBuilder &b = build.b;
  ArrayRef<int64_t> shape = build.shape(build.inputs[0]).take_front(2);
  auto type = [&](ArrayRef<int64_t> of) {
    return RankedTensorType::get(of, b.getI32Type());
  };
  Value bits = build.noise();
  if (!build.training) {
    auto number = [&](int64_t value) -> Value {
      return moec::moe::FillOp::create(b, build.loc, type({}),
                                       b.getF64FloatAttr(double(value)));
    };
    bits = moec::moe::RandomBitsOp::create(
        b, build.loc, type(shape.back()),
        number(build.integer("evaluation_seed")), number(0),
        b.getI64IntegerAttr(0));
  }
  Value order =
      moec::moe::ArgsortOp::create(b, build.loc, bits.getType(), bits);
  if (build.training)
    return order;
  return moec::moe::BroadcastOp::create(b, build.loc, type(shape), order,
                                        b.getDenseI64ArrayAttr({0}));
}

const OpDef moec::import::randomOrderOp = {
    "random_order",
    "a random order of the tokens of each image, i32 [batch, tokens], another "
    "one in each step of training, for ops that take one",
    1,
    1,
    {AttrDef{"evaluation_seed",
             AttrDef::Kind::Integer,
             "what evaluation and inference make their order of, which is the "
             "same for all images",
             true,
             0,
             0,
             false,
             {},
             2147483647}},
    checkRandomOrder,
    buildRandomOrder};

//===----------------------------------------------------------------------===//
// What other ops do with an order
//===----------------------------------------------------------------------===//

bool moec::import::expectOrder(NodeCheck &check, size_t i,
                               ArrayRef<int64_t> shape) {
  const Node *producer = check.producer(i);
  TensorInfo wanted{Shape(shape), DType::I32};
  if (producer && producer->op == &randomOrderOp && check.input(i) == wanted)
    return true;
  check
      .problem("inputs", Twine("'") + check.self().op->name +
                             "' needs an order of the tokens as input " +
                             Twine(i))
      .expected(toString(wanted) + ", made by a 'random_order' beside it")
      .got("'" + check.graph.nameOf(check.node.inputs[i]) + "', " +
           toString(check.input(i)));
  return false;
}

Value moec::import::gatherTokens(NodeBuild &build, Value tokens, Value order,
                                 int64_t begin, int64_t size) {
  Shape shape(build.shape(tokens));
  shape[1] = size;
  return moec::moe::GatherTokensOp::create(build.b, build.loc,
                                           build.type(shape), tokens, order,
                                           build.b.getI64IntegerAttr(begin));
}

//===----------------------------------------------------------------------===//
// gather_tokens
//===----------------------------------------------------------------------===//

static std::optional<TensorInfo> checkGather(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  TensorInfo x = check.input(0);
  if (!expectOrder(check, 1, ArrayRef(x.shape).take_front(2)))
    return std::nullopt;
  int64_t begin = check.integer("begin"), size = check.integer("size");
  if (begin + size > x.shape[1]) {
    check
        .problem("size",
                 llvm::formatv("{0} tokens from {1} on are more than there are",
                               size, begin))
        .expected(llvm::formatv("at most {0} together", x.shape[1]))
        .got(llvm::formatv("{0} for {1}", begin + size, toString(x)));
    return std::nullopt;
  }
  x.shape[1] = size;
  return x;
}

const OpDef moec::import::gatherTokensOp = {
    "gather_tokens",
    "some of the tokens, input 0, in an order, input 1",
    2,
    2,
    {AttrDef{"begin", AttrDef::Kind::Integer,
             "the first of the order, counted from 0"},
     AttrDef::size("size", "how many")},
    checkGather,
    [](NodeBuild &build) {
      return gatherTokens(build, build.inputs[0], build.inputs[1],
                          build.integer("begin"), build.integer("size"));
    }};

//===----------------------------------------------------------------------===//
// restore_tokens
//===----------------------------------------------------------------------===//

static std::optional<TensorInfo> checkRestore(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  TensorInfo x = check.input(0);
  const TensorInfo &order = check.input(1);
  int64_t tokens = order.rank() == 2 ? order.shape[1] : 0;
  if (!expectOrder(check, 1, {x.shape[0], tokens}))
    return std::nullopt;
  if (x.shape[1] >= tokens) {
    check.problem("inputs", "'restore_tokens' has nothing to restore")
        .expected(llvm::formatv("fewer tokens as input 0 than the {0} of the "
                                "order",
                                tokens))
        .got(toString(x))
        .fix("give it tokens that 'gather_tokens' has taken");
    return std::nullopt;
  }
  check.param("weight", {x.shape[2]}, Init::normal(0.02));
  x.shape[1] = tokens;
  return x;
}

static Value buildRestore(NodeBuild &build) {
  OpBuilder &b = build.b;
  Value some = build.inputs[0], order = build.inputs[1];
  Shape shape(build.shape(some));
  int64_t tokens = build.shape(order)[1];
  Value others = build.broadcast(
      build.param("weight"), {shape[0], tokens - shape[1], shape[2]}, {0, 1});
  shape[1] = tokens;
  auto type = build.type(shape);
  Value all = moec::moe::ConcatOp::create(
      b, build.loc, type, ValueRange{some, others}, b.getI64IntegerAttr(1));
  return moec::moe::ScatterTokensOp::create(b, build.loc, type, all, order,
                                            b.getI64IntegerAttr(0));
}

const OpDef moec::import::restoreTokensOp = {
    "restore_tokens",
    "tokens, input 0, that are the first of an order, input 1, back in their "
    "places, and a learned token in all others (the mask token of arXiv "
    "2111.06377)",
    2,
    2,
    {},
    checkRestore,
    buildRestore};
