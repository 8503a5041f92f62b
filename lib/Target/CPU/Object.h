//===- Object.h - From the LLVM dialect to native code ----------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_TARGET_CPU_OBJECT_H
#define MOEC_LIB_TARGET_CPU_OBJECT_H

#include "lib/Target/CPU/Cpu.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/Module.h"

namespace moec::target {

/// Tells LLVM what `machine` likes: its CPU to tune for, and its widest
/// vectors.
void setAttributes(llvm::Module &module, const Cpu &machine);

/// The functions of `module` (LLVM dialect), optimised for `cpu`, as LLVM IR
/// or, if `assembly`, as the CPU's own.
llvm::Expected<std::string> emitText(mlir::ModuleOp module, const Cpu &cpu,
                                     bool assembly);

/// Object files of the functions of `module`, dealt out to as many parts as
/// the context has threads, each compiled in a thread of its own.
llvm::Expected<std::vector<std::string>> emitObjects(mlir::ModuleOp module,
                                                     const Cpu &cpu);

} // namespace moec::target

#endif // MOEC_LIB_TARGET_CPU_OBJECT_H
