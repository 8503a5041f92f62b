//===- GpuParameters.cpp - Parameter block of a GPU launch ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/GpuParameters.h"

#include <cstring>

namespace moec::rt {

GpuParameters::GpuParameters(const Kernel &kernel, const ResolvedLaunch &launch,
                             uint64_t workspace, const Encode &encode) {
  std::vector<uint64_t> words = launch.operands;
  if (kernel.gpu.workspace)
    words.push_back(workspace);
  size_t maps = kernel.gpu.tensorMaps.size();
  size_t firstMap =
      (words.size() * 8 + sizeof(TensorMapBytes) - 1) / sizeof(TensorMapBytes);
  // Maps only need 64 bytes of alignment: they may start in half a piece.
  size_t mapStart = (words.size() * 8 + 63) / 64 * 64;
  storage.resize(firstMap + maps);
  char *start = reinterpret_cast<char *>(storage.data());
  for (size_t i = 0; i < words.size(); ++i) {
    std::memcpy(start + 8 * i, &words[i], 8);
    places.push_back(start + 8 * i);
  }
  size = words.size() * 8;
  for (size_t i = 0; i < maps; ++i) {
    const TensorMap &map = kernel.gpu.tensorMaps[i];
    TensorMapBytes bytes = encode(map, launch.operands[map.operand]);
    char *place = start + mapStart + i * sizeof(bytes);
    std::memcpy(place, &bytes, sizeof(bytes));
    places.push_back(place);
    size = mapStart + (i + 1) * sizeof(bytes);
  }
}

} // namespace moec::rt
