//===- ManifestTest.cpp - What a module says about itself -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/Manifest.h"
#include "dialects/Kernel/KernelOps.h"
#include "dialects/MoE/MoEOps.h"
#include "lib/Target/CPU/Cpu.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Parser/Parser.h"
#include "moec/Runtime/Version.h"
#include "llvm/Support/JSON.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace moec;
using namespace moec::target;

namespace {

class ManifestTest : public ::testing::Test {
protected:
  ManifestTest() {
    context.loadDialect<kernel::KernelDialect, func::FuncDialect,
                        gpu::GPUDialect, moe::MoEDialect>();
  }

  /// The manifest of a module, as LLVM's JSON prints it; "" with the
  /// diagnostic in `message` where it fails.
  std::string build(const std::string &text, const Machine &target) {
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(bool(module));
    if (!module)
      return "";
    ScopedDiagnosticHandler handler(
        &context, [&](Diagnostic &diagnostic) { message = diagnostic.str(); });
    FailureOr<std::string> manifest = buildManifest(*module, target);
    return succeeded(manifest) ? *manifest : "";
  }

  /// The object that `keys` and numbers lead to, as text.
  static std::string at(const std::string &manifest,
                        std::initializer_list<const char *> path) {
    llvm::Expected<llvm::json::Value> root = llvm::json::parse(manifest);
    EXPECT_TRUE(bool(root));
    if (!root)
      return llvm::toString(root.takeError());
    const llvm::json::Value *value = &*root;
    for (llvm::StringRef step : path) {
      size_t number = 0;
      if (!step.getAsInteger(10, number))
        value = &(*value->getAsArray())[number];
      else if (!(value = value->getAsObject()->get(step)))
        return "none";
    }
    std::string text;
    llvm::raw_string_ostream(text) << *value;
    return text;
  }

  MLIRContext context;
  std::string message;
  std::unique_ptr<Machine> cpu =
      llvm::cantFail(select("cpu", {{"cpu", "native"}}));
  const Machine &machine = *cpu;
};

const char *const kernels = R"(
  func.func private @k0() attributes {kernel.blocks = 6, kernel.scratch = 64, kernel.flops = 100, kernel.outs = 0}
  func.func private @k1() attributes {kernel.blocks = 2, kernel.scratch = 0, kernel.flops = 7, kernel.kind = "map",
                                      kernel.nodes = ["a", "b"], kernel.outs = 0}
)";

