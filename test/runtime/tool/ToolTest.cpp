//===- ToolTest.cpp - Tests of the commands -------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Npy.h"
#include "runtime/data/Weights.h"
#include "test/runtime/ToolTestSupport.h"

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace moec::rt;
using namespace moec::rt::test;
using nlohmann::json;

namespace {
class Commands : public CommandTest {
protected:
  std::string file(const std::string &name) { return folder / name; }
  std::string toy = module("toy");
  std::string loops = module("loops");
};
} // namespace

TEST_F(Commands, Usage) {
  EXPECT_EQ(run({}), 2);
  EXPECT_EQ(run({"fly"}), 2);
  EXPECT_EQ(run({"run"}), 2);
  EXPECT_EQ(run({"run", toy, "--colour=red"}), 2);
  EXPECT_TRUE(has(err, "moec-run: error: run: unknown flag '--colour'")) << err;
  EXPECT_EQ(run({"run", toy, "--wights=x"}), 2);
  EXPECT_TRUE(has(err, "did you mean '--weights'?")) << err;
  EXPECT_EQ(run({"bench", toy, "--threads=0"}), 2);
  EXPECT_EQ(run({"bench", toy, "--repetitions=few"}), 2);
  EXPECT_EQ(run({"run", toy, "--input=x.npy"}), 2);
  EXPECT_TRUE(has(err, "expected @file.npy")) << err;
  EXPECT_EQ(run({"train", toy, "--data", data, "--epochs=1", "--steps=1"}), 2);
  EXPECT_EQ(run({"--help"}), 0);
  for (const char *command :
       {"run", "train", "eval", "classify", "bench", "inspect"})
    EXPECT_TRUE(has(out, command)) << out;
  EXPECT_EQ(run({"train", "--help"}), 0);
  EXPECT_TRUE(has(out, "--stop-after-epochs")) << out;
}

