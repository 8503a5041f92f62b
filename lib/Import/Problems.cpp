//===- Problems.cpp - What is wrong with a model file ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Problems.h"
#include "runtime/core/Text.h"
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
  auto plain = [](llvm::StringRef text) { return escapeControls(text); };
  auto line = [&](const char *label, llvm::StringRef text) {
    if (!text.empty())
      os << "  " << label << ": " << plain(text) << '\n';
  };
  for (const Problem *problem : sorted) {
    os << plain(file) << ':' << problem->position.line << ':'
       << problem->position.column << ": error: " << plain(problem->message);
    if (one) {
      os << '\n';
      return;
    }
    os << "\n  at " << plain(problem->path);
    if (!problem->nodeName.empty())
      os << ", node '" << plain(problem->nodeName) << "'";
    os << '\n' << problem->sourceText;
    line("expected", problem->expectedText);
    line("got", problem->gotText);
    line("fix", problem->fixText);
  }
  os << plain(file) << ": " << list.size()
     << (list.size() == 1 ? " error" : " errors");
  if (more)
    os << " are shown, there are more";
  os << '\n';
}

std::string moec::import::suggest(llvm::StringRef name,
                                  llvm::ArrayRef<llvm::StringRef> known,
                                  const llvm::Twine &otherwise) {
  std::string text = didYouMean(name, known);
  return text.empty() ? otherwise.str() : text;
}

std::string moec::import::joinNames(llvm::ArrayRef<llvm::StringRef> names) {
  std::string text;
  size_t shown = names.size() > maxNames ? maxNames : names.size();
  for (auto [i, name] : llvm::enumerate(names.take_front(shown))) {
    if (i)
      text += i + 1 == names.size() ? " or " : ", ";
    text += name;
  }
  if (shown < names.size())
    text += " or " + std::to_string(names.size() - shown) + " more";
  return text;
}
