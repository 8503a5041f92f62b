//===- ManifestTest.cpp - Tests of reading manifests ----------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Manifest.h"
#include "test/runtime/TestSupport.h"

#include <nlohmann/json.hpp>

using namespace moec::rt;
using namespace moec::rt::test;
using nlohmann::json;

/// The manifest of the toy module, to be damaged by each test.
static json toy() { return json::parse(loadTestModule("toy")->manifestText()); }

TEST(Manifest, ReadsTheToy) {
  Manifest manifest = parseManifest(toy().dump());
  EXPECT_EQ(manifest.model, "toy");
  ASSERT_EQ(manifest.parameters.size(), 2u);
  EXPECT_EQ(manifest.parameters[1].offset, 48);
  EXPECT_TRUE(manifest.parameters[0].decay);
  EXPECT_EQ(manifest.parameters[0].elements, 48);
  EXPECT_EQ(manifest.findEntry("infer", 8), 1);
  EXPECT_EQ(manifest.findEntry("infer"), 0);
  EXPECT_EQ(manifest.findEntry("infer", 7), -1);
  const Entry &step = manifest.entries[2];
  EXPECT_EQ(step.inputs[0].bytes(), 128);
  EXPECT_EQ(step.inputs[2].bytes(), 4);
  EXPECT_TRUE(step.usesGrads);
  EXPECT_EQ(manifest.training.epochs, 3);
  EXPECT_EQ(manifest.training.schedule.kind, ScheduleInfo::Kind::WarmupCosine);
  EXPECT_EQ(manifest.training.seed, 9u);
  EXPECT_EQ(manifest.data.classes, 3);
  EXPECT_EQ(manifest.data.classNames[2], "right");
}

TEST(Manifest, BrokenJson) {
  std::string text = toy().dump();
  EXPECT_ERROR(parseManifest(""), "not valid JSON");
  EXPECT_ERROR(parseManifest("[1, 2"), "not valid JSON");
  EXPECT_ERROR(parseManifest("[]"), "expected an object, got array");
  EXPECT_ERROR(parseManifest("null"), "expected an object, got null");
  // No prefix of a manifest is a manifest, and none crashes.
  for (size_t length = 0; length < text.size(); length += 7)
    EXPECT_ERROR(parseManifest(text.substr(0, length)), "not valid JSON");
}

/// One change to the manifest (a JSON patch), and the error that follows.
struct Damage {
  const char *op, *path, *value, *error;
};

class ManifestDamage : public testing::TestWithParam<Damage> {};

TEST_P(ManifestDamage, IsReported) {
  const Damage &damage = GetParam();
  json change = {{"op", damage.op}, {"path", damage.path}};
  if (damage.value)
    change["value"] = json::parse(damage.value);
  json manifest = toy().patch(json::array({change}));
  EXPECT_ERROR(parseManifest(manifest.dump()), damage.error);
}

