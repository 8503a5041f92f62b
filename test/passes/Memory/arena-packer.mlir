// RUN: moec-opt %s --moec-plan-memory | FileCheck %s

// Three values follow each other, each alive until the next one is computed:
// the third takes the place of the first, and 100 bytes take 128. That no two
// that live together overlap is tried on random lifetimes in ArenaPackerTest.cpp.

// CHECK: kernel.program @infer arena 256
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<field "x", offset = 0, bytes = 100>, #kernel.address<arena, offset = [[FIRST:[0-9]+]], bytes = 100>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<arena, offset = [[FIRST]], bytes = 100>, #kernel.address<arena, offset = [[SECOND:[0-9]+]], bytes = 100>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<arena, offset = [[SECOND]], bytes = 100>, #kernel.address<arena, offset = [[FIRST]], bytes = 100>]
// CHECK-NEXT: kernel.launch @{{.*}} [#kernel.address<arena, offset = [[FIRST]], bytes = 100>, #kernel.address<output "y", offset = 0, bytes = 100>]
#id = affine_map<(i) -> (i)>
module {
  func.func @infer(%x: tensor<25xf32> {moe.field = "x"}) -> (tensor<25xf32> {moe.output = "y"}) {
    %e = tensor.empty() : tensor<25xf32>
    %a = kernel.map dims [25] ins(%x : tensor<25xf32>) outs(%e : tensor<25xf32>) maps [#id, #id]
      body { ^bb0(%v: f32):
        %s = math.exp %v : f32
        kernel.yield %s : f32 } -> tensor<25xf32>
    %f = tensor.empty() : tensor<25xf32>
    %b = kernel.map dims [25] ins(%a : tensor<25xf32>) outs(%f : tensor<25xf32>) maps [#id, #id]
      body { ^bb0(%v: f32):
        %s = math.exp %v : f32
        kernel.yield %s : f32 } -> tensor<25xf32>
    %g = tensor.empty() : tensor<25xf32>
    %c = kernel.map dims [25] ins(%b : tensor<25xf32>) outs(%g : tensor<25xf32>) maps [#id, #id]
      body { ^bb0(%v: f32):
        %s = math.exp %v : f32
        kernel.yield %s : f32 } -> tensor<25xf32>
    %h = tensor.empty() : tensor<25xf32>
    %d = kernel.map dims [25] ins(%c : tensor<25xf32>) outs(%h : tensor<25xf32>) maps [#id, #id]
      body { ^bb0(%v: f32):
        %s = math.exp %v : f32
        kernel.yield %s : f32 } -> tensor<25xf32>
    return %d : tensor<25xf32>
  }
}
