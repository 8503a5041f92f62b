//===- ToolMain.cpp - The tool ptxsim -------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/ToolMain.h"

#include "lib/PtxSim/Simulator.h"
#include "lib/PtxSim/ToolValues.h"
#include "runtime/core/Text.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <new>

namespace moec::ptxsim {

namespace {
/// An error of usage: exit code 2.
struct UsageError : Error {
  using Error::Error;
};

struct Options {
  std::string file, kernel;
  bool list = false, counters = false, noRaces = false;
  LaunchConfig launch;
  std::vector<std::string> arguments, outs;
  uint64_t instructions = Limits().warpInstructions;
  uint64_t mebibytes = Limits::ofHost().deviceMemory >> 20;
};

/// A buffer that is shown or saved after the run.
struct Out {
  size_t index = 0;
  std::string file; ///< empty: shown
};
} // namespace

constexpr const char *footer = R"(
The arguments stand in the order of the kernel's parameters, each a scalar,
  TYPE:VALUE                 f32:0.5, i32:-3, u64:0x10
or the address of zeroed device memory of its own, that is filled with a value
or with the elements of an array,
  buffer:TYPE:COUNT[=VALUE|=@FILE.npy]
TYPE is u8, u16 (also for the bits of f16 and bf16), i32, u32, i64, u64, f32
or f64. Buffers are no outputs before --out names them.

Example: y = 2 x for 1024 numbers
  ptxsim scale.ptx --kernel scale --grid 8 --block 128 --arg f32:2
    --arg buffer:f32:1024=@x.npy --arg buffer:f32:1024 --out 2=@y.npy

Exit codes: 0 ok, 1 the file, the launch or the kernel is wrong, 2 usage,
4 memory, disk or a limit is short.)";

static CLI::Validator countFrom(uint64_t least, uint64_t most) {
  return CLI::Validator(
      [=](std::string &text) {
        uint64_t value = 0;
        if (CLI::detail::lexical_cast(text, value) && text[0] != '-' &&
            value >= least && value <= most)
          return std::string();
        return fmt::format("expected a whole number from {} to {}, got '{}'",
                           least, most, text);
      },
      "");
}

static void addOptions(CLI::App &app, Options &o) {
  app.footer(footer);
  app.add_option("file", o.file, "The PTX text")->required();
  app.add_flag("--list", o.list,
               "List the kernels with their parameters, registers and shared "
               "memory, and run none");
  app.add_option("--kernel", o.kernel,
                 "The kernel to run (default: the only one)");
  app.add_option("--grid", o.launch.grid, "Blocks (default 1)")
      ->check(countFrom(1, 0x7fffffff));
  app.add_option("--block", o.launch.threads, "Threads of a block (default 1)")
      ->check(countFrom(1, Limits().threadsPerBlock));
  app.add_option("--cluster", o.launch.cluster,
                 "Blocks of a cluster (default 1)")
      ->check(countFrom(1, Limits().blocksPerCluster));
  app.add_option("--shared", o.launch.sharedBytes,
                 "Bytes of dynamic shared memory of a block (default 0)")
      ->check(countFrom(0, Limits().sharedPerBlock));
  app.add_option("--arg", o.arguments,
                 "An argument of the kernel, see below; once for each")
      ->allow_extra_args(false);
  app.add_option("--out", o.outs,
                 "After the run, print the buffer of this argument (0 is the "
                 "first), or write it: 2=@y.npy")
      ->allow_extra_args(false);
  app.add_flag("--counters", o.counters,
               "Print what the kernel did: instructions, sectors, bank "
               "conflicts, FLOPs, ...");
  app.add_flag("--no-races", o.noRaces, "Do not look for races");
  app.add_option("--max-instructions", o.instructions,
                 fmt::format("Warp instructions after which the kernel is "
                             "stopped (default {})",
                             o.instructions))
      ->check(countFrom(1, UINT64_MAX));
  app.add_option(
         "--max-memory", o.mebibytes,
         fmt::format("MiB of device memory (default here {})", o.mebibytes))
      ->check(countFrom(1, UINT64_MAX >> 20));
}

