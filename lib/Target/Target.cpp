//===- Target.cpp - The targets, by name ----------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/Target.h"
#include "llvm/ADT/STLExtras.h"

using namespace moec::target;

Machine::~Machine() = default;
Target::~Target() = default;

// Each folder defines its own.
namespace moec::target {
#define MOEC_TARGET(folder) const Target &get##folder##Target();
#include "lib/Target/Targets.def"
} // namespace moec::target

llvm::ArrayRef<const Target *> moec::target::targets() {
  static const Target *const all[] = {
#define MOEC_TARGET(folder) &get##folder##Target(),
#include "lib/Target/Targets.def"
  };
  return all;
}

llvm::Expected<std::pair<const Target *, std::string>>
moec::target::findTarget(llvm::StringRef text) {
  if (text.empty())
    return std::pair(targets().front(), std::string());
  auto [name, variant] = text.split(':');
  std::string known;
  for (const Target *target : targets()) {
    if (target->name() == name)
      return std::pair(target, variant.str());
    known += (known.empty() ? "" : ", or ") + target->help();
  }
  return llvm::createStringError("--target: unknown target '" + text.str() +
                                 "'; expected " + known);
}

llvm::Expected<std::unique_ptr<Machine>>
moec::target::select(llvm::StringRef text, const FlagValues &flags) {
  auto found = findTarget(text);
  if (!found)
    return found.takeError();
  auto [target, variant] = *found;
  auto knows = [](const Target *target, llvm::StringRef name) {
    return llvm::any_of(target->flags(),
                        [&](const Flag &flag) { return flag.name == name; });
  };
  for (auto &[name, value] : flags) {
    if (knows(target, name))
      continue;
    std::string owners;
    for (const Target *other : targets())
      if (knows(other, name))
        owners += (owners.empty() ? "" : ", ") + other->name().str();
    return llvm::createStringError(
        "--" + name + ": says nothing about target '" + text.str() +
        "'; it is a flag of " + (owners.empty() ? "none" : owners) +
        "; fix: leave it away");
  }
  return target->select(variant, flags);
}
