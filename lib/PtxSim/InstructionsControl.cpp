//===- InstructionsControl.cpp - Branches, calls and exits ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/ControlFlow.h"
#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Machine.h"
#include "lib/PtxSim/OpcodeTable.h"

namespace moec::ptxsim {

static void decodeBra(Decoder &d) {
  d.accept("uni");
  d.expectOperands(1);
  Inst i = d.make(execBranch, InstClass::Control);
  i.flags |= flagBranch;
  d.pushBranch(i, d.operand(0).name);
}

static void decodeBrx(Decoder &d) {
  d.accept("uni");
  d.expectOperands(2);
  Inst i = d.make(execBranchTable, InstClass::Control);
  i.flags |= flagTable;
  i.a = d.use(0, 32);
  d.pushBranchTable(i, d.operand(1).name);
}

static void decodeCall(Decoder &d) {
  d.accept("uni");
  d.call();
}

static void decodeRet(Decoder &d) {
  d.accept("uni");
  Inst branch = d.make(execBranch, InstClass::Control);
  branch.flags |= flagBranch;
  d.pushReturn(d.make(execExit, InstClass::Control), branch);
}

static void decodeExit(Decoder &d) {
  d.push(d.make(execExit, InstClass::Control));
}

static void execTrap(Warp &w, const Inst &i, uint32_t mask) {
  w.machine->fault(w, i, unsigned(__builtin_ctz(mask)), FaultKind::Trap,
                   "the kernel stopped itself");
}
static void decodeTrap(Decoder &d) {
  d.push(d.make(execTrap, InstClass::Control));
}

/// Instructions without an effect on results.
static void execNothing(Warp &, const Inst &, uint32_t) {}
static void decodeNothing(Decoder &d) {
  while (!d.next().empty()) {
  }
  d.push(d.make(execNothing, InstClass::Control));
}

static void execYield(Warp &w, const Inst &, uint32_t) { w.yield(); }
static void decodeNanosleep(Decoder &d) {
  d.takeType();
  d.expectOperands(1);
  d.push(d.make(execYield, InstClass::Control));
}

OpcodeList controlOpcodes() {
  return {{"bra", decodeBra},
          {"brx.idx", decodeBrx},
          {"call", decodeCall},
          {"ret", decodeRet},
          {"exit", decodeExit},
          {"trap", decodeTrap},
          {"brkpt", decodeNothing},
          {"pmevent", decodeNothing},
          {"nanosleep", decodeNanosleep},
          {"griddepcontrol", decodeNothing},
          {"discard", decodeNothing},
          {"applypriority", decodeNothing},
          {"prefetch", decodeNothing},
          {"prefetchu", decodeNothing}};
}

} // namespace moec::ptxsim
