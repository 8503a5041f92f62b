//===- Attention.cpp - Attention and its gradient ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "lib/Reference/LayerNorm.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::reference;

template <typename T> static T dot(const T *x, const T *y, int64_t n) {
  T sum = 0;
  for (int64_t i = 0; i < n; ++i)
    sum += x[i] * y[i];
  return sum;
}

namespace {
/// Sizes and the queries and keys that scores are computed from.
template <typename T> struct Attention {
  int64_t batch, rows, columns, heads, groups, dim, width;
  T scale;
  TensorOf<T> query, key;

  template <typename OpT> Attention(OpT op, const Frame<T> &frame) {
    query = normalized(op, frame, op.getQuery(), op.getQueryScale(),
                       op.getQueryBias());
    key = normalized(op, frame, op.getKey(), op.getKeyScale(), op.getKeyBias());
    batch = query.shape[0], rows = query.shape[1], heads = query.shape[2];
    dim = query.shape[3], columns = key.shape[1], groups = key.shape[2];
    width = frame.get(op.getValue()).shape[3];
    scale = T(op.getScoreScale());
  }

  // Where the vectors of a head begin, and a number that each of its rows has.
  int64_t ofQuery(int64_t b, int64_t s, int64_t h) const {
    return ((b * rows + s) * heads + h) * dim;
  }
  int64_t ofKey(int64_t b, int64_t t, int64_t h) const {
    return ((b * columns + t) * groups + h / (heads / groups)) * dim;
  }
  int64_t ofValue(int64_t b, int64_t t, int64_t h) const {
    return ((b * columns + t) * groups + h / (heads / groups)) * width;
  }
  int64_t ofResult(int64_t b, int64_t s, int64_t h) const {
    return ((b * rows + s) * heads + h) * width;
  }
  int64_t ofRow(int64_t b, int64_t h, int64_t s) const {
    return (b * heads + h) * rows + s;
  }
  T score(int64_t b, int64_t h, int64_t s, int64_t t) const {
    return scale * dot(&query.floats[ofQuery(b, s, h)],
                       &key.floats[ofKey(b, t, h)], dim);
  }

  /// Calls `visit(b, h, s)` for each row of scores.
  template <typename VisitT> void forEachRow(VisitT visit) const {
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t s = 0; s < rows; ++s)
          visit(b, h, s);
  }

private:
  template <typename OpT>
  static TensorOf<T> normalized(OpT op, const Frame<T> &frame, Value input,
                                Value scale, Value bias) {
    TensorOf<T> result = frame.get(input);
    if (!scale)
      return result;
    int64_t n = result.shape.back();
    for (int64_t start = 0; start < result.size(); start += n) {
      NormalizedRow<T> row(&frame.get(input).floats[start], n,
                           op.getEps()->convertToDouble());
      for (int64_t i = 0; i < n; ++i) {
        result.floats[start + i] = row[i] * frame.get(scale).floats[i];
        if (bias)
          result.floats[start + i] += frame.get(bias).floats[i];
      }
    }
    return result;
  }
};
} // namespace

template <typename T>
static Status evalForward(moe::AttentionOp op, Frame<T> &frame) {
  Attention<T> a(op, frame);
  const TensorOf<T> &value = frame.get(op.getValue());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  TensorOf<T> logSumExp = zerosFor<T>(op.getLogSumExp());
  std::vector<T> row(a.columns);
  a.forEachRow([&](int64_t b, int64_t h, int64_t s) {
    for (int64_t t = 0; t < a.columns; ++t)
      row[t] = a.score(b, h, s, t);
    T largest = *std::max_element(row.begin(), row.end()), sum = 0;
    for (T &weight : row)
      sum += weight = std::exp(weight - largest);
    T *to = &result.floats[a.ofResult(b, s, h)];
    for (int64_t t = 0; t < a.columns; ++t)
      for (int64_t e = 0; e < a.width; ++e)
        to[e] += row[t] / sum * value.floats[a.ofValue(b, t, h) + e];
    logSumExp.floats[a.ofRow(b, h, s)] = largest + std::log(sum);
  });
  frame.set(op.getResult(), std::move(result));
  frame.set(op.getLogSumExp(), std::move(logSumExp));
  return Status::Done;
}

