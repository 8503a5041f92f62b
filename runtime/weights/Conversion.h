//===- Conversion.h - Another project's weights for a model -----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_WEIGHTS_CONVERSION_H
#define MOEC_RUNTIME_WEIGHTS_CONVERSION_H

#include "runtime/weights/TensorFile.h"
#include "runtime/weights/TokenGrid.h"
#include "runtime/weights/TokenGrowth.h"
#include "runtime/weights/WeightMap.h"

namespace moec::rt {

/// What is to be converted.
struct ConversionRequest {
  std::string model; ///< its name, for messages
  /// The f32 variables that the model has.
  std::vector<TensorWriter::Tensor> variables;
  const WeightMap *map = nullptr;
  std::vector<const TensorFile *> files;
  /// Patterns of tensors to leave out, besides those of the map.
  std::vector<std::string> ignore;
  /// Patterns of variables that become zeros instead, such as a new head.
  std::vector<std::string> zeros;
  /// Patterns of position embeddings that are interpolated where the model has
  /// another number of patches.
  std::vector<std::string> resample;
  /// Patterns of weights of layers over tokens that grow where the model has
  /// more of them.
  std::vector<std::string> grow;
};

/// Elements of a matrix that can grow, at most: it is in memory as a whole.
constexpr int64_t mostGrown = 4 << 20;

/// Where every element of every variable comes from.
struct Conversion {
  /// The grids of patches of position embeddings, there and here.
  struct Resampling {
    TokenGrid from, to;
  };
  /// The next elements of a variable: a view of a tensor.
  struct Piece {
    const TensorFile *file;
    const StoredTensor *tensor;
    StridedView view;
    std::optional<Resampling> resampling = std::nullopt;
    std::optional<TokenGrowth> growth = std::nullopt;
  };
  struct Variable {
    TensorWriter::Tensor made;
    std::vector<Piece> pieces;
    bool zeros = false; ///< instead of pieces
  };
  std::vector<Variable> variables;
};

/// The variables that a map makes of these weights, where no model says which
/// there should be: those of all entries whose tensors are there, with as many
/// layers and experts as there are. Throws Error if an entry that is not
/// optional has no tensor, if the axes of one do not fit, and for a map with
/// several stacks, whose lengths only a model tells.
std::vector<TensorWriter::Tensor>
variablesMadeBy(const WeightMap &map,
                const std::vector<const TensorFile *> &files);

/// Throws Error with all that does not fit: variables that nothing or two
/// entries make, tensors that are missing, left over, used twice or in part,
/// entries without a variable, and dtypes and shapes that differ.
Conversion planConversion(const ConversionRequest &request);

/// Writes the variables; the names of those that have NaN or infinities.
/// Memory is bounded, however large tensors are (about 50 MiB). Throws Error,
/// and std::system_error for what cannot be read or written; the path is then
/// what it was.
std::vector<std::string>
convertWeights(const Conversion &conversion, const std::string &path,
               const std::map<std::string, std::string> &metadata);

} // namespace moec::rt

#endif // MOEC_RUNTIME_WEIGHTS_CONVERSION_H
