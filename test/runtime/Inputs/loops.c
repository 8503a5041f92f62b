//===- loops.c - A module by hand: repeat, stride and ring ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A chain over three stacked parameters of 16 elements, forwards (chain) and
// backwards (back), that alternates between two buffers of the arena; and a
// routing. Blocks are elements.
//
//===----------------------------------------------------------------------===//

#include <stdint.h>

#define EACH                                                                   \
  (void)scratch;                                                               \
  for (int64_t i = begin; i < end; ++i)

void loops_copy(void *const *args, int64_t begin, int64_t end, void *scratch) {
  const float *from = args[0];
  float *to = args[1];
  EACH to[i] = from[i];
}

// Order matters: 2x + p differs when the parameters come in another order.
void loops_step(void *const *args, int64_t begin, int64_t end, void *scratch) {
  const float *from = args[0], *parameter = args[1];
  float *to = args[2];
  EACH to[i] = 2.0f * from[i] + parameter[i];
}

#define MANIFEST(...)                                                          \
  const char moec_manifest[] = #__VA_ARGS__;                                   \
  const uint64_t moec_manifest_size = sizeof(moec_manifest) - 1;

// clang-format off
MANIFEST({
  "format": "moec.module/4", "model": "loops",
  "target": { "triple": "x86_64-pc-linux-gnu", "features": [] },
  "blocks": [ { "name": "parameter", "bytes": 192 } ],
  "variables": [
    { "name": "p", "role": "parameter", "dtype": "f32", "shape": [3, 16], "block": "parameter", "offset": 0, "init": { "op": "uniform", "limit": 1.0 } } ],
  "kernels": [
    { "symbol": "loops_copy", "blocks": 16 },
    { "symbol": "loops_step", "blocks": 16, "flops": 32, "nodes": ["stack.a", "stack.b"] },
    { "symbol": "builtin:route", "blocks": 1, "scratch": 0,
      "attributes": { "items": 4, "experts": 2, "k": 1, "capacity": 3, "groups": 1, "priority": "position" } } ],
  "entries": [
    { "name": "chain", "batch": 1, "arena": 128, "writes": [],
      "inputs": [ { "name": "x", "dtype": "f32", "shape": [16], "source": "field" } ],
      "outputs": [ { "name": "y", "dtype": "f32", "shape": [16], "kind": "output" } ],
      "program": [
        { "launch": 0, "args": [ { "block": "in0", "offset": 0, "bytes": 64 }, { "block": "arena", "offset": 0, "bytes": 64 } ] },
        { "repeat": 3, "body": [
          { "launch": 1, "args": [ { "block": "arena", "offset": 0, "bytes": 64, "ring": [0, 2, 64] },
                                   { "block": "parameter", "offset": 0, "bytes": 64, "stride": 64 },
                                   { "block": "arena", "offset": 0, "bytes": 64, "ring": [1, 2, 64] } ] } ] },
        { "launch": 0, "args": [ { "block": "arena", "offset": 64, "bytes": 64 }, { "block": "out0", "offset": 0, "bytes": 64 } ] } ] },
    { "name": "back", "batch": 1, "arena": 128, "writes": [],
      "inputs": [ { "name": "x", "dtype": "f32", "shape": [16], "source": "field" } ],
      "outputs": [ { "name": "y", "dtype": "f32", "shape": [16], "kind": "output" } ],
      "program": [
        { "launch": 0, "args": [ { "block": "in0", "offset": 0, "bytes": 64 }, { "block": "arena", "offset": 0, "bytes": 64 } ] },
        { "repeat": 3, "body": [
          { "launch": 1, "args": [ { "block": "arena", "offset": 0, "bytes": 64, "ring": [0, 2, 64] },
                                   { "block": "parameter", "offset": 128, "bytes": 64, "stride": -64 },
                                   { "block": "arena", "offset": 0, "bytes": 64, "ring": [1, 2, 64] } ] } ] },
        { "launch": 0, "args": [ { "block": "arena", "offset": 64, "bytes": 64 }, { "block": "out0", "offset": 0, "bytes": 64 } ] } ] },
    { "name": "route", "batch": 1, "arena": 0, "writes": [],
      "inputs": [ { "name": "gates", "dtype": "f32", "shape": [4, 2], "source": "field" } ],
      "outputs": [ { "name": "weights", "dtype": "f32", "shape": [4, 1], "kind": "output" }, { "name": "plan", "dtype": "i32", "shape": [19], "kind": "output" } ],
      "program": [ { "launch": 2, "args": [ { "block": "in0", "offset": 0, "bytes": 32 }, { "block": "out0", "offset": 0, "bytes": 16 }, { "block": "out1", "offset": 0, "bytes": 76 } ] } ] } ]
})
