//===- AttendKeys.cpp - When and where attention packs its keys -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Keys and values that fit are packed where they are others than those of the
// block before: once for all rows of a group, and for all groups that share
// them, as heads of the query do in grouped-query attention, one after the
// other. Others are packed block by block.
//
// Shown by test/passes/CPU/attend-keys.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/AffineExtents.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "passes/CPU/AttendEmitter.h"
#include "passes/Codegen/AddressExpr.h"
#include "llvm/ADT/SetVector.h"

using namespace mlir;

namespace moec::cpu {

/// The number of the place in memory where the keys and values of a group
/// begin, if nothing else of them changes with the group; else its dims.
SmallVector<AffineExpr> AttendEmitter::identifyKeys() {
  unsigned groupDims = op.getSDim();
  auto perGroup = [&](AffineExpr expr) {
    return llvm::any_of(llvm::seq(groupDims),
                        [&](unsigned g) { return expr.isFunctionOfDim(g); });
  };
  llvm::SetVector<AffineExpr> starts, dims;
  bool simple = true;
  for (unsigned g = 0; g < groupDims; ++g)
    dims.insert(b.getAffineDimExpr(g));
  for (const Panel *panel : {&key, &value}) {
    panel->region->walk(
        [&](kernel::IndexOp index) { simple &= !perGroup(index.getExpr()); });
    for (unsigned input : usedArguments(*panel->region)) {
      AffineExpr address = operands.address(input), start = address;
      for (unsigned d = groupDims; d < op.getDims().size(); ++d)
        start =
            start.replace(b.getAffineDimExpr(d), b.getAffineConstantExpr(0));
      simple &=
          operands.gather(input) < 0 &&
          !perGroup(kernel::simplifyWithExtents(address - start, op.getDims()));
      // Of equal heads of other widths, and of keys and values that lie side by
      // side, one number is left.
      AffineExpr first = start;
      for (unsigned g = 0; g < groupDims; ++g)
        first =
            first.replace(b.getAffineDimExpr(g), b.getAffineConstantExpr(0));
      start = kernel::simplifyWithExtents(start - first, op.getDims());
      start = kernel::simplifyWithExtents(
          start.floorDiv(start.getLargestKnownDivisor()), op.getDims());
      if (perGroup(start))
        starts.insert(start);
    }
  }
  if (!simple)
    return dims.takeVector();
  // The same for all groups: packed once.
  if (starts.empty())
    starts.insert(b.getAffineConstantExpr(0));
  return starts.takeVector();
}

void AttendEmitter::packKeys(const Rows &rows, const Keys &keys) {
  Value end = add(keys.begin, keys.count);
  packer.pack(b, key, pieceOf(rows, keys.begin, end, c(0), c(D)), keys.keyBase);
  packer.pack(b, value, pieceOf(rows, c(0), c(E), keys.begin, end),
              keys.valueBase);
}

void AttendEmitter::overKeys(function_ref<void(const Keys &)> body) {
  if (single)
    return body({c(0), c(T), c(0), c(0)});
  loop(c(0), c(tBlocks), 1, [&](Value number) {
    Keys keys{mul(number, tTile), c(tTile), c(0), c(0)};
    if (T % tTile)
      keys.count = minimum(keys.count, sub(c(T), keys.begin));
    if (resident) {
      keys.keyBase = mul(number, keyElements);
      keys.valueBase = mul(number, valueElements);
    }
    body(keys);
  });
}

SmallVector<Value> AttendEmitter::packIfChanged(const Rows &rows,
                                                ValueRange packed) {
  SmallVector<Value> now;
  if (!resident)
    return now;
  Value changed = arith::ConstantOp::create(b, loc, b.getBoolAttr(false));
  for (auto [expr, before] : llvm::zip_equal(identity, packed)) {
    now.push_back(
        expandExpr(b, loc, expr, rows.dims, op.getDims(), b.getIndexType()));
    Value differs = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ne,
                                          now.back(), before);
    changed = arith::OrIOp::create(b, loc, changed, differs);
  }
  auto branch = scf::IfOp::create(b, loc, changed, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(branch.thenBlock());
  overKeys([&](const Keys &keys) { packKeys(rows, keys); });
  return now;
}

} // namespace moec::cpu
