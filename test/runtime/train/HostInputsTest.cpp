//===- HostInputsTest.cpp - Tests of inputs that the loop fills -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/train/HostInputs.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

TEST(HostInputs, AreFilledByName) {
  Session session(loadTestModule("toy"));
  int64_t entry = session.module().requireEntry("train_step");
  setHostInputs(session, entry, {0.25, 7, (uint64_t(1) << 40) + 9});
  EXPECT_EQ(*static_cast<float *>(session.input(entry, 2)), 0.25f);
  EXPECT_EQ(*static_cast<int32_t *>(session.input(entry, 3)), 7);
  EXPECT_EQ(*static_cast<int32_t *>(session.input(entry, 4)), 9);
  // Fields stay as they are, and an entry may have none of the host.
  EXPECT_EQ(*static_cast<uint8_t *>(session.input(entry, 0)), 0);
  EXPECT_NO_THROW(setHostInputs(session, 0, {1, 2, 3}));
}

/// An input that a module need not have.
TEST(HostInputs, HalfCosine) {
  Entry entry;
  entry.name = "train_step";
  entry.inputs = {{{"half_cosine", DType::F32, {}, 1}, InputSource::Host}};
  EXPECT_NO_THROW(checkHostInputs(entry));
}

/// A field is no input of the host, and the other way round.
TEST(HostInputs, NamesMayBeThoseOfFields) {
  Entry entry;
  entry.name = "train_step";
  entry.inputs = {{{"step", DType::U8, {8, 4}, 32}},
                  {{"step", DType::I32, {}, 1}, InputSource::Host}};
  EXPECT_NO_THROW(checkHostInputs(entry));
  EXPECT_EQ(entry.findInput("step"), 0);
  EXPECT_EQ(entry.findInput("step", InputSource::Host), 1);
  std::swap(entry.inputs[0], entry.inputs[1]);
  EXPECT_EQ(entry.findInput("step"), 1);
}

TEST(HostInputs, Errors) {
  Entry entry;
  entry.name = "train_step";
  entry.inputs = {{{"momentum", DType::F32, {}, 1}, InputSource::Host}};
  EXPECT_ERROR(checkHostInputs(entry),
               "entry train_step: the training loop knows no \"momentum\" "
               "(input of source host), only learning_rate, step, seed, "
               "half_cosine");
  entry.inputs = {{{"step", DType::I32, {2}, 2}, InputSource::Host}};
  EXPECT_ERROR(checkHostInputs(entry), "scalar of f32 or i32, got i32 [2]");
  entry.inputs = {{{"seed", DType::U8, {}, 1}, InputSource::Host}};
  EXPECT_ERROR(checkHostInputs(entry), "scalar of f32 or i32, got u8 []");
}
