//===- Problems.h - What is wrong with a model file ------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_IMPORT_PROBLEMS_H
#define MOEC_LIB_IMPORT_PROBLEMS_H

#include "lib/Import/Json.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include <deque>

namespace llvm {
class raw_ostream;
}

namespace moec::import {

/// One problem: where it is, and what to do about it.
class Problem {
public:
  Problem &expected(const llvm::Twine &text) {
    expectedText = text.str();
    return *this;
  }
  Problem &got(const llvm::Twine &text) {
    gotText = text.str();
    return *this;
  }
  Problem &fix(const llvm::Twine &text) {
    fixText = text.str();
    return *this;
  }
  /// The lines of the file that show it, each with its line end.
  Problem &source(const llvm::Twine &lines) {
    sourceText = lines.str();
    return *this;
  }
  /// The name of the node that it concerns ("encoder.attn").
  Problem &node(const llvm::Twine &name) {
    nodeName = name.str();
    return *this;
  }

private:
  friend class Problems;
  Position position;
  std::string path, nodeName, message, expectedText, gotText, fixText,
      sourceText;
};

/// As many are shown at once; a file with more is not the one that was meant.
constexpr size_t maxProblems = 100;

/// Collects the problems of one file, so that all are shown at once.
class Problems {
public:
  /// Adds a problem; details are set on what it returns. A second problem with
  /// the same message at the same place is not kept, nor is what comes when
  /// there are maxProblems.
  Problem &add(Position position, const llvm::Twine &path,
               const llvm::Twine &message);
  Problem &add(const JsonValue &value, const llvm::Twine &message) {
    return add(value.position, value.path, message);
  }

  /// A problem that makes all others beside the point, in one line: nothing
  /// else is printed.
  void onlyLine(const JsonValue &value, const llvm::Twine &message) {
    if (one)
      return;
    list.clear();
    add(value, message);
    one = true;
  }

  bool empty() const { return list.empty(); }
  size_t size() const { return list.size(); }
  /// No more are kept: what is costly to say need not be found out.
  bool full() const { return list.size() == maxProblems; }

  /// Prints them in the order of the file, control characters escaped:
  ///   model.json:7:12: error: unknown op 'layernorm'
  ///     at $.nodes[1].op, node 'ln'
  ///     expected: ...
  ///     got: ...
  ///     fix: did you mean 'layer_norm'?
  void print(llvm::raw_ostream &os, llvm::StringRef file) const;

private:
  std::deque<Problem> list; // references stay valid
  llvm::StringSet<> seen;   // places and messages
  bool more = false;        // some were not kept
  bool one = false;         // a line says it all
  Problem repeated;
};

/// "did you mean 'x'?", 'x' or 'y' where the name is a part of both, or, if
/// nothing is near, `otherwise`.
std::string suggest(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> known,
                    const llvm::Twine &otherwise);
/// As many names are told one by one; the ops of the format are fewer.
constexpr size_t maxNames = 64;
/// "a, b or c"; past maxNames "a, b, .. or 9936 more".
std::string joinNames(llvm::ArrayRef<llvm::StringRef> names);

} // namespace moec::import

#endif // MOEC_LIB_IMPORT_PROBLEMS_H
