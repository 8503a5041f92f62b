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
