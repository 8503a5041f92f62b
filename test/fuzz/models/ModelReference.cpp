//===- ModelReference.cpp - What a model should compute -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/fuzz/models/ModelReference.h"
#include "dialects/MoE/MoEOps.h"
#include "lib/Driver/Compiler.h"
#include "lib/Reference/Interpreter.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "moec/Import.h"
#include "moec/InitAll.h"
#include "passes/Schedule/Passes.h"
#include "llvm/Support/raw_ostream.h"
#include <cfenv>
#include <cmath>
#include <limits>
#ifdef __SSE__
#include <xmmintrin.h>
#endif

using namespace mlir;
using namespace moec;
using namespace moec::fuzz;
using reference::Choice;
using reference::Precision;
using reference::Tensor;

/// Nothing is written there; compile() leaves the IR of the phase.
static constexpr const char *nowhere = "/dev/null";
/// A context keeps every type and attribute it ever saw.
static constexpr int modelsOfAContext = 50;

namespace {
/// Rounds f32 so while it lives, towards zero with subnormal numbers counted as
/// zero, as kernels count them: a factor made of one may be that of a large
/// number. The interpreter's f32 is plain C++ of other translation units, which
/// the compiler cannot move past this.
class Rounding {
public:
  explicit Rounding(int mode) {
    std::fegetenv(&before);
    std::fesetround(mode);
#ifdef __SSE__
    constexpr unsigned flush = 0x8040; // DAZ and FTZ of MXCSR
    if (mode == FE_TOWARDZERO)
      _mm_setcsr(_mm_getcsr() | flush);
#endif
  }
  ~Rounding() { std::fesetenv(&before); }

private:
  std::fenv_t before;
};

std::string textOf(const Diagnostic &diagnostic) {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << diagnostic;
  for (const Diagnostic &note : diagnostic.getNotes())
    os << "; " << note;
  return text;
}
} // namespace

struct ModelReference::Parts {
  std::unique_ptr<MLIRContext> context;
  int used = 0;
  OwningOpRef<ModuleOp> model;   ///< as imported
  OwningOpRef<ModuleOp> plain;   ///< after the phase autodiff
  OwningOpRef<ModuleOp> rounded; ///< kernels in bf16

  /// Of the last compile(): what is fused decides what is kept in bf16.
  std::vector<std::string> disabled;

  /// The model after `phase`.
  OwningOpRef<ModuleOp> lowered(StringRef phase, StringRef precision) {
    OwningOpRef<ModuleOp> copy = model->clone();
    driver::CompileOptions options;
    options.until = phase.str();
    options.precision = precision.str();
    options.disabledPasses = disabled;
    if (driver::compile(*copy, options, nowhere) != 0)
      return {};
    return copy;
  }
};

ModelReference::ModelReference() : parts(std::make_unique<Parts>()) {}
ModelReference::~ModelReference() = default;

bool ModelReference::import(const std::string &text, bool train,
                            std::string &problems) {
  parts->rounded = {};
  parts->plain = {};
  parts->model = {};
  if (!parts->context || ++parts->used > modelsOfAContext) {
    DialectRegistry registry;
    registerAllDialects(registry);
    parts->context = std::make_unique<MLIRContext>(
        registry, MLIRContext::Threading::DISABLED);
    parts->used = 0;
  }
  ImportOptions options;
  options.train = train;
  llvm::raw_string_ostream os(problems);
  ScopedDiagnosticHandler handler(
      parts->context.get(), [&](Diagnostic &d) { os << textOf(d) << "\n"; });
  parts->model = importModel(text, "model.json", *parts->context, options, os);
  return bool(parts->model);
}

std::string ModelReference::precision() const {
  auto said = (*parts->model)->getAttrOfType<StringAttr>("moe.precision");
  return said ? said.str() : "f32";
}

