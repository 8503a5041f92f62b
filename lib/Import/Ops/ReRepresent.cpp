//===- ReRepresent.cpp - re_represent -----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The re-represent layers of Sparse-MLP (arXiv 2109.02008, algorithm 1) trade
// tokens for channels, so that the experts over channels and those over tokens
// see items of about the same size. Each projection is
// followed by the activation; each is preceded by a norm over the channels. No
// skip.
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Ops.h"

using namespace mlir;
using namespace moec::import;

static std::optional<TensorInfo> check(NodeCheck &check) {
  if (!check.expectTokens())
    return std::nullopt;
  TensorInfo x = check.input(0);
  int64_t tokens = check.integer("tokens"),
          channels = check.integer("channels");
  bool tokensFirst = check.text("first") == "tokens";
  bool bias = check.integer("bias");
  check.normParams("norm1", x.shape[2]);
  if (tokensFirst)
    check.linearParams("tokens", x.shape[1], tokens, bias);
  else
    check.linearParams("channels", x.shape[2], channels, bias);
  check.temporary({x.shape[0], tokensFirst ? tokens : x.shape[1],
                   tokensFirst ? x.shape[2] : channels});
  // The second norm comes behind the first projection.
  check.normParams("norm2", tokensFirst ? x.shape[2] : channels);
  if (tokensFirst)
    check.linearParams("channels", x.shape[2], channels, bias);
  else
    check.linearParams("tokens", x.shape[1], tokens, bias);
  x.shape[1] = tokens;
  x.shape[2] = channels;
  return x;
}

static Value build(NodeBuild &build) {
  bool tokensFirst = build.text("first") == "tokens";
  Value x = build.inputs[0];
  for (bool second : {false, true}) {
    bool tokens = tokensFirst != second;
    x = build.layerNorm(x, second ? "norm2" : "norm1", build.real("eps"));
    x = build.linear(x, tokens ? "tokens" : "channels", tokens ? 1 : 2);
    x = build.activate(x);
  }
  return x;
}

const OpDef moec::import::reRepresentOp = {
    "re_represent",
    "Sparse-MLP's re-represent layer (arXiv 2109.02008, algorithm 1): norm, "
    "projection and activation over one axis, then over the other",
    1,
    1,
    {AttrDef::size("tokens", "tokens after it"),
     AttrDef::size("channels", "channels after it"),
     AttrDef::choice("first", {"tokens", "channels"},
                     "the axis that is projected first: tokens on the way in, "
                     "channels on the way out"),
     AttrDef::activation(), AttrDef::eps("added to the variance by both norms"),
     AttrDef::bias("whether its projections have biases")},
    check,
    build};
