//===- Threads.cpp - How many threads a session gets ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Threads.h"
#include "runtime/core/Fail.h"
#include "runtime/core/StartableThreads.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <omp.h>
#include <string>
#include <strings.h>

namespace moec::rt {

static const char *const countVariable = "OMP_NUM_THREADS";

/// Whether `text` is a list of numbers from 1 to mostThreads: one for each
/// level of nesting, of which moec uses the first.
static bool isThreadList(const std::string &text) {
  size_t at = 0;
  for (;;) {
    while (at < text.size() && std::isspace(uint8_t(text[at])))
      ++at;
    int number = 0;
    for (; at < text.size() && std::isdigit(uint8_t(text[at])); ++at)
      number = std::min(number * 10 + (text[at] - '0'), mostThreads + 1);
    if (number < 1 || number > mostThreads)
      return false;
    while (at < text.size() && std::isspace(uint8_t(text[at])))
      ++at;
    if (at == text.size())
      return true;
    if (text[at++] != ',')
      return false;
  }
}

int wantedThreads(int wanted) {
  if (wanted > mostThreads)
    fail("expected at most {} threads, got {}", mostThreads, wanted);
  const char *value = std::getenv(countVariable);
  if (value && !isThreadList(value)) {
    std::string text = value;
    bool blank = text.find_first_not_of(" \t") == std::string::npos;
    if (wanted <= 0 && !blank)
      throw Error(
          fmt::format("{}={} is no number of threads: expected a number "
                      "from 1 to {}; correct it, unset it, or use "
                      "--threads",
                      countVariable, text, mostThreads),
          ErrorCode::Usage);
    unsetenv(countVariable);
  }
  return wanted > 0 ? wanted : std::min(omp_get_max_threads(), mostThreads);
}

/// The stack of an OpenMP thread in bytes, as the variables for it say (numbers
/// without a unit count in KiB); 0: none does.
static size_t stackBytes() {
  size_t most = 0;
  for (const char *name :
       {"OMP_STACKSIZE", "GOMP_STACKSIZE", "KMP_STACKSIZE"}) {
    const char *text = std::getenv(name);
    if (!text)
      continue;
    char *end = nullptr;
    unsigned long long number = std::strtoull(text, &end, 10);
    while (std::isspace(uint8_t(*end)))
      ++end;
    int shift = 10;
    switch (std::tolower(uint8_t(*end))) {
    case 'b':
      shift = 0;
      break;
    case 'm':
      shift = 20;
      break;
    case 'g':
      shift = 30;
      break;
    case 't':
      shift = 40;
      break;
    default:
      break;
    }
    constexpr unsigned long long bound = 1ull << 62;
    most = std::max<size_t>(most,
                            number > bound >> shift ? bound : number << shift);
  }
  return most;
}

int teamThreads(int wanted) {
  // What a team of this thread has started is kept for its next one.
  static thread_local int asked = 1, proven = 1;
  int allowed = std::min(wanted, omp_get_thread_limit());
  if (wanted != asked && allowed > proven)
    proven = std::max(proven, startableThreads(allowed, stackBytes()));
  asked = wanted;
  return std::min(allowed, proven);
}

bool maySpin(int threads) {
  const char *policy = std::getenv("OMP_WAIT_POLICY");
  return threads <= omp_get_num_procs() &&
         !(policy && strcasecmp(policy, "passive") == 0);
}

} // namespace moec::rt
