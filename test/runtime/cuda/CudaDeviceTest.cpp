//===- CudaDeviceTest.cpp - Tests of the CUDA device ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Session.h"
#include "runtime/data/Weights.h"
#include "runtime/train/HostInputs.h"
#include "runtime/train/Trainer.h"
#include "test/runtime/ToyData.h"
#include "test/runtime/cuda/FakeDriver.h"

#include <cstring>
#include <dlfcn.h>
#include <numeric>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
/// Sessions on the driver of FakeDriver.cpp; nothing may be left of them.
class Cuda : public testing::Test {
protected:
  void SetUp() override {
    setenv("MOEC_CUDA_DRIVER", MOEC_FAKE_DRIVER, 1);
    void *library = dlopen(MOEC_FAKE_DRIVER, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    gpuOf = reinterpret_cast<FakeGpu *(*)()>(dlsym(library, "fake_cuda_gpu"));
    live = reinterpret_cast<int64_t (*)()>(dlsym(library, "fake_cuda_live"));
    reset = reinterpret_cast<void (*)()>(dlsym(library, "fake_cuda_reset"));
    reset();
  }
  void TearDown() override {
    EXPECT_EQ(live(), 0);
    unsetenv("MOEC_CUDA_DRIVER");
  }
  FakeGpu &gpu() { return *gpuOf(); }

  std::unique_ptr<Session> open(const char *name, bool debug = false,
                                bool profile = false) {
    SessionOptions options;
    options.threads = 1;
    options.debugLaunches = debug;
    options.profile = profile;
    return std::make_unique<Session>(loadTestModule(name), options);
  }

  FakeGpu *(*gpuOf)() = nullptr;
  int64_t (*live)() = nullptr;
  void (*reset)() = nullptr;
};

/// Three steps of the toy on fixed inputs; the losses.
std::vector<float> threeSteps(Session &session) {
  int64_t entry = session.module().requireEntry("train_step");
  session.initVariables(3);
  std::vector<uint8_t> image(8 * 16);
  std::vector<int32_t> label(8);
  for (int i = 0; i < 128; ++i)
    image[i] = uint8_t(randomBits(1, uint64_t(i)));
  for (int i = 0; i < 8; ++i)
    label[i] = i % 3;
  session.setInput(entry, "image", image.data(), 128);
  session.setInput(entry, "label", label.data(), 32);
  std::vector<float> losses;
  for (int step = 1; step <= 3; ++step) {
    setHostInputs(session, entry, {0.05, step, 5});
    session.run(entry);
    losses.push_back(float(session.scalarOutput(entry, 0)));
  }
  return losses;
}
} // namespace

TEST_F(Cuda, StepsAreOneGraphThatIsReplayed) {
  auto session = open("gpu-toy");
  EXPECT_EQ(session->device().describe(), "Fake GPU (sm_90)");
  EXPECT_EQ(session->device().capacity(), int64_t(1) << 30);
  std::vector<float> losses = threeSteps(*session);
  EXPECT_LT(losses[2], losses[0]);
  EXPECT_EQ(gpu().captured, 5);
  EXPECT_EQ(gpu().graphLaunches, 3);
  EXPECT_EQ(gpu().launches, 15);
  // Launch by launch gives the same bits.
  EXPECT_EQ(threeSteps(*open("gpu-toy", true)), losses);
  auto profiled = open("gpu-toy", false, true);
  EXPECT_EQ(threeSteps(*profiled), losses);
  EXPECT_EQ(gpu().graphLaunches, 3);
  EXPECT_EQ(profiled->costs()[3].launches, 3);
  EXPECT_DOUBLE_EQ(profiled->costs()[3].seconds, 1.5e-3);
  EXPECT_EQ(profiled->costs()[5].launches, 0);
}

TEST_F(Cuda, TheSimulatorGivesTheSameBits) {
  SessionOptions options;
  options.threads = 1;
  options.device = "ptxsim";
  Session simulated(loadTestModule("gpu-toy"), options);
  EXPECT_EQ(threeSteps(simulated), threeSteps(*open("gpu-toy")));
}

TEST_F(Cuda, RunReturnsTheTimeOfTheDevice) {
  auto session = open("gpu-toy");
  EXPECT_DOUBLE_EQ(session->run(0), 0.5e-3);
}

