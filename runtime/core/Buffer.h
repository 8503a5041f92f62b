//===- Buffer.h - Memory of a device, seen from the host --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_BUFFER_H
#define MOEC_RUNTIME_CORE_BUFFER_H

#include "runtime/core/Device.h"
#include "runtime/core/Memory.h"

namespace moec::rt {

/// A block of device memory and the host's view of it. On the CPU both are the
/// same bytes. Elsewhere the host has a copy, made at the first look; bytes
/// move only when the other side has newer ones.
class Buffer {
public:
  Buffer() = default;
  /// Zero at the start.
  Buffer(std::shared_ptr<Device> device, size_t bytes, const char *what);
  ~Buffer();
  Buffer(Buffer &&other) noexcept { swap(other); }
  Buffer &operator=(Buffer &&other) noexcept {
    swap(other);
    return *this;
  }

  uint64_t address() const { return at; }
  size_t size() const { return bytes; }

  /// The bytes of now, to read until the next run.
  template <typename T = char> const T *read() {
    return reinterpret_cast<const T *>(readBytes());
  }
  /// The bytes of now, to read or to change until the next run, which will see
  /// them.
  template <typename T = char> T *write() {
    return reinterpret_cast<T *>(writeBytes());
  }
  /// Before a run: the device gets what the host has changed.
  void toDevice();
  /// After a run that may have changed it.
  void changedByDevice();
  void zero();

private:
  void swap(Buffer &other) noexcept;
  const char *readBytes();
  char *writeBytes();
  /// Who has the bytes that count.
  enum class Newer : uint8_t { Neither, Host, Device };

  std::shared_ptr<Device> device;
  uint64_t at = 0;
  size_t bytes = 0;
  char *host = nullptr;
  Block copy;
  Newer newer = Newer::Neither;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_BUFFER_H
