//===- Remarks.h - Whom a remark is about -----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A remark stands at the node that it is about; these name what else one needs
// to find it: the function, since one node is compiled into several, and the
// other op.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_REMARKS_H
#define MOEC_PASSES_REMARKS_H

#include "dialects/NodeNames.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Interfaces/FunctionInterfaces.h"
#include "llvm/ADT/StringExtras.h"

namespace moec {

/// Files a remark about `op` under its pass, its phase and its function.
inline mlir::remark::RemarkOpts
remarkAbout(mlir::Operation *op, llvm::StringRef pass, llvm::StringRef phase) {
  auto function = op->getParentOfType<mlir::FunctionOpInterface>();
  return mlir::remark::RemarkOpts::name(pass).category(phase).function(
      function ? function.getName() : llvm::StringRef());
}

/// "kernel.contract of stack.fc1, stack.fc2"; just the op where no location
/// tells nodes.
inline std::string describeForRemark(mlir::Operation *op) {
  std::string text = op->getName().getStringRef().str(), nodes;
  for (mlir::StringAttr name : getNodeNames(op->getLoc()))
    nodes += (nodes.empty() ? " of " : ", ") + name.str();
  return text + nodes;
}

} // namespace moec

#endif // MOEC_PASSES_REMARKS_H
