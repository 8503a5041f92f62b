//===- IntegerTest.cpp - Integer instructions -----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxTest.h"

using namespace moec::ptxsim;

namespace {

/// One instruction `op %r1, %r0, b, c` on single values.
uint32_t one(const std::string &body, uint32_t a) {
  return mapLanes(body, {a})[0];
}

struct Case {
  const char *op;
  uint32_t a; ///< in %r0
  uint32_t want;
};

/// Runs each case between `before` and `after`; the result is in %r1.
void expectEach(std::initializer_list<Case> cases,
                const std::string &before = "", const std::string &after = "") {
  for (const Case &c : cases)
    EXPECT_EQ(one(before + c.op + after, c.a), c.want) << c.op << " of " << c.a;
}

TEST(Integer, Computes32Bits) {
  expectEach({
      {"add.s32 %r1, %r0, 7;", 5, 12},
      {"add.u32 %r1, %r0, 1;", 0xffffffff, 0},
      {"add.sat.s32 %r1, %r0, 1;", 0x7fffffff, 0x7fffffff},
      {"sub.s32 %r1, %r0, 7;", 5, 0xfffffffe},
      {"sub.sat.s32 %r1, %r0, 1;", 0x80000000, 0x80000000},
      {"mul.lo.s32 %r1, %r0, -3;", 5, 0xfffffff1},
      {"mul.hi.u32 %r1, %r0, 65536;", 0x80000000, 0x8000},
      {"mul.hi.s32 %r1, %r0, 65536;", 0x80000000, 0xffff8000},
      {"mad.lo.s32 %r1, %r0, 3, 4;", 5, 19},
      {"mad.hi.u32 %r1, %r0, 65536, 1;", 0x80000000, 0x8001},
      {"div.u32 %r1, %r0, 7;", 0xffffffff, 0x24924924},
      {"div.s32 %r1, %r0, 7;", uint32_t(-50), uint32_t(-7)},
      {"div.s32 %r1, %r0, -1;", 0x80000000, 0x80000000},
      {"rem.u32 %r1, %r0, 7;", 50, 1},
      {"rem.s32 %r1, %r0, 7;", uint32_t(-50), uint32_t(-1)},
      {"min.s32 %r1, %r0, 3;", uint32_t(-1), uint32_t(-1)},
      {"min.u32 %r1, %r0, 3;", uint32_t(-1), 3},
      {"max.s32 %r1, %r0, 3;", uint32_t(-1), 3},
      {"max.u32 %r1, %r0, 3;", uint32_t(-1), uint32_t(-1)},
      {"neg.s32 %r1, %r0;", 5, uint32_t(-5)},
      {"abs.s32 %r1, %r0;", uint32_t(-5), 5},
      {"and.b32 %r1, %r0, 12;", 10, 8},
      {"or.b32 %r1, %r0, 12;", 10, 14},
      {"xor.b32 %r1, %r0, 12;", 10, 6},
      {"not.b32 %r1, %r0;", 10, 0xfffffff5},
      {"shl.b32 %r1, %r0, 4;", 3, 48},
      {"shl.b32 %r1, %r0, 32;", 3, 0},
      {"shr.u32 %r1, %r0, 4;", 0x80000000, 0x08000000},
      {"shr.s32 %r1, %r0, 4;", 0x80000000, 0xf8000000},
      {"shr.s32 %r1, %r0, 99;", 0x80000000, 0xffffffff},
      {"shr.u32 %r1, %r0, 99;", 0x80000000, 0},
      {"popc.b32 %r1, %r0;", 0xf0f0, 8},
      {"clz.b32 %r1, %r0;", 0x00010000, 15},
      {"clz.b32 %r1, %r0;", 0, 32},
      {"brev.b32 %r1, %r0;", 0x00000001, 0x80000000},
      {"bfind.u32 %r1, %r0;", 0x00010000, 16},
      {"bfind.u32 %r1, %r0;", 0, 0xffffffff},
      {"bfind.s32 %r1, %r0;", 0xfffffffe, 0},
      {"bfe.u32 %r1, %r0, 4, 8;", 0x12345678, 0x67},
      {"bfe.s32 %r1, %r0, 4, 4;", 0x000000f0, 0xffffffff},
      {"bfe.s32 %r1, %r0, 28, 8;", 0x80000000, 0xfffffff8},
      {"bfe.u32 %r1, %r0, 0, 0;", 0x12345678, 0},
      {"bfi.b32 %r1, %r0, 0x11111111, 8, 8;", 0xab, 0x1111ab11},
      {"bfi.b32 %r1, %r0, 0, 0, 32;", 0xab, 0xab},
      {"prmt.b32 %r1, %r0, 0x88776655, 0x5410;", 0x44332211, 0x66552211},
      {"prmt.b32 %r1, %r0, 0, 0x8;", 0x00000080, 0x808080ff},
      {"shf.l.wrap.b32 %r1, %r0, 0x11111111, 8;", 0xab000000, 0x111111ab},
      {"shf.r.wrap.b32 %r1, %r0, 0x111111cd, 8;", 0xab000000, 0xcdab0000},
      {"shf.r.clamp.b32 %r1, %r0, 0x12345678, 40;", 0xab000000, 0x12345678},
      {"shf.l.wrap.b32 %r1, %r0, %r0, 33;", 0x80000001, 0x00000003},
      {"lop3.b32 %r1, %r0, 0xcc, 0xaa, 0x96;", 0xf0, 0x96},
      {"sad.u32 %r1, %r0, 9, 100;", 4, 105},
      {"dp4a.s32.s32 %r1, %r0, 0x01010101, 5;", 0xff020304, 13},
      {"dp4a.u32.u32 %r1, %r0, 0x01010101, 5;", 0xff020304, 269},
  });
}

TEST(Integer, ClampsNegativeExtremes) {
  const uint32_t minus5 = uint32_t(-5);
  expectEach({
      {"min.relu.s32 %r1, %r0, 3;", minus5, 0},
      {"min.relu.s32 %r1, %r0, 3;", 2, 2},
      {"min.relu.s32 %r1, %r0, 3;", 9, 3},
      {"max.relu.s32 %r1, %r0, -3;", minus5, 0},
      {"max.relu.s32 %r1, %r0, -3;", 9, 9},
      {"min.relu.s16x2 %r1, %r0, 0x00037fff;", 0x0009fffe, 0x00030000},
      {"min.relu.s16x2 %r1, %r0, 0x00037fff;", 0x80000005, 0x00000005},
      {"max.relu.s16x2 %r1, %r0, 0x8000fffe;", 0xffff0007, 0x00000007},
      {"max.relu.s16x2 %r1, %r0, 0x0005fffe;", 0xffffffff, 0x00050000},
  });
}

TEST(Integer, ComputesPairs) {
  expectEach({
      {"add.s16x2 %r1, %r0, 0x00010001;", 0x0004ffff, 0x00050000},
      {"add.u16x2 %r1, %r0, 0xffff0001;", 0x00020002, 0x00010003},
      {"min.s16x2 %r1, %r0, 0x00010001;", 0x7fffffff, 0x0001ffff},
      {"min.u16x2 %r1, %r0, 0x00010001;", 0x7fffffff, 0x00010001},
      {"max.s16x2 %r1, %r0, 0x00010001;", 0x7fffffff, 0x7fff0001},
      {"max.u16x2 %r1, %r0, 0x00010001;", 0x0000ffff, 0x0001ffff},
  });
}

TEST(Integer, ComputesWhatIntrinsicsAskFor) {
  expectEach({
      {"sad.s32 %r1, %r0, 9, 100;", uint32_t(-4), 113},
      {"mul24.lo.u32 %r1, %r0, 0x01000003;", 0xff000005, 15},
      {"mul24.lo.s32 %r1, %r0, 3;", 0x00fffffe, uint32_t(-6)},
      {"dp4a.s32.u32 %r1, %r0, 0x010101ff, 5;", 0x000000ff, uint32_t(-250)},
      {"dp4a.u32.s32 %r1, %r0, 0x010101ff, 5;", 0x000000ff, uint32_t(-250)},
      {"dp2a.lo.s32.s32 %r1, %r0, 0x7f7f02ff, 1;", 0x8000fffe,
       uint32_t(2 - 65536 + 1)},
      {"dp2a.hi.u32.u32 %r1, %r0, 0x0203ffff, 1;", 0x80000004,
       2 * 0x8000 + 3 * 4 + 1},
      {"prmt.b32.f4e %r1, %r0, 0x88776655, 1;", 0x44332211, 0x55443322},
      {"prmt.b32.b4e %r1, %r0, 0x88776655, 1;", 0x44332211, 0x77881122},
      {"prmt.b32.rc8 %r1, %r0, 0x88776655, 2;", 0x44332211, 0x33333333},
      {"prmt.b32.ecl %r1, %r0, 0x88776655, 2;", 0x44332211, 0x44333333},
      {"prmt.b32.ecr %r1, %r0, 0x88776655, 2;", 0x44332211, 0x33332211},
      {"prmt.b32.rc16 %r1, %r0, 0x88776655, 1;", 0x44332211, 0x44334433},
      {"bfind.shiftamt.u32 %r1, %r0;", 0x00010000, 15},
      {"bfind.shiftamt.u32 %r1, %r0;", 0, 0xffffffff},
      {"bfind.shiftamt.s32 %r1, %r0;", 0xfffffffd, 30},
      {"bmsk.clamp.b32 %r1, %r0, 8;", 4, 0xff0},
      {"bmsk.clamp.b32 %r1, %r0, 40;", 4, 0xfffffff0},
      {"bmsk.clamp.b32 %r1, %r0, 8;", 32, 0},
      {"bmsk.wrap.b32 %r1, %r0, 40;", 36, 0xff0},
      {"bmsk.wrap.b32 %r1, %r0, 8;", 28, 0xf0000000},
      {"szext.clamp.s32 %r1, %r0, 4;", 0x1238, 0xfffffff8},
      {"szext.clamp.u32 %r1, %r0, 4;", 0x1238, 8},
      {"szext.clamp.s32 %r1, %r0, 32;", 0x92345678, 0x92345678},
      {"szext.wrap.u32 %r1, %r0, 32;", 0x92345678, 0},
      {"fns.b32 %r1, %r0, 3, 0;", 0x28, 3},
      {"fns.b32 %r1, %r0, 4, 0;", 0x28, 0xffffffff},
      {"fns.b32 %r1, %r0, 0, 2;", 0x28, 5},
      {"fns.b32 %r1, %r0, 31, -2;", 0x28, 3},
      {"fns.b32 %r1, %r0, 0, 3;", 0x28, 0xffffffff},
  });
}

/// A type that an instruction does not have must not be taken for another.
TEST(Integer, RefusesTypesThatDoNotBelong) {
  for (const char *op :
       {"sub.s16x2 %r1, %r0, %r2;", "mul.lo.s16x2 %r1, %r0, %r2;",
        "min.relu.u32 %r1, %r0, %r2;", "max.relu.u16x2 %r1, %r0, %r2;",
        "add.s8 %r1, %r0, %r2;", "shl.f32 %r1, %r0, %r2;",
        "popc.pred %r1, %r0;", "mul24.lo.s64 %d1, %d0, %d2;",
        "bmsk.clamp.u32 %r1, %r0, %r2;", "dp4a.s32.b32 %r1, %r0, %r2, %r3;",
        "prmt.b32.f8e %r1, %r0, %r2, %r3;", "bfind.u16 %r1, %h0;"})
    EXPECT_NE(parseError(ptxKernel(op)).find("test.ptx:"), std::string::npos)
        << op;
}

TEST(Integer, Computes16Bits) {
  expectEach(
      {
          {"add.s16 %h1, %h0, 1;", 0xffff, 0},
          {"mul.lo.s16 %h1, %h0, 3;", 0x8001, 0x8003},
          {"mul.hi.u16 %h1, %h0, 256;", 0x8000, 0x80},
          {"shl.b16 %h1, %h0, 4;", 0x8001, 0x0010},
          {"shr.s16 %h1, %h0, 4;", 0x8000, 0xf800},
          {"shr.u16 %h1, %h0, 4;", 0x8000, 0x0800},
          {"neg.s16 %h1, %h0;", 1, 0xffff},
          {"not.b16 %h1, %h0;", 1, 0xfffe},
          {"min.s16 %h1, %h0, 5;", 0x8000, 0x8000},
          {"max.u16 %h1, %h0, 5;", 0x8000, 0x8000},
          {"div.s16 %h1, %h0, 2;", 0xfffc, 0xfffe},
          {"sad.u16 %h1, %h0, 9, 3;", 0xffff, 0xfff9},
          {"sad.s16 %h1, %h0, 9, 3;", 0xffff, 13},
      },
      "cvt.u16.u32 %h0, %r0;", "cvt.u32.u16 %r1, %h1;");
}

TEST(Integer, Computes64Bits) {
  // %d0 = a << 32 | a.
  expectEach(
      {
          {"add.s64 %d1, %d0, 1;", 0xffffffff, 0},
          {"mul.lo.s64 %d1, %d0, %d0;", 2, 8},
          {"mul.hi.u64 %d1, %d0, %d0;", 0x80000000, 0x40000000},
          {"shl.b64 %d1, %d0, 32;", 3, 3},
          {"shr.u64 %d1, %d0, 60;", 0xf0000000, 0},
          {"shr.s64 %d1, %d0, 16;", 0x80000000, 0xffff8000},
          {"neg.s64 %d1, %d0;", 1, 0xfffffffe},
          {"and.b64 %d1, %d0, 0xff00000000;", 0x12, 0x12},
          {"div.u64 %d1, %d0, 2;", 4, 2},
          {"rem.u64 %d1, %d0, 0x100000000;", 4, 0},
          {"max.s64 %d1, %d0, 0;", 0x80000000, 0},
          {"brev.b64 %d1, %d0;", 1, 0x80000000},
          {"bfe.u64 %d1, %d0, 4, 36;", 0x12345678, 0x7},
      },
      "mov.b64 %d0, {%r0, %r0};", "mov.b64 {%r2, %r1}, %d1;");
  EXPECT_EQ(one("mov.b64 %d0, {%r0, %r0}; popc.b64 %r1, %d0;", 7), 6u);
  EXPECT_EQ(one("mov.b64 %d0, {0, %r0}; clz.b64 %r1, %d0;", 7), 29u);
  EXPECT_EQ(one("mov.b64 %d0, {%r0, -1}; bfind.s64 %r1, %d0;", 0xfffffeff), 8u);
  EXPECT_EQ(
      one("mov.b64 %d0, {%r0, -1}; bfind.shiftamt.s64 %r1, %d0;", 0xfffffeff),
      55u);
  EXPECT_EQ(one("mov.b64 %d0, {0, %r0}; bfind.shiftamt.u64 %r1, %d0;", 7), 29u);
  EXPECT_EQ(one("mov.b64 %d0, {%r0, -1}; sad.s64 %d1, %d0, 1, 2; cvt.u32.u64 "
                "%r1, %d1;",
                uint32_t(-9)),
            12u);
}

TEST(Integer, ComputesWideProducts) {
  EXPECT_EQ(
      one("mul.wide.u32 %d0, %r0, %r0; mov.b64 {%r2, %r1}, %d0;", 0xffffffff),
      0xfffffffeu);
  EXPECT_EQ(
      one("mul.wide.s32 %d0, %r0, %r0; mov.b64 {%r2, %r1}, %d0;", 0xffffffff),
      0u);
  EXPECT_EQ(one("mad.wide.u32 %d0, %r0, %r0, 1; mov.b64 {%r1, %r2}, %d0;", 3),
            10u);
  EXPECT_EQ(one("mad.wide.s32 %d0, %r0, 2, -1; mov.b64 {%r2, %r1}, %d0;",
                uint32_t(-3)),
            0xffffffffu);
  EXPECT_EQ(one("cvt.u16.u32 %h0, %r0; mul.wide.s16 %r1, %h0, %h0;", 0xfffe),
            4u);
  EXPECT_EQ(one("cvt.u16.u32 %h0, %r0; mul.wide.u16 %r1, %h0, 2;", 0xfffe),
            0x1fffcu);
}

TEST(Integer, CarriesBetweenWords) {
  EXPECT_EQ(one("add.cc.u32 %r2, %r0, 1; addc.u32 %r1, 5, 6;", 0xffffffff),
            12u);
  EXPECT_EQ(one("add.cc.u32 %r2, %r0, 1; addc.u32 %r1, 5, 6;", 1), 11u);
  EXPECT_EQ(one("sub.cc.u32 %r2, %r0, 2; subc.u32 %r1, 5, 1;", 1), 3u);
  EXPECT_EQ(
      one("mov.b64 %d0, {%r0, %r0}; add.cc.s64 %d1, %d0, 1; addc.cc.s64 %d2, "
          "0, 0; cvt.u32.u64 %r1, %d2;",
          0xffffffff),
      1u);
}

TEST(Integer, ComparesAndSelects) {
  expectEach(
      {
          {"setp.lt.s32 %p1, %r0, 3;", uint32_t(-1), 1},
          {"setp.lt.u32 %p1, %r0, 3;", uint32_t(-1), 0},
          {"setp.eq.s32 %p1, %r0, 3;", 3, 1},
          {"setp.ne.b32 %p1, %r0, 3;", 3, 0},
          {"setp.hs.u32 %p1, %r0, 3;", 3, 1},
          {"setp.lo.u32 %p1, %r0, 3;", 3, 0},
          {"setp.ge.s32 %p1, %r0, -3;", 0, 1},
          {"setp.gt.u32 %p1, %r0, 3;", 4, 1},
          {"setp.le.s32 %p1, %r0, 3;", 4, 0},
          {"setp.eq.s32 %p2, 1, 1; setp.eq.and.s32 %p1, %r0, 3, %p2;", 3, 1},
          {"setp.eq.s32 %p2, 1, 1; setp.eq.and.s32 %p1, %r0, 3, !%p2;", 3, 0},
          {"setp.eq.s32 %p2, 1, 1; setp.eq.or.s32 %p1, %r0, 3, %p2;", 4, 1},
          {"setp.eq.s32 %p2, 1, 1; setp.eq.xor.s32 %p1, %r0, 3, %p2;", 3, 0},
          {"setp.eq.s32 %p2|%p1, %r0, 3;", 3, 0},
          {"setp.eq.s32 %p2|%p1, %r0, 3;", 4, 1},
          {"setp.eq.s32 %p2, %r0, 3; not.pred %p1, %p2;", 3, 0},
          {"setp.eq.s32 %p2, %r0, 3; setp.eq.s32 %p3, %r0, 4; or.pred %p1, "
           "%p2, "
           "%p3;",
           4, 1},
          {"setp.eq.s32 %p2, %r0, 3; and.pred %p1, %p2, -1;", 3, 1},
          {"setp.eq.s32 %p2, %r0, 3; xor.pred %p1, %p2, !%p2;", 9, 1},
          {"mov.pred %p1, -1;", 0, 1},
          {"mov.pred %p1, 0;", 0, 0},
      },
      "", "selp.b32 %r1, 1, 0, %p1;");
  EXPECT_EQ(one("slct.b32.s32 %r1, 7, 8, %r0;", 0), 7u);
  EXPECT_EQ(one("slct.b32.s32 %r1, 7, 8, %r0;", 0x80000000), 8u);
  EXPECT_EQ(one("set.lt.u32.s32 %r1, %r0, 3;", 2), 0xffffffffu);
  EXPECT_EQ(one("selp.b64 %d1, 0x100000002, 3, %p1; cvt.u32.u64 %r1, %d1;", 2),
            3u);
}

TEST(Integer, ObeysPredicates) {
  std::vector<uint32_t> in(32);
  for (uint32_t l = 0; l < 32; ++l)
    in[l] = l;
  const auto out =
      mapLanes("mov.b32 %r1, 100; setp.lt.u32 %p1, %r0, 5;"
               "@%p1 add.s32 %r1, %r0, 1; @!%p1 sub.s32 %r1, %r1, %r0;",
               in);
  for (uint32_t l = 0; l < 32; ++l)
    EXPECT_EQ(out[l], l < 5 ? l + 1 : 100 - l);
}

} // namespace
