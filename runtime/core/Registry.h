//===- Registry.h - Things that are known by name ---------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Devices, data sets, transforms and host calls are lists of structures with a
// member `name`. A function that gives the list is declared beside the
// structure, and all of them are defined in runtime/api/Registration.cpp: a
// line for each item, which is an extern constant in the file of its own.
// Nothing registers itself before main(), which linking a static library would
// drop, and users of a list include no item.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_REGISTRY_H
#define MOEC_RUNTIME_CORE_REGISTRY_H

#include "runtime/core/Fail.h"
#include "runtime/core/Text.h"

#include <string>
#include <string_view>
#include <vector>

namespace moec::rt {

template <typename Item> using Registry = std::vector<Item>;

/// "cpu, cuda or ptxsim"; "none" for an empty list.
std::string alternatives(const std::vector<std::string> &words);

template <typename Item>
std::vector<std::string> namesOf(const Registry<Item> &items) {
  std::vector<std::string> names;
  for (const Item &item : items)
    names.emplace_back(item.name);
  return names;
}

/// The item of that name, or null.
template <typename Item>
const Item *findRegistered(const Registry<Item> &items, std::string_view name) {
  for (const Item &item : items)
    if (name == item.name)
      return &item;
  return nullptr;
}

/// "unknown device "cpo": expected cpu, cuda or ptxsim; did you mean cpu?"
template <typename Item>
std::string unknownName(const char *what, const std::string &name,
                        const Registry<Item> &items) {
  std::vector<std::string> names = namesOf(items);
  std::string near = didYouMean(name, names, "");
  return fmt::format("unknown {} \"{}\": expected {}{}{}", what, name,
                     alternatives(names), near.empty() ? "" : "; ", near);
}

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_REGISTRY_H
