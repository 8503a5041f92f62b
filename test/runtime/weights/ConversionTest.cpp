//===- ConversionTest.cpp - Tests of conversions of weights ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/Conversion.h"
#include "runtime/data/Safetensors.h"
#include "test/runtime/TestSupport.h"

#include <cmath>

using namespace moec::rt;
using namespace moec::rt::test;

namespace {
template <typename T> std::string_view asBytes(const std::vector<T> &values) {
  return {reinterpret_cast<const char *>(values.data()),
          values.size() * sizeof(T)};
}

/// Files, a map and a model for which they are converted.
class ConversionTest : public testing::Test {
protected:
  /// Tensors of these names and shapes, elements numbered from `start`.
  void file(const std::string &name,
            const std::vector<TensorWriter::Tensor> &tensors, float start = 0) {
    std::vector<std::vector<float>> values;
    std::vector<SafeTensor> stored;
    values.reserve(tensors.size());
    for (const TensorWriter::Tensor &tensor : tensors) {
      int64_t count = 1;
      for (int64_t size : tensor.shape)
        count *= size;
      values.emplace_back();
      for (int64_t i = 0; i < count; ++i)
        values.back().push_back(start++);
      stored.push_back(
          {tensor.name, "F32", tensor.shape, asBytes(values.back())});
    }
    writeSafetensors(folder / name, stored, {});
    open(name);
  }
  void open(const std::string &name) {
    files.push_back(std::make_unique<TensorFile>(folder / name));
  }
  /// Plans, and writes the file "out".
  void convert(const std::string &members, const std::string &entries,
               std::vector<TensorWriter::Tensor> variables) {
    WeightMap map =
        parseWeightMap("{\"format\":\"moec.weights-map/1\"," + members +
                           "\"tensors\":[" + entries + "]}",
                       "mine");
    ConversionRequest request{
        "toy", std::move(variables), &map, {}, ignore, zeros, grids, grow};
    for (const auto &each : files)
      request.files.push_back(each.get());
    ruined = convertWeights(planConversion(request), folder / "out",
                            {{"model", "toy"}});
  }
  std::vector<float> result(const std::string &name) {
    SafetensorsFile out(folder / "out");
    const SafeTensor *tensor = out.find(name);
    if (!tensor)
      return {};
    const auto *first = reinterpret_cast<const float *>(tensor->bytes.data());
    return {first, first + tensor->bytes.size() / 4};
  }

  TemporaryFolder folder;
  std::vector<std::unique_ptr<TensorFile>> files;
  std::vector<std::string> ignore, zeros, grids, grow, ruined;
};

using Values = std::vector<float>;
} // namespace

