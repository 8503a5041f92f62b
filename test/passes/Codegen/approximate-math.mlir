// RUN: moec-opt %s --moec-approximate-math --split-input-file --verify-diagnostics | FileCheck %s
// RUN: moec-opt %s --moec-approximate-math=keep-exp --split-input-file --verify-diagnostics | FileCheck %s --check-prefix=KEPT

// CHECK-LABEL: func @all
// CHECK-NOT:   math.{{(exp|exp2|log|tanh|erf|cos|expm1)}}
// CHECK:       math.sqrt
// KEPT-LABEL:  func @all
// KEPT:        math.exp %
// KEPT:        math.exp2
// KEPT-NOT:    math.{{(log|tanh|erf|cos|expm1)}}
// KEPT:        math.sqrt
func.func @all(%x: vector<16xf32>, %y: f32) -> (vector<16xf32>, f32) {
  %a = math.exp %x : vector<16xf32>
  %g = math.exp2 %a : vector<16xf32>
  %b = math.log %g : vector<16xf32>
  %c = math.tanh %b : vector<16xf32>
  %d = math.erf %c : vector<16xf32>
  %e = math.cos %d : vector<16xf32>
  %f = math.expm1 %e : vector<16xf32>
  %i = math.sqrt %f : vector<16xf32>
  %s = math.exp %y : f32
  return %i, %s : vector<16xf32>, f32
}

// -----

// A power of 2 that is made of bits; no instruction that rounds, which some
// instruction sets lack.
// CHECK-LABEL: func @exp
// CHECK-SAME:    (%[[X:.*]]: f32)
// CHECK:         arith.select %{{.*}}, %{{.*}}, %[[X]] : f32
// CHECK-NOT:     math.{{(floor|roundeven)}}
// CHECK:         %[[BITS:.*]] = arith.bitcast %{{.*}} : f32 to i32
// CHECK:         arith.shli %[[BITS]]
// CHECK:         %[[POWER:.*]] = arith.bitcast %{{.*}} : i32 to f32
// CHECK:         %[[Y:.*]] = arith.mulf %{{.*}}, %[[POWER]] : f32
// CHECK-NEXT:    return %[[Y]]
func.func @exp(%x: f32) -> f32 {
  %y = math.exp %x : f32
  return %y : f32
}

// -----

// What is left of x after whole powers of 2 is exact, and both halves of the
// polynomial wait for it alone.
// CHECK-LABEL: func @exp2
// CHECK:         %[[N:.*]] = arith.subf
// CHECK:         %[[R:.*]] = arith.subf %{{.*}}, %[[N]]
// CHECK:         %[[HIGH:.*]] = math.fma %[[R]], %{{.*}}, %{{.*}} : vector<8xf32>
// CHECK:         %[[LOW:.*]] = math.fma %[[R]], %{{.*}}, %{{.*}} : vector<8xf32>
// CHECK:         %[[SQUARE:.*]] = arith.mulf %[[R]], %[[R]]
// CHECK:         math.fma %[[SQUARE]], %{{.*}}, %[[LOW]]
func.func @exp2(%x: vector<8xf32>) -> vector<8xf32> {
  %y = math.exp2 %x : vector<8xf32>
  return %y : vector<8xf32>
}

// -----

// x is held between -127 and 128, beyond which the power is 0 or infinite; where nothing is infinite, above -127 alone. The power of 2 are the
// low bits of x + 1.5 * 2^23 + 127, shifted to their place.
// CHECK-LABEL: func @exp2_finite
// CHECK-SAME:    (%[[X:.*]]: vector<8xf32>, %[[FINITE:.*]]: vector<8xf32>)
// CHECK:         arith.cmpf ogt, %[[X]],
// CHECK:         arith.cmpf olt
// CHECK:         %[[BIASED:.*]] = arith.constant dense<0x4B40007F> : vector<8xf32>
// CHECK-NEXT:    %[[SHIFTED:.*]] = arith.addf %{{.*}}, %[[BIASED]]
// CHECK:         %[[BITS:.*]] = arith.bitcast %[[SHIFTED]]
// CHECK:         %[[POWER:.*]] = arith.shli %[[BITS]]
// CHECK-NEXT:    arith.bitcast %[[POWER]]
// CHECK-NOT:     arith.cmpf ogt
// CHECK:         arith.cmpf olt, %[[FINITE]],
// CHECK-NOT:     arith.cmpf
// CHECK:         return
func.func @exp2_finite(%x: vector<8xf32>, %finite: vector<8xf32>) -> (vector<8xf32>, vector<8xf32>) {
  %y = math.exp2 %x : vector<8xf32>
  %z = math.exp2 %finite fastmath<ninf> : vector<8xf32>
  return %y, %z : vector<8xf32>, vector<8xf32>
}

// -----

// What is subtracted from 1 may be estimated; a division of the model not, nor
// one of eight lanes, which is ready sooner than an estimate.
// CHECK-LABEL: func @division
// CHECK:       %[[Q:.*]] = arith.divf {{.*}} fastmath<ninf,arcp,contract>
// CHECK:       math.fma %[[Q]]
// CHECK:       arith.divf %{{[^ ]*}}, %{{[^ ]*}} : vector<16xf32>
func.func @division(%x: vector<16xf32>, %y: vector<16xf32>) -> vector<16xf32> {
  %t = math.tanh %x : vector<16xf32>
  %d = arith.divf %t, %y : vector<16xf32>
  return %d : vector<16xf32>
}

// CHECK-LABEL: func @short_division
// CHECK:         arith.divf %{{[^ ]*}}, %{{[^ ]*}} fastmath<ninf> : vector<8xf32>
func.func @short_division(%x: vector<8xf32>, %y: vector<8xf32>) -> vector<8xf32> {
  %d = arith.divf %x, %y fastmath<ninf,arcp> : vector<8xf32>
  return %d : vector<8xf32>
}

// -----

func.func @unknown(%x: f32) -> f32 {
  // expected-error @below {{kernels have no code for this function; express it by math.exp, exp2, expm1, log, tanh, erf or cos}}
  %y = math.atan %x : f32
  return %y : f32
}

// -----

func.func @not_f32(%x: f64) -> f64 {
  // expected-error @below {{kernels compute functions in f32, got 'f64'}}
  %y = math.log %x : f64
  return %y : f64
}
