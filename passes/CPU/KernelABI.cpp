//===- KernelABI.cpp - The C interface of kernels -------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/Kernel/KernelOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "passes/CPU/Passes.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_KERNELABIPASS
#include "passes/CPU/Passes.h.inc"

namespace {
struct KernelABIPass : impl::KernelABIPassBase<KernelABIPass> {
  void runOnOperation() override {
    SmallVector<LLVM::LLVMFuncOp> kernels;
    for (auto func : getOperation().getOps<LLVM::LLVMFuncOp>())
      if (kernel::attr::function.isOn(func))
        kernels.push_back(func);
    for (LLVM::LLVMFuncOp func : kernels) {
      ArrayRef<Type> types = func.getArgumentTypes();
      if (func.isExternal() || types.size() < 3 ||
          !isa<LLVM::LLVMPointerType>(types.back()) ||
          llvm::any_of(types.drop_back().take_back(2),
                       [](Type type) { return !type.isInteger(64); })) {
        func.emitOpError("is marked kernel.function, so it must have a body "
                         "and arguments that end with (i64, i64, !llvm.ptr)");
        return signalPassFailure();
      }
      wrap(func);
    }
  }

  void wrap(LLVM::LLVMFuncOp body) {
    OpBuilder b(body);
    Location loc = body.getLoc();
    std::string name = body.getName().str();
    unsigned operands = body.getNumArguments() - 3;
    // Nothing else points to a thread's scratch memory.
    body.setArgAttr(operands + 2, LLVM::LLVMDialect::getNoAliasAttrName(),
                    b.getUnitAttr());
    body.setArgAttr(operands + 2, LLVM::LLVMDialect::getAlignAttrName(),
                    b.getI64IntegerAttr(64));
    body.setName(name + ".body");
    body.setLinkage(LLVM::Linkage::Internal);

    Type pointer = LLVM::LLVMPointerType::get(&getContext());
    Type i64 = b.getI64Type();
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(&getContext()), {pointer, i64, i64, pointer});
    auto wrapper = LLVM::LLVMFuncOp::create(b, loc, name, type);
    // What is said of the kernel is said of what is launched.
    for (NamedAttribute attr : llvm::to_vector(body->getDiscardableAttrs()))
      if (isa_and_present<kernel::KernelDialect>(attr.getNameDialect())) {
        wrapper->setAttr(attr.getName(), attr.getValue());
        body->removeAttr(attr.getName());
      }

    Block *entry = wrapper.addEntryBlock(b);
    b.setInsertionPointToStart(entry);
    SmallVector<Value> arguments;
    for (unsigned i = 0; i < operands; ++i) {
      Value slot =
          LLVM::GEPOp::create(b, loc, pointer, pointer, entry->getArgument(0),
                              ArrayRef<LLVM::GEPArg>{int32_t(i)});
      arguments.push_back(LLVM::LoadOp::create(b, loc, pointer, slot));
    }
    llvm::append_range(arguments, entry->getArguments().drop_front());
    LLVM::CallOp::create(b, loc, body, arguments);
    LLVM::ReturnOp::create(b, loc, ValueRange{});
  }
};
} // namespace
} // namespace moec::cpu
