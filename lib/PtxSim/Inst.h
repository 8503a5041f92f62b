//===- Inst.h - A decoded instruction and the state of a warp ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Included by files that are compiled for several instruction sets (Alu*.cpp):
// no inline function of the standard library may be used here, or the linker
// could take one that the machine cannot run.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_INST_H
#define MOEC_LIB_PTXSIM_INST_H

#include <cstdint>

namespace moec::ptxsim {

struct Inst;
struct InstData;
struct Warp;
class Block;
class Machine;

/// Executes one instruction for the lanes in `mask`, which is not 0. The
/// program counter of the warp already points behind the instruction.
using ExecFn = void (*)(Warp &, const Inst &, uint32_t mask);

constexpr uint32_t fullMask = 0xffffffff;
constexpr uint32_t noReg = 0xffffffff;
constexpr uint16_t noPred = 0xffff;

/// A decoded instruction. Registers are numbers of rows: row r holds 32 lanes
/// of 32 bits; 16-bit registers use the low half of each lane, 64-bit registers
/// are two rows read as 32 lanes of 64 bits. Immediates and special registers
/// are rows too, filled when a warp starts. A predicate is one 32-bit mask.
struct Inst {
  ExecFn fn = nullptr;
  uint32_t dst = noReg; ///< written
  uint32_t a = noReg;   ///< read, as b and c
  uint32_t b = noReg;
  uint32_t c = noReg;
  uint16_t guard = noPred; ///< executes only where this predicate holds
  uint16_t pdst = noPred;  ///< predicates written
  uint16_t pdst2 = noPred;
  uint16_t psrc = noPred; ///< predicate read
  int64_t imm = 0;        ///< address offset, branch target, ...
  uint32_t list = 0;      ///< further registers, see Warp::list()
  uint16_t listCount = 0;
  uint16_t listDefs = 0; ///< the first of them are written, the rest read
  uint32_t line = 0;     ///< in the PTX text
  uint8_t cls = 0;       ///< InstClass
  uint8_t flops = 0;     ///< per lane
  uint8_t flags = 0;     ///< see below
  uint8_t width = 0;     ///< free for the instruction
  const InstData *data = nullptr; ///< further facts, owned by the kernel
};

/// Bits of Inst::flags.
enum : uint8_t {
  guardNegated = 1,
  sourceNegated = 2, ///< psrc is read inverted
  address32 = 4,     ///< the address register has 32 bits
  flagBranch = 8,    ///< imm is a branch target
  flagTable = 128,   ///< data is a BranchTable
  flagUser0 = 16,    ///< free for the instruction
  flagUser1 = 32,
  flagInternal = 64, ///< added by the simulator, not counted
};

/// One level of divergence: what to run until `reconverge`.
struct PathEntry {
  uint32_t pc;
  uint32_t mask;
  uint32_t reconverge; ///< noPc at the bottom
};
constexpr uint32_t noPc = 0xffffffff;

enum class WarpStatus : uint8_t { Ready, Waiting, Done };

/// True when the warp may go on; completes the instruction that waited.
using ReadyFn = bool (*)(Warp &, const Inst &, uint32_t mask);

struct Warp {
  uint32_t *regs = nullptr;        ///< [row][lane]
  uint32_t *preds = nullptr;       ///< [predicate], one bit per lane
  const uint32_t *lists = nullptr; ///< of the kernel
  uint32_t pc = 0;
  uint32_t active = 0; ///< lanes that run now
  uint32_t live = 0;   ///< lanes that exist and have not exited
  int64_t budget = 0;  ///< instructions left in this turn; 0 ends the turn
  uint32_t index = 0;  ///< in the block
  uint32_t agent = 0;  ///< in the race detector
  WarpStatus status = WarpStatus::Done;
  PathEntry *stack = nullptr; ///< the paths below the current one
  uint32_t depth = 0;
  uint32_t reconverge = noPc; ///< of the current path
  uint8_t *local = nullptr;   ///< [lane][bytes of the kernel]
  Block *block = nullptr;
  Machine *machine = nullptr;
  ReadyFn ready = nullptr;
  const Inst *waitInst = nullptr;
  uint32_t waitMask = 0;
  uint64_t waitArg = 0; ///< free for the waiting instruction
  const char *waitWhat = "";

  uint32_t *row(uint32_t r) { return regs + uint64_t(r) * 32; }
  /// The k-th register of an instruction's list.
  uint32_t *listRow(const Inst &i, unsigned k) {
    return row(lists[i.list + k]);
  }
  uint32_t pred(const Inst &i) const {
    const uint32_t p = preds[i.psrc];
    return i.flags & sourceNegated ? ~p : p;
  }
  void setPred(uint16_t p, uint32_t value, uint32_t mask) {
    if (p != noPred)
      preds[p] = (preds[p] & ~mask) | (value & mask);
  }
  /// Ends this turn; the warp goes on when `fn` says so.
  void waitFor(ReadyFn fn, const Inst &i, uint32_t mask, const char *what,
               uint64_t arg = 0) {
    status = WarpStatus::Waiting;
    ready = fn;
    waitInst = &i;
    waitMask = mask;
    waitWhat = what;
    waitArg = arg;
    budget = 0;
  }
  /// Lets the others run.
  void yield() { budget = 0; }
};

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_INST_H
