// RUN: moec-opt %s --moec-gpu-special-functions | FileCheck %s
// RUN: moec-opt %s --pass-pipeline="builtin.module(func.func(moec-approximate-math{keep-exp},moec-gpu-special-functions))" | FileCheck %s --check-prefix=KEPT

// CHECK-LABEL: func.func @exp
// CHECK:         %[[LOG2E:.*]] = arith.constant 1.44269502 : f32
// CHECK:         %[[T:.*]] = arith.mulf %{{.*}}, %[[LOG2E]] : f32
// CHECK:         llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"(%[[T]])
// KEPT-LABEL: func.func @exp
// KEPT-NOT:     math.
// KEPT:         llvm.nvvm.ex2.approx
// KEPT-NOT:     llvm.nvvm.ex2.approx
func.func @exp(%x: f32) -> f32 {
  %y = math.exp %x : f32
  return %y : f32
}

// CHECK-LABEL: func.func @exp2
// CHECK-NEXT:    llvm.call_intrinsic "llvm.nvvm.ex2.approx.ftz.f32"(%{{.*}})
// KEPT-LABEL: func.func @exp2
// KEPT:         llvm.nvvm.ex2.approx
func.func @exp2(%x: f32) -> f32 {
  %y = math.exp2 %x : f32
  return %y : f32
}

// What the other functions are made of is computed there; no branch.
// KEPT-LABEL: func.func @tanh
// KEPT:         %[[MAGNITUDE:.*]] = math.absf
// KEPT-NOT:     arith.divf
// KEPT:         llvm.nvvm.ex2.approx
// KEPT:         nvvm.rcp.approx.ftz.f
// KEPT:         arith.cmpf olt, %[[MAGNITUDE]]
// KEPT:         arith.select
// KEPT:         math.copysign
func.func @tanh(%x: f32) -> f32 {
  %y = math.tanh %x : f32
  return %y : f32
}

// Divisions of the model are exact.
// CHECK-LABEL: func.func @quotients
// CHECK:         %[[R:.*]] = nvvm.rcp.approx.ftz.f %[[B:.*]] : f32
// CHECK:         arith.mulf %{{.*}}, %[[R]] : f32
// CHECK:         arith.divf %{{.*}}, %[[B]] : f32
func.func @quotients(%a: f32, %b: f32) -> (f32, f32) {
  %x = arith.divf %a, %b fastmath<arcp> : f32
  %y = arith.divf %a, %b : f32
  return %x, %y : f32, f32
}