TEST_F(Commands, TrainThenEvalThenRun) {
  ASSERT_EQ(run({"train", toy, "--data", data, "--save", file("w"), "--losses",
                 file("l.csv"), "--threads=2", "--log-every=3"}),
            0)
      << err;
  EXPECT_TRUE(has(out, "epoch 1/3 step 3/21 loss ")) << out;
  EXPECT_TRUE(has(out, "epoch 3/3 test accuracy ")) << out;
  EXPECT_TRUE(has(out, "trained to step 21 ")) << out;
  std::string losses = readAll(file("l.csv"));
  EXPECT_EQ(std::count(losses.begin(), losses.end(), '\n'), 21);

  ASSERT_EQ(run({"eval", toy, "--weights", file("w"), "--data", data,
                 "--batch=5", "--json"}),
            0)
      << err;
  json result = json::parse(out);
  EXPECT_EQ(result["images"], 21);
  EXPECT_GT(result["accuracy"], 0.9);
  ASSERT_EQ(run({"eval", toy, "--weights", file("w"), "--data", data, "--json",
                 "--profile"}),
            0);
  EXPECT_FALSE(json::parse(out)["kernels"].empty()) << out;
  EXPECT_EQ(run({"eval", toy, "--weights", file("w"), "--data", data}), 0);
  EXPECT_TRUE(has(out, "(21/21) loss ") || has(out, "(20/21) loss ")) << out;

  ASSERT_EQ(run({"classify", toy, "--weights", file("w"), "--data", data,
                 "--batch=5", "--first=2", "--count=7"}),
            0)
      << err;
  EXPECT_TRUE(has(out, " of 21 test images are right (")) << out;
  EXPECT_FALSE(has(out, "image 1\n")) << out;
  EXPECT_TRUE(has(out, "image 2\n")) << out;
  EXPECT_TRUE(has(out, "image 8\n")) << out;
  EXPECT_FALSE(has(out, "image 9\n")) << out;
  EXPECT_TRUE(has(out, "true class 2 (right): right")) << out;
  EXPECT_EQ(run({"classify", toy, "--weights", file("w"), "--data", data,
                 "--first=21"}),
            1);
  EXPECT_TRUE(has(err, "has 21 images")) << err;

  // The batch of the array picks the entry.
  std::vector<uint8_t> image(80, 9);
  writeNpy(file("x.npy"), DType::U8, {3, 4, 4, 1}, image.data());
  EXPECT_EQ(
      run({"run", toy, "--weights", file("w"), "--input=@" + file("x.npy")}),
      1);
  EXPECT_TRUE(has(err, "a batch of 3 for input \"image\"; entry infer takes "))
      << err;
  writeNpy(file("x.npy"), DType::U8, {5, 4, 4, 1}, image.data());
  ASSERT_EQ(run({"run", toy, "--weights", file("w"),
                 "--input=@" + file("x.npy"), "--output=@" + file("y.npy")}),
            0)
      << err;
  NpyArray y = readNpy(file("y.npy"));
  EXPECT_EQ(y.shape, (std::vector<int64_t>{5, 3}));
  ASSERT_EQ(run({"run", toy, "--weights", file("w"),
                 "--input=image=@" + file("x.npy"), "--threads=2",
                 "--expected-output=logits=@" + file("y.npy")}),
            0)
      << err;
  EXPECT_TRUE(has(out, "logits: matches, largest error 0")) << out;
  EXPECT_EQ(err, "");
  ASSERT_EQ(run({"run", toy, "--input=@" + file("x.npy")}), 0);
  EXPECT_TRUE(has(err, "moec-run: warning: run: without --weights")) << err;
  ASSERT_EQ(run({"run", toy, "--seed=3", "--input=@" + file("x.npy")}), 0);
  EXPECT_EQ(err, "");

  auto *values = reinterpret_cast<float *>(y.bytes.data());
  values[4] += 0.01f;
  values[7] += 0.5f;
  writeNpy(file("z.npy"), y.dtype, y.shape, y.bytes.data());
  std::vector<std::string> compare = {"run",
                                      toy,
                                      "--weights",
                                      file("w"),
                                      "--input=@" + file("x.npy"),
                                      "--expected-output=@" + file("z.npy")};
  EXPECT_EQ(run(compare), 3);
  EXPECT_TRUE(has(out, "MISMATCH in 2 of 15 elements")) << out;
  EXPECT_TRUE(has(out, "first at [1, 1]: expected ")) << out;
  EXPECT_TRUE(has(out, "largest at [2, 1]: expected ")) << out;
  compare.push_back("--atol=0.6");
  EXPECT_EQ(run(compare), 0);
}

TEST_F(Commands, RunPrints) {
  std::vector<float> x(16, 2);
  writeNpy(file("x.npy"), DType::F32, {16}, x.data());
  ASSERT_EQ(run({"run", loops, "--entry=chain", "--input=@" + file("x.npy"),
                 "--profile"}),
            0)
      << err;
  EXPECT_TRUE(has(out, "y: f32 [16]\n  ")) << out;
  EXPECT_TRUE(has(out, "loops_step: stack.a, stack.b")) << out;
  EXPECT_TRUE(has(err, "warning: run: without --weights")) << err;
}

