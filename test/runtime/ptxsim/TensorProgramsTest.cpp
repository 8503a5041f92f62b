//===- TensorProgramsTest.cpp - Kernels with tensor cores and TMA ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/ptxsim/Simulator.h"
#include "runtime/ptxsim/TensorFloat.h"
#include "runtime/ptxsim/TensorMap.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <random>
#include <sstream>
#include <string>
#include <vector>

using namespace moec::rt;
using namespace moec::rt::ptxsim;

namespace {
/// A program from Inputs/, to be run as it is or with a planted bug.
struct Source {
  explicit Source(const std::string &name) {
    std::ifstream file(std::string(MOEC_PTXSIM_INPUTS) + "/" + name);
    std::stringstream all;
    all << file.rdbuf();
    text = all.str();
    EXPECT_FALSE(text.empty()) << name;
  }
  /// Replaces the n-th (from 0) occurrence, or all with n = -1.
  Source &change(const std::string &from, const std::string &to, int n = 0) {
    size_t at = 0;
    int seen = 0;
    bool changed = false;
    while ((at = text.find(from, at)) != std::string::npos) {
      if (n < 0 || seen == n) {
        text.replace(at, from.size(), to);
        changed = true;
        at += to.size();
      } else {
        at += from.size();
      }
      ++seen;
    }
    EXPECT_TRUE(changed) << "no '" << from << "' in the program";
    return *this;
  }
  std::string text;
};

using Parameters = std::vector<uint8_t>;

/// Matrices of small multiples of 1/4: every product and sum is exact.
struct Matrix {
  Matrix(int rows, int columns, unsigned seed) : rows(rows), columns(columns) {
    std::mt19937 generator(seed);
    std::uniform_int_distribution<int> value(-8, 8);
    for (int i = 0; i < rows * columns; ++i)
      values.push_back(static_cast<float>(value(generator)) / 4);
  }
  std::vector<uint16_t> bits() const {
    std::vector<uint16_t> result;
    for (float v : values)
      result.push_back(static_cast<uint16_t>(floatToBits(v) >> 16));
    return result;
  }
  int rows, columns;
  std::vector<float> values;
};

struct Outcome {
  bool faulted = false;
  FaultKind kind = FaultKind::Trap;
  std::string text;
  bool right = false; ///< every element as expected
  Counters counters;
};
} // namespace

static void append(Parameters &to, const void *from, size_t bytes,
                   size_t align) {
  to.resize((to.size() + align - 1) / align * align);
  const auto *p = static_cast<const uint8_t *>(from);
  to.insert(to.end(), p, p + bytes);
}

/// A [m][k] times B [n][k], transposed.
static std::vector<float> product(const Matrix &a, const Matrix &b) {
  std::vector<float> c;
  for (int m = 0; m < a.rows; ++m)
    for (int n = 0; n < b.rows; ++n) {
      float sum = 0;
      for (int k = 0; k < a.columns; ++k)
        sum += a.values[static_cast<size_t>(m * a.columns + k)] *
               b.values[static_cast<size_t>(n * b.columns + k)];
      c.push_back(sum);
    }
  return c;
}

static uint64_t upload(Simulator &gpu, const Matrix &m, const char *name) {
  std::vector<uint16_t> bits = m.bits();
  uint64_t address = gpu.allocate(2 * bits.size(), name);
  gpu.copyIn(address, bits.data(), 2 * bits.size());
  return address;
}

static TensorMap mapOf(uint64_t address, TensorMapType type, int rows,
                       int columns, uint32_t boxRows, uint32_t boxColumns,
                       unsigned swizzle) {
  TensorMap map;
  map.address = address;
  map.type = type;
  map.rank = 2;
  map.dims = {uint64_t(columns), uint64_t(rows)};
  map.strides = {uint64_t(columns) * map.elementBytes()};
  map.box = {boxColumns, boxRows};
  map.swizzle = swizzle;
  return map;
}