static const Damage damages[] = {
    {"remove", "/format", nullptr, "\"format\" is missing"},
    {"replace", "/format", "\"moec.module/2\"", "got \"moec.module/2\""},
    {"remove", "/target", nullptr, "manifest: member \"target\" is missing"},
    {"replace", "/target/features", "3", "/features: expected an array"},
    {"replace", "/parameter_elements", "-1", "expected an integer from 0"},
    {"replace", "/parameter_elements", "32", "beyond the parameter block"},
    {"replace", "/parameter_elements", "1.5", "expected an integer, got"},
    {"replace", "/parameter_elements", "18446744073709551615", "got 1844674"},
    {"replace", "/parameters/1/offset", "50", "a multiple of 16"},
    {"replace", "/parameters/1/offset", "32", "overlap"},
    {"replace", "/parameters/1/name", "\"weight\"", "stands twice"},
    {"replace", "/parameters/0/shape", "[-1]", "/parameters/0/shape/0: expect"},
    {"replace", "/parameters/0/shape", "[1000000000, 1000000000]",
     "the shape has more than"},
    {"replace", "/parameters/0/init", "{\"op\": \"magic\"}", "got \"magic\""},
    {"replace", "/parameters/0/init", "{\"op\": \"normal\"}",
     "\"std\" is missing"},
    {"replace", "/kernels/0/blocks", "-1", "/kernels/0/blocks: expected"},
    {"replace", "/kernels/0/symbol", "\"builtin:route\"", "has one block"},
    {"replace", "/entries/0/batch", "0", "/entries/0/batch: expected"},
    {"replace", "/entries/0/batch", "8", "stands twice"},
    {"remove", "/entries/0/program", nullptr, "\"program\" is missing"},
    {"replace", "/entries/0/program/0/launch", "6", "from 0 to 5, got 6"},
    {"replace", "/entries/0/program/0/args/0/block", "\"in1\"",
     "\"in1\" does not exist"},
    {"replace", "/entries/0/program/0/args/0/block", "\"grad\"",
     "unknown block \"grad\""},
    {"replace", "/entries/0/program/0/args/0/block", "\"in\"",
     "unknown block \"in\""},
    {"replace", "/entries/0/program/0/args/0/block", "\"arena\"",
     "lie outside the block of 0 bytes"},
    {"replace", "/entries/0/program/0/args/0/offset", "80",
     "lie outside the block of 80 bytes"},
    {"replace", "/entries/2/arena", "256", "lie outside the block of 256"},
    {"replace", "/entries/2/program/0/args/2/bytes", "513",
     "bytes 0 to 513 in iteration 0 lie outside"},
    {"replace", "/entries/2/state", "0", "\"state0\" does not exist"},
    {"add", "/entries/0/program/0/args/0/stride", "64", "enclosing repeat"},
    {"add", "/entries/0/program/0/args/0/ring", "[0, 2]", "[shift, modulus"},
    {"add", "/entries/0/program/0/args/0/ring", "[0, 0, 8]", "from 1 to"},
    {"add", "/entries/0/program/0/args/0/ring", "[1, 2, 80]", "lie outside"},
    {"replace", "/entries/0/program/0",
     "{\"repeat\": 2, \"body\": [{\"repeat\": 2, \"body\": []}]}",
     "a repeat cannot stand inside a repeat"},
    {"replace", "/entries/0/program/0",
     "{\"repeat\": 3, \"body\": [{\"launch\": 0, \"args\": [{\"block\": "
     "\"params\", \"offset\": 0, \"stride\": 128}]}]}",
     "bytes 256 to 257 in iteration 2 lie outside the block of 256"},
    {"replace", "/entries/0/program/0",
     "{\"repeat\": 3, \"body\": [{\"launch\": 0, \"args\": [{\"block\": "
     "\"params\", \"offset\": 64, \"stride\": -64}]}]}",
     "bytes -64 to -63 in iteration 2"},
    {"replace", "/entries/0/inputs/0/dtype", "\"f64\"", "got \"f64\""},
    {"add", "/entries/2/inputs/1/name", "\"image\"", "\"image\" stands twice"},
    {"replace", "/training/schedule/op", "\"step\"", "got \"step\""},
    {"replace", "/training/schedule/final", "2", "a fraction from 0 to 1"},
    {"replace", "/training/epochs", "0", "/training/epochs: expected"},
    {"replace", "/data/classes", "\"ten\"", "expected an integer, got string"},
};

INSTANTIATE_TEST_SUITE_P(Each, ManifestDamage, testing::ValuesIn(damages));

TEST(Manifest, RingInsideRepeatIsCheckedExactly) {
  json manifest = toy();
  // The last iteration of residue 1 is iteration 3: 3 * 16 + 16 = 64 bytes.
  auto with = [&](int arena) {
    manifest["entries"][2]["arena"] = arena;
    manifest["entries"][2]["program"] = json::parse(
        "[{\"repeat\": 5, \"body\": [{\"launch\": 0, \"args\": [{\"block\": "
        "\"arena\", \"stride\": 16, \"ring\": [0, 2, 16], \"bytes\": 16}]}]}]");
    return manifest.dump();
  };
  EXPECT_NO_THROW(parseManifest(with(80)));
  EXPECT_ERROR(parseManifest(with(79)), "lie outside the block of 79");
}
