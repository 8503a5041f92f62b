//===- InterpretMain.cpp - The body of moec-interpret
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/InterpretMain.h"
#include "lib/Reference/Check.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/SourceMgr.h"
#include <map>

using namespace mlir;
using namespace moec::reference;
namespace cl = llvm::cl;

namespace {
constexpr int userError = 1, usageError = 2, mismatchError = 3;

struct Options {
  cl::OptionCategory category{"moec-interpret"};
  cl::opt<std::string> file{cl::Positional, cl::desc("<file.mlir>"),
                            cl::init("-"), cl::cat(category)};
  cl::opt<bool> f64{"f64", cl::desc("Evaluate f32 in double"),
                    cl::cat(category)};
  cl::opt<uint64_t> seed{"seed", cl::desc("Seed of the arguments (default 0)"),
                         cl::init(0), cl::cat(category)};
  cl::opt<std::string> input{
      "input",
      cl::desc("Arguments as JSON: {\"function\": [{\"shape\": [..], "
               "\"data\": [..]}, ..], ..}"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<bool> json{"json", cl::desc("Print results as JSON of that form"),
                     cl::cat(category)};
  cl::opt<std::string> other{
      "compare-with", cl::desc("Compare with the functions of another file"),
      cl::value_desc("file"), cl::cat(category)};
  cl::opt<std::string> pipeline{
      "pipeline", cl::desc("Compare the module with itself after these passes"),
      cl::value_desc("passes"), cl::cat(category)};
  cl::opt<bool> gradients{
      "check-gradients",
      cl::desc(
          "After --pipeline (default moec-autodiff), compare the gradients "
          "of @train_step with central differences of @loss, in double"),
      cl::cat(category)};
  cl::opt<double> rtol{
      "rtol",
      cl::desc("Relative tolerance (default 1e-5; 1e-10 with --f64; "
               "1e-6 for gradients)"),
      cl::init(-1), cl::cat(category)};
  cl::opt<double> atol{"atol", cl::desc("Absolute tolerance (default as rtol)"),
                       cl::init(-1), cl::cat(category)};
};

using Arguments = std::map<std::string, std::vector<Tensor>>;

llvm::Error bad(const Twine &message) {
  return llvm::createStringError(message);
}

llvm::Expected<Tensor> readTensor(const llvm::json::Value &value, Type type,
                                  const Twine &where) {
  const auto *object = value.getAsObject();
  const auto *shape = object ? object->getArray("shape") : nullptr;
  const auto *data = object ? object->getArray("data") : nullptr;
  if (!shape || !data)
    return bad(where + ": expected {\"shape\": [..], \"data\": [..]}");
  Tensor tensor;
  tensor.isInt = isIntegral(type);
  for (const auto &extent : *shape)
    tensor.shape.push_back(extent.getAsInteger().value_or(-1));
  for (const auto &element : *data) {
    auto number = element.getAsNumber();
    if (!number)
      return bad(where + ": expected numbers in \"data\"");
    if (tensor.isInt)
      tensor.ints.push_back(int32_t(*number));
    else
      tensor.floats.push_back(*number);
  }
  int64_t wanted = 1;
  for (int64_t extent : tensor.shape)
    wanted *= std::max<int64_t>(extent, 0);
  if (wanted != int64_t(data->size()))
    return bad(where + ": \"shape\" wants " + Twine(wanted) +
               " numbers, \"data\" has " + Twine(data->size()));
  return tensor;
}

/// Reads --input; interpret() checks the shapes.
llvm::Error readArguments(StringRef path, ModuleOp module, Arguments &result) {
  std::string message;
  auto buffer = openInputFile(path, &message);
  if (!buffer)
    return bad(message);
  auto parsed = llvm::json::parse(buffer->getBuffer());
  if (!parsed)
    return parsed.takeError();
  const auto *object = parsed->getAsObject();
  if (!object)
    return bad(path + ": expected an object with one member per function");
  for (auto &[key, value] : *object) {
    std::string name = key.str();
    auto function = module.lookupSymbol<func::FuncOp>(name);
    const auto *list = value.getAsArray();
    if (!function || !list || list->size() != function.getNumArguments())
      return bad(path + ": \"" + name +
                 "\": expected a function of the module and an array of its "
                 "arguments");
    for (auto [i, element] : llvm::enumerate(*list)) {
      auto tensor =
          readTensor(element, function.getArgument(i).getType(),
                     path + ": \"" + name + "\", argument " + Twine(i));
      if (!tensor)
        return tensor.takeError();
      result[name].push_back(std::move(*tensor));
    }
  }
  return llvm::Error::success();
}

void print(StringRef name, ArrayRef<Tensor> results) {
  llvm::outs() << "@" << name << "\n";
  for (auto [i, result] : llvm::enumerate(results)) {
    llvm::outs() << "  result " << i << " [";
    llvm::interleaveComma(result.shape, llvm::outs());
    llvm::outs() << "]:";
    for (double value : result.floats)
      llvm::outs() << llvm::format(" %.9g", value);
    for (int32_t value : result.ints)
      llvm::outs() << " " << value;
    llvm::outs() << "\n";
  }
}

llvm::json::Value toJson(ArrayRef<Tensor> results) {
  llvm::json::Array list;
  for (const Tensor &result : results) {
    llvm::json::Array shape, data;
    for (int64_t extent : result.shape)
      shape.push_back(extent);
    for (double value : result.floats) // JSON has no NaN: undefined is null.
      data.push_back(std::isfinite(value) ? llvm::json::Value(value)
                                          : llvm::json::Value(nullptr));
    for (int32_t value : result.ints)
      data.push_back(value);
    list.push_back(llvm::json::Object{{"shape", std::move(shape)},
                                      {"data", std::move(data)}});
  }
  return list;
}

class Tool {
public:
  Tool(Options &options, MLIRContext &context)
      : options(options), context(context) {}

  int run() {
    module = parse(options.file);
    if (!module)
      return userError;
    if (!options.input.empty())
      if (llvm::Error error = readArguments(options.input, *module, given)) {
        llvm::errs() << "error: " << llvm::toString(std::move(error)) << "\n";
        return userError;
      }
    if (options.gradients && failed(makeGradientFunctions(*module)))
      return userError;
    std::string passes = options.pipeline;
    if (passes.empty() && options.gradients)
      passes = "moec-autodiff";
    OwningOpRef<ModuleOp> other;
    if (!options.other.empty()) {
      other = parse(options.other);
      if (!other)
        return userError;
    } else if (!passes.empty()) {
      other = module->clone();
      PassManager manager(&context);
      if (failed(parsePassPipeline(passes, manager)))
        return usageError;
      if (failed(manager.run(*other))) {
        llvm::errs() << "error: the pipeline failed\n";
        return userError;
      }
    }
    if (options.gradients)
      return checkGradients(*other);
    return runFunctions(other ? *other : ModuleOp());
  }

private:
  OwningOpRef<ModuleOp> parse(StringRef path) {
    std::string message;
    auto buffer = openInputFile(path, &message);
    if (!buffer) {
      llvm::errs() << "error: " << message << "\n";
      return {};
    }
    auto sources = std::make_shared<llvm::SourceMgr>();
    sources->AddNewSourceBuffer(std::move(buffer), llvm::SMLoc());
    return parseSourceFile<ModuleOp>(sources, &context);
  }

  FailureOr<std::vector<Tensor>> argumentsOf(func::FuncOp function) {
    auto found = given.find(function.getName().str());
    if (found != given.end())
      return found->second;
    return makeArguments(function, options.seed);
  }

  double tolerance(double byDefault) {
    return options.rtol < 0 ? byDefault : options.rtol;
  }

  int runFunctions(ModuleOp other) {
    Precision precision = options.f64 ? Precision::F64 : Precision::F32;
    llvm::json::Object all;
    bool wrong = false;
    for (auto function : module->getOps<func::FuncOp>()) {
      if (function.isExternal() || function.isPrivate())
        continue;
      auto arguments = argumentsOf(function);
      if (failed(arguments))
        return userError;
      auto results = interpret(function, *arguments, precision);
      if (failed(results))
        return userError;
      if (!other) {
        if (options.json)
          all[function.getName()] = toJson(*results);
        else
          print(function.getName(), *results);
        continue;
      }
      auto twin = other.lookupSymbol<func::FuncOp>(function.getName());
      if (!twin || twin.getNumResults() != results->size()) {
        function.emitError("no function of this name with ")
            << results->size() << " results to compare with";
        return userError;
      }
      auto actual = interpret(twin, *arguments, precision);
      if (failed(actual))
        return userError;
      wrong |= !report(function.getName(), *results, *actual);
    }
    if (!other && options.json)
      llvm::outs() << llvm::json::Value(std::move(all)) << "\n";
    return wrong ? mismatchError : 0;
  }

  /// Prints how two lists of results differ. False if they do.
  bool report(StringRef name, ArrayRef<Tensor> expected,
              ArrayRef<Tensor> actual) {
    double rtol = tolerance(options.f64 ? 1e-10 : 1e-5);
    double atol = options.atol < 0 ? rtol : options.atol;
    bool ok = true;
    for (auto [i, pair] : llvm::enumerate(llvm::zip(expected, actual))) {
      auto &[want, have] = pair;
      Difference difference = compare(want, have, rtol, atol);
      llvm::outs() << "@" << name << " result " << i << ": "
                   << (difference.ok() ? "equal" : "DIFFERENT");
      if (!difference.mismatch.empty())
        llvm::outs() << ", " << difference.mismatch;
      else
        llvm::outs() << llvm::format(", max error %.3g (relative %.3g)",
                                     difference.absolute, difference.relative);
      if (difference.wrong) {
        int64_t at = difference.firstWrong;
        auto value = [&](const Tensor &tensor) {
          return tensor.isInt ? double(tensor.ints[at]) : tensor.floats[at];
        };
        llvm::outs() << llvm::format(
            ", %lld of %lld elements, first at %lld: expected %.9g, got %.9g",
            (long long)difference.wrong, (long long)want.size(), (long long)at,
            value(want), value(have));
      }
      llvm::outs() << "\n";
      ok &= difference.ok();
    }
    return ok;
  }

  int checkGradients(ModuleOp other) {
    auto loss = module->lookupSymbol<func::FuncOp>("loss");
    auto step = other.lookupSymbol<func::FuncOp>("train_step");
    if (!loss || !step) {
      llvm::errs() << "error: @loss or @train_step is gone after the pipeline; "
                      "gradients cannot be checked\n";
      return userError;
    }
    auto arguments = argumentsOf(loss);
    if (failed(arguments))
      return userError;
    auto worst = gradientError(loss, step, *arguments);
    if (failed(worst))
      return userError;
    bool ok = worst->error <= tolerance(1e-6);
    llvm::outs() << "gradients: " << (ok ? "equal" : "DIFFERENT")
                 << llvm::format(", max error %.3g", worst->error);
    if (!worst->parameter.empty())
      llvm::outs() << ", in \"" << worst->parameter << "\"";
    llvm::outs() << "\n";
    return ok ? 0 : mismatchError;
  }

  Options &options;
  MLIRContext &context;
  OwningOpRef<ModuleOp> module;
  Arguments given;
};
} // namespace

int moec::reference::interpretMain(int argc, char **argv,
                                   DialectRegistry &registry) {
  llvm::InitLLVM init(argc, argv);
  Options options;
  cl::HideUnrelatedOptions(options.category);
  if (!cl::ParseCommandLineOptions(argc, argv, "moec reference interpreter\n",
                                   &llvm::errs()))
    return usageError;
  if (!options.other.empty() &&
      (!options.pipeline.empty() || options.gradients)) {
    llvm::errs() << "error: --compare-with and --pipeline or --check-gradients "
                    "exclude each other\n";
    return usageError;
  }
  MLIRContext context(registry);
  llvm::SourceMgr sources;
  SourceMgrDiagnosticHandler diagnostics(sources, &context);
  return Tool(options, context).run();
}
