// RUN: moec-opt %s -moec-verify-fusion -split-input-file -verify-diagnostics

func.func @left(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'moe.scale' op is left after lowering to kernels; only moe.repeat and moe.yield may be (run moec-lower-to-kernel)}}
  %y = moe.scale %x by 2.0 : tensor<4xf32>
  return %y : tensor<4xf32>
}

// -----

// expected-error @below {{'func.func' op still has a value of type !moe.routing; after lowering to kernels a plan is a tensor of i32}}
func.func @plan(%p: !moe.routing<items = 8, experts = 2, k = 1, capacity = 8>) {
  return
}

// -----

func.func @structure(%x: tensor<8xf32>) -> tensor<8xf32> {
  %r = moe.repeat 4 carry(%x : tensor<8xf32>) stacked() {
  ^bb0(%c: tensor<8xf32>):
    moe.yield %c : tensor<8xf32>
  } -> tensor<8xf32>
  return %r : tensor<8xf32>
}
