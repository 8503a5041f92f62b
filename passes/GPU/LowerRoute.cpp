//===- LowerRoute.cpp - kernel.route to one block of GPU threads ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   kernel.route ins(%gates) outs(%weights, %plan) k 2 capacity 40 ..
// becomes, in one block,
//   for the items of this thread: the k best experts, their gates   (barrier)
//   by importance: sort the items, 8 passes of 4 bits
//   for each choice: places within the experts by stable counting
//   offsets of the experts                                          (barrier)
//   for the assignments of this thread: rows of the plan
//
// What the numbers mean, bit by bit, is said in runtime/cpu/Route.h. Shown by
// test/passes/GPU/lower-route.mlir.
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/StableCounting.h"

using namespace mlir;

namespace moec::gpu {
#define GEN_PASS_DEF_LOWERROUTEPASS
#include "passes/GPU/Passes.h.inc"

namespace {
/// Counts of bins and threads that shared memory holds, and bits of a radix
/// pass.
constexpr int64_t sharedCounts = 16 * 1024, radixBits = 4,
                  radixBins = int64_t(1) << radixBits, keyBits = 32;

class RouteLowering {
public:
  explicit RouteLowering(KernelFunction kernel)
      : kernel(kernel), op(cast<kernel::RouteOp>(kernel.op)),
        b(op.getLoc(), op) {
    auto gatesShape = cast<MemRefType>(op.getGates().getType()).getShape();
    items = gatesShape[0];
    experts = gatesShape[1];
    k = op.getK();
    rows = items * k;
    byImportance = op.getPriority() == "importance";
  }

  void run() {
    int64_t bins = std::max(experts, byImportance ? radixBins : int64_t(1));
    int64_t threads = llvm::bit_floor(uint64_t(sharedCounts / bins));
    threads = std::clamp<int64_t>(threads, 4 * warpSize, maxThreads);
    threads = std::min<int64_t>(
        threads,
        std::max<int64_t>(warpSize, llvm::PowerOf2Ceil(uint64_t(items))));
    LaunchShape shape;
    shape.threads = threads;
    Value counts;
    if (bins * threads <= sharedCounts)
      counts = shared.allocate(b, op.getLoc(), {bins, threads}, b.getI32Type());
    else
      counts = workspace({bins, threads});
    Value totals = shared.allocate(b, op.getLoc(), {bins}, b.getI32Type());
    filled = shared.allocate(b, op.getLoc(), {std::max<int64_t>(experts, 1)},
                             b.getI32Type());
    gates = flat(op.getGates());
    weights = flat(op.getWeights());
    plan = flat(op.getPlan());
    if (byImportance)
      sorted = workspace({std::max<int64_t>(4 * items, 1)});
    StableCounting counting(b, counts, totals, threads);
    at = &counting;
    choose();
    counting.barrier();
    if (byImportance)
      sort(totals);
    place(totals);
    fillPlan();
    shape.shared = shared.bytes();
    shape.workspace = workspaceBytes;
    shape.variant = "block";
    finishKernel(kernel, shape);
  }

private:
  KernelFunction kernel;
  kernel::RouteOp op;
  ImplicitLocOpBuilder b;
  SharedAllocator shared;
  StableCounting *at = nullptr;
  int64_t items, experts, k, rows, workspaceBytes = 0;
  bool byImportance;
  Value gates, weights, plan, filled, sorted;

  Value flat(Value buffer) {
    auto type = cast<MemRefType>(buffer.getType());
    if (type.getRank() == 1)
      return buffer;
    int64_t count = type.getNumElements();
    return memref::ReinterpretCastOp::create(
        b, MemRefType::get({count}, type.getElementType()), buffer,
        /*offset=*/0, ArrayRef<int64_t>{count}, ArrayRef<int64_t>{1});
  }
  Value workspace(ArrayRef<int64_t> shape) {
    Value offset = arith::ConstantIndexOp::create(b, workspaceBytes);
    int64_t count = 4;
    for (int64_t extent : shape)
      count *= extent;
    workspaceBytes += llvm::alignTo(count, 256);
    return memref::ViewOp::create(b, MemRefType::get(shape, b.getI32Type()),
                                  kernel.scratch, offset, ValueRange{});
  }
  Value add(Value l, Value r) { return arith::AddIOp::create(b, l, r); }
  Value mul(Value l, int64_t r) {
    return arith::MulIOp::create(b, l, at->index(r));
  }
  Value compare(arith::CmpIPredicate how, Value l, Value r) {
    return arith::CmpIOp::create(b, how, l, r);
  }
  Value select(Value condition, Value yes, Value no) {
    return arith::SelectOp::create(b, condition, yes, no);
  }
  /// Places in the plan: item[i], slot[i], pos[i], expert[i].
  Value item(Value i) { return add(i, at->index(experts + 1)); }
  Value slot(Value i) { return add(i, at->index(experts + 1 + rows)); }
  Value pos(Value i) { return add(i, at->index(experts + 1 + 2 * rows)); }
  Value expert(Value i) { return add(i, at->index(experts + 1 + 3 * rows)); }

