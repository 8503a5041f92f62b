//===- RowsBench.cpp - Bandwidth of row and map kernels -------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// moec-rows-bench [FILTER [DIR]]: compiles the row and map kernels of a Mixer
// for this machine and prints, for one thread, time and bytes per second (each
// operand counted once) beside a memcpy that moves as many bytes. FILTER
// selects by name; if it is an .mlir file, its kernel functions are measured,
// and checked against the definition of their ops. With DIR the object code of
// each kernel is written there.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "test/passes/CPU/KernelHarness.h"
#include "test/passes/Codegen/KernelText.h"
#include <chrono>
#include <cstdio>
#include <cstring>

using namespace moec::test;

namespace {

struct Case {
  std::string name;
  KernelText text;
};

/// Best time of a call in seconds, over about 0.2 s.
template <typename F> double bestTime(F run) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9, total = 0;
  for (int i = 0; i < 5 || (total < 0.2 && i < 10000); ++i) {
    auto start = Clock::now();
    run();
    double t = std::chrono::duration<double>(Clock::now() - start).count();
    best = std::min(best, t);
    total += t;
  }
  return best;
}

std::string meanAndScale(bool withMean) {
  return std::string("%n = arith.constant 0.010416667 : f32 "
                     "%m = arith.mulf %v0, %n : f32 ") +
         (withMean ? "%q = arith.mulf %v1, %n : f32 "
                     "%e = arith.constant 1.0e-6 : f32 "
                     "%s = arith.addf %q, %e : f32 %r = math.rsqrt %s : f32 "
                   : "");
}

KernelText softmax(KernelText text) {
  return text.phase("max", 1, "kernel.yield %a0 : f32")
      .phase("add", 1,
             "%d = arith.subf %a0, %v0 : f32 %e = math.exp %d : f32 "
             "kernel.yield %e : f32")
      .finish("kernel.yield")
      .emit("%d = arith.subf %a0, %v0 : f32 %e = math.exp %d : f32 "
            "%q = arith.divf %e, %v1 : f32 kernel.yield %q : f32");
}

