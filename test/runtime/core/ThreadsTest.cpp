//===- ThreadsTest.cpp - Tests of counting threads ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// OpenMP's library reads its variables once, so each case is a process.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Threads.h"
#include "runtime/core/Session.h"
#include "runtime/core/StartableThreads.h"
#include "test/runtime/TestSupport.h"

#include <sys/wait.h>
#include <unistd.h>

using namespace moec::rt;
using namespace moec::rt::test;

/// What a session of a new process says of its threads, or the error's text.
static std::string threadsOf(const char *variable, const char *value,
                             int wanted) {
  int ends[2];
  if (pipe(ends) != 0)
    return "no pipe";
  pid_t child = fork();
  if (child == 0) {
    setenv(variable, value, 1);
    std::string said = errorOf([&] {
      SessionOptions options;
      options.threads = wanted;
      Session session(loadTestModule("toy"), options);
      session.initVariables(1);
      session.run(2);
      throw Error(std::to_string(session.threads()));
    });
    _exit(write(ends[1], said.data(), said.size()) < 0);
  }
  close(ends[1]);
  std::string said;
  char buffer[256];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof(buffer))) > 0;)
    said.append(buffer, size_t(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? said : "process ended with " + std::to_string(status);
}

TEST(Threads, VariableIsReadOrRefused) {
  EXPECT_EQ(threadsOf("OMP_NUM_THREADS", "3", 0), "3");
  EXPECT_EQ(threadsOf("OMP_NUM_THREADS", " 2 , 5", 0), "2");
  for (const char *bad :
       {"auto", "-1", "abc", "0", "2x", "1e3", "2,,2", "1025", "99999999999"}) {
    std::string text = threadsOf("OMP_NUM_THREADS", bad, 0);
    EXPECT_EQ(text.rfind(std::string("OMP_NUM_THREADS=") + bad +
                             " is no number of threads",
                         0),
              0u)
        << text;
    EXPECT_EQ(threadsOf("OMP_NUM_THREADS", bad, 2), "2") << bad;
  }
  std::string usual = std::to_string(wantedThreads(0));
  EXPECT_EQ(threadsOf("OMP_NUM_THREADS", "", 0), usual);
  EXPECT_EQ(threadsOf("OMP_NUM_THREADS", " ", 0), usual);
  EXPECT_EQ(threadsOf("OMP_NUM_THREADS", "", 2), "2");
}

TEST(Threads, LimitsGiveFewer) {
  EXPECT_EQ(threadsOf("OMP_THREAD_LIMIT", "2", 4), "2");
  // Stacks that no address space holds: the calling thread has its own.
  for (const char *name : {"OMP_STACKSIZE", "KMP_STACKSIZE"}) {
    EXPECT_EQ(threadsOf(name, "1000T", 4), "1") << name;
    EXPECT_EQ(threadsOf(name, "99999999999999", 4), "1") << name;
    EXPECT_EQ(threadsOf(name, "4M", 3), "3") << name;
  }
}

TEST(Threads, StartableThreads) {
  EXPECT_EQ(moec::startableThreads(1), 1);
  EXPECT_EQ(moec::startableThreads(5), 5);
  EXPECT_EQ(moec::startableThreads(5, size_t(1) << 50), 1);
}
