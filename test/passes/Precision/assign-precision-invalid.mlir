// RUN: not moec-opt %s --moec-assign-precision=precision=f16 2>&1 | FileCheck %s
// CHECK: error: moec-assign-precision: expected precision f32 or bf16, got 'f16'
module {}
