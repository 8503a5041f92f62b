//===- ControlFlow.h - Basic blocks of a decoded kernel ---------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_CONTROLFLOW_H
#define MOEC_LIB_PTXSIM_CONTROLFLOW_H

#include "lib/PtxSim/Program.h"

namespace moec::ptxsim {

constexpr uint32_t noBlock = 0xffffffff;

/// Instructions [begin, end) that run one after the other.
struct FlowBlock {
  uint32_t begin, end;
  std::vector<uint32_t> successors;
  bool exits = false; ///< lanes may end here
};

struct FlowGraph {
  explicit FlowGraph(const Kernel &kernel);
  std::vector<uint32_t> postDominators() const;

  std::vector<FlowBlock> blocks;
  std::vector<uint32_t> blockOf; ///< by program counter
};

/// True for exit: the lanes that execute it end.
bool endsLanes(const Inst &i);

// Inst::imm is the target. Inst::c is not a register here but the place where
// lanes that part at this branch meet again, or noPc.
void execBranch(Warp &w, const Inst &i, uint32_t mask);
/// Inst::a is the index, Inst::data the BranchTable.
void execBranchTable(Warp &w, const Inst &i, uint32_t mask);
void execExit(Warp &w, const Inst &i, uint32_t mask);

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_CONTROLFLOW_H
