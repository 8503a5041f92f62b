//===- Problems.cpp - What is wrong with a model file ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Problems.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/raw_ostream.h"

using namespace moec::import;

Problem &Problems::add(Position position, const llvm::Twine &path,
                       const llvm::Twine &message) {
  std::string text = message.str();
  std::string key = (llvm::Twine(position.line) + ":" +
                     llvm::Twine(position.column) + ":" + text)
                        .str();
  if (seen.contains(key))
    return repeated;
  if (full()) {
    more = true;
    return repeated;
  }
  seen.insert(key);
  Problem &problem = list.emplace_back();
  problem.position = position;
  problem.path = path.str();
  problem.message = std::move(text);
  return problem;
}

void Problems::print(llvm::raw_ostream &os, llvm::StringRef file) const {
  llvm::SmallVector<const Problem *> sorted;
  for (const Problem &problem : list)
    sorted.push_back(&problem);
  llvm::stable_sort(sorted, [](const Problem *a, const Problem *b) {
    return std::make_pair(a->position.line, a->position.column) <
           std::make_pair(b->position.line, b->position.column);
  });
  for (const Problem *problem : sorted) {
    os << file << ':' << problem->position.line << ':'
       << problem->position.column << ": error: " << problem->message
       << "\n  at " << problem->path;
    if (!problem->nodeName.empty())
      os << ", node '" << problem->nodeName << "'";
    os << '\n';
    if (!problem->expectedText.empty())
      os << "  expected: " << problem->expectedText << '\n';
    if (!problem->gotText.empty())
      os << "  got: " << problem->gotText << '\n';
    if (!problem->fixText.empty())
      os << "  fix: " << problem->fixText << '\n';
  }
  os << file << ": " << list.size()
     << (list.size() == 1 ? " error" : " errors");
  if (more)
    os << " are shown, there are more";
  os << '\n';
}

std::string moec::import::nearestName(llvm::StringRef name,
                                      llvm::ArrayRef<llvm::StringRef> known) {
  // Up to a third of the letters may differ; a name that the other one begins
  // with is near too ("softmoe" is, "x" for "add" is not).
  unsigned best = std::max<size_t>(2, name.size() / 3) + 1;
  llvm::StringRef nearest;
  for (llvm::StringRef candidate : known) {
    unsigned distance = name.edit_distance_insensitive(candidate);
    if (distance < best && distance < std::max(name.size(), candidate.size())) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest.str();
}

std::string moec::import::suggest(llvm::StringRef name,
                                  llvm::ArrayRef<llvm::StringRef> known,
                                  const llvm::Twine &otherwise) {
  std::string nearest = nearestName(name, known);
  return nearest.empty() ? otherwise.str() : "did you mean '" + nearest + "'?";
}

std::string moec::import::joinNames(llvm::ArrayRef<llvm::StringRef> names) {
  std::string text;
  for (auto [i, name] : llvm::enumerate(names)) {
    if (i)
      text += i + 1 == names.size() ? " or " : ", ";
    text += name;
  }
  return text;
}