static Outcome run(const Source &source, const std::string &kernel,
                   const LaunchConfig &config, Simulator &gpu,
                   const Parameters &parameters, uint64_t result,
                   const std::vector<float> &expected) {
  Outcome outcome;
  try {
    Module module = Module::parse(source.text, kernel + ".ptx");
    outcome.counters = gpu.launch(module, kernel, config, parameters.data(),
                                  parameters.size());
  } catch (const Fault &fault) {
    outcome.faulted = true;
    outcome.kind = fault.kind();
    outcome.text = fault.what();
    return outcome;
  }
  std::vector<float> got(expected.size());
  gpu.copyOut(got.data(), result, 4 * got.size());
  outcome.right = got == expected;
  return outcome;
}

//===- pipeline.ptx -------------------------------------------------------===//

static Outcome runPipeline(const Source &source, int tilesM = 2, int tilesN = 2,
                           int tilesK = 7, unsigned swizzle = 128,
                           uint32_t shared = 49216, int rowsMissing = 0) {
  Matrix a(64 * tilesM, 64 * tilesK, 1), b(64 * tilesN, 64 * tilesK, 2);
  Simulator gpu;
  std::vector<float> expected = product(a, b);
  uint64_t result = gpu.allocate(4 * expected.size(), "c");
  Parameters parameters;
  uint32_t k = static_cast<uint32_t>(tilesK), n = static_cast<uint32_t>(tilesN);
  append(parameters, &result, 8, 8);
  append(parameters, &k, 4, 4);
  append(parameters, &n, 4, 4);
  auto mapA =
      encodeTensorMap(mapOf(upload(gpu, a, "a"), TensorMapType::BF16,
                            a.rows - rowsMissing, a.columns, 64, 64, swizzle));
  auto mapB = encodeTensorMap(mapOf(upload(gpu, b, "b"), TensorMapType::BF16,
                                    b.rows, b.columns, 64, 64, swizzle));
  append(parameters, mapA.data(), 128, 64);
  append(parameters, mapB.data(), 128, 64);
  for (int row = a.rows - rowsMissing; row < a.rows; ++row)
    std::fill_n(expected.begin() + row * b.rows, b.rows, 0.0f);
  LaunchConfig config;
  config.grid = static_cast<uint32_t>(tilesM * tilesN);
  config.threads = 160;
  config.sharedBytes = shared;
  return run(source, "pipeline", config, gpu, parameters, result, expected);
}

TEST(Pipeline, MultipliesRight) {
  for (int tilesK : {1, 2, 3, 4, 10}) {
    Outcome outcome = runPipeline(Source("pipeline.ptx"), 2, 3, tilesK);
    EXPECT_TRUE(outcome.right) << outcome.text;
    const Counters &c = outcome.counters;
    EXPECT_EQ(c.tensorFlops, 2ull * 128 * 192 * 64 * tilesK);
    EXPECT_EQ(c.bulkCopies, 6u * 2 * tilesK);
    EXPECT_EQ(c.bulkBytes, 6u * 2 * tilesK * 8192);
    EXPECT_EQ(c.wgmmaConflicts, 0u);
    EXPECT_EQ(c.bulkStagesInFlight, std::min(tilesK, 3));
    EXPECT_EQ(c.wgmmaGroupsInFlight, 1u);
  }
}

TEST(Pipeline, RowsOutsideAreZero) {
  Outcome outcome =
      runPipeline(Source("pipeline.ptx"), 1, 1, 2, 128, 49216, 13);
  EXPECT_TRUE(outcome.right) << outcome.text;
}

TEST(Pipeline, TwoRunsGiveTheSameCounters) {
  Counters a = runPipeline(Source("pipeline.ptx")).counters;
  Counters b = runPipeline(Source("pipeline.ptx")).counters;
  EXPECT_EQ(a.warpInstructions, b.warpInstructions);
  EXPECT_EQ(a.threadInstructions, b.threadInstructions);
}

TEST(PipelineBugs, WrongSwizzle) {
  // In the tensor map.
  Outcome outcome = runPipeline(Source("pipeline.ptx"), 1, 1, 2, 0);
  EXPECT_FALSE(outcome.faulted) << outcome.text;
  EXPECT_FALSE(outcome.right);
  // In the descriptor: 64 bytes where the copy used 128.
  outcome =
      runPipeline(Source("pipeline.ptx")
                      .change("4611686293305360384", "9223372311732748288"));
  EXPECT_FALSE(outcome.faulted) << outcome.text;
  EXPECT_FALSE(outcome.right);
}

