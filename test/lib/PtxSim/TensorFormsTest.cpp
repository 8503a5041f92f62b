//===- TensorFormsTest.cpp - Every form of wgmma; cp.async arrivals -------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "test/lib/PtxSim/TensorTestSupport.h"

#include "lib/PtxSim/Error.h"

using namespace moec;
using namespace moec::ptxsim;

namespace {
/// One wgmma.mma_async.
struct Form {
  const char *text; ///< after m64n..k..
  MatrixType type;
  int n;
  bool half = false; ///< f16 accumulators
  bool aInRegisters = false;
  bool transposeA = false, transposeB = false;
  int scaleA = 1, scaleB = 1;
  bool accumulate = false;
  int k() const { return type == MatrixType::TF32 ? 8 : 16; }
  int width() const { return matrixElementBytes(type); }
  int registers() const { return half ? n / 4 : n / 2; }
};
} // namespace

static uint32_t bitsOf(MatrixType type, float value) {
  return type == MatrixType::F16    ? floatToHalf(value)
         : type == MatrixType::BF16 ? floatToBits(value) >> 16
                                    : floatToBits(value);
}

/// Core matrices without swizzle, 128 bytes each, the next one in k right
/// behind, the next eight rows after 256 bytes.
static std::vector<uint8_t> core(const Form &form, const Matrix &m,
                                 bool transposed) {
  std::vector<uint8_t> bytes(static_cast<size_t>(m.rows) * 32);
  for (int r = 0; r < m.rows; ++r)
    for (int k = 0; k < m.columns; ++k) {
      int at = transposed ? r / 8 * 256 + k / 8 * 128 + k % 8 * 16 + r % 8 * 2
                          : r / 8 * 256 + k * form.width() / 16 * 128 +
                                r % 8 * 16 + k * form.width() % 16;
      uint32_t bits =
          bitsOf(form.type, m.values[static_cast<size_t>(r * m.columns + k)]);
      std::memcpy(&bytes[static_cast<size_t>(at)], &bits,
                  static_cast<size_t>(form.width()));
    }
  return bytes;
}

/// A kernel of one warpgroup: a bulk copy of 2048 bytes of A and 32 * n of B,
/// then one wgmma; thread t writes its registers to out + 4 * registers * t.
static std::string kernelOf(const Form &form) {
  std::string d, zero, store;
  for (int r = 0; r < form.registers(); ++r) {
    d += fmt::format("{}%r{}", r ? ", " : "", 100 + r);
    zero += fmt::format("mov.b32 %r{}, {};\n", 100 + r,
                        form.half ? "0x3c003c00" : "0f3F800000");
    store += fmt::format("st.global.b32 [%rd6+{}], %r{};\n", 4 * r, 100 + r);
  }
  std::string operands =
      form.aInRegisters ? "{%r90, %r91, %r92, %r93}" : "%rd10";
  operands += fmt::format(", %rd11, p, {}, {}", form.scaleA, form.scaleB);
  if (form.type != MatrixType::TF32) {
    if (!form.aInRegisters)
      operands += fmt::format(", {}", int(form.transposeA));
    operands += fmt::format(", {}", int(form.transposeB));
  }
  return fmt::format(R"(.version 8.0
.target sm_90a
.address_size 64
.extern .shared .align 128 .b8 buffers[];
.visible .entry form(.param .u64 out, .param .u64 in, .param .u64 a)
.maxntid 128
{{
.reg .pred %p<4>;
.reg .b32 %r<240>;
.reg .b64 %rd<20>;
mov.u32 %r1, %tid.x;
ld.param.u64 %rd1, [out];
ld.param.u64 %rd2, [in];
ld.param.u64 %rd3, [a];
setp.ne.u32 %p1, %r1, 0;
@%p1 bra ready;
mov.b32 %r2, 1;
mbarrier.init.shared.b64 [buffers], %r2;
mbarrier.arrive.expect_tx.shared.b64 %rd4, [buffers], {size};
cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [buffers+128], [%rd2], {size}, [buffers];
ready:
bar.sync 0;
wait:
mbarrier.test_wait.parity.shared.b64 %p2, [buffers], 0;
@!%p2 bra wait;
mul.wide.u32 %rd5, %r1, 16;
add.s64 %rd5, %rd3, %rd5;
ld.global.v4.b32 {{%r90, %r91, %r92, %r93}}, [%rd5];
mul.wide.u32 %rd6, %r1, {stride};
add.s64 %rd6, %rd1, %rd6;
mov.b64 %rd9, buffers;
shr.u64 %rd9, %rd9, 4;
add.s64 %rd9, %rd9, {descriptor};
add.s64 %rd10, %rd9, 8;
add.s64 %rd11, %rd9, 136;
{zero}wgmma.fence.sync.aligned;
{{
.reg .pred p;
setp.ne.b32 p, {accumulate}, 0;
wgmma.mma_async.sync.aligned.m64n{n}k{k}.{text} {{{d}}}, {operands};
}}
wgmma.commit_group.sync.aligned;
wgmma.wait_group.sync.aligned 0;
{store}ret;
}}
)",
                     fmt::arg("size", 2048 + 32 * form.n),
                     fmt::arg("stride", 4 * form.registers()),
                     // In k after 128 bytes, in rows after 256; with MN-major
                     // operands the same two numbers.
                     fmt::arg("descriptor", uint64_t(16) << 32 | 8 << 16),
                     fmt::arg("zero", zero), fmt::arg("d", d),
                     fmt::arg("accumulate", int(form.accumulate)),
                     fmt::arg("n", form.n), fmt::arg("k", form.k()),
                     fmt::arg("text", form.text),
                     fmt::arg("operands", operands), fmt::arg("store", store));
}

