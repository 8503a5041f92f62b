//===- TuneTimes.h - Comparing times of two builds --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_TUNETIMES_H
#define MOEC_LIB_DRIVER_TUNETIMES_H

#include <map>
#include <string>
#include <vector>

namespace moec::driver {

/// Seconds of a run: of the kernels of each shape, and of all entries.
struct TuneTimes {
  std::map<std::string, double> shapes;
  double whole = 0;
};

/// Two builds, each measured in turn: medians of the seconds of both, and of
/// the second one's as shares of the first one's in the same turn.
struct TuneComparison {
  TuneTimes first, second, shares;
};

/// A machine on which other programs run may change from one second to the
/// next, so times of two builds are compared turn by turn alone. Of shapes that
/// are not in every measurement of both nothing is told.
TuneComparison compareTurns(const std::vector<TuneTimes> &first,
                            const std::vector<TuneTimes> &second);

double median(std::vector<double> values);

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_TUNETIMES_H
