//===- LowerRoute.cpp - kernel.route to one block of GPU threads ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   kernel.route ins(%gates) outs(%weights, %plan) k 2 capacity 40 ..
// becomes, in one block,
//   for the items of this warp, 32 at a time: the k best experts, their gates
//   for each group: by importance: sort its items, 4 passes of 8 bits
//                   count choices and experts, first choices before second ones
//   offsets of the experts and of the groups in them
//   for each group: for the items of this warp: their rows, by stable counting
//   for all rows: item, slot, pos
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
/// Counts of all warps that shared memory holds, warps that there are anyhow,
/// shared memory that the kernel takes at most in bytes, bits of a radix pass,
/// and experts that a warp reads at a time: a sector of each item.
constexpr int64_t sharedCounts = 8 * 1024, fewWarps = 4, mostShared = 96 * 1024,
                  radixBits = 8, radixBins = int64_t(1) << radixBits,
                  keyBits = 32, mostColumns = 8;

class RouteLowering {
public:
  explicit RouteLowering(KernelFunction kernel)
      : kernel(kernel), op(cast<kernel::RouteOp>(kernel.op)),
        b(op.getLoc(), op) {
    auto gatesShape = cast<MemRefType>(op.getGates().getType()).getShape();
    items = gatesShape[0];
    experts = gatesShape[1];
    k = op.getK();
    choices = items * k;
    groups = op.getGroups();
    count = items / groups;
    rows = op.getRows();
    bins = k * experts;
    byImportance = op.getPriority() == kernel::Priority::Importance;
    columns =
        llvm::bit_floor(uint64_t(std::clamp<int64_t>(experts, 1, mostColumns)));
    pitch = warpSize + warpSize / columns;
    int64_t numbers = std::max<int64_t>(items, 1);
    for (int64_t j = 0; j < k && packed; ++j) {
      numbers *= experts;
      packed = numbers <= std::numeric_limits<int32_t>::max();
    }
  }

  void run() {
    int64_t most = std::max(bins, byImportance ? radixBins : int64_t(1));
    int64_t warps = maxThreads / warpSize;
    while ((warps > fewWarps && warps * most > sharedCounts) ||
           (warps > 1 && warps / 2 * warpSize >= items))
      warps /= 2;
    LaunchShape shape;
    shape.threads = warps * warpSize;
    // What is most often asked for comes first.
    Value counts = memory(warps * most), totals = memory(most);
    filled = memory(experts * groups);
    chosen = memory(std::max<int64_t>(items, 1) * (byImportance ? 2 : 1));
    if (byImportance)
      keys = memory(std::max<int64_t>(items, 1) * 2);
    stageWords = std::max(columns * pitch, 2 * warpSize * k);
    stage = memory(warps * stageWords);
    rowsAreShared =
        shared.bytes() + (rows + choices) * 4 <= mostShared && rows > 0;
    if (rowsAreShared) {
      slotOf = memory(rows);
      posOf = memory(choices);
    }
    StableCounting counting(b, counts, totals, shape.threads);
    at = &counting;
    gates = at->flat(op.getGates());
    weights = at->flat(op.getWeights());
    plan = at->flat(op.getPlan());
    choose();
    at->barrier();
    place(totals);
    fillPlan();
    shape.shared = shared.bytes();
    shape.workspace = workspaceBytes;
    shape.variant = "block";
    finishKernel(kernel, shape);
  }

private:
  using Values = StableCounting::Values;
  using CmpIPredicate = arith::CmpIPredicate;

  KernelFunction kernel;
  kernel::RouteOp op;
  ImplicitLocOpBuilder b;
  SharedAllocator shared;
  StableCounting *at = nullptr;
  /// choices: of all items; rows: the most that are kept. bins: pairs of
  /// choice and expert.
  int64_t items, experts, k, choices, rows, bins, columns, pitch;
  int64_t groups, count; ///< and how many items each has
  int64_t stageWords = 0, workspaceBytes = 0;
  /// packed: an item and its choices fit in one i32.
  bool byImportance, packed = true, rowsAreShared = false;
  Value gates, weights, plan;
  /// filled: kept assignments of an expert by group, then where they begin.
  /// chosen: the
  /// item and what it chose, in order of visit. slotOf, posOf: by row and by
  /// assignment, where shared memory holds them.
  Value filled, chosen, keys, stage, slotOf, posOf;

