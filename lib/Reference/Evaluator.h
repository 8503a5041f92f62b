//===- Evaluator.h - What the files of the interpreter share
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_EVALUATOR_H
#define MOEC_LIB_REFERENCE_EVALUATOR_H

#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEOps.h"
#include "lib/Reference/Interpreter.h"
#include "lib/Reference/Random.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <type_traits>

namespace moec::reference {

/// erfc z, the tail of a normal distribution. In f32 it is 1 - erf z, as
/// kernels compute it: docs/numerics.md bounds its error in units of 1, and
/// evaluating in f32 is to show what that loses.
template <typename T> T erfcOf(T z) {
  if constexpr (std::is_same_v<T, double>)
    return std::erfc(z);
  else
    return T(1) - std::erf(z);
}

/// 1 - tanh u for u >= 0. In f32 it is that difference, for the same reason.
template <typename T> T oneMinusTanh(T u) {
  if constexpr (std::is_same_v<T, double>)
    return 2 / (1 + std::exp(2 * u));
  else
    return T(1) - std::tanh(u);
}

/// What a family of ops says about one op.
enum class Status { NotMine, Done, Failed };

/// The values known while a function runs. A block that runs again writes its
/// values over those of the last time.
template <typename T> class Frame {
public:
  /// `choices` may be null: nobody wants to know. So may `noise`: results stay
  /// as they are computed.
  Frame(std::vector<Choice> *choices, Random *noise)
      : made(choices), perturbing(noise) {}
  std::vector<Choice> *choices() const { return made; }
  Random *noise() const { return perturbing; }
  void record(Choice choice, const TensorOf<T> &scores) {
    if (!made)
      return;
    choice.items = scores.shape[0];
    choice.options = scores.shape[1];
    choice.scores.assign(scores.floats.begin(), scores.floats.end());
    made->push_back(std::move(choice));
  }
  const TensorOf<T> &get(mlir::Value value) const {
    return *values.find(value)->second;
  }
  bool has(mlir::Value value) const { return values.count(value); }
  /// A value that another already holds (reshapes do not copy twice).
  std::shared_ptr<const TensorOf<T>> share(mlir::Value value) const {
    return values.find(value)->second;
  }
  void set(mlir::Value value, TensorOf<T> tensor) {
    values[value] = std::make_shared<const TensorOf<T>>(std::move(tensor));
  }
  void set(mlir::Value value, std::shared_ptr<const TensorOf<T>> tensor) {
    values[value] = std::move(tensor);
  }

private:
  std::vector<Choice> *made;
  Random *perturbing;
  llvm::DenseMap<mlir::Value, std::shared_ptr<const TensorOf<T>>> values;
};

/// A tensor for the result `value`, all zero.
template <typename T> TensorOf<T> zerosFor(mlir::Value value) {
  auto shape = shapeOf(value.getType());
  return isIntegral(value.getType()) ? TensorOf<T>::integer(*shape)
                                     : TensorOf<T>::floating(*shape);
}
/// A tensor for the result `value` whose elements are undefined.
template <typename T> TensorOf<T> undefinedFor(mlir::Value value) {
  auto shape = shapeOf(value.getType());
  return isIntegral(value.getType())
             ? TensorOf<T>::integer(*shape, std::numeric_limits<int32_t>::min())
             : TensorOf<T>::floating(*shape,
                                     std::numeric_limits<T>::quiet_NaN());
}

/// A tensor seen as [outer, extent, inner] around one axis.
struct AxisView {
  int64_t outer = 1, extent = 1, inner = 1;
  AxisView(llvm::ArrayRef<int64_t> shape, int64_t axis) {
    for (auto [i, e] : llvm::enumerate(shape))
      (int64_t(i) < axis ? outer : int64_t(i) == axis ? extent : inner) *= e;
  }
  int64_t at(int64_t o, int64_t i, int64_t n) const {
    return (o * extent + i) * inner + n;
  }
};

/// For each element of `shape` (row-major) the row-major number of its position
/// without `axes`.
std::vector<int64_t> withoutAxes(llvm::ArrayRef<int64_t> shape,
                                 llvm::ArrayRef<int64_t> axes);

/// The parts of a routing plan.
struct PlanView {
  moe::RoutingType type;
  const int32_t *data;
  template <typename T>
  PlanView(const Frame<T> &frame, mlir::Value plan)
      : type(llvm::cast<moe::RoutingType>(plan.getType())),
        data(frame.get(plan).ints.data()) {}
  int64_t items() const { return type.getItems(); }
  int64_t experts() const { return type.getExperts(); }
  int64_t k() const { return type.getK(); }
  int32_t offset(int64_t e) const { return data[type.getOffsetsStart() + e]; }
  int64_t usedRows() const { return offset(experts()); }
  int32_t item(int64_t row) const { return data[type.getItemStart() + row]; }
  int32_t slot(int64_t row) const { return data[type.getSlotStart() + row]; }
  int32_t pos(int64_t slot) const { return data[type.getPosStart() + slot]; }
  int32_t expert(int64_t slot) const {
    return data[type.getExpertStart() + slot];
  }
};

/// The numbers 0 .. n-1 by descending `values`, a lower number first among
/// equals; NaN comes last, behind -inf.
template <typename T>
std::vector<int64_t> descending(const T *values, int64_t n,
                                int64_t stride = 1) {
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    T x = values[a * stride], y = values[b * stride];
    return std::isnan(y) ? !std::isnan(x) : x > y;
  });
  return order;
}

