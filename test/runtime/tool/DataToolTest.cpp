//===- DataToolTest.cpp - Tests of where images come from -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/ImageFormat.h"
#include "runtime/data/Npy.h"
#include "test/runtime/ToolTestSupport.h"

#include <nlohmann/json.hpp>

using namespace moec::rt;
using namespace moec::rt::test;
using nlohmann::json;

namespace {
/// Folders of PNG files for the toy, which takes u8 [4, 4, 1] in 3 classes.
class DataCommands : public CommandTest {
protected:
  void SetUp() override {
    CommandTest::SetUp();
    for (const char *split : {"train", "test"})
      for (int i = 0; i < 30; ++i) {
        Image image(4 + i % 2, 4, 1);
        for (size_t p = 0; p < image.pixels.size(); ++p)
          image.pixels[p] = uint8_t(p % 3 == size_t(i % 3) ? 200 : i);
        put(fmt::format("{}/class{}/{}.png", split, i % 3, i),
            findRegistered(allImageFormats(), "PNG")->encode(image));
      }
  }
  void put(const std::string &path, const std::string &bytes) {
    std::filesystem::path full = folder / ("images/" + path);
    std::filesystem::create_directories(full.parent_path());
    writeAll(full.string(), bytes);
  }
  int inspect(std::vector<std::string> words) {
    words.insert(words.begin(), {"data", "inspect"});
    return run(words);
  }
  std::string images = folder / "images";
  std::string toy = module("toy");
};
} // namespace

TEST_F(DataCommands, InspectOfAFolder) {
  ASSERT_EQ(inspect({images, "--json"}), 0) << err;
  json object = json::parse(out);
  EXPECT_EQ(object["source"], "folder:" + images);
  const json &train = object["train"];
  EXPECT_EQ(train["images"], 30);
  EXPECT_EQ(train["heights"], (json{4, 5}));
  EXPECT_EQ(train["widths"], (json{4, 4}));
  EXPECT_EQ(train["fields"]["image"]["shape"], (json{"any", "any", 1}));
  EXPECT_EQ(train["classes"][1],
            (json{{"label", 1}, {"images", 10}, {"name", "class1"}}));
  EXPECT_EQ(train["stored_as"], (json{{"PNG grey", 30}}));
  EXPECT_EQ(object["test"]["images"], 30);
  ASSERT_EQ(inspect({"folder:" + images}), 0);
  EXPECT_TRUE(has(out, "train: 30 images of 3 classes, from " + images)) << out;
  EXPECT_TRUE(has(out, "  image    u8 [any,any,1]\n")) << out;
  EXPECT_TRUE(has(out, "  height   4 to 5\n  width    4\n")) << out;
}

TEST_F(DataCommands, InspectOfOtherKinds) {
  ASSERT_EQ(inspect({folder.path, "--json"}), 0) << err;
  json object = json::parse(out);
  EXPECT_EQ(object["source"], data);
  EXPECT_EQ(object["train"]["images"], 60);
  EXPECT_EQ(object["test"]["images"], 21);
  EXPECT_EQ(object["train"]["classes"][0],
            (json{{"label", 0}, {"images", 20}}));
  std::filesystem::remove(folder / "t10k-labels-idx1-ubyte");
  EXPECT_EQ(inspect({folder.path}), 1);
  EXPECT_TRUE(has(out, "train: 60 images")) << out;
  EXPECT_TRUE(has(out, "test: data folder " + folder.path +
                           " has no t10k-labels-idx1-ubyte"))
      << out;
}

