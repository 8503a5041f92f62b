//===- GpuParametersTest.cpp - Tests of the layout of launches ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/GpuParameters.h"
#include "test/runtime/TestSupport.h"

#include <cstring>

using namespace moec::rt;

namespace {

/// A map that is encoded as its operand's number, then the address.
TensorMapBytes encode(const TensorMap &map, uint64_t address) {
  TensorMapBytes result{};
  uint64_t words[2] = {uint64_t(map.operand), address};
  std::memcpy(result.bytes.data(), words, sizeof(words));
  return result;
}

GpuParameters make(int operands, bool workspace, std::vector<int> maps) {
  Kernel kernel;
  kernel.gpu.workspace = workspace ? 256 : 0;
  for (int operand : maps) {
    TensorMap map;
    map.operand = operand;
    kernel.gpu.tensorMaps.push_back(map);
  }
  ResolvedLaunch launch;
  for (int i = 0; i < operands; ++i)
    launch.operands.push_back(1000 + i);
  return GpuParameters(kernel, launch, 5000, encode);
}

uint64_t wordAt(const GpuParameters &parameters, size_t offset) {
  uint64_t word = 0;
  std::memcpy(&word, static_cast<const char *>(parameters.block()) + offset, 8);
  return word;
}

size_t offsetOf(GpuParameters &parameters, size_t i) {
  return static_cast<char *>(parameters.pointers()[i]) -
         static_cast<const char *>(parameters.block());
}

} // namespace

TEST(GpuParameters, OperandsThenWorkspace) {
  GpuParameters without = make(3, false, {}), with = make(3, true, {});
  EXPECT_EQ(without.bytes(), 24u);
  EXPECT_EQ(with.bytes(), 32u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(wordAt(with, 8 * i), 1000u + i);
    EXPECT_EQ(offsetOf(with, i), 8u * i);
  }
  EXPECT_EQ(wordAt(with, 24), 5000u);
  EXPECT_EQ(offsetOf(with, 3), 24u);
}

TEST(GpuParameters, NoParameters) { EXPECT_EQ(make(0, false, {}).bytes(), 0u); }

TEST(GpuParameters, MapsStartAtMultiplesOf64) {
  // Just fits in 64 bytes, one more, just fits in 128, one more.
  struct Case {
    int operands;
    size_t start;
  };
  for (Case each : {Case{1, 64}, {8, 64}, {9, 128}, {16, 128}, {17, 192}}) {
    GpuParameters parameters =
        make(each.operands, false, {0, each.operands - 1});
    EXPECT_EQ(reinterpret_cast<uintptr_t>(parameters.block()) % 64, 0u);
    EXPECT_EQ(parameters.bytes(), each.start + 256);
    for (int map = 0; map < 2; ++map) {
      size_t at = offsetOf(parameters, each.operands + map);
      EXPECT_EQ(at, each.start + 128 * map);
      // Of the operand that it describes.
      int operand = map ? each.operands - 1 : 0;
      EXPECT_EQ(wordAt(parameters, at), uint64_t(operand));
      EXPECT_EQ(wordAt(parameters, at + 8), 1000u + operand);
    }
    // The last operand is not overwritten.
    EXPECT_EQ(wordAt(parameters, 8 * (each.operands - 1)),
              1000u + each.operands - 1);
  }
  // The workspace counts as an operand.
  GpuParameters pushed = make(8, true, {0});
  EXPECT_EQ(pushed.bytes(), 128u + 128);
}

TEST(GpuParameters, MovingKeepsThePlaces) {
  GpuParameters parameters = make(2, true, {1});
  void *last = parameters.pointers()[3];
  const void *block = parameters.block();
  GpuParameters moved = std::move(parameters);
  EXPECT_EQ(moved.block(), block);
  EXPECT_EQ(moved.pointers()[3], last);
}
