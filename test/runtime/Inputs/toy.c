//===- toy.c - A module by hand: softmax regression -----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Images u8 [batch, 4, 4, 1], three classes, SGD with momentum. Parameters,
// their moments and gradients: weight [16, 3] at element 0, bias [3] at
// element 48.
//
//===----------------------------------------------------------------------===//

#include <math.h>
#include <stdint.h>

enum { Pixels = 16, Classes = 3, Batch = 8, BiasAt = 48 };

// image, params -> logits; a block for each image
void toy_logits(void *const *args, int64_t begin, int64_t end, void *scratch) {
  const uint8_t *image = args[0];
  const float *params = args[1];
  float *logits = args[2];
  (void)scratch;
  for (int64_t b = begin; b < end; ++b)
    for (int c = 0; c < Classes; ++c) {
      float sum = params[BiasAt + c];
      for (int p = 0; p < Pixels; ++p)
        sum += (float)image[b * Pixels + p] / 255.0f * params[p * Classes + c];
      logits[b * Classes + c] = sum;
    }
}

// logits, label -> gradient of logits, loss and hit of each image; uses scratch
void toy_loss(void *const *args, int64_t begin, int64_t end, void *scratch) {
  const float *logits = args[0];
  const int32_t *label = args[1];
  float *gradient = args[2], *loss = args[3], *hit = args[4];
  float *e = scratch;
  for (int64_t b = begin; b < end; ++b) {
    const float *row = logits + b * Classes;
    float most = fmaxf(row[0], fmaxf(row[1], row[2])), sum = 0;
    for (int c = 0; c < Classes; ++c)
      sum += e[c] = expf(row[c] - most);
    for (int c = 0; c < Classes; ++c)
      gradient[b * Classes + c] =
          (e[c] / sum - (c == label[b] ? 1.0f : 0.0f)) / (float)Batch;
    loss[b] = logf(sum) + most - row[label[b]];
    int best = row[1] > row[0] ? 1 : 0; // the first of equal ones
    best = row[2] > row[best] ? 2 : best;
    hit[b] = label[b] == best ? 1.0f : 0.0f;
  }
}

// loss and hit of each image -> their means
void toy_means(void *const *args, int64_t begin, int64_t end, void *scratch) {
  const float *loss = args[0], *hit = args[1];
  float sum = 0, hits = 0;
  (void)begin, (void)end, (void)scratch;
  for (int b = 0; b < Batch; ++b) {
    sum += loss[b];
    hits += hit[b];
  }
  *(float *)args[2] = sum / Batch;
  *(float *)args[3] = hits / Batch;
}

// image, gradient of logits -> grads; a block for each pixel, one for the bias
void toy_grads(void *const *args, int64_t begin, int64_t end, void *scratch) {
  const uint8_t *image = args[0];
  const float *gradient = args[1];
  float *grads = args[2];
  (void)scratch;
  for (int64_t p = begin; p < end; ++p)
    for (int c = 0; c < Classes; ++c) {
      float sum = 0;
      for (int b = 0; b < Batch; ++b)
        sum += gradient[b * Classes + c] *
               (p < Pixels ? (float)image[b * Pixels + p] / 255.0f : 1.0f);
      grads[p * Classes + c] = sum;
    }
}

// grads, learning rate, step, seed -> params, momentum; 16 elements a block.
// Seed and step take part, so that a test sees when one is not restored.
void toy_update(void *const *args, int64_t begin, int64_t end, void *scratch) {
  const float *grads = args[0], *rate = args[1];
  const int32_t *step = args[2], *seed = args[3];
  float *params = args[4], *momentum = args[5];
  float noise = 1.0f + 1e-3f * (float)((*seed * 7 + *step) % 11);
  (void)scratch;
  for (int64_t i = 16 * begin; i < 16 * end; ++i) {
    momentum[i] = 0.9f * momentum[i] + grads[i];
    params[i] -= *rate * noise * momentum[i];
  }
}

#define MANIFEST(...)                                                          \
  const char moec_manifest[] = #__VA_ARGS__;                                   \
  const uint64_t moec_manifest_size = sizeof(moec_manifest) - 1;

