// RUN: moec-opt %s --moec-approximate-math | FileCheck %s

// CHECK-LABEL: func @all
// CHECK-NOT:   math.{{(exp|log|tanh|erf|sin|cos|log1p|expm1)}}
// CHECK:       math.sqrt
func.func @all(%x: vector<16xf32>, %y: f32) -> (vector<16xf32>, f32) {
  %a = math.exp %x : vector<16xf32>
  %b = math.log %a : vector<16xf32>
  %c = math.tanh %b : vector<16xf32>
  %d = math.erf %c : vector<16xf32>
  %e = math.sin %d : vector<16xf32>
  %f = math.cos %e : vector<16xf32>
  %g = math.log1p %f : vector<16xf32>
  %h = math.expm1 %g : vector<16xf32>
  %i = math.sqrt %h : vector<16xf32>
  %s = math.exp %y : f32
  return %i, %s : vector<16xf32>, f32
}

// The division of a rational approximation may be estimated, the model's not.
// CHECK-LABEL: func @division
// CHECK:       arith.divf {{.*}} fastmath<ninf,arcp>
// CHECK:       arith.divf %{{[^ ]*}}, %{{[^ ]*}} : vector<16xf32>
// CHECK-NOT:   moec.exact
func.func @division(%x: vector<16xf32>, %y: vector<16xf32>) -> vector<16xf32> {
  %t = math.tanh %x : vector<16xf32>
  %d = arith.divf %t, %y : vector<16xf32>
  return %d : vector<16xf32>
}