/// The words of CLI11, and the flag that was meant.
static std::string describe(const CLI::App &app, const CLI::ParseError &error) {
  if (error.get_exit_code() != int(CLI::ExitCodes::ExtrasError))
    return error.what();
  std::vector<std::string> flags;
  for (const CLI::Option *option : app.get_options())
    for (const std::string &name : option->get_lnames())
      flags.push_back("--" + name);
  const std::string word = app.remaining().front();
  if (word[0] != '-')
    return fmt::format("what is '{}' for? There is no place for it", word);
  const std::string flag = word.substr(0, word.find('='));
  const std::string near = didYouMean(flag, flags);
  return fmt::format("unknown flag '{}'{}{}", flag, near.empty() ? "" : ", ",
                     near);
}

static std::string listOf(const Module &module) {
  std::string text;
  for (const KernelInfo &k : module.kernels()) {
    text += fmt::format("{}: {} registers, {} + dynamic bytes of shared "
                        "memory, {} of local memory, {} instructions",
                        k.name, k.registers, k.staticShared, k.localBytes,
                        k.instructions);
    if (k.requiredThreads)
      text += fmt::format(", {} threads", k.requiredThreads);
    else if (k.maxThreads)
      text += fmt::format(", at most {} threads", k.maxThreads);
    text += '\n';
    for (size_t i = 0; i < k.parameters.size(); ++i)
      text += fmt::format("  {}: {} bytes  {}\n", i, k.parameters[i].bytes,
                          k.parameters[i].name);
  }
  return text.empty() ? "no kernels\n" : text;
}

static const KernelInfo &chooseKernel(const Module &module,
                                      const Options &options) {
  const std::vector<KernelInfo> &kernels = module.kernels();
  std::vector<std::string> names;
  for (const KernelInfo &k : kernels) {
    if (k.name == options.kernel ||
        (options.kernel.empty() && kernels.size() == 1))
      return k;
    names.push_back(k.name);
  }
  if (names.empty())
    fail("{}: there are no kernels (.entry) in it", options.file);
  const std::string all = fmt::format("{}", fmt::join(names, ", "));
  if (options.kernel.empty())
    throw UsageError(
        fmt::format("{} has several kernels; name one with --kernel: {}",
                    options.file, all));
  const std::string near = didYouMean(options.kernel, names);
  fail("{}: there is no kernel {}{}{}; there are: {}", options.file,
       options.kernel, near.empty() ? "" : ", ", near, all);
}

static std::vector<Argument> readArguments(const KernelInfo &kernel,
                                           const Options &options) {
  std::vector<Argument> arguments;
  for (const std::string &text : options.arguments) {
    try {
      arguments.push_back(parseArgument(text));
    } catch (const Error &e) {
      throw UsageError(fmt::format("--arg: {}", e.what()));
    }
  }
  const std::string where =
      fmt::format("{}:{}: kernel {}", options.file, kernel.line, kernel.name);
  if (arguments.size() != kernel.parameters.size())
    fail("{} has {} parameters, got {} (--arg); --list shows them", where,
         kernel.parameters.size(), arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i)
    if (arguments[i].bytes() != kernel.parameters[i].bytes)
      fail("{}: parameter {} ({}) has {} bytes, '{}' has {}", where, i,
           kernel.parameters[i].name, kernel.parameters[i].bytes,
           options.arguments[i], arguments[i].bytes());
  return arguments;
}

static std::vector<Out> readOuts(const std::vector<Argument> &arguments,
                                 const Options &options) {
  std::vector<Out> outs;
  for (const std::string &text : options.outs) {
    const size_t at = text.find("=@");
    const std::string index = text.substr(0, at);
    Out out;
    if (!CLI::detail::lexical_cast(index, out.index) || index[0] == '-' ||
        out.index >= arguments.size() || !arguments[out.index].buffer)
      throw UsageError(fmt::format("--out {}: expected the number of a buffer "
                                   "argument (0 is the first argument), or "
                                   "NUMBER=@FILE.npy",
                                   text));
    if (at != std::string::npos)
      out.file = text.substr(at + 2);
    outs.push_back(out);
  }
  return outs;
}

static void fillBuffer(Simulator &gpu, uint64_t address,
                       const Argument &argument) {
  const size_t bytes = size_t(argument.bufferBytes());
  if (bytes == 0)
    return;
  char *to = static_cast<char *>(gpu.hostPointer(address, bytes));
  if (!argument.file.empty()) {
    const std::vector<char> elements =
        readNpyElements(argument.file, argument.type, argument.count);
    std::memcpy(to, elements.data(), bytes);
    return;
  }
  for (size_t at = 0; at < bytes; at += scalarBytes(argument.type))
    std::memcpy(to + at, argument.value.data(), scalarBytes(argument.type));
}