static const std::string fullWait =
    "mbarrier.try_wait.parity.shared.b64 P1, [%r31], %r14, %r33;";
static const std::string emptyWait =
    "mbarrier.try_wait.parity.shared.b64 P1, [%r17], %r19, %r20;";

static void expectFault(const Outcome &outcome, FaultKind kind,
                        const std::string &text) {
  ASSERT_TRUE(outcome.faulted);
  EXPECT_EQ(faultKindName(outcome.kind), std::string(faultKindName(kind)))
      << outcome.text;
  EXPECT_NE(outcome.text.find(text), std::string::npos) << outcome.text;
}

TEST(PipelineBugs, ConsumerDoesNotWait) {
  expectFault(runPipeline(Source("pipeline.ptx")
                              .change(fullWait, "setp.eq.u32 P1, %r33, %r33;")),
              FaultKind::UnwrittenShared, "shared memory");
}

/// Only the first use of each buffer is waited for: stale numbers, and buffers
/// handed back before they are filled.
TEST(PipelineBugs, ConsumerWaitsForTheWrongPhase) {
  expectFault(runPipeline(Source("pipeline.ptx")
                              .change("\txor.b32 \t%r14, %r14, 1;\n\tbra.uni "
                                      "\t$L_consume;",
                                      "\tbra.uni \t$L_consume;")),
              FaultKind::Deadlock, "mbarrier.try_wait");
}

TEST(PipelineBugs, ProducerDoesNotWait) {
  expectFault(
      runPipeline(Source("pipeline.ptx")
                      .change(emptyWait, "setp.eq.u32 P1, %r20, %r20;")),
      FaultKind::SharedRace, "no barrier or wait in between");
}

TEST(PipelineBugs, WgmmaIsNotWaitedFor) {
  const std::string wait = "wgmma.wait_group.sync.aligned \t0;";
  expectFault(runPipeline(Source("pipeline.ptx").change(wait, "")),
              FaultKind::SharedRace, "a wgmma of warp");
  // One group may stay in flight: its buffer is released too early.
  expectFault(
      runPipeline(Source("pipeline.ptx")
                      .change(wait, "wgmma.wait_group.sync.aligned 1;")
                      .change("$L_store:", "$L_store:\nwgmma.wait_group."
                                           "sync.aligned 0;")),
      FaultKind::SharedRace, "a wgmma of warp");
}

TEST(PipelineBugs, NoWgmmaFence) {
  expectFault(
      runPipeline(
          Source("pipeline.ptx").change("\twgmma.fence.sync.aligned;", "")),
      FaultKind::BadOperand, "wgmma.fence");
}

TEST(PipelineBugs, WrongArrivalCount) {
  expectFault(
      runPipeline(Source("pipeline.ptx")
                      .change("mov.b32 \t%r11, 128;", "mov.b32 %r11, 129;")),
      FaultKind::Deadlock, "mbarrier.try_wait");
}

TEST(PipelineBugs, WrongNumberOfBytes) {
  expectFault(runPipeline(Source("pipeline.ptx")
                              .change("mov.b32 \t%r21, 16384;",
                                      "mov.b32 %r21, 16400;")),
              FaultKind::Deadlock, "mbarrier.try_wait");
}

TEST(PipelineBugs, BoxBehindTheEnd) {
  expectFault(runPipeline(Source("pipeline.ptx")
                              .change("shl.b32 \t%r22, %r13, 14;",
                                      "shl.b32 %r22, %r13, 15;")),
              FaultKind::OutOfBounds, "shared memory of 49216 bytes");
}

TEST(PipelineBugs, MisalignedBox) {
  expectFault(runPipeline(Source("pipeline.ptx")
                              .change("add.s32 \t%r24, %r23, 8192;",
                                      "add.s32 %r24, %r23, 8064;")),
              FaultKind::Misaligned, "1024 bytes");
}