/// Compiles up to where moec-split-batch stands, and asks it for `images` at a
/// time, which it would not choose for models this small.
static bool splitBatch(ModuleOp model, driver::CompileOptions &options,
                       int64_t images) {
  options.until = "precision";
  if (driver::compile(model, options, nowhere) != 0)
    return false;
  PassManager passes(model.getContext());
  passes.addNestedPass<func::FuncOp>(
      schedule::createSplitBatchPass({/*images=*/images}));
  options.from = std::exchange(options.until, "module");
  return succeeded(passes.run(model));
}

bool ModelReference::compile(const Switches &switches, const std::string &path,
                             std::string &problems) {
  llvm::raw_string_ostream os(problems);
  ScopedDiagnosticHandler handler(
      parts->context.get(), [&](Diagnostic &d) { os << textOf(d) << "\n"; });
  driver::CompileOptions options;
  options.target = switches.target;
  options.flags = switches.flags;
  options.precision = switches.precision;
  options.disabledPasses = switches.disabled;
  parts->disabled = switches.disabled;
  parts->rounded = {};
  OwningOpRef<ModuleOp> copy = parts->model->clone();
  return (!switches.images || splitBatch(*copy, options, switches.images)) &&
         driver::compile(*copy, options, path) == 0;
}

static Wanted wantedOf(func::FuncOp function, unsigned i) {
  Wanted wanted;
  wanted.elements =
      cast<RankedTensorType>(function.getArgumentTypes()[i]).getNumElements();
  if (auto name = function.getArgAttrOfType<StringAttr>(i, "moe.field")) {
    wanted.name = name.str();
  } else if (auto host =
                 function.getArgAttrOfType<moe::HostValueAttr>(i, "moe.host")) {
    wanted.kind = Wanted::Kind::Host;
    wanted.name = moe::stringifyHostValue(host.getValue()).str();
  } else if (auto name =
                 function.getArgAttrOfType<FlatSymbolRefAttr>(i, "moe.var")) {
    wanted.kind = Wanted::Kind::Variable;
    wanted.name = name.getValue().str();
  }
  return wanted;
}

static Expected resultOf(func::FuncOp function, unsigned i,
                         const Tensor &tensor) {
  Expected result;
  result.shape.assign(tensor.shape.begin(), tensor.shape.end());
  result.exact = tensor.floats;
  auto attr = [&](StringRef name) {
    return function.getResultAttrOfType<StringAttr>(i, name);
  };
  if (auto name = attr("moe.output")) {
    result.name = name.str();
  } else if (auto name = attr("moe.metric")) {
    result.kind = Expected::Kind::Metric;
    result.name = name.str();
  } else if (auto name = function.getResultAttrOfType<FlatSymbolRefAttr>(
                 i, "moe.var")) {
    result.kind = Expected::Kind::Variable;
    result.name = name.getValue().str();
  }
  return result;
}

/// `spread` grows to the distance of `other` from `exact`.
static void widen(const std::vector<double> &exact,
                  const std::vector<double> &other,
                  std::vector<double> &spread) {
  for (size_t i = 0; i < exact.size(); ++i) {
    double apart = std::fabs(other[i] - exact[i]);
    if (std::isnan(exact[i]))
      spread[i] = exact[i];
    else if (!std::isfinite(exact[i]) || !std::isfinite(other[i]))
      spread[i] = std::numeric_limits<double>::infinity();
    else if (!(apart <= spread[i]))
      spread[i] = apart;
  }
}

namespace {
/// One evaluation: results and the choices made.
struct Evaluation {
  std::vector<Tensor> results;
  std::vector<Choice> choices;
};
} // namespace

static func::FuncOp findEntry(ModuleOp module, StringRef name, int64_t batch) {
  for (auto function : module.getOps<func::FuncOp>())
    if (auto entry = function->getAttrOfType<moe::EntryAttr>("moe.entry"))
      if (entry.getName() == name && entry.getBatch() == batch)
        return function;
  return {};
}

static bool run(func::FuncOp function, ArrayRef<Tensor> arguments,
                Precision precision, int rounding, Evaluation &evaluation,
                uint64_t seed = 1) {
  if (!function)
    return false;
  Rounding mode(rounding);
  auto results = reference::interpret(function, arguments, precision,
                                      &evaluation.choices, seed);
  if (failed(results))
    return false;
  evaluation.results = std::move(*results);
  return true;
}

