// RUN: split-file %s %t
// RUN: not moec-interpret %t/unknown.mlir 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// RUN: not moec-interpret %t/label.mlir 2>&1 | FileCheck %s --check-prefix=LABEL
// RUN: not moec-interpret %t/plan.mlir 2>&1 | FileCheck %s --check-prefix=PLAN
// RUN: not moec-interpret %t/bounds.mlir 2>&1 | FileCheck %s --check-prefix=BOUNDS
// RUN: not moec-interpret %t/range.mlir 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not moec-interpret %t/shape.mlir --input=%t/shape.json 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: not moec-interpret %t/shape.mlir --input=%t/count.json 2>&1 | FileCheck %s --check-prefix=COUNT
// RUN: not moec-interpret %t/shape.mlir --check-gradients --pipeline=cse 2>&1 | FileCheck %s --check-prefix=LOSS

//--- unknown.mlir
// UNKNOWN: error: the interpreter does not know this op
func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
  %y = math.exp %x : tensor<2xf32>
  return %y : tensor<2xf32>
}
//--- label.mlir
// LABEL: error: label 0: expected 0 <= label < 3, got 7
func.func @f(%x: tensor<1x3xf32>, %l: tensor<1xi32> {moe.range = [7, 8]}) -> tensor<f32> {
  %y = moe.softmax_cross_entropy %x, %l smoothing 0.0 : tensor<1x3xf32>, tensor<1xi32> -> tensor<f32>
  return %y : tensor<f32>
}
//--- plan.mlir
// PLAN: error: argument 0: expected a static tensor of numbers, to fill it, got '!moe.routing{{.*}}'; build routing plans inside of the function
func.func @f(%p: !moe.routing<items = 2, experts = 2, k = 1, capacity = 1>) {
  return
}
//--- bounds.mlir
// BOUNDS: error: {{.*}}input 0: index 2 of dimension 0 is outside of its 2 elements
func.func @f(%x: tensor<2xf32>) -> tensor<3xf32> {
  %rows = arith.constant dense<[0, 1, 2]> : tensor<3xi32>
  %e = tensor.empty() : tensor<3xf32>
  %y = kernel.map dims [3] ins(%x, %rows : tensor<2xf32>, tensor<3xi32>) outs(%e : tensor<3xf32>)
    maps [affine_map<(i) -> (0)>, affine_map<(i) -> (i)>, affine_map<(i) -> (i)>] gathers [1, -1]
    body { ^bb0(%a: f32, %r: i32): kernel.yield %a : f32 } -> tensor<3xf32>
  return %y : tensor<3xf32>
}
//--- range.mlir
// RANGE: error: argument 0: expected moe.range = [low, high] with low < high, got [3, 3]
func.func @f(%x: tensor<2xi32> {moe.range = [3, 3]}) {
  return
}
//--- shape.mlir
// SHAPE: error: argument 0: expected a value of type 'tensor<2xf32>', got numbers of shape [3]
// COUNT: error: {{.*}}count.json: "f": expected a function of the module and an array of its arguments
// LOSS: error: expected a function @loss, or one with moe.gradient in its body, to check gradients
func.func @f(%x: tensor<2xf32>) {
  return
}
//--- shape.json
{"f": [{"shape": [3], "data": [1, 2, 3]}]}
//--- count.json
{"f": []}
