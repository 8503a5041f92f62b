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
  ASSERT_EQ(manifest.blocks.size(), 2u);
  EXPECT_EQ(manifest.blocks[1].name, "moment");
  EXPECT_EQ(manifest.blocks[1].bytes, 256);
  ASSERT_EQ(manifest.variables.size(), 4u);
  const Variable &weight = manifest.variables[0], &bias = manifest.variables[1],
                 &moment = manifest.variables[3];
  EXPECT_EQ(bias.offset, 192);
  EXPECT_EQ(bias.init.kind, VariableInit::Kind::Zeros);
  EXPECT_TRUE(weight.decay);
  EXPECT_FALSE(bias.decay);
  EXPECT_EQ(weight.elements, 48);
  EXPECT_EQ(weight.init.kind, VariableInit::Kind::Normal);
  EXPECT_EQ(weight.role, Role::Parameter);
  EXPECT_EQ(weight.of, -1);
  EXPECT_EQ(moment.role, Role::Moment);
  EXPECT_EQ(moment.block, 1);
  EXPECT_EQ(moment.of, 1);
  EXPECT_EQ(manifest.findVariable("bias.momentum"), 3);
  EXPECT_EQ(manifest.findVariable("momentum"), -1);
  EXPECT_EQ(manifest.countOf(Role::Parameter), 2);
  EXPECT_EQ(manifest.elementsOf(Role::Parameter), 51);
  EXPECT_EQ(manifest.countOf(Role::Shadow), 0);
  EXPECT_EQ(manifest.findEntry("infer", 8), 1);
  EXPECT_EQ(manifest.findEntry("infer"), 0);
  EXPECT_EQ(manifest.findEntry("infer", 7), -1);
  const Entry &step = manifest.entries[2];
  EXPECT_EQ(step.inputs[0].bytes(), 128);
  EXPECT_EQ(step.inputs[2].bytes(), 4);
  EXPECT_EQ(step.inputs[1].source, InputSource::Field);
  EXPECT_EQ(step.inputs[2].source, InputSource::Host);
  EXPECT_EQ(step.findInput("seed", InputSource::Field), -1);
  EXPECT_EQ(step.findInput("seed", InputSource::Host), 4);
  EXPECT_EQ(step.outputs[0].kind, OutputKind::Metric);
  EXPECT_EQ(manifest.entries[0].outputs[0].kind, OutputKind::Output);
  const Argument &moments = step.program[4].body[0].args[5];
  EXPECT_EQ(moments.block, BlockKind::Variables);
  EXPECT_EQ(moments.index, 1);
  EXPECT_EQ(moments.bytes, 256);
  EXPECT_EQ(manifest.training.epochs, 3);
  EXPECT_EQ(manifest.training.schedule.op, "warmup_cosine");
  EXPECT_EQ(manifest.training.seed, 9u);
  EXPECT_EQ(manifest.data.classes, 3);
  EXPECT_EQ(manifest.data.classNames[2], "right");
}

/// What a module need not say.
TEST(Manifest, WhatIsOptional) {
  json text = toy();
  text.erase("host");
  for (json &variable : text["variables"])
    for (const char *member : {"decay", "init", "of"})
      variable.erase(member);
  Manifest manifest = parseManifest(text.dump());
  EXPECT_EQ(manifest.training.text, "{}");
  EXPECT_EQ(manifest.data.classes, 0);
  EXPECT_EQ(manifest.variables[0].init.kind, VariableInit::Kind::Zeros);
  EXPECT_EQ(manifest.variables[2].of, -1);
}

TEST(Manifest, FieldAndHostInputOfOneName) {
  json text = toy();
  text["entries"][2]["inputs"][1]["name"] = "seed";
  Manifest manifest = parseManifest(text.dump());
  const Entry &entry = manifest.entries[2];
  EXPECT_EQ(entry.findInput("seed"), 1);
  EXPECT_EQ(entry.findInput("seed", InputSource::Host), 4);
  text["entries"][2]["inputs"][3]["name"] = "seed";
  EXPECT_ERROR(parseManifest(text.dump()), "\"seed\" stands twice");
}

