//===- Repeat.cpp - repeat and call -------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// CheckBlocks.cpp checks them and BuildGraph.cpp builds them: they need the
// nodes of the block.
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Reader.h"

using namespace moec::import;

static AttrDef sizes(const char *doc) {
  return {"sizes", AttrDef::Kind::Sizes, doc};
}

static const AttrDef parameters{
    "parameters", AttrDef::Kind::Name,
    "another node that runs the same block as often, whose parameters are "
    "used; \"shadow.node\" for the averages of them in a shadow"};

const OpDef moec::import::repeatOp = {
    "repeat",
    "runs a block several times, each time with its own parameters; its "
    "outputs are the first inputs of the next time, other inputs stay",
    1,
    16,
    {AttrDef::block("block", "name of the block"),
     AttrDef{"count", AttrDef::Kind::Size,
             "how many times; without it as many as a list in 'sizes' has"},
     sizes("{ \"hidden\": 64 }, the sizes that the block wants, or a list of "
           "sizes, one a layer"),
     parameters},
    [](NodeCheck &check) { return checkBlockNode(check, /*repeats=*/true); },
    nullptr};

const OpDef moec::import::callOp = {
    "call",
    "runs a block once",
    1,
    16,
    {AttrDef::block("block", "name of the block"),
     sizes("{ \"hidden\": 64 }, the sizes that the block wants"), parameters},
    [](NodeCheck &check) { return checkBlockNode(check, /*repeats=*/false); },
    nullptr};
