//===- ContractBench.cpp - Speed of compiled contractions ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// contract_bench [--dump=DIR] [--schedule=S] [WORD]: for every shape whose name
// contains WORD, the share of this core's FMA peak that the compiled kernel
// reaches in one thread, packing and epilogue included. The peak
// (register-to-register FMAs) is measured right before and after each run, and
// time is this thread's own CPU time, so that a busy machine disturbs the ratio
// little. Reported are the median and the best of the rounds.
//
//===----------------------------------------------------------------------===//

#include "mlir/Parser/Parser.h"
#include "test/passes/CPU/KernelJit.h"
#include "test/passes/CPU/KernelSource.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <ctime>
#include <random>
#include <thread>

using namespace moec::test;

namespace {

double now() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

/// 24 independent chains of FMAs in registers: a kernel without memory.
constexpr int64_t peakSteps = 100000, peakChains = 24;
std::string peakSource() {
  std::string init, in, types, body, out;
  for (int i = 0; i < peakChains; ++i) {
    std::string n = std::to_string(i), comma = i ? ", " : "";
    init += comma + "%s" + n + " = %x";
    types += comma + "vector<16xf32>";
    body += "%f" + n + " = vector.fma %x, %x, %s" + n + " : vector<16xf32>\n";
    out += comma + "%f" + n;
  }
  std::string sum = "%t0 = arith.addf %r#0, %r#1 : vector<16xf32>\n";
  for (int i = 2; i < peakChains; ++i)
    sum += "%t" + std::to_string(i - 1) + " = arith.addf %t" +
           std::to_string(i - 2) + ", %r#" + std::to_string(i) +
           " : vector<16xf32>\n";
  return "func.func @peak(%y: memref<16xf32>, %b: index, %e: index, %s: "
         "memref<64xi8>) attributes {kernel.function, kernel.blocks = 1 : i64, "
         "kernel.scratch = 64 : i64} {\n%c0 = arith.constant 0 : index\n%c1 = "
         "arith.constant 1 : index\n%x = vector.load %y[%c0] : memref<16xf32>, "
         "vector<16xf32>\n%r:24 = scf.for %i = %b to %e step %c1 iter_args(" +
         init + ") -> (" + types + ") {\n" + body + "scf.yield " + out + " : " +
         types + "\n}\n" + sum +
         "vector.store %t22, %y[%c0] : memref<16xf32>, "
         "vector<16xf32>\nreturn }\n";
}

struct Shape {
  std::string name;
  ContractSource source;
};

std::string type(std::initializer_list<int64_t> extents) {
  std::string s;
  for (int64_t e : extents)
    s += std::to_string(e) + "x";
  return s + "f32";
}

const char *const gelu = R"(
    %h = arith.addf %acc, %a2 : f32
    %r = arith.constant 0.70710678 : f32
    %half = arith.constant 0.5 : f32
    %s = arith.mulf %h, %r : f32
    %e = math.erf %s : f32
    %p = arith.mulf %h, %half : f32
    %q = arith.mulf %p, %e : f32
    %y = arith.addf %p, %q : f32
    kernel.yield %y : f32)";

/// A matrix product, plain or as one of the forms that models need.
Shape matmul(int64_t m, int64_t n, int64_t k, bool transposeA = false,
             bool transposeB = false) {
  Shape s;
  s.name = "matmul" + std::string(transposeA ? " TA" : "") +
           (transposeB ? " TB" : "");
  s.source.dims = {m, n, k};
  s.source.inputs = {transposeA ? OperandSource{type({k, m}), "k, m"}
                                : OperandSource{type({m, k}), "m, k"},
                     transposeB ? OperandSource{type({n, k}), "n, k"}
                                : OperandSource{type({k, n}), "k, n"}};
  s.source.outs = {{type({m, n}), "m, n"}};
  return s;
}
Shape linearGelu(int64_t m, int64_t n, int64_t k) {
  Shape s = matmul(m, n, k);
  s.name = "linear+bias+gelu";
  s.source.inputs.push_back({type({n}), "n"});
  s.source.epilogue = gelu;
  return s;
}
Shape tokenMixing(int64_t g, int64_t m, int64_t n, int64_t k) {
  Shape s;
  s.name = "token mixing";
  s.source.dims = {g, m, n, k};
  s.source.inputs = {{type({m, k}), "m, k"}, {type({g, k, n}), "g, k, n"}};
  s.source.outs = {{type({g, m, n}), "g, m, n"}};
  return s;
}

