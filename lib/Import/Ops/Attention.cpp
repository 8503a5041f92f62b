//===- Attention.cpp - attention ----------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Ops.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace moec::import;

static std::optional<TensorInfo> check(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  const TensorInfo &x = check.input(0);
  int64_t width = x.shape[2], heads = check.integer("heads");
  if (width % heads) {
    int64_t near = std::min(heads, width);
    while (width % near)
      --near;
    check
        .problem("heads",
                 llvm::formatv("{0} heads do not divide a width of {1}", heads,
                               width))
        .expected("a number of heads that divides the channels")
        .got(llvm::formatv("{0} for {1}", heads, toString(x)))
        .fix(llvm::formatv("use \"heads\": {0}", near));
    return std::nullopt;
  }
  check.temporary({x.shape[0], heads, x.shape[1], x.shape[1]});
  for (const char *name : {"query", "key", "value", "out"})
    check.linearParams(name, width, width);
  return x;
}

static Value build(NodeBuild &build) {
  Value x = build.inputs[0];
  int64_t batch = build.shape(x)[0], tokens = build.shape(x)[1];
  int64_t width = build.shape(x)[2], heads = build.integer("heads");
  int64_t size = width / heads;
  auto project = [&](StringRef name) {
    return build.reshape(build.linear(x, name, 2),
                         {batch, tokens, heads, size});
  };
  Value query = project("query"), key = project("key"),
        value = project("value");
  Value scores = build.einsum(query, key, "bshd,bthd->bhst",
                              {batch, heads, tokens, tokens});
  scores = build.scale(scores, 1.0 / std::sqrt(static_cast<double>(size)));
  Value mixed = build.einsum(build.softmax(scores, {3}), value,
                             "bhst,bthd->bshd", {batch, tokens, heads, size});
  return build.linear(build.reshape(mixed, {batch, tokens, width}), "out", 2);
}

const OpDef moec::import::attentionOp = {
    "attention",
    "multi-head self-attention between the tokens (arXiv 1706.03762)",
    1,
    1,
    {AttrDef::size("heads", "number of heads; it divides the channels")},
    check,
    build};