/// Variables may touch each other and, empty, lie anywhere.
TEST(Manifest, NeighboursDoNotOverlap) {
  json text = toy();
  text["variables"][1]["shape"] = {16}; // to the end of its block
  text["variables"][2]["shape"] = {0, 3};
  text["variables"][2]["offset"] = 196;
  EXPECT_NO_THROW(parseManifest(text.dump()));
  text["variables"][2]["shape"] = {1};
  EXPECT_ERROR(parseManifest(text.dump()), "overlap");
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
    {"replace", "/format", "\"moec.module/1\"",
     "expected \"" MOEC_MODULE_FORMAT
     "\", got \"moec.module/1\"; compile the model "
     "again"},
    {"add", "/precision", "\"fp8\"", "\"f32\" or \"bf16\", got \"fp8\""},
    {"remove", "/target", nullptr, "manifest: member \"target\" is missing"},
    {"replace", "/target/features", "3", "/features: expected an array"},
    {"remove", "/blocks", nullptr, "\"blocks\" is missing"},
    {"replace", "/blocks/0/bytes", "-1", "expected an integer from 0"},
    {"replace", "/blocks/0/bytes", "1.5", "expected an integer, got"},
    {"replace", "/blocks/0/bytes", "18446744073709551615", "got 1844674"},
    {"replace", "/blocks/0/bytes", "203",
     "variable \"bias\" ends at byte 204, beyond the block \"parameter\" of "
     "203 "
     "bytes"},
    {"replace", "/blocks/1/name", "\"parameter\"",
     "\"parameter\" stands twice"},
    {"replace", "/blocks/1/name", "\"arena\"", "derived, got \"arena\""},
    {"remove", "/variables", nullptr, "\"variables\" is missing"},
    {"replace", "/variables/1/block", "\"shadow\"",
     "\"shadow\" is none of the module's blocks"},
    {"remove", "/variables/1/block", nullptr, "\"block\" is missing"},
    {"replace", "/variables/1/role", "\"weight\"", "derived, got \"weight\""},
    {"remove", "/variables/1/role", nullptr, "\"role\" is missing"},
    {"replace", "/variables/1/dtype", "\"bf16\"",
     "expected u8, i32 or f32, got \"bf16\""},
    {"replace", "/variables/1/offset", "194", "a multiple of 4 bytes"},
    {"replace", "/variables/1/offset", "-4", "/variables/1/offset: expected"},
    {"replace", "/variables/1/offset", "188",
     "\"weight\" and \"bias\" overlap"},
    {"replace", "/variables/3/block", "\"parameter\"", "overlap"},
    {"replace", "/variables/1/name", "\"weight\"", "stands twice"},
    {"replace", "/variables/2/of", "\"wait\"", "\"wait\" is no other variable"},
    {"replace", "/variables/2/of", "\"weight.momentum\"",
     "\"weight.momentum\" is no other variable"},
    {"replace", "/variables/0/shape", "[-1]", "/variables/0/shape/0: expect"},
    {"replace", "/variables/0/shape", "[1000000000, 1000000000]",
     "the shape has more than"},
    {"replace", "/variables/0/decay", "1", "expected true or false"},
    {"replace", "/variables/0/init", "{\"op\": \"magic\"}", "got \"magic\""},
    {"replace", "/variables/0/init", "{\"op\": \"normal\"}",
     "\"std\" is missing"},
    {"replace", "/variables/0/init",
     "{\"op\": \"normal\", \"std\": 1, \"alike\": 2}", "/init/alike: expect"},
    {"replace", "/variables/0/dtype", "\"i32\"",
     "\"weight\" is of i32: expected zeros or ones, got \"normal\""},
    {"replace", "/kernels/0/blocks", "-1", "/kernels/0/blocks: expected"},
    {"replace", "/kernels/0/symbol", "\"builtin:route\"", "has one block"},
    {"remove", "/entries/0/writes", nullptr, "\"writes\" is missing"},
    {"replace", "/entries/0/writes", "\"any\"", "/writes: expected an array"},
    {"replace", "/entries/0/writes", "[\"weight\"]", "got \"weight\""},
    {"replace", "/entries/0/batch", "-1", "/entries/0/batch: expected"},
    {"replace", "/entries/0/batch", "8", "stands twice"},
    {"remove", "/entries/0/program", nullptr, "\"program\" is missing"},
    {"replace", "/entries/0/program/0/launch", "7", "from 0 to 6, got 7"},
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
    {"replace", "/entries/2/program/0/args/2/bytes", "769",
     "bytes 0 to 769 in iteration 0 lie outside the block of 768"},
    {"replace", "/entries/2/program/4/args/5/bytes", "260",
     "bytes 0 to 260 in iteration 0 lie outside the block of 256"},
    {"replace", "/entries/0/program/0/args/2/bytes", "61",
     "lie outside the block of 60"},
    {"remove", "/entries/0/program/0/args/0/bytes", nullptr,
     "/entries/0/program/0/args/0: member \"bytes\" is missing"},
    {"replace", "/entries/0/program/0/args/0/bytes", "-1", "bytes: expected"},
    {"replace", "/entries/0/program/0/args/1/block", "\"params\"",
     "unknown block \"params\": expected one of the module's blocks"},
    {"replace", "/entries/0/program/0/args/1/block", "\"statistic\"",
     "unknown block \"statistic\""},
    {"remove", "/entries/0/inputs/0/source", nullptr, "\"source\" is missing"},
    {"replace", "/entries/0/inputs/0/source", "\"disk\"",
     "expected field or host, got \"disk\""},
    {"remove", "/entries/0/outputs/0/kind", nullptr, "\"kind\" is missing"},
    {"replace", "/entries/0/outputs/0/kind", "\"loss\"",
     "expected output or metric, got \"loss\""},
    {"add", "/entries/0/program/0/args/0/stride", "64", "enclosing repeat"},
    {"add", "/entries/0/program/0/args/0/ring", "[0, 2]", "[shift, modulus"},
    {"add", "/entries/0/program/0/args/0/ring", "[0, 0, 8]", "from 1 to"},
    {"add", "/entries/0/program/0/args/0/ring", "[1, 2, 80]", "lie outside"},
    {"add", "/entries/0/program/0/args/0/ring",
     "[0, 2147483648, 1099511627776]", "from 0 to 524288"},
    {"replace", "/entries/0/program/0",
     "{\"repeat\": 2, \"body\": [{\"repeat\": 2, \"body\": []}]}",
     "a repeat cannot stand inside a repeat"},
    {"replace", "/entries/0/program/0",
     "{\"repeat\": 3, \"body\": [{\"launch\": 0, \"args\": [{\"block\": "
     "\"parameter\", \"bytes\": 4, \"stride\": 128}]}]}",
     "bytes 256 to 260 in iteration 2 lie outside the block of 256"},
    {"replace", "/entries/0/program/0",
     "{\"repeat\": 3, \"body\": [{\"launch\": 0, \"args\": [{\"block\": "
     "\"parameter\", \"bytes\": 4, \"offset\": 64, \"stride\": -64}]}]}",
     "bytes -64 to -60 in iteration 2"},
    {"replace", "/entries/0/inputs/0/dtype", "\"f64\"", "got \"f64\""},
    {"add", "/entries/2/inputs/1/name", "\"image\"", "\"image\" stands twice"},
    {"replace", "/host/training/schedule/op", "\"step\"", "got \"step\""},
    {"replace", "/host/training/schedule/final", "2", "a fraction from 0 to 1"},
    {"add", "/host/training/schedule/cooldown", "-1",
     "/host/training/schedule/cooldown: expected a number that is not neg"},
    {"add", "/host/training/schedule/timescale", "0",
     "expected a number of steps above 0"},
    {"add", "/host/training/steps", "0", "/host/training/steps: expected"},
    {"replace", "/host/training/epochs", "0",
     "/host/training/epochs: expected"},
    {"replace", "/host/data/classes", "\"ten\"",
     "expected an integer, got string"},
};

