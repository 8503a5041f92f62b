//===- Ops.cpp - What the ops of the JSON format share --------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/Ops.h"
#include "dialects/MoE/MoEOps.h"
#include "lib/Import/Reader.h"
#include "llvm/Support/FormatVariadic.h"
#include <cmath>

using namespace mlir;
using namespace moec::import;

Init Init::lecun(int64_t fanIn) {
  return normal(1.0 / std::sqrt(static_cast<double>(fanIn)));
}

std::string moec::import::toString(ArrayRef<int64_t> shape) {
  std::string text = "[";
  for (auto [i, size] : llvm::enumerate(shape))
    text += (i ? ", " : "") + std::to_string(size);
  return text + "]";
}

std::string moec::import::toString(const TensorInfo &info) {
  static const char *const names[] = {"u8", "i32", "f32", "normalized image"};
  return std::string(names[static_cast<int>(info.dtype)]) + " " +
         toString(info.shape);
}

int Node::findValue(StringRef valueName) const {
  for (auto [i, value] : llvm::enumerate(values))
    if (valueName.empty() || valueName == value.name)
      return static_cast<int>(i);
  return -1;
}

size_t Node::numOutputs() const {
  return runs.empty() ? 0 : runs.front().graph->outputs.size();
}

ArrayRef<Ref> Node::readInputs(bool training) const {
  size_t most = training ? inputs.size() : op->evaluationInputs;
  return ArrayRef<Ref>(inputs).take_front(std::min(inputs.size(), most));
}

int64_t Node::numLayers() const {
  int64_t count = 0;
  for (const Run &run : runs)
    count += run.count;
  return count;
}

//===----------------------------------------------------------------------===//
// NodeCheck
//===----------------------------------------------------------------------===//

static std::string withSuffix(StringRef suffix, StringRef name) {
  return suffix.empty() ? name.str() : (suffix + "." + name).str();
}

void NodeCheck::linearParams(StringRef suffix, int64_t in, int64_t out,
                             bool bias, ArrayRef<int64_t> lead) {
  Shape weight(lead), offset(lead);
  weight.append({in, out});
  offset.push_back(out);
  param(withSuffix(suffix, "weight"), weight, Init::lecun(in), /*decay=*/true);
  checked.params.back().ofExperts = !lead.empty();
  if (!bias)
    return;
  param(withSuffix(suffix, "bias"), offset, Init::zeros());
  checked.params.back().ofExperts = !lead.empty();
}

void NodeCheck::normParams(StringRef suffix, int64_t width, bool bias) {
  param(withSuffix(suffix, "scale"), {width}, Init::ones());
  if (bias)
    param(withSuffix(suffix, "bias"), {width}, Init::zeros());
}

bool NodeCheck::drops(StringRef name) {
  const std::vector<double> &rates = numbers(name);
  if (rates.empty())
    return true;
  if (rates.size() > 2) {
    problem(name, llvm::formatv("'{0}' has {1} numbers", name, rates.size()))
        .expected("one, or two, of the first and of the last layer")
        .fix("layers between have rates between: they are not listed");
    return false;
  }
  checked.drop = DropSpec{rates.front(), rates.back()};
  return true;
}

bool NodeCheck::trains() const { return reader.model.trainStep; }

Problem &NodeCheck::problem(StringRef attribute, const Twine &message) {
  const JsonValue *at =
      attribute.empty() ? nullptr : node.json->find(attribute);
  return reader.problems.add(at ? *at : *node.json, message)
      .node(node.fullName);
}

bool NodeCheck::expectTokens() {
  if (!expectDType(0, DType::F32))
    return false;
  if (input(0).rank() == 3)
    return true;
  problem("inputs", llvm::formatv("'{0}' needs tokens, and '{1}' has no such "
                                  "shape",
                                  node.op->name, graph.nameOf(node.inputs[0])))
      .expected("f32 [batch, tokens, channels]")
      .got(toString(input(0)))
      .fix("make tokens from an image with 'patch_embed'");
  return false;
}

bool NodeCheck::expectDType(size_t i, DType dtype) {
  if (input(i).dtype == dtype)
    return true;
  TensorInfo wanted{input(i).shape, dtype};
  problem("inputs", llvm::formatv("'{0}' has a dtype that '{1}' cannot take",
                                  graph.nameOf(node.inputs[i]), node.op->name))
      .expected(toString(wanted))
      .got(toString(input(i)))
      .fix(input(i).dtype == DType::Pixels || input(i).dtype == DType::U8
               ? "make tokens from an image with 'patch_embed'"
               : "use an f32 value");
  return false;
}

//===----------------------------------------------------------------------===//
// NodeBuild
//===----------------------------------------------------------------------===//

Value NodeBuild::param(StringRef suffix) const {
  for (auto [spec, value] : llvm::zip_equal(node.params, params))
    if (spec.suffix == suffix)
      return value;
  return {};
}

