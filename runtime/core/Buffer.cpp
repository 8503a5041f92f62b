//===- Buffer.cpp - Memory of a device, seen from the host ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Buffer.h"

namespace moec::rt {

Buffer::Buffer(std::shared_ptr<Device> owner, size_t size, const char *what)
    : device(std::move(owner)), bytes(size) {
  if (bytes == 0)
    return;
  at = device->allocate(bytes, what);
  if (device->isHost())
    host = reinterpret_cast<char *>(at);
  else
    newer = Newer::Device;
}

Buffer::~Buffer() {
  if (bytes)
    device->release(at);
}

void Buffer::swap(Buffer &other) noexcept {
  std::swap(device, other.device);
  std::swap(at, other.at);
  std::swap(bytes, other.bytes);
  std::swap(host, other.host);
  std::swap(copy, other.copy);
  std::swap(newer, other.newer);
}

const char *Buffer::readBytes() {
  if (newer == Newer::Device) {
    if (!host) {
      copy = Block(bytes, "a copy of device memory");
      host = copy.data();
    }
    device->copyOut(host, at, bytes);
    newer = Newer::Neither;
  }
  return host;
}

char *Buffer::writeBytes() {
  readBytes();
  if (bytes && !device->isHost())
    newer = Newer::Host;
  return host;
}

void Buffer::toDevice() {
  if (newer == Newer::Host) {
    device->copyIn(at, host, bytes);
    newer = Newer::Neither;
  }
}

void Buffer::changedByDevice() {
  if (bytes && !device->isHost())
    newer = Newer::Device;
}

void Buffer::zero() {
  if (bytes)
    device->zero(at, bytes);
  changedByDevice();
}

} // namespace moec::rt
