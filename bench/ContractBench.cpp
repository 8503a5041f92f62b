//===- ContractBench.cpp - Speed of compiled contractions ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// contract_bench [--dump=DIR] [--schedule=S] [--strips=N] [FILE.mlir] [WORD]:
// for every shape whose name contains WORD (with --strips: its right operand
// stored in strips of N columns, as moec-pack-operands leaves it), or for the
// contractions of a file that "moec compile --emit memory" wrote (ragged ones
// apart), with the schedules that they have or all with S, the share of this
// core's FMA peak that the compiled kernel reaches in one thread, packing and
// epilogue included. The peak (register-to-register FMAs) is measured right
// before and after each run, and time is this thread's own CPU time, so that a
// busy machine disturbs the ratio little. Operands and scratch lie on large
// pages, as those of a module do. Reported are the median and the best of the
// rounds.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"
#include "lib/Target/CPU/Cpu.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "runtime/core/Memory.h"
#include "test/passes/CPU/KernelJit.h"
#include "test/passes/Codegen/KernelSource.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <algorithm>
#include <cstdlib>
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

/// Independent chains of FMAs in three quarters of a machine's registers: a
/// kernel without memory.
struct Peak {
  static constexpr int64_t steps = 100000;
  int64_t lanes, chains;

  double flops() const { return 2.0 * lanes * chains * steps; }
  std::string source() const {
    std::string init, body, out, types;
    std::string vector = "vector<" + std::to_string(lanes) + "xf32>";
    for (int64_t i = 0; i < chains; ++i) {
      std::string n = std::to_string(i), comma = i ? ", " : "";
      init += comma + "%s" + n + " = %x";
      types += comma + vector;
      body += "%f" + n + " = vector.fma %x, %x, %s" + n + " : " + vector + "\n";
      out += comma + "%f" + n;
    }
    std::string sum = "%t0 = arith.addf %r#0, %r#1 : " + vector + "\n";
    for (int64_t i = 2; i < chains; ++i)
      sum += "%t" + std::to_string(i - 1) + " = arith.addf %t" +
             std::to_string(i - 2) + ", %r#" + std::to_string(i) + " : " +
             vector + "\n";
    return "func.func @peak(%y: memref<16xf32>, %b: index, %e: index, %s: "
           "memref<64xi8>) attributes {kernel.function, kernel.blocks = 1 : "
           "i64, kernel.scratch = 64 : i64} {\n%c0 = arith.constant 0 : index\n"
           "%c1 = arith.constant 1 : index\n%x = vector.load %y[%c0] : "
           "memref<16xf32>, " +
           vector + "\n%r:" + std::to_string(chains) +
           " = scf.for %i = %b to %e step %c1 iter_args(" + init + ") -> (" +
           types + ") {\n" + body + "scf.yield " + out + " : " + types +
           "\n}\n" + sum + "vector.store %t" + std::to_string(chains - 2) +
           ", %y[%c0] : memref<16xf32>, " + vector + "\nreturn }\n";
  }
};

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

/// The product with (n, k) of the right operand at [n floordiv w, k, n mod w].
Shape inStrips(Shape s, int64_t w) {
  int64_t n = s.source.dims[1], k = s.source.dims[2];
  std::string width = std::to_string(w);
  s.name += " strips of " + width;
  s.source.inputs[1] = {type({(n + w - 1) / w, k, w}),
                        "n floordiv " + width + ", k, n mod " + width};
  return s;
}

