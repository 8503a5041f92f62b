//===- Losses.cpp - Losses and metrics
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "llvm/ADT/TypeSwitch.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::reference;

/// What a loss or a metric of images reads.
template <typename T> struct Images {
  const TensorOf<T> &logits; ///< [batch, classes]
  const std::vector<int32_t> &labels;
  int64_t batch, classes;
  const T *row(int64_t b) const { return &logits.floats[b * classes]; }
};

/// That of `op`. Labels outside of the classes are the caller's mistake, not a
/// crash: nothing, with an error.
template <typename T, typename Op>
static std::optional<Images<T>> imagesOf(Op op, Frame<T> &frame) {
  const TensorOf<T> &logits = frame.get(op.getLogits());
  Images<T> images{logits, frame.get(op.getLabels()).ints, logits.shape[0],
                   logits.shape[1]};
  for (auto [i, label] : llvm::enumerate(images.labels))
    if (label < 0 || label >= images.classes) {
      op->emitError("label ") << i << ": expected 0 <= label < "
                              << images.classes << ", got " << label;
      return std::nullopt;
    }
  return images;
}

/// Probability that smoothing gives class `c`.
template <typename T>
static T target(int64_t c, int32_t label, double smoothing, int64_t classes) {
  return T((c == label ? 1 - smoothing : 0) + smoothing / double(classes));
}

/// The mean of a batch, or all of it, as `result` asks for.
template <typename T>
static TensorOf<T> meanOrItems(Value result, TensorOf<T> items) {
  if (cast<RankedTensorType>(result.getType()).getRank() != 0)
    return items;
  T total = 0;
  for (T item : items.floats)
    total += item;
  return TensorOf<T>::floating({}, total / T(items.size()));
}

template <typename T>
static Status evalCrossEntropy(moe::SoftmaxCrossEntropyOp op, Frame<T> &frame) {
  auto images = imagesOf(op, frame);
  if (!images)
    return Status::Failed;
  auto [logits, labels, batch, classes] = *images;
  double smoothing = op.getLabelSmoothing().convertToDouble();
  TensorOf<T> items = TensorOf<T>::floating({batch}, T(0));
  for (int64_t b = 0; b < batch; ++b) {
    const T *row = images->row(b);
    T largest = *std::max_element(row, row + classes), sum = 0, loss = 0;
    for (int64_t c = 0; c < classes; ++c)
      sum += std::exp(row[c] - largest);
    for (int64_t c = 0; c < classes; ++c)
      // In f32 the difference may be -inf, of which 0 would be NaN.
      if (T q = target<T>(c, labels[b], smoothing, classes); q != 0)
        loss -= q * (row[c] - largest - std::log(sum));
    items.floats[b] = loss;
  }
  frame.set(op.getLoss(), meanOrItems<T>(op.getLoss(), std::move(items)));
  return Status::Done;
}

template <typename T>
static Status evalCrossEntropyGrad(moe::SoftmaxCrossEntropyGradOp op,
                                   Frame<T> &frame) {
  auto images = imagesOf(op, frame);
  if (!images)
    return Status::Failed;
  auto [logits, labels, batch, classes] = *images;
  T lossGrad = frame.get(op.getLossGrad()).floats[0];
  double smoothing = op.getLabelSmoothing().convertToDouble();
  TensorOf<T> result = zerosFor<T>(op.getResult());
  for (int64_t b = 0; b < batch; ++b) {
    const T *row = images->row(b);
    T largest = *std::max_element(row, row + classes), sum = 0;
    for (int64_t c = 0; c < classes; ++c)
      sum += std::exp(row[c] - largest);
    for (int64_t c = 0; c < classes; ++c)
      result.floats[b * classes + c] =
          lossGrad / T(batch) *
          (std::exp(row[c] - largest) / sum -
           target<T>(c, labels[b], smoothing, classes));
  }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

/// The logit, negated at the label, where it should be large.
template <typename T> static T towardsZero(T logit, bool isLabel) {
  return isLabel ? -logit : logit;
}

template <typename T>
static Status evalSigmoidCrossEntropy(moe::SigmoidCrossEntropyOp op,
                                      Frame<T> &frame) {
  auto images = imagesOf(op, frame);
  if (!images)
    return Status::Failed;
  auto [logits, labels, batch, classes] = *images;
  TensorOf<T> items = TensorOf<T>::floating({batch}, T(0));
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t c = 0; c < classes; ++c) {
      T y = towardsZero(logits.floats[b * classes + c], c == labels[b]);
      items.floats[b] += std::max(y, T(0)) + std::log1p(std::exp(-std::abs(y)));
    }
  frame.set(op.getLoss(), meanOrItems<T>(op.getLoss(), std::move(items)));
  return Status::Done;
}

