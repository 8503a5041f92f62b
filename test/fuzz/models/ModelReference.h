//===- ModelReference.h - What a model should compute -----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// No MLIR here: what loads and runs modules throws, MLIR is compiled without
// exceptions.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_FUZZ_MODELS_MODELREFERENCE_H
#define MOEC_TEST_FUZZ_MODELS_MODELREFERENCE_H

#include "test/fuzz/models/Compare.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace moec::fuzz {

/// How a model is compiled: what `moec compile` takes.
struct Switches {
  std::string target;
  std::map<std::string, std::string> flags; ///< the target's own
  std::string precision;                    ///< empty: what the model says
  std::vector<std::string> disabled;
  int64_t images = 0; ///< at a time, where it can be; 0: the model chooses
};

/// An argument that the reference asks for, by its name.
struct Wanted {
  enum class Kind { Field, Host, Variable };
  Kind kind = Kind::Field;
  std::string name;
  int64_t elements = 0;
};
/// Fills `values`; false where there is no such argument.
using Supply =
    std::function<bool(const Wanted &wanted, std::vector<double> &values)>;

/// All that one function gives, and whether it may be compared.
struct Answer {
  std::vector<Expected> results;
  /// Routes whose choice hangs on a rounding: nothing behind them can be
  /// compared.
  int64_t routes = 0, unsteadyRoutes = 0;
  bool unsteadyAccuracy = false;
  /// The loss or the norm of the gradients is off by more than itself in f32,
  /// as where something overflowed on the way: no step that is made of them can
  /// be compared.
  bool lostStep = false;
  bool comparable() const { return !unsteadyRoutes && !lostStep; }
};

/// A model that was imported, as IR of the compiler.
class ModelReference {
public:
  ModelReference();
  ~ModelReference();

  /// False, with `problems`, when the model is refused.
  bool import(const std::string &text, bool train, std::string &problems);
  /// Writes the module file `path`.
  bool compile(const Switches &switches, const std::string &path,
               std::string &problems);
  /// Evaluates the entry of that name and batch in double, and to
  /// know what rounding is worth in f32 with each rounding mode; for bf16 also
  /// the kernels of the last compile(), which round what they multiply.
  bool evaluate(const std::string &entry, int64_t batch, const Supply &supply,
                bool bf16, Answer &answer, std::string &problems);
  /// "f32" or "bf16", as the model says.
  std::string precision() const;

private:
  struct Parts;
  std::unique_ptr<Parts> parts;
};

} // namespace moec::fuzz

#endif // MOEC_TEST_FUZZ_MODELS_MODELREFERENCE_H
