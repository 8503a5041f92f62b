//===- HoldOut.h - Keep a part of the data back --------------- -*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_DATA_HOLDOUT_H
#define MOEC_RUNTIME_DATA_HOLDOUT_H

#include "runtime/data/Dataset.h"

namespace moec::rt {

/// Data in two parts. In each the items keep their order.
struct HeldOut {
  DatasetRef rest; ///< to train on
  DatasetRef part; ///< to measure on
};

/// Keeps a share of the items, 0 < share < 1, rounded to whole ones: which ones
/// is a function of their number, the share and the seed. A larger share with
/// the same seed holds those of a smaller one. Throws Error where a part would
/// be empty.
HeldOut holdOut(const DatasetRef &data, double share, uint64_t seed);

} // namespace moec::rt

#endif // MOEC_RUNTIME_DATA_HOLDOUT_H
