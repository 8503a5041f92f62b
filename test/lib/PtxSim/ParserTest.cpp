//===- ParserTest.cpp - Bad and hostile PTX -------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PtxTest.h"

#include <chrono>
#include <fstream>
#include <sstream>

using namespace moec;
using namespace moec::ptxsim;

namespace {

void expectError(const std::string &text, const std::string &part) {
  const std::string error = parseError(text);
  EXPECT_NE(error.find(part), std::string::npos) << error;
}

TEST(Parser, NamesTheLineAndTheInstruction) {
  const std::string text = ptxKernel("  frobnicate.b32 %r1, %r2;");
  const auto line =
      std::count(text.begin(), text.begin() + long(text.find("frob")), '\n') +
      1;
  EXPECT_EQ(parseError(text), "test.ptx:" + std::to_string(line) +
                                  ": unknown instruction 'frobnicate.b32'");
}

TEST(Parser, ExplainsBadInstructions) {
  const auto body = [](const std::string &b) { return ptxKernel("  " + b); };
  expectError(body("add.s32.strange %r1, %r2, %r3;"),
              "does not know the modifier '.strange'");
  expectError(body("add.s32 %r1, %r2;"), "'add.s32' takes 3 operands, got 2");
  expectError(body("add.s32 %r1, %r2, %x;"), "'%x' is not declared");
  expectError(body("add.s32 %p1, %r2, %r3;"),
              "'%p1' is no register of 32 bits");
  expectError(body("add.s32 %r1, %p2, %r3;"), "%p2 is a predicate");
  expectError(body("add.s32 %r1, %r2, %r99;"), "'%r99' is not declared");
  expectError(body("add.s32 %r1, %r2, [%d1];"),
              "expected a register or a number");
  expectError(body("add %r1, %r2, %r3;"), "'add' lacks a type");
  expectError(body("bra NOWHERE;"), "there is no label NOWHERE");
  expectError(body("L: L: bra L;"), "label L stands twice");
  expectError(body("brx.idx %r1, T;"), "there is no .branchtargets T");
  expectError(body("@%r1 bra L; L:"), "'%r1' is no predicate");
  expectError(body("call foo;"),
              "call of foo, which this module does not define");
  expectError(body("ld.global.b32 %r1, %d1;"),
              "expected an address in brackets");
  expectError(body("ld.global.v2.b32 %r1, [%d1];"),
              "expected 2 elements in braces");
  expectError(body("ld.param.b64 %d1, [k_n];"),
              "8 bytes at 0 of the parameter k_n, which has 4");
  expectError(body("mov.b64 %r1, %d1;"),
              "register %r1 has 32 bits, the result has 64");
  expectError(body("cp.async.cg.shared.global [%d1], [%d2], 8;"), ".cg 16");
  expectError(body("setp.lo.f32 %p1, %r1, %r2;"),
              "'.lo' is no comparison of this type");
}

TEST(Parser, ExplainsBadModules) {
  const std::string head = ".version 8.0\n.target sm_80\n.address_size 64\n";
  expectError("hello",
              "test.ptx:1: expected PTX text, which begins with .version");
  expectError("", "expected PTX text");
  expectError(".version 8.0 .target sm_80 .address_size 32",
              "expected .address_size 64");
  expectError(head + "nonsense",
              "test.ptx:4: 'nonsense' is no directive of a module");
  expectError(head + ".entry k() {", "the body of k is not closed");
  expectError(head + "/* open", "a comment is not closed");
  expectError(head + ".entry k() { .reg .b32 %r<4; }", "expected '>'");
  expectError(head +
                  ".entry k() { .shared .b8 x[9999999]; st.shared.b8 [x], 1; }",
              "needs 9999999 bytes of shared memory");
  expectError(head + ".entry k() { .local .b8 x[9999999]; }",
              "bytes of local memory");
  expectError(head + ".entry k() { mov.b32 0fzz, 1; }",
              "is no hexadecimal float");
  expectError(head + ".global .b8 x[2] = {1, 2, 3};",
              "x has more initial values than elements");
  expectError(head + ".func f() { call f; } .entry k() { call f; }",
              "f calls itself");
  expectError(head + "\x01", "unexpected byte 0x01");
}

TEST(Parser, SkipsWhatDoesNotMatter) {
  const Module m =
      Module::parse("//\n.version 8.8\n.target sm_80, debug\n.address_size "
                    "64\n.file 1 \"a.cu\"\n"
                    ".visible .entry k(.param .u64 .ptr .global .align 16 "
                    "x)\n.maxntid 128, 1, 1\n"
                    ".minnctapersm 2\n.reqntid 64\n{\n.loc 1 2 3, "
                    "function_name $L, inlined_at 1 2 3\n"
                    ".pragma \"nounroll\";\n.reg .b32 %r<3>;\nret;\n}\n"
                    ".section .debug_abbrev\n{\n.b8 1\n.b8 2\n}\n",
                    "t");
  EXPECT_EQ(m.kernel("k").maxThreads, 128u);
  EXPECT_EQ(m.kernel("k").requiredThreads, 64u);
}

TEST(Parser, BoundsWhatCallsMultiply) {
  // Each function calls the next one twice: 2^40 calls of nothing.
  std::string text =
      ".version 8.0\n.target sm_80\n.address_size 64\n.func f0() { ret; }\n";
  for (int k = 1; k < 41; ++k)
    text += ".func f" + std::to_string(k) + "() { call f" +
            std::to_string(k - 1) + "; call f" + std::to_string(k - 1) +
            "; }\n";
  text += ".entry k() { call f40; ret; }\n";
  Limits limits;
  limits.instructions = 1 << 16;
  EXPECT_THROW(Module::parse(text, "t", limits), Error);
}

TEST(Parser, BoundsRegistersAndSource) {
  Limits limits;
  limits.sourceBytes = 100;
  EXPECT_THROW(Module::parse(ptxKernel(""), "t", limits), Error);
  limits = {};
  limits.registers = 4;
  EXPECT_THROW(
      Module::parse(
          ptxKernel("  add.s64 %d1, %in, %out;\n  add.s64 %d2, %d1, %off;\n"
                    "  st.global.b64 [%d1], %d2;"),
          "t", limits),
      Error);
}

//===- Mutations ----------------------------------------------------------===//

/// Texts that use much of the language.
std::vector<std::string> samples() {
  std::vector<std::string> all;
  all.push_back(ptxKernel(
      "  ld.global.v2.b32 {%r1, %r2}, [%in];\n  mov.b64 %d1, tile;\n  add.s64 "
      "%d1, %d1, %off;\n"
      "  st.shared.b32 [%d1], %r1;\n  bar.sync 0;\n  ld.shared.f32 %r3, "
      "[%d1];\n"
      "  setp.lt.and.s32 %p1|%p2, %r1, %r2, %p3;\n  @%p1 bra LESS;\n  "
      "mul.wide.u32 %d2, %r1, 3;\n"
      "  cvt.rn.f32.s32 %r4, %r1;\n  fma.rn.f32 %r5, %r4, 0f3F800000, %r3;\n  "
      "bra JOIN;\n"
      "LESS:\n  shfl.sync.bfly.b32 %r5|%p4, %r1, 1, 31, -1;\n"
      "JOIN:\n  and.b32 %r6, %t, 3;\n  T: .branchtargets A, B, JOIN2, B;\n  "
      "brx.idx %r6, T;\n"
      "A:\n  atom.global.add.u32 %r7, [%out], 1;\n  bra JOIN2;\nB:\n  selp.b32 "
      "%r7, 1, 2, %p1;\n"
      "JOIN2:\n  { .param .b32 x; .param .b32 y; st.param.b32 [x], %r7;\n"
      "  call.uni (y), f, (x);\n  ld.param.b32 %r8, [y]; }\n"
      "LOOP:\n  add.s32 %r9, %r9, 1;\n  setp.lt.s32 %p5, %r9, %n;\n  @%p5 bra "
      "LOOP;\n"
      "  cp.async.ca.shared.global [%d1], [%in], 4;\n  cp.async.commit_group;\n"
      "  cp.async.wait_group 0;\n  mov.b64 %d3, depot;\n  st.local.b32 [%d3], "
      "%r8;\n"
      "  ld.local.u16 %h1, [depot+2];\n  cvt.rn.bf16x2.f32 %r10, %r5, %r4;\n"
      "  fma.rn.bf16x2 %r11, %r10, %r10, %r10;\n  bfe.u32 %r12, %r11, 4, 9;\n"
      "  prmt.b32 %r13, %r12, %r11, 0x5410;\n  st.global.b32 [%out], %r13;",
      "  .shared .align 16 .b8 tile[1024];\n  .local .align 8 .b8 depot[32];\n",
      ".global .align 4 .u32 g[4] = {1, 2, 3, 4};\n"
      ".func (.param .b32 r) f(.param .b32 x)\n{\n  .reg .b32 %r<4>;\n  "
      "ld.param.b32 %r1, [x];\n"
      "  ld.global.u32 %r2, [g+4];\n  add.s32 %r1, %r1, %r2;\n  st.param.b32 "
      "[r], %r1;\n  ret;\n}\n"));
  for (const char *name : {"llvm-sm80.ptx", "direct.ptx", "nvvm.ptx",
                           "pipeline.ptx", "cluster.ptx", "warptile.ptx"}) {
    std::ifstream file(std::string(MOEC_PTXSIM_INPUTS "/") + name);
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_FALSE(text.str().empty()) << name;
    all.push_back(text.str());
  }
  return all;
}

/// Parses and, where that works, runs a text under small limits. Whatever
/// happens must be an Error.
bool survives(const std::string &text) {
  Limits limits;
  limits.instructions = 20000;
  limits.deviceMemory = 1 << 20;
  limits.warpInstructions = 20000;
  limits.launchMemory = 64 << 20;
  try {
    const Module m = Module::parse(text, "m", limits);
    for (const KernelInfo &k : m.kernels()) {
      Simulator gpu(limits);
      std::vector<uint8_t> p(k.parameterBytes);
      const uint64_t memory = gpu.allocate(65536, "memory");
      for (size_t at = 0; at + 8 <= p.size(); at += 8)
        std::memcpy(p.data() + at, &memory, 8);
      LaunchConfig c = blockOf(k.requiredThreads ? k.requiredThreads : 64, 2);
      c.sharedBytes = 1024;
      try {
        gpu.launch(m, k.name, c, p.data(), p.size());
      } catch (const Error &) {
      }
    }
    return true;
  } catch (const Error &) {
    return false;
  }
}

TEST(Parser, SurvivesTruncation) {
  for (const std::string &text : samples())
    for (size_t n = 0; n < text.size(); n += 1 + text.size() / 400)
      survives(text.substr(0, n));
}

TEST(Parser, SurvivesMutation) {
  const auto start = std::chrono::steady_clock::now();
  uint64_t seed = 1;
  const auto random = [&](size_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return size_t(seed >> 33) % below;
  };
  size_t parsed = 0, tried = 0;
  const std::vector<std::string> texts = samples();
  const std::string alphabet = "0123456789.;,{}[]()%@!:+-_ rpdbfsu<>|\n$";
  for (int round = 0; round < 1500; ++round) {
    std::string text = texts[random(texts.size())];
    for (size_t k = 1 + random(3); k > 0; --k) {
      const size_t at = random(text.size());
      switch (random(6)) {
      case 0:
        text[at] = alphabet[random(alphabet.size())];
        break;
      case 1:
        text.erase(at, 1 + random(4));
        break;
      case 2:
        text.insert(at, 1, alphabet[random(alphabet.size())]);
        break;
      case 3:   // a line stands twice
      case 4: { // or elsewhere
        const size_t begin = text.rfind('\n', at) + 1,
                     end = text.find('\n', begin);
        if (end == std::string::npos)
          break;
        const std::string line = text.substr(begin, end + 1 - begin);
        const size_t to = text.find('\n', random(text.size()));
        if (to != std::string::npos)
          text.insert(to + 1, line);
        break;
      }
      default: { // a number becomes another one
        const size_t digit = text.find_first_of("0123456789", at);
        if (digit != std::string::npos)
          text.replace(digit, 1, std::to_string(random(70000)));
      }
      }
      if (text.empty())
        text = " ";
    }
    ++tried;
    parsed += survives(text);
  }
  // Both paths are exercised.
  EXPECT_GT(parsed, tried / 50);
  EXPECT_LT(parsed, tried);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::minutes(4));
}

} // namespace
