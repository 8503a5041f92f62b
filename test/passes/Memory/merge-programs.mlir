// RUN: moec-opt %s --moec-merge-programs | FileCheck %s

// One entry with both programs' launches, the larger arena, and each input once.

// CHECK: kernel.program @train_step arena 128
// CHECK-SAME: inputs [{name = "image"}, {name = "step"}, {name = "learning_rate"}]
// CHECK-SAME: outputs [{name = "loss"}, {name = "grad_norm"}]
// CHECK-NEXT: launch @k0
// CHECK-NEXT: launch @k1
// CHECK-NOT: @update
kernel.program @train_step arena 128 inputs [{name = "image"}, {name = "step"}] outputs [{name = "loss"}] {
  kernel.launch @k0 []
}
kernel.program @update arena 64 inputs [{name = "step"}, {name = "learning_rate"}] outputs [{name = "grad_norm"}] {
  kernel.launch @k1 []
}