  /// An i32 that orders as the float does; NaN is the lowest, -0 equals +0.
  Value orderKey(Value gate) {
    Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
    Value bits = arith::BitcastOp::create(b, b.getI32Type(),
                                          arith::AddFOp::create(b, gate, zero));
    Value low = at->i32(0x7fffffff);
    Value sign = arith::ShRSIOp::create(b, bits, at->i32(31));
    Value key =
        arith::XOrIOp::create(b, bits, arith::AndIOp::create(b, sign, low));
    Value isNaN =
        compare(arith::CmpIPredicate::ugt, arith::AndIOp::create(b, bits, low),
                at->i32(0x7f800000));
    return select(isNaN, at->i32(std::numeric_limits<int32_t>::min()), key);
  }

  /// Experts and weights of each item, best first: choice j is the best of
  /// those that come behind choice j - 1 in the order (key descending, expert
  /// ascending).
  void choose() {
    Value none = at->i32(-1);
    int64_t real = std::min(k, experts);
    at->forAll(items, [&](Value t) {
      Value row = mul(t, experts), first = mul(t, k);
      Value above = at->i32(std::numeric_limits<int32_t>::max());
      scf::ForOp::create(
          b, at->index(0), at->index(real), at->index(1),
          ValueRange{above, none},
          [&](OpBuilder &, Location, Value j, ValueRange last) {
            auto best = scf::ForOp::create(
                b, at->index(0), at->index(experts), at->index(1),
                ValueRange{at->i32(0), none},
                [&](OpBuilder &, Location, Value e, ValueRange carried) {
                  nextBest(row, e, last, carried);
                });
            Value key = best.getResult(0), chosen = best.getResult(1);
            Value where = add(first, j);
            at->store(chosen, plan, {expert(where)});
            Value gate = at->load(gates, {add(row, at->toIndex(chosen))});
            at->store(gate, weights, {where});
            if (byImportance)
              at->when(compare(arith::CmpIPredicate::eq, j, at->index(0)), [&] {
                // Ascending and unsigned from here on.
                Value turned =
                    arith::XOrIOp::create(b, key, at->i32(0x7fffffff));
                at->store(turned, sorted, {t});
                at->store(at->toI32(t), sorted, {add(t, at->index(items))});
              });
            scf::YieldOp::create(b, ValueRange{key, chosen});
          });
      at->loop(at->index(real), at->index(k), at->index(1), [&](Value j) {
        Value where = add(first, j);
        at->store(none, plan, {expert(where)});
        Value zero = arith::ConstantOp::create(b, b.getF32FloatAttr(0));
        at->store(zero, weights, {where});
      });
    });
  }

  void nextBest(Value row, Value e, ValueRange last, ValueRange carried) {
    using arith::CmpIPredicate;
    Value key = orderKey(at->load(gates, {add(row, e)}));
    Value number = at->toI32(e);
    Value lower = compare(CmpIPredicate::slt, key, last[0]);
    Value same = compare(CmpIPredicate::eq, key, last[0]);
    Value behind = compare(CmpIPredicate::sgt, number, last[1]);
    Value allowed =
        arith::OrIOp::create(b, lower, arith::AndIOp::create(b, same, behind));
    Value isFirst = compare(CmpIPredicate::slt, carried[1], at->i32(0));
    Value greater = compare(CmpIPredicate::sgt, key, carried[0]);
    Value better = arith::AndIOp::create(
        b, allowed, arith::OrIOp::create(b, isFirst, greater));
    scf::YieldOp::create(b, ValueRange{select(better, key, carried[0]),
                                       select(better, number, carried[1])});
  }

  /// Stable sort of (key, item) pairs; an even number of passes, so the result
  /// stands where the input was.
  void sort(Value totals) {
    at->loop(at->index(0), at->index(keyBits / radixBits), at->index(1),
             [&](Value pass) {
               Value odd = arith::RemUIOp::create(b, pass, at->index(2));
               Value from = mul(odd, 2 * items);
               Value to = arith::SubIOp::create(b, at->index(2 * items), from);
               Value shift = at->toI32(mul(pass, radixBits));
               sortPass(totals, from, to, shift);
             });
  }

  void sortPass(Value totals, Value from, Value to, Value shift) {
    auto digit = [&](Value key) {
      return at->toIndex(arith::AndIOp::create(
          b, arith::ShRUIOp::create(b, key, shift), at->i32(radixBins - 1)));
    };
    at->count(radixBins, items, [&](Value i) {
      return StableCounting::Element{digit(at->load(sorted, {add(from, i)})),
                                     {}};
    });
    // Where each bin begins; one thread is enough for 16 of them.
    at->when(compare(arith::CmpIPredicate::eq, at->thread, at->index(0)),
             [&] { prefix(totals, totals, radixBins, {}); });
    at->barrier();
    at->forChunk(items, [&](Value i) {
      Value source = add(from, i);
      Value key = at->load(sorted, {source});
      Value number = at->load(sorted, {add(source, at->index(items))});
      Value bin = digit(key);
      Value place = add(at->load(totals, {bin}), at->takeTicket(bin));
      Value target = add(to, at->toIndex(place));
      at->store(key, sorted, {target});
      at->store(number, sorted, {add(target, at->index(items))});
    });
    at->barrier();
  }

