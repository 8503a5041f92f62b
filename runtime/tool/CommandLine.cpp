//===- CommandLine.cpp - Parsing and its messages -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/tool/CommandLine.h"
#include "runtime/core/Fail.h"
#include "runtime/core/Text.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <cctype>
#include <cmath>
#include <cstdio>

namespace moec::rt {

CLI::Validator wholeNumber(int64_t least, int64_t most) {
  return CLI::Validator(
      [=](std::string &text) {
        int64_t value = 0;
        bool good = CLI::detail::lexical_cast(text, value);
        return good && value >= least && value <= most
                   ? std::string()
                   : fmt::format("expected a whole number from {} to {}, got "
                                 "'{}'",
                                 least, most, text);
      },
      "");
}

CLI::Validator byteSize() {
  return CLI::Validator(
      [](std::string &text) {
        size_t letters = text.find_first_not_of("0123456789.");
        std::string unit = letters == text.npos ? "" : text.substr(letters);
        double value = 0;
        bool good = std::isdigit(static_cast<unsigned char>(text.c_str()[0])) &&
                    CLI::detail::lexical_cast(text.substr(0, letters), value);
        const std::pair<const char *, int> units[] = {
            {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
        auto found =
            std::find_if(std::begin(units), std::end(units),
                         [&](const auto &each) { return each.first == unit; });
        if (good && found != std::end(units))
          value = std::ldexp(value, found->second);
        good &= found != std::end(units) || unit.empty();
        if (!good || value < 1 || value > std::ldexp(1.0, 50))
          return fmt::format("expected a size such as 800MiB or 2GiB (KiB, "
                             "MiB, GiB or TiB), up to 1024TiB, got '{}'",
                             text);
        text = std::to_string(int64_t(value));
        return std::string();
      },
      "");
}

CLI::Validator oneOf(std::vector<std::string> words) {
  return CLI::Validator(
      [words = std::move(words)](std::string &text) {
        if (std::find(words.begin(), words.end(), text) != words.end())
          return std::string();
        std::string near = didYouMean(text, words);
        return fmt::format("expected {}, got '{}'{}{}", fmt::join(words, ", "),
                           text, near.empty() ? "" : "; ", near);
      },
      "");
}

void addPatterns(CLI::App &app, const std::string &flag,
                 std::vector<std::string> &patterns, const std::string &doc) {
  app.add_option(flag, patterns,
                 doc + "; * stands for any text, and it may be given several "
                       "times")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void addHelp(CLI::App &app, const std::string &version) {
  app.set_version_flag("-v,--version", version, "Print the version");
  app.add_subcommand("version", "Print the version");
  app.add_subcommand("help", "Show the commands, or the flags of one")
      ->add_option_function<std::vector<std::string>>(
          "command", [](const std::vector<std::string> &) {}, "A command");
}

static std::vector<const CLI::App *> commands(const CLI::App &app) {
  return app.get_subcommands([](const CLI::App *) { return true; });
}

static std::vector<std::string> commandNames(const CLI::App &app) {
  std::vector<std::string> names;
  for (const CLI::App *sub : commands(app))
    names.push_back(sub->get_name());
  return names;
}

static const CLI::App *findCommand(const CLI::App &app,
                                   const std::string &name) {
  for (const CLI::App *sub : commands(app))
    if (sub->get_name() == name)
      return sub;
  return nullptr;
}

/// The command that was chosen, however deep; the tool itself if none was.
static const CLI::App &chosenCommand(const CLI::App &app) {
  std::vector<CLI::App *> chosen = app.get_subcommands();
  return chosen.empty() ? app : chosenCommand(*chosen.front());
}

/// "weights convert"; "" for the tool itself.
static std::string commandPath(const CLI::App &command) {
  const CLI::App *parent = command.get_parent();
  if (!parent)
    return "";
  std::string path = commandPath(*parent);
  return path + (path.empty() ? "" : " ") + command.get_name();
}

static std::string toolName(const CLI::App &command) {
  const CLI::App *parent = command.get_parent();
  return parent ? toolName(*parent) : command.get_name();
}

/// An error in what was said to a command, or to the tool itself; its help is
/// about `operand`, if that is not empty.
[[noreturn]] static void usageError(const CLI::App &command,
                                    const std::string &text,
                                    const std::string &operand = "") {
  std::string path = commandPath(command);
  throw Error(fmt::format("{}{}{}\n  see {}{}{}{}{} --help", path,
                          path.empty() ? "" : ": ", text, toolName(command),
                          path.empty() ? "" : " ", path,
                          operand.empty() ? "" : " ", operand),
              ErrorCode::Usage);
}

/// `name` is no command of `parent`.
[[noreturn]] static void unknownCommand(const CLI::App &parent,
                                        const std::string &name) {
  std::vector<std::string> known = commandNames(parent);
  std::string near = didYouMean(name, known);
  usageError(parent, near.empty()
                         ? fmt::format("unknown command '{}'; there are: {}",
                                       name, fmt::join(known, ", "))
                         : fmt::format("unknown command '{}', {}", name, near));
}

/// The command that words name one after the other, as far as they do. Throws
/// for a word where a command should stand that is none; flags end the search.
static const CLI::App &namedCommand(const CLI::App &app,
                                    const std::vector<std::string> &words) {
  const CLI::App *found = &app;
  for (const std::string &word : words) {
    if (commands(*found).empty() || word.empty() || word[0] == '-')
      break;
    const CLI::App *next = findCommand(*found, word);
    if (!next)
      unknownCommand(*found, word);
    found = next;
  }
  return *found;
}

/// The flag that is meant by "--traget", "--learn" or "--lr"; "" if none is.
static std::string nearestFlag(const CLI::App &command,
                               const std::string &flag) {
  std::string name = flag.substr(flag.find_first_not_of('-'));
  std::vector<std::string> known;
  for (const CLI::Option *option : command.get_options())
    for (const std::string &each : option->get_lnames())
      known.push_back(each);
  std::string near = nearestName(name, known);
  for (size_t i = 0; near.empty() && i < known.size(); ++i) {
    std::string initials = known[i].substr(0, 1);
    for (size_t at = known[i].find('-'); at != std::string::npos;
         at = known[i].find('-', at + 1))
      initials += known[i].substr(at + 1, 1);
    if (known[i].rfind(name, 0) == 0 || (name.size() > 1 && initials == name))
      near = known[i];
  }
  return near.empty() ? near : "--" + near;
}

/// Reports flags that nothing knows; they come first, since what they should
/// have done with the words behind them is not known either.
static void checkFlags(const CLI::App &app, const CLI::App &command,
                       const std::string &operand) {
  std::string texts;
  for (const std::string &word : app.remaining(/*recurse=*/true)) {
    if (word.size() < 2 || word[0] != '-' ||
        word.find_first_not_of('-') == std::string::npos)
      continue;
    std::string flag = word.substr(0, word.find('='));
    std::string near = nearestFlag(command, flag);
    texts +=
        fmt::format("{}unknown flag '{}'{}", texts.empty() ? "" : "; ", flag,
                    near.empty() ? "" : ", did you mean '" + near + "'?");
  }
  if (!texts.empty())
    usageError(command, texts, operand);
}

/// What CLI11 says, in the words of the other messages.
static std::string describe(const CLI::App &app, const CLI::App &command,
                            const CLI::ParseError &error) {
  std::string text = error.what();
  if (error.get_exit_code() == int(CLI::ExitCodes::ExtrasError))
    return fmt::format("what is '{}' for? There is no place for it",
                       fmt::join(app.remaining(/*recurse=*/true), " "));
  if (!commands(command).empty())
    return fmt::format("expected a command: {}",
                       fmt::join(commandNames(command), ", "));
  const std::string failed = "Could not convert: ";
  if (size_t equals = text.find(" = ");
      text.rfind(failed, 0) == 0 && equals != std::string::npos)
    return fmt::format("{}: expected a number, got '{}'",
                       text.substr(failed.size(), equals - failed.size()),
                       text.substr(equals + 3));
  return text;
}

std::optional<int> parseCommandLine(CLI::App &app, int argc,
                                    const char *const *argv,
                                    const HelpOperand &helpOperand) {
  namedCommand(app,
               std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError &e) {
    // --help and --version.
    if (e.get_exit_code() == 0)
      return app.exit(e);
    const CLI::App &command = chosenCommand(app);
    std::string operand = helpOperand ? helpOperand(command) : "";
    checkFlags(app, command, operand);
    usageError(command, describe(app, command, e), operand);
  }
  const CLI::App *chosen = app.get_subcommands().front();
  if (chosen->get_name() == "version") {
    fmt::print("{}\n", app.version());
    return 0;
  }
  if (chosen->get_name() == "help") {
    std::vector<std::string> words = chosen->get_option("command")->results();
    const CLI::App &about = namedCommand(app, words);
    // App::help() would show the command `help`.
    std::string path = commandPath(about);
    if (path != fmt::format("{}", fmt::join(words, " ")))
      usageError(*chosen, fmt::format("there is no command '{}'",
                                      fmt::join(words, " ")));
    std::string usage = app.get_name() + (path.empty() ? "" : " ") + path;
    fmt::print("{}", about.get_formatter()->make_help(
                         &about, usage, CLI::AppFormatMode::Normal));
    return 0;
  }
  return std::nullopt;
}

} // namespace moec::rt