  /// `count` numbers in shared memory or, where it is full, in the workspace.
  Value memory(int64_t count) {
    if (shared.bytes() + count * 4 <= mostShared)
      return shared.allocate(b, op.getLoc(), {count}, b.getI32Type());
    Value offset = arith::ConstantIndexOp::create(b, workspaceBytes);
    workspaceBytes += llvm::alignTo(count * 4, 256);
    return memref::ViewOp::create(b, MemRefType::get({count}, b.getI32Type()),
                                  kernel.scratch, offset, ValueRange{});
  }
  Value add(Value l, Value r) { return arith::AddIOp::create(b, l, r); }
  Value add(Value l, int64_t r) { return add(l, at->index(r)); }
  Value mul(Value l, int64_t r) {
    return arith::MulIOp::create(b, l, at->index(r));
  }
  Value div(Value l, int64_t r) {
    return arith::DivUIOp::create(b, l, at->index(r));
  }
  Value least(Value l, int64_t r) {
    return arith::MinUIOp::create(b, l, at->index(r));
  }
  /// Places in the plan: item[i], slot[i], pos[i], expert[i].
  Value item(Value i) { return add(i, experts + 1); }
  Value slot(Value i) { return add(i, experts + 1 + rows); }
  Value pos(Value i) { return add(i, experts + 1 + 2 * rows); }
  Value expert(Value i) { return add(i, experts + 1 + 2 * rows + choices); }

  /// Experts and weights of each item. What a warp reads and writes of its 32
  /// items is contiguous and passes through its part of `stage`.
  void choose() {
    Value mine = mul(at->warp, stageWords);
    at->forChunk(items, [&](Value first, Value i, Value exists) {
      // The best so far: keys, experts, gates.
      Values none(k, at->i32(std::numeric_limits<int32_t>::min()));
      none.append(k, at->i32(-1));
      none.append(k, at->i32(0));
      auto best = scf::ForOp::create(
          b, at->index(0), at->index(experts), at->index(columns), none,
          [&](OpBuilder &, Location, Value e, ValueRange carried) {
            scf::YieldOp::create(b, readColumns(first, e, mine, carried));
          });
      ValueRange keysOf = best.getResults().take_front(k),
                 expertsOf = best.getResults().slice(k, k),
                 gatesOf = best.getResults().take_back(k);
      remember(i, exists, keysOf, expertsOf);
      Value here = add(mine, mul(at->lane, k));
      for (int64_t j = 0; j < k; ++j) {
        at->store(expertsOf[j], stage, add(here, j));
        at->store(gatesOf[j], stage, add(here, warpSize * k + j));
      }
      at->syncWarp();
      for (int64_t j = 0; j < k; ++j) {
        Value number = add(at->lane, j * warpSize);
        Value where = add(mul(first, k), number), from = add(mine, number);
        at->when(at->compare(CmpIPredicate::ult, where, at->index(choices)),
                 [&] {
                   at->store(at->load(stage, from), plan, expert(where));
                   Value gate = at->load(stage, add(from, warpSize * k));
                   at->store(at->bits(gate, b.getF32Type()), weights, where);
                 });
      }
      at->syncWarp();
    });
  }

  /// Some experts from `e` on: reads them along the rows, then each lane takes
  /// those of its item in order.
  Values readColumns(Value first, Value e, Value mine, ValueRange carried) {
    for (int64_t n = 0; n < columns; ++n) {
      Value number = add(at->lane, n * warpSize);
      Value row = div(number, columns);
      Value column = arith::RemUIOp::create(b, number, at->index(columns));
      Value from = add(mul(least(add(first, row), items - 1), experts),
                       least(add(e, column), experts - 1));
      at->store(at->bits(at->load(gates, from), b.getI32Type()), stage,
                add(mine, add(mul(column, pitch), row)));
    }
    at->syncWarp();
    Value end = least(add(e, columns), experts);
    auto best = scf::ForOp::create(
        b, e, end, at->index(1), carried,
        [&](OpBuilder &, Location, Value number, ValueRange values) {
          Value column = arith::SubIOp::create(b, number, e);
          Value from = add(mine, add(mul(column, pitch), at->lane));
          scf::YieldOp::create(
              b, insert(at->load(stage, from), at->toI32(number), values));
        });
    at->syncWarp();
    return llvm::to_vector(ValueRange(best.getResults()));
  }

