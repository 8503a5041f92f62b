//===- Transform.cpp - Data sets made of others ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Transform.h"
#include "runtime/core/Random.h"

namespace moec::rt {

uint64_t Transform::draw(const Item &item, size_t field,
                         uint64_t number) const {
  uint64_t key = streamKey(
      item.seed, fmt::format("transform {} epoch {}", place, item.epoch));
  auto block = philox({uint32_t(item.index), uint32_t(item.index >> 32),
                       uint32_t(field), uint32_t(number)},
                      key);
  return uint64_t(block[0]) << 32 | block[1];
}

void Transform::restrictTo(const std::string &field) {
  std::string name = words.substr(0, words.find_first_of(":@"));
  fail("transform {}: {} changes no single field; fix: leave @{} away", words,
       name, field);
}

std::string transformKinds() {
  std::vector<std::string> kinds;
  for (const TransformInfo &info : allTransforms())
    kinds.push_back(fmt::format("{}{}{} ({})", info.name,
                                *info.argument ? ":" : "", info.argument,
                                info.what));
  return alternatives(kinds);
}

std::string transformThatAdds(const std::string &field) {
  for (const TransformInfo &info : allTransforms())
    if (fmt::format(" {} ", info.adds).find(" " + field + " ") !=
        std::string::npos)
      return fmt::format("{}{}{}", info.name, *info.argument ? ":" : "",
                         info.argument);
  return "";
}

DatasetRef transformed(DatasetRef data, const std::vector<std::string> &chain) {
  int64_t place = 0;
  for (const std::string &whole : chain) {
    std::string text = whole.substr(0, whole.rfind('@'));
    size_t colon = text.find(':');
    std::string name = text.substr(0, colon);
    const TransformInfo *info = findRegistered(allTransforms(), name);
    if (!info)
      fail("transform {}: {}", text,
           unknownName("transform", name, allTransforms()));
    if ((colon != std::string::npos) != (*info->argument != 0))
      fail("transform {}: expected {}{}{}", text, name,
           *info->argument ? ":" : "", info->argument);
    auto made =
        info->make(std::move(data),
                   colon == std::string::npos ? "" : text.substr(colon + 1));
    made->place = place++;
    made->words = whole;
    if (text.size() < whole.size())
      made->restrictTo(whole.substr(text.size() + 1));
    data = std::move(made);
  }
  return data;
}

} // namespace moec::rt
