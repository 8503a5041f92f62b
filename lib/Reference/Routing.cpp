//===- Routing.cpp - Plans, dispatch, experts, combine
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::reference;

Choice moec::reference::routeChoice(int64_t k, int64_t groups, int64_t capacity,
                                    bool byImportance) {
  Choice choice;
  choice.k = k;
  choice.groups = groups;
  choice.capacity = capacity;
  choice.byImportance = byImportance;
  return choice;
}

template <typename T>
void moec::reference::routeTopK(const T *gates, int64_t items, int64_t experts,
                                int64_t k, int64_t groups, int64_t capacity,
                                bool byImportance, T *weights, int32_t *plan) {
  int64_t choices = items * k, count = items / groups;
  int64_t rows =
      std::min(choices, experts * groups * std::min(capacity, count));
  int32_t *offsets = plan, *item = offsets + experts + 1, *slot = item + rows;
  int32_t *pos = slot + rows, *expert = pos + choices;
  for (int64_t t = 0; t < items; ++t) {
    const T *row = gates + t * experts;
    std::vector<int64_t> order = descending(row, experts);
    for (int64_t j = 0; j < k; ++j) {
      expert[t * k + j] = order[j];
      weights[t * k + j] = row[order[j]];
    }
  }

  // All first choices of a group before all second ones; the place in the
  // expert's buffer decides who is dropped.
  std::vector<int64_t> taken(experts, 0);
  for (int64_t first = 0; first < items; first += count) {
    std::vector<int64_t> turn(count), before = taken;
    std::iota(turn.begin(), turn.end(), 0);
    if (byImportance) // By the first choice.
      turn = descending(weights + first * k, count, k);
    for (int64_t j = 0; j < k; ++j)
      for (int64_t i : turn) {
        int64_t s = (first + i) * k + j, e = expert[s];
        bool kept = taken[e] - before[e] < capacity;
        pos[s] = kept ? int32_t(taken[e]++) : -1;
      }
  }
  offsets[0] = 0;
  for (int64_t e = 0; e < experts; ++e)
    offsets[e + 1] = offsets[e] + taken[e];
  std::fill(item, item + 2 * rows, -1); // And `slot`, which follows.
  for (int64_t s = 0; s < choices; ++s) {
    if (pos[s] < 0)
      continue;
    pos[s] += offsets[expert[s]];
    item[pos[s]] = s / k;
    slot[pos[s]] = s;
  }
}
template void moec::reference::routeTopK(const float *, int64_t, int64_t,
                                         int64_t, int64_t, int64_t, bool,
                                         float *, int32_t *);
template void moec::reference::routeTopK(const double *, int64_t, int64_t,
                                         int64_t, int64_t, int64_t, bool,
                                         double *, int32_t *);

Choice moec::reference::expertRouteChoice(int64_t groups, int64_t capacity) {
  Choice choice;
  choice.optionsChoose = true;
  choice.groups = groups;
  choice.capacity = capacity;
  return choice;
}

template <typename T>
void moec::reference::routeExperts(const T *gates, int64_t items,
                                   int64_t experts, int64_t groups,
                                   int64_t capacity, int32_t *plan) {
  int64_t choices = items * experts, rows = experts * groups * capacity;
  int32_t *offsets = plan, *item = offsets + experts + 1, *slot = item + rows;
  int32_t *pos = slot + rows, *expert = pos + choices;
  int64_t count = items / groups;
  std::fill(pos, pos + choices, -1);
  int32_t row = 0;
  for (int64_t e = 0; e < experts; ++e) {
    offsets[e] = row;
    for (int64_t first = 0; first < items; first += count) {
      std::vector<int64_t> order =
          descending(gates + first * experts + e, count, experts);
      order.resize(capacity);
      llvm::sort(order);
      for (int64_t i : order) {
        int64_t t = first + i;
        item[row] = t;
        slot[row] = t * experts + e;
        pos[t * experts + e] = row++;
      }
    }
    for (int64_t t = 0; t < items; ++t)
      expert[t * experts + e] = e;
  }
  offsets[experts] = row;
}
template void moec::reference::routeExperts(const float *, int64_t, int64_t,
                                            int64_t, int64_t, int32_t *);
template void moec::reference::routeExperts(const double *, int64_t, int64_t,
                                            int64_t, int64_t, int32_t *);