TEST_F(DataCommands, InspectNamesWhatIsDamaged) {
  put("train/class0/x.png", "hello");
  EXPECT_EQ(inspect({images}), 1);
  EXPECT_TRUE(has(out, "  cannot be read, and left out above: 1\n    " +
                           images + "/train/class0/x.png is no PNG or JPEG"))
      << out;
  EXPECT_EQ(inspect({images, "--json"}), 1);
  EXPECT_EQ(json::parse(out)["train"]["damaged"].size(), 1u);
  EXPECT_EQ(inspect({images, "--skip-damaged"}), 0);
  std::filesystem::create_directories(images + "/test/class9");
  EXPECT_EQ(inspect({images, "--skip-damaged"}), 1);
  EXPECT_TRUE(has(out, "test: " + images +
                           "/test/class9 is a class without "
                           "training images"))
      << out;
}

TEST_F(DataCommands, ContactSheet) {
  std::string sheet = folder / "sheet.png";
  ASSERT_EQ(inspect({images, "--contact-sheet", sheet}), 0) << err;
  Image image = decodeImage(readAll(sheet)).image;
  EXPECT_EQ(image.height, 3 * 66 + 2);
  EXPECT_EQ(image.width, 10 * 66 + 2);
  EXPECT_EQ(inspect({images, "--contact-sheet", folder / "no/sheet.png"}), 1);
  EXPECT_TRUE(has(err, "--contact-sheet")) << err;
}

/// The report says more, so it comes before the reason.
TEST_F(DataCommands, NoContactSheet) {
  std::string sheet = folder / "sheet.png", arrays = folder / "arrays";
  std::filesystem::create_directories(arrays);
  std::vector<float> pixels = {0, 0.5f, 0, 2};
  writeNpy(arrays + "/train_images.npy", DType::F32, {2, 1, 2}, pixels.data());
  EXPECT_EQ(inspect({arrays, "--contact-sheet", sheet}), 1);
  EXPECT_TRUE(has(out, "train: 2 images of 0 classes")) << out;
  EXPECT_TRUE(has(out, "  height   1\n  width    2\n  mean     [0.6250]\n"))
      << out;
  EXPECT_TRUE(has(out, "  range    0.0000 to 2.0000\n           expected 0 "
                       "to 1"))
      << out;
  EXPECT_TRUE(has(err, "--contact-sheet " + sheet + ": not written: " + arrays +
                           "/train_images.npy: a contact sheet shows"))
      << err;
  writeAll(arrays + "/train_images.npy", "cut");
  EXPECT_EQ(inspect({arrays, "--contact-sheet", sheet}), 1);
  EXPECT_TRUE(has(out, "train: " + arrays + "/train_images.npy is no npy"))
      << out;
  EXPECT_TRUE(has(err, "not written, since neither training nor test images "
                       "can be read"))
      << err;
  EXPECT_FALSE(has(out, "wrote")) << out;
  EXPECT_FALSE(std::filesystem::exists(sheet));
}

/// A split that is not there is no fault of the data, but one in part is.
TEST_F(DataCommands, OneSplitIsEnough) {
  std::filesystem::remove_all(images + "/test");
  EXPECT_EQ(inspect({images}), 0) << out;
  EXPECT_TRUE(has(out, "test: data folder " + images + " has no folder test"))
      << out;
  EXPECT_EQ(run({"train", toy, "--data=folder:" + images,
                 "--transform=resize:4", "--save", folder / "w"}),
            1);
  EXPECT_TRUE(has(err, "; to train without evaluation: --no-eval")) << err;
  put("test/class0/x.png", "hello");
  EXPECT_EQ(inspect({images}), 1);
}

TEST_F(DataCommands, AContactSheetTakesNoPlaceOfTheData) {
  std::string picture = images + "/test/class1/1.png";
  std::string labels = folder / "train-labels-idx1-ubyte";
  for (const auto &[source, path] :
       {std::pair(images, picture), std::pair(folder.path, labels),
        std::pair(data, labels)}) {
    std::string before = readAll(path);
    EXPECT_EQ(inspect({source, "--contact-sheet", path}), 1);
    EXPECT_TRUE(has(err, "error: the data " + path + " and --contact-sheet " +
                             path +
                             " are one file, so what is read would be "
                             "lost; name another one"))
        << err;
    EXPECT_EQ(readAll(path), before);
  }
}