template <typename T>
static Status evalSigmoidCrossEntropyGrad(moe::SigmoidCrossEntropyGradOp op,
                                          Frame<T> &frame) {
  auto images = imagesOf(op, frame);
  if (!images)
    return Status::Failed;
  auto [logits, labels, batch, classes] = *images;
  const TensorOf<T> &lossGrad = frame.get(op.getLossGrad());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t c = 0; c < classes; ++c) {
      bool isLabel = c == labels[b];
      T y = towardsZero(logits.floats[b * classes + c], isLabel);
      T p = T(1) / (T(1) + std::exp(-y));
      T factor = lossGrad.shape.empty() ? lossGrad.floats[0] / T(batch)
                                        : lossGrad.floats[b];
      result.floats[b * classes + c] = factor * towardsZero(p, isLabel);
    }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalAccuracy(moe::AccuracyOp op, Frame<T> &frame) {
  auto images = imagesOf(op, frame);
  if (!images)
    return Status::Failed;
  auto [logits, labels, batch, classes] = *images;
  Choice choice;
  choice.kind = Choice::Kind::Accuracy;
  choice.capacity = batch;
  frame.record(std::move(choice), logits);
  TensorOf<T> right = TensorOf<T>::floating({batch}, T(0));
  for (int64_t b = 0; b < batch; ++b) {
    const T *row = images->row(b);
    bool known = std::none_of(row, row + classes,
                              [](T value) { return std::isnan(value); });
    right.floats[b] =
        known && std::max_element(row, row + classes) - row == labels[b];
  }
  frame.set(op.getResult(), meanOrItems<T>(op.getResult(), std::move(right)));
  return Status::Done;
}

/// Mean and population variance.
template <typename T>
static std::pair<T, T> moments(const std::vector<T> &values) {
  T mean = 0, variance = 0;
  for (T value : values)
    mean += value;
  mean /= T(values.size());
  for (T value : values)
    variance += (value - mean) * (value - mean);
  return {mean, variance / T(values.size())};
}

template <typename T>
static Status evalCvSquared(moe::CvSquaredOp op, Frame<T> &frame) {
  auto [mean, variance] = moments(frame.get(op.getInput()).floats);
  frame.set(op.getResult(),
            TensorOf<T>::floating({}, variance / (mean * mean)));
  return Status::Done;
}

