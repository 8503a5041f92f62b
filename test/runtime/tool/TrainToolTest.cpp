//===- TrainToolTest.cpp - Tests of the command train ---------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/LockedFile.h"
#include "runtime/tool/Progress.h"
#include "runtime/tool/StopSignals.h"
#include "test/runtime/ToolTestSupport.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <thread>
#include <unistd.h>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
class TrainCommand : public CommandTest {
protected:
  int train(std::vector<std::string> words) {
    words.insert(words.begin(), {"train", toy, "--data", data, "--threads=1"});
    return run(words);
  }
  void error(std::vector<std::string> words, int code, const char *part) {
    EXPECT_EQ(train(std::move(words)), code);
    EXPECT_TRUE(has(err, part)) << err;
  }
  std::string file(const std::string &name) { return folder / name; }
  bool exists(const std::string &name) {
    return std::filesystem::exists(file(name));
  }
  /// Trains, and sends `signal` once `ready` says so. A command that fails
  /// before is not waited for.
  template <typename Ready>
  int stopped(int signal, Ready ready, std::vector<std::string> words) {
    // A shell's background jobs ignore SIGINT; an earlier test may have left
    // it caught.
    std::signal(signal, SIG_DFL);
    std::atomic<bool> ended = false;
    std::thread sender([&] {
      while (!ended && !ready())
        std::this_thread::yield();
      if (!ended)
        kill(getpid(), signal);
    });
    words.insert(words.end(), {"--epochs=1000000", "--no-eval"});
    int code = train(words);
    ended = true;
    sender.join();
    return code;
  }
  std::string toy = module("toy");
};
} // namespace

TEST_F(TrainCommand, SaysWhatItDoes) {
  ASSERT_EQ(train({}), 0) << err;
  EXPECT_EQ(out.rfind("toy: 51 parameters, f32, on CPU, 1 thread\n60 images, 3 "
                      "epochs of 7 steps of 8 images, ",
                      0),
            0u)
      << out;
  EXPECT_TRUE(has(err, "warning: train: neither --save nor --checkpoint"))
      << err;
  EXPECT_FALSE(has(out, "\r")) << out; // a log is no terminal
}

TEST_F(TrainCommand, FlagsAreCheckedAsTheModelIs) {
  for (const char *rate : {"-1", "0", "nan", "inf", "1e-60", "1e60", "0.1x"})
    error({std::string("--learning-rate=") + rate}, 2, "above 0");
  for (const char *seed : {"-1", "-3", "1.5", "9223372036854775808"})
    error({std::string("--seed=") + seed}, 2, "0 to 9223372036854775807");
  EXPECT_EQ(train({"--learning-rate=1e-3", "--seed=9223372036854775807"}), 0)
      << err;
}

TEST_F(TrainCommand, OneFileForEachOutput) {
  error({"--save", file("c"), "--checkpoint", file("./c")}, 1,
        "are one file, so one of them would be lost");
  error({"--save", file("c"), "--losses", file("c")}, 1, "are one file");
  EXPECT_FALSE(exists("c"));
  ASSERT_EQ(train({"--checkpoint", file("c"), "--stop-after-steps=2"}), 0);
  std::string before = readAll(file("c"));
  std::filesystem::create_symlink(file("c"), file("link"));
  error({"--resume", file("c"), "--save", file("link")}, 1,
        "what is read would be lost");
  error({"--weights", file("c"), "--losses", file("c")}, 1, "are one file");
  error({"--resume", file("c"), "--weights", file("c")}, 2,
        "--weights and --resume exclude each other");
  EXPECT_EQ(readAll(file("c")), before);
  // Devices take whatever comes.
  EXPECT_EQ(train({"--save=/dev/null", "--losses=/dev/null"}), 0) << err;
}

TEST_F(TrainCommand, NoOutputTakesThePlaceOfTheData) {
  std::string images = file("train-images-idx3-ubyte");
  std::string labels = file("t10k-labels-idx1-ubyte");
  std::string before[2] = {readAll(images), readAll(labels)};
  std::filesystem::create_hard_link(images, file("hard"));
  std::filesystem::create_symlink(labels, file("soft"));
  for (const char *flag : {"--save", "--checkpoint", "--losses", "--metrics"})
    for (const std::string &path : {images, labels, file("hard"), file("soft")})
      error({flag, path, "--no-eval"}, 1,
            "are one file, so what is read would be lost; name another one");
  error({"--save", images}, 1, "error: the data ");
  EXPECT_EQ(readAll(images), before[0]);
  EXPECT_EQ(readAll(labels), before[1]);
  EXPECT_EQ(train({"--save", file("w")}), 0) << err;
}

