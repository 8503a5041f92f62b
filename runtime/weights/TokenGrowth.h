//===- TokenGrowth.h - Layers over tokens for larger images -----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A layer that mixes tokens has weights for one number of them. For images that
// are K times as high and wide, MLP-Mixer's are initialised block-diagonally
// (arXiv 2105.01601, section 2 and appendix C): W1 [S, D] becomes [K^2 S, K^2
// D] with K^2 copies of it, and zeros elsewhere. Each copy gets one of the K x
// K parts that the image is cut into, so that the layer does to each part what
// it did to a whole image.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_WEIGHTS_TOKENGROWTH_H
#define MOEC_RUNTIME_WEIGHTS_TOKENGROWTH_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace moec::rt {

/// Which copy of the weights an element of a grown axis belongs to, and which
/// of their elements it is. Of a square number of elements they are patches of
/// an image, row by row, and a copy is a part of it; of another number a copy
/// are elements side by side. So it depends on the numbers alone, and the
/// layers of an MLP agree on the hidden elements between them.
struct GrownAxis {
  int64_t size = 0;   ///< before
  int64_t factor = 1; ///< K: there are K * K times as many; 1: as before

  int64_t grown() const { return size * factor * factor; }
  struct Place {
    int64_t copy, element;
  };
  Place place(int64_t index) const;
};

/// How matrices [in, out] grow; a vector has one row.
class TokenGrowth {
public:
  /// From shapes [..., in, out] or [out], of which the last two axes may have
  /// K * K times as many elements, K > 1 one number for both. Nothing, and why
  /// in `why`, when the shapes differ in another way, or do not differ.
  static std::optional<TokenGrowth> of(const std::vector<int64_t> &from,
                                       const std::vector<int64_t> &to,
                                       std::string &why);

  int64_t rows() const { return in.grown(); }
  /// Elements of a matrix before.
  int64_t elements() const { return in.size * out.size; }
  /// Row `index` of the grown matrix. Where both axes grow it is 0 outside of
  /// the row's own copy; where `in` alone does, such as in a router, outputs
  /// become the mean over the copies of what they were; where `out` alone does,
  /// as in a bias, all copies have the same.
  std::vector<float> row(const std::vector<float> &matrix, int64_t index) const;

private:
  TokenGrowth(GrownAxis in, GrownAxis out) : in(in), out(out) {}
  GrownAxis in, out;
};

} // namespace moec::rt

#endif // MOEC_RUNTIME_WEIGHTS_TOKENGROWTH_H