static void check(const Form &form) {
  SCOPED_TRACE(fmt::format("n {} {} {}", form.n, form.text,
                           form.aInRegisters ? "registers" : "descriptor"));
  Matrix a(64, form.k(), 11), b(form.n, form.k(), 12);
  std::vector<float> c = product(a, b);
  std::vector<uint8_t> in = core(form, a, form.transposeA);
  std::vector<uint8_t> right = core(form, b, form.transposeB);
  in.insert(in.end(), right.begin(), right.end());
  // A as four registers of each thread, as the manual lists them.
  std::vector<uint32_t> registers(128 * 4);
  int packed = 4 / form.width();
  for (int t = 0; t < 128; ++t)
    for (int i = 0; i < 4 * packed; ++i) {
      int row = t / 32 * 16 + t % 32 / 4 + (i / packed % 2 ? 8 : 0);
      int column =
          t % 4 * packed + i % packed + (i / packed >= 2 ? 4 * packed : 0);
      registers[static_cast<size_t>(4 * t + i / packed)] |=
          bitsOf(form.type,
                 a.values[static_cast<size_t>(row * form.k() + column)])
          << (16 * (i % packed));
    }
  Simulator gpu;
  size_t words = static_cast<size_t>(128 * form.registers());
  uint64_t addresses[3] = {gpu.allocate(4 * words, "out"),
                           gpu.allocate(in.size(), "in"),
                           gpu.allocate(2048, "a")};
  gpu.copyIn(addresses[1], in.data(), in.size());
  gpu.copyIn(addresses[2], registers.data(), 2048);
  LaunchConfig config;
  config.threads = 128;
  config.sharedBytes = static_cast<uint32_t>(128 + in.size());
  Counters counters;
  try {
    counters = gpu.launch(Module::parse(kernelOf(form)), "form", config,
                          addresses, sizeof(addresses));
  } catch (const Error &error) {
    FAIL() << error.what();
  }
  EXPECT_EQ(counters.tensorFlops, 2ull * 64 * form.n * form.k());
  std::vector<uint32_t> out(words);
  gpu.copyOut(out.data(), addresses[0], 4 * words);
  int wrong = 0;
  for (int t = 0; t < 128; ++t)
    for (int i = 0; i < form.n / 2; ++i) {
      int row = t / 32 * 16 + t % 32 / 4 + (i & 2 ? 8 : 0);
      int column = i / 4 * 8 + t % 4 * 2 + i % 2;
      float expected = c[static_cast<size_t>(row * form.n + column)] *
                           static_cast<float>(form.scaleA * form.scaleB) +
                       (form.accumulate ? 1.0f : 0.0f);
      const uint32_t *mine = &out[static_cast<size_t>(t * form.registers())];
      float got = form.half ? halfToFloat(static_cast<uint16_t>(mine[i / 2] >>
                                                                (16 * (i % 2))))
                            : bitsToFloat(mine[i]);
      wrong += got != expected;
    }
  EXPECT_EQ(wrong, 0);
}

