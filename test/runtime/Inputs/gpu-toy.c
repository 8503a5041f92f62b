//===- gpu-toy.c - Kernels of the GPU toy: a linear classifier ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Images u8 [batch, 4, 4, 1], three classes, squared error, SGD with momentum;
// variables as in toy.c. One source for two devices: gpu-toy.ptx was made of it
// by
//   clang --target=nvptx64-nvidia-cuda -Xclang -target-cpu -Xclang sm_80
//         -Xclang -target-feature -Xclang +ptx80 -O2 -ffp-contract=off -S
// and the driver of the tests (../cuda/FakeDriver.cpp) runs it on the host.
//
//===----------------------------------------------------------------------===//

#include "gpu-toy.h"

enum { Pixels = 16, Classes = 3, Batch = 8, BiasAt = 48 };

// A block for each image, a thread for each class.
KERNEL3(toy_logits, const unsigned char *, image, const float *, params,
        float *, logits) {
  int b = BLOCK, c = THREAD;
  float sum = params[BiasAt + c];
  for (int p = 0; p < Pixels; ++p)
    sum +=
        (float)image[b * Pixels + p] * (1.0f / 256) * params[p * Classes + c];
  logits[b * Classes + c] = sum;
}

// A thread for each image: gradient of the logits, loss and hit.
KERNEL5(toy_loss, const float *, logits, const int *, label, float *, gradient,
        float *, loss, float *, hit) {
  int b = THREAD;
  const float *row = logits + b * Classes;
  float sum = 0, best = row[0];
  for (int c = 0; c < Classes; ++c) {
    float error = row[c] - (c == label[b] ? 1.0f : 0.0f);
    gradient[b * Classes + c] = 2 * error * (1.0f / Batch);
    sum += error * error;
    best = row[c] > best ? row[c] : best;
  }
  loss[b] = sum;
  hit[b] = row[label[b]] == best ? 1.0f : 0.0f;
}

// One thread: the means of loss and hit.
KERNEL4(toy_means, const float *, loss, const float *, hit, float *, mean,
        float *, accuracy) {
  float sum = 0, hits = 0;
  for (int b = 0; b < Batch; ++b) {
    sum += loss[b];
    hits += hit[b];
  }
  *mean = sum * (1.0f / Batch);
  *accuracy = hits * (1.0f / Batch);
}

// A block for each pixel and one for the bias, a thread for each class.
KERNEL3(toy_grads, const unsigned char *, image, const float *, gradient,
        float *, grads) {
  int p = BLOCK, c = THREAD;
  float sum = 0;
  for (int b = 0; b < Batch; ++b)
    sum += gradient[b * Classes + c] *
           (p < Pixels ? (float)image[b * Pixels + p] * (1.0f / 256) : 1.0f);
  grads[p * Classes + c] = sum;
}

// Blocks of 16 elements. Step and seed take part, so that a test sees when one
// is not set.
KERNEL6(toy_update, const float *, grads, const float *, rate, const int *,
        step, const int *, seed, float *, params, float *, momentum) {
  int i = BLOCK * 16 + THREAD;
  float noise = 1.0f + 1e-3f * (float)((*seed * 7 + *step) % 11);
  momentum[i] = 0.5f * momentum[i] + grads[i];
  params[i] -= *rate * noise * momentum[i];
}

// Reads one float behind the end of its operand.
KERNEL1(toy_fault, float *, logits) { logits[BLOCK + 1024] = 1; }
