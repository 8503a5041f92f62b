//===- ThreadsTest.cpp - Tests of counting threads ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// OpenMP's library reads its variables once, and its threads do not outlive a
// fork, so each case is a program of its own: this one, with one test.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Threads.h"
#include "runtime/core/Session.h"
#include "runtime/core/StartableThreads.h"
#include "test/runtime/TestSupport.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace moec::rt;
using namespace moec::rt::test;

/// Where the child says what came of it, and the threads that it asks for.
static constexpr int answerDescriptor = 3;
static constexpr const char *wantedVariable = "MOEC_TEST_THREADS";

/// What a session of a new process says of its threads, or the error's text.
static std::string threadsOf(const std::string &variable,
                             const std::string &value, int wanted) {
  std::vector<std::string> texts = {
      variable + "=" + value, wantedVariable + ("=" + std::to_string(wanted))};
  for (char **each = environ; *each; ++each)
    if (std::string(*each).rfind(variable + "=", 0) != 0)
      texts.emplace_back(*each);
  std::vector<char *> environment;
  for (std::string &text : texts)
    environment.push_back(text.data());
  environment.push_back(nullptr);
  std::string words[] = {"/proc/self/exe",
                         "--gtest_filter=ThreadsChild.DISABLED_Says",
                         "--gtest_also_run_disabled_tests"};
  char *arguments[] = {words[0].data(), words[1].data(), words[2].data(),
                       nullptr};
  int ends[2];
  if (pipe(ends) != 0)
    return "no pipe";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // Above all that the actions name.
  int answer = fcntl(ends[1], F_DUPFD, answerDescriptor + 1);
  posix_spawn_file_actions_adddup2(&actions, answer, answerDescriptor);
  posix_spawn_file_actions_addclose(&actions, answer);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  int failed = posix_spawn(&child, words[0].c_str(), &actions, nullptr,
                           arguments, environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(answer);
  close(ends[1]);
  std::string said;
  char buffer[256];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof(buffer))) > 0;)
    said.append(buffer, size_t(got));
  close(ends[0]);
  if (failed)
    return "no process";
  int status = 0;
  waitpid(child, &status, 0);
  return status == 0 ? said : "process ended with " + std::to_string(status);
}

TEST(ThreadsChild, DISABLED_Says) {
  const char *wanted = std::getenv(wantedVariable);
  ASSERT_NE(wanted, nullptr);
  std::string said = errorOf([&] {
    SessionOptions options;
    options.threads = std::atoi(wanted);
    Session session(loadTestModule("toy"), options);
    session.initVariables(1);
    session.run(2);
    throw Error(std::to_string(session.threads()));
  });
  EXPECT_GE(write(answerDescriptor, said.data(), said.size()), 0);
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

TEST(Threads, SpinWhereEachHasACore) {
  ASSERT_EQ(unsetenv("OMP_WAIT_POLICY"), 0);
  EXPECT_TRUE(maySpin(1));
  EXPECT_FALSE(maySpin(1 << 20));
  ASSERT_EQ(setenv("OMP_WAIT_POLICY", "PASSIVE", 1), 0);
  EXPECT_FALSE(maySpin(1));
  ASSERT_EQ(setenv("OMP_WAIT_POLICY", "active", 1), 0);
  EXPECT_TRUE(maySpin(1));
  ASSERT_EQ(unsetenv("OMP_WAIT_POLICY"), 0);
}
