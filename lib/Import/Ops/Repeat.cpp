//===- Repeat.cpp - repeat ----------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Ops.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace moec::import;

static std::optional<TensorInfo> check(NodeCheck &check) {
  const Graph *block = check.block(check.text("block"));
  if (!block)
    return std::nullopt;
  Node &node = check.self();
  node.count = check.integer("count");
  node.block = block;
  const Input &input = block->inputs.front();
  if (!(check.input(0) == input.info)) {
    check
        .problem("inputs", "the input of the repeat and that of its block '" +
                               block->name + "' differ")
        .expected(toString(input.info) + ", as '" + input.name +
                  "' of the block says")
        .got(toString(check.input(0)));
    return std::nullopt;
  }
  const TensorInfo *output = block->info(block->outputs.front());
  if (!output)
    return std::nullopt;
  if (!(*output == input.info)) {
    check
        .problem("block", "block '" + block->name +
                              "' cannot be repeated: its output is not like "
                              "its input")
        .expected(toString(input.info))
        .got(toString(*output));
    return std::nullopt;
  }
  return *output;
}

// Build.cpp builds it: it needs the parameters of the nodes inside.
const OpDef moec::import::repeatOp = {
    "repeat",
    "runs a block `count` times, each time with its own parameters",
    1,
    1,
    {AttrDef::block("block", "name of the block"),
     AttrDef{"count", AttrDef::Kind::Size, "how many times", true}},
    check,
    nullptr};
