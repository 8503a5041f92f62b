//===- MathCases.cpp - Functions of kernels and their bounds --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "MathCases.h"
#include "dialects/Kernel/KernelOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "moec/InitAll.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Regex.h"
#include <cmath>
#include <cstring>

using namespace mlir;

namespace moec::test {
namespace {

constexpr double inf = INFINITY;
constexpr double sqrt2OverPi = 0.79788456080286535588;
constexpr double smallestNormal = 0x1p-126;

/// 2u of the tanh form, 0.79788 (x + 0.044715 x^3) twice.
double twiceU(double x) { return 2 * sqrt2OverPi * x * (1 + 0.044715 * x * x); }

double geluTanh(double x) {
  return std::isinf(x) ? std::fmax(x, -0.0) : x / (1 + std::exp(-twiceU(x)));
}
double geluTanhGrad(double x) {
  if (std::fabs(x) > 30) // twiceU may be infinite from somewhere on
    return x > 0;
  double s = 1 / (1 + std::exp(-twiceU(x))), c = 1 / (1 + std::exp(twiceU(x)));
  return s + x * s * c * 2 * sqrt2OverPi * (1 + 3 * 0.044715 * x * x);
}
double geluErf(double x) {
  return std::isinf(x) ? std::fmax(x, -0.0)
                       : x * 0.5 * std::erfc(-x * 0.70710678118654752440);
}
double geluErfGrad(double x) {
  if (std::fabs(x) > 40)
    return x > 0;
  return 0.5 * std::erfc(-x * 0.70710678118654752440) +
         x * std::exp(-0.5 * x * x) * 0.39894228040143267794;
}

enum class Unit { Result, X, One };

/// What a name ends with if it is of a quotient.
const char *const quotient = " quotient";

struct Bound {
  double constant = 0, perX = 0;
  Unit unit = Unit::Result;
  double exactFrom = inf;
};

/// The cells of the rows of the table in docs/numerics.md, trimmed.
std::vector<std::vector<std::string>> readTable() {
  std::vector<std::vector<std::string>> rows;
  auto file = llvm::MemoryBuffer::getFile(MOEC_NUMERICS);
  if (!file)
    return rows;
  SmallVector<StringRef> lines, cells;
  (*file)->getBuffer().split(lines, '\n');
  for (StringRef line : lines) {
    if (!line.starts_with("| `"))
      continue;
    // \|x\| is no border of a cell.
    std::string text = line.str();
    for (size_t at; (at = text.find("\\|")) != std::string::npos;)
      text.erase(at, 2);
    cells.clear();
    StringRef(text).trim().trim('|').split(cells, '|');
    rows.emplace_back();
    for (StringRef cell : cells)
      rows.back().push_back(cell.trim(" `").str());
  }
  return rows;
}

/// "4 + 1.5 x" or "4".
bool parseBound(StringRef cell, Bound &bound) {
  auto [constant, slope] = cell.split(" + ");
  slope.consume_back(" x");
  return !constant.getAsDouble(bound.constant) &&
         (slope.empty() || !slope.getAsDouble(bound.perX));
}

bool readBound(StringRef name, Backend backend, Bound &bound) {
  for (const auto &row : readTable()) {
    if (row.front() != name)
      continue;
    if (row.size() != 5 ||
        !parseBound(row[backend == Backend::GPU ? 2 : 1], bound))
      return false;
    bound.unit = llvm::StringSwitch<Unit>(row[3])
                     .Case("x", Unit::X)
                     .Case("1", Unit::One)
                     .Default(Unit::Result);
    return row[4].empty() || !StringRef(row[4]).getAsDouble(bound.exactFrom);
  }
  return false;
}

/// The distance of f32 numbers at `value`.
double ulp(double value) {
  int exponent;
  std::frexp(std::fmax(std::fabs(value), smallestNormal), &exponent);
  return std::ldexp(1.0, exponent - 24);
}

/// What the function saturates at.
double limitOf(Unit unit, double x) {
  return unit == Unit::Result ? std::copysign(1.0, x)
         : unit == Unit::X    ? std::fmax(x, 0.0)
                              : double(x > 0);
}

bool holds(const Bound &bound, double x, double want, double got, bool bf16) {
  if (std::isnan(want))
    return std::isnan(got);
  if (std::isfinite(bound.exactFrom) && std::fabs(x) >= bound.exactFrom)
    return got == limitOf(bound.unit, x);
  if (std::isinf(want))
    return got == want;
  // A zero keeps its sign; a number that counts as 0 may stay what it is.
  if (want == 0 && x == 0)
    return std::fabs(got) < smallestNormal &&
           std::signbit(got) == std::signbit(want);
  // The last step may round up to it, or not.
  constexpr double least = smallestNormal * (1 + 0x1p-20);
  if (std::fabs(want) < least)
    return std::fabs(got) <= least;
  // Rounding may take the last step to infinity, or not.
  double half = bf16 ? 0.5 * 0x1p16 * ulp(want) : 0;
  double largest = 0x1p128 - ulp(want);
  if (std::isinf(got))
    return (got > 0) == (want > 0) && std::fabs(want) > largest - half;
  if (std::fabs(want) > largest)
    return std::fabs(got) >= largest - half - 4 * ulp(want);
  double at = bound.unit == Unit::Result ? want
              : bound.unit == Unit::X    ? x
                                         : 1.0;
  // At an infinity a bound without a share of x stays what it is.
  double share = bound.perX == 0 ? 0 : bound.perX * std::fabs(x);
  double allowed = (bound.constant + share) * ulp(at);
  return std::fabs(got - want) <= allowed + half;
}

float fromBits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

} // namespace

std::vector<MathCase> mathCases(Backend backend) {
  std::vector<MathCase> cases = {
      {"exp", [](double x) { return std::exp(x); }, inf},
      {"exp2", [](double x) { return std::exp2(x); }, 127},
      {"expm1", [](double x) { return std::expm1(x); }, inf},
      {"log", [](double x) { return std::log(x); }, inf},
      {"tanh", [](double x) { return std::tanh(x); }, inf},
      {"erf", [](double x) { return std::erf(x); }, inf},
      {"cos", [](double x) { return std::cos(x); }, 1e6},
      {"sqrt", [](double x) { return std::sqrt(x); }, inf},
      {"rsqrt", [](double x) { return 1 / std::sqrt(x); }, inf},
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, inf},
      {"softplus",
       [](double x) {
         return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
       },
       inf},
      {"gelu", geluErf, inf},
      {"gelu_grad", geluErfGrad, inf},
      {"gelu tanh", geluTanh, inf},
      {"gelu_grad tanh", geluTanhGrad, inf}};
  if (backend == Backend::CPU)
    for (size_t i = cases.size() - 4, end = cases.size(); i < end; ++i) {
      cases.push_back(cases[i]);
      cases.back().name += quotient;
    }
  return cases;
}