TEST_F(DataCommands, InspectUsage) {
  EXPECT_EQ(run({"data"}), 2);
  EXPECT_TRUE(has(err, "error: data: expected a command: inspect\n  see "
                       "moec-run data --help"))
      << err;
  EXPECT_EQ(inspect({}), 2);
  EXPECT_EQ(inspect({images, "--jsn"}), 2);
  EXPECT_TRUE(has(err, "error: data inspect: unknown flag '--jsn', did you "
                       "mean '--json'?\n  see moec-run data inspect --help"))
      << err;
  EXPECT_EQ(inspect({folder / "none"}), 1);
  EXPECT_TRUE(has(err, "there is no ")) << err;
  EXPECT_FALSE(has(err, "did you mean")) << err;
  EXPECT_EQ(inspect({"foldr:" + images}), 1);
  EXPECT_TRUE(has(err, "; did you mean folder:" + images + "?")) << err;
  EXPECT_EQ(inspect({images + "/train/class0"}), 1);
  EXPECT_TRUE(has(err, "class0 holds no data that moec knows; expected idx:"))
      << err;
  EXPECT_EQ(run({"help", "data"}), 0);
  EXPECT_TRUE(has(out, "inspect")) << out;
}

/// The toy's images, scaled, of which one part is kept.
TEST_F(DataCommands, ValidationTakesAPartOfTheTrainingImages) {
  std::vector<std::string> common = {"--data=folder:" + images,
                                     "--test-transform=resize:4",
                                     "--validation=0.2", "--threads=1"};
  auto with = [&](std::vector<std::string> words) {
    words.insert(words.end(), common.begin(), common.end());
    return run(words);
  };
  std::string weights = folder / "w";
  // The test images are not looked at.
  std::filesystem::remove_all(images + "/test");
  ASSERT_EQ(with({"train", toy, "--transform=resize:4", "--epochs=20", "--save",
                  weights}),
            0)
      << err;
  EXPECT_TRUE(has(out, "24 images, 20 epochs of 3 steps of 8 images")) << out;
  EXPECT_TRUE(has(out, "epoch 20/20 validation accuracy ")) << out;
  EXPECT_TRUE(has(out, "/6 images, ")) << out;
  EXPECT_TRUE(has(out, ", validation accuracy ")) << out;
  ASSERT_EQ(with({"eval", toy, "--weights", weights}), 0) << err;
  EXPECT_EQ(out.rfind("validation accuracy ", 0), 0u) << out;
  ASSERT_EQ(with({"classify", toy, "--weights", weights, "--count=1"}), 0)
      << err;
  EXPECT_EQ(with({"eval", toy, "--weights", weights, "--test-images=7"}), 1);
  EXPECT_TRUE(has(err, "has 6 validation images")) << err;
  EXPECT_EQ(run({"eval", toy, "--weights", weights, "--data", data,
                 "--validation=0"}),
            2);
  EXPECT_TRUE(has(err, "--validation: expected a share between 0 and 1, got "
                       "'0'"))
      << err;
}

TEST_F(DataCommands, DamagedFilesAreSkippedOnlyIfAsked) {
  put("train/class0/x.png", "hello");
  std::vector<std::string> words = {
      "train",       toy,        "--data=folder:" + images,
      "--transform", "resize:4", "--epochs=1",
      "--no-eval",   "--save",   folder / "w"};
  EXPECT_EQ(run(words), 1);
  EXPECT_TRUE(has(err, "1 of 31 files cannot be read:\n")) << err;
  words.emplace_back("--skip-damaged");
  EXPECT_EQ(run(words), 0) << err;
  EXPECT_TRUE(has(err, "warning: " + images +
                           "/train: 1 file is left out, the first: " + images +
                           "/train/class0/x.png is no PNG or JPEG file"))
      << err;
  EXPECT_TRUE(has(out, "30 images, ")) << out;
}