TEST_F(ManifestTest, ProgramNumbersKernelsAndBlocks) {
  std::string manifest = build(std::string(kernels) + R"(
    kernel.program @infer arena 512
        inputs [#kernel.port<field "step" : tensor<8x4xf32>>,
                #kernel.port<host "step" : tensor<i32>>, #kernel.port<field "image" : tensor<32xi8>>]
        outputs [#kernel.port<metric "y" : tensor<8xf32>>] {
      kernel.launch @k1 [#kernel.address<host "step", offset = 0, bytes = 4>, #kernel.address<metric "y", offset = 8, bytes = 24>]
      kernel.loop 4 {
        kernel.launch @k0 [#kernel.address<arena, offset = 0, bytes = 64, shift = 1, modulus = 2, size = 64>,
                           #kernel.address<parameter, offset = 4, bytes = 8, stride = 16>]
        kernel.launch @k1 [#kernel.address<field "step", offset = 0, bytes = 128>]
      }
    })",
                               machine);
  // Kernels are numbered as they are first launched.
  EXPECT_EQ(at(manifest, {"kernels", "0", "symbol"}), "\"k1\"");
  EXPECT_EQ(at(manifest, {"kernels", "1", "symbol"}), "\"k0\"");
  EXPECT_EQ(at(manifest, {"kernels", "0", "kind"}), "\"map\"");
  EXPECT_EQ(at(manifest, {"kernels", "0", "nodes"}), "[\"a\",\"b\"]");
  EXPECT_EQ(at(manifest, {"kernels", "1", "scratch"}), "64");
  EXPECT_EQ(
      at(manifest, {"entries", "0", "program", "0"}),
      "{\"args\":[{\"block\":\"in1\",\"bytes\":4,\"offset\":0},{\"block\":"
      "\"out0\",\"bytes\":24,\"offset\":8}],\"launch\":0}");
  EXPECT_EQ(at(manifest, {"entries", "0", "program", "1", "repeat"}), "4");
  EXPECT_EQ(
      at(manifest, {"entries", "0", "program", "1", "body", "0"}),
      "{\"args\":[{\"block\":\"arena\",\"bytes\":64,\"offset\":0,\"ring\":[1,2,"
      "64]},{\"block\":\"parameter\",\"bytes\":8,\"offset\":4,\"stride\":16}],"
      "\"launch\":1}");
  EXPECT_EQ(at(manifest, {"entries", "0", "program", "1", "body", "1"}),
            "{\"args\":[{\"block\":\"in0\",\"bytes\":128,\"offset\":0}],"
            "\"launch\":0}");
  EXPECT_EQ(
      at(manifest, {"entries", "0", "inputs"}),
      "[{\"dtype\":\"f32\",\"name\":\"step\",\"shape\":[8,4],\"source\":"
      "\"field\"},{\"dtype\":\"i32\",\"name\":\"step\",\"shape\":[],"
      "\"source\":\"host\"},{\"dtype\":\"u8\",\"name\":\"image\",\"shape\":["
      "32],\"source\":\"field\"}]");
  EXPECT_EQ(at(manifest, {"entries", "0", "outputs"}),
            "[{\"dtype\":\"f32\",\"kind\":\"metric\",\"name\":\"y\","
            "\"shape\":[8]}]");
  EXPECT_EQ(at(manifest, {"entries", "0", "arena"}), "512");
  // Work counts once a round.
  EXPECT_EQ(at(manifest, {"entries", "0", "model_flops"}), "435");
  Cpu native = llvm::cantFail(getCpu("native"));
  EXPECT_EQ(at(manifest, {"target", "cpu"}), '"' + native.tune + '"');
  EXPECT_EQ(at(manifest, {"target", "triple"}), '"' + native.triple + '"');
  if (!native.features.empty())
    EXPECT_EQ(at(manifest, {"target", "features", "0"}),
              '"' + native.features.front() + '"');
}

TEST_F(ManifestTest, EntriesDoNotShareCounts) {
  std::string manifest = build(std::string(kernels) + R"(
    kernel.program @a arena 0 inputs [] outputs [] {
      kernel.launch @k0 []
    }
    kernel.program @b arena 0 inputs [] outputs [] {
      kernel.launch @k0 []
      kernel.launch @k1 []
    })",
                               machine);
  EXPECT_EQ(at(manifest, {"entries", "0", "model_flops"}), "100");
  EXPECT_EQ(at(manifest, {"entries", "1", "model_flops"}), "107");
  // A kernel that two entries launch is one.
  EXPECT_EQ(at(manifest, {"entries", "1", "program", "0", "launch"}), "0");
}

TEST_F(ManifestTest, EntriesHaveNameAndBatchOfTheirAttribute) {
  std::string manifest = build(R"(
    kernel.program @infer.128 arena 0 inputs [] outputs [] {}
      {moe.entry = #moe.entry<"infer", batch = 128>}
    kernel.program @plain_b8 arena 0 inputs [] outputs [] {}
  )",
                               machine);
  auto entry = [&](const char *number, const char *key) {
    return at(manifest, {"entries", number, key});
  };
  EXPECT_EQ(entry("0", "name"), "\"infer\"");
  EXPECT_EQ(entry("0", "batch"), "128");
  EXPECT_EQ(entry("1", "name"), "\"plain_b8\"");
  EXPECT_EQ(entry("1", "batch"), "0");
}

TEST_F(ManifestTest, VariablesLieInTheBlocksOfTheirRoles) {
  std::string manifest = build(R"(
    moe.variable @w : tensor<3x4xf32> role(parameter) decay init<normal, 0.5> at 0
    moe.variable @b : tensor<f32> role(parameter) at 64
    moe.variable @w.mean : tensor<3x4xf32> role(moment) of @w at 128)",
                               machine);
  EXPECT_EQ(at(manifest, {"blocks"}),
            "[{\"bytes\":128,\"name\":\"parameter\"},{\"bytes\":192,"
            "\"name\":\"moment\"}]");
  EXPECT_EQ(at(manifest, {"variables", "0"}),
            "{\"block\":\"parameter\",\"decay\":true,\"dtype\":\"f32\","
            "\"init\":{\"op\":\"normal\",\"std\":0.5},\"name\":\"w\","
            "\"offset\":0,\"role\":\"parameter\",\"shape\":[3,4]}");
  EXPECT_EQ(at(manifest, {"variables", "1", "shape"}), "[]");
  EXPECT_EQ(at(manifest, {"variables", "1", "init"}), "none");
  EXPECT_EQ(at(manifest, {"variables", "2", "of"}), "\"w\"");
  EXPECT_EQ(at(manifest, {"variables", "2", "offset"}), "128");
}

TEST_F(ManifestTest, ModelAttributesAreCopied) {
  std::string manifest = build(R"(
    module attributes {moe.model = "mixer", moe.precision = "bf16",
                       moe.settings = {data = {classes = 10, image = "pixels", class_names = ["a"], plain = true}}} {})",
                               machine);
  EXPECT_EQ(at(manifest, {"format"}), "\"" MOEC_MODULE_FORMAT "\"");
  EXPECT_EQ(at(manifest, {"model"}), "\"mixer\"");
  EXPECT_EQ(at(manifest, {"precision"}), "\"bf16\"");
  EXPECT_EQ(at(manifest, {"host", "data"}),
            "{\"class_names\":[\"a\"],\"classes\":10,\"image\":\"pixels\","
            "\"plain\":true}");
  EXPECT_EQ(at(manifest, {"host", "training"}), "none");
  // Without them the fields that must be there still are.
  std::string empty = build("module {}", machine);
  EXPECT_EQ(at(empty, {"model"}), "\"\"");
  EXPECT_EQ(at(empty, {"precision"}), "\"f32\"");
  EXPECT_EQ(at(empty, {"variables"}), "[]");
  EXPECT_EQ(at(empty, {"blocks"}), "[]");
  EXPECT_EQ(at(empty, {"host"}), "{}");
}

