//===- LowerExpertRoute.cpp - kernel.expert_route to warps of the GPU -----===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   kernel.expert_route ins(%gates) outs(%plan) groups 16 capacity 12
// becomes, in each warp, for one expert and one group,
//   for the items of the group, one a lane: keys that order as gates do
//   for 32 bits from the top: is the smallest key that is taken this large?
//   for the items, 32 neighbours at a time: who is taken, and its row
//
// A choice needs no other, so warps never meet. A group is not cut further: of
// a few long groups ("groups": "batch") few warps choose, and each walks its
// keys 34 times.
//
// What the numbers mean, bit by bit, is said in runtime/cpu/ExpertRoute.h.
// Shown by test/passes/GPU/lower-expert-route.mlir.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "passes/GPU/BlockCode.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_LOWEREXPERTROUTEPASS
#include "passes/GPU/Passes.h.inc"

namespace {
using arith::CmpIPredicate;

/// Warps of a block at most, and shared memory that it takes at most in bytes.
constexpr int64_t mostWarps = 8, mostShared = 48 * 1024, keyBits = 32;

class ExpertRouteLowering {
public:
  explicit ExpertRouteLowering(KernelFunction kernel)
      : kernel(kernel), op(cast<kernel::ExpertRouteOp>(kernel.op)),
        b(op.getLoc(), op), experts(op.getExperts()), groups(op.getGroups()),
        count(op.getItems() / groups), capacity(op.getCapacity()),
        rows(op.getRows()), choices(op.getItems() * experts),
        // Neighbouring warps are experts of one group: they read the same
        // sectors of the gates.
        warps(std::min(mostWarps, experts)),
        at(b, /*threads=*/warps * warpSize) {}

  void run() {
    gates = at.flat(op.getGates());
    plan = op.getPlan();
    LaunchShape shape;
    shape.grid = llvm::divideCeil(experts * groups, warps);
    shape.threads = at.threads;
    shape.variant = "warp";
    Value pair = add(mul(blockId(b, op.getLoc()), warps), at.warp);
    at.when(compare(CmpIPredicate::ult, pair, experts * groups), [&] {
      expert = rem(pair, experts);
      group = div(pair, experts);
      placeKeys(pair, shape);
      writeOffset();
      readKeys();
      take();
    });
    finishKernel(kernel, shape);
  }

private:
  KernelFunction kernel;
  kernel::ExpertRouteOp op;
  ImplicitLocOpBuilder b;
  /// count: items of a group; rows and choices: of all.
  int64_t experts, groups, count, capacity, rows, choices, warps;
  BlockCode at;
  Value gates, plan;
  /// Of this warp: index. Its keys begin at `mine` of `keys`; each lane reads
  /// only those that it wrote.
  Value expert, group, keys, mine;

  Value add(Value l, Value r) { return arith::AddIOp::create(b, l, r); }
  Value add(Value l, int64_t r) { return add(l, at.index(r)); }
  Value mul(Value l, int64_t r) {
    return arith::MulIOp::create(b, l, at.index(r));
  }
  Value div(Value l, int64_t r) {
    return arith::DivUIOp::create(b, l, at.index(r));
  }
  Value rem(Value l, int64_t r) {
    return arith::RemUIOp::create(b, l, at.index(r));
  }
  Value compare(CmpIPredicate how, Value l, int64_t r) {
    return at.compare(how, l, at.index(r));
  }
  Value both(Value l, Value r) { return arith::AndIOp::create(b, l, r); }
  /// Places in the plan: item[i], slot[i], pos[i], expert[i].
  Value itemAt(Value i) { return add(i, experts + 1); }
  Value slotAt(Value i) { return add(i, experts + 1 + rows); }
  Value posAt(Value i) { return add(i, experts + 1 + 2 * rows); }
  Value expertAt(Value i) { return add(i, experts + 1 + 2 * rows + choices); }

  void placeKeys(Value pair, LaunchShape &shape) {
    auto place = [&](Value which, int64_t parts) {
      mine = mul(which, count);
      return MemRefType::get({parts * count}, b.getI32Type());
    };
    if (warps * count * 4 <= mostShared) {
      SharedAllocator shared;
      MemRefType type = place(at.warp, warps);
      keys = shared.allocate(b, op.getLoc(), type.getShape(),
                             type.getElementType());
      shape.shared = shared.bytes();
      return;
    }
    MemRefType type = place(pair, experts * groups);
    keys = memref::ViewOp::create(b, type, kernel.scratch, at.index(0),
                                  ValueRange{});
    shape.workspace = type.getNumElements() * 4;
  }

  /// By the first group's warps: where the rows of their expert begin.
  void writeOffset() {
    Value leads = compare(CmpIPredicate::eq, at.lane, 0);
    at.when(both(compare(CmpIPredicate::eq, group, 0), leads), [&] {
      at.store(at.toI32(mul(expert, groups * capacity)), plan, expert);
    });
    Value last = compare(CmpIPredicate::eq, add(mul(group, experts), expert),
                         experts * groups - 1);
    at.when(both(last, leads),
            [&] { at.store(at.i32(rows), plan, at.index(experts)); });
  }