/// By position, since a name alone means the field.
TEST_F(Commands, RunTakesFieldAndHostInputOfOneName) {
  auto both = changedModule("toy", "\"name\": \"label\", \"dtype\"",
                            "\"name\": \"step\", \"dtype\" ");
  std::vector<uint8_t> image(128, 9);
  std::vector<int32_t> label(8, 2), one(1, 1);
  float rate = 0;
  writeNpy(file("i.npy"), DType::U8, {8, 4, 4, 1}, image.data());
  writeNpy(file("l.npy"), DType::I32, {8}, label.data());
  writeNpy(file("r.npy"), DType::F32, {}, &rate);
  writeNpy(file("n.npy"), DType::I32, {}, one.data());
  RunOptions options;
  options.entry = "train_step";
  options.seed = 1;
  for (const char *name : {"i", "l", "r", "n", "n"})
    options.inputs.push_back("@" + file(std::string(name) + ".npy"));
  testing::internal::CaptureStdout();
  EXPECT_EQ(runCommand(both, options), 0);
  out = testing::internal::GetCapturedStdout();
  EXPECT_TRUE(has(out, "accuracy: f32 []")) << out;
  options.inputs = {"image=@" + file("i.npy"), "step=@" + file("l.npy"),
                    "learning_rate=@" + file("r.npy"),
                    "seed=@" + file("n.npy")};
  EXPECT_ERROR(runCommand(both, options),
               "input \"step\" of entry train_step is missing");
}

TEST_F(Commands, RunErrors) {
  std::vector<float> x(16, 2);
  writeNpy(file("x.npy"), DType::F32, {16}, x.data());
  std::string input = "--input=@" + file("x.npy");
  auto error = [&](std::vector<std::string> words, const char *part) {
    EXPECT_EQ(run(words), 1);
    EXPECT_TRUE(has(err, part)) << err;
    EXPECT_FALSE(std::filesystem::exists(file("y.npy")));
  };
  std::string output = "--output=@" + file("y.npy");
  error({"run", file("none"), output}, "cannot open module");
  error({"run", loops, output}, "has no entry \"infer\"");
  error({"run", loops, "--entry=chain", output},
        "input \"x\" of entry chain is missing: give --input=x=@file.npy");
  error({"run", loops, "--entry=chain", output, input, input},
        "the entry has only 1");
  error({"run", loops, "--entry=chain", output, input,
         "--input=x=@" + file("x.npy")},
        "\"x\" is given twice");
  error({"run", loops, "--entry=chain", output, "--input=q=@" + file("x.npy")},
        "there is no \"q\"; there are: x");
  error({"run", toy, output, input},
        "input \"image\" is u8 [5, 4, 4, 1], the file holds f32 [16]");
  std::vector<char> pixels(5 * 16);
  writeNpy(file("first.npy"), DType::U8, {5, 1, 4, 4}, pixels.data());
  error({"run", toy, output, "--input=@" + file("first.npy")},
        "the file holds u8 [5, 1, 4, 4]; fix: the channels stand first, put "
        "them last: images.transpose(0, 2, 3, 1)");
  error({"run", loops, "--entry=chain", output, input,
         "--expected-output=@" + file("none")},
        "cannot open");
  error(
      {"run", loops, "--entry=chain", output, input, "--weights", file("none")},
      "cannot open");
  error({"run", loops, "--entry=chain", input, "--output=@/nowhere/y.npy"},
        "--output /nowhere/y.npy: folder /nowhere does not exist");
  error({"run", loops, "--entry=chain", input, "--output=@" + folder.path},
        "this is a folder");
  std::string array = readAll(file("x.npy"));
  for (const std::string &lost : {loops, file("x.npy"), file("./x.npy")})
    error({"run", loops, "--entry=chain", input, "--output=@" + lost},
          "are one file, so what is read would be lost");
  error({"run", loops, "--entry=chain", input, output,
         "--expected-output=@" + file("y.npy")},
        "are one file, so what is read would be lost");
  EXPECT_EQ(readAll(file("x.npy")), array);
  error({"run", toy, "--entry=train_step", "--batch=8",
         "--output=loss=@" + file("y.npy"),
         "--output=accuracy=@" + file("./y.npy")},
        "are one file, so one of them would be lost");
}

