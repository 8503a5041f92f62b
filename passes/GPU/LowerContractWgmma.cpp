//===- LowerContractWgmma.cpp - Contraction by wgmma ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The first warpgroup fills the stages (LowerContractProducer.cpp), two or
// three others multiply 64 rows each. A block takes one tile after the other;
// while the sums of one go through the epilogue, the stages of the next are
// filled. Full and empty barriers of every stage carry the ring over all tiles:
// `used` counts the stages that were used before.
//
// Descriptors, swizzles: PTX ISA, "Asynchronous Warpgroup Level Matrix
// Instructions", shared memory layouts with 128-byte swizzle.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/GPUContractEmitter.h"

using namespace mlir;

namespace moec::gpu {

// Registers of a producing thread after the warpgroups have shared them out
// anew, without and with the loads of operands with maps. The others get the
// rest.
static constexpr int64_t copyingRegisters = 56, mappingRegisters = 104;
static constexpr int64_t registersOfThread = 512; // of one in each warpgroup

LogicalResult GPUContractEmitter::planWgmma() {
  if (!machine.hasWarpgroups())
    return scheduleError() << "variant wgmma wants a machine with wgmma and "
                              "tma, got "
                           << machine << "; use variant mma.sync";
  for (Region *region : {&op.getLhs(), &op.getRhs()})
    if (!region->front().getTerminator()->getOperand(0).getType().isBF16())
      return scheduleError() << "wgmma multiplies bf16, but lhs and rhs yield "
                                "f32; use variant simt or compile with "
                                "--precision bf16";
  if ((mTile != 128 && mTile != 192) || mMicro != 64 || nMicro != nTile ||
      kTile != 64)
    return scheduleError() << "expected a tile of m = 128 or 192 and k = 64 "
                              "and a micro tile of m = 64 and all of n";
  // The sums of a thread, and addresses beside them, fit in its registers.
  int64_t widest = mTile == 128 ? 256 : 192;
  if (nTile % 64 || nTile > widest)
    return scheduleError() << "expected a tile of n that is a multiple of 64, "
                              "at most "
                           << widest << ", got " << nTile;
  tensorCores = warpgroups = true;
  threads = 128 * (1 + consumers());
  workers = 128;
  return success();
}

/// A plain bf16 operand whose address is linear, with strides of whole 16
/// bytes, none of them 0: TMA does not repeat lines. Ragged k ends inside of
/// what TMA would copy.
void GPUContractEmitter::planTma(Panel &panel) {
  if (panel.inputs.size() != 1 || raggedK)
    return;
  unsigned input = panel.inputs.front();
  unsigned lane = panel.lane();
  unsigned line = panel.alongDepth ? panel.rowDim : kDim;
  if (!yieldsArgument(*panel.region, input) ||
      !operands.elementType(input).isBF16() || operands.gather(input) >= 0 ||
      operands.along(input, lane).kind != LaneKind::Unit ||
      (operands.dims()[line] > 1 && isRepeated(operands, input, line)) ||
      operands.numElements(input) % 8)
    return;
  SmallVector<unsigned> dims = {lane, line};
  for (unsigned d = mDim; d-- > 0;)
    if (operands.dependsOn(input, d))
      dims.push_back(d);
  AffineExpr start = operands.address(input);
  for (unsigned d = 0; d < operands.dims().size(); ++d) {
    LaneInfo info = operands.along(input, d);
    if (d != lane && operands.dependsOn(input, d) &&
        (info.kind == LaneKind::Irregular || info.stride <= 0 ||
         info.stride % 8))
      return;
    start = start.replace(b.getAffineDimExpr(d), b.getAffineConstantExpr(0));
  }
  auto constant = dyn_cast<AffineConstantExpr>(
      kernel::simplifyWithExtents(start, operands.dims()));
  if (!constant || constant.getValue() != 0 || dims.size() > 5)
    return;
  panel.async = false;
  panel.tmaDims = dims;
}

ArrayAttr GPUContractEmitter::tensorMaps() {
  SmallVector<Attribute> maps;
  for (Panel *panel : {&left, &right}) {
    if (!isTma(*panel))
      continue;
    unsigned input = panel->inputs.front();
    SmallVector<int64_t> shape, strides, box;
    for (auto [i, d] : llvm::enumerate(panel->tmaDims)) {
      shape.push_back(operands.dims()[d]);
      // A dimension of one element has no stride of its own.
      int64_t stride = operands.along(input, d).stride;
      if (i)
        strides.push_back((stride ? stride : 8) * 2);
      box.push_back(i == 0 ? 64 : i > 1 ? 1 : boxRows(*panel));
    }
    maps.push_back(kernel::TensorMapAttr::get(
        b.getContext(), input, b.getBF16Type(), b.getDenseI64ArrayAttr(shape),
        b.getDenseI64ArrayAttr(strides), b.getDenseI64ArrayAttr(box), 128));
    // The map comes behind all other parameters; moec-gpu-to-nvvm makes it one
    // by value.
    func::FuncOp func = kernel.func;
    unsigned last = func.getNumArguments();
    auto pointer = LLVM::LLVMPointerType::get(b.getContext());
    if (failed(func.insertArgument(last, pointer, {}, loc))) {
      broken = true;
      return {};
    }
    panel->tensorMap = func.getArgument(last);
  }
  return b.getArrayAttr(maps);
}

Value GPUContractEmitter::descriptor(const Panel &panel, Value stage,
                                     Value row) {
  // Along k: groups of 8 rows are 1024 bytes apart. Along the rows: blocks of
  // 64 rows, in each of them groups of 8 lines of k 1024 bytes apart.
  int64_t blockBytes = 64 * 128;
  int64_t leading = panel.alongDepth ? 1 : blockBytes / 16;
  int64_t bits =
      (int64_t(1) << 62) | (int64_t(1024 / 16) << 32) | (leading << 16);
  Value start = add(shared.address, add(stage, panel.offset));
  // 64 rows take as much in either layout.
  start = add(start, mul(div(row, 64), blockBytes));
  start = div(start, 16);
  Value wide = arith::ExtUIOp::create(b, loc, b.getI64Type(), start);
  return arith::OrIOp::create(
      b, loc, wide,
      arith::ConstantOp::create(b, loc, b.getI64IntegerAttr(bits)));
}

Value GPUContractEmitter::consumeTile(const BlockRange &range, Value tiles,
                                      Value used) {
  int64_t registers = nTile / 2;
  auto type = LLVM::LLVMStructType::getLiteral(
      b.getContext(), SmallVector<Type>(registers, b.getF32Type()));
  // As assembly with effects, so that the registers are written before the
  // wgmma.fence that hands them over and not where they are first used.
  std::string clear, results;
  for (int64_t i = 0; i < registers; ++i) {
    clear += "mov.b32 $" + std::to_string(i) + ", 0;\n";
    results += i ? ",=f" : "=f";
  }
  Value sums =
      LLVM::InlineAsmOp::create(
          b, loc, TypeRange{type}, ValueRange{}, clear, results,
          /*has_side_effects=*/true, /*is_align_stack=*/false,
          LLVM::tailcallkind::TailCallKind::None,
          LLVM::AsmDialectAttr::get(b.getContext(), LLVM::AsmDialect::AD_ATT),
          ArrayAttr())
          .getResult(0);
  Value row = mul(div(worker, 128), 64);
  // One thread of each warpgroup says that a stage may be filled again.
  auto release = [&](Value condition, Value use) {
    Value first = arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq,
                                        rem(worker, 128), c(0));
    when(both(first, condition), [&] {
      arrive(emptyBarrier(use));
      if (pairs)
        arriveAtPeer(emptyBarrier(use));
    });
  };
  auto layout = [&](bool along) {
    return along ? NVVM::MMALayout::row : NVVM::MMALayout::col;
  };
  sums = loop(c(0), tiles, 1, {sums}, [&](Value t, ValueRange in) {
           Value use = add(used, t), sum = in[0];
           await(fullBarrier(use), parity(use));
           Value a = descriptor(left, stageOf(use), row),
                 d = descriptor(right, stageOf(use), c(0));
           NVVM::WgmmaFenceAlignedOp::create(b, loc);
           for (int64_t kk = 0; kk < kTile; kk += 16) {
             auto at = [&](const Panel &panel, Value from) -> Value {
               int64_t bytes = panel.alongDepth ? kk * 2 : kk * 128;
               return arith::AddIOp::create(
                   b, loc, from,
                   arith::ConstantOp::create(b, loc,
                                             b.getI64IntegerAttr(bytes / 16)));
             };
             sum = NVVM::WgmmaMmaAsyncOp::create(
                 b, loc, type, sum, at(left, a), at(right, d),
                 NVVM::MMAShapeAttr::get(b.getContext(), 64, nTile, 16),
                 NVVM::WGMMATypes::bf16, NVVM::WGMMATypes::bf16,
                 NVVM::WGMMATypes::f32, NVVM::WGMMAScaleOut::one,
                 NVVM::WGMMAScaleIn::one, NVVM::WGMMAScaleIn::one,
                 layout(left.alongDepth), layout(!right.alongDepth),
                 NVVM::MMAIntOverflowAttr());
           }
           NVVM::WgmmaGroupSyncAlignedOp::create(b, loc);
           // This stage is being read; the one before is not any more.
           NVVM::WgmmaWaitGroupSyncOp::create(b, loc, 1);
           release(lessThan(c(0), t), add(use, -1));
           return SmallVector<Value>{sum};
         }).front();
  NVVM::WgmmaWaitGroupSyncOp::create(b, loc, 0);
  Value end = add(used, tiles);
  release(lessThan(c(0), tiles), add(end, -1));
  if (raggedM)
    when(lessThan(range.mBegin, range.mEnd), [&] { storeSums(range, sums); });
  else
    storeSums(range, sums);
  return end;
}