std::vector<Shape> shapes() {
  return {matmul(1024, 1024, 1024),
          matmul(1024, 1024, 1024, false, true),
          matmul(512, 512, 512),
          matmul(6272, 1536, 384),
          matmul(6272, 384, 1536),
          matmul(6272, 3072, 768),
          matmul(6272, 768, 3072),
          matmul(196, 1536, 384),
          matmul(196, 384, 1536),
          linearGelu(6272, 1536, 384),
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
  moec::rt::Block scratch{size_t(jit.scratchBytes()), "scratch"};
  double operator()() {
    double start = now();
    jit.run(args.data(), 0, end, scratch.data());
    return now() - start;
  }
};

double median(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return v[v.size() / 2];
}

using Module = mlir::OwningOpRef<mlir::ModuleOp>;

std::unique_ptr<KernelJit> compile(mlir::ModuleOp module) {
  std::string error;
  auto jit = KernelJit::compile(module, error, "moec-assign-schedule");
  if (!jit)
    llvm::errs() << "error: " << error << "\n";
  return jit;
}

/// The kernel functions of a file that hold a contraction, each in a module.
std::vector<std::pair<std::string, Module>>
contractionsOf(mlir::MLIRContext *context, const std::string &path,
               mlir::Attribute schedule) {
  std::vector<std::pair<std::string, Module>> found;
  Module file = mlir::parseSourceFile<mlir::ModuleOp>(path, context);
  if (file)
    file->walk([&](moec::kernel::ContractOp op) {
      auto func = op->getParentOfType<mlir::func::FuncOp>();
      Module alone = mlir::ModuleOp::create(op.getLoc());
      alone->push_back(func.clone());
      if (schedule)
        alone->walk([&](moec::kernel::ContractOp clone) {
          clone->setAttr(clone.getScheduleAttrName(), schedule);
        });
      found.emplace_back(func.getName().str(), std::move(alone));
    });
  return found;
}

/// Random operands for a kernel function; integers are 0. All in one block of
/// memory, as the arena of a module, which lies on large pages.
struct Operands {
  moec::rt::Block arena;
  std::vector<void *> args;

  explicit Operands(moec::kernel::ContractOp op) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<int64_t> places = {0};
    for (mlir::Value v : op->getOperands()) {
      auto type = mlir::cast<mlir::MemRefType>(v.getType());
      places.push_back(places.back() +
                       llvm::alignTo(type.getNumElements() + 16, 16));
    }
    arena = moec::rt::Block(places.back() * sizeof(float), "operands");
    for (auto [i, v] : llvm::enumerate(op->getOperands())) {
      auto type = mlir::cast<mlir::MemRefType>(v.getType());
      float *data = arena.as<float>() + places[i];
      if (type.getElementType().isF32())
        for (int64_t e = 0; e < type.getNumElements(); ++e)
          data[e] = normal(random);
      args.push_back(data);
    }
  }
};

} // namespace

int main(int argc, char **argv) {
  std::string word, dump, schedule, file;
  int64_t strips = 0;
  for (int i = 1; i < argc; ++i) {
    llvm::StringRef arg = argv[i];
    if (arg.consume_front("--dump="))
      dump = arg.str();
    else if (arg.consume_front("--schedule="))
      schedule = arg.str();
    else if (arg.consume_front("--strips="))
      strips = std::atoi(arg.data());
    else if (arg.ends_with(".mlir"))
      file = arg.str();
    else
      word = arg.str();
  }
  auto context = makeContext();
  auto parse = [&](const std::string &source) {
    return mlir::parseSourceString<mlir::ModuleOp>(source, context.get());
  };
  llvm::Expected<moec::target::Cpu> cpu = moec::target::getCpu("native");
  if (!cpu) {
    llvm::errs() << "error: " << llvm::toString(cpu.takeError()) << "\n";
    return 1;
  }
  moec::kernel::CpuAttr machine = cpu->describe(context.get());
  Peak fmas{machine.getLanes(), machine.getVectorRegisters() * 3 / 4};
  auto peakJit = compile(*parse(fmas.source()));
  if (!peakJit)
    return 1;
  std::vector<float> ones(16, 1e-10f);
  Timer peak{*peakJit, {ones.data()}, Peak::steps};

  std::vector<std::pair<std::string, Module>> kernels;
  if (!file.empty()) {
    mlir::Attribute given;
    if (!schedule.empty() &&
        !(given = mlir::parseAttribute("#kernel.schedule<" + schedule + ">",
                                       context.get())))
      return 1;
    kernels = contractionsOf(context.get(), file, given);
  } else
    for (Shape &shape : shapes()) {
      if (strips && shape.source.dims.size() == 3)
        shape = inStrips(std::move(shape), strips);
      shape.source.schedule = schedule;
      kernels.emplace_back(shape.name, parse(shape.source.str()));
    }
  llvm::outs() << "share of the FMA peak (median, best), one thread; ms\n";
  for (auto &[name, module] : kernels) {
    moec::kernel::ContractOp op;
    module->walk([&](moec::kernel::ContractOp o) { op = o; });
    std::string label = name;
    double flops = 2;
    for (int64_t d : op.getDims()) {
      label += " " + std::to_string(d);
      flops *= d;
    }
    if (label.find(word) == std::string::npos || op.getRaggedDim())
      continue;
    Operands operands(op);
    auto jit = compile(*module);
    if (!jit)
      return 1;
    if (!dump.empty())
      jit->dumpObject(dump + "/" + label + ".o");
    Timer run{*jit, operands.args, jit->blocks()};
    run(), peak();
    std::vector<double> ratios, times;
    for (int round = 0; round < 15; ++round) {
      double before = peak(), spent = 0;
      int64_t calls = 0;
      while (spent < 5e-3) {
        spent += run();
        ++calls;
      }
      double after = peak();
      times.push_back(spent / calls * 1e3);
      ratios.push_back(flops * calls / spent /
                       (fmas.flops() / std::min(before, after)));
    }
    llvm::outs() << llvm::format(
        "%-36s %5.2f %5.2f %8.3f ms  %6lld blocks\n", label.c_str(),
        median(ratios), *std::max_element(ratios.begin(), ratios.end()),
        median(times), (long long)jit->blocks());
    llvm::outs().flush();
  }
  return 0;
}
