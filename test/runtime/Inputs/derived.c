//===- derived.c - A module by hand with a derived variable ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// `double` makes `twice` of `weight`. `grow` adds 1 to `weight`, `keep` does
// that and writes `twice`, `infer` tells what `twice` is.
//
//===----------------------------------------------------------------------===//

#include <stdint.h>

void derived_twice(void *const *args, int64_t begin, int64_t end,
                   void *scratch) {
  const float *weight = args[0];
  float *twice = args[1];
  for (int64_t i = begin; i < end; ++i)
    twice[i] = 2 * weight[i];
}

void derived_grow(void *const *args, int64_t begin, int64_t end,
                  void *scratch) {
  float *weight = args[0];
  for (int64_t i = begin; i < end; ++i)
    weight[i] += 1;
}

void derived_copy(void *const *args, int64_t begin, int64_t end,
                  void *scratch) {
  const float *from = args[0];
  float *to = args[1];
  for (int64_t i = begin; i < end; ++i)
    to[i] = from[i];
}

#define MANIFEST(...)                                                          \
  const char moec_manifest[] = #__VA_ARGS__;                                   \
  const uint64_t moec_manifest_size = sizeof(moec_manifest) - 1;

// clang-format off
MANIFEST({
  "format": "moec.module/4", "model": "derived",
  "target": { "triple": "x86_64-pc-linux-gnu", "features": [] },
  "blocks": [ { "name": "parameter", "bytes": 64 }, { "name": "derived", "bytes": 64 }, { "name": "shadow", "bytes": 64 } ],
  "variables": [
    { "name": "weight", "role": "parameter", "dtype": "f32", "shape": [4], "block": "parameter", "offset": 0, "init": { "op": "normal", "std": 1.0 } },
    { "name": "twice", "role": "derived", "dtype": "f32", "shape": [4], "block": "derived", "offset": 0 },
    { "name": "ema.weight", "role": "shadow", "of": "weight", "dtype": "f32", "shape": [4], "block": "shadow", "offset": 0 },
    { "name": "beside", "role": "derived", "dtype": "f32", "shape": [1], "block": "derived", "offset": 24, "init": { "op": "ones" } },
    { "name": "half", "role": "derived", "dtype": "bf16", "shape": [4], "block": "derived", "offset": 16, "init": { "op": "ones" } } ],
  "kernels": [ { "symbol": "derived_twice", "blocks": 4 }, { "symbol": "derived_grow", "blocks": 4 }, { "symbol": "derived_copy", "blocks": 4 } ],
  "entries": [
    { "name": "infer", "batch": 1, "arena": 0, "writes": [], "inputs": [],
      "outputs": [ { "name": "y", "dtype": "f32", "shape": [4], "kind": "output" } ],
      "program": [ { "launch": 2, "args": [ { "block": "derived", "bytes": 16 }, { "block": "out0", "bytes": 16 } ] } ] },
    { "name": "double", "batch": 0, "arena": 0, "writes": ["derived"], "inputs": [], "outputs": [],
      "program": [ { "launch": 0, "args": [ { "block": "parameter", "bytes": 16 }, { "block": "derived", "bytes": 16 } ] } ] },
    { "name": "grow", "arena": 0, "writes": ["parameter"], "inputs": [], "outputs": [],
      "program": [ { "launch": 1, "args": [ { "block": "parameter", "bytes": 16 } ] } ] },
    { "name": "keep", "arena": 0, "writes": ["parameter", "derived"], "inputs": [], "outputs": [],
      "program": [ { "launch": 1, "args": [ { "block": "parameter", "bytes": 16 } ] },
                   { "launch": 0, "args": [ { "block": "parameter", "bytes": 16 }, { "block": "derived", "bytes": 16 } ] } ] } ]
})
