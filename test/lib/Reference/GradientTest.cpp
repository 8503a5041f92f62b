//===- GradientTest.cpp - Every gradient against central differences
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEOps.h"
#include "lib/Reference/Check.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "moec/InitAll.h"
#include "llvm/ADT/StringSet.h"
#include "gtest/gtest.h"

using namespace mlir;
using namespace moec;

namespace {
/// A function body that computes %y of type `result` from its arguments.
struct Case {
  const char *name, *arguments, *body, *result;
};
std::ostream &operator<<(std::ostream &stream, const Case &test) {
  return stream << test.name;
}

#define PLAN "!moe.routing<items = 6, experts = 3, k = 2, capacity = 3>"
/// Routing where experts 0 .. 2 have room for 9 of 12 assignments: at least
/// three are dropped.
#define ROUTE                                                                  \
  "%s = moe.softmax %g axes [1] : tensor<6x3xf32>\n"                           \
  "%w, %plan = moe.top_k_route %s k 2 capacity 3 priority \"importance\" : "   \
  "tensor<6x3xf32> -> tensor<6x2xf32>, " PLAN "\n"
/// Experts that choose one item of each half; k is their number.
#define CHOSEN "!moe.routing<items = 6, experts = 3, k = 3, capacity = 2>"
#define CHOOSE                                                                 \
  "%s = moe.softmax %g axes [1] : tensor<6x3xf32>\n"                           \
  "%plan = moe.expert_choice_route %s groups 2 capacity 1 : tensor<6x3xf32> "  \
  "-> " CHOSEN "\n"

/// A random order of 5 tokens of two images.
#define ORDER                                                                  \
  "%k = moe.fill 7.0 : tensor<i32>\n"                                          \
  "%r = moe.random_bits %k, %k : tensor<i32> stream 1 -> tensor<2x5xi32>\n"    \
  "%o = moe.argsort %r : tensor<2x5xi32>\n"

const Case cases[] = {
    {"Reshape", "%x: tensor<2x6xf32>",
     "%a = moe.mul %x, %x : tensor<2x6xf32>\n"
     "%y = moe.reshape %a : tensor<2x6xf32> -> tensor<3x4xf32>",
     "tensor<3x4xf32>"},
    {"Transpose", "%x: tensor<2x3x4xf32>",
     "%a = moe.mul %x, %x : tensor<2x3x4xf32>\n"
     "%y = moe.transpose %a [2, 0, 1] : tensor<2x3x4xf32> -> tensor<4x2x3xf32>",
     "tensor<4x2x3xf32>"},
    {"Broadcast", "%x: tensor<4x5xf32>",
     "%a = moe.mul %x, %x : tensor<4x5xf32>\n"
     "%y = moe.broadcast %a axes [0, 2] : tensor<4x5xf32> -> "
     "tensor<2x4x3x5xf32>",
     "tensor<2x4x3x5xf32>"},
    {"Concat", "%x: tensor<2x1x4xf32>, %z: tensor<2x3x4xf32>",
     "%a = moe.mul %z, %z : tensor<2x3x4xf32>\n"
     "%y = moe.concat %x, %a, %x axis 1 : tensor<2x1x4xf32>, "
     "tensor<2x3x4xf32>, tensor<2x1x4xf32> -> tensor<2x5x4xf32>",
     "tensor<2x5x4xf32>"},
    {"Slice", "%x: tensor<2x5x4xf32>",
     "%a = moe.mul %x, %x : tensor<2x5x4xf32>\n"
     "%b = moe.slice %a axis 1 begin 1 : tensor<2x5x4xf32> -> "
     "tensor<2x3x4xf32>\n"
     "%y = moe.slice %b axis 2 begin 2 : tensor<2x3x4xf32> -> "
     "tensor<2x3x2xf32>",
     "tensor<2x3x2xf32>"},
    {"GatherTokens", "%x: tensor<2x5x3xf32>",
     ORDER "%a = moe.mul %x, %x : tensor<2x5x3xf32>\n"
           "%y = moe.gather_tokens %a, %o begin 1 : tensor<2x5x3xf32>, "
           "tensor<2x5xi32> -> tensor<2x3x3xf32>",
     "tensor<2x3x3xf32>"},
    {"ScatterTokens", "%x: tensor<2x3x3xf32>",
     ORDER "%a = moe.mul %x, %x : tensor<2x3x3xf32>\n"
           "%y = moe.scatter_tokens %a, %o begin 2 : tensor<2x3x3xf32>, "
           "tensor<2x5xi32> -> tensor<2x5x3xf32>",
     "tensor<2x5x3xf32>"},
    // Only of what does not depend on a parameter is its gradient the
    // derivative.
    {"StopGradient", "%x: tensor<5xf32>",
     "%c = moe.fill 2.0 : tensor<5xf32>\n"
     "%s = moe.stop_gradient %c : tensor<5xf32>\n"
     "%y = moe.mul %x, %s : tensor<5xf32>",
     "tensor<5xf32>"},
    {"Reduce", "%x: tensor<2x3x4xf32>",
     "%a = moe.mul %x, %x : tensor<2x3x4xf32>\n"
     "%y = moe.reduce %a axes [0, 2] : tensor<2x3x4xf32> -> tensor<3xf32>",
     "tensor<3xf32>"},
    {"Add", "%x: tensor<5xf32>, %z: tensor<5xf32>",
     "%y = moe.add %x, %z : tensor<5xf32>", "tensor<5xf32>"},
    {"AddSame", "%x: tensor<5xf32>", "%y = moe.add %x, %x : tensor<5xf32>",
     "tensor<5xf32>"},
    {"Sub", "%x: tensor<5xf32>, %z: tensor<5xf32>",
     "%y = moe.sub %x, %z : tensor<5xf32>", "tensor<5xf32>"},
    {"Mul", "%x: tensor<5xf32>, %z: tensor<5xf32>",
     "%y = moe.mul %x, %z : tensor<5xf32>", "tensor<5xf32>"},
    {"Scale", "%x: tensor<5xf32>",
     "%a = moe.mul %x, %x : tensor<5xf32>\n"
     "%y = moe.scale %a by -1.5 : tensor<5xf32>",
     "tensor<5xf32>"},
    {"Rsqrt", "%x: tensor<5xf32>",
     "%a = moe.mul %x, %x : tensor<5xf32>\n"
     "%y = moe.rsqrt %a eps 1.0e-1 : tensor<5xf32>",
     "tensor<5xf32>"},
    {"Sigmoid", "%x: tensor<5xf32>", "%y = moe.sigmoid %x : tensor<5xf32>",
     "tensor<5xf32>"},
    {"Tanh", "%x: tensor<5xf32>", "%y = moe.tanh %x : tensor<5xf32>",
     "tensor<5xf32>"},
    {"Softplus", "%x: tensor<5xf32>", "%y = moe.softplus %x : tensor<5xf32>",
     "tensor<5xf32>"},
    // Away from 0, where there is no derivative.
    {"Relu", "%x: tensor<5xf32>",
     "%c = moe.fill 1.0 : tensor<5xf32>\n"
     "%s = moe.softplus %x : tensor<5xf32>\n"
     "%a = moe.sub %x, %s : tensor<5xf32>\n"
     "%b = moe.sub %a, %c : tensor<5xf32>\n"
     "%d = moe.scale %b by -1.0 : tensor<5xf32>\n"
     "%e = moe.relu %b : tensor<5xf32>\n"
     "%f = moe.relu %d : tensor<5xf32>\n"
     "%g = moe.mul %f, %f : tensor<5xf32>\n"
     "%y = moe.add %e, %g : tensor<5xf32>",
     "tensor<5xf32>"},
    {"Gelu", "%x: tensor<4x5xf32>", "%y = moe.gelu %x : tensor<4x5xf32>",
     "tensor<4x5xf32>"},
    {"GeluTanh", "%x: tensor<4x5xf32>",
     "%y = moe.gelu %x tanh : tensor<4x5xf32>", "tensor<4x5xf32>"},
    {"Dropout", "%x: tensor<4x5xf32>",
     "%seed = arith.constant dense<7> : tensor<i32>\n"
     "%step = arith.constant dense<3> : tensor<i32>\n"
     "%k = moe.dropout_key %seed, %step : tensor<i32> stream 1 "
     "rates [0.5, 0.5] -> tensor<4xi32>\n"
     "%a = moe.mul %x, %x : tensor<4x5xf32>\n"
     "%y = moe.dropout %a, %k leading 2 : tensor<4x5xf32>, tensor<4xi32>",
     "tensor<4x5xf32>"},
    {"LinearLast",
     "%x: tensor<2x3x4xf32>, %w: tensor<4x5xf32>, %b: tensor<5xf32>",
     "%y = moe.linear %x, %w, %b axis 2 : (tensor<2x3x4xf32>, tensor<4x5xf32>, "
     "tensor<5xf32>) -> tensor<2x3x5xf32>",
     "tensor<2x3x5xf32>"},
    {"LinearMiddle",
     "%x: tensor<2x3x4xf32>, %w: tensor<3x5xf32>, %b: tensor<5xf32>",
     "%y = moe.linear %x, %w, %b axis 1 : (tensor<2x3x4xf32>, tensor<3x5xf32>, "
     "tensor<5xf32>) -> tensor<2x5x4xf32>",
     "tensor<2x5x4xf32>"},
    {"LinearFirstNoBias", "%x: tensor<3x4xf32>, %w: tensor<3x2xf32>",
     "%y = moe.linear %x, %w axis 0 : (tensor<3x4xf32>, tensor<3x2xf32>) -> "
     "tensor<2x4xf32>",
     "tensor<2x4xf32>"},
    {"LinearVector",
     "%x: tensor<4xf32>, %w: tensor<4x5xf32>, %b: tensor<5xf32>",
     "%y = moe.linear %x, %w, %b axis 0 : (tensor<4xf32>, tensor<4x5xf32>, "
     "tensor<5xf32>) -> tensor<5xf32>",
     "tensor<5xf32>"},
    {"EinsumAttention", "%q: tensor<2x3x2x4xf32>, %k: tensor<2x5x2x4xf32>",
     "%y = moe.einsum %q, %k \"bshd,bthd->bhst\" : (tensor<2x3x2x4xf32>, "
     "tensor<2x5x2x4xf32>) -> tensor<2x2x3x5xf32>",
     "tensor<2x2x3x5xf32>"},
    {"EinsumSlots", "%x: tensor<2x5x4xf32>, %d: tensor<2x5x3x2xf32>",
     "%y = moe.einsum %x, %d \"bsd,bsep->bepd\" : (tensor<2x5x4xf32>, "
     "tensor<2x5x3x2xf32>) -> tensor<2x3x2x4xf32>",
     "tensor<2x3x2x4xf32>"},
    {"EinsumScalar", "%x: tensor<4x3xf32>, %z: tensor<3x4xf32>",
     "%y = moe.einsum %x, %z \"ab,ba->\" : (tensor<4x3xf32>, tensor<3x4xf32>) "
     "-> "
     "tensor<f32>",
     "tensor<f32>"},
    {"Attention",
     "%q: tensor<2x3x2x4xf32>, %k: tensor<2x5x2x4xf32>, "
     "%v: tensor<2x5x2x3xf32>",
     "%y, %l = moe.attention %q, %k, %v : (tensor<2x3x2x4xf32>, "
     "tensor<2x5x2x4xf32>, tensor<2x5x2x3xf32>) -> (tensor<2x3x2x3xf32>, "
     "tensor<2x2x3xf32>)",
     "tensor<2x3x2x3xf32>"},
    {"AttentionGroupedNormed",
     "%q: tensor<2x3x4x5xf32>, %k: tensor<2x4x2x5xf32>, "
     "%v: tensor<2x4x2x3xf32>, %s: tensor<5xf32>, %z: tensor<5xf32>, "
     "%b: tensor<5xf32>, %c: tensor<5xf32>",
     "%y, %l = moe.attention %q, %k, %v norm(%s, %z, %b, %c) eps 1.0e-3 scale "
     "0.75 : (tensor<2x3x4x5xf32>, tensor<2x4x2x5xf32>, tensor<2x4x2x3xf32>, "
     "tensor<5xf32>, tensor<5xf32>, tensor<5xf32>, tensor<5xf32>) -> "
     "(tensor<2x3x4x3xf32>, tensor<2x4x3xf32>)",
     "tensor<2x3x4x3xf32>"},
    {"AttentionLogSumExp",
     "%q: tensor<1x3x4x2xf32>, %k: tensor<1x4x1x2xf32>, %s: tensor<2xf32>",
     "%z, %l = moe.attention %q, %k, %k norm(%s, %s) eps 1.0e-1 : "
     "(tensor<1x3x4x2xf32>, tensor<1x4x1x2xf32>, tensor<1x4x1x2xf32>, "
     "tensor<2xf32>, tensor<2xf32>) -> (tensor<1x3x4x2xf32>, "
     "tensor<1x4x3xf32>)\n"
     "%r = moe.reduce %z axes [0, 1, 2, 3] : tensor<1x3x4x2xf32> -> "
     "tensor<f32>\n"
     "%c = moe.broadcast %r axes [0, 1, 2] : tensor<f32> -> "
     "tensor<1x4x3xf32>\n"
     "%y = moe.mul %l, %c : tensor<1x4x3xf32>",
     "tensor<1x4x3xf32>"},
    {"LayerNorm", "%x: tensor<2x3x5xf32>, %s: tensor<5xf32>, %b: tensor<5xf32>",
     "%y = moe.layer_norm %x, %s, %b eps 1.0e-6 : tensor<2x3x5xf32>, "
     "tensor<5xf32>",
     "tensor<2x3x5xf32>"},
    {"L2NormalizeFirst", "%x: tensor<4x3xf32>",
     "%y = moe.l2_normalize %x axis 0 eps 1.0e-2 : tensor<4x3xf32>",
     "tensor<4x3xf32>"},
    {"L2NormalizeLast", "%x: tensor<2x3x4xf32>",
     "%y = moe.l2_normalize %x axis 2 eps 1.0e-6 : tensor<2x3x4xf32>",
     "tensor<2x3x4xf32>"},
    {"SoftmaxFirst", "%x: tensor<2x4x3xf32>",
     "%y = moe.softmax %x axes [1] : tensor<2x4x3xf32>", "tensor<2x4x3xf32>"},
    {"SoftmaxSeveral", "%x: tensor<2x4x3x2xf32>",
     "%y = moe.softmax %x axes [2, 3] : tensor<2x4x3x2xf32>",
     "tensor<2x4x3x2xf32>"},
    {"SoftmaxOuter", "%x: tensor<2x4x3xf32>",
     "%y = moe.softmax %x axes [0, 2] : tensor<2x4x3xf32>",
     "tensor<2x4x3xf32>"},
    {"TopKSoftmax", "%x: tensor<6x4xf32>",
     "%y = moe.top_k_softmax %x k 2 : tensor<6x4xf32>", "tensor<6x4xf32>"},
    {"TopKRoute", "%g: tensor<6x3xf32>",
     ROUTE "%y = moe.mul %w, %w : tensor<6x2xf32>", "tensor<6x2xf32>"},
    {"DispatchCombine", "%x: tensor<6x4xf32>, %g: tensor<6x3xf32>",
     ROUTE "%r = moe.dispatch %x, %plan : (tensor<6x4xf32>, " PLAN
           ") -> tensor<9x4xf32>\n"
           "%h = moe.gelu %r : tensor<9x4xf32>\n"
           "%y = moe.combine %h, %plan, %w : (tensor<9x4xf32>, " PLAN
           ", tensor<6x2xf32>) -> tensor<6x4xf32>",
     "tensor<6x4xf32>"},
    {"DispatchWeighted", "%x: tensor<6x4xf32>, %g: tensor<6x3xf32>",
     ROUTE "%r = moe.dispatch %x, %plan, %w : (tensor<6x4xf32>, " PLAN
           ", tensor<6x2xf32>) -> tensor<9x4xf32>\n"
           "%h = moe.gelu %r : tensor<9x4xf32>\n"
           "%y = moe.combine %h, %plan : (tensor<9x4xf32>, " PLAN
           ") -> tensor<6x4xf32>",
     "tensor<6x4xf32>"},
    {"ExpertChoice", "%x: tensor<6x4xf32>, %g: tensor<6x3xf32>",
     CHOOSE "%r = moe.dispatch %x, %plan : (tensor<6x4xf32>, " CHOSEN
            ") -> tensor<6x4xf32>\n"
            "%h = moe.gelu %r : tensor<6x4xf32>\n"
            "%y = moe.combine %h, %plan, %s : (tensor<6x4xf32>, " CHOSEN
            ", tensor<6x3xf32>) -> tensor<6x4xf32>",
     "tensor<6x4xf32>"},
    {"ExpertChoiceWeightedDispatch",
     "%x: tensor<6x4xf32>, %g: tensor<6x3xf32>, %k: tensor<3x4x5xf32>",
     CHOOSE "%r = moe.dispatch %x, %plan, %s : (tensor<6x4xf32>, " CHOSEN
            ", tensor<6x3xf32>) -> tensor<6x4xf32>\n"
            "%h = moe.expert_linear %r, %k, %plan : (tensor<6x4xf32>, "
            "tensor<3x4x5xf32>, " CHOSEN ") -> tensor<6x5xf32>\n"
            "%y = moe.combine %h, %plan : (tensor<6x5xf32>, " CHOSEN
            ") -> tensor<6x5xf32>",
     "tensor<6x5xf32>"},
    {"ExpertLinear",
     "%x: tensor<6x4xf32>, %g: tensor<6x3xf32>, %k: tensor<3x4x5xf32>, "
     "%b: tensor<3x5xf32>",
     ROUTE "%r = moe.dispatch %x, %plan : (tensor<6x4xf32>, " PLAN
           ") -> tensor<9x4xf32>\n"
           "%h = moe.expert_linear %r, %k, %plan, %b : (tensor<9x4xf32>, "
           "tensor<3x4x5xf32>, " PLAN ", tensor<3x5xf32>) -> tensor<9x5xf32>\n"
           "%y = moe.combine %h, %plan, %w : (tensor<9x5xf32>, " PLAN
           ", tensor<6x2xf32>) -> tensor<6x5xf32>",
     "tensor<6x5xf32>"},
    {"ExpertLinearTransposed",
     "%x: tensor<6x4xf32>, %g: tensor<6x3xf32>, %k: tensor<3x5x4xf32>",
     ROUTE "%r = moe.dispatch %x, %plan : (tensor<6x4xf32>, " PLAN
           ") -> tensor<9x4xf32>\n"
           "%h = moe.expert_linear %r, %k, %plan transposed : "
           "(tensor<9x4xf32>, tensor<3x5x4xf32>, " PLAN ") -> tensor<9x5xf32>\n"
           "%y = moe.combine %h, %plan, %w : (tensor<9x5xf32>, " PLAN
           ", tensor<6x2xf32>) -> tensor<6x5xf32>",
     "tensor<6x5xf32>"},
    {"SoftmaxCrossEntropy",
     "%x: tensor<4x5xf32>, %l: tensor<4xi32> {moe.range = [0, 5]}",
     "%y = moe.softmax_cross_entropy %x, %l smoothing 0.1 : tensor<4x5xf32>, "
     "tensor<4xi32> -> tensor<f32>",
     "tensor<f32>"},
    {"SigmoidCrossEntropy",
     "%x: tensor<4x5xf32>, %l: tensor<4xi32> {moe.range = [0, 5]}",
     "%y = moe.sigmoid_cross_entropy %x, %l : tensor<4x5xf32>, tensor<4xi32> "
     "-> tensor<f32>",
     "tensor<f32>"},
    {"SigmoidCrossEntropyItems",
     "%x: tensor<4x5xf32>, %l: tensor<4xi32> {moe.range = [0, 5]}",
     "%y = moe.sigmoid_cross_entropy %x, %l : tensor<4x5xf32>, tensor<4xi32> "
     "-> tensor<4xf32>",
     "tensor<4xf32>"},
    {"CvSquared", "%x: tensor<5xf32>",
     "%a = moe.mul %x, %x : tensor<5xf32>\n"
     "%y = moe.cv_squared %a : tensor<5xf32> -> tensor<f32>",
     "tensor<f32>"},
    {"LoadProbability", "%x: tensor<4x3xf32>, %n: tensor<4x3xf32>",
     "%m = moe.add %x, %n : tensor<4x3xf32>\n"
     "%y = moe.load_probability %x, %m k 2 std 0.75 : tensor<4x3xf32>",
     "tensor<4x3xf32>"},
    {"LearnedLoadProbability",
     "%x: tensor<4x3xf32>, %n: tensor<4x3xf32>, %r: tensor<4x3xf32>",
     "%m = moe.add %x, %n : tensor<4x3xf32>\n"
     "%s = moe.softplus %r : tensor<4x3xf32>\n"
     "%y = moe.learned_load_probability %x, %m, %s k 2 : tensor<4x3xf32>",
     "tensor<4x3xf32>"},
    {"Repeat",
     "%x: tensor<2x4xf32>, %k: tensor<3x4x4xf32>, %b: tensor<3x4xf32>",
     "%y = moe.repeat 3 carry(%x : tensor<2x4xf32>) stacked(%k, %b : "
     "tensor<3x4x4xf32>, tensor<3x4xf32>) {\n"
     "^bb0(%c: tensor<2x4xf32>, %kk: tensor<4x4xf32>, %bb: tensor<4xf32>):\n"
     "  %h = moe.linear %c, %kk, %bb axis 1 : (tensor<2x4xf32>, "
     "tensor<4x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>\n"
     "  %a = moe.gelu %h : tensor<2x4xf32>\n"
     "  %n = moe.add %a, %c : tensor<2x4xf32>\n"
     "  moe.yield %n : tensor<2x4xf32>\n"
     "} -> tensor<2x4xf32>",
     "tensor<2x4xf32>"},
    {"RepeatStack", "%x: tensor<4xf32>, %k: tensor<3x4xf32>",
     "%z, %y = moe.repeat 3 carry(%x : tensor<4xf32>) stacked(%k : "
     "tensor<3x4xf32>) {\n"
     "^bb0(%c: tensor<4xf32>, %kk: tensor<4xf32>):\n"
     "  %n = moe.mul %c, %kk : tensor<4xf32>\n"
     "  %a = moe.gelu %n : tensor<4xf32>\n"
     "  moe.yield %a, %n : tensor<4xf32>, tensor<4xf32>\n"
     "} -> tensor<4xf32>, tensor<3x4xf32>",
     "tensor<3x4xf32>"},
    {"RepeatRouting",
     "%x: tensor<6x4xf32>, %v: tensor<2x4x3xf32>, %k: tensor<2x3x4x4xf32>",
     "%y = moe.repeat 2 carry(%x : tensor<6x4xf32>) stacked(%v, %k : "
     "tensor<2x4x3xf32>, tensor<2x3x4x4xf32>) {\n"
     "^bb0(%c: tensor<6x4xf32>, %vv: tensor<4x3xf32>, %kk: "
     "tensor<3x4x4xf32>):\n"
     "  %g = moe.linear %c, %vv axis 1 : (tensor<6x4xf32>, tensor<4x3xf32>) -> "
     "tensor<6x3xf32>\n" ROUTE "  %r = moe.dispatch %c, %plan : "
     "(tensor<6x4xf32>, " PLAN ") -> tensor<9x4xf32>\n"
     "  %h = moe.expert_linear %r, %kk, %plan : (tensor<9x4xf32>, "
     "tensor<3x4x4xf32>, " PLAN ") -> tensor<9x4xf32>\n"
     "  %a = moe.gelu %h : tensor<9x4xf32>\n"
     "  %d = moe.combine %a, %plan, %w : (tensor<9x4xf32>, " PLAN
     ", tensor<6x2xf32>) -> tensor<6x4xf32>\n"
     "  %n = moe.add %c, %d : tensor<6x4xf32>\n"
     "  moe.yield %n : tensor<6x4xf32>\n"
     "} -> tensor<6x4xf32>",
     "tensor<6x4xf32>"},
};

/// @loss = sum of %y * %weights; every float argument is a parameter.
std::string lossText(const Case &test) {
  std::string arguments;
  StringRef rest = test.arguments;
  for (unsigned i = 0; !rest.empty(); ++i) {
    size_t next = rest.find(", %");
    StringRef one = rest.substr(0, next);
    rest = next == StringRef::npos ? "" : rest.substr(next + 2);
    arguments += one.str();
    if (!one.contains("i32"))
      arguments += " {moe.var = @p" + std::to_string(i) + "}";
    arguments += ", ";
  }
  std::string type = test.result, axes;
  unsigned rank = StringRef(type).count('x');
  for (unsigned i = 0; i < rank; ++i)
    axes += (i ? ", " : "") + std::to_string(i);
  return "func.func @loss(" + arguments + "%weights: " + type +
         " {moe.field = \"weights\"}) -> tensor<f32> {\n" + test.body +
         "\n%product = moe.mul %y, %weights : " + type +
         "\n%sum = moe.reduce %product axes [" + axes + "] : " + type +
         " -> tensor<f32>\nreturn %sum : tensor<f32>\n}\n";
}

struct Gradient : testing::TestWithParam<Case> {
  static MLIRContext &context() {
    static MLIRContext *context = [] {
      DialectRegistry registry;
      registerAllDialects(registry);
      registerAllPasses();
      auto *created = new MLIRContext(registry);
      created->loadAllAvailableDialects();
      return created;
    }();
    return *context;
  }
};

TEST_P(Gradient, MatchesCentralDifferences) {
  OwningOpRef<ModuleOp> before =
      parseSourceString<ModuleOp>(lossText(GetParam()), &context());
  ASSERT_TRUE(before) << lossText(GetParam());
  OwningOpRef<ModuleOp> after = before->clone();
  ASSERT_TRUE(succeeded(reference::makeGradientFunctions(*after)));
  PassManager manager(&context());
  ASSERT_TRUE(succeeded(parsePassPipeline("moec-autodiff", manager)));
  ASSERT_TRUE(succeeded(manager.run(*after)));
  auto loss = before->lookupSymbol<func::FuncOp>("loss");
  auto step = after->lookupSymbol<func::FuncOp>("train_step");
  ASSERT_TRUE(loss && step);
  for (uint64_t seed : {1, 2, 3}) {
    auto arguments = reference::makeArguments(loss, seed);
    ASSERT_TRUE(succeeded(arguments));
    auto worst = reference::gradientError(loss, step, *arguments);
    ASSERT_TRUE(succeeded(worst));
    EXPECT_LE(worst->error, 1e-6)
        << "seed " << seed << ", parameter " << worst->parameter;
    EXPECT_FALSE(worst->parameter.empty()) << "no parameter was checked";
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, Gradient, testing::ValuesIn(cases),
                         [](const auto &info) { return info.param.name; });

/// A differentiable op without a case above is an op whose gradient nobody
/// checks.
TEST(Gradients, EveryDifferentiableOpHasACase) {
  MLIRContext &context = Gradient::context();
  llvm::StringSet<> seen;
  for (const Case &test : cases)
    if (auto module = parseSourceString<ModuleOp>(lossText(test), &context)) {
      // The product and the sum at the end stand in every case.
      unsigned products = 0, sums = 0;
      module->walk([&](Operation *op) {
        products += isa<moe::MulOp>(op);
        sums += isa<moe::ReduceOp>(op);
        if (!isa<moe::MulOp, moe::ReduceOp>(op))
          seen.insert(op->getName().getStringRef());
      });
      if (products > 1)
        seen.insert("moe.mul");
      if (sums > 1)
        seen.insert("moe.reduce");
    }
  unsigned differentiable = 0;
  for (RegisteredOperationName name : context.getRegisteredOperations()) {
    if (!name.hasInterface<moe::DifferentiableOpInterface>())
      continue;
    ++differentiable;
    EXPECT_TRUE(seen.contains(name.getStringRef()))
        << name.getStringRef().str() << " has no case in GradientTest.cpp";
  }
  EXPECT_GT(differentiable, 0u);
}

/// The check itself must not let a wrong gradient through.
TEST(Gradients, WrongOrMissingGradientIsFound) {
  const char *text = R"(
    func.func @loss(%x: tensor<2xf32> {moe.var = @x}) -> tensor<f32> {
      %y = moe.mul %x, %x : tensor<2xf32>
      %s = moe.reduce %y axes [0] : tensor<2xf32> -> tensor<f32>
      return %s : tensor<f32>
    }
    func.func @right(%x: tensor<2xf32>) -> (tensor<f32>, tensor<2xf32>) {
      %l = moe.fill 0.0 : tensor<f32>
      %d = moe.scale %x by 2.0 : tensor<2xf32>
      return %l, %d : tensor<f32>, tensor<2xf32>
    }
    func.func @wrong(%x: tensor<2xf32>) -> (tensor<f32>, tensor<2xf32>) {
      %l = moe.fill 0.0 : tensor<f32>
      %d = moe.scale %x by 2.00001 : tensor<2xf32>
      return %l, %d : tensor<f32>, tensor<2xf32>
    }
    func.func @missing(%x: tensor<2xf32>) -> tensor<f32> {
      %l = moe.fill 0.0 : tensor<f32>
      return %l : tensor<f32>
    })";
  MLIRContext &context = Gradient::context();
  auto module = parseSourceString<ModuleOp>(text, &context);
  ASSERT_TRUE(module);
  auto loss = module->lookupSymbol<func::FuncOp>("loss");
  auto arguments = reference::makeArguments(loss, 5);
  ASSERT_TRUE(succeeded(arguments));
  auto check = [&](const char *name) {
    return reference::gradientError(
        loss, module->lookupSymbol<func::FuncOp>(name), *arguments);
  };
  auto right = check("right"), wrong = check("wrong");
  ASSERT_TRUE(succeeded(right) && succeeded(wrong));
  EXPECT_LE(right->error, 1e-9);
  EXPECT_GT(wrong->error, 1e-6);
  ScopedDiagnosticHandler silence(&context, [](Diagnostic &) {});
  EXPECT_TRUE(failed(check("missing")));
}
} // namespace
