//===- DumpPasses.cpp - The IR after each pass, as files ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Driver/DumpPasses.h"
#include "dialects/MoE/MoEConventions.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OperationSupport.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Pass/Pass.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;
using namespace moec::driver;

/// The part of a file name that says "encoder/1": only plain characters.
static std::string fileName(llvm::StringRef name) {
  std::string result;
  for (char c : name)
    result += llvm::isAlnum(c) || c == '-' || c == '_' ? c : '-';
  return result;
}

class PassDumps::Instrumentation : public PassInstrumentation {
public:
  explicit Instrumentation(PassDumps &dumps) : dumps(dumps) {}

  void runBeforePass(Pass *pass, Operation *op) override {
    if (isPass(pass))
      before.try_emplace(pass, op);
  }
  void runAfterPass(Pass *pass, Operation *op) override {
    auto old = before.find(pass);
    if (old == before.end())
      return;
    bool changed = old->second != OperationFingerPrint(op);
    before.erase(old);
    if (changed && !dumps.failed)
      write(pass, op);
  }
  void runAfterPassFailed(Pass *pass, Operation *op) override {
    before.erase(pass);
  }

private:
  /// Nested pass managers look like passes without a flag.
  static bool isPass(Pass *pass) { return !pass->getArgument().empty(); }

  void write(Pass *pass, Operation *op) {
    std::string name = llvm::formatv("{0,0+3}_{1}", dumps.next++,
                                     fileName(pass->getArgument()));
    if (op->getParentOp())
      if (auto symbol = SymbolTable::getSymbolName(op))
        name += "_" + fileName(symbol.getValue());
    llvm::SmallString<128> path(dumps.folder);
    llvm::sys::path::append(path, name + ".mlir");
    llvm::raw_fd_ostream file(path, dumps.failed);
    if (dumps.failed)
      return;
    file << *op << '\n';
    file.close();
    dumps.failed = file.error();
    file.clear_error();
  }

  PassDumps &dumps;
  llvm::DenseMap<Pass *, OperationFingerPrint> before;
};

std::error_code PassDumps::open(ModuleOp module) {
  auto model = moe::attr::model.get(module);
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(
      path, model && !model.empty() ? fileName(model.getValue()) : "module");
  folder = path.str().str();
  return failed = llvm::sys::fs::create_directories(folder);
}

void PassDumps::addTo(PassManager &pm) {
  pm.addInstrumentation(std::make_unique<Instrumentation>(*this));
}
