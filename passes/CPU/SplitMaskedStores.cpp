//===- SplitMaskedStores.cpp - Cut vectors stored in whole pieces ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   %m = vector.constant_mask [5] : vector<8xi1>
//   vector.maskedstore %y[%i], %m, %x : .., vector<8xf32>
// becomes
//   %four = vector.extract_strided_slice %x {offsets = [0], sizes = [4]}
//   vector.store %four, %y[%i] : .., vector<4xf32>
//   %one = vector.extract_strided_slice %x {offsets = [4], sizes = [1]}
//   vector.store %one, %y[%i + 4] : .., vector<1xf32>
//
// A masked store of AVX2 takes an EPYC 7003 12 cycles, and a store of a piece
// one; narrower vectors have no masked stores at all. AVX-512 has masks.
//
// Shown by test/passes/CPU/split-masked-stores.mlir.
//
//===----------------------------------------------------------------------===//

#include "passes/CPU/Passes.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace moec::cpu {
#define GEN_PASS_DEF_SPLITMASKEDSTORESPASS
#include "passes/CPU/Passes.h.inc"

namespace {
struct SplitMaskedStoresPass
    : impl::SplitMaskedStoresPassBase<SplitMaskedStoresPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    SmallVector<vector::MaskedStoreOp> stores;
    func.walk([&](vector::MaskedStoreOp store) {
      if (store.getMask().getDefiningOp<vector::ConstantMaskOp>() &&
          store.getVectorType().getRank() == 1)
        stores.push_back(store);
    });
    // Vectors of 64 bytes are AVX-512's.
    if (stores.empty())
      return;
    auto cpu = kernel::getMachine<kernel::CpuAttr>(stores.front());
    if (!cpu)
      return signalPassFailure();
    if (cpu.getVectorBytes() < 64)
      llvm::for_each(stores, split);
  }

  static void split(vector::MaskedStoreOp store) {
    auto mask = store.getMask().getDefiningOp<vector::ConstantMaskOp>();
    int64_t active = mask.getMaskDimSizes().front();
    OpBuilder b(store);
    Location loc = store.getLoc();
    SmallVector<Value> at = store.getIndices();
    Value first = at.back();
    for (int64_t done = 0; done < active;) {
      int64_t count = llvm::bit_floor<uint64_t>(active - done);
      Value piece = vector::ExtractStridedSliceOp::create(
          b, loc, store.getValueToStore(), ArrayRef<int64_t>{done},
          ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1});
      if (done)
        at.back() = arith::AddIOp::create(
            b, loc, first, arith::ConstantIndexOp::create(b, loc, done));
      vector::StoreOp::create(b, loc, piece, store.getBase(), at);
      done += count;
    }
    store.erase();
    if (mask->use_empty())
      mask.erase();
  }
};
} // namespace
} // namespace moec::cpu
