//===- DotBench.cpp - Dot products of bf16 beside FMAs of f32 -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// moec-dot-bench: multiply-adds a second of one core with vdpbf16ps and with
// FMAs, in registers. Not every CPU that has the dot product gains by it.
//
//===----------------------------------------------------------------------===//

#include <cstdio>

#if defined(__x86_64__)
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <immintrin.h>

namespace {

// Independent sums: more than latency times throughput of any current core.
constexpr int numSums = 24, lanes = 16;

[[gnu::target("avx512f,avx512bw,avx512bf16"), gnu::noinline]] float
dots(int64_t rounds, float value) {
  __m512bh factor = _mm512_cvtne2ps_pbh(__m512{} + value, __m512{} + value);
  __m512 sums[numSums] = {};
  for (int64_t r = 0; r < rounds; ++r)
#pragma clang loop unroll(full)
    for (int i = 0; i < numSums; ++i)
      sums[i] = _mm512_dpbf16_ps(sums[i], factor, factor);
  __m512 total{};
  for (__m512 sum : sums)
    total += sum;
  return total[0];
}

[[gnu::target("avx512f"), gnu::noinline]] float fmas(int64_t rounds,
                                                     float value) {
  __m512 factor = __m512{} + value;
  __m512 sums[numSums] = {};
  for (int64_t r = 0; r < rounds; ++r)
#pragma clang loop unroll(full)
    for (int i = 0; i < numSums; ++i)
      sums[i] = _mm512_fmadd_ps(factor, factor, sums[i]);
  __m512 total{};
  for (__m512 sum : sums)
    total += sum;
  return total[0];
}

/// Multiply-adds a second, the best of several trials, of a loop with
/// `perInstruction` of them in an instruction.
double rate(float (*loop)(int64_t, float), int perInstruction) {
  using Clock = std::chrono::steady_clock;
  constexpr int64_t rounds = 2'000'000;
  volatile float value = 0.5f, sink = 0;
  double best = 0;
  for (int trial = 0; trial < 10; ++trial) {
    Clock::time_point start = Clock::now();
    sink = sink + loop(rounds, value);
    std::chrono::duration<double> took = Clock::now() - start;
    best = std::max(best,
                    double(rounds) * numSums * perInstruction / took.count());
  }
  return best;
}

} // namespace
#endif

int main() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512bf16")) {
    double dot = rate(dots, 2 * lanes), fma = rate(fmas, lanes);
    std::printf("multiply-adds a second, one core, 512 bits, in 10^9\n"
                "vdpbf16ps %8.1f\nFMA, f32  %8.1f\nratio     %8.2f\n",
                dot / 1e9, fma / 1e9, dot / fma);
    return 0;
  }
#endif
  std::fprintf(stderr, "moec-dot-bench: error: this CPU has no avx512bf16\n");
  return 1;
}