std::vector<std::string> documentedFunctions() {
  std::vector<std::string> names;
  for (const auto &row : readTable())
    names.push_back(row.front());
  return names;
}

std::string identifierOf(const MathCase &function) {
  std::string name = function.name;
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

void PrintTo(const MathCase &function, std::ostream *os) {
  *os << function.name;
}

std::string bodyOf(const MathCase &function, MLIRContext &context,
                   std::string &error) {
  StringRef name = function.name;
  if (!name.starts_with("gelu") && name != "sigmoid" && name != "softplus")
    return "%r = math." + name.str() + " %v : f32";
  static bool registered = (registerAllPasses(), true);
  (void)registered;
  // A machine that prefers quotients.
  std::string attributes;
  if (name.consume_back(quotient))
    attributes = "attributes {kernel.machine = #kernel.cpu<cores = 1, "
                 "vector_bytes = 32, vector_registers = 16>} ";
  auto [op, form] = name.split(' ');
  bool gradient = op.ends_with("_grad");
  std::string source = "module " + attributes +
                       "{ func.func @f(%x: tensor<4xf32>, %dy: tensor<4xf32>) "
                       "-> tensor<4xf32> {\n"
                       "%y = moe." +
                       op.str() + (gradient ? " %x, %dy " : " %x ") +
                       form.str() +
                       " : tensor<4xf32>\nreturn %y : tensor<4xf32> } }";
  auto module = parseSourceString<ModuleOp>(source, &context);
  PassManager pm(&context);
  llvm::raw_string_ostream message(error);
  if (!module ||
      failed(parsePassPipeline("moec-lower-to-kernel", pm, message)) ||
      failed(pm.run(*module))) {
    message << "no kernel of " << source;
    return {};
  }
  std::string body;
  module->walk([&](kernel::MapOp map) {
    AsmState state(*module);
    Block &block = map.getBody().front();
    auto rename = [&](Value value, const std::string &to) {
      std::string from;
      llvm::raw_string_ostream os(from);
      value.printAsOperand(os, state);
      // Names are whole words behind a %.
      for (size_t at = 0; (at = body.find(from, at)) != std::string::npos;) {
        size_t end = at + from.size();
        bool whole =
            end == body.size() || !(isalnum(body[end]) || body[end] == '_');
        if (whole)
          body.replace(at, from.size(), to);
        at += whole ? to.size() : from.size();
      }
    };
    llvm::raw_string_ostream os(body);
    for (Operation &inner : block.without_terminator()) {
      inner.print(os, state);
      os << "\n";
    }
    rename(block.getArgument(0), "%v");
    if (gradient) {
      rename(block.getArgument(1), "%dy");
      body = "%dy = arith.constant 1.0 : f32\n" + body;
    }
    rename(block.getTerminator()->getOperand(0), "%r");
  });
  return body;
}

std::vector<float> mathSamples() {
  std::vector<float> samples = {0.0f, -0.0f, INFINITY, -INFINITY, NAN};
  auto add = [&](float x) {
    samples.push_back(x);
    samples.push_back(-x);
  };
  constexpr uint32_t mantissas = 1 << 23;
  for (uint32_t exponent = 0; exponent < 255; ++exponent) {
    for (uint32_t i = 0; i < 24; ++i)
      add(fromBits(exponent * mantissas + i * (mantissas / 24) + i % 2));
    add(fromBits(exponent * mantissas + mantissas - 1));
  }
  for (int i = 1; i <= 4000; ++i) {
    add(16.0f * i / 4000);
    add(100.0f * i / 4000);
  }
  // Where formulas change or results reach their limits.
  for (float x : {0.625f, 0.70710678f, 0.75179f, 0.9375f, 1.3258252f,
                  1.41421356f, 1.5707963f, 3.92f, 4.0f, 5.6568542f, 9.01f,
                  10.25f, 13.3f, 14.0f, 87.33654f, 88.72283f}) {
    uint32_t bits;
    std::memcpy(&bits, &x, 4);
    for (uint32_t i = 0; i < 64; ++i)
      add(fromBits(bits - 32 + i));
  }
  return samples;
}

std::vector<uint16_t> halfSamples() {
  std::vector<uint16_t> samples;
  for (uint32_t bits = 0; bits < 0x10000; ++bits)
    samples.push_back(bits);
  return samples;
}

float fromHalf(uint16_t half) { return fromBits(uint32_t(half) << 16); }

testing::AssertionResult holdsBound(const MathCase &function, Backend backend,
                                    const std::vector<float> &x,
                                    const std::vector<float> &got, bool bf16) {
  Bound bound;
  if (!readBound(function.name, backend, bound))
    return testing::AssertionFailure()
           << "no bound for `" << function.name << "` in " << MOEC_NUMERICS;
  for (size_t i = 0; i < x.size(); ++i) {
    double at = std::fabs(x[i]) < smallestNormal
                    ? std::copysign(0.0, double(x[i]))
                    : double(x[i]);
    if (std::isfinite(at) && std::fabs(at) > function.domain)
      continue;
    double want = function.function(at);
    if (!holds(bound, at, want, got[i], bf16))
      return testing::AssertionFailure()
             << function.name << " of " << testing::PrintToString(x[i])
             << ": got " << testing::PrintToString(got[i]) << ", expected "
             << testing::PrintToString(want) << ", which is "
             << std::fabs(got[i] - want) / ulp(want) << " ulp away";
  }
  return testing::AssertionSuccess();
}

} // namespace moec::test
