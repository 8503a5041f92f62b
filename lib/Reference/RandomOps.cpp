//===- RandomOps.cpp - Counter-based random numbers -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "llvm/ADT/TypeSwitch.h"
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
Status moec::reference::evalRandom(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::RandomNormalOp op) { return evalRandomNormal(op, frame); })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalRandom)
