//===- ManifestTest.cpp - What a module says about itself -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Target/Manifest.h"
#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Parser/Parser.h"
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
                        gpu::GPUDialect>();
  }

  /// The manifest of a module, as LLVM's JSON prints it; "" with the
  /// diagnostic in `message` where it fails.
  template <typename Target>
  std::string build(const std::string &text, const Target &target) {
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
  Machine machine{"x86_64-linux-gnu", "znver4", {"avx2", "fma"}};
};

const char *const kernels = R"(
  func.func private @k0() attributes {kernel.blocks = 6, kernel.scratch = 64, kernel.flops = 100}
  func.func private @k1() attributes {kernel.blocks = 2, kernel.scratch = 0, kernel.flops = 7, kernel.kind = "map",
                                      kernel.nodes = ["a", "b"]}
)";

TEST_F(ManifestTest, ProgramNumbersKernelsAndBlocks) {
  std::string manifest = build(std::string(kernels) + R"(
    kernel.program @infer arena 512
        inputs [{name = "x", dtype = "f32", shape = [8, 4]}, {name = "z", dtype = "i32", shape = [8]}]
        outputs [{name = "y", dtype = "f32", shape = [8]}] {
      kernel.launch @k1 [#kernel.address<"in:z", offset = 0>, #kernel.address<"out:y", offset = 8>]
      kernel.loop 4 {
        kernel.launch @k0 [#kernel.address<"arena", offset = 0, shift = 1, modulus = 2, size = 64>,
                           #kernel.address<"params", offset = 4, stride = 16>]
        kernel.launch @k1 [#kernel.address<"state2", offset = 0>]
      }
    })",
                               machine);
  // Kernels are numbered as they are first launched.
  EXPECT_EQ(at(manifest, {"kernels", "0", "symbol"}), "\"k1\"");
  EXPECT_EQ(at(manifest, {"kernels", "1", "symbol"}), "\"k0\"");
  EXPECT_EQ(at(manifest, {"kernels", "0", "kind"}), "\"map\"");
  EXPECT_EQ(at(manifest, {"kernels", "0", "nodes"}), "[\"a\",\"b\"]");
  EXPECT_EQ(at(manifest, {"kernels", "1", "scratch"}), "64");
  EXPECT_EQ(at(manifest, {"entries", "0", "program", "0"}),
            "{\"args\":[{\"block\":\"in1\",\"offset\":0},{\"block\":\"out0\","
            "\"offset\":8}],\"launch\":0}");
  EXPECT_EQ(at(manifest, {"entries", "0", "program", "1", "repeat"}), "4");
  EXPECT_EQ(at(manifest, {"entries", "0", "program", "1", "body", "0"}),
            "{\"args\":[{\"block\":\"arena\",\"offset\":0,\"ring\":[1,2,64]},"
            "{\"block\":\"params\",\"offset\":4,\"stride\":16}],\"launch\":1}");
  EXPECT_EQ(at(manifest, {"entries", "0", "arena"}), "512");
  // Work counts once a round; states are counted up to the last one.
  EXPECT_EQ(at(manifest, {"entries", "0", "model_flops"}), "435");
  EXPECT_EQ(at(manifest, {"entries", "0", "state"}), "3");
  EXPECT_EQ(at(manifest, {"target"}),
            "{\"cpu\":\"znver4\",\"features\":[\"avx2\",\"fma\"],"
            "\"triple\":\"x86_64-linux-gnu\"}");
}

TEST_F(ManifestTest, EntriesDoNotShareCounts) {
  std::string manifest = build(std::string(kernels) + R"(
    kernel.program @a arena 0 inputs [] outputs [] {
      kernel.launch @k0 [#kernel.address<"state0", offset = 0>]
    }
    kernel.program @b arena 0 inputs [] outputs [] {
      kernel.launch @k0 []
      kernel.launch @k1 []
    })",
                               machine);
  EXPECT_EQ(at(manifest, {"entries", "0", "state"}), "1");
  EXPECT_EQ(at(manifest, {"entries", "1", "state"}), "0");
  EXPECT_EQ(at(manifest, {"entries", "1", "model_flops"}), "107");
  // A kernel that two entries launch is one.
  EXPECT_EQ(at(manifest, {"entries", "1", "program", "0", "launch"}), "0");
}

TEST_F(ManifestTest, BatchIsInTheNameTheAttributeOrTheFirstInput) {
  std::string manifest = build(R"(
    kernel.program @infer arena 0 inputs [{name = "x", dtype = "f32", shape = [8, 4]}] outputs [] {}
    kernel.program @infer_b128 arena 0 inputs [{name = "x", dtype = "f32", shape = [128, 4]}] outputs [] {}
    kernel.program @train_best arena 0 inputs [{name = "x", dtype = "f32", shape = [3]}] outputs [] {}
      {moe.batch = 64}
    kernel.program @empty_b arena 0 inputs [] outputs [] {}
  )",
                               machine);
  auto entry = [&](const char *number, const char *key) {
    return at(manifest, {"entries", number, key});
  };
  EXPECT_EQ(entry("0", "name"), "\"infer\"");
  EXPECT_EQ(entry("0", "batch"), "8");
  EXPECT_EQ(entry("1", "name"), "\"infer\"");
  EXPECT_EQ(entry("1", "batch"), "128");
  EXPECT_EQ(entry("2", "name"), "\"train_best\"");
  EXPECT_EQ(entry("2", "batch"), "64");
  EXPECT_EQ(entry("3", "name"), "\"empty_b\"");
  EXPECT_EQ(entry("3", "batch"), "0");
}

TEST_F(ManifestTest, ModelAttributesAreCopied) {
  std::string manifest = build(R"(
    module attributes {moe.model = "mixer", moe.precision = "bf16", moe.parameter_elements = 12,
                       moe.data = {classes = 10, image = "pixels"},
                       moe.parameters = [{name = "w", offset = 0, shape = [3, 4]},
                                         {name = "b", shape = array<i64: 4>, offset = 8, decay = true}]} {})",
                               machine);
  EXPECT_EQ(at(manifest, {"format"}), "\"moec.module/1\"");
  EXPECT_EQ(at(manifest, {"model"}), "\"mixer\"");
  EXPECT_EQ(at(manifest, {"precision"}), "\"bf16\"");
  EXPECT_EQ(at(manifest, {"parameter_elements"}), "12");
  EXPECT_EQ(at(manifest, {"data"}), "{\"classes\":10,\"image\":\"pixels\"}");
  EXPECT_EQ(at(manifest, {"parameters", "0", "shape"}), "[3,4]");
  // What does not decay says so.
  EXPECT_EQ(at(manifest, {"parameters", "0", "decay"}), "false");
  EXPECT_EQ(at(manifest, {"parameters", "1", "decay"}), "true");
  EXPECT_EQ(at(manifest, {"training"}), "none");
  // Without them the fields that must be there still are.
  std::string empty = build("module {}", machine);
  EXPECT_EQ(at(empty, {"model"}), "\"\"");
  EXPECT_EQ(at(empty, {"precision"}), "\"f32\"");
  EXPECT_EQ(at(empty, {"parameters"}), "[]");
}

