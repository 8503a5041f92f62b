//===- TensorMap.cpp - Tensor maps: what bulk tensor copies move ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/TensorMap.h"

#include "lib/PtxSim/Error.h"

#include <cstring>

using namespace moec;
using namespace moec::ptxsim;

namespace {
/// The 128 bytes. The checksum tells a map from any other memory.
struct Layout {
  char magic[8];
  uint64_t address;
  uint64_t dims[5];
  uint64_t strides[4];
  uint16_t box[5];
  uint8_t type, rank, swizzle;
  uint8_t unused[19];
  uint64_t checksum;
};
} // namespace
static_assert(sizeof(Layout) == tensorMapBytes, "a tensor map has 128 bytes");

static constexpr char magicText[9] = "moecTMAP";

static uint64_t checksumOf(const Layout &layout) {
  uint8_t bytes[sizeof(Layout)];
  std::memcpy(bytes, &layout, sizeof(bytes));
  uint64_t hash = 0xcbf29ce484222325u; // FNV-1a
  for (size_t i = 0; i < offsetof(Layout, checksum); ++i)
    hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash;
}

unsigned moec::ptxsim::tensorMapElementBytes(TensorMapType type) {
  switch (type) {
  case TensorMapType::U8:
    return 1;
  case TensorMapType::U16:
  case TensorMapType::F16:
  case TensorMapType::BF16:
    return 2;
  case TensorMapType::U64:
  case TensorMapType::S64:
  case TensorMapType::F64:
    return 8;
  default:
    return 4;
  }
}

uint32_t TensorMap::boxBytes() const {
  uint32_t bytes = elementBytes();
  for (unsigned d = 0; d < rank; ++d)
    bytes *= box[d];
  return bytes;
}

/// What the driver would refuse about a map; empty if nothing.
static std::string problemOf(const TensorMap &map) {
  if (map.rank < 1 || map.rank > 5)
    return fmt::format("rank {}, expected 1 to 5", map.rank);
  if (map.address % 16)
    return fmt::format("address 0x{:x} is not a multiple of 16", map.address);
  if (map.type > TensorMapType::TF32Flush)
    return fmt::format("unknown element type {}", unsigned(map.type));
  if (map.swizzle != 0 && map.swizzle != 32 && map.swizzle != 64 &&
      map.swizzle != 128)
    return fmt::format("swizzle of {} bytes, expected 0, 32, 64 or 128",
                       map.swizzle);
  uint64_t total = map.elementBytes();
  for (unsigned d = 0; d < map.rank; ++d) {
    if (map.dims[d] < 1 || map.dims[d] > uint64_t(1) << 32)
      return fmt::format("dimension {} has {} elements, expected 1 to 2^32", d,
                         map.dims[d]);
    if (map.box[d] < 1 || map.box[d] > 256)
      return fmt::format("the box has {} elements in dimension {}, expected 1 "
                         "to 256",
                         map.box[d], d);
    total *= map.box[d];
    if (total > uint64_t(1) << 30)
      return "the box is larger than any shared memory";
    if (d > 0 && (map.strides[d - 1] % 16 || map.strides[d - 1] >> 40))
      return fmt::format("the stride of dimension {} is {} bytes, expected a "
                         "multiple of 16 below 2^40",
                         d, map.strides[d - 1]);
  }
  if (map.lineBytes() % 16)
    return fmt::format(
        "a line of the box has {} bytes, expected a multiple of 16",
        map.lineBytes());
  if (map.swizzle && map.lineBytes() != map.swizzle)
    return fmt::format("a line of the box has {} bytes, expected {}, the width "
                       "of the swizzle",
                       map.lineBytes(), map.swizzle);
  return {};
}

std::array<uint8_t, tensorMapBytes>
moec::ptxsim::encodeTensorMap(const TensorMap &map) {
  std::string problem = problemOf(map);
  if (!problem.empty())
    fail("tensor map: {}", problem);
  Layout layout;
  std::memset(&layout, 0, sizeof(layout));
  std::memcpy(layout.magic, magicText, 8);
  layout.address = map.address;
  layout.type = static_cast<uint8_t>(map.type);
  layout.rank = static_cast<uint8_t>(map.rank);
  layout.swizzle = static_cast<uint8_t>(map.swizzle);
  for (unsigned d = 0; d < map.rank; ++d) {
    layout.dims[d] = map.dims[d];
    layout.box[d] = static_cast<uint16_t>(map.box[d]);
    if (d)
      layout.strides[d - 1] = map.strides[d - 1];
  }
  layout.checksum = checksumOf(layout);
  std::array<uint8_t, tensorMapBytes> bytes;
  std::memcpy(bytes.data(), &layout, sizeof(layout));
  return bytes;
}

bool moec::ptxsim::decodeTensorMap(const uint8_t *bytes, TensorMap &map) {
  Layout layout;
  std::memcpy(&layout, bytes, sizeof(layout));
  if (std::memcmp(layout.magic, magicText, 8) != 0 ||
      layout.checksum != checksumOf(layout))
    return false;
  map = TensorMap();
  map.address = layout.address;
  map.type = static_cast<TensorMapType>(layout.type);
  map.rank = layout.rank;
  map.swizzle = layout.swizzle;
  for (unsigned d = 0; d < 5; ++d) {
    map.dims[d] = layout.dims[d];
    map.box[d] = layout.box[d];
    if (d)
      map.strides[d - 1] = layout.strides[d - 1];
  }
  return problemOf(map).empty();
}
