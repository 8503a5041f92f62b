//===- CommandLineTest.cpp - Tests of command lines -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/CommandLine.h"
#include "test/runtime/TestSupport.h"

#include <CLI/Formatter.hpp>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
/// A tool with the command `single` and the commands `group first` and
/// `group second`.
class CommandLineTest : public testing::Test {
protected:
  CommandLineTest() : app("A tool", "tool") {
    app.require_subcommand(1);
    addHelp(app, "tool 1");
    app.add_subcommand("single", "Alone")->add_option("--depth", depth, "");
    CLI::App *group = app.add_subcommand("group", "Several");
    group->require_subcommand(1);
    CLI::App *first = group->add_subcommand("first", "The first");
    first->add_option("file", file, "A file")->required();
    first->add_flag("--verbose", "Say more");
    first->callback([this] { ran = "first"; });
    group->add_subcommand("second", "The second")->callback([this] {
      ran = "second";
    });
  }
  std::optional<int> parse(std::vector<const char *> words) {
    words.insert(words.begin(), "tool");
    testing::internal::CaptureStdout();
    std::optional<int> code;
    try {
      code = parseCommandLine(app, int(words.size()), words.data());
    } catch (...) {
      testing::internal::GetCapturedStdout();
      throw;
    }
    out = testing::internal::GetCapturedStdout();
    return code;
  }

  CLI::App app;
  int depth = 0;
  std::string file, ran, out;
};
} // namespace

TEST_F(CommandLineTest, HelpOfAnOperand) {
  const char *words[] = {"tool", "single", "--depth", "x"};
  auto error = [&](const HelpOperand &operand) -> std::string {
    try {
      parseCommandLine(app, 4, words, operand);
    } catch (const Error &e) {
      return e.what();
    }
    return "";
  };
  std::string none = error({});
  EXPECT_NE(none.find("\n  see tool single --help"), none.npos) << none;
  std::string some =
      error([](const CLI::App &command) { return command.get_name() + "-1"; });
  EXPECT_NE(some.find("\n  see tool single single-1 --help"), some.npos)
      << some;
}

TEST_F(CommandLineTest, CommandsOfCommands) {
  EXPECT_EQ(parse({"group", "first", "f"}), std::nullopt);
  EXPECT_EQ(ran, "first");
  EXPECT_EQ(file, "f");
  EXPECT_EQ(parse({"group", "second"}), std::nullopt);
  EXPECT_EQ(ran, "second");
}

TEST_F(CommandLineTest, Help) {
  for (std::vector<const char *> words :
       {std::vector<const char *>{"help", "group", "first"},
        {"group", "first", "--help"}}) {
    EXPECT_EQ(parse(words), 0);
    EXPECT_NE(out.find("tool group first"), std::string::npos) << out;
    EXPECT_NE(out.find("--verbose"), std::string::npos) << out;
  }
  EXPECT_EQ(parse({"help", "group"}), 0);
  EXPECT_NE(out.find("The second"), std::string::npos) << out;
  EXPECT_EQ(parse({"help"}), 0);
  EXPECT_NE(out.find("Several"), std::string::npos) << out;
  EXPECT_EQ(parse({"version"}), 0);
  EXPECT_EQ(out, "tool 1\n");
}

TEST_F(CommandLineTest, Misspelt) {
  EXPECT_ERROR(parse({"grop"}), "unknown command 'grop', did you mean 'group'?"
                                "\n  see tool --help");
  EXPECT_ERROR(parse({"group", "frist", "f"}),
               "group: unknown command 'frist', did you mean 'first'?\n  see "
               "tool group --help");
  EXPECT_ERROR(parse({"group", "x"}),
               "group: unknown command 'x'; there are: first, second");
  EXPECT_ERROR(parse({"help", "group", "frist"}), "did you mean 'first'?");
  EXPECT_ERROR(parse({"help", "single", "x"}),
               "help: there is no command 'single x'");
  EXPECT_ERROR(parse({"group"}),
               "group: expected a command: first, second\n  see tool group");
  EXPECT_ERROR(parse({}), "expected a command: version, help, single, group\n"
                          "  see tool --help");
  EXPECT_ERROR(parse({"group", "first", "f", "--verbos"}),
               "group first: unknown flag '--verbos', did you mean "
               "'--verbose'?\n  see tool group first --help");
  EXPECT_ERROR(parse({"group", "first"}), "group first: file is required");
  EXPECT_ERROR(parse({"single", "--depth", "x"}),
               "single: --depth: expected a number, got 'x'");
}

TEST(CommandLine, SizesInBytes) {
  auto read = [](std::string text) {
    std::string problem = byteSize()(text);
    return problem.empty() ? text : problem;
  };
  EXPECT_EQ(read("1"), "1");
  EXPECT_EQ(read("1000"), "1000");
  EXPECT_EQ(read("2KiB"), "2048");
  EXPECT_EQ(read("1.5MiB"), "1572864");
  EXPECT_EQ(read("2GiB"), "2147483648");
  EXPECT_EQ(read("1024TiB"), "1125899906842624");
  for (const char *bad : {"", "0", "-1", "GiB", "2GB", "2 GiB", "1.2.3MiB",
                          "1025TiB", "1e3", ".5MiB", "0.5", "nan", "MiB2"})
    EXPECT_EQ(read(bad), std::string("expected a size such as 800MiB or 2GiB "
                                     "(KiB, MiB, GiB or TiB), up to 1024TiB, "
                                     "got '") +
                             bad + "'");
}
