//===- Counters.h - What a simulated launch did -----------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_COUNTERS_H
#define MOEC_LIB_PTXSIM_COUNTERS_H

#include <array>
#include <cstdint>
#include <functional>
#include <string>

namespace moec::ptxsim {

/// The classes by which instructions are counted.
enum class InstClass : uint8_t {
  Float,   ///< f32 and f64 arithmetic
  Half,    ///< f16 and bf16 arithmetic
  Integer, ///< integer arithmetic, logic, shifts
  Special, ///< ex2, lg2, rcp, sqrt, rsqrt, sin, cos, tanh, division
  Convert, ///< cvt, cvta
  Move,    ///< mov, selp, setp, shfl, vote
  Global,  ///< loads, stores and prefetches of global memory
  Shared,  ///< loads and stores of shared memory, ldmatrix, stmatrix
  Local,   ///< loads and stores of local memory
  Param,   ///< loads and stores of parameters
  Atomic,  ///< atom and red
  Async,   ///< cp.async, bulk copies, mbarrier
  Tensor,  ///< mma and wgmma
  Barrier, ///< barriers and fences
  Control, ///< branches, calls, exits
};
constexpr unsigned numInstClasses = 15;

/// The name under which a class is printed: "float", "half", ...
const char *instClassName(InstClass c);

/// What one launch did, or the sum of several. A warp instruction is one
/// instruction issued by one warp, a request is a warp instruction that touches
/// memory, a sector is an aligned piece of 32 bytes.
struct Counters {
  uint64_t launches = 0;
  uint64_t blocks = 0;
  uint64_t warps = 0;
  /// Warp instructions, and those of them with some lanes switched off.
  uint64_t warpInstructions = 0;
  uint64_t partialWarpInstructions = 0;
  /// Instructions summed over the lanes that executed them.
  uint64_t threadInstructions = 0;
  std::array<uint64_t, numInstClasses> byClass{};

  uint64_t globalLoads = 0;       ///< requests
  uint64_t globalLoadSectors = 0; ///< distinct sectors, summed over requests
  /// Sectors that the same bytes would take when packed.
  uint64_t globalLoadIdealSectors = 0;
  uint64_t globalLoadBytes = 0;
  uint64_t globalStores = 0;
  uint64_t globalStoreSectors = 0;
  uint64_t globalStoreIdealSectors = 0;
  /// Stored sectors of which one request did not write all 32 bytes.
  uint64_t globalPartialSectors = 0;
  uint64_t globalStoreBytes = 0;
  /// Requests and bytes of bulk copies (TMA), both directions.
  uint64_t bulkCopies = 0;
  uint64_t bulkBytes = 0;

  uint64_t sharedLoads = 0;  ///< requests; a row of ldmatrix is one wavefront
  uint64_t sharedStores = 0; ///< requests
  /// Wavefronts beyond those that a request of its width needs anyway.
  uint64_t sharedLoadConflicts = 0;
  uint64_t sharedStoreConflicts = 0;
  /// Those of them that come from ldmatrix, stmatrix and cp.async.
  uint64_t ldmatrixConflicts = 0;
  uint64_t stmatrixConflicts = 0;
  uint64_t copyConflicts = 0;
  uint64_t sharedLoadBytes = 0;
  uint64_t sharedStoreBytes = 0;
  uint64_t localBytes = 0; ///< without parameters
  uint64_t atomics = 0;    ///< atomic operations, one per lane

  uint64_t floatFlops = 0;  ///< f32, f16 and bf16 outside of tensor cores
  uint64_t tensorFlops = 0; ///< a multiply-add is two
  /// Passes that wgmma operands take beyond one per core matrix.
  uint64_t wgmmaConflicts = 0;
  /// The most at one time in a block: mbarriers with bulk loads, and in a warp:
  /// committed groups of cp.async that copy something, groups of wgmma; for
  /// which nobody has waited.
  uint64_t bulkStagesInFlight = 0;
  uint64_t copyGroupsInFlight = 0;
  uint64_t wgmmaGroupsInFlight = 0;
  uint64_t barriers = 0;            ///< barriers completed, once per block
  uint64_t sharedBytesPerBlock = 0; ///< static and dynamic; the largest launch

  Counters &operator+=(const Counters &other);
  uint64_t ofClass(InstClass c) const { return byClass[unsigned(c)]; }
  /// Sectors per request beyond the ideal: 1 when fully coalesced.
  double globalLoadExcess() const;
  double globalStoreExcess() const;
};

/// Calls visit(name, value) for every number above but `launches`, always in
/// the same order. Names that end in "_per_block" are maxima, the others sums.
void forEachCounter(
    const Counters &counters,
    const std::function<void(const std::string &, uint64_t)> &visit);

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_COUNTERS_H
