//===- LowerRouting.cpp - Routes, dispatch and combine --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

// A plan is one i32 buffer; its parts are read at constant offsets into it.
//
//===----------------------------------------------------------------------===//

#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "passes/Fusion/LowerToKernel.h"

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

namespace {

moe::RoutingType planOf(Value plan) {
  return cast<moe::RoutingType>(plan.getType());
}

Lowered lowerTopKRoute(OpBuilder &builder, moe::TopKRouteOp op,
                       moe::TopKRouteOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  moe::RoutingType plan = planOf(op.getPlan());
  Value weights = tensor::EmptyOp::create(
      builder, loc, shapeOf(op.getWeights()), builder.getF32Type());
  Value buffer = tensor::EmptyOp::create(builder, loc, {plan.getBufferSize()},
                                         builder.getI32Type());
  auto route = kernel::RouteOp::create(
      builder, loc, TypeRange{weights.getType(), buffer.getType()},
      adaptor.getGates(), weights, buffer, op.getK(), op.getCapacity(),
      op.getGroups(),
      op.getPriority() == moe::Priority::Importance
          ? kernel::Priority::Importance
          : kernel::Priority::Position);
  return SmallVector<Value>(route.getResults());
}

Lowered lowerExpertChoiceRoute(OpBuilder &builder, moe::ExpertChoiceRouteOp op,
                               moe::ExpertChoiceRouteOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  Value buffer = tensor::EmptyOp::create(builder, loc,
                                         {planOf(op.getPlan()).getBufferSize()},
                                         builder.getI32Type());
  auto route = kernel::ExpertRouteOp::create(
      builder, loc, TypeRange{buffer.getType()}, adaptor.getGates(), buffer,
      op.getGroups(), op.getCapacity());
  return SmallVector<Value>(route.getResults());
}

/// Each gate sums the gradients of the choices that took its expert.
Lowered lowerTopKRouteGrad(OpBuilder &builder, moe::TopKRouteGradOp op,
                           moe::TopKRouteGradOp::Adaptor adaptor) {
  moe::RoutingType plan = planOf(op.getPlan());
  int64_t k = plan.getK();
  KernelSpec spec(op.getLoc(), {plan.getItems(), plan.getExperts(), k});
  AffineExpr t = spec.dim(0), e = spec.dim(1), j = spec.dim(2);
  spec.input(adaptor.getWeightsGrad(), {t, j});
  spec.input(adaptor.getPlan(), t * k + j + plan.getExpertStart());
  spec.result(builder, shapeOf(op.getResult()), {t, e});
  Phase sum{kernel::Combiner::Add,
            [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
              Value mine =
                  s.compareI32(arith::CmpIPredicate::eq, args[1], s.index(1));
              return {s.select(mine, args[0], s.constant(0.0))};
            }};
  return SmallVector<Value>(
      spec.rows(builder, {sum}, [](ScalarBuilder &, ValueRange args) {
        return SmallVector<Value>{args[2]};
      }));
}

/// Of each item the entropy of its gates.
Value entropies(OpBuilder &builder, Location loc, Value gates) {
  ArrayRef<int64_t> shape = shapeOf(gates);
  KernelSpec spec(loc, shape);
  spec.input(gates, {spec.dim(0), spec.dim(1)});
  spec.result(builder, shape[0], spec.dim(0));
  Phase sum{kernel::Combiner::Add,
            [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
              Value zero = s.constant(0.0);
              Value some = s.compare(arith::CmpFPredicate::OGT, args[0], zero);
              // The logarithm of 0 would make 0 * inf.
              Value safe = s.select(some, args[0], s.constant(1.0));
              return {s.neg(s.mul(args[0], s.op<math::LogOp>(safe)))};
            }};
  return spec.rows(builder, {sum}, [](ScalarBuilder &, ValueRange args) {
    return SmallVector<Value>{args[1]};
  })[0];
}

/// Of each item how many experts process it.
Value servedTimes(OpBuilder &builder, Location loc, moe::RoutingType plan,
                  Value buffer) {
  KernelSpec spec(loc, {plan.getItems(), plan.getK()});
  spec.input(buffer,
             spec.dim(0) * plan.getK() + spec.dim(1) + plan.getPosStart());
  spec.result(builder, plan.getItems(), spec.dim(0));
  Phase sum{kernel::Combiner::Add,
            [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
              Value kept = s.compareI32(arith::CmpIPredicate::sge, args[0],
                                        s.constantI32(0));
              return {s.select(kept, s.constant(1.0), s.constant(0.0))};
            }};
  return spec.rows(builder, {sum}, [](ScalarBuilder &, ValueRange args) {
    return SmallVector<Value>{args[1]};
  })[0];
}

/// Rows of experts, then items, are summed up to scalars; a last kernel puts
/// the seven side by side.
Lowered lowerRoutingStatistics(OpBuilder &builder, moe::RoutingStatisticsOp op,
                               moe::RoutingStatisticsOp::Adaptor adaptor) {
  using Values = SmallVector<Value>;
  Location loc = op.getLoc();
  moe::RoutingType plan = planOf(op.getPlan());
  int64_t items = plan.getItems(), experts = plan.getExperts();
  double choices = double(plan.getChoices());

  KernelSpec rows(loc, {1, experts});
  rows.input(adaptor.getPlan(), rows.dim(1) + plan.getOffsetsStart());
  rows.input(adaptor.getPlan(), rows.dim(1) + plan.getOffsetsStart() + 1);
  for (int i = 0; i < 4; ++i)
    rows.result(builder, {}, {});
  auto rowsOf = [](ScalarBuilder &s, ValueRange args) -> Value {
    return s.toFloat(s.op<arith::SubIOp>(args[1], args[0]));
  };
  Phase most{kernel::Combiner::Max, [=](ScalarBuilder &s, ValueRange args) {
               Value count = rowsOf(s, args);
               return Values{s.neg(count), count};
             }};
  Phase sum{kernel::Combiner::Add, [=](ScalarBuilder &s, ValueRange args) {
              return Values{rowsOf(s, args)};
            }};
  Phase squares{kernel::Combiner::Add, [=](ScalarBuilder &s, ValueRange args) {
                  Value d = s.sub(rowsOf(s, args),
                                  s.div(args[4], s.constant(experts)));
                  return Values{s.mul(d, d)};
                }};
  Values ofRows(rows.rows(
      builder, {most, sum, squares}, [=](ScalarBuilder &s, ValueRange args) {
        Value mean = s.div(args[4], s.constant(experts));
        Value std = s.op<math::SqrtOp>(s.div(args[5], s.constant(experts)));
        Value zero = s.constant(0.0);
        Value some = s.compare(arith::CmpFPredicate::OGT, mean, zero);
        Value safe = s.select(some, mean, s.constant(1.0));
        return Values{s.neg(args[2]), mean, args[3],
                      s.select(some, s.div(std, safe), zero)};
      }));

  KernelSpec all(loc, {1, items});
  all.input(servedTimes(builder, loc, plan, adaptor.getPlan()), all.dim(1));
  all.input(entropies(builder, loc, adaptor.getGates()), all.dim(1));
  for (int i = 0; i < 3; ++i)
    all.result(builder, {}, {});
  Phase sums{kernel::Combiner::Add, [](ScalarBuilder &s, ValueRange args) {
               Value served = s.compare(arith::CmpFPredicate::OGT, args[0],
                                        s.constant(0.0));
               return Values{s.select(served, s.constant(0.0), s.constant(1.0)),
                             args[0], args[1]};
             }};
  bool refuses = !op.getExpertsChoose();
  Values ofItems(
      all.rows(builder, {sums}, [=](ScalarBuilder &s, ValueRange args) {
        Value count = s.constant(items);
        Value full = s.constant(0.0);
        if (refuses)
          full =
              s.div(s.sub(s.constant(choices), args[3]), s.constant(choices));
        return Values{s.div(args[2], count), full, s.div(args[4], count)};
      }));

  KernelSpec join(loc, {7});
  llvm::append_range(ofRows, ofItems);
  for (Value number : ofRows)
    join.input(number, {});
  join.result(builder, {7}, {join.dim(0)});
  return Values(join.map(builder, [](ScalarBuilder &s, ValueRange args) {
    Value picked = args[0];
    for (unsigned i = 1; i < 7; ++i)
      picked = s.select(
          s.compareI32(arith::CmpIPredicate::sge, s.index(0), s.constantI32(i)),
          args[i], picked);
    return Values{picked};
  }));
}

Lowered lowerDispatch(OpBuilder &builder, moe::DispatchOp op,
                      moe::DispatchOp::Adaptor adaptor) {
  Location loc = op.getLoc();
  moe::RoutingType plan = planOf(op.getPlan());
  ArrayRef<int64_t> shape = shapeOf(op.getRows());
  KernelSpec spec(loc, shape);
  AffineExpr r = spec.dim(0), d = spec.dim(1);
  AffineExpr zero = builder.getAffineConstantExpr(0);
  bool weighted = static_cast<bool>(adaptor.getWeights());
  spec.input(adaptor.getInput(), {zero, d}, /*gather=*/1);
  spec.input(adaptor.getPlan(), r + plan.getItemStart());
  if (weighted) {
    Value flat =
        reshape(builder, loc, adaptor.getWeights(), {plan.getChoices()});
    spec.input(flat, zero, /*gather=*/3);
    spec.input(adaptor.getPlan(), r + plan.getSlotStart());
  }
  spec.result(builder, shape, {r, d});
  return SmallVector<Value>(spec.map(
      builder, [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
        return {weighted ? s.mul(args[0], args[2]) : args[0]};
      }));
}

/// Sum over an item's choices in their order. With one choice there is nothing
/// to sum: a kernel.map, which can move into the kernels that read it.
Lowered lowerCombine(OpBuilder &builder, moe::CombineOp op,
                     moe::CombineOp::Adaptor adaptor) {
  moe::RoutingType plan = planOf(op.getPlan());
  ArrayRef<int64_t> shape = shapeOf(op.getResult());
  int64_t k = plan.getK();
  bool weighted = static_cast<bool>(adaptor.getWeights());
  SmallVector<int64_t> dims(shape);
  if (k > 1)
    dims.push_back(k);
  KernelSpec spec(op.getLoc(), dims);
  AffineExpr t = spec.dim(0), d = spec.dim(1);
  AffineExpr zero = builder.getAffineConstantExpr(0);
  AffineExpr j = k > 1 ? spec.dim(2) : zero;
  spec.input(adaptor.getRows(), {zero, d}, /*gather=*/1);
  spec.input(adaptor.getPlan(), t * k + j + plan.getPosStart());
  if (weighted)
    spec.input(adaptor.getWeights(), {t, j});
  spec.result(builder, shape, {t, d});
  auto term = [=](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
    return {weighted ? s.mul(args[0], args[2]) : args[0]};
  };
  if (k == 1)
    return SmallVector<Value>(spec.map(builder, term));
  return SmallVector<Value>(spec.rows(builder, {{kernel::Combiner::Add, term}},
                                      [](ScalarBuilder &, ValueRange args) {
                                        return SmallVector<Value>{args.back()};
                                      }));
}

Lowered lowerCombineWeightGrad(OpBuilder &builder, moe::CombineWeightGradOp op,
                               moe::CombineWeightGradOp::Adaptor adaptor) {
  moe::RoutingType plan = planOf(op.getPlan());
  int64_t k = plan.getK();
  KernelSpec spec(op.getLoc(),
                  {plan.getItems(), k, shapeOf(adaptor.getItems())[1]});
  AffineExpr t = spec.dim(0), j = spec.dim(1), d = spec.dim(2);
  spec.input(adaptor.getRows(), {builder.getAffineConstantExpr(0), d},
             /*gather=*/1);
  spec.input(adaptor.getPlan(), t * k + j + plan.getPosStart());
  spec.input(adaptor.getItems(), {t, d});
  spec.result(builder, shapeOf(op.getResult()), {t, j});
  Phase dot{kernel::Combiner::Add,
            [](ScalarBuilder &s, ValueRange args) -> SmallVector<Value> {
              return {s.mul(args[0], args[2])};
            }};
  return SmallVector<Value>(
      spec.rows(builder, {dot}, [](ScalarBuilder &, ValueRange args) {
        return SmallVector<Value>{args[3]};
      }));
}

} // namespace

void fusion::addRoutingLowerings(LoweringPatterns &patterns) {
  patterns.add<moe::TopKRouteOp>(lowerTopKRoute);
  patterns.add<moe::ExpertChoiceRouteOp>(lowerExpertChoiceRoute);
  patterns.add<moe::TopKRouteGradOp>(lowerTopKRouteGrad);
  patterns.add<moe::RoutingStatisticsOp>(lowerRoutingStatistics);
  patterns.add<moe::DispatchOp>(lowerDispatch);
  patterns.add<moe::CombineOp>(lowerCombine);
  patterns.add<moe::CombineWeightGradOp>(lowerCombineWeightGrad);
}
