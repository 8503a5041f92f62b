//===- AluTest.cpp - All instruction sets agree ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Alu.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

using namespace moec::ptxsim;

namespace {

const char *const names[] = {
#define OP1(name, ...) #name,
#define OP2(name, ...) #name,
#define OP3(name, ...) #name,
#define CMP(name, ...) #name,
#define SEL(name, ...) #name,
#define PAIR2(name, ...) #name,
#define PAIR3(name, ...) #name,
#include "lib/PtxSim/AluOps.def"
};

/// Rows of random bits, with the values that are special to some type.
std::vector<uint32_t> rows(uint64_t seed) {
  static const uint32_t special[] = {
      0,          0x80000000, 0x3f800000, 0x7f800000, 0x7fc00000,
      0xffc00000, 0x00000001, 0x007fffff, 0xffffffff, 0x7fff7fff,
      0x7e007e00, 0x3f803f80, 0x00010001, 0x7ff80000, 31};
  std::vector<uint32_t> r(8 * 32);
  for (uint32_t &v : r) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    const uint32_t n = uint32_t(seed >> 33);
    v = n % 3 == 0 ? special[n / 3 % 15] : uint32_t(seed >> 24);
  }
  return r;
}

bool isNan(uint32_t u) { return (u & 0x7fffffff) > 0x7f800000; }
bool isNan64(const uint32_t *u) {
  uint64_t v;
  std::memcpy(&v, u, 8);
  return (v & ~(uint64_t(1) << 63)) > uint64_t(0x7ff) << 52;
}

void compare(const ExecFn *table, const char *what) {
  for (size_t op = 0; op < size_t(AluOp::NumOps); ++op) {
    for (uint32_t mask : {fullMask, 0x0f0ff00fu}) {
      for (uint64_t seed = 1; seed < 20; ++seed) {
        std::vector<uint32_t> regs[2] = {rows(seed), rows(seed)};
        uint32_t preds[2][2];
        for (int k = 0; k < 2; ++k) {
          preds[k][0] = 0x12345678;
          preds[k][1] = 0x55aa33cc;
          Warp w;
          w.regs = regs[k].data();
          w.preds = preds[k];
          Inst i;
          i.a = 0;
          i.b = 2;
          i.c = 4;
          i.dst = 6;
          i.pdst = 0;
          i.psrc = 1;
          i.width = uint8_t(seed % 4);
          (k ? table : aluBase())[op](w, i, mask);
        }
        ASSERT_EQ(preds[0][0], preds[1][0])
            << what << " " << names[op] << " seed " << seed;
        for (size_t at = 0; at < regs[0].size(); ++at) {
          const uint32_t x = regs[0][at], y = regs[1][at];
          // The payload of a NaN is not defined.
          const size_t even = at & ~size_t(1);
          if ((isNan(x) && isNan(y)) ||
              (isNan64(&regs[0][even]) && isNan64(&regs[1][even])))
            continue;
          ASSERT_EQ(x, y) << what << " " << names[op] << " word " << at
                          << " seed " << seed;
        }
      }
    }
  }
}

TEST(Alu, InstructionSetsAgree) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    compare(aluAvx2(), "AVX2");
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    compare(aluAvx512(), "AVX-512");
#endif
  EXPECT_NE(alu(AluOp::FmaF32), nullptr);
}

} // namespace