// clang-format off
MANIFEST({
  "format": "moec.module/4", "model": "toy",
  "target": { "triple": "x86_64-pc-linux-gnu", "cpu": "x86-64", "features": ["sse2"] },
  "blocks": [ { "name": "parameter", "bytes": 256 }, { "name": "moment", "bytes": 256 } ],
  "variables": [
    { "name": "weight", "role": "parameter", "dtype": "f32", "shape": [16, 3], "block": "parameter", "offset": 0, "decay": true, "init": { "op": "normal", "std": 0.1 } },
    { "name": "bias", "role": "parameter", "dtype": "f32", "shape": [3], "block": "parameter", "offset": 192 },
    { "name": "weight.momentum", "role": "moment", "of": "weight", "dtype": "f32", "shape": [16, 3], "block": "moment", "offset": 0 },
    { "name": "bias.momentum", "role": "moment", "of": "bias", "dtype": "f32", "shape": [3], "block": "moment", "offset": 192 } ],
  "kernels": [
    { "symbol": "toy_logits", "blocks": 8, "scratch": 0, "flops": 768, "bytes": 500, "kind": "contract", "nodes": ["logits"] },
    { "symbol": "toy_loss", "blocks": 8, "scratch": 64, "flops": 100, "bytes": 200, "kind": "rows", "nodes": ["loss"] },
    { "symbol": "toy_means", "blocks": 1, "kind": "rows", "nodes": ["loss"] },
    { "symbol": "toy_grads", "blocks": 17, "flops": 800, "kind": "contract", "nodes": ["logits"] },
    { "symbol": "toy_update", "blocks": 4, "kind": "map", "nodes": ["sgd"] },
    { "symbol": "toy_logits", "blocks": 5, "flops": 480, "kind": "contract", "nodes": ["logits"] },
    { "symbol": "toy_loss", "blocks": 5, "scratch": 64, "flops": 62, "bytes": 125, "kind": "rows", "nodes": ["loss"] } ],
  "entries": [
    { "name": "infer", "batch": 5, "arena": 0, "writes": [], "model_flops": 480,
      "inputs": [ { "name": "image", "dtype": "u8", "shape": [5, 4, 4, 1], "source": "field" } ],
      "outputs": [ { "name": "logits", "dtype": "f32", "shape": [5, 3], "kind": "output" } ],
      "program": [
        { "launch": 5, "args": [ { "block": "in0", "offset": 0, "bytes": 80 },
                                 { "block": "parameter", "offset": 0, "bytes": 204 },
                                 { "block": "out0", "offset": 0, "bytes": 60 } ] } ] },
    { "name": "infer", "batch": 8, "arena": 0, "writes": [], "model_flops": 768,
      "inputs": [ { "name": "image", "dtype": "u8", "shape": [8, 4, 4, 1], "source": "field" } ],
      "outputs": [ { "name": "logits", "dtype": "f32", "shape": [8, 3], "kind": "output" } ],
      "program": [
        { "launch": 0, "args": [ { "block": "in0", "offset": 0, "bytes": 128 },
                                 { "block": "parameter", "offset": 0, "bytes": 204 },
                                 { "block": "out0", "offset": 0, "bytes": 96 } ] } ] },
    { "name": "train_step", "batch": 8, "arena": 768, "writes": ["parameter", "moment"], "model_flops": 2304,
      "inputs": [ { "name": "image", "dtype": "u8", "shape": [8, 4, 4, 1], "source": "field" },
                  { "name": "label", "dtype": "i32", "shape": [8], "source": "field" },
                  { "name": "learning_rate", "dtype": "f32", "shape": [], "source": "host" },
                  { "name": "step", "dtype": "i32", "shape": [], "source": "host" },
                  { "name": "seed", "dtype": "i32", "shape": [], "source": "host" } ],
      "outputs": [ { "name": "loss", "dtype": "f32", "shape": [], "kind": "metric" },
                   { "name": "accuracy", "dtype": "f32", "shape": [], "kind": "metric" } ],
      "program": [
        { "launch": 0, "args": [ { "block": "in0", "offset": 0, "bytes": 128 },
                                 { "block": "parameter", "offset": 0, "bytes": 204 },
                                 { "block": "arena", "offset": 0, "bytes": 96 } ] },
        { "launch": 1, "args": [ { "block": "arena", "offset": 0, "bytes": 96 }, { "block": "in1", "offset": 0, "bytes": 32 },
                                 { "block": "arena", "offset": 128, "bytes": 96 },
                                 { "block": "arena", "offset": 256, "bytes": 32 },
                                 { "block": "arena", "offset": 320, "bytes": 32 } ] },
        { "launch": 2, "args": [ { "block": "arena", "offset": 256, "bytes": 32 },
                                 { "block": "arena", "offset": 320, "bytes": 32 }, { "block": "out0", "offset": 0, "bytes": 4 },
                                 { "block": "out1", "offset": 0, "bytes": 4 } ] },
        { "launch": 3, "args": [ { "block": "in0", "offset": 0, "bytes": 128 },
                                 { "block": "arena", "offset": 128, "bytes": 96 },
                                 { "block": "arena", "offset": 512, "bytes": 204 } ] },
        { "launch": 4, "args": [ { "block": "arena", "offset": 512, "bytes": 256 }, { "block": "in2", "offset": 0, "bytes": 4 },
                                 { "block": "in3", "offset": 0, "bytes": 4 }, { "block": "in4", "offset": 0, "bytes": 4 },
                                 { "block": "parameter", "offset": 0, "bytes": 256 },
                                 { "block": "moment", "offset": 0, "bytes": 256 } ] } ] },
    { "name": "eval", "batch": 5, "arena": 96, "writes": [], "model_flops": 480,
      "inputs": [ { "name": "image", "dtype": "u8", "shape": [5, 4, 4, 1], "source": "field" },
                  { "name": "label", "dtype": "i32", "shape": [5], "source": "field" } ],
      "outputs": [ { "name": "loss", "dtype": "f32", "shape": [5], "kind": "metric" },
                   { "name": "accuracy", "dtype": "f32", "shape": [5], "kind": "metric" },
                   { "name": "logits", "dtype": "f32", "shape": [5, 3], "kind": "output" } ],
      "program": [
        { "launch": 5, "args": [ { "block": "in0", "offset": 0, "bytes": 80 },
                                 { "block": "parameter", "offset": 0, "bytes": 204 },
                                 { "block": "out2", "offset": 0, "bytes": 60 } ] },
        { "launch": 6, "args": [ { "block": "out2", "offset": 0, "bytes": 60 }, { "block": "in1", "offset": 0, "bytes": 20 },
                                 { "block": "arena", "offset": 0, "bytes": 60 }, { "block": "out0", "offset": 0, "bytes": 20 },
                                 { "block": "out1", "offset": 0, "bytes": 20 } ] } ] },
    { "name": "eval", "batch": 8, "arena": 96, "writes": [], "model_flops": 768,
      "inputs": [ { "name": "image", "dtype": "u8", "shape": [8, 4, 4, 1], "source": "field" },
                  { "name": "label", "dtype": "i32", "shape": [8], "source": "field" } ],
      "outputs": [ { "name": "loss", "dtype": "f32", "shape": [8], "kind": "metric" },
                   { "name": "accuracy", "dtype": "f32", "shape": [8], "kind": "metric" },
                   { "name": "logits", "dtype": "f32", "shape": [8, 3], "kind": "output" } ],
      "program": [
        { "launch": 0, "args": [ { "block": "in0", "offset": 0, "bytes": 128 },
                                 { "block": "parameter", "offset": 0, "bytes": 204 },
                                 { "block": "out2", "offset": 0, "bytes": 96 } ] },
        { "launch": 1, "args": [ { "block": "out2", "offset": 0, "bytes": 96 }, { "block": "in1", "offset": 0, "bytes": 32 },
                                 { "block": "arena", "offset": 0, "bytes": 96 }, { "block": "out0", "offset": 0, "bytes": 32 },
                                 { "block": "out1", "offset": 0, "bytes": 32 } ] } ] } ],
  "host": {
    "training": { "epochs": 3, "learning_rate": 0.5, "schedule": { "op": "warmup_cosine", "warmup": 0.1, "final": 0.1 }, "seed": 9 },
    "data": { "image": "image", "label": "label", "classes": 3, "class_names": ["left", "middle", "right"] } }
})
