//===- FmaPeak.cpp - What the FMA units can do ----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// One loop, compiled for each vector width by target attributes, so that the
// runtime itself needs no more than the base instruction set.
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/FmaPeak.h"
#include "runtime/core/Threads.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <omp.h>

namespace moec::rt {

#if defined(__x86_64__)
#define MOEC_TARGET(isa) __attribute__((target(isa), noinline))
#else
#define MOEC_TARGET(isa) __attribute__((noinline))
#endif

// Independent chains: more than latency times throughput of any current core
// (4 cycles x 2 units), and few enough for the registers of each extension.
#define MOEC_FMA_LOOP(NAME, ISA, BYTES, CHAINS)                                \
  MOEC_TARGET(ISA)                                                             \
  static float NAME(int64_t rounds, float factor, float addend) {              \
    typedef float Vector __attribute__((vector_size(BYTES)));                  \
    Vector sums[CHAINS], f = Vector{} + factor, a = Vector{} + addend;         \
    for (int i = 0; i < CHAINS; ++i)                                           \
      sums[i] = Vector{} + float(i);                                           \
    for (int64_t r = 0; r < rounds; ++r) {                                     \
      _Pragma("GCC unroll 32") for (int i = 0; i < CHAINS; ++i) sums[i] =      \
          sums[i] * f + a;                                                     \
    }                                                                          \
    Vector total = sums[0];                                                    \
    for (int i = 1; i < CHAINS; ++i)                                           \
      total += sums[i];                                                        \
    return total[0];                                                           \
  }

struct Variant {
  const char *isa;
  float (*loop)(int64_t, float, float);
  double flopsPerRound;
};

#if defined(__x86_64__)
MOEC_FMA_LOOP(loopAvx512, "avx512f", 64, 24)
MOEC_FMA_LOOP(loopAvx2, "avx2,fma", 32, 12)
#endif
MOEC_FMA_LOOP(loopBase, "sse2", 16, 12)

static Variant pickVariant() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return {"avx512f", loopAvx512, 2.0 * 16 * 24};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {"avx2+fma", loopAvx2, 2.0 * 8 * 12};
#endif
  return {"base", loopBase, 2.0 * 4 * 12};
}

const char *fmaPeakIsa() { return pickVariant().isa; }

double measureFmaPeak(int threads, double seconds) {
  using Clock = std::chrono::steady_clock;
  Variant variant = pickVariant();
  threads = teamThreads(threads);
  constexpr int trials = 10;
  int64_t rounds = 10000;
  double best = 0;
  // Unknown to the compiler, and such that the sums stay near 1.
  volatile float factor = 0.5f, addend = 0.5f, sink = 0;
  float f = factor, a = addend;
  for (int trial = -6; trial < trials; ++trial) {
    double slowest = 0;
    int team = 1;
    float sum = 0;
#pragma omp parallel num_threads(threads) reduction(max : slowest)             \
    reduction(+ : sum)
    {
#pragma omp single
      team = omp_get_num_threads();
      Clock::time_point start = Clock::now();
      sum += variant.loop(rounds, f, a);
      slowest = std::chrono::duration<double>(Clock::now() - start).count();
    }
    sink = sink + sum;
    if (trial < 0) { // find how many rounds a trial may take
      rounds =
          std::max<int64_t>(10000, int64_t(double(rounds) * seconds / trials /
                                           std::max(slowest, 1e-6)));
      continue;
    }
    best =
        std::max(best, variant.flopsPerRound * double(rounds) * team / slowest);
  }
  return best;
}

} // namespace moec::rt
