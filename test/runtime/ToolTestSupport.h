//===- ToolTestSupport.h - Run a command line in a test ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_RUNTIME_TOOLTESTSUPPORT_H
#define MOEC_TEST_RUNTIME_TOOLTESTSUPPORT_H

#include "runtime/tool/Tool.h"
#include "test/runtime/ToyData.h"

namespace moec::rt::test {

/// Commands on 60 training and 21 test images.
class CommandTest : public testing::Test {
protected:
  void SetUp() override { writeToyData(folder.path, 60, 21); }

  /// Runs a command line; `out` and `err` get what it printed.
  int run(std::vector<std::string> words) {
    words.insert(words.begin(), "moec-run");
    std::vector<const char *> argv;
    for (const std::string &word : words)
      argv.push_back(word.c_str());
    Tool tool;
    tool.name = "moec-run";
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    int code = toolMain(tool, int(argv.size()), argv.data());
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
    return code;
  }
  static bool has(const std::string &text, const std::string &part) {
    return text.find(part) != std::string::npos;
  }
  static std::string module(const std::string &name) {
    return std::string(MOEC_TEST_MODULES) + "/" + name + ".moec";
  }

  TemporaryFolder folder;
  std::string data = "idx:" + folder.path;
  std::string out, err;
};

} // namespace moec::rt::test

#endif // MOEC_TEST_RUNTIME_TOOLTESTSUPPORT_H
