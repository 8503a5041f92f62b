//===- roles.c - A module by hand with variables of every role ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Two entries that do nothing.
//
//===----------------------------------------------------------------------===//

#include <stdint.h>

#define MANIFEST(...)                                                          \
  const char moec_manifest[] = #__VA_ARGS__;                                   \
  const uint64_t moec_manifest_size = sizeof(moec_manifest) - 1;

// clang-format off
MANIFEST({
  "format": "moec.module/4", "model": "roles",
  "target": { "triple": "x86_64-pc-linux-gnu", "features": ["sse2"] },
  "blocks": [ { "name": "shadow", "bytes": 24 }, { "name": "parameter", "bytes": 24 }, { "name": "moment", "bytes": 3 },
              { "name": "statistic", "bytes": 12 }, { "name": "derived", "bytes": 8 } ],
  "variables": [
    { "name": "weight", "role": "parameter", "dtype": "f32", "shape": [2, 3], "block": "parameter", "offset": 0, "init": { "op": "uniform", "limit": 1 } },
    { "name": "count", "role": "statistic", "dtype": "i32", "shape": [2], "block": "statistic", "offset": 4, "init": { "op": "ones" } },
    { "name": "ema.weight", "role": "shadow", "of": "weight", "dtype": "f32", "shape": [2, 3], "block": "shadow", "offset": 0 },
    { "name": "flags", "role": "moment", "dtype": "u8", "shape": [3], "block": "moment", "offset": 0 },
    { "name": "packed", "role": "derived", "of": "weight", "dtype": "f32", "shape": [2], "block": "derived", "offset": 0 } ],
  "kernels": [],
  "entries": [ { "name": "infer", "batch": 1, "arena": 0, "writes": [], "inputs": [], "outputs": [], "program": [] },
               { "name": "pack", "arena": 0, "writes": ["derived"], "inputs": [], "outputs": [], "program": [] } ]
})
