//===- AsyncAccess.cpp - What asynchronous instructions share -------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/AsyncAccess.h"

namespace moec::ptxsim {

//===- Decoding -----------------------------------------------------------===//

std::string restOfModifiers(Decoder &d) {
  std::string text;
  while (!d.peek().empty()) {
    text += text.empty() ? "" : ".";
    text += d.next();
  }
  return text;
}

/// The registers of operand k, each through `take`.
template <typename Take>
static std::vector<uint32_t> vectorOf(Decoder &d, size_t k, size_t count,
                                      Take take) {
  const ast::Operand &o = d.operand(k);
  std::vector<uint32_t> rows;
  if (o.kind == ast::OperandKind::Vector)
    for (const ast::Operand &part : o.parts)
      rows.push_back(take(part));
  else if (count == 1)
    rows.push_back(take(o));
  if (rows.size() != count)
    d.error(fmt::format("'{}': operand {} needs {} registers in braces, got {}",
                        d.statement().opcode, k + 1, count, rows.size()));
  return rows;
}

std::vector<uint32_t> useVector(Decoder &d, size_t k, size_t count) {
  return vectorOf(d, k, count,
                  [&](const ast::Operand &o) { return d.use(o, 32); });
}

std::vector<uint32_t> defVector(Decoder &d, size_t k, size_t count) {
  return vectorOf(d, k, count,
                  [&](const ast::Operand &o) { return d.def(o, 32); });
}

void useAddress(Decoder &d, Inst &i, size_t k) {
  const Address a = d.address(d.operand(k));
  i.a = a.row;
  i.imm = a.offset;
  if (a.narrow)
    i.flags |= address32;
}

//===- Execution ----------------------------------------------------------===//

uint64_t addressOf(Warp &w, const Inst &i, unsigned lane) {
  const uint64_t base =
      i.flags & address32 ? w.row(i.a)[lane] : wideLane(w, i.a, lane);
  return base + uint64_t(i.imm);
}

uint32_t sharedAddress(Warp &w, const Inst &i, unsigned lane, uint64_t address,
                       bool generic) {
  if (generic) {
    if (address < sharedWindow || address >= sharedWindow + windowBytes)
      w.machine->faultAt(w, i, lane, FaultKind::OutOfBounds, address,
                         "the generic address is not one of shared memory");
    address -= sharedWindow;
  }
  if (address >> 32)
    w.machine->faultAt(w, i, lane, FaultKind::OutOfBounds, address,
                       "an address of shared memory has 32 bits");
  return uint32_t(address);
}

void expectWholeWarp(Warp &w, const Inst &i, uint32_t mask) {
  if (mask != fullMask)
    w.machine->fault(
        w, i, unsigned(__builtin_ctz(mask)), FaultKind::Divergence,
        fmt::format("only the lanes 0x{:08x} execute an instruction "
                    "that needs the whole warp",
                    mask));
}

} // namespace moec::ptxsim
