//===- VersionTest.cpp ----------------------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Version.h"

#include <gtest/gtest.h>

TEST(Version, NamesToolCommitAndAbi) {
  std::string commit = moec::commit(), abi = std::to_string(MOEC_MODULE_ABI);
  EXPECT_FALSE(commit.empty());
  EXPECT_EQ(moec::versionText("moec-run"),
            "moec-run " MOEC_VERSION " (commit " + commit + ", module ABI " +
                abi + ")");
  EXPECT_EQ(moec::versionText("moec", "22.1.8"),
            "moec " MOEC_VERSION " (commit " + commit +
                ", LLVM 22.1.8, module ABI " + abi + ")");
}

TEST(Version, NumbersAndTextAgree) {
  EXPECT_EQ(std::string(MOEC_VERSION),
            std::to_string(MOEC_VERSION_MAJOR) + "." +
                std::to_string(MOEC_VERSION_MINOR) + "." +
                std::to_string(MOEC_VERSION_PATCH));
}