/// Top-k routing of `gates` [items, experts] (see `moe.top_k_route`): writes
/// `weights` [items, k] and the i32 buffer of the plan.
template <typename T>
void routeTopK(const T *gates, int64_t items, int64_t experts, int64_t k,
               int64_t groups, int64_t capacity, bool byImportance, T *weights,
               int32_t *plan);

/// Expert choice from `gates` [items, experts] (see `moe.expert_choice_route`):
/// writes the i32 buffer of the plan.
template <typename T>
void routeExperts(const T *gates, int64_t items, int64_t experts,
                  int64_t groups, int64_t capacity, int32_t *plan);

/// What Frame::record() is told of a route.
Choice routeChoice(int64_t k, int64_t groups, int64_t capacity,
                   bool byImportance);
Choice expertRouteChoice(int64_t groups, int64_t capacity);

/// The families; each runs one op, or says that the op is not its own.
template <typename T>
Status evalStructure(mlir::Operation *op, Frame<T> &frame);
template <typename T>
Status evalElementwise(mlir::Operation *op, Frame<T> &frame);
template <typename T> Status evalMixing(mlir::Operation *op, Frame<T> &frame);
template <typename T>
Status evalAttention(mlir::Operation *op, Frame<T> &frame);
template <typename T>
Status evalNormalization(mlir::Operation *op, Frame<T> &frame);
template <typename T> Status evalRandom(mlir::Operation *op, Frame<T> &frame);
template <typename T> Status evalOrder(mlir::Operation *op, Frame<T> &frame);
template <typename T> Status evalRouting(mlir::Operation *op, Frame<T> &frame);
template <typename T> Status evalLosses(mlir::Operation *op, Frame<T> &frame);
template <typename T> Status evalTraining(mlir::Operation *op, Frame<T> &frame);
template <typename T> Status evalKernel(mlir::Operation *op, Frame<T> &frame);

/// Runs `block` on the values that its arguments already have, up to its
/// terminator.
template <typename T>
mlir::LogicalResult runBlock(mlir::Block &block, Frame<T> &frame);

/// Instantiates a family for both precisions.
#define MOEC_REFERENCE_FAMILY(NAME)                                            \
  template Status moec::reference::NAME(mlir::Operation *, Frame<float> &);    \
  template Status moec::reference::NAME(mlir::Operation *, Frame<double> &);

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_EVALUATOR_H
