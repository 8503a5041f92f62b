//===- TensorProgramsTest.cpp - Kernels with tensor cores and TMA ---------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/PtxSim/TensorTestSupport.h"

#include <algorithm>

using namespace moec;
using namespace moec::ptxsim;

/// A change of a program that makes it wrong, and the fault that must follow.
struct Bug {
  const char *what;
  struct Change {
    std::string from, to;
    int n = 0; ///< which occurrence
  };
  std::vector<Change> changes;
  FaultKind kind;
  const char *text;
};

template <typename Run>
static void expectFound(const char *program, Run run,
                        const std::vector<Bug> &bugs) {
  for (const Bug &bug : bugs) {
    SCOPED_TRACE(bug.what);
    Source source(program);
    for (const Bug::Change &c : bug.changes)
      source.change(c.from, c.to, c.n);
    expectFault(run(source), bug.kind, bug.text);
  }
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

/// One thread of a warpgroup that has waited may release the buffer for all.
TEST(Pipeline, OneThreadReleasesTheBuffer) {
  Outcome outcome = runPipeline(
      Source("pipeline.ptx")
          .change("mov.b32 \t%r11, 128;", "mov.b32 %r11, 1;")
          .change("mbarrier.arrive.shared.b64 \t%rd13, [%r32];",
                  "setp.eq.u32 %p8, %r1, 0;\n"
                  "@%p8 mbarrier.arrive.shared.b64 %rd13, [%r32];"));
  EXPECT_TRUE(outcome.right) << outcome.text;
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

TEST(PipelineBugs, AreFound) {
  const std::string fullWait =
      "mbarrier.try_wait.parity.shared.b64 P1, [%r31], %r14, %r33;";
  const std::string emptyWait =
      "mbarrier.try_wait.parity.shared.b64 P1, [%r17], %r19, %r20;";
  const std::string wgmmaWait = "wgmma.wait_group.sync.aligned \t0;";
  const std::string consume = "\tbra.uni \t$L_consume;";
  expectFound(
      "pipeline.ptx", [](const Source &s) { return runPipeline(s); },
      {
          {"the consumer does not wait",
           {{fullWait, "setp.eq.u32 P1, %r33, %r33;"}},
           FaultKind::UnwrittenShared,
           "shared memory"},
          // Only the first use of each buffer is waited for: stale numbers, and
          // buffers handed back before they are filled.
          {"the consumer waits for the wrong phase",
           {{"\txor.b32 \t%r14, %r14, 1;\n" + consume, consume}},
           FaultKind::Deadlock,
           "mbarrier.try_wait"},
          {"the producer does not wait",
           {{emptyWait, "setp.eq.u32 P1, %r20, %r20;"}},
           FaultKind::SharedRace,
           "no barrier or wait in between"},
          {"wgmma is not waited for",
           {{wgmmaWait, ""}},
           FaultKind::SharedRace,
           "a wgmma of warp"},
          {"one group may stay in flight: its buffer is released too early",
           {{wgmmaWait, "wgmma.wait_group.sync.aligned 1;"},
            {"$L_store:", "$L_store:\nwgmma.wait_group.sync.aligned 0;"}},
           FaultKind::SharedRace,
           "a wgmma of warp"},
          {"no wgmma.fence",
           {{"\twgmma.fence.sync.aligned;", ""}},
           FaultKind::BadOperand,
           "wgmma.fence"},
          {"a wrong count of arrivals",
           {{"mov.b32 \t%r11, 128;", "mov.b32 %r11, 129;"}},
           FaultKind::Deadlock,
           "mbarrier.try_wait"},
          {"a wrong number of bytes",
           {{"mov.b32 \t%r21, 16384;", "mov.b32 %r21, 16400;"}},
           FaultKind::Deadlock,
           "mbarrier.try_wait"},
          {"a box behind the end",
           {{"shl.b32 \t%r22, %r13, 14;", "shl.b32 %r22, %r13, 15;"}},
           FaultKind::OutOfBounds,
           "shared memory of 49216 bytes"},
          {"a misaligned box",
           {{"add.s32 \t%r24, %r23, 8192;", "add.s32 %r24, %r23, 8064;"}},
           FaultKind::Misaligned,
           "1024 bytes"},
          {"a barrier is not initialised",
           {{"\tmbarrier.init.shared.b64 \t[%r7+8], %r11;\n", ""}},
           FaultKind::BadOperand,
           "never initialised"},
          {"a barrier is overwritten",
           {{"$L_consumer:",
             "$L_consumer:\n@!%p1 st.shared.b32 [%r7+4], %r1;"}},
           FaultKind::BadOperand,
           "overwritten"},
          {"no barrier after init",
           {{"\tbar.sync \t0;\n", ""}},
           FaultKind::SharedRace,
           "warp 0"},
          {"too many registers",
           {{"setmaxnreg.dec.sync.aligned.u32 \t40;",
             "setmaxnreg.dec.sync.aligned.u32 \t248;"},
            {"setmaxnreg.inc.sync.aligned.u32 \t232;",
             "setmaxnreg.inc.sync.aligned.u32 \t256;"}},
           FaultKind::Deadlock,
           "setmaxnreg.inc"},
          {"not a tensor map",
           {{"mov.b64 \t%rd1, pipeline_param_3;",
             "mov.b64 %rd1, pipeline_param_3+64;"}},
           FaultKind::BadOperand,
           "no tensor map"},
      });
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

TEST(Direct, MultipliesRight) {
  Outcome outcome = runDirect(Source("direct.ptx"));
  EXPECT_TRUE(outcome.right) << outcome.text;
}

TEST(DirectBugs, AreFound) {
  const std::string proxyFence = "fence.proxy.async.shared::cta;";
  const std::string fence = "wgmma.fence.sync.aligned;";
  const std::string storeWait = "cp.async.bulk.wait_group.read \t0;";
  expectFound(
      "direct.ptx", runDirect,
      {
          {"no fence before wgmma",
           {{proxyFence, "", 0}},
           FaultKind::MissingProxyFence,
           "fence.proxy.async"},
          {"no fence before the store",
           {{proxyFence, "", 1}},
           FaultKind::MissingProxyFence,
           "fence.proxy.async"},
          {"no barrier before the store",
           {{"bar.sync \t1;", ""}},
           FaultKind::UnwrittenShared,
           ""},
          {"the store is not waited for",
           {{storeWait, ""}},
           FaultKind::SharedRace,
           "cp.async.bulk.wait_group"},
          {"stored bytes are overwritten",
           {{storeWait, "st.shared.b32 [%r30], %r31;\n"
                        "cp.async.bulk.wait_group.read 0;"}},
           FaultKind::SharedRace,
           "a bulk store of warp 0"},
          {"the accumulator is read too early",
           {{"wgmma.wait_group.sync.aligned \t0;", ""}},
           FaultKind::BadOperand,
           "in flight"},
          {"the accumulator is written after the fence",
           {{fence, fence + "\nmov.f32 %f5, 0f00000000;"}},
           FaultKind::BadOperand,
           "after the last wgmma.fence"},
          {"the warps disagree",
           {{fence, fence + "\nsetp.ge.u32 %p5, %r1, 96;\n"
                            "@%p5 add.s64 %rd8, %rd8, 8;"}},
           FaultKind::BadOperand,
           "different descriptors"},
          {"a lane branches around wgmma",
           {{fence, "setp.eq.u32 %p5, %r1, 5;\n@%p5 bra $L_end;\n" + fence}},
           FaultKind::Divergence,
           "whole warp"},
      });
}

TEST(DirectBugs, WarpBranchesAroundWgmma) {
  EXPECT_TRUE(runDirect(Source("direct.ptx")
                            .change("wgmma.fence.sync.aligned;",
                                    "setp.ge.u32 %p5, %r1, 96;\n@%p5 bra "
                                    "$L_end;\nwgmma.fence.sync.aligned;"))
                  .faulted);
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
      EXPECT_EQ(outcome.counters.ldmatrixConflicts,
                outcome.counters.sharedLoadConflicts);
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

//===- looped.ptx ---------------------------------------------------------===//

static Outcome runLooped(const Source &source, int tilesK) {
  Matrix a(64, 64 * tilesK, 8), b(64, 64 * tilesK, 9);
  Simulator gpu;
  std::vector<float> whole = product(a, b), expected;
  for (int thread = 0; thread < 128; ++thread)
    for (int r = 0; r < 32; ++r) {
      int row = thread / 32 * 16 + thread % 32 / 4 + (r & 2 ? 8 : 0);
      int column = r / 4 * 8 + thread % 4 * 2 + r % 2;
      expected.push_back(whole[static_cast<size_t>(row * 64 + column)]);
    }
  uint64_t result = gpu.allocate(4 * expected.size(), "d");
  Parameters parameters;
  append(parameters, &result, 8, 8);
  append(parameters, &tilesK, 4, 4);
  for (const Matrix *m : {&a, &b}) {
    auto map =
        encodeTensorMap(mapOf(upload(gpu, *m, "operand"), TensorMapType::BF16,
                              64, m->columns, 64, 64, 128));
    append(parameters, map.data(), 128, 64);
  }
  LaunchConfig config;
  config.threads = 128;
  config.sharedBytes = 16392;
  return run(source, "looped", config, gpu, parameters, result, expected);
}

TEST(Looped, MultipliesRight) {
  for (int tilesK : {1, 5}) {
    Outcome outcome = runLooped(Source("looped.ptx"), tilesK);
    EXPECT_TRUE(outcome.right) << outcome.text;
  }
}

/// The barrier after the multiplications is not needed: thread 0 has waited for
/// the products of the whole warpgroup before it copies anew.
TEST(Looped, OneWaitCoversTheWarpgroup) {
  Outcome outcome =
      runLooped(Source("looped.ptx").change("bar.sync \t0;", "", 1), 5);
  EXPECT_TRUE(outcome.right) << outcome.text;
}

TEST(LoopedBugs, AreFound) {
  expectFound("looped.ptx", [](const Source &s) { return runLooped(s, 5); },
              {
                  {"the next copy comes before the wait",
                   {{"wgmma.wait_group.sync.aligned \t0;",
                     "wgmma.wait_group.sync.aligned 1;"},
                    {"bar.sync \t0;", "", 1}},
                   FaultKind::SharedRace,
                   "a wgmma of warp"},
                  // As a bad register assignment would: ptxas then waits after
                  // each mma_async.
                  {"an accumulator is copied",
                   {{"%rd17, %rd18, p, 1,  1, 0,  0;",
                     "%rd17, %rd18, p, 1, 1, 0, 0;\nmov.b32 %r9, %r11;"}},
                   FaultKind::BadOperand,
                   "in flight"},
              });
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
  Outcome outcome = launch(source, "cluster", config, gpu, parameters);
  if (outcome.faulted)
    return outcome;
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

TEST(ClusterBugs, AreFound) {
  expectFound(
      "cluster.ptx", runCluster,
      {
          {"a rank outside of the cluster",
           {{"%r16, %r5, %r11;", "%r16, %r5, 2;"}},
           FaultKind::BadOperand,
           "mapa to block 2"},
          {"a wait without an arrival",
           {{"mbarrier.arrive.release.cluster.shared::cluster.b64 \t_, [%r16];",
             ""}},
           FaultKind::Deadlock,
           "mbarrier.try_wait"},
          // A loop around test_wait ends, too.
          {"polling in vain",
           {{"mov.b32 \t%r8, 2048;", "mov.b32 %r8, 2064;"}},
           FaultKind::Deadlock,
           "mbarrier.test_wait"},
      });
}

//===- nvvm.ptx -----------------------------------------------------------===//

TEST(Nvvm, TextOfLlvmIsUnderstood) {
  Module module = Module::parse(Source("nvvm.ptx").text, "nvvm.ptx");
  ASSERT_EQ(module.kernels().size(), 2u);
  EXPECT_EQ(module.kernel("k").parameters.at(4).bytes, 128u);
  EXPECT_EQ(module.target(), "sm_90a");
  Module barriers =
      Module::parse(Source("nvvm-barriers.ptx").text, "nvvm-barriers.ptx");
  EXPECT_EQ(barriers.kernel("more").parameters.size(), 13u);
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
