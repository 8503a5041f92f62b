// RUN: moec-opt %s -split-input-file -verify-diagnostics

// expected-error @+1 {{expected variant, stages or warps, got stagse}}
#s = #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], stagse = 3>

// -----

// expected-error @+1 {{stages: expected >= 1, got 0}}
#s = #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], stages = 0>

// -----

// expected-error @+1 {{expected sizes of tile and micro from 1 to 1048576, got 0}}
#s = #kernel.schedule<tile = [32, 32, 0], micro = [4, 4]>

// -----

// expected-error @+1 {{expected sizes of tile and micro from 1 to 1048576, got 4611686018427387904}}
#s = #kernel.schedule<tile = [64, 4611686018427387904, 64], micro = [32, 16]>

// -----

// expected-error @+1 {{expected warps from 1 to 64, got 65}}
#s = #kernel.schedule<tile = [8, 32, 128], micro = [8, 4], variant = skinny, warps = 65>

// -----

// expected-error @+1 {{variant: expected simt, mma.sync, skinny or wgmma, got fast}}
#s = #kernel.schedule<tile = [64, 64, 32], micro = [32, 32], variant = fast>
