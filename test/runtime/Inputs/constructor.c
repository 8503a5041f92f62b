//===- constructor.c - A module by hand that runs code when it is loaded --===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// It leaves MOEC_TEST_CONSTRUCTOR in the environment.
//
//===----------------------------------------------------------------------===//

#include <stdint.h>
#include <stdlib.h>

__attribute__((constructor)) static void constructor(void) {
  setenv("MOEC_TEST_CONSTRUCTOR", "ran", 1);
}

void nothing(void *const *args, int64_t begin, int64_t end, void *scratch) {
  (void)args, (void)begin, (void)end, (void)scratch;
}

#define MANIFEST(...)                                                          \
  const char moec_manifest[] = #__VA_ARGS__;                                   \
  const uint64_t moec_manifest_size = sizeof(moec_manifest) - 1;

// clang-format off
MANIFEST({
  "format": "moec.module/4", "model": "constructor", "compiler": "nobody",
  "target": { "triple": "x86_64-pc-linux-gnu", "features": ["sse2"] },
  "blocks": [], "variables": [],
  "kernels": [ { "symbol": "nothing", "blocks": 1 } ],
  "entries": [ { "name": "infer", "batch": 1, "arena": 0, "writes": [], "inputs": [], "outputs": [],
                 "program": [ { "launch": 0, "args": [] } ] } ]
})
