//===- DeviceMemory.cpp - Global memory of the simulated GPU --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/DeviceMemory.h"

#include "lib/PtxSim/Error.h"

namespace moec::ptxsim {

uint64_t DeviceMemory::allocate(size_t bytes, const std::string &name) {
  if (bytes > limit || total > limit - bytes)
    throw Error(fmt::format("the simulated GPU has {} bytes of memory; {} are "
                            "in use and '{}' needs {} more",
                            limit, total, name, bytes),
                ErrorCode::Resources);
  auto a = std::make_unique<Allocation>();
  // Zeroed and touched only where it is used.
  a->host.reset(static_cast<uint8_t *>(std::calloc(bytes + 64, 1)));
  if (!a->host)
    throw Error(fmt::format("no memory for {} bytes of '{}'", bytes, name),
                ErrorCode::Resources);
  a->base = top;
  a->bytes = bytes;
  a->name = name;
  constexpr uint64_t gap = 1 << 16;
  top = (top + bytes + 2 * gap - 1) / gap * gap;
  total += bytes;
  const uint64_t base = a->base;
  live.emplace(base, std::move(a));
  return base;
}

void DeviceMemory::release(uint64_t address) {
  const auto found = live.find(address);
  if (found == live.end())
    fail("release of device address 0x{:x}, where no allocation begins: {}",
         address, describe(address, 1));
  total -= found->second->bytes;
  if (released.size() >= 4096)
    released.erase(released.begin());
  released[address] = {found->second->bytes, found->second->name};
  live.erase(found);
}

Allocation *DeviceMemory::find(uint64_t address, uint64_t bytes) const {
  auto next = live.upper_bound(address);
  if (next == live.begin())
    return nullptr;
  Allocation *a = std::prev(next)->second.get();
  const uint64_t offset = address - a->base;
  return offset <= a->bytes && bytes <= a->bytes - offset ? a : nullptr;
}

uint8_t *DeviceMemory::host(uint64_t address, uint64_t bytes) const {
  Allocation *a = find(address, bytes);
  if (!a)
    fail("{} bytes at device address 0x{:x} do not lie in one allocation: {}",
         bytes, address, describe(address, bytes));
  return a->host.get() + (address - a->base);
}

std::string DeviceMemory::nearest(uint64_t address) const {
  auto next = live.upper_bound(address);
  if (next == live.begin())
    return next == live.end() ? "" : next->second->name;
  return std::prev(next)->second->name;
}

std::string DeviceMemory::describe(uint64_t address, uint64_t bytes) const {
  const auto gone = released.upper_bound(address);
  if (gone != released.begin()) {
    const auto &r = *std::prev(gone);
    if (address - r.first < r.second.bytes)
      return fmt::format("in '{}', which has been released", r.second.name);
  }
  const auto text = [](const Allocation &a) {
    return fmt::format("'{}' ({} bytes at 0x{:x})", a.name, a.bytes, a.base);
  };
  const auto next = live.upper_bound(address);
  if (next != live.begin()) {
    const Allocation &a = *std::prev(next)->second;
    const uint64_t offset = address - a.base;
    if (offset < a.bytes)
      return fmt::format("runs over the end of {}", text(a));
    if (next == live.end() || offset - a.bytes < next->first - address)
      return fmt::format("{} bytes behind the end of {}", offset - a.bytes,
                         text(a));
  }
  if (next != live.end())
    return fmt::format("{} bytes before {}", next->first - address,
                       text(*next->second));
  return "nothing is allocated";
}

std::vector<Region> DeviceMemory::regions() const {
  std::vector<Region> all;
  for (const auto &entry : live) {
    Allocation *a = entry.second.get();
    all.push_back(
        {a->base, a->base + a->bytes, a->host.get(), a, true, a->name});
  }
  return all;
}

} // namespace moec::ptxsim