TEST_F(TrainCommand, OneRunForEachFile) {
  std::vector<std::string> words = {"--checkpoint", file("c"), "--save",
                                    file("w")};
  for (const char *name : {"c", "w"}) {
    PathLock other;
    std::string holder;
    ASSERT_TRUE(other.take(file(name), holder));
    error(words, 1, " writes this file; wait for it to end");
    EXPECT_TRUE(has(err, "process " + std::to_string(getpid()))) << err;
  }
  // What killed runs leave behind hinders nobody and goes away.
  for (const char *name : {"c.moec-lock", "c.moec-tmp", "w.moec-tmp",
                           "w.moec-tmp.0.o", "w.moec-tmp-of-mine"})
    writeAll(file(name), "old");
  ASSERT_EQ(train(words), 0) << err;
  EXPECT_EQ(readAll(file("w.moec-tmp-of-mine")), "old");
  for (auto &entry : std::filesystem::directory_iterator(folder.path)) {
    std::string name = entry.path().filename();
    EXPECT_TRUE(name == "c" || name == "w" || name == "w.moec-tmp-of-mine" ||
                has(name, "ubyte"))
        << name;
  }
}

TEST_F(TrainCommand, LossesGoOnWhereTheRunDoes) {
  ASSERT_EQ(train({"--losses", file("whole.csv")}), 0) << err;
  ASSERT_EQ(train({"--losses", file("l.csv"), "--checkpoint", file("c"),
                   "--stop-after-steps=10"}),
            0);
  EXPECT_TRUE(readAll(file("whole.csv")).rfind(readAll(file("l.csv")), 0) == 0);
  // Steps after the checkpoint were lost with the process that made them.
  writeAll(file("l.csv"), readAll(file("l.csv")) + "11,5\n12,6\n");
  ASSERT_EQ(train({"--losses", file("l.csv"), "--resume", file("c")}), 0)
      << err;
  EXPECT_EQ(readAll(file("l.csv")), readAll(file("whole.csv")));
  writeAll(file("other"), "step,loss\n");
  error({"--losses", file("other"), "--resume", file("c")}, 1,
        "line 1 is no \"step,loss\"");
  EXPECT_EQ(readAll(file("other")), "step,loss\n");
  // A run of its own begins a file of its own.
  ASSERT_EQ(train({"--losses", file("other"), "--steps=1"}), 0);
  EXPECT_EQ(readAll(file("other")).rfind("1,", 0), 0u);
}

TEST_F(TrainCommand, NothingLeftToDo) {
  ASSERT_EQ(train({"--checkpoint", file("c"), "--save", file("w")}), 0) << err;
  std::string weights = readAll(file("w"));
  std::filesystem::remove(file("w"));
  ASSERT_EQ(train({"--resume", file("c"), "--save", file("w")}), 0) << err;
  EXPECT_TRUE(has(out, "nothing left to train: " + file("c") +
                           " is at step 21 of 21, test accuracy "))
      << out;
  EXPECT_FALSE(has(out, "last loss")) << out;
  EXPECT_EQ(readAll(file("w")), weights);
}

TEST_F(TrainCommand, MetricsGoOnWhereTheRunDoes) {
  ASSERT_EQ(train({"--metrics", file("whole")}), 0) << err;
  std::string whole = readAll(file("whole"));
  // Each of 3 epochs in training and in evaluation.
  EXPECT_EQ(std::count(whole.begin(), whole.end(), '\n'), 6) << whole;
  EXPECT_EQ(
      whole.rfind("{\"epoch\":1,\"step\":7,\"images\":\"train\",\"loss\":", 0),
      0u)
      << whole;
  EXPECT_TRUE(
      has(whole, "{\"epoch\":3,\"step\":21,\"images\":\"test\",\"loss\":"))
      << whole;
  ASSERT_EQ(train({"--metrics", file("m"), "--checkpoint", file("c"),
                   "--stop-after-epochs=2"}),
            0);
  EXPECT_EQ(whole.rfind(readAll(file("m")), 0), 0u);
  writeAll(file("m"), readAll(file("m")) + "{\"step\": 21}\n");
  ASSERT_EQ(train({"--metrics", file("m"), "--resume", file("c")}), 0) << err;
  EXPECT_EQ(readAll(file("m")), whole);
  writeAll(file("other"), "1,2\n");
  error({"--metrics", file("other"), "--resume", file("c")}, 1,
        "line 1 is no JSON object with a \"step\"");
  error({"--losses", file("m"), "--metrics", file("m")}, 1, "are one file");
}

/// The weights of a step that went wrong are nowhere, its losses are.
TEST_F(TrainCommand, Ruined) {
  writeAll(file("w"), "good");
  error({"--steps=1", "--learning-rate=1e30", "--save", file("w"), "--losses",
         file("l.csv")},
        1, "the weights are ruined after step 1");
  EXPECT_EQ(readAll(file("w")), "good");
  EXPECT_EQ(readAll(file("l.csv")).rfind("1,", 0), 0u);
}

TEST_F(TrainCommand, Stopped) {
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    std::filesystem::remove(file("c"));
    ASSERT_EQ(stopped(signal, [&] { return exists("c"); },
                      {"--checkpoint", file("c"), "--checkpoint-every=1",
                       "--save", file("w")}),
              128 + signal)
        << err;
    EXPECT_TRUE(
        has(err, std::string("stopped by ") + signalName(signal) + " at step "))
        << err;
    EXPECT_TRUE(has(err, "/7000000; " + file("c") +
                             " holds the run; the same command with --resume " +
                             file("c") + " goes on"))
        << err;
    EXPECT_FALSE(exists("w"));
    ASSERT_EQ(train({"--resume", file("c"), "--no-eval", "--stop-after-steps=1",
                     "--save", file("w")}),
              0)
        << err;
    std::filesystem::remove(file("w"));
  }
}

