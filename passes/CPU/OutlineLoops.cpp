//===- OutlineLoops.cpp - Polynomials in functions of their own -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   func.func @k {kernel.function}
//     scf.for .. iter_args(twelve vectors)       a register tile
//     %sum = scf.for .. iter_args(%zero) { ten constants, .. }
// becomes
//   func.func private @k.loop0(..) -> vector<8xf32>
//     scf.for ..
//   func.func @k {kernel.function}
//     scf.for .. iter_args(twelve vectors)
//     %sum = func.call @k.loop0(..)
//
// Beside a register tile, which fills the registers, LLVM moves the constants
// of a polynomial ahead of all loops, finds no place for them there, and loads
// each of them again where it is used. A function has its registers for itself.
//
// Shown by test/passes/CPU/outline-loops.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "mlir/Transforms/RegionUtils.h"
#include "passes/CPU/Passes.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_OUTLINELOOPSPASS
#include "passes/CPU/Passes.h.inc"

namespace {

/// Constants in vectors from which on a loop is one with a polynomial.
constexpr size_t manyConstants = 8;

bool isConstant(Value value) {
  return value.getDefiningOp<arith::ConstantOp>() != nullptr;
}

struct OutlineLoopsPass : impl::OutlineLoopsPassBase<OutlineLoopsPass> {
  void runOnOperation() override {
    SmallVector<func::FuncOp> kernels;
    for (auto func : getOperation().getOps<func::FuncOp>())
      if (kernel::attr::function.isOn(func) && !func.isExternal())
        kernels.push_back(func);
    for (func::FuncOp kernel : kernels) {
      unsigned number = 0;
      for (scf::ForOp loop : loopsOf(kernel))
        outline(kernel, loop, number++);
    }
  }

  /// The innermost loops of `kernel` with a polynomial, if it has a register
  /// tile: a loop that carries more than half of the registers.
  static SmallVector<scf::ForOp> loopsOf(func::FuncOp kernel) {
    SmallVector<scf::ForOp> loops;
    unsigned carried = 0;
    kernel.walk([&](scf::ForOp loop) {
      carried = std::max(carried, loop.getNumResults());
      auto inner = loop.getBody()->walk([](Operation *op) {
        return op->getNumRegions() ? WalkResult::interrupt()
                                   : WalkResult::advance();
      });
      if (inner.wasInterrupted())
        return;
      llvm::SmallPtrSet<Operation *, 16> constants;
      loop.getBody()->walk([&](Operation *op) {
        for (Value value : op->getOperands())
          if (isa<VectorType>(value.getType()) && isConstant(value))
            constants.insert(value.getDefiningOp());
      });
      if (constants.size() >= manyConstants)
        loops.push_back(loop);
    });
    if (loops.empty())
      return loops;
    auto cpu = moec::kernel::getMachine<moec::kernel::CpuAttr>(kernel);
    if (!cpu || carried <= cpu.getVectorRegisters() / 2)
      loops.clear();
    return loops;
  }

  static void outline(func::FuncOp kernel, scf::ForOp loop, unsigned number) {
    llvm::SetVector<Value> above;
    getUsedValuesDefinedAbove(loop->getRegions(), above);
    above.insert_range(loop->getOperands());
    SmallVector<Value> arguments, constants;
    for (Value value : above)
      (isConstant(value) ? constants : arguments).push_back(value);

    OpBuilder b(kernel);
    std::string name = (kernel.getName() + ".loop" + llvm::Twine(number)).str();
    auto function =
        func::FuncOp::create(b, loop.getLoc(), name,
                             b.getFunctionType(TypeRange(ValueRange(arguments)),
                                               loop->getResultTypes()));
    function.setPrivate();
    function.setNoInline(true);
    function->setAttr(
        "llvm.linkage",
        LLVM::LinkageAttr::get(b.getContext(), LLVM::Linkage::Internal));
    Block *entry = function.addEntryBlock();
    IRMapping mapping;
    mapping.map(arguments, entry->getArguments());
    b.setInsertionPointToStart(entry);
    for (Value constant : constants)
      b.clone(*constant.getDefiningOp(), mapping);
    Operation *copy = b.clone(*loop, mapping);
    func::ReturnOp::create(b, loop.getLoc(), copy->getResults());

    b.setInsertionPoint(loop);
    auto call = func::CallOp::create(b, loop.getLoc(), function, arguments);
    loop->replaceAllUsesWith(call);
    loop.erase();
  }
};
} // namespace
} // namespace moec::cpu