INSTANTIATE_TEST_SUITE_P(Each, ManifestDamage, testing::ValuesIn(damages));

TEST(Manifest, RefusesDeepNesting) {
  // Printing and copying such a value would need a stack as deep.
  std::string text = toy().dump();
  const std::string deep = std::string(200000, '[') + std::string(200000, ']');
  const size_t at = text.find("\"blocks\"");
  ASSERT_NE(at, std::string::npos);
  text.insert(at, "\"attributes\": " + deep + ", ");
  EXPECT_ERROR(parseManifest(text), "more than 100 levels deep");
  // Brackets in a text are none.
  json named = toy();
  named["model"] = std::string(1000, '[') + "\"\\" + std::string(1000, '{');
  EXPECT_EQ(parseManifest(named.dump()).model, named["model"]);
}

/// Accepted or not: what checking every iteration would say.
TEST(Manifest, ChecksRingsAsEveryIterationWould) {
  int accepted = 0, refused = 0;
  uint64_t seed = 1;
  const auto random = [&](int below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return int64_t(seed >> 33) % below;
  };
  for (int round = 0; round < 400; ++round) {
    const int64_t repeat = random(12), offset = random(200),
                  stride = random(60) - 30, shift = random(7),
                  modulus = 1 + random(6), size = random(40);
    json manifest = toy();
    manifest["entries"][0]["program"][0] = {
        {"repeat", repeat},
        {"body",
         {{{"launch", 0},
           {"args",
            {{{"block", "parameter"},
              {"offset", offset},
              {"stride", stride},
              {"bytes", 8},
              {"ring", {shift, modulus, size}}}}}}}}};
    bool inside = true;
    for (int64_t it = 0; it < repeat; ++it) {
      const int64_t at = offset + it * stride + (it + shift) % modulus * size;
      inside &= at >= 0 && at + 8 <= 256;
    }
    const std::string error = errorOf([&] { parseManifest(manifest.dump()); });
    EXPECT_EQ(error == "no error", inside) << manifest["entries"][0] << error;
    ++(inside ? accepted : refused);
  }
  EXPECT_GT(accepted, 40);
  EXPECT_GT(refused, 40);
}