  /// Keeps the best in order: key descending, of equal ones the one that was
  /// there before.
  Values insert(Value gate, Value number, ValueRange values) {
    Values next = llvm::to_vector(values);
    Value key = at->orderKey(at->bits(gate, b.getF32Type())), better;
    for (int64_t j = 0; j < k; ++j) {
      Value &keyOf = next[j], &expertOf = next[k + j],
            &gateOf = next[2 * k + j];
      Value here = arith::OrIOp::create(
          b, at->compare(CmpIPredicate::slt, expertOf, at->i32(0)),
          at->compare(CmpIPredicate::sgt, key, keyOf));
      // Those behind one that is replaced move up, equal or not.
      better =
          better ? arith::OrIOp::create(b, better, here).getResult() : here;
      auto swap = [&](Value &kept, Value &moved) {
        Value up = at->select(better, moved, kept);
        moved = at->select(better, kept, moved);
        kept = up;
      };
      swap(keyOf, key);
      swap(expertOf, number);
      swap(gateOf, gate);
    }
    return next;
  }

  void remember(Value i, Value exists, ValueRange keysOf,
                ValueRange expertsOf) {
    Value number = at->toI32(i);
    for (int64_t j = 0; j < k && packed; ++j)
      number = arith::AddIOp::create(
          b, arith::MulIOp::create(b, number, at->i32(experts)), expertsOf[j]);
    at->when(exists, [&] {
      at->store(number, chosen, i);
      if (byImportance) {
        // Ascending and unsigned from here on.
        Value key = keysOf[0];
        at->store(arith::XOrIOp::create(b, key, at->i32(0x7fffffff)), keys, i);
      }
    });
  }

  /// Takes apart what remember() wrote; the result is the item.
  Value recall(Value i, Values &expertsOf) {
    expertsOf.assign(k, Value());
    Value number = at->load(chosen, i);
    if (packed) {
      for (int64_t j = k; j-- > 0;) {
        expertsOf[j] = arith::RemUIOp::create(b, number, at->i32(experts));
        number = arith::DivUIOp::create(b, number, at->i32(experts));
      }
      return at->toIndex(number);
    }
    Value t = at->toIndex(number);
    for (int64_t j = 0; j < k; ++j)
      expertsOf[j] = at->load(plan, expert(add(mul(t, k), j)));
    return t;
  }

  /// Runs `body` for each group, with its number and its first item.
  void forGroups(llvm::function_ref<void(Value group, Value first)> body) {
    if (groups == 1)
      return body(at->index(0), at->index(0));
    at->loop(at->index(0), at->index(groups), at->index(1), [&](Value group) {
      body(group, mul(group, count));
      // The next group counts in the same memory.
      at->barrier();
    });
  }

  /// Stable sort of the (key, item) pairs of a group; an even number of passes,
  /// so the result stands where the input was.
  void sort(Value totals, Value first) {
    at->loop(at->index(0), at->index(keyBits / radixBits), at->index(1),
             [&](Value pass) {
               Value odd = arith::RemUIOp::create(b, pass, at->index(2));
               Value from = mul(odd, items);
               Value to = arith::SubIOp::create(b, at->index(items), from);
               sortPass(totals, add(from, first), add(to, first),
                        at->toI32(mul(pass, radixBits)));
             });
  }

  void sortPass(Value totals, Value from, Value to, Value shift) {
    auto digit = [&](Value i) {
      Value high =
          arith::ShRUIOp::create(b, at->load(keys, add(from, i)), shift);
      return Values{arith::AndIOp::create(b, high, at->i32(radixBins - 1))};
    };
    at->count(radixBins, count, digit);
    at->prefix(totals, radixBins);
    at->barrier();
    at->place(radixBins, count, digit,
              [&](Value i, Value exists, Values bin, Values ticket) {
                at->when(exists, [&] {
                  Value begin = at->load(totals, at->toIndex(bin[0]));
                  Value target = add(to, at->toIndex(add(begin, ticket[0])));
                  at->store(at->load(keys, add(from, i)), keys, target);
                  at->store(at->load(chosen, add(from, i)), chosen, target);
                });
              });
    at->barrier();
  }

  Value capacity() {
    return at->i32(std::min<int64_t>(op.getCapacity(), count));
  }

  /// Where `filled` has an expert's assignments of a group.
  Value filledAt(Value e, Value group) {
    return groups == 1 ? e : add(mul(e, groups), group);
  }

