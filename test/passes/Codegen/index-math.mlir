// Positions are index on a CPU and i32 on a GPU; what a factor of 1 or a summand of 0 would do is left out.
// RUN: moec-opt %s --moec-lower-contract | FileCheck %s
// RUN: sed 's/#kernel.cpu<.*>}/#kernel.gpu<multiprocessors = 132, shared_bytes = 232448>}/' %s | moec-opt --pass-pipeline='builtin.module(func.func(moec-gpu-lower-contract))' | FileCheck %s --check-prefix=GPU

// CHECK-LABEL: func.func @edges
// CHECK: arith.remui %{{.*}}, %{{.*}} : index
// CHECK: arith.muli %{{.*}}, %{{.*}} : index
// CHECK: arith.minsi %{{.*}}, %{{.*}} : index
// CHECK-NOT: i32
// GPU-LABEL: func.func @edges
// GPU: arith.index_castui %{{.*}} : index to i32
// GPU: arith.remui %{{.*}}, %{{.*}} : i32
// GPU: arith.muli %{{.*}}, %{{.*}} : i32
// GPU: arith.minsi %{{.*}}, %{{.*}} : i32
module attributes {kernel.machine = #kernel.cpu<cores = 8, vector_bytes = 64, vector_registers = 32>} {
func.func @edges(%x: memref<40x16xf32>, %w: memref<16x40xf32>, %y: memref<40x40xf32>,
                 %begin: index, %end: index, %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.contract dims [40, 40, 16] ins(%x, %w : memref<40x16xf32>, memref<16x40xf32>) outs(%y : memref<40x40xf32>)
    maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (m, n)>]
    schedule #kernel.schedule<tile = [32, 32, 16], micro = [4, 4]>
    lhs { ^bb0(%a: f32, %b: f32): kernel.yield %a : f32 }
    rhs { ^bb0(%a: f32, %b: f32): kernel.yield %b : f32 }
    epilogue { ^bb0(%a: f32, %b: f32, %acc: f32): kernel.yield %acc : f32 }
  return
}
}