TEST_F(Commands, TrainErrors) {
  auto error = [&](std::vector<std::string> words, const char *part) {
    words.insert(words.begin(), "train");
    EXPECT_EQ(run(words), 1);
    EXPECT_TRUE(has(err, part)) << err;
    EXPECT_TRUE(out.empty()) << out;
  };
  error({toy, "--data", "idx:/nowhere"}, "data folder /nowhere has no");
  error({toy, "--data", "webdataset:x"},
        "unknown kind of data \"webdataset\": expected idx");
  // Before the module is loaded, or made of a model.
  error({file("none"), "--data", "webdataset:x"}, "unknown kind of data");
  error({toy, "--data", data, "--save", "/nowhere/w"},
        "--save /nowhere/w: folder /nowhere does not exist");
  error({toy, "--data", data, "--checkpoint", "/nowhere/c"},
        "--checkpoint /nowhere/c: folder /nowhere does not exist");
  error({toy, "--data", data, "--save", folder.path}, "this is a folder");
  error({toy, "--data", data, "--batch=5"},
        "has no entry \"train_step\" with batch 5");
  error({loops, "--data", data}, "; compile the model with --mode train");
}

TEST_F(Commands, Bench) {
  ASSERT_EQ(run({"bench", toy, "--repetitions=7", "--warmup=2", "--json",
                 "--profile", "--threads=2"}),
            0)
      << err;
  json result = json::parse(out);
  EXPECT_EQ(result["entry"], "train_step");
  EXPECT_EQ(result["threads"], 2);
  EXPECT_EQ(result["repetitions"], 7);
  EXPECT_LE(result["min_ms"], result["median_ms"]);
  EXPECT_LE(result["median_ms"], result["p90_ms"]);
  EXPECT_LE(result["p90_ms"], result["p99_ms"]);
  EXPECT_GT(result["fma_peak_gflops_per_second"], 0.1);
  double median = result["median_ms"];
  EXPECT_NEAR(double(result["images_per_second"]) * median, 8e3, 1);
  EXPECT_NEAR(double(result["share_of_peak"]) *
                  double(result["fma_peak_gflops_per_second"]),
              double(result["model_gflops_per_second"]), 1e-9);
  ASSERT_EQ(result["kernels"].size(), 5u);
  EXPECT_EQ(result["kernels"][0]["launches"], 1);
  ASSERT_EQ(run({"bench", toy, "--entry=infer", "--batch=5"}), 0) << err;
  EXPECT_TRUE(has(out, "toy infer batch 5 threads ")) << out;
  EXPECT_TRUE(has(out, "% of the FMA peak")) << out;
}

TEST_F(Commands, Inspect) {
  ASSERT_EQ(run({"inspect", toy}), 0) << err;
  for (const char *part :
       {"model toy", "needs sse2", "train_step batch 8: 5 launches", "image",
        "memory plan", "variables: moment", "parameter             256 bytes",
        "parameter: 51 in 2 variables, 204 bytes", "normal 0.1, decays",
        "moment: 51 in 2 variables", "zeros, of bias", "field   image",
        "host    learning_rate", "metric  accuracy", "output  logits",
        "kernels of train_step batch 8:", "toy_update", "FLOP"})
    EXPECT_TRUE(has(out, part)) << part << "\n" << out;
  ASSERT_EQ(run({"inspect", toy, "--json"}), 0);
  EXPECT_EQ(json::parse(out)["model"], "toy");
}

TEST_F(Commands, ALoaderOfTheToolsOwn) {
  Tool tool;
  tool.name = "moec";
  ModuleRequest seen;
  tool.load = [&](const ModuleRequest &request) {
    seen = request;
    return Module::load(toy);
  };
  std::vector<const char *> argv = {
      "moec", "bench", "model.json", "--batch", "8", "--repetitions", "1"};
  testing::internal::CaptureStdout();
  int code = toolMain(tool, int(argv.size()), argv.data());
  testing::internal::GetCapturedStdout();
  EXPECT_EQ(code, 0);
  EXPECT_EQ(seen.path, "model.json");
  EXPECT_EQ(seen.command, "bench");
  EXPECT_EQ(seen.batch, 8);
  // A module without a training section can be timed too.
  EXPECT_EQ(seen.training, Training::IfDescribed);
}