  /// target[i] = sum of source[0..i), each at most `most`; returns the sum of
  /// all.
  Value prefix(Value source, Value target, int64_t count, Value most) {
    auto sum = scf::ForOp::create(
        b, at->index(0), at->index(count), at->index(1), ValueRange{at->i32(0)},
        [&](OpBuilder &, Location, Value i, ValueRange carried) {
          Value here = at->load(source, {i});
          if (most)
            here = arith::MinSIOp::create(b, here, most);
          at->store(carried[0], target, {i});
          scf::YieldOp::create(b, add(carried[0], here));
        });
    return sum.getResult(0);
  }

  Value capacity() {
    return at->i32(std::min<int64_t>(op.getCapacity(), rows));
  }

  /// pos[]: the place within the expert, or -1; all first choices come before
  /// the second ones. `filled` counts those that were dropped too.
  void place(Value totals) {
    at->forAll(experts, [&](Value e) { at->store(at->i32(0), filled, {e}); });
    at->loop(at->index(0), at->index(k), at->index(1), [&](Value j) {
      auto where = [&](Value i) {
        Value t =
            byImportance
                ? at->toIndex(at->load(sorted, {add(i, at->index(items))}))
                : i;
        return add(mul(t, k), j);
      };
      // Whether choice j exists is the same for all items.
      at->count(experts, items, [&](Value i) {
        Value chosen = at->load(plan, {expert(where(i))});
        Value exists = compare(arith::CmpIPredicate::sge, chosen, at->i32(0));
        return StableCounting::Element{at->toIndex(chosen), exists};
      });
      at->forChunk(items, [&](Value i) {
        Value assignment = where(i);
        Value chosen = at->load(plan, {expert(assignment)});
        at->store(at->i32(-1), plan, {pos(assignment)});
        at->when(compare(arith::CmpIPredicate::sge, chosen, at->i32(0)), [&] {
          Value e = at->toIndex(chosen);
          Value place = add(at->takeTicket(e), at->load(filled, {e}));
          at->when(compare(arith::CmpIPredicate::slt, place, capacity()),
                   [&] { at->store(place, plan, {pos(assignment)}); });
        });
      });
      at->barrier();
      at->forAll(experts, [&](Value e) {
        at->store(add(at->load(filled, {e}), at->load(totals, {e})), filled,
                  {e});
      });
    });
    at->barrier();
  }

  void fillPlan() {
    at->when(compare(arith::CmpIPredicate::eq, at->thread, at->index(0)), [&] {
      Value all = prefix(filled, plan, experts, capacity());
      at->store(all, plan, {at->index(experts)});
    });
    at->barrier();
    at->forAll(rows, [&](Value i) {
      Value place = at->load(plan, {pos(i)});
      at->when(compare(arith::CmpIPredicate::sge, place, at->i32(0)), [&] {
        Value chosen = at->toIndex(at->load(plan, {expert(i)}));
        Value row = add(at->load(plan, {chosen}), place);
        at->store(row, plan, {pos(i)});
        Value r = at->toIndex(row);
        Value t = arith::DivUIOp::create(b, i, at->index(k));
        at->store(at->toI32(t), plan, {item(r)});
        at->store(at->toI32(i), plan, {slot(r)});
      });
      // Rows behind the last expert hold nothing.
      Value used = at->toIndex(at->load(plan, {at->index(experts)}));
      at->when(compare(arith::CmpIPredicate::uge, i, used), [&] {
        at->store(at->i32(-1), plan, {item(i)});
        at->store(at->i32(-1), plan, {slot(i)});
      });
    });
  }
};

struct LowerRoutePass : impl::LowerRoutePassBase<LowerRoutePass> {
  void runOnOperation() override {
    auto kernel = KernelFunction::match<kernel::RouteOp>(getOperation());
    if (failed(kernel))
      return signalPassFailure();
    if (!*kernel)
      return;
    auto op = cast<kernel::RouteOp>((*kernel)->op);
    for (Value operand : op->getOperands()) {
      auto type = dyn_cast<MemRefType>(operand.getType());
      if (type && type.hasStaticShape() && type.getLayout().isIdentity())
        continue;
      op.emitOpError("operands must be memrefs of static shape and identity "
                     "layout, got ")
          << operand.getType() << "; run the Memory phase first";
      return signalPassFailure();
    }
    RouteLowering(**kernel).run();
  }
};
} // namespace
} // namespace moec::gpu