/// Routes, accuracy and signs whose outcome hangs on `factor` times the
/// distance between the evaluations.
static void judgeChoices(const Evaluation &exact, ArrayRef<Evaluation> others,
                         double factor, Answer &answer) {
  std::vector<const Choice *> routes;
  for (const Choice &choice : exact.choices) {
    bool route = choice.kind == Choice::Kind::Route;
    if (route)
      routes.push_back(&choice);
    // What subnormals lose is lost in compiled code only.
    std::vector<double> by(choice.scores.size(), 2e-38), spread(by.size(), 0);
    size_t number = &choice - exact.choices.data();
    for (const Evaluation &other : others) {
      if (choice.kind == Choice::Kind::Threshold &&
          other.choices.size() != exact.choices.size())
        continue;
      // Kernels make the same routes in the same order, and tell of no other
      // choice.
      const Choice *same = nullptr;
      if (other.choices.size() == exact.choices.size()) {
        same = &other.choices[number];
      } else if (route && routes.size() <= other.choices.size()) {
        same = &other.choices[routes.size() - 1];
      }
      if (same && same->scores.size() == by.size())
        widen(choice.scores, same->scores, spread);
      else
        std::fill(spread.begin(), spread.end(), 1e-2);
    }
    bool steady = true;
    for (size_t i = 0; i < by.size(); ++i) {
      by[i] += factor * (spread[i] + 0x1p-22 * std::fabs(choice.scores[i]));
      steady &= std::isfinite(by[i]);
    }
    steady = steady && isSteady(choice, by);
    bool accuracy = choice.kind == Choice::Kind::Accuracy;
    answer.routes += route;
    // Gradients hang on signs as all that follows does on routes.
    answer.unsteadyRoutes += !accuracy && !steady;
    answer.unsteadyAccuracy |= accuracy && !steady;
  }
}

/// A step by the sign of a mean of gradients jumps where the mean is as small
/// as what it may be off by, and so does one by a mean over the root of the
/// variance. Such elements of parameters, and of their averages, are left out;
/// those of the means are compared. Off is what compare() allows the new mean,
/// of which a gradient has the share 1 - b.
static void leaveSigns(func::FuncOp function, ArrayRef<Tensor> arguments,
                       Answer &answer) {
  constexpr double factor = 32; // the largest of the targets
  Operation *end = function.getBody().front().getTerminator();
  auto resultsOf = [&](Value value) {
    SmallVector<Expected *> found;
    for (OpOperand &use : value.getUses())
      if (use.getOwner() == end)
        found.push_back(&answer.results[use.getOperandNumber()]);
    return found;
  };
  // `known(m, sum, off)`: whether old and new mean tell the sign of a step.
  auto leave = [&](auto op, auto known) {
    for (auto [param, mean, newMean] :
         llvm::zip(op.getParams(), op.getMeans(), op.getNewMeans())) {
      const Expected &sum = *resultsOf(newMean).front();
      const Tensor &old = arguments[cast<BlockArgument>(mean).getArgNumber()];
      std::string name =
          wantedOf(function, cast<BlockArgument>(param).getArgNumber()).name;
      for (Expected &result : answer.results) {
        auto variable = SymbolTable::lookupNearestSymbolFrom<moe::VariableOp>(
            function, StringAttr::get(function.getContext(), result.name));
        bool follows = variable && variable.getRole() == moe::Role::Shadow &&
                       variable.getOf() == StringRef(name);
        if (result.kind != Expected::Kind::Variable ||
            (result.name != name && !follows))
          continue;
        for (size_t i = 0; i < result.exact.size(); ++i) {
          double most = 0;
          for (size_t j = i / 8 * 8;
               j < std::min(i / 8 * 8 + 8, sum.exact.size()); ++j)
            most = std::max(most,
                            sum.spread[j] + 0x1p-22 * std::fabs(sum.exact[j]));
          if (!known(old.floats[i], sum.exact[i], factor * (most + 1e-35)))
            result.spread[i] = std::numeric_limits<double>::infinity();
        }
      }
    }
  };
  auto byMean = [](double, double sum, double off) {
    return std::fabs(sum) > off;
  };
  function.walk([&](Operation *op) {
    if (auto adamw = dyn_cast<moe::AdamWUpdateOp>(op))
      leave(adamw, byMean);
    if (auto lamb = dyn_cast<moe::LambUpdateOp>(op))
      leave(lamb, byMean);
    // By c = b1 m + (1 - b1) g, where the new mean is b2 m + (1 - b2) g.
    if (auto lion = dyn_cast<moe::LionUpdateOp>(op)) {
      double b1 = lion.getBeta1().convertToDouble();
      double b2 = lion.getBeta2().convertToDouble();
      leave(lion, [&](double m, double sum, double off) {
        double gradient = (sum - b2 * m) / (1 - b2);
        return std::fabs(b1 * m + (1 - b1) * gradient) >
               (1 - b1) * off / (1 - b2);
      });
    }
  });
}