/// Takes the gradient of the normalised `input` through the norm; those of its
/// scale and bias go to the results `scaleGrad` and `biasGrad`, if they exist.
template <typename T>
static void throughNorm(moe::AttentionGradOp op, Frame<T> &frame, Value input,
                        Value scale, TensorOf<T> &grad, Value scaleGrad,
                        Value biasGrad) {
  if (!scale)
    return;
  const TensorOf<T> outGrad = grad;
  TensorOf<T> ofScale = zerosFor<T>(scaleGrad), ofBias = ofScale;
  int64_t n = grad.shape.back();
  for (int64_t start = 0; start < grad.size(); start += n)
    NormalizedRow<T>(&frame.get(input).floats[start], n,
                     op.getEps()->convertToDouble())
        .gradient(frame.get(scale).floats.data(), &outGrad.floats[start],
                  &grad.floats[start], ofScale.floats.data(),
                  ofBias.floats.data());
  frame.set(scaleGrad, std::move(ofScale));
  if (biasGrad)
    frame.set(biasGrad, std::move(ofBias));
}

template <typename T>
static Status evalGradient(moe::AttentionGradOp op, Frame<T> &frame) {
  Attention<T> a(op, frame);
  const TensorOf<T> &value = frame.get(op.getValue());
  const TensorOf<T> &result = frame.get(op.getResult());
  const TensorOf<T> &logSumExp = frame.get(op.getLogSumExp());
  const TensorOf<T> &outGrad = frame.get(op.getOutGrad());
  TensorOf<T> queryGrad = zerosFor<T>(op.getQueryGrad());
  TensorOf<T> keyGrad = zerosFor<T>(op.getKeyGrad());
  TensorOf<T> valueGrad = zerosFor<T>(op.getValueGrad());
  a.forEachRow([&](int64_t b, int64_t h, int64_t s) {
    int64_t row = a.ofRow(b, h, s), y = a.ofResult(b, s, h);
    const T *dy = &outGrad.floats[y];
    T delta = dot(dy, &result.floats[y], a.width);
    if (Value own = op.getLogSumExpGrad())
      delta -= frame.get(own).floats[row];
    for (int64_t t = 0; t < a.columns; ++t) {
      int64_t v = a.ofValue(b, t, h);
      T weight = std::exp(a.score(b, h, s, t) - logSumExp.floats[row]);
      for (int64_t e = 0; e < a.width; ++e)
        valueGrad.floats[v + e] += weight * dy[e];
      T d = a.scale * weight * (dot(dy, &value.floats[v], a.width) - delta);
      int64_t q = a.ofQuery(b, s, h), k = a.ofKey(b, t, h);
      for (int64_t i = 0; i < a.dim; ++i) {
        queryGrad.floats[q + i] += d * a.key.floats[k + i];
        keyGrad.floats[k + i] += d * a.query.floats[q + i];
      }
    }
  });
  auto part = [&](size_t i) {
    return i < op.getNormGrads().size() ? op.getNormGrads()[i] : Value();
  };
  throughNorm(op, frame, op.getQuery(), op.getQueryScale(), queryGrad, part(0),
              part(2));
  throughNorm(op, frame, op.getKey(), op.getKeyScale(), keyGrad, part(1),
              part(3));
  frame.set(op.getQueryGrad(), std::move(queryGrad));
  frame.set(op.getKeyGrad(), std::move(keyGrad));
  frame.set(op.getValueGrad(), std::move(valueGrad));
  return Status::Done;
}

template <typename T>
Status moec::reference::evalAttention(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::AttentionOp op) { return evalForward(op, frame); })
      .Case([&](moe::AttentionGradOp op) { return evalGradient(op, frame); })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalAttention)
