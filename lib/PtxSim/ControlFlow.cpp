//===- ControlFlow.cpp - Where diverged lanes meet again ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lanes that part at a branch run one side after the other and meet at its
// immediate post-dominator, the first place that both sides must pass.
// Post-dominators: Cooper, Harvey, Kennedy, "A simple, fast dominance
// algorithm", on the reversed graph with one exit added.
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/ControlFlow.h"

#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Machine.h"

#include <algorithm>

namespace moec::ptxsim {

//===- Graph --------------------------------------------------------------===//

FlowGraph::FlowGraph(const Kernel &kernel) {
  const std::vector<Inst> &code = kernel.code;
  std::vector<bool> begins(code.size() + 1);
  begins[0] = true;
  for (size_t pc = 0; pc < code.size(); ++pc) {
    const Inst &i = code[pc];
    if (i.flags & flagBranch)
      begins[size_t(i.imm)] = true;
    if (i.flags & flagTable)
      for (uint32_t t : static_cast<const BranchTable *>(i.data)->targets)
        begins[t] = true;
    if (i.flags & (flagBranch | flagTable) || endsLanes(i))
      begins[pc + 1] = true;
  }
  blockOf.resize(code.size());
  for (size_t pc = 0; pc < code.size(); ++pc) {
    if (begins[pc])
      blocks.push_back({uint32_t(pc), uint32_t(pc), {}});
    blocks.back().end = uint32_t(pc + 1);
    blockOf[pc] = uint32_t(blocks.size() - 1);
  }
  for (FlowBlock &b : blocks) {
    const Inst &last = code[b.end - 1];
    if (last.flags & flagBranch)
      b.successors.push_back(blockOf[size_t(last.imm)]);
    if (last.flags & flagTable)
      for (uint32_t t : static_cast<const BranchTable *>(last.data)->targets)
        b.successors.push_back(blockOf[t]);
    const bool jumps = last.flags & (flagBranch | flagTable) || endsLanes(last);
    if ((!jumps || last.guard != noPred) && b.end < code.size())
      b.successors.push_back(blockOf[b.end]);
    std::sort(b.successors.begin(), b.successors.end());
    b.successors.erase(std::unique(b.successors.begin(), b.successors.end()),
                       b.successors.end());
    b.exits = endsLanes(last) || b.successors.empty();
  }
}

/// The immediate post-dominator of each block; noBlock where that is the exit
/// or where no exit can be reached.
std::vector<uint32_t> FlowGraph::postDominators() const {
  const uint32_t exit = uint32_t(blocks.size());
  std::vector<std::vector<uint32_t>> predecessors(exit + 1);
  for (uint32_t b = 0; b < exit; ++b) {
    for (uint32_t s : blocks[b].successors)
      predecessors[s].push_back(b);
    if (blocks[b].exits)
      predecessors[exit].push_back(b);
  }
  // Post-order of the reversed graph from the exit, without recursion.
  std::vector<uint32_t> order, number(exit + 1, noBlock);
  std::vector<std::pair<uint32_t, size_t>> path{{exit, 0}};
  std::vector<bool> seen(exit + 1);
  seen[exit] = true;
  while (!path.empty()) {
    const uint32_t b = path.back().first;
    if (path.back().second < predecessors[b].size()) {
      const uint32_t p = predecessors[b][path.back().second++];
      if (!seen[p]) {
        seen[p] = true;
        path.push_back({p, 0});
      }
      continue;
    }
    number[b] = uint32_t(order.size());
    order.push_back(b);
    path.pop_back();
  }
  std::vector<uint32_t> idom(exit + 1, noBlock);
  idom[exit] = exit;
  uint64_t steps = 0;
  const auto step = [&] {
    if (++steps > (uint64_t(1) << 28))
      fail("the control flow of a kernel is too involved");
  };
  const auto meet = [&](uint32_t a, uint32_t b) {
    while (a != b) {
      step();
      if (number[a] < number[b])
        a = idom[a];
      else
        b = idom[b];
    }
    return a;
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t k = order.size() - 1; k-- > 0;) {
      const uint32_t b = order[k];
      uint32_t now = noBlock;
      const auto add = [&](uint32_t s) {
        step();
        if (number[s] != noBlock && idom[s] != noBlock)
          now = now == noBlock ? s : meet(now, s);
      };
      for (uint32_t s : blocks[b].successors)
        add(s);
      if (blocks[b].exits)
        add(exit);
      if (now != idom[b]) {
        idom[b] = now;
        changed = true;
      }
    }
  }
  for (uint32_t &d : idom)
    if (d == exit)
      d = noBlock;
  idom.resize(exit);
  return idom;
}

//===- Paths of a warp ----------------------------------------------------===//

/// Goes on with the path below, or ends the warp.
static void popPath(Warp &w) {
  while (w.depth > 0) {
    const PathEntry &e = w.stack[--w.depth];
    const uint32_t lanes = e.mask & w.live;
    if (!lanes)
      continue;
    w.pc = e.pc;
    w.active = lanes;
    w.reconverge = e.reconverge;
    return;
  }
  w.active = 0;
  w.status = WarpStatus::Done;
  w.budget = 0;
}

