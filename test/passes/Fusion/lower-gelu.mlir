// A GELU by powers of 2, or by quotients of polynomials where the machine prefers them.
// RUN: moec-opt %s -split-input-file -moec-lower-to-kernel -mlir-print-local-scope | FileCheck %s
// RUN: sed 's/vector_bytes = 32, vector_registers = 16/vector_bytes = 64, vector_registers = 32/' %s | moec-opt -split-input-file -moec-lower-to-kernel | FileCheck %s --check-prefix=WIDE
// RUN: sed -n '/^module/,$p' %s > %t.mlir
// RUN: moec-interpret %t.mlir --pipeline=moec-lower-to-kernel

// max(x, 0) less m times a tail: of m = min(|x|, bound), so that no infinity
// meets the 0 that the tail becomes.
// CHECK-LABEL: func @gelu(
// CHECK: kernel.map
// CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
// CHECK: %[[ABS:.*]] = math.absf %[[X]]
// CHECK: %[[M:.*]] = arith.select %{{.*}}, %{{.*}}, %[[ABS]]
// CHECK-COUNT-8: math.fma %{{.*}}, %[[M]], %{{.*}}
// CHECK-NEXT: %[[Q:.*]] = math.exp2
// CHECK: %[[NEG:.*]] = arith.negf %[[M]]
// CHECK: math.fma %[[NEG]], %[[Q]], %{{.*}}
// CHECK: kernel.map
// CHECK: %[[ABS:.*]] = math.absf
// CHECK: arith.select %{{.*}}, %{{.*}}, %[[ABS]]
// CHECK: %[[E:.*]] = math.exp2
// CHECK: %[[SUM:.*]] = arith.addf %[[E]]
// CHECK: arith.divf %[[E]], %[[SUM]] fastmath<ninf,arcp,contract>
func.func @gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = moe.gelu %x : tensor<4xf32>
  %1 = moe.gelu %0 tanh : tensor<4xf32>
  return %1 : tensor<4xf32>
}

// 1 - h or h, by the sign: nothing is subtracted from 1 and then multiplied.
// CHECK-LABEL: func @gelu_gradient
// CHECK: kernel.map dims [4] ins(%arg0, %arg1 :
// CHECK: math.exp2
// CHECK: math.exp2
// CHECK: kernel.map
// CHECK: %[[E:.*]] = math.exp2
// CHECK: %[[Q:.*]] = arith.divf %[[E]]
// CHECK: %[[NEG:.*]] = arith.negf %[[Q]]
// CHECK: math.fma %[[NEG]], %[[Q]], %[[Q]]
// CHECK: %[[H:.*]] = arith.addf %[[Q]]
// CHECK: %[[REST:.*]] = arith.subf %{{.*}}, %[[H]]
// CHECK: arith.select %{{.*}}, %[[H]], %[[REST]]
func.func @gelu_gradient(%x: tensor<4xf32>, %dy: tensor<4xf32>) -> tensor<4xf32> {
  %0 = moe.gelu_grad %x, %dy : tensor<4xf32>
  %1 = moe.gelu_grad %x, %0 tanh : tensor<4xf32>
  return %1 : tensor<4xf32>
}

// -----

// Sixteen lanes take quotients, too.
// WIDE: attributes {kernel.machine
// WIDE-NOT: math.exp2

// Both polynomials of m^2, of degree 6 and 4; of the derivative, 7 and 5.
// CHECK: module attributes
// CHECK-LABEL: func @gelu(
// CHECK: %[[ABS:.*]] = math.absf
// CHECK: %[[M:.*]] = arith.select %{{.*}}, %{{.*}}, %[[ABS]]
// CHECK: %[[SQUARE:.*]] = arith.mulf %[[M]], %[[M]]
// CHECK-COUNT-6: math.fma %{{.*}}, %[[SQUARE]], %{{.*}}
// CHECK: arith.addf %[[SQUARE]], %{{.*}}
// CHECK-COUNT-3: math.fma %{{.*}}, %[[SQUARE]], %{{.*}}
// CHECK: arith.mulf %[[M]],
// CHECK-NEXT: arith.divf %{{.*}}, %{{.*}} : f32
// CHECK-NEXT: arith.subf
// CHECK-NOT: math.exp2
// CHECK: kernel.map
// CHECK-LABEL: func @gelu_gradient
// CHECK: kernel.map dims [4] ins(%arg0, %arg1 :
// CHECK-COUNT-7: math.fma
// CHECK: arith.addf
// CHECK-COUNT-4: math.fma
// CHECK: %[[H:.*]] = arith.subf
// CHECK: %[[REST:.*]] = arith.subf %{{.*}}, %[[H]]
// CHECK: arith.select %{{.*}}, %[[H]], %[[REST]]
// CHECK-NOT: math.exp2
module attributes {kernel.machine = #kernel.cpu<cores = 2, vector_bytes = 32, vector_registers = 16>} {
func.func @gelu(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = moe.gelu %x : tensor<4xf32>
  %1 = moe.gelu %0 tanh : tensor<4xf32>
  return %1 : tensor<4xf32>
}

func.func @gelu_gradient(%x: tensor<4xf32>, %dy: tensor<4xf32>) -> tensor<4xf32> {
  %0 = moe.gelu_grad %x, %dy : tensor<4xf32>
  %1 = moe.gelu_grad %x, %0 tanh : tensor<4xf32>
  return %1 : tensor<4xf32>
}
}
