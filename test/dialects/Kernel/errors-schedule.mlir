// RUN: moec-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{expected variant, stages or warps, got stagse}}
#s = #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], stagse = 3>

// -----

// expected-error @+1 {{stages: expected >= 1, got 0}}
#s = #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], stages = 0>
