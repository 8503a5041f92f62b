// What does not matter for the script goes: other functions, and ops that
// nothing interesting reads.
//
// RUN: moec-reduce %s --reduction-tree='traversal-mode=0 test=%S/Inputs/uses-softmax.sh' | FileCheck %s --implicit-check-not=moe.mul --implicit-check-not=@other

// Passes of moec make it smaller too.
//
// RUN: moec-reduce %s --opt-reduction-pass='opt-pass=symbol-dce test=%S/Inputs/uses-softmax.sh' | FileCheck %s --implicit-check-not=@other

// CHECK: moe.softmax
func.func @main(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %unused = moe.mul %x, %x : tensor<2x3xf32>
  %s = moe.softmax %x axes [1] : tensor<2x3xf32>
  return %s : tensor<2x3xf32>
}

func.func private @other(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  return %x : tensor<2x3xf32>
}