static void pushPath(Warp &w, const Inst &i, PathEntry e) {
  if (w.depth >= maxDepth)
    w.machine->fault(w, i, 0, FaultKind::Limit,
                     fmt::format("lanes diverge more than {} times", maxDepth));
  w.stack[w.depth++] = e;
}

/// Lanes of one path have reached the place where they meet the others.
static void execReconverge(Warp &w, const Inst &, uint32_t) {
  if (w.reconverge == w.pc - 1)
    popPath(w);
}

/// Parts the active lanes: those in `mask` go to `target`, the others to
/// `next`.
static void diverge(Warp &w, const Inst &i, uint32_t mask, uint32_t target,
                    uint32_t next, uint32_t meet) {
  const uint32_t others = w.active & ~mask;
  if (!others) {
    w.pc = target;
    return;
  }
  if (meet != noPc && w.reconverge != meet)
    pushPath(w, i, {meet, w.active, w.reconverge});
  w.reconverge = meet;
  if (target == meet) {
    w.active = others;
    w.pc = next;
    return;
  }
  if (next != meet)
    pushPath(w, i, {next, others, meet});
  w.active = mask;
  w.pc = target;
}

void execBranch(Warp &w, const Inst &i, uint32_t mask) {
  diverge(w, i, mask, uint32_t(i.imm), w.pc, i.c);
}

void execBranchTable(Warp &w, const Inst &i, uint32_t mask) {
  const auto &targets = static_cast<const BranchTable *>(i.data)->targets;
  const uint32_t *index = w.row(i.a);
  uint32_t next = w.pc;
  // One part per distinct target; the last one goes on without a split.
  while (mask) {
    const unsigned lane = unsigned(__builtin_ctz(mask));
    const uint32_t k = index[lane];
    if (k >= targets.size())
      w.machine->fault(w, i, lane, FaultKind::BadOperand,
                       fmt::format("index {} of brx.idx, there are {} targets",
                                   k, targets.size()));
    uint32_t same = 0;
    for (unsigned l = lane; l < 32; ++l)
      if (mask >> l & 1 && index[l] < targets.size() &&
          targets[index[l]] == targets[k])
        same |= 1u << l;
    mask &= ~same;
    if (w.active == same) {
      w.pc = targets[k];
      return;
    }
    const uint32_t meet = i.c;
    const uint32_t rest = w.active & ~same;
    if (meet != noPc && w.reconverge != meet)
      pushPath(w, i, {meet, w.active, w.reconverge});
    w.reconverge = meet;
    if (targets[k] != meet)
      pushPath(w, i, {targets[k], same, meet});
    w.active = rest;
    w.pc = next;
  }
}

void execExit(Warp &w, const Inst &i, uint32_t mask) {
  w.live &= ~mask;
  w.active &= ~mask;
  if (!w.active)
    popPath(w);
}

bool endsLanes(const Inst &i) { return i.fn == execExit; }

//===- Insertion ----------------------------------------------------------===//

void insertReconvergence(Kernel &kernel) {
  const FlowGraph graph(kernel);
  const std::vector<uint32_t> meet = graph.postDominators();
  const auto parts = [&](const FlowBlock &b) {
    const Inst &last = kernel.code[b.end - 1];
    return last.flags & flagTable ||
           (last.flags & flagBranch && last.guard != noPred);
  };
  std::vector<bool> joins(graph.blocks.size());
  for (size_t b = 0; b < graph.blocks.size(); ++b)
    if (parts(graph.blocks[b]) && meet[b] != noBlock)
      joins[meet[b]] = true;
  std::vector<uint32_t> moved(graph.blocks.size());
  std::vector<Inst> code;
  code.reserve(kernel.code.size() + graph.blocks.size());
  for (size_t b = 0; b < graph.blocks.size(); ++b) {
    const FlowBlock &block = graph.blocks[b];
    moved[b] = uint32_t(code.size());
    if (joins[b]) {
      Inst join;
      join.fn = execReconverge;
      join.cls = uint8_t(InstClass::Control);
      join.flags = flagInternal;
      join.line = kernel.code[block.begin].line;
      code.push_back(join);
    }
    code.insert(code.end(), kernel.code.begin() + block.begin,
                kernel.code.begin() + block.end);
    // Branches keep blocks here until all have moved.
    Inst &last = code.back();
    if (last.flags & (flagBranch | flagTable)) {
      last.c = parts(block) && meet[b] != noBlock ? meet[b] : noPc;
      if (last.flags & flagBranch)
        last.imm = graph.blockOf[size_t(last.imm)];
    }
  }
  for (Inst &i : code) {
    if (!(i.flags & (flagBranch | flagTable)))
      continue;
    if (i.c != noPc)
      i.c = moved[i.c];
    if (i.flags & flagBranch) {
      i.imm = moved[size_t(i.imm)];
    } else {
      auto &t =
          const_cast<BranchTable &>(*static_cast<const BranchTable *>(i.data));
      for (uint32_t &target : t.targets)
        target = moved[graph.blockOf[target]];
    }
  }
  kernel.code = std::move(code);
}

} // namespace moec::ptxsim