std::vector<Case> cases() {
  const std::string mul = "%p = arith.mulf %a0, %a1 : f32 "
                          "kernel.yield %p : f32";
  const std::string copy = "kernel.yield %a0 : f32";
  const std::string tokens = "6272x96xf32", columns = "96xf32";
  std::vector<Case> list;
  auto add = [&](const char *name, KernelText text) {
    list.push_back({name, std::move(text)});
  };
  add("map: x*y, 16M", KernelText("map", {4194304})
                           .in("4194304xf32", "d0")
                           .in("4194304xf32", "d0")
                           .out("4194304xf32", "d0")
                           .body(mul));
  add("map: x*scale", KernelText("map", {6272, 96})
                          .in(tokens, "d0, d1")
                          .in(columns, "d1")
                          .out(tokens, "d0, d1")
                          .body(mul));
  add("map: 49 columns", KernelText("map", {12288, 49})
                             .in("12288x49xf32", "d0, d1")
                             .in("49xf32", "d1")
                             .out("12288x49xf32", "d0, d1")
                             .body(mul));
  add("map: transpose", KernelText("map", {128, 49, 96})
                            .in("128x96x49xf32", "d0, d2, d1")
                            .out("128x49x96xf32", "d0, d1, d2")
                            .body(copy));
  add("map: gelu (tanh)",
      KernelText("map", {6272, 96})
          .in(tokens, "d0, d1")
          .out(tokens, "d0, d1")
          .body("%c = arith.constant 0.044715 : f32 "
                "%k = arith.constant 0.797885 : f32 "
                "%h = arith.constant 0.5 : f32 %o = arith.constant 1.0 : f32 "
                "%x2 = arith.mulf %a0, %a0 : f32 "
                "%x3 = arith.mulf %x2, %a0 : f32 "
                "%cx = arith.mulf %x3, %c : f32 "
                "%s = arith.addf %a0, %cx : f32 "
                "%ks = arith.mulf %s, %k : f32 %t = math.tanh %ks : f32 "
                "%u = arith.addf %t, %o : f32 %v = arith.mulf %u, %a0 : f32 "
                "%r = arith.mulf %v, %h : f32 kernel.yield %r : f32"));
  add("map: patches of bytes",
      KernelText("map", {128, 49, 16})
          .in("128x28x28x1xi8", "d0, (d1 floordiv 7) * 4 + d2 floordiv 4, "
                                "(d1 mod 7) * 4 + d2 mod 4, 0")
          .out("128x49x16xf32", "d0, d1, d2")
          .body("%f = arith.uitofp %a0 : i8 to f32 "
                "%r = arith.constant 0.011 : f32 "
                "%q = arith.mulf %f, %r : f32 kernel.yield %q : f32"));
  add("map: adam, 1M",
      KernelText("map", {1048576})
          .in("1048576xf32", "d0")
          .in("1048576xf32", "d0")
          .in("1048576xf32", "d0")
          .in("1048576xf32", "d0")
          .in("f32", "")
          .out("1048576xf32", "d0")
          .out("1048576xf32", "d0")
          .out("1048576xf32", "d0")
          .body("%b = arith.constant 0.9 : f32 %c = arith.constant 0.1 : f32 "
                "%e = arith.constant 1.0e-8 : f32 "
                "%m0 = arith.mulf %a2, %b : f32 "
                "%m1 = arith.mulf %a1, %c : f32 "
                "%m = arith.addf %m0, %m1 : f32 "
                "%g2 = arith.mulf %a1, %a1 : f32 "
                "%v0 = arith.mulf %a3, %b : f32 "
                "%v1 = arith.mulf %g2, %c : f32 "
                "%v = arith.addf %v0, %v1 : f32 "
                "%av = math.absf %v : f32 %s = math.sqrt %av : f32 "
                "%t = arith.addf %s, %e : f32 %q = arith.divf %m, %t : f32 "
                "%l = arith.mulf %q, %a4 : f32 "
                "%p = arith.subf %a0, %l : f32 "
                "kernel.yield %p, %m, %v : f32, f32, f32"));
  add("rows: layer norm",
      KernelText("rows", {6272, 96})
          .in(tokens, "d0, d1")
          .in(columns, "d1")
          .in(columns, "d1")
          .out("6272xf32", "d0")
          .out("6272xf32", "d0")
          .out(tokens, "d0, d1")
          .phase("add", 1, copy)
          .phase("add", 1,
                 meanAndScale(false) + "%d = arith.subf %a0, %m : f32 "
                                       "%s = arith.mulf %d, %d : f32 "
                                       "kernel.yield %s : f32")
          .finish(meanAndScale(true) + "kernel.yield %m, %r : f32, f32")
          .emit(meanAndScale(true) +
                "%d = arith.subf %a0, %m : f32 %h = arith.mulf %d, %r : f32 "
                "%g = arith.mulf %h, %a1 : f32 "
                "%y = arith.addf %g, %a2 : f32 kernel.yield %y : f32"));
  add("rows: layer norm, dscale and dbias",
      KernelText("rows", {96, 6272})
          .in(tokens, "d1, d0")
          .in(tokens, "d1, d0")
          .in("6272xf32", "d1")
          .in("6272xf32", "d1")
          .out(columns, "d0")
          .out(columns, "d0")
          .phase("add", 2,
                 "%d = arith.subf %a0, %a2 : f32 %h = arith.mulf %d, %a3 : f32 "
                 "%s = arith.mulf %h, %a1 : f32 "
                 "kernel.yield %s, %a1 : f32, f32")
          .finish("kernel.yield %v0, %v1 : f32, f32")
          .emit("kernel.yield"));
  add("rows: bias over tokens",
      KernelText("rows", {49, 128 * 96})
          .in("128x49x96xf32", "d1 floordiv 96, d0, d1 mod 96")
          .out("49xf32", "d0")
          .phase("add", 1, copy)
          .finish("kernel.yield %v0 : f32")
          .emit("kernel.yield"));
  add("rows: sum of squares, chunks of 4096",
      KernelText("rows", {256, 4096})
          .in("1048576xf32", "d0 * 4096 + d1")
          .out("256xf32", "d0")
          .phase("add", 1,
                 "%s = arith.mulf %a0, %a0 : f32 kernel.yield %s : f32")
          .finish("kernel.yield %v0 : f32")
          .emit("kernel.yield"));
  for (int64_t c : {4, 8, 10}) {
    std::string type = "8192x" + std::to_string(c) + "xf32";
    add(("rows: softmax statistics of " + std::to_string(c)).c_str(),
        KernelText("rows", {8192, c})
            .in(type, "d0, d1")
            .out("8192xf32", "d0")
            .out("8192xf32", "d0")
            .phase("max", 1, copy)
            .phase("add", 1,
                   "%d = arith.subf %a0, %v0 : f32 %e = math.exp %d : f32 "
                   "kernel.yield %e : f32")
            .finish("kernel.yield %v0, %v1 : f32, f32")
            .emit("kernel.yield"));
  }
  add("rows: softmax of 8", softmax(KernelText("rows", {6272, 8})
                                        .in("6272x8xf32", "d0, d1")
                                        .out("6272x8xf32", "d0, d1")));
  add("rows: softmax of 96", softmax(KernelText("rows", {6272, 96})
                                         .in(tokens, "d0, d1")
                                         .out(tokens, "d0, d1")));
  add("rows: softmax over tokens",
      softmax(KernelText("rows", {128, 96, 49})
                  .in("128x49x96xf32", "d0, d2, d1")
                  .out("128x49x96xf32", "d0, d2, d1")));
  add("rows: combine 2", KernelText("rows", {6272, 96, 2})
                             .in("12544x96xf32", "0, d1")
                             .in("6272x2xi32", "d0, d2")
                             .in("6272x2xf32", "d0, d2")
                             .out(tokens, "d0, d1")
                             .with("gathers [1, -1, -1]")
                             .phase("add", 1,
                                    "%s = arith.mulf %a0, %a2 : f32 "
                                    "kernel.yield %s : f32")
                             .finish("kernel.yield %v0 : f32")
                             .emit("kernel.yield"));
  return list;
}

bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() &&
         text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// The row and map kernels of a file, as `moec-opt --moec-memory-pipeline`
/// leaves them.
bool readKernels(const std::string &path,
                 std::vector<std::pair<std::string, std::string>> &kernels) {
  auto context = makeContext();
  auto module = mlir::parseSourceFile<mlir::ModuleOp>(path, context.get());
  if (!module)
    return false;
  for (auto func : module->getOps<mlir::func::FuncOp>()) {
    bool wanted = false;
    if (func->hasAttr("kernel.function"))
      func.walk([&](mlir::Operation *op) {
        wanted |= llvm::isa<moec::kernel::RowsOp, moec::kernel::MapOp>(op);
      });
    if (!wanted)
      continue;
    std::string text;
    llvm::raw_string_ostream os(text);
    func.print(os, mlir::OpPrintingFlags().useLocalScope());
    kernels.push_back({func.getName().str(), text});
  }
  return true;
}

} // namespace

int main(int argc, char **argv) {
  const std::string filter = argc > 1 ? argv[1] : "";
  std::vector<std::pair<std::string, std::string>> kernels;
  bool fromFile = endsWith(filter, ".mlir");
  if (fromFile) {
    if (!readKernels(filter, kernels))
      return 1;
  } else {
    for (Case &c : cases())
      if (c.name.find(filter) != std::string::npos)
        kernels.push_back({c.name, c.text.str()});
  }
  std::printf("%-40s %6s %10s %8s %8s %6s\n", "kernel", "blocks", "us", "GB/s",
              "memcpy", "share");
  int number = 0, wrong = 0;
  for (auto &[name, text] : kernels) {
    ++number;
    KernelHarness harness(text);
    if (!harness.compiled()) {
      std::fprintf(stderr, "%s does not compile\n", name.c_str());
      return 1;
    }
    if (argc > 2)
      harness.kernel().dumpObject(std::string(argv[2]) + "/kernel" +
                                  std::to_string(number) + ".o");
    harness.randomize();
    std::vector<void *> args = harness.arguments();
    int64_t blocks = harness.kernel().blocks();
    double t = bestTime([&] { harness.kernel().run(args.data(), 0, blocks); });
    double bytes = harness.totalBytes();
    std::vector<char> from(size_t(bytes / 2), 1), to(size_t(bytes / 2), 2);
    double copy = bestTime([&] {
      std::memcpy(to.data(), from.data(), from.size());
      asm volatile("" : : "r"(to.data()) : "memory");
    });
    std::printf("%-40s %6ld %10.1f %8.1f %8.1f %5.0f%%\n", name.c_str(),
                long(blocks), t * 1e6, bytes / t * 1e-9, bytes / copy * 1e-9,
                100 * copy / t);
    if (!fromFile)
      continue;
    // Kernels that nobody wrote a test for are checked, too.
    if (auto result = harness.check(1e-3); !result) {
      std::fprintf(stderr, "%s: %s\n", name.c_str(), result.message());
      ++wrong;
    }
  }
  return wrong ? 3 : 0;
}
