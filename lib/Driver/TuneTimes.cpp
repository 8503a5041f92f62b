//===- TuneTimes.cpp - Comparing times of two builds ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/TuneTimes.h"
#include <algorithm>
#include <optional>

using namespace moec::driver;

double moec::driver::median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

TuneComparison
moec::driver::compareTurns(const std::vector<TuneTimes> &first,
                           const std::vector<TuneTimes> &second) {
  // Sets the medians of what `value` says of each turn; nothing if it says
  // nothing of one.
  auto tell = [&](auto value, double &ofFirst, double &ofSecond,
                  double &share) {
    std::vector<double> a, b, shares;
    for (size_t turn = 0; turn < first.size(); ++turn) {
      std::optional<double> mine = value(first[turn]),
                            other = value(second[turn]);
      if (!mine || !other)
        return false;
      a.push_back(*mine);
      b.push_back(*other);
      shares.push_back(*other / *mine);
    }
    ofFirst = median(a), ofSecond = median(b), share = median(shares);
    return true;
  };
  TuneComparison result;
  tell([](const TuneTimes &times) { return std::optional(times.whole); },
       result.first.whole, result.second.whole, result.shares.whole);
  for (const auto &entry : first.front().shapes) {
    auto seconds = [&](const TuneTimes &times) {
      auto found = times.shapes.find(entry.first);
      return found == times.shapes.end() ? std::nullopt
                                         : std::optional(found->second);
    };
    double a, b, share;
    if (!tell(seconds, a, b, share))
      continue;
    result.first.shapes[entry.first] = a;
    result.second.shapes[entry.first] = b;
    result.shares.shapes[entry.first] = share;
  }
  return result;
}