TEST(WgmmaForms, Types) {
  for (int n : {8, 24, 256}) {
    check({"f32.bf16.bf16", MatrixType::BF16, n});
    check({"f32.f16.f16", MatrixType::F16, n});
    check({"f16.f16.f16", MatrixType::F16, n, true});
    check({"f32.tf32.tf32", MatrixType::TF32, n});
  }
}

TEST(WgmmaForms, RegistersScalesAndTranspositions) {
  for (bool registers : {false, true})
    for (bool transposeA : {false, true})
      for (bool transposeB : {false, true})
        for (int scale : {1, -1}) {
          if (registers && transposeA)
            continue;
          Form form{"f32.bf16.bf16", MatrixType::BF16, 32};
          form.aInRegisters = registers;
          form.transposeA = transposeA;
          form.transposeB = transposeB;
          form.scaleA = scale;
          form.scaleB = transposeB ? -1 : 1;
          form.accumulate = scale == 1;
          check(form);
        }
  Form wide{"f32.tf32.tf32", MatrixType::TF32, 16};
  wide.aInRegisters = wide.accumulate = true;
  check(wide);
  Form half{"f16.f16.f16", MatrixType::F16, 16, true};
  half.accumulate = true;
  check(half);
}

//===- cp.async with an mbarrier ------------------------------------------===//

/// 64 threads copy 16 bytes each; thread t then reads those of thread 63 - t.
static const char *const copies = R"(.version 8.0
.target sm_90
.address_size 64
.visible .entry copies(.param .u64 out, .param .u64 in)
{
.reg .pred %p<4>;
.reg .b32 %r<20>;
.reg .b64 %rd<20>;
.shared .align 16 .b8 bytes[1024];
.shared .align 8 .b8 barrier[8];
mov.u32 %r1, %tid.x;
ld.param.u64 %rd1, [out];
ld.param.u64 %rd2, [in];
setp.ne.u32 %p1, %r1, 0;
@%p1 bra ready;
mbarrier.init.shared.b64 [barrier], 64;
ready:
bar.sync 0;
mul.wide.u32 %rd3, %r1, 16;
add.s64 %rd4, %rd2, %rd3;
mov.u32 %r2, bytes;
shl.b32 %r3, %r1, 4;
add.s32 %r4, %r2, %r3;
cp.async.cg.shared.global [%r4], [%rd4], 16;
cp.async.mbarrier.arrive.noinc.shared.b64 [barrier];
wait:
mbarrier.try_wait.parity.shared.b64 %p2, [barrier], 0;
@!%p2 bra wait;
sub.s32 %r5, 63, %r1;
shl.b32 %r5, %r5, 4;
add.s32 %r6, %r2, %r5;
ld.shared.v4.b32 {%r10, %r11, %r12, %r13}, [%r6];
add.s64 %rd5, %rd1, %rd3;
st.global.v4.b32 [%rd5], {%r10, %r11, %r12, %r13};
ret;
}
)";

static Outcome runCopies(const Source &source) {
  Simulator gpu;
  std::vector<float> in(256), expected;
  for (size_t i = 0; i < in.size(); ++i)
    in[i] = static_cast<float>(i);
  for (size_t t = 0; t < 64; ++t)
    for (size_t e = 0; e < 4; ++e)
      expected.push_back(in[4 * (63 - t) + e]);
  uint64_t addresses[2] = {gpu.allocate(1024, "out"), gpu.allocate(1024, "in")};
  gpu.copyIn(addresses[1], in.data(), 1024);
  Parameters parameters;
  append(parameters, addresses, sizeof(addresses), 8);
  LaunchConfig config;
  config.threads = 64;
  return run(source, "copies", config, gpu, parameters, addresses[0], expected);
}