TEST(PipelineBugs, BarrierIsNotInitialised) {
  expectFault(
      runPipeline(
          Source("pipeline.ptx")
              .change("\tmbarrier.init.shared.b64 \t[%r7+8], %r11;\n", "")),
      FaultKind::BadOperand, "never initialised");
}

TEST(PipelineBugs, NoBarrierAfterInit) {
  expectFault(
      runPipeline(Source("pipeline.ptx").change("\tbar.sync \t0;\n", "")),
      FaultKind::SharedRace, "warp 0");
}

TEST(PipelineBugs, TooManyRegisters) {
  expectFault(
      runPipeline(Source("pipeline.ptx")
                      .change("setmaxnreg.dec.sync.aligned.u32 \t40;",
                              "setmaxnreg.dec.sync.aligned.u32 \t248;")
                      .change("setmaxnreg.inc.sync.aligned.u32 \t232;",
                              "setmaxnreg.inc.sync.aligned.u32 \t256;")),
      FaultKind::Deadlock, "setmaxnreg.inc");
}

TEST(PipelineBugs, NotATensorMap) {
  expectFault(runPipeline(Source("pipeline.ptx")
                              .change("mov.b64 \t%rd1, pipeline_param_3;",
                                      "mov.b64 %rd1, pipeline_param_3+64;")),
              FaultKind::BadOperand, "no tensor map");
}

//===- direct.ptx ---------------------------------------------------------===//

static Outcome runDirect(const Source &source) {
  Matrix a(64, 16, 3), b(32, 16, 4);
  Simulator gpu;
  std::vector<float> expected = product(a, b);
  uint64_t result = gpu.allocate(4 * expected.size(), "d");
  Parameters parameters;
  for (uint64_t address : {upload(gpu, a, "a"), upload(gpu, b, "b")})
    append(parameters, &address, 8, 8);
  auto map =
      encodeTensorMap(mapOf(result, TensorMapType::F32, 64, 32, 64, 32, 0));
  append(parameters, map.data(), 128, 64);
  LaunchConfig config;
  config.threads = 128;
  config.sharedBytes = 3072 + 8192;
  return run(source, "direct", config, gpu, parameters, result, expected);
}

static const std::string proxyFence = "fence.proxy.async.shared::cta;";

TEST(Direct, MultipliesRight) {
  Outcome outcome = runDirect(Source("direct.ptx"));
  EXPECT_TRUE(outcome.right) << outcome.text;
}

TEST(DirectBugs, NoFenceBeforeWgmma) {
  expectFault(runDirect(Source("direct.ptx").change(proxyFence, "", 0)),
              FaultKind::MissingProxyFence, "fence.proxy.async");
}

TEST(DirectBugs, NoFenceBeforeStore) {
  expectFault(runDirect(Source("direct.ptx").change(proxyFence, "", 1)),
              FaultKind::MissingProxyFence, "fence.proxy.async");
}

TEST(DirectBugs, NoBarrierBeforeStore) {
  expectFault(runDirect(Source("direct.ptx").change("bar.sync \t1;", "")),
              FaultKind::UnwrittenShared, "");
}

TEST(DirectBugs, StoreIsNotWaitedFor) {
  expectFault(runDirect(Source("direct.ptx")
                            .change("cp.async.bulk.wait_group.read \t0;", "")),
              FaultKind::SharedRace, "cp.async.bulk.wait_group");
}

TEST(DirectBugs, StoredBytesAreOverwritten) {
  expectFault(runDirect(Source("direct.ptx")
                            .change("cp.async.bulk.wait_group.read \t0;",
                                    "st.shared.b32 [%r30], %r31;\n"
                                    "cp.async.bulk.wait_group.read 0;")),
              FaultKind::SharedRace, "a bulk store of warp 0");
}

TEST(DirectBugs, AccumulatorIsReadTooEarly) {
  expectFault(runDirect(Source("direct.ptx")
                            .change("wgmma.wait_group.sync.aligned \t0;", "")),
              FaultKind::BadOperand, "in flight");
}

