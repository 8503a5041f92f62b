//===- Program.h - A decoded PTX module -------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_PROGRAM_H
#define MOEC_LIB_PTXSIM_PROGRAM_H

#include "lib/PtxSim/Inst.h"
#include "lib/PtxSim/Simulator.h"
#include "lib/PtxSim/Syntax.h"

#include <memory>
#include <string>
#include <vector>

namespace moec::ptxsim {

/// Facts of an instruction that do not fit into Inst; a base to derive from.
struct InstData {
  virtual ~InstData();
};

/// The targets of brx.idx.
struct BranchTable : InstData {
  std::vector<uint32_t> targets; ///< labels, then program counters
};

/// Registers whose values follow from the place of a thread.
enum class SpecialReg : uint8_t {
  TidX,
  NtidX,
  CtaidX,
  NctaidX,
  LaneId,
  WarpId,
  NwarpId,
  SmId,
  LanemaskEq,
  LanemaskLe,
  LanemaskLt,
  LanemaskGe,
  LanemaskGt,
  ClusterIdX,
  NclusterIdX,
  ClusterCtaidX,
  ClusterNctaidX,
  ClusterCtarank,
  ClusterNctarank,
  DynamicSharedSize,
  TotalSharedSize,
  One,  ///< sizes in y and z
  Zero, ///< places in y and z
};

/// A row that is filled when a warp starts.
struct SpecialRow {
  SpecialReg reg;
  uint32_t row;
  bool wide; ///< 64 bits
};

struct ConstantRow {
  enum Kind : uint8_t { Value, Variable, DynamicShared };
  Kind kind = Value;
  bool wide = false;
  bool generic = false; ///< DynamicShared: as a generic address
  uint32_t row = 0;
  uint32_t variable = 0; ///< of the module
  uint64_t bits = 0;     ///< the value, or what is added
};

struct Kernel {
  KernelInfo info;
  std::vector<Inst> code;
  std::vector<uint32_t> lists;
  std::vector<std::unique_ptr<InstData>> data;
  std::vector<ConstantRow> constants;
  std::vector<SpecialRow> specials;
  uint32_t pinnedRows = 0; ///< constants and specials; they come first
  uint32_t rows = 0;
  uint32_t preds = 0;
  uint32_t localBytes = 0;    ///< per thread
  uint32_t dynamicOffset = 0; ///< where dynamic shared memory begins
  /// Bytes that the race detectors tell apart: the narrowest store.
  uint32_t sharedGranule = 4;
  uint32_t globalGranule = 4;
  /// See guardWgmmaRegisters(); null where there is no wgmma.
  const InstData *registerGuards = nullptr;
};

/// A .global or .const variable of a module.
struct ModuleVariable {
  std::string name;
  uint64_t bytes = 0;
  std::vector<uint8_t> init; ///< empty: zero
  struct Address {
    uint64_t offset;
    uint32_t variable;
    uint64_t add;
  };
  std::vector<Address> addresses; ///< 64-bit words that hold an address
};

struct Program {
  std::string name;
  std::string target;
  std::vector<KernelInfo> infos;
  std::vector<std::unique_ptr<Kernel>> kernels;
  std::vector<ModuleVariable> variables;
};

/// Generic addresses: windows above all device memory. A shared address has 32
/// bits: byte in the low 24, above them 0 for the own block or 1 + the rank in
/// the cluster.
constexpr uint64_t sharedWindow = 0x7f0000000000;
constexpr uint64_t localWindow = 0x7e0000000000;
constexpr uint64_t paramWindow = 0x7d0000000000;
constexpr uint64_t windowBytes = uint64_t(1) << 32;
constexpr uint32_t sharedRankShift = 24;

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_PROGRAM_H