TEST_F(Cuda, TrainsEvaluatesAndResumes) {
  TemporaryFolder folder;
  writeToyData(folder.path, 60, 21);
  ToyImages data(folder.path, DataSplit::Train);
  ToyImages test(folder.path, DataSplit::Test);
  TrainOptions options;
  options.seed = 4;
  auto whole = open("gpu-toy");
  TrainResult result = train(*whole, data, &test, options);
  EXPECT_EQ(result.steps, 21);
  EXPECT_GT(result.evaluation->accuracy(), 0.9);
  // A checkpoint in the middle holds what is on the device.
  options.checkpoint = folder / "c";
  options.stopAfterSteps = 10;
  train(*open("gpu-toy"), data, nullptr, options);
  TrainOptions second;
  second.resume = folder / "c";
  auto resumed = open("gpu-toy");
  train(*resumed, data, nullptr, second);
  EXPECT_EQ(std::memcmp(readParams(*whole), readParams(*resumed), 256), 0);
  EXPECT_EQ(std::memcmp(readMoments(*whole), readMoments(*resumed), 256), 0);
  // Weights go round.
  saveWeights(*whole, folder / "w");
  auto loaded = open("gpu-toy");
  loadWeights(*loaded, folder / "w");
  Evaluation again = evaluate(*loaded, pickEvalEntry(loaded->module()), test);
  EXPECT_EQ(again.correct, result.evaluation->correct);
  EXPECT_EQ(again.loss, result.evaluation->loss);
}

TEST_F(Cuda, TensorMapsClustersAndWorkspace) {
  auto session = open("gpu-maps");
  session->run(0);
  auto *bytes = static_cast<const char *>(session->output(0, 0));
  FakeTensorMap maps[2];
  uint64_t pointers[3];
  std::memcpy(&maps[0], bytes, sizeof(maps[0]));
  std::memcpy(&maps[1], bytes + 128, sizeof(maps[1]));
  std::memcpy(pointers, bytes + 256, sizeof(pointers));
  EXPECT_EQ(maps[0].type, 9); // bf16
  EXPECT_EQ(maps[0].rank, 2u);
  EXPECT_EQ(maps[0].address, pointers[1]);
  EXPECT_EQ(maps[0].shape[0], 16u);
  EXPECT_EQ(maps[0].shape[1], 4u);
  EXPECT_EQ(maps[0].strides[0], 48u);
  EXPECT_EQ(maps[0].box[1], 2u);
  EXPECT_EQ(maps[0].swizzle, 1);
  EXPECT_EQ(maps[1].type, 7); // f32
  EXPECT_EQ(maps[1].rank, 1u);
  EXPECT_EQ(maps[1].address, pointers[2]);
  EXPECT_NE(pointers[0], 0u);
  EXPECT_EQ(pointers[0] % 256, 0u);
  EXPECT_EQ(gpu().clusterX, 2);
  EXPECT_EQ(gpu().lastShared, 65536);
  EXPECT_EQ(session->device().bytesHeld(), 512);
}

TEST_F(Cuda, RepeatsAreUnrolled) {
  auto session = open("gpu-maps");
  float *p = params(*session);
  std::iota(p, p + 48, 1.0f);
  int64_t entry = session->module().requireEntry("chain");
  float y = 0;
  for (int round = 0; round < 2; ++round) {
    session->run(entry);
    y = 8 * y + 4 * 1 + 2 * 17 + 33;
    EXPECT_EQ(static_cast<const float *>(session->output(entry, 0))[0], y);
  }
  EXPECT_EQ(gpu().captured, 3);
  // What the host changes between runs reaches the device.
  params(*session)[0] = 101;
  session->run(entry);
  y = 8 * y + 4 * 101 + 2 * 17 + 33;
  EXPECT_EQ(static_cast<const float *>(session->output(entry, 0))[0], y);
}

static int codeOf(const std::function<void()> &body, std::string &text) {
  try {
    body();
  } catch (const Error &e) {
    text = e.what();
    return int(e.code());
  }
  return 0;
}

