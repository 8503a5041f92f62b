//===- GpuParameters.h - Parameter block of a GPU launch --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_GPUPARAMETERS_H
#define MOEC_RUNTIME_CORE_GPUPARAMETERS_H

#include "runtime/core/Device.h"

#include <array>

namespace moec::rt {

/// The 128 bytes of an encoded tensor map.
struct alignas(64) TensorMapBytes {
  std::array<uint8_t, 128> bytes;
};

/// The parameters of one launch as docs/module-format.md orders them: operands,
/// workspace, tensor maps.
class GpuParameters {
public:
  using Encode =
      std::function<TensorMapBytes(const TensorMap &map, uint64_t address)>;

  GpuParameters(const Kernel &kernel, const ResolvedLaunch &launch,
                uint64_t workspace, const Encode &encode);
  // The bytes stay where they are when it is moved, as `places` needs.
  GpuParameters(GpuParameters &&) = default;

  /// One block, every parameter aligned to its size (tensor maps to 64).
  const void *block() const { return storage.data(); }
  size_t bytes() const { return size; }
  /// Where each parameter lies.
  void **pointers() { return places.data(); }

private:
  std::vector<TensorMapBytes> storage;
  size_t size = 0;
  std::vector<void *> places;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_GPUPARAMETERS_H
