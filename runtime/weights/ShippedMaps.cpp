//===- ShippedMaps.cpp - The name maps of maps/ ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/WeightMap.h"

namespace moec::rt {

const std::vector<ShippedMap> &shippedMaps() {
  static const std::vector<ShippedMap> maps = {
#include "runtime/weights/ShippedMaps.inc"
  };
  return maps;
}

} // namespace moec::rt