TEST_F(ManifestTest, BuiltinsAreNamedSo) {
  std::string manifest = build(R"(
    func.func private @r() attributes {kernel.builtin = "route", kernel.attributes = {items = 4, priority = "position"}}
    kernel.program @infer arena 0 inputs [] outputs [] { kernel.launch @r [] })",
                               machine);
  EXPECT_EQ(at(manifest, {"kernels", "0", "symbol"}), "\"builtin:route\"");
  EXPECT_EQ(at(manifest, {"kernels", "0", "attributes"}),
            "{\"items\":4,\"priority\":\"position\"}");
}

TEST_F(ManifestTest, KernelsOfAGpuModule) {
  llvm::Expected<Gpu> sm80 = getGpu("sm_80");
  ASSERT_TRUE(bool(sm80));
  std::string manifest = build(R"(
    gpu.module @kernels {
      gpu.func @k() kernel attributes {kernel.grid = 12 : i64, kernel.threads = 256 : i64, kernel.shared = 1024 : i64} {
        gpu.return
      }
    }
    kernel.program @infer arena 0 inputs [] outputs [] { kernel.launch @k [] })",
                               *sm80);
  EXPECT_EQ(at(manifest, {"target"}),
            "{\"arch\":\"sm_80\",\"device\":\"cuda\",\"ptx\":\"8.0\"}");
  EXPECT_EQ(at(manifest, {"kernels", "0"}),
            "{\"cluster\":1,\"grid\":12,\"shared\":1024,\"symbol\":\"k\","
            "\"threads\":256}");
}

TEST_F(ManifestTest, KernelsThatAreNotLowered) {
  std::string program = "kernel.program @infer arena 0 inputs [] outputs [] { "
                        "kernel.launch @k [] }";
  EXPECT_EQ(
      build("func.func private @k() attributes {kernel.blocks = 1}" + program,
            machine),
      "");
  EXPECT_EQ(message, "kernel function @k was not lowered: expected attributes "
                     "kernel.blocks and kernel.scratch");
  llvm::Expected<Gpu> sm80 = getGpu("sm_80");
  ASSERT_TRUE(bool(sm80));
  EXPECT_EQ(
      build("gpu.module @kernels { gpu.func @k() kernel { gpu.return } }" +
                program,
            *sm80),
      "");
  EXPECT_EQ(message, "kernel function @k was not lowered: expected attributes "
                     "kernel.grid and kernel.threads");
  EXPECT_EQ(build("gpu.module @kernels {}" + program, *sm80), "");
  EXPECT_EQ(message, "no kernel function @k");
}

} // namespace