TEST_F(Cuda, NoGpuIsOneLine) {
  std::string text;
  setenv("MOEC_CUDA_DRIVER", "/nowhere/libcuda.so.1", 1);
  EXPECT_EQ(codeOf([&] { open("gpu-toy"); }, text), 4);
  EXPECT_NE(text.find("there is no NVIDIA driver on this machine"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  setenv("MOEC_CUDA_DRIVER", MOEC_FAKE_DRIVER, 1);
  gpu().count = 0;
  EXPECT_EQ(codeOf([&] { open("gpu-toy"); }, text), 4);
  EXPECT_NE(text.find("finds no GPU"), std::string::npos) << text;
  gpu().initResult = 100;
  EXPECT_EQ(codeOf([&] { open("gpu-toy"); }, text), 4);
  EXPECT_NE(text.find("CUDA_ERROR_NO_DEVICE"), std::string::npos) << text;
}

TEST_F(Cuda, ArchitecturesThatDoNotFit) {
  gpu().capability = 86;
  EXPECT_NO_THROW(open("gpu-toy"));
  EXPECT_ERROR(open("gpu-maps"),
               "is compiled for sm_90a, this GPU (Fake GPU) is sm_86: compile "
               "the model with --target cuda:sm_80");
  gpu().capability = 100;
  EXPECT_NO_THROW(open("gpu-toy"));
  EXPECT_ERROR(open("gpu-maps"), "this GPU (Fake GPU) is sm_100");
  gpu().capability = 75;
  EXPECT_ERROR(open("gpu-toy"), "is compiled for sm_80");
}

TEST_F(Cuda, CodeThatIsRefused) {
  EXPECT_ERROR(open("gpu-broken"), "the driver refuses the code of module");
  EXPECT_ERROR(open("gpu-broken"),
               "\nptxas application ptx input, line 3; fatal: Parsing error: "
               "CUDA_ERROR_INVALID_PTX");
  EXPECT_ERROR(open("gpu-empty"),
               "lacks: toy_logits, toy_loss, toy_means, toy_grads");
  gpu().maxThreads = 2;
  EXPECT_ERROR(open("gpu-toy"), "kernel toy_logits (logits): 3 threads do not "
                                "fit this GPU (Fake GPU): with 40 registers");
  gpu().maxThreads = 1024;
  gpu().sharedOptIn = 49152;
  EXPECT_ERROR(open("gpu-toy"),
               "kernel toy_grads (logits): a block needs 51024 "
               "bytes of shared memory, this GPU (Fake GPU) "
               "has 49152");
}

TEST_F(Cuda, MemoryThatDoesNotSuffice) {
  std::string text;
  gpu().memory = 400;
  EXPECT_EQ(codeOf([&] { open("gpu-toy"); }, text), 4);
  EXPECT_NE(text.find("no memory for the variables of role moment on Fake GPU "
                      "(sm_90)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("memory plan (MiB)"), std::string::npos) << text;
  EXPECT_EQ(live(), 0);
  // Enough to open, too little for the arena: the session lives on.
  gpu().memory = 1200;
  auto session = open("gpu-toy");
  int64_t entry = session->module().requireEntry("train_step");
  int64_t before = live();
  EXPECT_EQ(codeOf([&] { session->run(entry); }, text), 4);
  EXPECT_NE(text.find("no memory for "), std::string::npos) << text;
  EXPECT_EQ(live(), before);
  gpu().memory = 1 << 20;
  EXPECT_NO_THROW(session->run(entry));
}

TEST_F(Cuda, FaultsNameTheKernel) {
  gpu().faultKernel = "toy_grads";
  EXPECT_ERROR(threeSteps(*open("gpu-toy")),
               "a kernel of entry train_step failed (run again with "
               "--debug-launches to see which): CUDA_ERROR_ILLEGAL_ADDRESS (an "
               "illegal memory access)");
  reset();
  gpu().faultKernel = "toy_grads";
  EXPECT_ERROR(threeSteps(*open("gpu-toy", true)),
               "kernel toy_grads (logits), launch 4 of 5 in entry train_step: "
               "CUDA_ERROR_ILLEGAL_ADDRESS");
}

TEST_F(Cuda, ALaunchThatIsRefusedNamesTheKernel) {
  gpu().failName = "cuLaunchKernel";
  gpu().failCall = 2;
  gpu().failResult = 701;
  EXPECT_ERROR(threeSteps(*open("gpu-toy")),
               "kernel toy_loss (loss), launch 2 of 5 in entry train_step");
}

TEST_F(Cuda, AContextThatIsRefused) {
  gpu().failName = "cuCtxPushCurrent";
  gpu().failCall = 1;
  gpu().failResult = 201;
  EXPECT_ERROR(open("gpu-toy"), "cuCtxPushCurrent");
}

TEST_F(Cuda, NothingLeaksWhateverCallFails) {
  // Each call of a whole run fails once, until a run needs no more calls.
  for (bool profile : {false, true}) {
    int failed = 0;
    for (int call = 1; call < 1000; ++call) {
      reset();
      gpu().failCall = call;
      gpu().failResult = 2;
      std::string text;
      int code = codeOf(
          [&] {
            auto session = open("gpu-toy", false, profile);
            threeSteps(*session);
            readParams(*session);
          },
          text);
      EXPECT_EQ(live(), 0) << "call " << call << ": " << text;
      bool reached = gpu().calls >= call;
      if (!reached) {
        EXPECT_EQ(code, 0) << text;
        break;
      }
      // A few calls may fail without harm: releases, and questions for text.
      failed += code != 0;
      EXPECT_LT(call, 999) << "the run never ends";
    }
    EXPECT_GT(failed, 80);
  }
}
