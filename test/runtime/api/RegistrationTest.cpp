//===- RegistrationTest.cpp - Tests of the lists ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Devices.h"
#include "runtime/core/HostCall.h"
#include "runtime/data/ImageFormat.h"
#include "runtime/data/Transform.h"
#include "test/runtime/TestSupport.h"

#include <set>

using namespace moec::rt;
using namespace moec::rt::test;

template <typename Item>
static std::set<std::string> names(const Registry<Item> &items) {
  std::vector<std::string> list = namesOf(items);
  std::set<std::string> once(list.begin(), list.end());
  EXPECT_EQ(once.size(), list.size());
  return once;
}

/// What links the runtime as a library has all of it.
TEST(Registration, ListsEverything) {
  EXPECT_EQ(names(allDevices()),
            (std::set<std::string>{"cpu", "cuda", "ptxsim"}));
  EXPECT_EQ(names(allHostCalls()),
            (std::set<std::string>{"route", "expert_route"}));
  EXPECT_EQ(
      names(allDatasets()),
      (std::set<std::string>{"idx", "cifar10", "cifar100", "npy", "folder"}));
  EXPECT_EQ(names(allTransforms()),
            (std::set<std::string>{"flip", "crop", "resize", "resized_crop",
                                   "rand_augment", "jitter", "grey", "blur",
                                   "solarize", "views", "mixup"}));
  EXPECT_EQ(names(allImageFormats()), (std::set<std::string>{"PNG", "JPEG"}));
}
