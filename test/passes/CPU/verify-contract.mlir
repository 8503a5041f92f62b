// RUN: moec-opt %s --moec-verify-cpu --split-input-file --verify-diagnostics

func.func private @route() attributes {kernel.builtin = "route", kernel.attributes = {items = 4}}
func.func private @k() attributes {kernel.blocks = 2 : i64, kernel.scratch = 0 : i64}
kernel.program @infer arena 64 inputs [] outputs [] {
  kernel.launch @route []
  kernel.launch @k []
}

// -----

func.func private @k() attributes {kernel.blocks = 2 : i64}
kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{launches @k, which no pass of this phase lowered}}
  kernel.launch @k []
}

// -----

kernel.program @infer arena 64 inputs [] outputs [] {
  // expected-error @below {{launches @gone, which no pass of this phase lowered}}
  kernel.launch @gone []
}
