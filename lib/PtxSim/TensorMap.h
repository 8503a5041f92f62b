//===- TensorMap.h - Tensor maps: what bulk tensor copies move  -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_TENSORMAP_H
#define MOEC_LIB_PTXSIM_TENSORMAP_H

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace moec::ptxsim {

/// The address at which a 16-byte piece of shared memory lies in a swizzled
/// layout: bits 4.. are combined by exclusive or with bits 7.. of the address,
/// one bit for a pattern of 32 bytes, two for 64, three for 128. `swizzle` is
/// the width in bytes, 0 for none. Its own inverse.
inline uint32_t swizzleAddress(uint32_t address, unsigned swizzle) {
  return address ^ ((address >> 3) & (swizzle ? swizzle - 16 : 0));
}

/// Bytes after which the pattern of a swizzle repeats (1024, 512, 256), or the
/// 128 bytes to which every tensor copy is aligned.
inline uint32_t swizzleRepeat(unsigned swizzle) {
  return swizzle ? 8 * swizzle : 128;
}

/// Element types, with the values of CUtensorMapDataType.
enum class TensorMapType : uint8_t {
  U8,
  U16,
  U32,
  S32,
  U64,
  S64,
  F16,
  F32,
  F64,
  BF16,
  F32Flush,
  TF32,
  TF32Flush,
};

unsigned tensorMapElementBytes(TensorMapType type);

/// A tensor in global memory, 1 to 5 dimensions, innermost first, and the box
/// of it that one copy moves: what cuTensorMapEncodeTiled takes in tile mode
/// without interleave and with element strides of 1. Elements outside of `dims`
/// read as zero and are not stored.
struct TensorMap {
  uint64_t address = 0;
  TensorMapType type = TensorMapType::BF16;
  unsigned rank = 1;
  std::array<uint64_t, 5> dims{};    ///< elements
  std::array<uint64_t, 4> strides{}; ///< bytes; of dimension 1, 2, ...
  std::array<uint32_t, 5> box{};     ///< elements
  unsigned swizzle = 0;              ///< bytes: 0, 32, 64 or 128

  unsigned elementBytes() const { return tensorMapElementBytes(type); }
  /// Bytes of one innermost line of the box.
  uint32_t lineBytes() const { return box[0] * elementBytes(); }
  /// Bytes of the whole box, which complete_tx counts, also where a part of it
  /// lies outside of the tensor.
  uint32_t boxBytes() const;
};

constexpr size_t tensorMapBytes = 128;

/// The 128 bytes that a kernel gets as a parameter. Their layout is our own: a
/// program hands them only to bulk copies. Throws Error where the driver would
/// refuse: address or strides not multiples of 16, an empty dimension, a box
/// above 256 elements a side, lines that are no multiple of 16 bytes or wider
/// than the swizzle. A line narrower than the swizzle, which hardware would
/// pad, is refused too.
std::array<uint8_t, tensorMapBytes> encodeTensorMap(const TensorMap &map);

/// False if the bytes are not what encodeTensorMap() made.
bool decodeTensorMap(const uint8_t *bytes, TensorMap &map);

/// One innermost line of a box.
struct BoxLine {
  uint32_t shared = 0; ///< offset in the box, before the swizzle
  uint64_t global = 0; ///< address of the first element inside the tensor
  uint32_t skip = 0;   ///< bytes of the line that lie before the tensor
  uint32_t bytes = 0;  ///< bytes inside of the tensor, after `skip`
};

/// Calls `visit` with every line of the box at `coordinates` (elements,
/// innermost first; may be negative), in the order of shared memory.
template <typename Visit>
void forEachBoxLine(const TensorMap &map, const int32_t *coordinates,
                    Visit &&visit) {
  std::array<uint32_t, 5> at{};
  BoxLine line;
  int64_t width = map.elementBytes();
  int64_t low = coordinates[0], high = low + map.box[0];
  int64_t first = low < 0 ? 0 : low;
  int64_t end = high > int64_t(map.dims[0]) ? int64_t(map.dims[0]) : high;
  for (;;) {
    bool inside = first < end;
    uint64_t address = map.address + uint64_t(first * width);
    for (unsigned d = 1; d < map.rank; ++d) {
      int64_t c = int64_t{coordinates[d]} + at[d];
      inside &= c >= 0 && c < int64_t(map.dims[d]);
      address += uint64_t(c) * map.strides[d - 1];
    }
    line.skip = inside ? uint32_t((first - low) * width) : 0;
    line.bytes = inside ? uint32_t((end - first) * width) : 0;
    line.global = inside ? address : 0;
    visit(static_cast<const BoxLine &>(line));
    line.shared += map.lineBytes();
    unsigned d = 1;
    while (d < map.rank && ++at[d] == map.box[d])
      at[d++] = 0;
    if (d >= map.rank)
      return;
  }
}

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_TENSORMAP_H