  /// The number of a choice, item i of the group with this expert.
  Value choiceOf(Value i) {
    return add(mul(add(mul(group, count), i), experts), expert);
  }

  /// Keys with the sign turned, so that they order unsigned.
  void readKeys() {
    at.loop(at.lane, at.index(count), at.index(warpSize), [&](Value i) {
      Value key = at.orderKey(at.load(gates, choiceOf(i)));
      Value sign = at.i32(std::numeric_limits<int32_t>::min());
      at.store(arith::XOrIOp::create(b, key, sign), keys, add(mine, i));
    });
  }

  /// The lanes whose `condition` (i1) holds, as bits of an i32.
  Value ballot(Value condition) {
    return NVVM::VoteSyncOp::create(b, b.getI32Type(), at.i32(-1), condition,
                                    NVVM::VoteSyncKind::ballot);
  }

  /// Of an i32 over the lanes, in all of them.
  Value sumOfWarp(Value value) {
    for (int64_t d = warpSize / 2; d > 0; d /= 2) {
      Value other =
          mlir::gpu::ShuffleOp::create(b, value, at.i32(d), at.i32(warpSize),
                                       mlir::gpu::ShuffleMode::XOR)
              .getShuffleResult();
      value = add(value, other);
    }
    return value;
  }

  /// How many keys of the group are so compared to `bound` (i32).
  Value countKeys(CmpIPredicate how, Value bound) {
    auto sum = scf::ForOp::create(
        b, at.lane, at.index(count), at.index(warpSize), ValueRange{at.i32(0)},
        [&](OpBuilder &, Location, Value i, ValueRange carried) {
          Value is = at.compare(how, at.load(keys, add(mine, i)), bound);
          Value more = arith::ExtUIOp::create(b, b.getI32Type(), is);
          scf::YieldOp::create(b, add(carried[0], more));
        });
    return sumOfWarp(sum.getResult(0));
  }

  /// The smallest key that is taken: the largest that `capacity` keys reach.
  Value lastKey() {
    auto search = scf::ForOp::create(
        b, at.index(0), at.index(keyBits), at.index(1), ValueRange{at.i32(0)},
        [&](OpBuilder &, Location, Value step, ValueRange carried) {
          Value bit = arith::ShRUIOp::create(
              b, at.i32(std::numeric_limits<int32_t>::min()), at.toI32(step));
          Value more = arith::OrIOp::create(b, carried[0], bit);
          Value reached =
              at.compare(CmpIPredicate::sge,
                         countKeys(CmpIPredicate::uge, more), at.i32(capacity));
          scf::YieldOp::create(b, at.select(reached, more, carried[0]));
        });
    return search.getResult(0);
  }

  void take() {
    Value last = lastKey();
    // Of those equal to it the first few are taken.
    Value ties = arith::SubIOp::create(b, at.i32(capacity),
                                       countKeys(CmpIPredicate::ugt, last));
    Value firstRow = add(mul(expert, groups * capacity), mul(group, capacity));
    scf::ForOp::create(
        b, at.index(0), at.index(count), at.index(warpSize),
        ValueRange{at.toI32(firstRow), at.i32(0)},
        [&](OpBuilder &, Location, Value first, ValueRange carried) {
          Value i = add(first, at.lane);
          Value exists = compare(CmpIPredicate::ult, i, count);
          Value safe = arith::MinUIOp::create(b, i, at.index(count - 1));
          Value key = at.load(keys, add(mine, safe));
          Value isTie = both(exists, at.compare(CmpIPredicate::eq, key, last));
          Value tied = ballot(isTie);
          Value rank = add(carried[1], at.lanesBefore(tied));
          Value isTaken = arith::OrIOp::create(
              b, both(exists, at.compare(CmpIPredicate::ugt, key, last)),
              both(isTie, at.compare(CmpIPredicate::slt, rank, ties)));
          Value taken = ballot(isTaken);
          Value row = add(carried[0], at.lanesBefore(taken));
          at.when(exists, [&] { write(i, row, isTaken); });
          scf::YieldOp::create(b,
                               ValueRange{add(carried[0], at.countBits(taken)),
                                          add(carried[1], at.countBits(tied))});
        });
  }

  void write(Value i, Value row, Value isTaken) {
    Value choice = choiceOf(i);
    at.store(at.toI32(expert), plan, expertAt(choice));
    at.store(at.select(isTaken, row, at.i32(-1)), plan, posAt(choice));
    at.when(isTaken, [&] {
      Value place = at.toIndex(row);
      at.store(at.toI32(add(mul(group, count), i)), plan, itemAt(place));
      at.store(at.toI32(choice), plan, slotAt(place));
    });
  }
};

LogicalResult lowerExpertRoute(kernel::ExpertRouteOp op,
                               KernelFunction &kernel) {
  if (failed(verifyStaticOperands(op)))
    return failure();
  ExpertRouteLowering(kernel).run();
  return success();
}

struct LowerExpertRoutePass
    : impl::LowerExpertRoutePassBase<LowerExpertRoutePass> {
  void runOnOperation() override {
    if (failed(KernelFunction::lower<kernel::ExpertRouteOp>(getOperation(),
                                                            lowerExpertRoute)))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::gpu
