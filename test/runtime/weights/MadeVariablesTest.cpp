//===- MadeVariablesTest.cpp - Tests of variables that a map makes --------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Safetensors.h"
#include "runtime/weights/Conversion.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
class MadeVariables : public testing::Test {
protected:
  /// A file with zeros of these names and shapes.
  void file(const std::vector<TensorWriter::Tensor> &tensors) {
    std::vector<SafeTensor> stored;
    for (const TensorWriter::Tensor &tensor : tensors) {
      size_t bytes = 4;
      for (int64_t size : tensor.shape)
        bytes *= size_t(size);
      stored.push_back({tensor.name, "F32", tensor.shape,
                        std::string_view(zeros.data(), bytes)});
    }
    std::string path = folder / ("file" + std::to_string(files.size()));
    writeSafetensors(path, stored, {});
    files.push_back(std::make_unique<TensorFile>(path));
  }
  std::string made(const std::string &members, const std::string &entries) {
    WeightMap map =
        parseWeightMap("{\"format\":\"moec.weights-map/1\"," + members +
                           "\"tensors\":[" + entries + "]}",
                       "mine");
    std::vector<const TensorFile *> all;
    for (const auto &each : files)
      all.push_back(each.get());
    std::string text;
    for (const TensorWriter::Tensor &variable : variablesMadeBy(map, all))
      text += variable.name + " " + shapeText(variable.shape) + "; ";
    return text;
  }

  TemporaryFolder folder;
  std::string zeros = std::string(1 << 12, '\0');
  std::vector<std::unique_ptr<TensorFile>> files;
};

TEST_F(MadeVariables, AxesChangeAndLayersAreStacked) {
  file({{"stem.w", {4, 3}}, {"blocks.0.w", {2, 5}}, {"blocks.1.w", {2, 5}}});
  EXPECT_EQ(made("\"layers\":[\"stack\"],",
                 R"({"from":"stem.w","to":"patches.w","axes":"o i -> i o"},
                    {"from":"blocks.{layer}.w","to":"{layer}.w"})"),
            "patches.w [3, 4]; stack.w [2, 2, 5]; ");
}

TEST_F(MadeVariables, ExpertsOfSeveralFilesAreStacked) {
  file({{"l0.e0.w", {5}}, {"l0.e1.w", {5}}, {"l0.e2.w", {5}}});
  file({{"l1.e0.w", {5}}, {"l1.e1.w", {5}}, {"l1.e2.w", {5}}});
  EXPECT_EQ(made("\"layers\":[\"stack\"],",
                 R"({"from":"l{layer}.e{expert}.w","to":"{layer}.moe.w"})"),
            "stack.moe.w [2, 3, 5]; ");
}

TEST_F(MadeVariables, OptionalEntriesMayBeWithoutTensors) {
  file({{"a", {}}});
  EXPECT_EQ(made("", R"({"from":"a","to":"x"},
                        {"from":"b","to":"y","optional":true})"),
            "x []; ");
}

TEST_F(MadeVariables, OthersMayNot) {
  file({{"a", {1}}});
  EXPECT_ERROR(made("", R"({"from":"a","to":"x"},{"from":["b","c"],"to":"y"})"),
               "no file has the tensor \"b\", which tensors/1 of map mine");
}

TEST_F(MadeVariables, AxesThatDoNotFitAreAnError) {
  file({{"a", {1, 2, 3}}});
  EXPECT_ERROR(made("", R"({"from":"a","to":"x","axes":"o i -> i o"})"),
               "tensor \"a\"");
}

TEST_F(MadeVariables, SeveralStacksNeedTheModel) {
  file({{"a", {1}}});
  EXPECT_ERROR(
      made("\"layers\":[[\"dense\",\"sparse\"]],", R"({"from":"a","to":"x"})"),
      "several stacks of layers");
}
} // namespace
