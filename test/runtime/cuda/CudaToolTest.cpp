//===- CudaToolTest.cpp - The commands with --device cuda -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Npy.h"
#include "test/runtime/ToolTestSupport.h"

#include <nlohmann/json.hpp>

#include <dlfcn.h>

using namespace moec::rt;
using namespace moec::rt::test;
using nlohmann::json;

namespace {
class CudaCommands : public CommandTest {
protected:
  void SetUp() override {
    setenv("MOEC_CUDA_DRIVER", MOEC_FAKE_DRIVER, 1);
    void *library = dlopen(MOEC_FAKE_DRIVER, RTLD_NOW | RTLD_LOCAL);
    ASSERT_NE(library, nullptr) << dlerror();
    reinterpret_cast<void (*)()>(dlsym(library, "fake_cuda_reset"))();
    CommandTest::SetUp();
  }
  void TearDown() override { unsetenv("MOEC_CUDA_DRIVER"); }
  std::string gpu = module("gpu-toy");
  std::string cpu = module("toy");
};
} // namespace

TEST_F(CudaCommands, TrainEvalClassifyRun) {
  std::string weights = folder / "w";
  // A GPU module runs on the GPU when nobody says.
  ASSERT_EQ(run({"train", gpu, "--data", data, "--save", weights}), 0) << err;
  EXPECT_TRUE(has(out, "epoch 3/3 test accuracy ")) << out;
  ASSERT_EQ(run({"eval", gpu, "--weights", weights, "--data", data, "--json",
                 "--device", "cuda", "--test-images=20"}),
            0)
      << err;
  EXPECT_EQ(json::parse(out)["images"], 20);
  ASSERT_EQ(run({"classify", gpu, "--weights", weights, "--data", data,
                 "--device=cuda", "--debug-launches"}),
            0)
      << err;
  EXPECT_TRUE(has(out, " of 21 test images are right (")) << out;
  std::vector<uint8_t> image(80, 9);
  writeNpy(folder / "x.npy", DType::U8, {5, 4, 4, 1}, image.data());
  ASSERT_EQ(
      run({"run", gpu, "--weights", weights, "--input=@" + (folder / "x.npy"),
           "--output=@" + (folder / "y.npy")}),
      0)
      << err;
  EXPECT_EQ(readNpy(folder / "y.npy").shape, (std::vector<int64_t>{5, 3}));
}

TEST_F(CudaCommands, BenchTellsTheTimeOfTheGpu) {
  ASSERT_EQ(run({"bench", gpu, "--json", "--profile"}), 0) << err;
  json result = json::parse(out);
  EXPECT_EQ(result["device"], "Fake GPU (sm_90)");
  EXPECT_DOUBLE_EQ(result["median_ms"], 0.5);
  EXPECT_FALSE(result.contains("share_of_peak"));
  EXPECT_EQ(result["kernels"][0]["variant"], "simt");
  ASSERT_EQ(run({"bench", gpu}), 0) << err;
  EXPECT_TRUE(has(out, "train_step batch 8 on Fake GPU (sm_90): 30 runs"))
      << out;
  EXPECT_FALSE(has(out, "FMA peak")) << out;
  EXPECT_EQ(run({"bench", gpu, "--counters"}), 2);
  EXPECT_TRUE(has(err, "--counters needs --device ptxsim")) << err;
}

TEST_F(CudaCommands, InspectShowsKernels) {
  // Without --device none is opened.
  setenv("MOEC_CUDA_DRIVER", "/nowhere/libcuda.so.1", 1);
  ASSERT_EQ(run({"inspect", gpu}), 0) << err;
  for (const char *part : {"target cuda:sm_80, PTX 8.0", "toy_grads",
                           "simt, 17 x 3 threads, 50000 shared", "workspace"})
    EXPECT_TRUE(has(out, part)) << part << "\n" << out;
  EXPECT_FALSE(has(out, "registers")) << out;
  setenv("MOEC_CUDA_DRIVER", MOEC_FAKE_DRIVER, 1);
  ASSERT_EQ(run({"inspect", gpu, "--device=cuda"}), 0) << err;
  EXPECT_TRUE(has(out, "device Fake GPU (sm_90)")) << out;
  EXPECT_TRUE(has(out, "40 registers, 40 bytes of local memory")) << out;
}

TEST_F(CudaCommands, Errors) {
  EXPECT_EQ(run({"bench", gpu, "--device=cpu"}), 1);
  EXPECT_TRUE(has(err, "use --device cuda or --device ptxsim")) << err;
  EXPECT_EQ(run({"bench", cpu, "--device=cuda"}), 1);
  EXPECT_TRUE(has(err, "use --device cpu")) << err;
  EXPECT_EQ(run({"bench", cpu, "--device=tpu"}), 2);
  EXPECT_EQ(
      run({"eval", cpu, "--weights=x", "--data", data, "--test-images=22"}), 1);
  EXPECT_TRUE(has(err, "--test-images 22: ")) << err;
  EXPECT_TRUE(has(err, "has 21 test images")) << err;
  setenv("MOEC_CUDA_DRIVER", "/nowhere/libcuda.so.1", 1);
  for (const std::string &command : {"bench", "inspect", "run"}) {
    // Also with a model that would have to be compiled, or is not there.
    EXPECT_EQ(run({command, "none.json", "--device=cuda"}), 4);
    EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
    EXPECT_TRUE(has(err, "there is no NVIDIA driver on this machine")) << err;
  }
  EXPECT_EQ(run({"bench", gpu}), 4);
}