/// The softmax of the k largest of each row, 0 elsewhere.
template <typename T>
static Status evalTopKSoftmax(moe::TopKSoftmaxOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  int64_t experts = input.shape[1];
  for (int64_t row = 0; row < input.size(); row += experts) {
    std::vector<int64_t> order = descending(&input.floats[row], experts);
    order.resize(op.getK());
    T sum = 0;
    for (int64_t e : order)
      sum += result.floats[row + e] =
          std::exp(input.floats[row + e] - input.floats[row + order[0]]);
    for (int64_t e : order)
      result.floats[row + e] /= sum;
  }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalTopKRoute(moe::TopKRouteOp op, Frame<T> &frame) {
  const TensorOf<T> &gates = frame.get(op.getGates());
  bool byImportance = op.getPriority() == moe::Priority::Importance;
  frame.record(
      routeChoice(op.getK(), op.getGroups(), op.getCapacity(), byImportance),
      gates);
  TensorOf<T> weights = zerosFor<T>(op.getWeights());
  TensorOf<T> plan = zerosFor<T>(op.getPlan());
  routeTopK(gates.floats.data(), gates.shape[0], gates.shape[1], op.getK(),
            op.getGroups(), op.getCapacity(), byImportance,
            weights.floats.data(), plan.ints.data());
  frame.set(op.getWeights(), std::move(weights));
  frame.set(op.getPlan(), std::move(plan));
  return Status::Done;
}

template <typename T>
static Status evalRoute(kernel::RouteOp op, Frame<T> &frame) {
  if (op.getNumResults() != 2) {
    op.emitError("expected results, to interpret it");
    return Status::Failed;
  }
  const TensorOf<T> &gates = frame.get(op.getGates());
  bool byImportance = op.getPriority() == kernel::Priority::Importance;
  frame.record(
      routeChoice(op.getK(), op.getGroups(), op.getCapacity(), byImportance),
      gates);
  TensorOf<T> weights = zerosFor<T>(op.getResult(0));
  TensorOf<T> plan = zerosFor<T>(op.getResult(1));
  routeTopK(gates.floats.data(), gates.shape[0], gates.shape[1], op.getK(),
            op.getGroups(), op.getCapacity(), byImportance,
            weights.floats.data(), plan.ints.data());
  frame.set(op.getResult(0), std::move(weights));
  frame.set(op.getResult(1), std::move(plan));
  return Status::Done;
}

/// `moe.expert_choice_route` and `kernel.expert_route`, which give `planOf`.
template <typename T, typename Op>
static Status evalExpertRoute(Op op, Value planOf, Frame<T> &frame) {
  const TensorOf<T> &gates = frame.get(op.getGates());
  frame.record(expertRouteChoice(op.getGroups(), op.getCapacity()), gates);
  TensorOf<T> plan = zerosFor<T>(planOf);
  routeExperts(gates.floats.data(), gates.shape[0], gates.shape[1],
               op.getGroups(), op.getCapacity(), plan.ints.data());
  frame.set(planOf, std::move(plan));
  return Status::Done;
}

template <typename T>
static Status evalExpertRoute(kernel::ExpertRouteOp op, Frame<T> &frame) {
  if (op.getNumResults() != 1) {
    op.emitError("expected a result, to interpret it");
    return Status::Failed;
  }
  return evalExpertRoute(op, op.getResult(0), frame);
}

template <typename T>
static Status evalTopKRouteGrad(moe::TopKRouteGradOp op, Frame<T> &frame) {
  const TensorOf<T> &weightsGrad = frame.get(op.getWeightsGrad());
  PlanView plan(frame, op.getPlan());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  for (int64_t s = 0; s < plan.items() * plan.k(); ++s)
    result.floats[s / plan.k() * plan.experts() + plan.expert(s)] +=
        weightsGrad.floats[s];
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalRoutingStatistics(moe::RoutingStatisticsOp op,
                                    Frame<T> &frame) {
  const TensorOf<T> &gates = frame.get(op.getGates());
  PlanView plan(frame, op.getPlan());
  int64_t items = plan.items(), experts = plan.experts(), k = plan.k();
  T least = std::numeric_limits<T>::infinity(), most = 0;
  T mean = T(plan.usedRows()) / T(experts), squares = 0;
  for (int64_t e = 0; e < experts; ++e) {
    T rows = T(plan.offset(e + 1) - plan.offset(e));
    least = std::min(least, rows);
    most = std::max(most, rows);
    squares += (rows - mean) * (rows - mean);
  }
  T variation = mean > 0 ? std::sqrt(squares / T(experts)) / mean : T(0);
  T alone = 0, entropy = 0;
  for (int64_t t = 0; t < items; ++t) {
    bool served = false;
    for (int64_t j = 0; j < k; ++j)
      served |= plan.pos(t * k + j) >= 0;
    alone += served ? T(0) : T(1);
    for (int64_t e = 0; e < experts; ++e)
      if (T gate = gates.floats[t * experts + e]; gate > 0)
        entropy -= gate * std::log(gate);
  }
  T full =
      op.getExpertsChoose() ? T(0) : T(1) - T(plan.usedRows()) / T(items * k);
  TensorOf<T> result = zerosFor<T>(op.getResult());
  result.floats = {
      least, mean, most, variation, alone / T(items), full, entropy / T(items)};
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalDispatch(moe::DispatchOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  const TensorOf<T> *weights =
      op.getWeights() ? &frame.get(op.getWeights()) : nullptr;
  PlanView plan(frame, op.getPlan());
  TensorOf<T> rows = undefinedFor<T>(op.getRows());
  int64_t d = input.shape[1];
  for (int64_t r = 0; r < plan.usedRows(); ++r) {
    T weight = weights ? weights->floats[plan.slot(r)] : T(1);
    for (int64_t i = 0; i < d; ++i)
      rows.floats[r * d + i] = weight * input.floats[plan.item(r) * d + i];
  }
  frame.set(op.getRows(), std::move(rows));
  return Status::Done;
}

template <typename T>
static Status evalCombine(moe::CombineOp op, Frame<T> &frame) {
  const TensorOf<T> &rows = frame.get(op.getRows());
  const TensorOf<T> *weights =
      op.getWeights() ? &frame.get(op.getWeights()) : nullptr;
  PlanView plan(frame, op.getPlan());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  int64_t d = rows.shape[1];
  for (int64_t s = 0; s < plan.items() * plan.k(); ++s) {
    if (plan.pos(s) < 0)
      continue;
    T weight = weights ? weights->floats[s] : T(1);
    for (int64_t i = 0; i < d; ++i)
      result.floats[s / plan.k() * d + i] +=
          weight * rows.floats[plan.pos(s) * d + i];
  }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalCombineWeightGrad(moe::CombineWeightGradOp op,
                                    Frame<T> &frame) {
  const TensorOf<T> &rows = frame.get(op.getRows());
  const TensorOf<T> &items = frame.get(op.getItems());
  PlanView plan(frame, op.getPlan());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  int64_t d = rows.shape[1];
  for (int64_t s = 0; s < plan.items() * plan.k(); ++s)
    if (plan.pos(s) >= 0)
      for (int64_t i = 0; i < d; ++i)
        result.floats[s] += items.floats[s / plan.k() * d + i] *
                            rows.floats[plan.pos(s) * d + i];
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalExpertLinear(moe::ExpertLinearOp op, Frame<T> &frame) {
  const TensorOf<T> &rows = frame.get(op.getRows());
  const TensorOf<T> &weight = frame.get(op.getWeight());
  const TensorOf<T> *bias = op.getBias() ? &frame.get(op.getBias()) : nullptr;
  PlanView plan(frame, op.getPlan());
  TensorOf<T> result = undefinedFor<T>(op.getResult());
  int64_t depth = rows.shape[1], width = result.shape[1];
  for (int64_t e = 0; e < plan.experts(); ++e)
    for (int64_t r = plan.offset(e); r < plan.offset(e + 1); ++r)
      for (int64_t n = 0; n < width; ++n) {
        T sum = 0;
        for (int64_t k = 0; k < depth; ++k)
          sum +=
              rows.floats[r * depth + k] *
              weight.floats[op.getTransposed() ? (e * width + n) * depth + k
                                               : (e * depth + k) * width + n];
        result.floats[r * width + n] =
            bias ? sum + bias->floats[e * width + n] : sum;
      }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalExpertLinearGrad(moe::ExpertLinearGradOp op,
                                   Frame<T> &frame) {
  const TensorOf<T> &rows = frame.get(op.getRows());
  const TensorOf<T> &rowsGrad = frame.get(op.getRowsGrad());
  PlanView plan(frame, op.getPlan());
  TensorOf<T> weightGrad = zerosFor<T>(op.getWeightGrad());
  TensorOf<T> biasGrad = zerosFor<T>(op.getBiasGrad());
  int64_t depth = rows.shape[1], width = rowsGrad.shape[1];
  for (int64_t e = 0; e < plan.experts(); ++e)
    for (int64_t r = plan.offset(e); r < plan.offset(e + 1); ++r)
      for (int64_t n = 0; n < width; ++n) {
        T d = rowsGrad.floats[r * width + n];
        biasGrad.floats[e * width + n] += d;
        for (int64_t k = 0; k < depth; ++k)
          weightGrad.floats[(e * depth + k) * width + n] +=
              rows.floats[r * depth + k] * d;
      }
  frame.set(op.getWeightGrad(), std::move(weightGrad));
  frame.set(op.getBiasGrad(), std::move(biasGrad));
  return Status::Done;
}

template <typename T>
Status moec::reference::evalRouting(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::TopKSoftmaxOp op) { return evalTopKSoftmax(op, frame); })
      .Case([&](moe::TopKRouteOp op) { return evalTopKRoute(op, frame); })
      .Case([&](kernel::RouteOp op) { return evalRoute(op, frame); })
      .Case([&](moe::ExpertChoiceRouteOp op) {
        return evalExpertRoute(op, op.getPlan(), frame);
      })
      .Case(
          [&](kernel::ExpertRouteOp op) { return evalExpertRoute(op, frame); })
      .Case(
          [&](moe::TopKRouteGradOp op) { return evalTopKRouteGrad(op, frame); })
      .Case([&](moe::RoutingStatisticsOp op) {
        return evalRoutingStatistics(op, frame);
      })
      .Case([&](moe::DispatchOp op) { return evalDispatch(op, frame); })
      .Case([&](moe::CombineOp op) { return evalCombine(op, frame); })
      .Case([&](moe::CombineWeightGradOp op) {
        return evalCombineWeightGrad(op, frame);
      })
      .Case([&](moe::ExpertLinearOp op) { return evalExpertLinear(op, frame); })
      .Case([&](moe::ExpertLinearGradOp op) {
        return evalExpertLinearGrad(op, frame);
      })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalRouting)
