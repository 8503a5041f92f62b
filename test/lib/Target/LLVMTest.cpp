//===- LLVMTest.cpp - LLVM's targets, registered once ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/LLVM.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/TargetParser/Host.h"
#include <atomic>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace moec::target;

namespace {

/// Threads that are the first to ask for targets, all at the same time; 0 if
/// each got what it asked for.
int firstLookups() {
  constexpr int numThreads = 6;
  std::atomic<int> waiting{numThreads}, wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < numThreads; ++i)
    threads.emplace_back([&, i] {
      --waiting;
      while (waiting > 0)
        ;
      auto target = lookupTarget(i % 3 ? llvm::sys::getDefaultTargetTriple()
                                       : std::string("nvptx64-nvidia-cuda"));
      if (!target) {
        ++wrong;
        llvm::consumeError(target.takeError());
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  return wrong;
}

/// Registration can be tried once a process, so many processes try.
TEST(LLVMTest, ThreadsMayBeTheFirstToAsk) {
  if (!llvm::TargetRegistry::targets().empty())
    GTEST_SKIP() << "targets are registered already; run this test alone";
  for (int i = 0; i < 500; ++i) {
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      alarm(60); // a list that became a ring is walked for ever
      _exit(firstLookups());
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    ASSERT_EQ(WEXITSTATUS(status), 0) << "threads that got no target";
  }
}

TEST(LLVMTest, UnknownTriplesAreAnError) {
  auto target = lookupTarget("nope-nope-nope");
  ASSERT_FALSE(bool(target));
  EXPECT_NE(llvm::toString(target.takeError()).find("nope"), std::string::npos);
}

} // namespace