std::vector<Shape> shapes() {
  return {matmul(1024, 1024, 1024),
          matmul(1024, 1024, 1024, false, true),
          matmul(512, 512, 512),
          matmul(6272, 192, 96),
          matmul(6272, 384, 192),
          matmul(6272, 256, 256),
          matmul(6272, 96, 192, false, true), // dX
          linearGelu(6272, 192, 96),
          linearGelu(6272, 384, 192),
          tokenMixing(128, 64, 96, 49),
          tokenMixing(128, 256, 96, 49),
          tokenMixing(128, 49, 96, 256),
          matmul(96, 192, 6272, true), // dW
          matmul(192, 384, 6272, true),

          matmul(128, 10, 96)};
}

struct Timer {
  KernelJit &jit;
  std::vector<void *> args;
  int64_t end;
  double operator()() {
    double start = now();
    jit.run(args.data(), 0, end);
    return now() - start;
  }
};

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

/// Schedules for the threads that this machine has, as the compiler does.
std::string scheduling() {
  return "moec-assign-schedule{threads=" +
         std::to_string(std::max(1u, std::thread::hardware_concurrency())) +
         "}";
}

std::unique_ptr<KernelJit> compile(mlir::MLIRContext *context,
                                   const std::string &source) {
  auto module = mlir::parseSourceString<mlir::ModuleOp>(source, context);
  std::string error = "does not parse";
  auto jit =
      module ? KernelJit::compile(*module, error, scheduling()) : nullptr;
  if (!jit)
    llvm::errs() << "error: " << error << "\n" << source;
  return jit;
}

} // namespace

int main(int argc, char **argv) {
  std::string word, dump, schedule;
  for (int i = 1; i < argc; ++i) {
    llvm::StringRef arg = argv[i];
    if (arg.consume_front("--dump="))
      dump = arg.str();
    else if (arg.consume_front("--schedule="))
      schedule = arg.str();
    else
      word = arg.str();
  }
  auto context = makeContext();
  auto peakJit = compile(context.get(), peakSource());
  if (!peakJit)
    return 1;
  std::vector<float> ones(16, 1e-10f);
  Timer peak{*peakJit, {ones.data()}, peakSteps};
  double peakFlops = 2.0 * 16 * peakChains * peakSteps;

  llvm::outs() << "share of the FMA peak (median, best), one thread\n";
  for (Shape &shape : shapes()) {
    std::string label = shape.name;
    double flops = 2;
    for (int64_t d : shape.source.dims) {
      label += " " + std::to_string(d);
      flops *= d;
    }
    if (label.find(word) == std::string::npos)
      continue;
    shape.source.schedule = schedule;
    auto jit = compile(context.get(), shape.source.str());
    if (!jit)
      return 1;
    if (!dump.empty())
      jit->dumpObject(dump + "/" + label + ".o");
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<std::vector<float>> buffers;
    Timer run{*jit, {}, jit->blocks()};
    auto addBuffer = [&](const OperandSource &operand) {
      int64_t count = 1;
      llvm::SmallVector<llvm::StringRef> parts;
      llvm::StringRef(operand.type).split(parts, 'x');
      for (llvm::StringRef part : llvm::ArrayRef(parts).drop_back())
        count *= std::stoll(part.str());
      buffers.emplace_back(count + 16);
      for (float &v : buffers.back())
        v = normal(random);
      auto at = reinterpret_cast<uintptr_t>(buffers.back().data());
      run.args.push_back(reinterpret_cast<void *>((at + 63) & ~uintptr_t(63)));
    };
    buffers.reserve(8);
    for (auto &operand : shape.source.inputs)
      addBuffer(operand);
    for (auto &operand : shape.source.outs)
      addBuffer(operand);
    run(), peak();
    std::vector<double> ratios;
    for (int round = 0; round < 15; ++round) {
      double before = peak(), spent = 0;
      int64_t calls = 0;
      while (spent < 5e-3) {
        spent += run();
        ++calls;
      }
      double after = peak();
      double rate = flops * calls / spent;
      ratios.push_back(rate / (peakFlops / std::min(before, after)));
    }
    llvm::outs() << llvm::format(
        "%-36s %5.2f %5.2f  %6lld blocks\n", label.c_str(), median(ratios),
        *std::max_element(ratios.begin(), ratios.end()),
        (long long)jit->blocks());
    llvm::outs().flush();
  }
  return 0;
}