TEST(CopiesWithBarrier, ArriveWhenComplete) {
  Outcome outcome = runCopies(Source::of(copies));
  EXPECT_TRUE(outcome.right) << outcome.text;
  // Without .noinc the threads arrive themselves.
  outcome = runCopies(Source::of(copies).change(
      "cp.async.mbarrier.arrive.noinc.shared.b64 [barrier];",
      "cp.async.mbarrier.arrive.shared.b64 [barrier];\n"
      "mbarrier.arrive.shared.b64 %rd9, [barrier];"));
  EXPECT_TRUE(outcome.right) << outcome.text;
  // Waiting for a state instead of a parity.
  outcome = runCopies(
      Source::of(copies)
          .change("cp.async.mbarrier.arrive.noinc.shared.b64 [barrier];",
                  "cp.async.mbarrier.arrive.shared.b64 [barrier];\n"
                  "mbarrier.arrive.shared.b64 %rd9, [barrier];")
          .change("mbarrier.try_wait.parity.shared.b64 %p2, [barrier], 0;",
                  "mbarrier.try_wait.shared.b64 %p2, [barrier], %rd9, 1000;"));
  EXPECT_TRUE(outcome.right) << outcome.text;
}

TEST(CopiesWithBarrier, Bugs) {
  const std::string wait =
      "mbarrier.try_wait.parity.shared.b64 %p2, [barrier], 0;\n"
      "@!%p2 bra wait;";
  expectFault(runCopies(Source::of(copies).change(wait, "")),
              FaultKind::UnwrittenShared, "");
  // Within a warp.
  expectFault(runCopies(Source::of(copies).change(wait, "").change(
                  "sub.s32 %r5, 63, %r1;", "xor.b32 %r5, %r1, 31;")),
              FaultKind::SharedRace, "cp.async");
  const std::string init = "mbarrier.init.shared.b64 [barrier], 64;";
  const auto initialised = [&](const std::string &with) {
    return runCopies(Source::of(copies).change(init, with));
  };
  expectFault(initialised("mbarrier.init.shared.b64 [barrier], 65;"),
              FaultKind::Deadlock, "mbarrier.try_wait");
  expectFault(initialised("mbarrier.init.shared.b64 [barrier], 0;"),
              FaultKind::BadOperand, "count 0");
  expectFault(initialised(""), FaultKind::BadOperand, "never initialised");
}

//===- Text from a stranger -----------------------------------------------===//

/// Cut or changed programs end in an error or in some result, never in a crash.
TEST(Strangers, DamagedPrograms) {
  std::mt19937 generator(13);
  for (const char *name : {"direct.ptx", "warptile.ptx", "nvvm.ptx"}) {
    Source whole(name);
    Limits limits;
    limits.warpInstructions = 100000;
    for (int round = 0; round < 300; ++round) {
      std::string text = whole.text;
      if (round % 3 == 0)
        text.resize(generator() % text.size());
      for (int edit = 0; edit < round % 3; ++edit) {
        size_t at = generator() % text.size();
        static const char letters[] = "0123456789%r[]{},.;:+-p\n";
        text[at] = letters[generator() % (sizeof(letters) - 1)];
      }
      try {
        Module module = Module::parse(text, name, limits);
        for (const KernelInfo &kernel : module.kernels()) {
          Simulator gpu(limits);
          std::vector<uint8_t> parameters(kernel.parameterBytes);
          uint64_t memory = gpu.allocate(1 << 16, "memory");
          for (const Parameter &p : kernel.parameters)
            if (p.bytes == 8)
              std::memcpy(&parameters[p.offset], &memory, 8);
          LaunchConfig config;
          config.threads = 128;
          config.sharedBytes = 16384;
          gpu.launch(module, kernel.name, config, parameters.data(),
                     parameters.size());
        }
      } catch (const Error &error) {
        EXPECT_NE(std::string(error.what()), "");
      }
    }
  }
}

TEST(Strangers, GroupsWithoutEnd) {
  Module module = Module::parse(R"(.version 8.0
.target sm_90a
.address_size 64
.visible .entry groups()
{
again:
cp.async.bulk.commit_group;
bra.uni again;
}
)");
  Simulator gpu;
  LaunchConfig config;
  config.threads = 32;
  try {
    gpu.launch(module, "groups", config, nullptr, 0);
    FAIL();
  } catch (const Fault &fault) {
    EXPECT_EQ(fault.kind(), FaultKind::Limit) << fault.what();
  }
}