  /// The bins of the items of a group: pairs of choice and expert.
  auto binsFrom(Value first) {
    return [this, first](Value i) {
      Values all;
      recall(add(first, i), all);
      for (int64_t j = 1; j < k; ++j)
        all[j] = arith::AddIOp::create(b, all[j], at->i32(j * experts));
      return all;
    };
  }

  /// Counts the choices of a group; then `totals` holds where those of each
  /// bin begin among the assignments to its expert. `body` gets an expert and
  /// how many there are of it.
  void countChoices(Value totals, Value first,
                    llvm::function_ref<void(Value e, Value sum)> body) {
    at->count(bins, count, binsFrom(first));
    at->forAll(experts, [&](Value e) {
      Value sum = at->i32(0);
      for (int64_t j = 0; j < k; ++j) {
        Value bin = add(e, j * experts), here = at->load(totals, bin);
        at->store(sum, totals, bin);
        sum = add(sum, here);
      }
      body(e, sum);
    });
  }

  /// Rows of the assignments; all first choices of a group come before its
  /// second ones.
  void place(Value totals) {
    forGroups([&](Value group, Value first) {
      if (byImportance)
        sort(totals, first);
      countChoices(totals, first, [&](Value e, Value sum) {
        at->store(arith::MinSIOp::create(b, sum, capacity()), filled,
                  filledAt(e, group));
      });
    });
    at->forAll(rows, [&](Value i) { setSlot(at->i32(-1), i); });
    at->forAll(choices, [&](Value i) { setPos(at->i32(-1), i); });
    at->barrier();
    Value used = at->prefix(filled, experts * groups);
    at->when(at->compare(CmpIPredicate::eq, at->thread, at->index(0)),
             [&] { at->store(used, plan, at->index(experts)); });
    at->barrier();
    at->forAll(experts, [&](Value e) {
      at->store(at->load(filled, filledAt(e, at->index(0))), plan, e);
    });
    forGroups([&](Value group, Value first) {
      // The counts are those of the last group.
      if (groups > 1) {
        countChoices(totals, first, [](Value, Value) {});
        at->barrier();
      }
      at->place(bins, count, binsFrom(first),
                [&](Value i, Value, Values bin, Values ticket) {
                  Values all;
                  Value number = mul(recall(add(first, i), all), k);
                  for (int64_t j = 0; j < k; ++j)
                    setRow(totals, bin[j], filledAt(at->toIndex(all[j]), group),
                           ticket[j], add(number, j));
                });
    });
    at->barrier();
  }

  void setRow(Value totals, Value bin, Value place, Value ticket,
              Value assignment) {
    at->when(at->compare(CmpIPredicate::sge, bin, at->i32(0)), [&] {
      Value number = add(at->load(totals, at->toIndex(bin)), ticket);
      at->when(at->compare(CmpIPredicate::slt, number, capacity()), [&] {
        Value row = add(at->load(filled, place), number);
        setPos(row, assignment);
        setSlot(at->toI32(assignment), at->toIndex(row));
      });
    });
  }
  void setSlot(Value value, Value row) {
    if (rowsAreShared)
      at->store(value, slotOf, row);
    else
      at->store(value, plan, slot(row));
  }
  void setPos(Value value, Value assignment) {
    if (rowsAreShared)
      at->store(value, posOf, assignment);
    else
      at->store(value, plan, pos(assignment));
  }

  void fillPlan() {
    at->forAll(rows, [&](Value i) {
      Value number =
          rowsAreShared ? at->load(slotOf, i) : at->load(plan, slot(i));
      Value isFree = at->compare(CmpIPredicate::slt, number, at->i32(0));
      Value t = arith::DivUIOp::create(b, number, at->i32(k));
      at->store(at->select(isFree, number, t), plan, item(i));
      if (rowsAreShared)
        at->store(number, plan, slot(i));
    });
    if (rowsAreShared)
      at->forAll(choices,
                 [&](Value i) { at->store(at->load(posOf, i), plan, pos(i)); });
  }
};

LogicalResult lowerRoute(kernel::RouteOp op, KernelFunction &kernel) {
  if (failed(verifyStaticOperands(op)))
    return failure();
  RouteLowering(kernel).run();
  return success();
}

struct LowerRoutePass : impl::LowerRoutePassBase<LowerRoutePass> {
  void runOnOperation() override {
    if (failed(
            KernelFunction::lower<kernel::RouteOp>(getOperation(), lowerRoute)))
      signalPassFailure();
  }
};
} // namespace
} // namespace moec::gpu