TEST_F(ManifestTest, BuiltinsAreNamedSo) {
  std::string manifest = build(R"(
    func.func private @r() attributes {kernel.outs = 0, kernel.builtin = "route", kernel.attributes = {items = 4, priority = "position"}}
    kernel.program @infer arena 0 inputs [] outputs [] { kernel.launch @r [] })",
                               machine);
  EXPECT_EQ(at(manifest, {"kernels", "0", "symbol"}), "\"builtin:route\"");
  EXPECT_EQ(at(manifest, {"kernels", "0", "attributes"}),
            "{\"items\":4,\"priority\":\"position\"}");
}

TEST_F(ManifestTest, KernelsOfAGpuModule) {
  std::unique_ptr<Machine> sm80 = llvm::cantFail(select("cuda:sm_80", {}));
  std::string manifest = build(R"(
    gpu.module @kernels {
      gpu.func @k() kernel attributes {kernel.grid = 12 : i64, kernel.threads = 256 : i64, kernel.shared = 1024 : i64, kernel.outs = 0 : i64,
          kernel.tensor_maps = [#kernel.tensor_map<operand = 3, element = bf16, shape = [96, 6272], strides = [192], box = [64, 128], swizzle = 128>]} {
        gpu.return
      }
    }
    kernel.program @infer arena 0 inputs [] outputs [] { kernel.launch @k [] })",
                               *sm80);
  EXPECT_EQ(at(manifest, {"target"}),
            "{\"arch\":\"sm_80\",\"device\":\"cuda\",\"ptx\":\"8.0\"}");
  EXPECT_EQ(
      at(manifest, {"kernels", "0"}),
      "{\"cluster\":1,\"grid\":12,\"shared\":1024,\"symbol\":\"k\","
      "\"tensor_maps\":[{\"box\":[64,128],\"dtype\":\"bf16\",\"operand\":3,"
      "\"shape\":[96,6272],\"strides\":[192],\"swizzle\":128}],"
      "\"threads\":256}");
}