static void show(const Argument &argument, size_t index, const char *data) {
  constexpr uint64_t most = 64, perLine = 8;
  fmt::print("argument {}: {} [{}]", index, scalarName(argument.type),
             argument.count);
  for (uint64_t i = 0; i < std::min(argument.count, most); ++i)
    fmt::print(
        "{}{}", i % perLine == 0 ? "\n  " : " ",
        scalarText(argument.type, data + i * scalarBytes(argument.type)));
  if (argument.count > most)
    fmt::print("\n  ... {} more; write all with --out {}=@FILE.npy",
               argument.count - most, index);
  fmt::print("\n");
}

static void run(const Options &options) {
  Limits limits = Limits::ofHost();
  limits.warpInstructions = options.instructions;
  limits.deviceMemory = options.mebibytes << 20;
  const Module module = Module::parse(
      readFile(options.file, limits.sourceBytes), options.file, limits);
  if (options.list) {
    fmt::print("{}", listOf(module));
    return;
  }
  const KernelInfo &kernel = chooseKernel(module, options);
  const std::vector<Argument> arguments = readArguments(kernel, options);
  const std::vector<Out> outs = readOuts(arguments, options);

  Simulator gpu(limits);
  std::vector<char> block(kernel.parameterBytes);
  std::vector<uint64_t> addresses(arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Argument &argument = arguments[i];
    const Parameter &parameter = kernel.parameters[i];
    const void *value = argument.value.data();
    if (argument.buffer) {
      addresses[i] =
          gpu.allocate(size_t(argument.bufferBytes()),
                       fmt::format("argument {} ({})", i, parameter.name));
      fillBuffer(gpu, addresses[i], argument);
      value = &addresses[i];
    }
    std::memcpy(block.data() + parameter.offset, value, parameter.bytes);
  }
  LaunchConfig config = options.launch;
  config.detectSharedRaces = config.detectGlobalRaces = !options.noRaces;
  Counters counters;
  try {
    counters =
        gpu.launch(module, kernel.name, config, block.data(), block.size());
  } catch (const Fault &fault) {
    throw Error(fmt::format("{}:{}: {}", options.file, fault.where().line,
                            fault.what()),
                fault.code());
  } catch (const Error &error) {
    throw Error(
        fmt::format("{}:{}: {}", options.file, kernel.line, error.what()),
        error.code());
  }
  for (const Out &out : outs) {
    const Argument &argument = arguments[out.index];
    std::vector<char> data(size_t(argument.bufferBytes()));
    gpu.copyOut(data.data(), addresses[out.index], data.size());
    if (out.file.empty())
      show(argument, out.index, data.data());
    else
      writeNpyElements(out.file, argument.type, argument.count, data.data());
  }
  if (options.counters)
    forEachCounter(counters, [](const std::string &name, uint64_t value) {
      fmt::print("{:<28} {}\n", name, value);
    });
}

static void flushOutput() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    throw Error("cannot write to standard output", ErrorCode::Resources);
}

int toolMain(int argc, const char *const *argv, const std::string &version) {
  // A write beyond `ulimit -f` is then an error like that of a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  const auto report = [](const std::string &text, int code) {
    (void)std::fflush(stdout);
    // Words of the PTX text may stand in it.
    fmt::print(stderr, "ptxsim: error: {}\n",
               escapeControls(text, /*lines=*/true));
    return code;
  };
  Options options;
  CLI::App app("Runs a kernel of a PTX file on a simulated GPU: its results, "
               "what it does wrong, what it costs",
               "ptxsim");
  addOptions(app, options);
  app.set_version_flag("-v,--version", version, "Print the version");
  try {
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError &e) {
      if (e.get_exit_code() != 0)
        throw UsageError(describe(app, e));
      (void)app.exit(e); // --help and --version
      flushOutput();
      return 0;
    }
    run(options);
    flushOutput();
    return 0;
  } catch (const UsageError &e) {
    return report(std::string(e.what()) + "\n  see ptxsim --help", 2);
  } catch (const Error &e) {
    return report(e.what(), e.code() == ErrorCode::Resources ? 4 : 1);
  } catch (const std::bad_alloc &) {
    return report("out of memory", 4);
  }
}

} // namespace moec::ptxsim