/// Register r of a thread holds row lane / 4 + 8 (r / 2 % 2) of its warp's 16,
/// column 8 (r / 4) + 2 (lane % 4) + r % 2. Half of the rows at a time.
void GPUContractEmitter::storeSums(const BlockRange &range, Value sums) {
  Value lane = rem(worker, 32);
  Value row = mad(div(worker, 32), 8, div(lane, 4));
  Value column = mul(rem(lane, 4), 2);
  Value place = epilogue.place(b, row, column);
  for (int64_t half = 0; half < 2; ++half) {
    barrier();
    for (int64_t j = 0; j < nTile / 8; ++j) {
      SmallVector<Value> pair;
      for (int64_t r = 0; r < 2; ++r)
        pair.push_back(
            LLVM::ExtractValueOp::create(b, loc, sums, j * 4 + half * 2 + r));
      sharedStore(vector::FromElementsOp::create(
                      b, loc, VectorType::get({2}, b.getF32Type()), pair),
                  place, epilogue.offset + j * 32);
    }
    barrier();
    emitEpilogue(range, {mTile / 2, half * 8, 8, 16, 1});
  }
}

void GPUContractEmitter::forEachTile(
    function_ref<Value(const BlockRange &, Value, Value)> body,
    function_ref<void(Value)> end) {
  Value first =
      arith::IndexCastUIOp::create(b, loc, b.getI32Type(), blockId(b, loc));
  int64_t blocks = numBlocks();
  SmallVector<Value> used =
      loop(first, c(blocks), numResident(), {c(0)},
           [&](Value tile, ValueRange usedIn) {
             BlockRange range = decodeBlock(tile);
             Value tiles = c(llvm::divideCeil(K, kTile));
             if (raggedK)
               tiles = ceilDiv(sub(range.kEnd, range.kBegin), kTile);
             if (raggedM) // a tile past the last has nothing to load
               tiles = arith::SelectOp::create(
                   b, loc, lessThan(range.mBegin, range.mEnd), tiles, c(0));
             return SmallVector<Value>{body(range, tiles, usedIn[0])};
           });
  if (end)
    end(used.front());
}

