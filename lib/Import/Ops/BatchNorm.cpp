//===- BatchNorm.cpp - batch_norm -----------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Ops.h"

using namespace mlir;
using namespace moec::import;

static std::optional<TensorInfo> check(NodeCheck &check) {
  if (!check.expectDType(0, DType::F32))
    return std::nullopt;
  const TensorInfo &x = check.input(0);
  if (x.rank() < 2) {
    check.problem("inputs", "'batch_norm' needs at least two axes")
        .expected("f32 [batch, ..., channels]")
        .got(toString(x));
    return std::nullopt;
  }
  ArrayRef<int64_t> shape = x.shape;
  if (check.trains() &&
      llvm::all_of(shape.drop_back(), [](int64_t n) { return n == 1; })) {
    check
        .problem("", "'batch_norm' cannot be trained on one value of a channel")
        .expected("a batch of training with two or more of each channel")
        .got(toString(x))
        .fix("train with a larger batch, \"batch\" of 'training' or --batch");
    return std::nullopt;
  }
  int64_t channels = shape.back();
  if (check.integer("affine"))
    check.normParams("", channels);
  check.statistic("mean", {channels}, Init::zeros());
  check.statistic("variance", {channels}, Init::ones());
  return x;
}

namespace {
/// x [.., channels]; statistics are [channels], of n values each.
class BatchNorm {
public:
  explicit BatchNorm(NodeBuild &build)
      : build(build), shape(build.shape(build.inputs[0])) {
    for (size_t axis = 0; axis + 1 < shape.size(); ++axis) {
      axes.push_back(static_cast<int64_t>(axis));
      n *= static_cast<double>(shape[axis]);
    }
  }

  Value run() {
    Value x = build.inputs[0], variance = build.param("variance");
    Value centered =
        build.training ? measure(x, variance) : less(x, build.param("mean"));
    Value rstd = moec::moe::RsqrtOp::create(
        build.b, build.loc, variance.getType(), variance,
        build.b.getF64FloatAttr(build.real("eps")));
    Value y = times(centered, rstd);
    if (Value scale = build.param("scale"))
      y = build.add(times(y, scale), spread(build.param("bias")));
    return y;
  }

private:
  /// x less the mean of the batch. `variance`, the running one, becomes that of
  /// the batch.
  ///
  /// What the distances from a first mean add up to is what rounding has left
  /// of it (the corrected two-pass algorithm of moe.layer_norm). In exact
  /// arithmetic it is 0 whatever x is, so no gradient flows through it.
  Value measure(Value x, Value &variance) {
    Value first = meanOf(x), distances = less(x, first);
    Value rest = meanOf(distances);
    rest = moec::moe::StopGradientOp::create(build.b, build.loc, rest.getType(),
                                             rest);
    Value centered = less(distances, rest);
    variance = meanOf(mul(centered, centered));
    average("mean", build.add(first, rest), 1);
    average("variance", variance, n / (n - 1));
    return centered;
  }

  /// running = momentum * running + (1 - momentum) * factor * value.
  void average(StringRef name, Value value, double factor) {
    double momentum = build.real("momentum");
    build.setStatistic(name,
                       build.add(build.scale(build.param(name), momentum),
                                 build.scale(value, (1 - momentum) * factor)));
  }

  Value spread(Value value) { return build.broadcast(value, shape, axes); }
  Value meanOf(Value value) {
    return build.scale(build.reduce(value, axes), 1 / n);
  }
  Value less(Value x, Value value) {
    return moec::moe::SubOp::create(build.b, build.loc, x.getType(), x,
                                    spread(value));
  }
  Value mul(Value x, Value y) {
    return moec::moe::MulOp::create(build.b, build.loc, x.getType(), x, y);
  }
  Value times(Value x, Value value) { return mul(x, spread(value)); }

  NodeBuild &build;
  Shape shape, axes;
  double n = 1;
};
} // namespace

const OpDef moec::import::batchNormOp = {
    "batch_norm",
    "batch normalisation over the last axis (arXiv 1502.03167): in training "
    "with mean and variance of the batch, else with their running averages",
    1,
    1,
    {AttrDef::flag("affine", true, "whether there are a scale and a bias"),
     AttrDef::positive("eps", 1e-5, "added to the variance"),
     AttrDef::decay("momentum", 0.9,
                    "m of running = m * running + (1 - m) * batch; PyTorch's "
                    "momentum is 1 - m")},
    check,
    [](NodeBuild &build) { return BatchNorm(build).run(); }};