TEST(DirectBugs, AccumulatorIsWrittenAfterTheFence) {
  expectFault(
      runDirect(
          Source("direct.ptx")
              .change("wgmma.fence.sync.aligned;",
                      "wgmma.fence.sync.aligned;\nmov.f32 %f5, 0f00000000;")),
      FaultKind::BadOperand, "after the last wgmma.fence");
}

TEST(DirectBugs, WarpsDisagree) {
  expectFault(
      runDirect(
          Source("direct.ptx")
              .change("wgmma.fence.sync.aligned;",
                      "wgmma.fence.sync.aligned;\nsetp.ge.u32 %p5, %r1, 96;\n"
                      "@%p5 add.s64 %rd8, %rd8, 8;")),
      FaultKind::BadOperand, "different descriptors");
}

TEST(DirectBugs, BranchAroundWgmma) {
  Outcome outcome =
      runDirect(Source("direct.ptx")
                    .change("wgmma.fence.sync.aligned;",
                            "setp.ge.u32 %p5, %r1, 96;\n@%p5 bra "
                            "$L_end;\nwgmma.fence.sync.aligned;"));
  EXPECT_TRUE(outcome.faulted);
  outcome = runDirect(Source("direct.ptx")
                          .change("wgmma.fence.sync.aligned;",
                                  "setp.eq.u32 %p5, %r1, 5;\n@%p5 bra "
                                  "$L_end;\nwgmma.fence.sync.aligned;"));
  expectFault(outcome, FaultKind::Divergence, "whole warp");
}

//===- warptile.ptx -------------------------------------------------------===//

TEST(WarpTile, MultipliesRight) {
  for (int k : {16, 32, 80}) {
    Matrix a(16, k, 5), b(8, k, 6);
    Simulator gpu;
    std::vector<float> expected = product(a, b);
    uint64_t result = gpu.allocate(4 * expected.size(), "c");
    Parameters parameters;
    for (uint64_t address : {upload(gpu, a, "a"), upload(gpu, b, "b"), result})
      append(parameters, &address, 8, 8);
    append(parameters, &k, 4, 4);
    LaunchConfig config;
    config.threads = 32;
    for (int pitch : {48, 32}) {
      Source source("warptile.ptx");
      if (pitch == 32)
        source.change(", 48;", ", 32;", -1);
      Outcome outcome =
          run(source, "warptile", config, gpu, parameters, result, expected);
      EXPECT_TRUE(outcome.right) << outcome.text;
      EXPECT_EQ(outcome.counters.tensorFlops, 2ull * 16 * 8 * uint64_t(k));
      // Rows 32 bytes apart: two of the eight rows of a matrix in one bank.
      EXPECT_EQ(outcome.counters.sharedLoadConflicts,
                pitch == 32 ? 6u * uint64_t(k) / 16 : 0u);
    }
  }
}

TEST(WarpTile, TransposesWithMatrixMoves) {
  Simulator gpu;
  std::vector<uint16_t> in(256), out(256);
  for (size_t i = 0; i < in.size(); ++i)
    in[i] = static_cast<uint16_t>(i * 3);
  uint64_t addresses[2] = {gpu.allocate(512, "in"), gpu.allocate(512, "out")};
  gpu.copyIn(addresses[0], in.data(), 512);
  LaunchConfig config;
  config.threads = 32;
  Module module = Module::parse(Source("warptile.ptx").text);
  gpu.launch(module, "transpose", config, addresses, sizeof(addresses));
  gpu.copyOut(out.data(), addresses[1], 512);
  for (size_t r = 0; r < 16; ++r)
    for (size_t c = 0; c < 16; ++c)
      EXPECT_EQ(out[c * 16 + r], in[r * 16 + c]) << r << " " << c;
}

//===- cluster.ptx --------------------------------------------------------===//