TEST_F(TrainCommand, StoppedWithoutACheckpoint) {
  // A signal that comes before the first step finds nothing to lose; then a
  // little later.
  for (auto wait = std::chrono::milliseconds(1); wait.count() < 20000;
       wait *= 4) {
    auto start = std::chrono::steady_clock::now();
    auto caught = [&] {
      struct sigaction now;
      sigaction(SIGTERM, nullptr, &now);
      return now.sa_handler != SIG_DFL &&
             std::chrono::steady_clock::now() - start > wait;
    };
    ASSERT_EQ(stopped(SIGTERM, caught, {"--save", file("w")}), 143) << err;
    EXPECT_TRUE(has(err, "stopped by SIGTERM at step ")) << err;
    if (!has(err, "no step was made"))
      break;
  }
  EXPECT_TRUE(has(err, "nothing was saved; --checkpoint FILE")) << err;
  EXPECT_FALSE(exists("w"));
}

/// The command stays what it became, whenever the signal comes.
TEST_F(TrainCommand, StoppedTooLate) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        int code = train({"--save", file("w")});
        raise(SIGTERM);
        _exit(code);
      },
      testing::ExitedWithCode(0), "");
}

TEST(StopSignals, TheSameOneAgainEndsTheProcess) {
  EXPECT_EXIT(
      {
        StopSignals::catchAll();
        raise(SIGTERM);
        raise(SIGPIPE);
        if (StopSignals::seen() == SIGTERM)
          raise(SIGTERM);
        _exit(1);
      },
      testing::KilledBySignal(SIGTERM), "");
}

TEST(StopSignals, WhatIsIgnoredStaysIgnored) {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGHUP, SIG_IGN); // nohup
  StopSignals::catchAll();
  raise(SIGHUP);
  EXPECT_EQ(StopSignals::seen(), 0);
  raise(SIGINT);
  EXPECT_EQ(StopSignals::seen(), SIGINT);
  EXPECT_EQ(std::signal(SIGHUP, SIG_DFL), SIG_IGN);
}

TEST(Progress, Durations) {
  EXPECT_EQ(durationText(0.2), "0 s");
  EXPECT_EQ(durationText(59.4), "59 s");
  EXPECT_EQ(durationText(200), "3 min 20 s");
  EXPECT_EQ(durationText(7500), "2 h 5 min");
}

TEST(Progress, NoTerminal) {
  TemporaryFolder folder;
  std::FILE *file = std::fopen((folder / "log").c_str(), "w");
  {
    Progress progress(file);
    EXPECT_FALSE(progress.onTerminal());
    progress.show("transient");
    progress.line("stays");
  }
  std::fclose(file);
  EXPECT_EQ(readAll(folder / "log"), "stays\n");
}

TEST(Progress, Terminal) {
  int master = posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(master, 0);
  ASSERT_EQ(grantpt(master), 0);
  ASSERT_EQ(unlockpt(master), 0);
  std::FILE *file = std::fopen(ptsname(master), "w");
  ASSERT_NE(file, nullptr);
  winsize size = {};
  size.ws_row = size.ws_col = 10;
  ASSERT_EQ(ioctl(master, TIOCSWINSZ, &size), 0);
  setenv("TERM", "xterm", 1);
  {
    Progress progress(file);
    EXPECT_TRUE(progress.onTerminal());
    progress.show("0123456789abc"); // cut, so that it does not wrap
    progress.show("too soon after it");
    progress.line("stays");
  }
  // What is written comes in pieces, as the kernel passes it on.
  std::string got;
  char text[200];
  pollfd ready = {master, POLLIN, 0};
  while (got.find('\n') == std::string::npos && poll(&ready, 1, 10000) > 0) {
    ssize_t size = read(master, text, sizeof(text));
    if (size <= 0)
      break;
    got.append(text, size_t(size));
  }
  EXPECT_EQ(got, "\r012345678\x1b[K\r\x1b[Kstays\r\n");
  std::fclose(file);
  close(master);
}

/// Standard output that takes nothing is an error of every command.
TEST_F(TrainCommand, FullOutput) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  auto onFull = [&](std::vector<std::string> words) {
    if (!std::freopen("/dev/full", "w", stdout))
      _exit(99);
    words.insert(words.begin(), "moec-run");
    std::vector<const char *> argv;
    for (const std::string &word : words)
      argv.push_back(word.c_str());
    Tool tool;
    tool.name = "moec-run";
    _exit(toolMain(tool, int(argv.size()), argv.data()));
  };
  EXPECT_EXIT(onFull({"inspect", toy}), testing::ExitedWithCode(4),
              "cannot write to standard output: No space left");
  EXPECT_EXIT(onFull({"train", toy, "--data", data, "--threads=1"}),
              testing::ExitedWithCode(4), "cannot write to standard output");
}