/// A long ring in a long loop costs no more than a short one.
TEST(Manifest, ChecksLongRingsAtOnce) {
  json manifest = toy();
  json argument = {
      {"block", "parameter"}, {"bytes", 4}, {"ring", {0, int64_t(1) << 31, 0}}};
  json launch = {{"launch", 0}, {"args", json::array()}};
  for (int k = 0; k < 20000; ++k)
    launch["args"].push_back(argument);
  manifest["entries"][0]["program"][0] = {{"repeat", int64_t(1) << 31},
                                          {"body", {launch}}};
  parseManifest(manifest.dump());
}

/// A GPU module: one kernel with a tensor map of its first operand.
static json gpu() {
  json manifest = toy();
  manifest["target"] = {{"device", "cuda"}, {"arch", "sm_80"}, {"ptx", "8.0"}};
  manifest["kernels"] = json::parse(R"([
    { "symbol": "k0", "grid": 4, "threads": 128, "cluster": 2, "shared": 65536,
      "workspace": 1024, "variant": "mma.sync", "kind": "contract",
      "nodes": ["fc1"], "flops": 5,
      "tensor_maps": [ { "operand": 0, "dtype": "bf16", "shape": [16, 4],
                         "strides": [32], "box": [16, 2], "swizzle": 32 } ] },
    { "symbol": "k1", "grid": 1, "threads": 32 } ])");
  manifest["entries"] = json::parse(R"([
    { "name": "infer", "batch": 1, "arena": 256, "writes": [], "inputs": [],
      "outputs": [],
      "program": [ { "launch": 0, "args": [ { "block": "arena", "offset": 128, "bytes": 128 },
                                            { "block": "parameter", "bytes": 64 } ] },
                   { "launch": 1, "args": [ { "block": "parameter", "bytes": 64 } ] } ] } ])");
  return manifest;
}

TEST(Manifest, ReadsAGpuModule) {
  Manifest manifest = parseManifest(gpu().dump());
  EXPECT_TRUE(manifest.isGpu());
  EXPECT_EQ(manifest.arch, "sm_80");
  EXPECT_EQ(manifest.workspaceBytes(), 1024);
  const GpuLaunch &launch = manifest.kernels[0].gpu;
  EXPECT_EQ(launch.grid, 4);
  EXPECT_EQ(launch.threads, 128);
  EXPECT_EQ(launch.cluster, 2);
  EXPECT_EQ(launch.shared, 65536);
  EXPECT_EQ(manifest.kernels[0].variant, "mma.sync");
  ASSERT_EQ(launch.tensorMaps.size(), 1u);
  EXPECT_EQ(launch.tensorMaps[0].type, TensorMap::Type::BF16);
  // Three strides and one line of 16 elements.
  EXPECT_EQ(launch.tensorMaps[0].extent(), 3 * 32 + 16 * 2);
  EXPECT_EQ(manifest.kernels[1].gpu.cluster, 1);
  EXPECT_NE(memoryPlan(manifest).find("workspace"), std::string::npos);
  EXPECT_FALSE(parseManifest(toy().dump()).isGpu());
}