template <typename T>
static Status evalCvSquaredGrad(moe::CvSquaredGradOp op, Frame<T> &frame) {
  const TensorOf<T> &input = frame.get(op.getInput());
  T outGrad = frame.get(op.getOutGrad()).floats[0];
  auto [m, v] = moments(input.floats);
  TensorOf<T> result = zerosFor<T>(op.getResult());
  for (int64_t i = 0; i < result.size(); ++i)
    result.floats[i] = outGrad * T(2) / T(result.size()) *
                       ((input.floats[i] - m) / (m * m) - v / (m * m * m));
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalLoadProbability(moe::LoadProbabilityOp op, Frame<T> &frame) {
  const TensorOf<T> &logits = frame.get(op.getLogits());
  const TensorOf<T> &noisy = frame.get(op.getNoisy());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  int64_t n = logits.shape[1];
  T std = T(op.getStd().convertToDouble());
  for (int64_t t = 0; t < logits.shape[0]; ++t) {
    const T *row = &noisy.floats[t * n];
    T threshold = row[descending(row, n)[op.getK() - 1]];
    for (int64_t e = 0; e < n; ++e) {
      T z = (threshold - logits.floats[t * n + e]) / std;
      // 1 - Phi(z), without the cancellation.
      result.floats[t * n + e] = T(0.5) * erfcOf(z * T(0.70710678118654752440));
    }
  }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalLoadProbabilityGrad(moe::LoadProbabilityGradOp op,
                                      Frame<T> &frame) {
  const TensorOf<T> &logits = frame.get(op.getLogits());
  const TensorOf<T> &noisy = frame.get(op.getNoisy());
  const TensorOf<T> &outGrad = frame.get(op.getOutGrad());
  TensorOf<T> logitsGrad = zerosFor<T>(op.getLogitsGrad());
  TensorOf<T> noisyGrad = zerosFor<T>(op.getNoisyGrad());
  int64_t n = logits.shape[1];
  T std = T(op.getStd().convertToDouble());
  for (int64_t t = 0; t < logits.shape[0]; ++t) {
    const T *row = &noisy.floats[t * n];
    int64_t chosen = descending(row, n)[op.getK() - 1];
    T sum = 0;
    for (int64_t e = 0; e < n; ++e) {
      T z = (row[chosen] - logits.floats[t * n + e]) / std;
      T density = T(0.39894228040143267794) * std::exp(T(-0.5) * z * z);
      T d = outGrad.floats[t * n + e] * density;
      logitsGrad.floats[t * n + e] = d / std;
      sum += d;
    }
    noisyGrad.floats[t * n + chosen] = -sum / std;
  }
  frame.set(op.getLogitsGrad(), std::move(logitsGrad));
  frame.set(op.getNoisyGrad(), std::move(noisyGrad));
  return Status::Done;
}

/// Of an item's noisy logits the k-th and the (k+1)-th, which the others are
/// compared with, and whether an expert is among the k largest.
template <typename T> struct Rivals {
  std::vector<bool> chosen;
  int64_t last, next;
  Rivals(const T *noisy, int64_t experts, int64_t k) : chosen(experts) {
    std::vector<int64_t> order = descending(noisy, experts);
    for (int64_t j = 0; j < k; ++j)
      chosen[order[j]] = true;
    last = order[k - 1];
    next = order[k];
  }
  int64_t of(int64_t expert) const { return chosen[expert] ? next : last; }
};

/// Which is the (k+1)-th may hang on a rounding.
static Choice rivalChoice(int64_t k, int64_t items) {
  Choice choice;
  choice.kind = Choice::Kind::Threshold;
  choice.k = k + 1;
  choice.capacity = items;
  return choice;
}

constexpr double leastStd = 1e-20;

template <typename T>
static Status evalLearnedLoad(moe::LearnedLoadProbabilityOp op,
                              Frame<T> &frame) {
  const TensorOf<T> &logits = frame.get(op.getLogits());
  const TensorOf<T> &noisy = frame.get(op.getNoisy());
  const TensorOf<T> &stds = frame.get(op.getStds());
  TensorOf<T> result = zerosFor<T>(op.getResult());
  int64_t items = logits.shape[0], n = logits.shape[1];
  frame.record(rivalChoice(op.getK(), items), noisy);
  for (int64_t t = 0; t < items; ++t) {
    Rivals<T> rivals(&noisy.floats[t * n], n, op.getK());
    for (int64_t e = 0; e < n; ++e) {
      T std = std::max(stds.floats[t * n + e], T(leastStd));
      T z =
          (noisy.floats[t * n + rivals.of(e)] - logits.floats[t * n + e]) / std;
      result.floats[t * n + e] = T(0.5) * erfcOf(z * T(0.70710678118654752440));
    }
  }
  frame.set(op.getResult(), std::move(result));
  return Status::Done;
}

template <typename T>
static Status evalLearnedLoadGrad(moe::LearnedLoadProbabilityGradOp op,
                                  Frame<T> &frame) {
  const TensorOf<T> &logits = frame.get(op.getLogits());
  const TensorOf<T> &noisy = frame.get(op.getNoisy());
  const TensorOf<T> &stds = frame.get(op.getStds());
  const TensorOf<T> &outGrad = frame.get(op.getOutGrad());
  TensorOf<T> logitsGrad = zerosFor<T>(op.getLogitsGrad());
  TensorOf<T> noisyGrad = zerosFor<T>(op.getNoisyGrad());
  TensorOf<T> stdsGrad = zerosFor<T>(op.getStdsGrad());
  int64_t n = logits.shape[1];
  for (int64_t t = 0; t < logits.shape[0]; ++t) {
    Rivals<T> rivals(&noisy.floats[t * n], n, op.getK());
    for (int64_t e = 0; e < n; ++e) {
      int64_t at = t * n + e, rival = t * n + rivals.of(e);
      T std = std::max(stds.floats[at], T(leastStd));
      T z = (logits.floats[at] - noisy.floats[rival]) / std;
      T density = T(0.39894228040143267794) * std::exp(T(-0.5) * z * z);
      T slope = outGrad.floats[at] * density / std;
      logitsGrad.floats[at] = slope;
      stdsGrad.floats[at] = -slope * z;
      noisyGrad.floats[rival] -= slope;
    }
  }
  frame.set(op.getLogitsGrad(), std::move(logitsGrad));
  frame.set(op.getNoisyGrad(), std::move(noisyGrad));
  frame.set(op.getStdsGrad(), std::move(stdsGrad));
  return Status::Done;
}

template <typename T>
Status moec::reference::evalLosses(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](moe::SoftmaxCrossEntropyOp op) {
        return evalCrossEntropy(op, frame);
      })
      .Case([&](moe::SoftmaxCrossEntropyGradOp op) {
        return evalCrossEntropyGrad(op, frame);
      })
      .Case([&](moe::SigmoidCrossEntropyOp op) {
        return evalSigmoidCrossEntropy(op, frame);
      })
      .Case([&](moe::SigmoidCrossEntropyGradOp op) {
        return evalSigmoidCrossEntropyGrad(op, frame);
      })
      .Case([&](moe::AccuracyOp op) { return evalAccuracy(op, frame); })
      .Case([&](moe::CvSquaredOp op) { return evalCvSquared(op, frame); })
      .Case(
          [&](moe::CvSquaredGradOp op) { return evalCvSquaredGrad(op, frame); })
      .Case([&](moe::LoadProbabilityOp op) {
        return evalLoadProbability(op, frame);
      })
      .Case([&](moe::LoadProbabilityGradOp op) {
        return evalLoadProbabilityGrad(op, frame);
      })
      .Case([&](moe::LearnedLoadProbabilityOp op) {
        return evalLearnedLoad(op, frame);
      })
      .Case([&](moe::LearnedLoadProbabilityGradOp op) {
        return evalLearnedLoadGrad(op, frame);
      })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalLosses)
