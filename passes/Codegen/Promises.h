//===- Promises.h - What back ends promise ----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

//
// Questions that the contracts of the back ends ask (moec-verify-cpu,
// moec-verify-llvm, moec-verify-gpu, moec-verify-nvvm).
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_CODEGEN_PROMISES_H
#define MOEC_PASSES_CODEGEN_PROMISES_H

#include "dialects/Kernel/KernelOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringExtras.h"

namespace moec::codegen {

/// Calls `check(launch, kernel)` for every `kernel.launch` of a module, with
/// what `table`, an op with symbols, has by that name: null for nothing, or
/// where `table` is null. The first failure ends it.
inline mlir::LogicalResult checkLaunches(
    mlir::ModuleOp module, mlir::Operation *table,
    llvm::function_ref<mlir::LogicalResult(kernel::LaunchOp, mlir::Operation *)>
        check) {
  std::optional<mlir::SymbolTable> symbols;
  if (table)
    symbols.emplace(table);
  mlir::WalkResult walk = module.walk([&](kernel::LaunchOp launch) {
    llvm::StringRef name = launch.getKernelAttr().getValue();
    bool good = mlir::succeeded(
        check(launch, symbols ? symbols->lookup(name) : nullptr));
    return good ? mlir::WalkResult::advance() : mlir::WalkResult::interrupt();
  });
  return mlir::failure(walk.wasInterrupted());
}

/// An error at a launch of what nothing made a kernel of.
inline mlir::LogicalResult notLowered(kernel::LaunchOp launch) {
  return launch.emitOpError("launches @")
         << launch.getKernelAttr().getValue()
         << ", which no pass of this phase lowered";
}

/// All ops in the functions of `table` are of these dialects, by namespace; an
/// error at the first that is not.
inline mlir::LogicalResult
expectDialects(mlir::Operation *table, llvm::ArrayRef<llvm::StringRef> names) {
  auto isOther = [&](mlir::Operation *op) {
    return !llvm::is_contained(names, op->getName().getDialectNamespace());
  };
  mlir::WalkResult walk = table->walk<mlir::WalkOrder::PreOrder>(
      [&](mlir::FunctionOpInterface function) {
        mlir::WalkResult inner =
            function->walk<mlir::WalkOrder::PreOrder>([&](mlir::Operation *op) {
              if (!isOther(op))
                return mlir::WalkResult::advance();
              op->emitOpError("is left in @")
                  << function.getName() << "; expected ops of "
                  << llvm::join(names, " and ") << " alone";
              return mlir::WalkResult::interrupt();
            });
        return inner.wasInterrupted() ? inner : mlir::WalkResult::skip();
      });
  return mlir::failure(walk.wasInterrupted());
}

} // namespace moec::codegen

#endif // MOEC_PASSES_CODEGEN_PROMISES_H
