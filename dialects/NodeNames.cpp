//===- NodeNames.cpp - The nodes of the model in a location ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/NodeNames.h"

using namespace mlir;

static void collect(Location loc, llvm::SetVector<StringAttr> &nodes) {
  if (auto name = dyn_cast<NameLoc>(loc)) {
    nodes.insert(name.getName());
    return;
  }
  if (auto fused = dyn_cast<FusedLoc>(loc))
    for (Location part : fused.getLocations())
      collect(part, nodes);
  if (auto call = dyn_cast<CallSiteLoc>(loc))
    collect(call.getCallee(), nodes);
}

llvm::SetVector<StringAttr> moec::getNodeNames(Location loc) {
  llvm::SetVector<StringAttr> nodes;
  collect(loc, nodes);
  return nodes;
}
