//===- VerifyContract.cpp - What is launched, and with what -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Memory/Layout.h"
#include "passes/Memory/Passes.h"
#include "runtime/core/Limits.h"

using namespace mlir;

namespace moec::memory {
#define GEN_PASS_DEF_VERIFYMEMORYPASS
#include "passes/Memory/Passes.h.inc"

namespace {
/// How many bytes blocks have.
using BlockSizes = llvm::DenseMap<kernel::BlockAttr, int64_t>;

struct VerifyMemoryPass : impl::VerifyMemoryPassBase<VerifyMemoryPass> {
  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    BlockSizes roles;
    if (failed(measureRoles(roles)))
      return signalPassFailure();
    WalkResult walk = getOperation().walk([&](Operation *op) {
      if (auto program = dyn_cast<kernel::ProgramOp>(op))
        return failed(checkProgram(program, symbols, roles))
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      if (auto function = dyn_cast<func::FuncOp>(op);
          function && failed(checkOuts(function)))
        return WalkResult::interrupt();
      auto isTensor = [](Type type) { return isa<TensorType>(type); };
      bool found = llvm::any_of(op->getResultTypes(), isTensor) ||
                   llvm::any_of(op->getOperandTypes(), isTensor);
      for (Region &region : op->getRegions())
        for (Block &block : region)
          found |= llvm::any_of(block.getArgumentTypes(), isTensor);
      if (!found)
        return WalkResult::advance();
      op->emitOpError("still works on a tensor; after planning every value has "
                      "its place in memory");
      return WalkResult::interrupt();
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
    markAllAnalysesPreserved();
  }

  /// What a program writes is known by this number from here on.
  static LogicalResult checkOuts(func::FuncOp function) {
    if (!kernel::attr::function.isOn(function))
      return success();
    IntegerAttr outs = kernel::attr::outs.get(function);
    for (auto op : function.getOps<kernel::KernelOpInterface>())
      if (!outs || outs.getInt() != int64_t(op.getOuts().size())) {
        InFlightDiagnostic diag = function.emitOpError("expected ")
                                  << kernel::attr::outs.name << " = "
                                  << op.getOuts().size()
                                  << ", the operands that its kernel writes";
        if (outs)
          diag << ", got " << outs.getInt();
        return diag;
      }
    return success();
  }

  /// How many bytes the variables of each role take.
  LogicalResult measureRoles(BlockSizes &roles) {
    for (auto variable : getOperation().getOps<moe::VariableOp>()) {
      std::optional<uint64_t> at = variable.getAt();
      if (!at)
        return variable.emitOpError("has no place in the block of its role; "
                                    "run moec-place-variables first");
      int64_t &bytes = roles[blockOf(&getContext(), variable.getRole())];
      // As unsigned numbers they do not overflow.
      uint64_t end = *at + uint64_t(variable.getBytes());
      if (end > uint64_t(rt::maxBytes))
        return variable.emitOpError("ends at byte ")
               << end << " of the block of its role; expected at most "
               << rt::maxBytes;
      bytes = std::max(bytes, int64_t(end));
    }
    return success();
  }

  static LogicalResult checkProgram(kernel::ProgramOp program,
                                    SymbolTable &symbols,
                                    const BlockSizes &roles) {
    BlockSizes blocks = roles;
    blocks[kernel::BlockAttr::get(program.getContext(),
                                  kernel::BlockKind::Arena, "")] =
        program.getArena();
    for (ArrayAttr ports : {program.getInputs(), program.getOutputs()})
      for (auto port : ports.getAsRange<kernel::PortAttr>())
        blocks[port.getBlock()] = getTensorBytes(port.getType());
    WalkResult walk = program.walk([&](kernel::LaunchOp launch) {
      return failed(checkLaunch(launch, symbols, blocks))
                 ? WalkResult::interrupt()
                 : WalkResult::advance();
    });
    return failure(walk.wasInterrupted());
  }

  static LogicalResult checkLaunch(kernel::LaunchOp launch,
                                   SymbolTable &symbols,
                                   const BlockSizes &blocks) {
    StringAttr name = launch.getKernelAttr().getAttr();
    auto function = symbols.lookup<func::FuncOp>(name);
    if (!function || !kernel::attr::function.isOn(function))
      return launch.emitOpError("launches @")
             << name.getValue() << ", which is no kernel function";
    // begin, end and scratch are no operands.
    size_t operands = function.getNumArguments() - 3;
    if (launch.getArgs().size() != operands) {
      InFlightDiagnostic diag = launch.emitOpError("gives ")
                                << launch.getArgs().size() << " addresses for "
                                << operands << " operands";
      diag.attachNote(function.getLoc()) << "of @" << name.getValue();
      return diag;
    }
    for (size_t i = 0; i < operands; ++i) {
      auto at = cast<kernel::AddressAttr>(launch.getArgs()[i]);
      auto error = [&] {
        return launch.emitOpError("gives operand ")
               << i << " of @" << name.getValue() << " the address " << at
               << ": ";
      };
      auto type = dyn_cast<MemRefType>(function.getArgumentTypes()[i]);
      if (!type || !type.hasStaticShape() ||
          !type.getElementType().isIntOrFloat())
        return error() << "expected an operand that is a memref of static "
                          "shape, got "
                       << function.getArgumentTypes()[i];
      int64_t bytes = type.getNumElements() *
                      llvm::divideCeil(type.getElementTypeBitWidth(), 8);
      if (at.getBytes() < bytes)
        return error() << "expected the " << bytes << " bytes of a " << type
                       << ", got " << at.getBytes();
      if (failed(checkReach(launch, at, blocks, error)))
        return failure();
    }
    return success();
  }

  /// The operand lies in its block in every iteration.
  static LogicalResult
  checkReach(kernel::LaunchOp launch, kernel::AddressAttr at,
             const BlockSizes &blocks,
             llvm::function_ref<InFlightDiagnostic()> error) {
    auto block = blocks.find(at.getBlock());
    if (block == blocks.end())
      return error() << "there is no variable of role "
                     << kernel::stringifyBlockKind(at.getBlock().getKind());
    auto loop = dyn_cast<kernel::LoopOp>(launch->getParentOp());
    int64_t count = loop ? int64_t(loop.getCount()) : 1;
    if (!loop && at.getStride())
      return error() << "a stride needs a kernel.loop around the launch";
    if (std::max({count, at.getShift(), at.getModulus()}) > rt::maxRepeat)
      return error() << "expected iterations, a shift and a modulus of at most "
                     << rt::maxRepeat << ", got " << count << ", "
                     << at.getShift() << " and " << at.getModulus();
    for (int64_t it :
         rt::extremeIterations(count, at.getShift(), at.getModulus())) {
      __int128 begin =
          __int128(at.getOffset()) + __int128(it) * at.getStride() +
          __int128((it + at.getShift()) % at.getModulus()) * at.getSize();
      if (begin >= 0 && begin + at.getBytes() <= block->second)
        continue;
      InFlightDiagnostic diag = error();
      if (loop)
        diag << "in iteration " << it << " ";
      return diag << "it lies outside of the block, which has " << block->second
                  << " bytes";
    }
    return success();
  }
};
} // namespace
} // namespace moec::memory
