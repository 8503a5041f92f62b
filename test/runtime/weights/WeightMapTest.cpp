//===- WeightMapTest.cpp - Tests of name maps -----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/weights/WeightMap.h"
#include "test/runtime/TestSupport.h"

using namespace moec::rt;
using namespace moec::rt::test;

/// A map with these members and entries.
static std::string mapText(const std::string &members,
                           const std::string &entries) {
  return "{\"format\":\"moec.weights-map/1\"," + members + "\"tensors\":[" +
         entries + "]}";
}

TEST(WeightMap, Reads) {
  WeightMap map = parseWeightMap(
      mapText(
          "\"description\":\"text\",\"layers\":[\"a\",[\"b.c\",\"b.d\"]],"
          "\"ignore\":[\"x.*\"],",
          "{\"from\":[\"l{layer}.e{expert}\",\"m{layer}.{expert}\"],"
          "\"to\":\"{layer}.w\",\"axes\":\"(s o) -> o\",\"sizes\":{\"s\":2},"
          "\"take\":{\"s\":1},\"optional\":true},"
          "{\"from\":\"h\",\"to\":\"head\"}"),
      "mine");
  EXPECT_EQ(map.name, "mine");
  EXPECT_EQ(map.description, "text");
  EXPECT_EQ(map.layers,
            (std::vector<std::vector<std::string>>{{"a"}, {"b.c", "b.d"}}));
  EXPECT_EQ(map.ignore, std::vector<std::string>{"x.*"});
  ASSERT_EQ(map.rules.size(), 2u);
  EXPECT_EQ(map.rules[0].from.size(), 2u);
  EXPECT_TRUE(map.rules[0].optional);
  EXPECT_EQ(map.rules[0].place, "tensors/0");
  EXPECT_EQ(map.rules[0].axes.apply({6}).offset, 3);
  EXPECT_FALSE(map.rules[1].optional);
  EXPECT_EQ(map.rules[1].to, "head");
}

TEST(WeightMap, Malformed) {
  auto expect = [](const std::string &text, const char *part) {
    EXPECT_ERROR(parseWeightMap(text, "mine"), part);
    EXPECT_ERROR(parseWeightMap(text, "mine"), "name map mine: ");
  };
  auto entry = [&](const std::string &text, const char *part) {
    expect(mapText("\"layers\":[\"s\"],", text), part);
  };
  expect("{", "not valid JSON");
  expect("[]", "expected an object");
  expect("{}", "\"format\" is missing");
  expect("{\"format\":\"moec.model/2\",\"tensors\":[]}",
         "expected \"moec.weights-map/1\", got \"moec.model/2\"");
  expect(mapText("\"layres\":[],", ""), "did you mean \"layers\"?");
  expect(mapText("\"layers\":[[]],", ""), "got an empty array");
  expect(mapText("\"layers\":[\"s\",[\"t\",\"s\"]],", ""),
         "stack \"s\" stands there twice");
  expect(mapText("", ""), "/tensors: expected at least one entry");
  entry("{\"from\":\"a\"}", "/tensors/0: member \"to\" is missing");
  entry("{\"to\":\"a\"}", "member \"from\" is missing");
  entry("{\"from\":\"a\",\"to\":\"b\",\"axis\":\"\"}",
        "/tensors/0/axis: unknown member");
  entry("{\"from\":3,\"to\":\"b\"}", "/tensors/0/from: expected an array");
  entry("{\"from\":\"\",\"to\":\"b\"}", "empty text");
  entry("{\"from\":\"a\",\"to\":\"\"}", "empty text");
  entry("{\"from\":\"{layer}\",\"to\":\"b\"}",
        "both in \"from\" and in \"to\"");
  entry("{\"from\":\"a\",\"to\":\"{layer}.b\"}",
        "both in \"from\" and in \"to\"");
  entry("{\"from\":\"{number}\",\"to\":\"b\"}",
        "expected {layer} or {expert} and no other braces, got \"{number}\"");
  entry("{\"from\":\"a}\",\"to\":\"b\"}", "no other braces");
  entry("{\"from\":\"a\",\"to\":\"{expert}.b\"}", "expected {layer} and no");
  entry("{\"from\":[\"a{expert}\",\"b\"],\"to\":\"b\"}",
        "in every spelling or in none");
  entry("{\"from\":\"a\",\"to\":\"b\",\"take\":{\"q\":0}}",
        "\"axes\", which is missing");
  entry("{\"from\":\"a\",\"to\":\"b\",\"axes\":\"a b -> a\"}",
        "/tensors/0/axes: axis 'b' stands on the left");
  entry("{\"from\":\"a\",\"to\":\"b\",\"axes\":\"a -> a\",\"sizes\":{\"a\":0}}",
        "/tensors/0/sizes/a: expected an integer from 1");
  entry("{\"from\":\"a\",\"to\":\"b\",\"optional\":1}",
        "/tensors/0/optional: expected true or false");
  entry("{\"from\":\"a\",\"to\":\"b\"},{\"from\":\"c\",\"to\":\"b\"}",
        "/tensors/1: \"b\" is made by another entry already");
  expect(mapText("", "{\"from\":\"{layer}\",\"to\":\"{layer}.b\"}"),
         "{layer} needs the map's \"layers\"");
}

TEST(WeightMap, Patterns) {
  EXPECT_TRUE(matchesPattern("a.*.b", "a.x.y.b"));
  EXPECT_FALSE(matchesPattern("a.*.b", "a.b"));
  EXPECT_TRUE(matchesPattern("*", ""));
  EXPECT_TRUE(matchesPattern("l{layer}.e{expert}", "l12.e0"));
  EXPECT_FALSE(matchesPattern("l{layer}.w", "l.w"));
  EXPECT_FALSE(matchesPattern("l{layer}.w", "l1.w2"));
  EXPECT_EQ(fillIn("a.{layer}.{layer}", layerPlace, "{layer}"),
            "a.{layer}.{layer}");
  EXPECT_EQ(fillIn("a.{layer}.{layer}", layerPlace, "3"), "a.3.3");
}

TEST(WeightMap, Shipped) {
  ASSERT_GE(shippedMaps().size(), 6u);
  for (const ShippedMap &map : shippedMaps()) {
    SCOPED_TRACE(map.name);
    WeightMap parsed = parseWeightMap(map.text, map.name);
    EXPECT_FALSE(parsed.description.empty());
    EXPECT_EQ(findWeightMap(map.name).rules.size(), parsed.rules.size());
  }
}

TEST(WeightMap, Found) {
  TemporaryFolder folder;
  writeAll(folder / "m.json", mapText("", "{\"from\":\"a\",\"to\":\"b\"}"));
  EXPECT_EQ(findWeightMap(folder / "m.json").rules.size(), 1u);
  EXPECT_ERROR(findWeightMap(folder / "none.json"), "cannot open name map");
  EXPECT_ERROR(findWeightMap("timm-mixr"),
               "no name map 'timm-mixr', did you mean 'timm-mixer'?; there "
               "are: timm-mixer, ");
}

/// Whatever one character becomes, the text is read or refused.
TEST(WeightMap, Damaged) {
  std::string good = shippedMaps()[0].text;
  for (size_t at = 0; at < good.size(); ++at)
    for (char c : {'{', '"', ' ', ')', '1'}) {
      std::string bad = good;
      bad[at] = c;
      errorOf([&] { parseWeightMap(bad, "damaged"); });
    }
}