bool ModelReference::evaluate(const std::string &name, int64_t batch,
                              const Supply &supply, bool bf16, Answer &answer,
                              std::string &problems) {
  llvm::raw_string_ostream os(problems);
  ScopedDiagnosticHandler handler(
      parts->context.get(), [&](Diagnostic &d) { os << textOf(d) << "\n"; });
  if (!parts->plain)
    parts->plain = parts->lowered("autodiff", "f32");
  if (bf16 && !parts->rounded)
    parts->rounded = parts->lowered("precision", "bf16");
  if (!parts->plain || (bf16 && !parts->rounded))
    return false;
  func::FuncOp function = findEntry(*parts->plain, name, batch);
  if (!function) {
    os << "no entry " << name << " of batch " << batch << "\n";
    return false;
  }
  std::vector<Tensor> arguments;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    auto type = cast<RankedTensorType>(function.getArgumentTypes()[i]);
    std::vector<double> values;
    Wanted wanted = wantedOf(function, i);
    if (!supply(wanted, values) || int64_t(values.size()) != wanted.elements) {
      os << "no value for argument '" << wanted.name << "' of " << name << "\n";
      return false;
    }
    bool integers = reference::isIntegral(type);
    Tensor tensor = integers ? Tensor::integer(type.getShape())
                             : Tensor::floating(type.getShape());
    for (size_t j = 0; j < values.size(); ++j)
      if (integers)
        tensor.ints[j] = int32_t(values[j]);
      else
        tensor.floats[j] = values[j];
    arguments.push_back(std::move(tensor));
  }

  Evaluation exact;
  if (!run(function, arguments, Precision::F64, FE_TONEAREST, exact))
    return false;
  std::vector<Evaluation> others;
  for (int mode : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO})
    if (!run(function, arguments, Precision::F32, mode, others.emplace_back()))
      return false;
  for (uint64_t seed : {1, 2, 3, 4})
    if (!run(function, arguments, Precision::Perturbed, FE_TONEAREST,
             others.emplace_back(), seed))
      return false;
  if (bf16)
    for (Precision precision : {Precision::F64, Precision::F32})
      if (!run(findEntry(*parts->rounded, name, batch), arguments, precision,
               FE_TONEAREST, others.emplace_back()))
        return false;
  for (unsigned i = 0; i < exact.results.size(); ++i) {
    Expected result = resultOf(function, i, exact.results[i]);
    result.spread.assign(result.exact.size(), 0);
    for (const Evaluation &other : others)
      widen(result.exact, other.results[i].floats, result.spread);
    if (result.kind == Expected::Kind::Metric &&
        (result.name == "loss" || result.name == "grad_norm"))
      answer.lostStep |=
          !(result.spread[0] <= std::fabs(result.exact[0]) + 0x1p-20);
    answer.results.push_back(std::move(result));
  }
  judgeChoices(exact, others, bf16 ? 3 : 8, answer);
  leaveSigns(function, arguments, answer);
  return true;
}
