//===- TokenGrid.h - Position embeddings of other image sizes ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_WEIGHTS_TOKENGRID_H
#define MOEC_RUNTIME_WEIGHTS_TOKENGRID_H

#include <cstdint>
#include <optional>
#include <vector>

namespace moec::rt {

/// Tokens of a square grid of patches, row by row, with a class token ahead of
/// them or without.
struct TokenGrid {
  int64_t side = 0;
  bool classToken = false;

  /// Of so many tokens; nothing when they are no such grid. One token is a
  /// grid, not a class token.
  static std::optional<TokenGrid> of(int64_t tokens);
  int64_t tokens() const { return side * side + classToken; }
};

/// Embeddings [tokens, width] of one grid for another one with as many class
/// tokens: bilinear between the four nearest patches, corners on corners, as
/// google-research/vision_transformer does it; the class token's stays.
std::vector<float> resample(const std::vector<float> &embeddings,
                            TokenGrid from, TokenGrid to);

} // namespace moec::rt

#endif // MOEC_RUNTIME_WEIGHTS_TOKENGRID_H