TEST_F(ConversionTest, RenamesAndTransposes) {
  file("a", {{"theirs", {2, 3}}, {"scalar", {}}});
  convert("",
          "{\"from\":\"theirs\",\"to\":\"ours\",\"axes\":\"o i -> i o\"},"
          "{\"from\":\"scalar\",\"to\":\"s\"}",
          {{"s", {}}, {"ours", {3, 2}}});
  EXPECT_EQ(result("ours"), (Values{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(result("s"), Values{6});
}

TEST_F(ConversionTest, Splits) {
  file("a", {{"kv", {4}}});
  std::string entries;
  for (const char *part : {"0", "1"})
    entries += std::string(entries.empty() ? "" : ",") +
               "{\"from\":\"kv\",\"to\":\"" + part +
               "\",\"axes\":\"(o kv) -> o\",\"sizes\":{\"kv\":2},\"take\":{"
               "\"kv\":" +
               part + "}}";
  convert("", entries, {{"0", {2}}, {"1", {2}}});
  EXPECT_EQ(result("0"), (Values{0, 2}));
  EXPECT_EQ(result("1"), (Values{1, 3}));
}

TEST_F(ConversionTest, StacksLayersAndExperts) {
  // Layers 0 and 1 are dense, 2 to 5 alternate, 6 is the last.
  std::vector<TensorWriter::Tensor> theirs;
  for (int layer = 6; layer >= 0; --layer) // in whatever order
    theirs.push_back({"l" + std::to_string(layer), {1}});
  file("a", theirs);
  file("b", {{"l3.e1", {2}}, {"l3.e0", {2}}, {"l5.e0", {2}}, {"l5.e1", {2}}},
       10);
  convert("\"layers\":[\"d\",[\"s.d\",\"s.e\",\"s\"],\"last\"],",
          "{\"from\":\"l{layer}\",\"to\":\"{layer}.w\"},"
          "{\"from\":\"l{layer}.e{expert}\",\"to\":\"{layer}.e\"}",
          {{"d.w", {2, 1}},
           {"s.d.w", {2, 1}},
           {"s.e.w", {2, 1}},
           {"s.e.e", {2, 2, 2}},
           {"last.w", {1, 1}}});
  EXPECT_EQ(result("d.w"), (Values{6, 5}));
  EXPECT_EQ(result("s.d.w"), (Values{4, 2}));
  EXPECT_EQ(result("s.e.w"), (Values{3, 1}));
  EXPECT_EQ(result("last.w"), Values{0});
  EXPECT_EQ(result("s.e.e"), (Values{12, 13, 10, 11, 14, 15, 16, 17}));
}

TEST_F(ConversionTest, OtherSpellingsAndDtypes) {
  std::vector<double> wide = {1, 0.1};
  std::vector<uint16_t> half = {0x3C00, 0xC000}, brain = {0x3F80, 0xC049};
  writeSafetensors(folder / "a",
                   {{"w", "F64", {2}, asBytes(wide)},
                    {"new.h", "F16", {2}, asBytes(half)},
                    {"b", "BF16", {2}, asBytes(brain)}},
                   {});
  open("a");
  convert("",
          "{\"from\":\"w\",\"to\":\"w\"},{\"from\":[\"old.h\",\"new.h\"],"
          "\"to\":\"h\"},{\"from\":\"b\",\"to\":\"b\"}",
          {{"w", {2}}, {"h", {2}}, {"b", {2}}});
  EXPECT_EQ(result("w"), (Values{1, 0.1f}));
  EXPECT_EQ(result("h"), (Values{1, -2}));
  EXPECT_EQ(result("b"), (Values{1, -3.140625f}));
}

/// Blocks of 4 Mi elements, whose parts lie far apart.
TEST_F(ConversionTest, LargeTensors) {
  constexpr int64_t rows = 3000, columns = 3000;
  file("a", {{"t", {rows, columns}}, {"odd", {3000, 3, 700}}});
  convert("",
          "{\"from\":\"t\",\"to\":\"t\",\"axes\":\"a b -> b a\"},"
          "{\"from\":\"odd\",\"to\":\"odd\",\"axes\":\"a b c -> b c a\"}",
          {{"t", {columns, rows}}, {"odd", {3, 700, 3000}}});
  Values got = result("t");
  ASSERT_EQ(got.size(), size_t(rows * columns));
  int64_t wrong = 0;
  for (int64_t i = 0; i < columns; ++i)
    for (int64_t j = 0; j < rows; ++j)
      wrong += got[size_t(i * rows + j)] != float(j * columns + i);
  EXPECT_EQ(wrong, 0);
  got = result("odd");
  ASSERT_EQ(got.size(), size_t(3 * 700 * 3000));
  for (int64_t b = 0; b < 3; ++b)
    for (int64_t c = 0; c < 700; ++c)
      for (int64_t a = 0; a < 3000; ++a)
        wrong += got[size_t((b * 700 + c) * 3000 + a)] !=
                 float(rows * columns + (a * 3 + b) * 700 + c);
  EXPECT_EQ(wrong, 0);
}

TEST_F(ConversionTest, SaysAllThatDoesNotFit) {
  file("a", {{"w", {2, 3}}, {"left", {4}}});
  std::string text = errorOf([&] {
    convert("",
            "{\"from\":\"w\",\"to\":\"w\",\"axes\":\"o i -> i o\"},"
            "{\"from\":\"b\",\"to\":\"b\"},{\"from\":\"c\",\"to\":\"c\"}",
            {{"w", {2, 3}}, {"b", {3}}, {"d", {3}}});
  });
  for (const std::string &part :
       {(folder / "a") + " cannot become weights of model \"toy\": 5 problems; "
                         "map mine knows 1 of the 2 names\n",
        std::string("tensor \"w\" F32 [2, 3] of ") + (folder / "a") +
            ": expected [2, 3] for \"w\", got [3, 2] by tensors/0 of the map",
        std::string("\"b\" [3]: no file has the tensor \"b\"; convert for a "
                    "model without it, or start it as zeros with --zeros 'b'"),
        std::string(
            "\"d\" [3] of the model is made by no entry of the map; add "
            "one, or start it as zeros with --zeros 'd'"),
        std::string("tensors/2 of the map makes \"c\", which the model does "
                    "not have"),
        std::string("tensor \"left\" F32 [4] of ") + (folder / "a") +
            " is left over"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

TEST_F(ConversionTest, OneToOne) {
  file("a", {{"w", {4}}, {"v", {4}}});
  auto expect = [&](const std::string &entries, const char *part,
                    int64_t size = 4) {
    EXPECT_ERROR(convert("\"layers\":[\"s\"],", entries,
                         {{"w", {size}}, {"s.v", {1, 4}}}),
                 part);
  };
  std::string v = "{\"from\":\"v\",\"to\":\"s.v\",\"axes\":\"o -> 1 o\"}";
  expect(v + ",{\"from\":\"v\",\"to\":\"w\"}", "is used twice, by tensors/");
  expect(v + ",{\"from\":\"v{layer}\",\"to\":\"{layer}.v\"}",
         "\"s.v\" is made twice, by tensors/0 and tensors/1");
  expect(v + ",{\"from\":[\"w\",\"v\"],\"to\":\"w\"}",
         "\"w\" could be made from \"w\" of");
  expect(v + ",{\"from\":\"w\",\"to\":\"w\",\"axes\":\"(p o) -> o\",\"sizes\":"
             "{\"p\":2},\"take\":{\"p\":0}}",
         "the map uses 2 of 4 elements", /*size=*/2);
  file("b", {{"w", {4}}});
  expect(v + ",{\"from\":\"w\",\"to\":\"w\"}", "stands in ");
}

TEST_F(ConversionTest, Ignores) {
  file("a", {{"w", {4}}, {"opt.m", {4}}, {"opt.v", {4}}, {"step", {}}});
  ignore = {"opt.*"};
  convert("\"ignore\":[\"step\",\"nothing\"],", "{\"from\":\"w\",\"to\":\"w\"}",
          {{"w", {4}}});
  EXPECT_EQ(result("w").size(), 4u);
  ignore = {"opt.*", "w", "head.*"};
  std::string text = errorOf([&] {
    convert("\"ignore\":[\"step\"],", "{\"from\":\"w\",\"to\":\"w\"}",
            {{"w", {4}}});
  });
  EXPECT_NE(text.find("2 problems"), std::string::npos) << text;
  for (const char *part : {"--ignore 'w' fits no tensor that is left over",
                           "--ignore 'head.*' fits no tensor"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST_F(ConversionTest, Zeros) {
  file("a", {{"w", {4}}, {"head", {4}}}, 1);
  std::string entries = "{\"from\":\"w\",\"to\":\"w\"},"
                        "{\"from\":\"head\",\"to\":\"head.w\"}";
  ignore = {"head"};
  zeros = {"head.*"};
  convert("", entries, {{"head.w", {3}}, {"head.b", {2}}, {"w", {4}}});
  EXPECT_EQ(result("head.w"), (Values{0, 0, 0}));
  EXPECT_EQ(result("head.b"), (Values{0, 0}));
  EXPECT_EQ(result("w"), (Values{1, 2, 3, 4}));
  zeros = {"heads.*"};
  EXPECT_ERROR(convert("", entries, {{"head.w", {4}}, {"w", {4}}}),
               "--zeros 'heads.*' fits no variable of the model");
}

TEST_F(ConversionTest, Resamples) {
  file("a", {{"pos", {1, 5, 1}}});
  std::string entry =
      "{\"from\":\"pos\",\"to\":\"p\",\"axes\":\"1 t c -> t c\"}";
  grids = {"p"};
  convert("", entry, {{"p", {10, 1}}});
  EXPECT_EQ(result("p"), (Values{0, 1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4}));
  // Neither without a class token, nor of another width, nor for equal shapes.
  EXPECT_ERROR(convert("", entry, {{"p", {9, 1}}}),
               "expected [9, 1] for \"p\", got [5, 1] by tensors/0 of the map; "
               "--resample cannot make it: 5 tokens are 2 x 2 patches and a "
               "class token, 9 tokens are 3 x 3 patches without a class token");
  EXPECT_ERROR(
      convert("", entry, {{"p", {10, 2}}}),
      "--resample cannot make it: a width of 1 cannot become one of 2");
  EXPECT_ERROR(convert("", entry, {{"p", {12, 1}}}),
               "--resample cannot make it: 12 tokens are no square of patches, "
               "with a class token or without");
  EXPECT_ERROR(convert("", entry, {{"p", {10, 1, 1}}}),
               "--resample cannot make it: position embeddings are [tokens, "
               "width]");
  EXPECT_ERROR(convert("", entry, {{"p", {5, 1}}}),
               "--resample 'p' fits no variable of another shape");
  grids.clear();
  EXPECT_ERROR(
      convert("", entry, {{"p", {10, 1}}}),
      "expected [10, 1] for \"p\", got [5, 1] by tensors/0 of the map; "
      "for another size of images: --resample 'p', if these are "
      "position embeddings");
  EXPECT_ERROR(convert("", entry, {{"p", {12, 2}}}),
               "of the map; convert for a model of the sizes");
  grids = grow = {"*"};
  files.clear();
  file("b", {{"pos", {1, 4, 1}}});
  EXPECT_ERROR(convert("", entry, {{"p", {16, 1}}}),
               "--resample and --grow can both make it");
}

TEST_F(ConversionTest, Grows) {
  // Two layers of one patch and two hidden elements; as stored: transposed.
  file("a", {{"w", {2, 2, 1}}, {"b", {2, 2}}});
  std::string entries =
      "{\"from\":\"w\",\"to\":\"w\",\"axes\":\"l o i -> l i o\"},"
      "{\"from\":\"b\",\"to\":\"b\"}";
  grow = {"w", "b"};
  convert("", entries, {{"w", {2, 4, 8}}, {"b", {2, 8}}});
  Values wanted;
  for (int layer = 0; layer < 2; ++layer)
    for (int patch = 0; patch < 4; ++patch)
      for (int copy = 0; copy < 4; ++copy)
        for (int i = 0; i < 2; ++i)
          wanted.push_back(copy == patch ? float(2 * layer + i) : 0);
  EXPECT_EQ(result("w"), wanted);
  EXPECT_EQ(result("b"),
            (Values{4, 5, 4, 5, 4, 5, 4, 5, 6, 7, 6, 7, 6, 7, 6, 7}));
  EXPECT_ERROR(
      convert("", entries, {{"w", {2, 4, 6}}, {"b", {2, 8}}}),
      "expected [2, 4, 6] for \"w\", got [2, 1, 2] by tensors/0 of the "
      "map; --grow cannot make it: 6 is not 4, 9 or another square "
      "times 2");
  EXPECT_ERROR(convert("", entries, {{"w", {2, 4, 8}}, {"b", {2, 2}}}),
               "--grow 'b' fits no variable of another shape");
  grow.clear();
  EXPECT_ERROR(
      convert("",
              "{\"from\":\"w\",\"to\":\"s.mlp.fc1.w\",\"axes\":\"l o i "
              "-> l i o\"}",
              {{"s.mlp.fc1.w", {2, 4, 8}}}),
      "of the map; for larger images: --grow 's.mlp.*', if these are "
      "weights over tokens");
}

TEST_F(ConversionTest, OwnNames) {
  file("a", {{"encoder.w", {2}}, {"encoder.b", {1}}, {"head.w", {1}}});
  std::vector<TensorWriter::Tensor> variables = {{"b", {1}}, {"w", {2}}};
  auto request = [&](const WeightMap &map) {
    return ConversionRequest{"toy", variables, &map, {files[0].get()}, ignore};
  };
  WeightMap map = ownNames({"b", "w"}, "encoder.");
  EXPECT_ERROR(planConversion(request(map)), "\"head.w\" F32 [1] of");
  ignore = {"head.*"};
  convertWeights(planConversion(request(map)), folder / "out", {});
  EXPECT_EQ(result("w"), (Values{0, 1}));
  EXPECT_EQ(result("b"), (Values{2}));
  ignore = {"*"};
  WeightMap plain = ownNames({"b", "w"}, "");
  EXPECT_ERROR(planConversion(request(plain)),
               "map of the model's own names knows 0 of the 3 names");
  EXPECT_ERROR(planConversion(request(plain)), "no file has the tensor \"w\"");
}

TEST_F(ConversionTest, Layers) {
  file("a", {{"l0", {1}}, {"l1", {1}}});
  std::string entry = "{\"from\":\"l{layer}\",\"to\":\"{layer}.w\"}";
  EXPECT_ERROR(convert("\"layers\":[\"s\"],", entry, {{"s.w", {3, 1}}}),
               "no file has the tensor \"l2\"");
  EXPECT_ERROR(convert("\"layers\":[\"s\"],", entry, {{"s.w", {1, 1}}}),
               "tensor \"l1\" F32 [1] of");
  EXPECT_ERROR(
      convert("\"layers\":[\"s\"],", entry, {{"s.w", {2, 1}}, {"s.v", {1, 1}}}),
      "\"s.v\" [1, 1] of the model should have 2 layers");
  EXPECT_ERROR(convert("\"layers\":[[\"s\",\"t\"]],", entry,
                       {{"s.w", {2, 1}}, {"t.w", {1, 1}}}),
               "\"s\" and \"t\" alternate in the map, and have 2 and 1 layers");
  EXPECT_ERROR(convert("\"layers\":[\"s\"],",
                       "{\"from\":\"l{layer}.{expert}\",\"to\":\"{layer}.w\"}",
                       {{"s.w", {2}}}),
               "has no axis for the experts");
  // A misspelt stack comes first, one that is missing is none.
  std::string text = errorOf([&] {
    convert("\"layers\":[\"stak\",\"none\"],", entry, {{"stack.w", {2, 1}}});
  });
  EXPECT_NE(
      text.find("names\n  \"layers\" of the map names \"none\", and the "
                "model has no variables in such a stack\n  \"layers\" of "
                "the map names \"stak\", and the model has no variables in "
                "such a stack; did you mean \"stack\"?\n"),
      std::string::npos)
      << text;
  convert("\"layers\":[\"t\",\"s\"],", entry, {{"s.w", {2, 1}}});
  EXPECT_EQ(result("s.w"), (Values{0, 1}));
}

TEST_F(ConversionTest, Dtypes) {
  std::vector<int64_t> count = {3};
  std::vector<double> large = {1, 1e300}, infinite = {1, INFINITY};
  writeSafetensors(folder / "a", {{"w", "I64", {1}, asBytes(count)}}, {});
  writeSafetensors(folder / "b", {{"w", "F64", {2}, asBytes(large)}}, {});
  writeSafetensors(folder / "c", {{"w", "F64", {2}, asBytes(infinite)}}, {});
  std::string entry = "{\"from\":\"w\",\"to\":\"w\"}";
  open("a");
  EXPECT_ERROR(convert("", entry, {{"w", {1}}}),
               "tensor \"w\" I64 [1] of " + (folder / "a") +
                   ": expected F32, F16, BF16 or F64");
  files.clear();
  open("b");
  EXPECT_ERROR(convert("", entry, {{"w", {2}}}),
               "tensor \"w\" of " + (folder / "b") +
                   ": 1e+300 is beyond what an f32 holds");
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
  files.clear();
  open("c");
  convert("", entry, {{"w", {2}}});
  EXPECT_EQ(result("w")[1], INFINITY);
  EXPECT_EQ(ruined, std::vector<std::string>{"w"});
}

TEST_F(ConversionTest, NamesABetterMap) {
  std::vector<TensorWriter::Tensor> theirs;
  for (const char *name :
       {"stem.proj.weight", "stem.proj.bias", "blocks.0.mlp_tokens.fc1.weight"})
    theirs.push_back({name, {1}});
  file("a", theirs);
  EXPECT_ERROR(convert("", "{\"from\":\"w\",\"to\":\"w\"}", {{"w", {2}}}),
               "map mine knows 0 of the 3 names; --map timm-mixer knows 3");
}
