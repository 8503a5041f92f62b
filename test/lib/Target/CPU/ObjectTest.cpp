//===- ObjectTest.cpp - Native code, in parts -----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/CPU/Object.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/ThreadPool.h"
#include <gtest/gtest.h>
#include <set>

using namespace mlir;
using namespace moec::target;

namespace {

constexpr int numFunctions = 80;

OwningOpRef<ModuleOp> makeModule(MLIRContext &context) {
  context.loadDialect<LLVM::LLVMDialect>();
  std::string text;
  for (int i = 0; i < numFunctions; ++i)
    text += "llvm.func @k" + std::to_string(i) +
            "(%x: !llvm.ptr) {\n"
            "  %v = llvm.load %x : !llvm.ptr -> f32\n"
            "  %s = llvm.fadd %v, %v : f32\n"
            "  llvm.store %s, %x : f32, !llvm.ptr\n"
            "  llvm.return\n}\n";
  return parseSourceString<ModuleOp>(text, &context);
}

/// The functions k0, k1, .. that the objects define.
std::multiset<std::string> definedIn(const std::vector<std::string> &objects) {
  std::multiset<std::string> names;
  for (const std::string &object : objects) {
    auto file = llvm::object::ObjectFile::createELFObjectFile(
        llvm::MemoryBufferRef(object, "part"));
    EXPECT_TRUE(bool(file));
    for (const llvm::object::SymbolRef &symbol : (*file)->symbols()) {
      llvm::StringRef name = llvm::cantFail(symbol.getName());
      if (name.starts_with("k") && !name.contains('_'))
        names.insert(name.str());
    }
  }
  return names;
}

TEST(ObjectTest, PartsAreCompiledByTheThreadsOfTheContext) {
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(4));
  for (int round = 0; round < 5; ++round) {
    MLIRContext context(MLIRContext::Threading::DISABLED);
    context.setThreadPool(pool);
    OwningOpRef<ModuleOp> module = makeModule(context);
    Cpu machine = llvm::cantFail(getCpu("native"));
    auto objects = emitObjects(*module, machine);
    ASSERT_TRUE(bool(objects)) << llvm::toString(objects.takeError());
    EXPECT_EQ(objects->size(), 4u);
    std::multiset<std::string> names = definedIn(*objects);
    EXPECT_EQ(names.size(), size_t(numFunctions));
    for (int i = 0; i < numFunctions; ++i)
      EXPECT_EQ(names.count("k" + std::to_string(i)), 1u);
  }
}

TEST(ObjectTest, AContextWithoutThreadsHasOnePart) {
  // Its tables take no locks.
  MLIRContext context(MLIRContext::Threading::DISABLED);
  OwningOpRef<ModuleOp> module = makeModule(context);
  Cpu machine = llvm::cantFail(getCpu("native"));
  auto objects = emitObjects(*module, machine);
  ASSERT_TRUE(bool(objects)) << llvm::toString(objects.takeError());
  EXPECT_EQ(objects->size(), 1u);
  EXPECT_EQ(definedIn(*objects).size(), size_t(numFunctions));
}

} // namespace