class GpuManifestDamage : public testing::TestWithParam<Damage> {};

TEST_P(GpuManifestDamage, IsReported) {
  const Damage &damage = GetParam();
  json change = {{"op", damage.op}, {"path", damage.path}};
  if (damage.value)
    change["value"] = json::parse(damage.value);
  json manifest = gpu().patch(json::array({change}));
  EXPECT_ERROR(parseManifest(manifest.dump()), damage.error);
}

static const char *const mapPath = "/kernels/0/tensor_maps/0";
#define MAP(member) "/kernels/0/tensor_maps/0/" member
static const Damage gpuDamages[] = {
    {"replace", "/target/device", "\"tpu\"",
     "expected cpu or cuda, got \"tpu\""},
    {"remove", "/target/arch", nullptr, "\"arch\" is missing"},
    {"replace", "/target/arch", "\"volta\"", "such as sm_80 or sm_90a"},
    {"replace", "/target/arch", "\"sm_\"", "got \"sm_\""},
    {"replace", "/target/arch", "\"sm_90x\"", "got \"sm_90x\""},
    {"replace", "/kernels/1/symbol", "\"builtin:route\"", "no builtins"},
    {"remove", "/kernels/0/grid", nullptr, "\"grid\" is missing"},
    {"remove", "/kernels/0/threads", nullptr, "\"threads\" is missing"},
    {"replace", "/kernels/0/grid", "-1", "/kernels/0/grid: expected"},
    {"replace", "/kernels/0/grid", "4294967296", "/kernels/0/grid: expected"},
    {"replace", "/kernels/0/grid", "3", "no multiple of the cluster of 2"},
    {"replace", "/kernels/0/threads", "1025", "from 1 to 1024, got 1025"},
    {"replace", "/kernels/0/cluster", "17", "from 1 to 16, got 17"},
    {"replace", "/kernels/0/shared", "232449", "from 0 to 232448"},
    {"replace", "/kernels/0/workspace", "-4", "/kernels/0/workspace: expected"},
    {"replace", "/kernels/0/variant", "7", "expected a string"},
    {"add", "/kernels/0/registers", "256", "255"},
    {"add", "/kernels/0/spills", "-1", "0"},
    {"replace", mapPath, "[]", "expected an object"},
    {"replace", MAP("operand"), "2",
     "a tensor map of operand 2, the launch has 2"},
    {"replace", MAP("dtype"), "\"f8\"", "bf16, got \"f8\""},
    {"replace", MAP("shape"), "[]", "1 to 5 dimensions, got 0"},
    {"replace", MAP("shape"), "[16, 0]", "/shape/1: expected"},
    {"replace", MAP("strides"), "[]", "expected 1 values"},
    {"replace", MAP("strides"), "[40]", "multiples of 16 bytes, got 40"},
    {"replace", MAP("box"), "[16]", "expected 2 values"},
    {"replace", MAP("box"), "[16, 257]", "from 1 to 256, got 257"},
    {"replace", MAP("box"), "[4, 2]", "8 bytes, expected a multiple of 16"},
    {"replace", MAP("box"), "[32, 2]", "64 bytes, more than the swizzle of 32"},
    {"replace", MAP("swizzle"), "48",
     "expected 0, 32, 64 or 128 bytes, got 48"},
    // The map reaches 128 bytes, the arena has 128 behind the offset.
    {"replace", MAP("shape"), "[17, 4]", "lie outside the block of 256 bytes"},
    {"replace", MAP("strides"), "[1099511627760]", "lie outside the block"},
    {"replace", "/entries/0/program/0/args/0/offset", "120", "multiples of 16"},
};

INSTANTIATE_TEST_SUITE_P(Each, GpuManifestDamage,
                         testing::ValuesIn(gpuDamages));

TEST(Manifest, ParametersOfAGpuKernelAreBounded) {
  json manifest = gpu();
  json &args = manifest["entries"][0]["program"][1]["args"];
  while (args.size() < 512)
    args.push_back(args[0]);
  EXPECT_NO_THROW(parseManifest(manifest.dump()));
  args.push_back(args[0]);
  EXPECT_ERROR(parseManifest(manifest.dump()),
               "kernel k1 has 4104 bytes of parameters, more than 4096");
}

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
