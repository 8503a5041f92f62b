//===- TunedShapeTest.cpp - Names of shapes, and what is measured for them ===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/TunedShape.h"
#include <gtest/gtest.h>

using namespace moec::schedule;
using moec::kernel::CpuAttr;
using moec::kernel::ScheduleAttr;

namespace {

mlir::MLIRContext *context() {
  static mlir::MLIRContext context;
  context.loadDialect<moec::kernel::KernelDialect>();
  return &context;
}
CpuAttr avx2() { return CpuAttr::get(context(), 2, 32, 16, false); }
CpuAttr avx512() { return CpuAttr::get(context(), 8, 64, 32, false); }

llvm::SmallVector<ScheduleAttr> candidates(llvm::StringRef name, CpuAttr cpu,
                                           size_t most = 12) {
  return candidateSchedules(context(), name, cpu, most);
}
ScheduleAttr schedule(llvm::ArrayRef<int64_t> tile,
                      llvm::ArrayRef<int64_t> micro) {
  return ScheduleAttr::get(context(), tile, micro);
}

const char *const names[] = {
    "contract groups=1 m=6272 n=1536 k=384 left=f32,k right=f32,strips out=f32",
    "contract groups=32 m=49 n=96 k=256 left=f32,m,group,map=12 "
    "right=bf16,packed,group,map=3 out=bf16",
    "contract groups=8 m=37 n=1 k=13 left=f32,k right=f32,place,group out=f32 "
    "ragged=m",
    "contract groups=3 m=24 n=48 k=5000 left=f32,m right=f32,packed out=f32 "
    "ragged=k",
    "attend groups=96 s=197 e=64 t=197 d=64 in=f32 out=f32",
    "attend groups=1 s=1 e=1 t=3 d=2 in=f32 out=f32",
};

TEST(TunedShapeTest, CandidatesAreAllToBeBuilt) {
  for (const char *name : names)
    for (CpuAttr cpu : {avx2(), avx512()}) {
      auto all = candidates(name, cpu);
      EXPECT_FALSE(all.empty()) << name;
      EXPECT_LE(all.size(), 12u);
      for (size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(whyNoSchedule(name, all[i], cpu), "") << name;
        for (size_t j = 0; j < i; ++j)
          EXPECT_NE(all[i], all[j]);
      }
    }
}

TEST(TunedShapeTest, TheFirstIsTheModels) {
  ContractSchedule s =
      chooseSchedule(ContractShape{1, 512, 256, 128, false, false}, avx2());
  auto all = candidates(
      "contract groups=1 m=512 n=256 k=128 left=f32,k right=f32,packed out=f32",
      avx2(), 8);
  ASSERT_EQ(all.size(), 8u);
  EXPECT_EQ(all[0], schedule({s.mTile, s.nTile, s.kTile}, {s.rows, s.columns}));
  // Others of its register tile, and other register tiles.
  size_t same = 0;
  for (ScheduleAttr each : all)
    same += each.getMicro() == all[0].getMicro();
  EXPECT_GT(same, 1u);
  EXPECT_LT(same, 8u);
}

TEST(TunedShapeTest, ARaggedDepthIsPackedInParts) {
  for (ScheduleAttr each : candidates(names[3], avx2()))
    EXPECT_EQ(each.getTile()[2], raggedDepth);
}

TEST(TunedShapeTest, OtherTextsAreNoNames) {
  for (const char *text :
       {"", "contract", "contract groups=1 m=2 n=3", "attend groups=1 s=2",
        "contract groups=1 m=-2 n=3 k=4", "contract groups=1 m=0 n=3 k=4",
        "contract groups=1 m=99999999999999999999 n=3 k=4",
        "rows groups=1 m=2 n=3 k=4"}) {
    EXPECT_TRUE(candidates(text, avx2()).empty()) << text;
    EXPECT_EQ(whyNoSchedule(text, schedule({8, 8, 8}, {4, 8}), avx2()),
              "expected the name of a shape, as moec tune writes it");
  }
}

TEST(TunedShapeTest, SaysWhyAScheduleDoesNotFit) {
  EXPECT_EQ(whyNoSchedule(names[0], schedule({8, 8}, {4, 8}), avx2()),
            "expected 3 sizes of a tile and 2 of a register tile, got 2 and 2");
  EXPECT_EQ(whyNoSchedule(names[4], schedule({8, 8, 8}, {4, 8}), avx2()),
            "expected 2 sizes of a tile and 2 of a register tile, got 3 and 2");
  EXPECT_EQ(whyNoSchedule(names[0], schedule({8, 8, 8}, {4, 12}), avx2()),
            "expected columns of a register tile in whole vectors of 8 lanes, "
            "got 12");
  EXPECT_EQ(whyNoSchedule(names[0], schedule({8, 8, 8}, {14, 32}), avx2()),
            "a register tile of 14 x 32 takes 61 registers, and the machine "
            "has 16");
  EXPECT_EQ(whyNoSchedule(names[0], schedule({14, 32, 8}, {14, 32}), avx512()),
            "");
}

} // namespace