TEST_F(ManifestTest, EntriesSayWhatTheyWrite) {
  const std::string two = R"(
    func.func private @k() attributes {kernel.blocks = 1, kernel.scratch = 0, kernel.outs = 2}
    #p = #kernel.address<parameter, offset = 0, bytes = 4>
    #m = #kernel.address<moment, offset = 0, bytes = 4>
    #s = #kernel.address<statistic, offset = 0, bytes = 4>
    #a = #kernel.address<arena, offset = 0, bytes = 4>
    kernel.program @f arena 4 inputs [] outputs [] {
  )";
  auto writes = [&](const std::string &launches) {
    return at(build(two + launches + "}", machine), {"entries", "0", "writes"});
  };
  // The last two; what is read is not written.
  EXPECT_EQ(writes("kernel.launch @k [#p, #a, #a]"), "[]");
  EXPECT_EQ(writes("kernel.launch @k [#p, #a, #m]"), "[\"moment\"]");
  // Each role once, also in loops, and for each entry anew.
  EXPECT_EQ(writes("kernel.loop 2 { kernel.launch @k [#m, #m] }"
                   "kernel.launch @k [#s, #p, #a]"
                   "} kernel.program @g arena 4 inputs [] outputs [] {"
                   "kernel.launch @k [#s, #s]"),
            "[\"parameter\",\"moment\"]");
  EXPECT_EQ(build(two + "kernel.launch @k [#p] }", machine), "");
  EXPECT_EQ(message, "kernel function @k has to say which of the 1 operands it "
                     "writes: expected attribute kernel.outs, from 0 to 1");
  EXPECT_EQ(build("func.func private @k()"
                  "kernel.program @f arena 0 inputs [] outputs [] {"
                  "kernel.launch @k [] }",
                  machine),
            "");
  EXPECT_EQ(message, "kernel function @k has to say which of the 0 operands it "
                     "writes: expected attribute kernel.outs, from 0 to 0");
}

TEST_F(ManifestTest, KernelsThatAreNotLowered) {
  std::string program = "kernel.program @infer arena 0 inputs [] outputs [] { "
                        "kernel.launch @k [] }";
  EXPECT_EQ(
      build(
          "func.func private @k() attributes {kernel.blocks = 1, kernel.outs = "
          "0}" +
              program,
          machine),
      "");
  EXPECT_EQ(message, "kernel function @k was not lowered: expected attributes "
                     "kernel.blocks and kernel.scratch");
  std::unique_ptr<Machine> sm80 = llvm::cantFail(select("cuda:sm_80", {}));
  EXPECT_EQ(build("gpu.module @kernels { gpu.func @k() kernel attributes "
                  "{kernel.outs = 0} { gpu.return } }" +
                      program,
                  *sm80),
            "");
  EXPECT_EQ(message, "kernel function @k was not lowered: expected attributes "
                     "kernel.grid and kernel.threads");
  EXPECT_EQ(build("gpu.module @kernels {}" + program, *sm80), "");
  EXPECT_EQ(message, "no kernel function @k");
}

} // namespace
