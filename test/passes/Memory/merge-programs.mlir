// RUN: moec-opt %s --moec-merge-programs | FileCheck %s

// One entry with both programs' launches, the larger arena, and each input once.

// CHECK: kernel.program @train_step arena 128
// CHECK-SAME: inputs [{dtype = "i32", name = "image", shape = []}, {dtype = "i32", name = "step", shape = []}, {dtype = "f32", name = "learning_rate", shape = []}]
// CHECK-SAME: outputs [{dtype = "f32", name = "loss", shape = []}, {dtype = "f32", name = "grad_norm", shape = []}]
// CHECK-NEXT: launch @k0
// CHECK-NEXT: launch @k1
// CHECK-NOT: @update
kernel.program @train_step arena 128 inputs [{name = "image", dtype = "i32", shape = []}, {name = "step", dtype = "i32", shape = []}] outputs [{name = "loss", dtype = "f32", shape = []}] {
  kernel.launch @k0 []
}
kernel.program @update arena 64 inputs [{name = "step", dtype = "i32", shape = []}, {name = "learning_rate", dtype = "f32", shape = []}] outputs [{name = "grad_norm", dtype = "f32", shape = []}] {
  kernel.launch @k1 []
}
