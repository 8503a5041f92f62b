//===- RandomOps.cpp - Counter-based random numbers -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/ADT/bit.h"
#include <array>
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::reference;

/// Philox4x32-10 of Salmon, Moraes, Dror, Shaw: Parallel random numbers: as
/// easy as 1, 2, 3 (SC 2011), section 4.
static std::array<uint32_t, 4> philox(std::array<uint32_t, 4> c, uint32_t k0,
                                      uint32_t k1) {
  for (int round = 0; round < 10; ++round) {
    uint64_t p0 = uint64_t(0xD2511F53u) * c[0];
    uint64_t p1 = uint64_t(0xCD9E8D57u) * c[2];
    c = {uint32_t(p1 >> 32) ^ c[1] ^ k0, uint32_t(p1),
         uint32_t(p0 >> 32) ^ c[3] ^ k1, uint32_t(p0)};
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return c;
}

template <typename T>
static Status evalRandomNormal(moe::RandomNormalOp op, Frame<T> &frame) {
  uint32_t seed = frame.get(op.getSeed()).ints[0];
  uint32_t step = frame.get(op.getStep()).ints[0];
  double scale = op.getStd().convertToDouble();
  const double turn = 6.283185307179586476925286766559;
  TensorOf<T> result = zerosFor<T>(op.getResult());
  for (int64_t i = 0; i < result.size(); ++i) {
    auto words =
        philox({uint32_t(i / 2), step, 0, 0}, seed, uint32_t(op.getStream()));
    double u = (double(words[0]) + 1) / 4294967296.0;
    double angle = turn * (double(words[1]) / 4294967296.0);
    double radius = std::sqrt(-2 * std::log(u));
    result.floats[i] =
        T(scale * radius * (i % 2 ? std::sin(angle) : std::cos(angle)));
  }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalRandomBits(moe::RandomBitsOp op, Frame<T> &frame) {
  uint32_t seed = frame.get(op.getSeed()).ints[0];
  uint32_t step = frame.get(op.getStep()).ints[0];
  TensorOf<T> result = zerosFor<T>(op.getResult());
  for (int64_t i = 0; i < result.size(); ++i)
    result.ints[i] = int32_t(
        philox({uint32_t(i), step, 0, 0}, seed, uint32_t(op.getStream()))[0]);
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalDropoutKey(moe::DropoutKeyOp op, Frame<T> &frame) {
  uint32_t seed = frame.get(op.getSeed()).ints[0];
  uint32_t step = frame.get(op.getStep()).ints[0];
  TensorOf<T> result = zerosFor<T>(op.getResult());
  for (int64_t layer = 0; layer < op.getNumLayers(); ++layer) {
    auto words =
        philox({uint32_t(layer), step, 0, 0}, seed, uint32_t(op.getStream()));
    uint32_t threshold = op.getFirstThreshold() +
                         uint32_t(layer) * uint32_t(op.getThresholdStep());
    // 2^32 less the threshold, rounded.
    float share = threshold ? float(-threshold) * 0x1p-32f : 1;
    words[2] = threshold;
    words[3] = llvm::bit_cast<uint32_t>(1 / share);
    for (int64_t word = 0; word < 4; ++word)
      result.ints[layer * 4 + word] = int32_t(words[word]);
  }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

/// What of a draw's number is compared with the threshold: see `moe.dropout`.
static uint32_t draw(uint32_t number, uint32_t key0, uint32_t key1) {
  uint32_t x = number ^ key0;
  x = (x ^ x >> 17) * 0xED5AD4BBu ^ key1;
  x = (x ^ x >> 11) * 0xAC4C1B51u;
  return (x ^ x >> 15) * 0x31848BABu;
}

template <typename T>
static Status evalDropout(moe::DropoutOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  const std::vector<int32_t> &key = frame.get(op.getKey()).ints;
  TensorOf<T> result = zerosFor<T>(op.getResult());
  int64_t shared = 1;
  for (int64_t extent : llvm::drop_begin(input.shape, op.getLeading()))
    shared *= extent;
  T scale = T(llvm::bit_cast<float>(key[3]));
  for (int64_t i = 0; i < result.size(); ++i)
    if (draw(uint32_t(i / shared), key[0], key[1]) >= uint32_t(key[2]))
      result.floats[i] = input.floats[i] * scale;
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
Status moec::reference::evalRandom(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::RandomNormalOp op) { return evalRandomNormal(op, frame); })
      .Case([&](moe::RandomBitsOp op) { return evalRandomBits(op, frame); })
      .Case([&](moe::DropoutKeyOp op) { return evalDropoutKey(op, frame); })
      .Case([&](moe::DropoutOp op) { return evalDropout(op, frame); })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalRandom)
