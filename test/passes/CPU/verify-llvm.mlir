// RUN: moec-opt %s --moec-verify-llvm --split-input-file --verify-diagnostics

llvm.func @route() attributes {kernel.builtin = "route", kernel.attributes = {items = 4}}
llvm.func @k(%args: !llvm.ptr, %begin: i64, %end: i64, %scratch: !llvm.ptr) attributes {kernel.blocks = 2 : i64, kernel.scratch = 0 : i64} {
  llvm.return
}
kernel.program @infer arena 64 inputs [] outputs [] {
  kernel.launch @route []
  kernel.launch @k []
}

// -----

llvm.func @cast(%p: !llvm.ptr) {
  // expected-error @below {{'builtin.unrealized_conversion_cast' op is left in @cast; expected ops of llvm alone}}
  %m = builtin.unrealized_conversion_cast %p : !llvm.ptr to memref<8xf32>
  llvm.return
}

// -----

llvm.func @add(%x: f32) {
  // expected-error @below {{'arith.addf' op is left in @add; expected ops of llvm alone}}
  %y = arith.addf %x, %x : f32
  llvm.return
}

// -----

// expected-error @below {{'func.func' op is left in @f; expected ops of llvm alone}}
func.func private @f()

// -----

llvm.func @k(%args: !llvm.ptr, %begin: i64, %end: i64, %scratch: !llvm.ptr) attributes {kernel.blocks = 2 : i64} {
  llvm.return
}
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{launches @k, which no pass of this phase lowered}}
  kernel.launch @k []
}

// -----

// expected-error @below {{is launched: expected a body and the type '!llvm.func<void (ptr, i64, i64, ptr)>' that the runtime calls, visible from outside}}
llvm.func @k(%x: !llvm.ptr, %args: !llvm.ptr, %begin: i64, %end: i64, %scratch: !llvm.ptr) attributes {kernel.blocks = 2 : i64, kernel.scratch = 0 : i64} {
  llvm.return
}
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-note @below {{the launch}}
  kernel.launch @k []
}

// -----

// expected-error @below {{is launched: expected a body}}
llvm.func @k(!llvm.ptr, i64, i64, !llvm.ptr) attributes {kernel.blocks = 2 : i64, kernel.scratch = 0 : i64}
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-note @below {{the launch}}
  kernel.launch @k []
}

// -----

// expected-error @below {{visible from outside}}
llvm.func internal @k(%args: !llvm.ptr, %begin: i64, %end: i64, %scratch: !llvm.ptr) attributes {kernel.blocks = 2 : i64, kernel.scratch = 0 : i64} {
  llvm.return
}
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-note @below {{the launch}}
  kernel.launch @k []
}
