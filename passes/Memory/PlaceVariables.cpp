//===- PlaceVariables.cpp - Where the variables of a module lie -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The variables of one role share a block of memory. Those that an entry reads
// as one tensor (tensor.concat) lie side by side there, so that the joined
// tensor is a view.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Memory/Layout.h"
#include "passes/Memory/Passes.h"
#include "runtime/core/Limits.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"

namespace moec::memory {
#define GEN_PASS_DEF_PLACEVARIABLESPASS
#include "passes/Memory/Passes.h.inc"
} // namespace moec::memory

using namespace mlir;
using namespace moec;
using namespace moec::memory;

namespace {
/// Bytes; a cache line, and what GPU copies of whole rows ask for.
constexpr int64_t alignment = 64;

using Chain = SmallVector<StringRef>;

struct PlaceVariablesPass
    : memory::impl::PlaceVariablesPassBase<PlaceVariablesPass> {
  void runOnOperation() override {
    llvm::StringMap<moe::VariableOp> variables;
    for (auto variable : getOperation().getOps<moe::VariableOp>())
      variables[variable.getSymName()] = variable;
    llvm::StringMap<Chain> chains = findChains(variables);

    llvm::DenseMap<moe::Role, int64_t> ends;
    llvm::StringSet<> placed;
    for (auto first : getOperation().getOps<moe::VariableOp>()) {
      auto chain = chains.find(first.getSymName());
      Chain together =
          chain == chains.end() ? Chain{first.getSymName()} : chain->second;
      int64_t &end = ends[first.getRole()];
      end = llvm::alignTo(end, alignment);
      for (StringRef name : together) {
        moe::VariableOp variable = variables[name];
        if (!placed.insert(name).second)
          continue;
        if (Type element = variable.getTensorType().getElementType();
            !element.isF32() && !element.isBF16()) {
          variable.emitOpError("expected a variable of f32, got ")
              << variable.getType();
          return signalPassFailure();
        }
        variable.setAt(end);
        if (llvm::AddOverflow(end, variable.getBytes(), end) ||
            end > rt::maxBytes) {
          // Not of the op, which would be printed: it is the model's size.
          emitError(variable.getLoc(), "variable @")
              << variable.getSymName() << " of type " << variable.getType()
              << " makes the variables of role "
              << moe::stringifyRole(variable.getRole()) << " larger than 2^"
              << llvm::Log2_64(rt::maxBytes) << " bytes";
          return signalPassFailure();
        }
      }
    }
  }

  /// For each variable of a joined tensor all of it, in order. The first use
  /// decides where one is joined in two ways; the other one is copied.
  llvm::StringMap<Chain>
  findChains(const llvm::StringMap<moe::VariableOp> &variables) {
    llvm::StringMap<Chain> chains;
    getOperation().walk([&](tensor::ConcatOp concat) {
      Chain chain;
      for (Value part : concat.getInputs()) {
        StringRef name = variableOf(getView(part).base);
        if (name.empty() || !variables.contains(name) ||
            chains.contains(name) || llvm::is_contained(chain, name) ||
            variables.lookup(name).getRole() !=
                variables.lookup(chain.empty() ? name : chain.front())
                    .getRole())
          return;
        chain.push_back(name);
      }
      for (StringRef name : chain)
        chains[name] = chain;
    });
    return chains;
  }
};
} // namespace