static Outcome runCluster(const Source &source) {
  Simulator gpu;
  Matrix in(32, 32, 7);
  std::vector<uint16_t> bits = in.bits();
  uint64_t from = upload(gpu, in, "in"), to = gpu.allocate(4096, "out"),
           runs = gpu.allocate(128, "runs");
  auto map =
      encodeTensorMap(mapOf(from, TensorMapType::BF16, 32, 32, 32, 32, 64));
  Parameters parameters;
  append(parameters, &to, 8, 8);
  append(parameters, &runs, 8, 8);
  append(parameters, map.data(), 128, 64);
  LaunchConfig config;
  config.grid = config.cluster = 2;
  config.threads = 32;
  config.sharedBytes = 2064;
  Outcome outcome;
  try {
    gpu.launch(Module::parse(source.text), "cluster", config, parameters.data(),
               parameters.size());
  } catch (const Fault &fault) {
    outcome.faulted = true;
    outcome.kind = fault.kind();
    outcome.text = fault.what();
    return outcome;
  }
  std::vector<uint16_t> got(2048);
  std::vector<uint32_t> count(32);
  gpu.copyOut(got.data(), to, 4096);
  gpu.copyOut(count.data(), runs, 128);
  outcome.right = count == std::vector<uint32_t>(32, 1);
  // Row r of 64 bytes lies as the swizzle puts it.
  for (size_t block = 0; block < 2; ++block)
    for (size_t r = 0; r < 32; ++r)
      for (size_t c = 0; c < 32; ++c) {
        size_t place = r * 32 + ((c / 8) ^ (r / 2 % 4)) * 8 + c % 8;
        outcome.right &= got[1024 * block + place] == bits[r * 32 + c];
      }
  return outcome;
}

TEST(Cluster, MulticastAndRemoteArrival) {
  Outcome outcome = runCluster(Source("cluster.ptx"));
  EXPECT_TRUE(outcome.right) << outcome.text;
}

TEST(ClusterBugs, NobodyWaitsForTheInit) {
  Source source("cluster.ptx");
  source.change("barrier.cluster.arrive.release.aligned;", "")
      .change("barrier.cluster.wait.acquire.aligned;", "");
  EXPECT_TRUE(runCluster(source).faulted);
}

TEST(ClusterBugs, RankOutsideOfTheCluster) {
  expectFault(
      runCluster(
          Source("cluster.ptx").change("%r16, %r5, %r11;", "%r16, %r5, 2;")),
      FaultKind::BadOperand, "mapa to block 2");
}

TEST(ClusterBugs, WaitWithoutArrival) {
  expectFault(
      runCluster(
          Source("cluster.ptx")
              .change(
                  "mbarrier.arrive.release.cluster.shared::cluster.b64 \t_, "
                  "[%r16];",
                  "")),
      FaultKind::Deadlock, "mbarrier.try_wait");
}

/// A loop around test_wait ends, too.
TEST(ClusterBugs, PollingInVain) {
  expectFault(
      runCluster(Source("cluster.ptx")
                     .change("mov.b32 \t%r8, 2048;", "mov.b32 %r8, 2064;")),
      FaultKind::Deadlock, "mbarrier.test_wait");
}

//===- nvvm.ptx -----------------------------------------------------------===//

TEST(Nvvm, TextOfLlvmIsUnderstood) {
  Module module = Module::parse(Source("nvvm.ptx").text, "nvvm.ptx");
  ASSERT_EQ(module.kernels().size(), 2u);
  EXPECT_EQ(module.kernel("k").parameters.at(4).bytes, 128u);
  EXPECT_EQ(module.target(), "sm_90a");
}

TEST(Nvvm, UnknownFormsAreNamed) {
  for (auto change : std::vector<std::pair<std::string, std::string>>{
           {"wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16",
            "wgmma.mma_async.sync.aligned.m64n8k32.f32.e4m3.e4m3"},
           {"mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32",
            "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32"},
           {"tensor.3d", "tensor.6d"},
           {".2d.shared::cluster.global.tile.",
            ".2d.shared::cluster.global.im2col."},
           {"setmaxnreg.inc.sync.aligned.u32 \t232",
            "setmaxnreg.inc.sync.aligned.u32 233"},
           {"m8n8.x4.shared.b16", "m8n8.x3.shared.b16"}})
    EXPECT_THROW(
        Module::parse(
            Source("nvvm.ptx").change(change.first, change.second).text),
        Error)
        << change.second;
}