void NodeBuild::setStatistic(StringRef suffix, Value value) {
  for (auto [spec, param] : llvm::zip_equal(node.params, params))
    if (spec.statistic && spec.suffix == suffix)
      param = value;
}

Value NodeBuild::drop(Value x, int64_t leading) {
  if (random.empty() || !node.drop)
    return x;
  return moe::DropoutOp::create(b, loc, x.getType(), x, random.back(),
                                b.getI64IntegerAttr(leading));
}

bool NodeBuild::wants(StringRef name) const {
  int index = node.findValue(name);
  return index > 0 && wanted.test(index);
}

void NodeBuild::tell(StringRef name, Value value) {
  told[node.findValue(name)] = value;
}

Value NodeBuild::meanShares(Value weights) {
  double parts = static_cast<double>(shape(weights)[1]);
  return scale(reduce(weights, {1}), 1.0 / parts);
}

Value NodeBuild::linear(Value x, StringRef suffix, int64_t axis) {
  Value weight = param(withSuffix(suffix, "weight"));
  Value bias = param(withSuffix(suffix, "bias"));
  Shape result(shape(x));
  result[axis] = shape(weight)[1];
  return moe::LinearOp::create(b, loc, type(result), x, weight, bias,
                               b.getI64IntegerAttr(axis));
}

Value NodeBuild::layerNorm(Value x, StringRef suffix, double eps) {
  auto paramOr = [&](StringRef name, double otherwise) -> Value {
    if (Value known = param(withSuffix(suffix, name)))
      return known;
    return moe::FillOp::create(b, loc, type(shape(x).back()),
                               b.getF64FloatAttr(otherwise));
  };
  return moe::LayerNormOp::create(b, loc, x.getType(), x, paramOr("scale", 1),
                                  paramOr("bias", 0), b.getF64FloatAttr(eps));
}

Value NodeBuild::activate(Value x, StringRef form) {
  if (form == "silu")
    return mul(x, moe::SigmoidOp::create(b, loc, x.getType(), x));
  if (form == "tanh")
    return moe::TanhOp::create(b, loc, x.getType(), x);
  if (form == "relu")
    return moe::ReluOp::create(b, loc, x.getType(), x);
  return moe::GeluOp::create(b, loc, x.getType(), x,
                             form == "gelu_tanh" ? b.getUnitAttr()
                                                 : UnitAttr());
}

Value NodeBuild::add(Value x, Value y) {
  return moe::AddOp::create(b, loc, x.getType(), x, y);
}

Value NodeBuild::mul(Value x, Value y) {
  return moe::MulOp::create(b, loc, x.getType(), x, y);
}

Value NodeBuild::scale(Value x, double factor) {
  return moe::ScaleOp::create(b, loc, x.getType(), x,
                              b.getF64FloatAttr(factor));
}

Value NodeBuild::reshape(Value x, ArrayRef<int64_t> newShape) {
  return moe::ReshapeOp::create(b, loc, type(newShape), x);
}

Value NodeBuild::transpose(Value x, ArrayRef<int64_t> permutation) {
  Shape result;
  for (int64_t axis : permutation)
    result.push_back(shape(x)[axis]);
  return moe::TransposeOp::create(b, loc, type(result), x,
                                  b.getDenseI64ArrayAttr(permutation));
}

Value NodeBuild::broadcast(Value x, ArrayRef<int64_t> newShape,
                           ArrayRef<int64_t> axes) {
  return moe::BroadcastOp::create(b, loc, type(newShape), x,
                                  b.getDenseI64ArrayAttr(axes));
}

Value NodeBuild::reduce(Value x, ArrayRef<int64_t> axes) {
  Shape result;
  for (auto [i, size] : llvm::enumerate(shape(x)))
    if (!llvm::is_contained(axes, static_cast<int64_t>(i)))
      result.push_back(size);
  return moe::ReduceOp::create(b, loc, type(result), x,
                               b.getDenseI64ArrayAttr(axes));
}

Value NodeBuild::softmax(Value x, ArrayRef<int64_t> axes) {
  return moe::SoftmaxOp::create(b, loc, x.getType(), x,
                                b.getDenseI64ArrayAttr(axes));
}

Value NodeBuild::slice(Value x, int64_t axis, int64_t begin, int64_t size) {
  Shape part(shape(x));
  part[axis] = size;
  return moe::SliceOp::create(b, loc, type(part), x, b.getI64IntegerAttr(axis),
                              b.getI64IntegerAttr(begin));
}

Value NodeBuild::l2Normalize(Value x, int64_t axis, double eps) {
  return moe::L2NormalizeOp::create(b, loc, x.getType(), x,
                                    b.getI64IntegerAttr(axis),
                                    b.getF64FloatAttr(eps));
}

Value NodeBuild::einsum(Value x, Value y, StringRef equation,
                        ArrayRef<int64_t> newShape) {
  return moe::EinsumOp::create(b, loc, type(newShape), x, y,
                               b.getStringAttr(equation));
}