void GPUContractEmitter::emitWgmma() {
  if (pairs)
    rank = rem(
        arith::IndexCastUIOp::create(b, loc, b.getI32Type(), blockId(b, loc)),
        2);
  initBarriers();
  Value isProducer = lessThan(tid, c(128));
  auto role = scf::IfOp::create(b, loc, isProducer, /*withElseRegion=*/true);
  auto registers = [&](int64_t count, bool more) {
    NVVM::SetMaxRegisterOp::create(b, loc, count,
                                   more ? NVVM::SetMaxRegisterAction::increase
                                        : NVVM::SetMaxRegisterAction::decrease);
  };
  bool mapped = false; // operands that go through registers
  for (Panel *panel : {&left, &right})
    mapped |= !isTma(*panel) && !panel->async;
  if (pairs) // the other block may still write into this one's memory
    clusterBarrier();
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(role.thenBlock());
  int64_t producing = mapped ? mappingRegisters : copyingRegisters;
  registers(producing, false);
  auto produce = [&] {
    forEachTile([&](const BlockRange &range, Value tiles,
                    Value used) { return produceTile(range, tiles, used); },
                [&](Value used) { endProduction(used); });
  };
  if (isCopied()) // one warp is enough for TMA
    produce();
  else
    when(lessThan(tid, c(32)), produce);
  b.setInsertionPointToStart(role.elseBlock());
  registers((registersOfThread - producing) / consumers() / 8 * 8, true);
  worker = sub(tid, c(128));
  workers = 128 * consumers();
  forEachTile([&](const BlockRange &range, Value tiles,
                  Value used) { return consumeTile(range, tiles, used); },
              nullptr);
}

} // namespace moec::gpu
