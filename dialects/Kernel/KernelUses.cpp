//===- KernelUses.cpp - What kernel ops do with their operands ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelOps.h"

using namespace mlir;
using namespace moec::kernel;

/// True if `argument` is added to something, or handed on as it is.
static bool isTerm(BlockArgument argument) {
  return llvm::any_of(argument.getUses(), [](OpOperand &use) {
    Operation *user = use.getOwner();
    return isa<arith::AddFOp, arith::SubFOp, YieldOp>(user) ||
           (isa<math::FmaOp>(user) && use.getOperandNumber() == 2);
  });
}

static bool yieldsAsItIs(Region &region, unsigned input) {
  Operation *end = region.front().getTerminator();
  BlockArgument argument = region.getArgument(input);
  return argument.hasOneUse() && *argument.user_begin() == end;
}

static OpOperand &storedBy(Region &region, unsigned number) {
  return region.front().getTerminator()->getOpOperand(number);
}

/// What an op that multiplies `factors` does with an input; input i is that of
/// factor i.
static InputUse useByFactors(ArrayRef<Region *> factors,
                             ArrayRef<Region *> epilogues, unsigned input) {
  InputUse use;
  for (auto [number, region] : llvm::enumerate(factors)) {
    if (region->getArgument(input).use_empty())
      continue;
    // Beside the operand itself there are statistics, scales and weights.
    bool plain = yieldsAsItIs(*region, input);
    use.mayRound &= plain || input == number;
    use.multiplied = true;
    use.computedOn |= !plain;
  }
  for (Region *epilogue : epilogues) {
    BlockArgument argument = epilogue->getArgument(input);
    use.computedOn |= !argument.use_empty();
    use.mayRound &= !isTerm(argument);
  }
  return use;
}

InputUse ContractOp::getInputUse(unsigned input) {
  return useByFactors(getFactors(), &getEpilogue(), input);
}

SmallVector<unsigned> ContractOp::getMatrixDims(unsigned input) {
  if (input >= getNumFixedInputs())
    return {};
  return {getKDim(), input == 0 ? getMDim() : getNDim()};
}

OpOperand &ContractOp::getStored(unsigned out) {
  return storedBy(getEpilogue(), out);
}

InputUse AttendOp::getInputUse(unsigned input) {
  return useByFactors(getFactors(), &getEpilogue(), input);
}

SmallVector<unsigned> AttendOp::getMatrixDims(unsigned input) {
  switch (input) {
  case 0:
    return {getDDim(), getSDim()};
  case 1:
    return {getDDim(), getTDim()};
  case 2:
    return {getTDim(), getEDim()};
  default:
    return {};
  }
}

std::optional<unsigned> AttendOp::getStatistic() {
  unsigned yielded = getEpilogue().front().getTerminator()->getNumOperands();
  return getOuts().size() > yielded ? std::optional(yielded) : std::nullopt;
}

OpOperand &AttendOp::getStored(unsigned out) {
  return storedBy(getEpilogue(), out);
}

OutFusion AttendOp::getOutFusion(unsigned out) {
  if (std::optional<unsigned> statistic = getStatistic())
    return out == *statistic ? OutFusion::Never : OutFusion::InPlace;
  return OutFusion::Beside;
}

InputUse AttendGradOp::getInputUse(unsigned input) {
  SmallVector<Region *> epilogues = {&getStatistics()};
  for (const Sum &sum : getSums())
    epilogues.push_back(sum.region);
  InputUse use = useByFactors(getFactors(), epilogues, input);
  // exp of a distance from it: no factor, whose error would be as small.
  use.mayRound &= getStatistics().getArgument(input).use_empty();
  return use;
}

SmallVector<AttendGradOp::Sum, 3> AttendGradOp::getSums() {
  return {{&getQueryGrad(), getSDim(), getDDim()},
          {&getKeyGrad(), getTDim(), getDDim()},
          {&getValueGrad(), getTDim(), getEDim()}};
}

SmallVector<unsigned> AttendGradOp::getMatrixDims(unsigned input) {
  switch (input) {
  case 0:
    return {getDDim(), getSDim()};
  case 1:
    return {getDDim(), getTDim()};
  case 2:
    return {getEDim(), getTDim()};
  case 3:
    return {getEDim(), getSDim()};
  default:
    return {};
  }
}

OpOperand &AttendGradOp::getStored(unsigned out) {
  return storedBy(*getSums()[out].region, 0);
}

InputUse RowsOp::getInputUse(unsigned input) {
  InputUse use;
  use.computedOn = true;
  // A plain sum over rows; anything else is statistics.
  use.mayRound = getFinish().getArgument(input).use_empty() &&
                 getEmit().getArgument(input).use_empty();
  for (auto [phase, combiner] : llvm::zip(getPhases(), getCombiners()))
    use.mayRound &= phase.getArgument(input).use_empty() ||
                    (yieldsAsItIs(phase, input) &&
                     cast<CombinerAttr>(combiner).getValue() == Combiner::Add);
  return use;
}

unsigned RowsOp::getNumRowOuts() {
  return getFinish().front().getTerminator()->getNumOperands();
}

OpOperand &RowsOp::getStored(unsigned out) {
  unsigned perRow = getNumRowOuts();
  return out < perRow ? storedBy(getFinish(), out)
                      : storedBy(getEmit(), out - perRow);
}

InputUse MapOp::getInputUse(unsigned input) {
  BlockArgument argument = getBody().getArgument(input);
  InputUse use;
  use.mayRound = !isTerm(argument);
  use.computedOn = !argument.use_empty();
  return use;
}

OpOperand &MapOp::getStored(unsigned out) { return storedBy(getBody(), out); }
