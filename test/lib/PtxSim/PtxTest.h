//===- PtxTest.h - Run a few lines of PTX -----------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_TEST_LIB_PTXSIM_PTXTEST_H
#define MOEC_TEST_LIB_PTXSIM_PTXTEST_H

#include "lib/PtxSim/Simulator.h"

#include <gtest/gtest.h>

#include <cstring>

namespace moec::ptxsim {

/// A module with one kernel `k(in, out, n)` around `body`. Ready to use: %t =
/// tid.x, %in = in + 4 * t, %out = out + 4 * t, %n, registers %r, %h (16 bits),
/// %d (64 bits), %p; `declarations` stand before the body.
inline std::string ptxKernel(const std::string &body,
                             const std::string &declarations = "",
                             const std::string &outside = "") {
  return ".version 8.0\n.target sm_90a\n.address_size 64\n" + outside +
         ".visible .entry k(.param .u64 k_in, .param .u64 k_out, .param .u32 "
         "k_n)\n"
         "{\n" +
         declarations +
         "  .reg .pred %p<32>;\n  .reg .b16 %h<32>;\n  .reg .b32 %r<64>;\n"
         "  .reg .b32 %t;\n  .reg .b32 %n;\n  .reg .b64 %d<32>;\n"
         "  .reg .b64 %in;\n  .reg .b64 %out;\n  .reg .b64 %off;\n"
         "  ld.param.u64 %in, [k_in];\n  ld.param.u64 %out, [k_out];\n"
         "  ld.param.u32 %n, [k_n];\n  mov.u32 %t, %tid.x;\n"
         "  mul.wide.u32 %off, %t, 4;\n  add.s64 %in, %in, %off;\n"
         "  add.s64 %out, %out, %off;\n" +
         body + "\n  ret;\n}\n";
}

/// The arguments of ptxKernel(), packed as a launch wants them.
struct KernelArguments {
  uint64_t in = 0, out = 0;
  uint32_t n = 0;
  std::vector<uint8_t> bytes() const {
    std::vector<uint8_t> b(20);
    std::memcpy(b.data(), &in, 8);
    std::memcpy(b.data() + 8, &out, 8);
    std::memcpy(b.data() + 16, &n, 4);
    return b;
  }
};

/// What a run of such a kernel left.
struct PtxRun {
  std::vector<uint32_t> out;
  Counters counters;
};

/// Runs a text made by ptxKernel() over `in`; `outWords` words come back.
inline PtxRun runText(const std::string &text, const std::vector<uint32_t> &in,
                      size_t outWords, LaunchConfig config, uint32_t n = 0) {
  Module module = Module::parse(text, "test.ptx");
  Simulator gpu;
  KernelArguments a;
  a.in = gpu.allocate(in.size() * 4, "in");
  a.out = gpu.allocate(outWords * 4, "out");
  a.n = n;
  gpu.copyIn(a.in, in.data(), in.size() * 4);
  const auto bytes = a.bytes();
  PtxRun run;
  run.counters = gpu.launch(module, "k", config, bytes.data(), bytes.size());
  run.out.resize(outWords);
  gpu.copyOut(run.out.data(), a.out, outWords * 4);
  return run;
}

/// 0 to n - 1.
inline std::vector<uint32_t> iota(size_t n) {
  std::vector<uint32_t> v(n);
  for (size_t k = 0; k < n; ++k)
    v[k] = uint32_t(k);
  return v;
}

inline LaunchConfig blockOf(uint32_t threads, uint32_t grid = 1) {
  LaunchConfig c;
  c.threads = threads;
  c.grid = grid;
  return c;
}

/// Each thread of one warp runs `body` with its word of `in` in %r0 and stores
/// %r1.
inline std::vector<uint32_t> mapLanes(const std::string &body,
                                      std::vector<uint32_t> in) {
  in.resize(32);
  return runText(ptxKernel("  ld.global.b32 %r0, [%in];\n" + body +
                           "\n  st.global.b32 [%out], %r1;"),
                 in, 32, blockOf(32))
      .out;
}

inline uint32_t bitsOf(float f) {
  uint32_t u;
  std::memcpy(&u, &f, 4);
  return u;
}
inline float floatOf(uint32_t u) {
  float f;
  std::memcpy(&f, &u, 4);
  return f;
}

/// Runs a text and returns the fault; fails the test if there is none.
inline Fault::Where faultOf(const std::string &text, LaunchConfig config,
                            size_t words = 256) {
  try {
    runText(text, std::vector<uint32_t>(words), words, config);
  } catch (const Fault &f) {
    return f.where();
  } catch (const std::exception &e) {
    ADD_FAILURE() << "expected a fault, got " << e.what();
    return {};
  }
  ADD_FAILURE() << "expected a fault, the kernel ran to its end";
  return {};
}

/// The text of the error that parsing gives.
inline std::string parseError(const std::string &text) {
  try {
    Module::parse(text, "test.ptx");
  } catch (const Error &e) {
    return e.what();
  }
  ADD_FAILURE() << "expected an error";
  return "";
}

} // namespace moec::ptxsim

#endif // MOEC_TEST_LIB_PTXSIM_PTXTEST_H
