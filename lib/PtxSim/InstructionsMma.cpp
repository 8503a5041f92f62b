//===- InstructionsMma.cpp - mma.sync, ldmatrix, stmatrix -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/AsyncAccess.h"
#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/MatrixMove.h"
#include "lib/PtxSim/Mma.h"
#include "lib/PtxSim/OpcodeTable.h"

#include <cstring>

namespace moec::ptxsim {

namespace {
struct MmaData : InstData {
  MmaShape shape;
};
} // namespace

//===- mma.sync -----------------------------------------------------------===//

static void execMma(Warp &w, const Inst &i, uint32_t mask) {
  expectWholeWarp(w, i, mask);
  const MmaShape &shape = static_cast<const MmaData *>(i.data)->shape;
  WarpRegister a[4], b[2], c[4], d[4];
  unsigned at = i.listDefs;
  const auto load = [&](WarpRegister *to, int count) {
    for (int r = 0; r < count; ++r)
      std::memcpy(to[r].data(), w.listRow(i, at++), sizeof(WarpRegister));
  };
  load(a, shape.aRegisters());
  load(b, shape.bRegisters());
  load(c, shape.cRegisters());
  executeMma(shape, a, b, c, d);
  for (unsigned r = 0; r < i.listDefs; ++r)
    std::memcpy(w.listRow(i, r), d[r].data(), sizeof(WarpRegister));
  w.machine->counters.tensorFlops += uint64_t(mmaFlops(shape));
  w.machine->charge(w, 8);
}

static void decodeMma(Decoder &d) {
  d.accept("sync");
  d.accept("aligned");
  auto data = std::make_unique<MmaData>();
  const std::string modifiers = restOfModifiers(d);
  if (!parseMmaShape(modifiers, data->shape))
    d.error(fmt::format("'{}': no mma.sync that is simulated; these are "
                        "m16n8k16 and m16n8k8 of f16 and bf16, m16n8k8 and "
                        "m16n8k4 of tf32, all .row.col",
                        d.statement().opcode));
  d.expectOperands(4);
  const MmaShape &shape = data->shape;
  std::vector<uint32_t> uses;
  const int counts[] = {shape.aRegisters(), shape.bRegisters(),
                        shape.cRegisters()};
  for (size_t k = 0; k < 3; ++k)
    for (uint32_t row : useVector(d, k + 1, size_t(counts[k])))
      uses.push_back(row);
  Inst i = d.make(execMma, InstClass::Tensor);
  d.setList(i, defVector(d, 0, size_t(shape.cRegisters())), uses);
  i.data = d.keep(std::move(data));
  d.push(i);
}

//===- ldmatrix and stmatrix ----------------------------------------------===//

/// Shared addresses of the rows, lane by lane, checked. Returns the wavefronts
/// beyond one per matrix.
static uint64_t rowAddresses(Warp &w, const Inst &i, uint32_t *addresses) {
  const unsigned lanes = 8u * i.width;
  for (unsigned lane = 0; lane < lanes; ++lane) {
    addresses[lane] =
        sharedAddress(w, i, lane, addressOf(w, i, lane), i.flags & flagUser1);
    if (addresses[lane] % 16)
      w.machine->faultAt(w, i, lane, FaultKind::Misaligned, addresses[lane],
                         "a row of a matrix lies on a multiple of 16 bytes");
  }
  return uint64_t(sharedPasses16(addresses, int(lanes))) - i.width;
}

static void execLdmatrix(Warp &w, const Inst &i, uint32_t mask) {
  expectWholeWarp(w, i, mask);
  Counters &counters = w.machine->counters;
  uint32_t addresses[warpLanes];
  const uint64_t conflicts = rowAddresses(w, i, addresses);
  counters.sharedLoadConflicts += conflicts;
  counters.ldmatrixConflicts += conflicts;
  ++counters.sharedLoads;
  counters.sharedLoadBytes += 128u * i.width;
  WarpRegister result[4];
  for (unsigned m = 0; m < i.width; ++m) {
    MatrixRows rows;
    for (unsigned r = 0; r < 8; ++r)
      std::memcpy(
          rows[r].data(),
          w.machine->sharedRead(w, i, 8 * m + r, addresses[8 * m + r], 16), 16);
    result[m] = loadMatrixFragment(rows, i.flags & flagUser0);
  }
  for (unsigned m = 0; m < i.width; ++m)
    std::memcpy(w.listRow(i, m), result[m].data(), sizeof(WarpRegister));
}

static void execStmatrix(Warp &w, const Inst &i, uint32_t mask) {
  expectWholeWarp(w, i, mask);
  Counters &counters = w.machine->counters;
  uint32_t addresses[warpLanes];
  const uint64_t conflicts = rowAddresses(w, i, addresses);
  counters.sharedStoreConflicts += conflicts;
  counters.stmatrixConflicts += conflicts;
  ++counters.sharedStores;
  counters.sharedStoreBytes += 128u * i.width;
  for (unsigned m = 0; m < i.width; ++m) {
    WarpRegister fragment;
    std::memcpy(fragment.data(), w.listRow(i, m), sizeof(fragment));
    const MatrixRows rows = storeMatrixFragment(fragment, i.flags & flagUser0);
    for (unsigned r = 0; r < 8; ++r)
      std::memcpy(
          w.machine->sharedWrite(w, i, 8 * m + r, addresses[8 * m + r], 16),
          rows[r].data(), 16);
  }
}

/// ldmatrix.sync.aligned.m8n8.x4{.trans}{.shared}.b16 {d...}, [a];
/// stmatrix.sync.aligned.m8n8.x4{.trans}{.shared}.b16 [a], {s...};
static void decodeMatrixMove(Decoder &d, bool load) {
  d.accept("sync");
  d.accept("aligned");
  if (!d.accept("m8n8"))
    d.error(fmt::format("'{}': expected shape .m8n8", d.statement().opcode));
  Inst i = d.make(load ? execLdmatrix : execStmatrix, InstClass::Shared);
  i.width = d.accept("x4") ? 4 : d.accept("x2") ? 2 : d.accept("x1") ? 1 : 0;
  if (!i.width)
    d.error(
        fmt::format("'{}': expected .x1, .x2 or .x4", d.statement().opcode));
  if (d.accept("trans"))
    i.flags |= flagUser0;
  if (!d.accept("shared") && !d.accept("shared::cta"))
    i.flags |= flagUser1;
  if (!d.accept("b16"))
    d.error(fmt::format("'{}': expected type .b16", d.statement().opcode));
  d.expectOperands(2);
  useAddress(d, i, load ? 1 : 0);
  if (load)
    d.setList(i, defVector(d, 0, i.width), {});
  else
    d.setList(i, {}, useVector(d, 1, i.width));
  if (!load)
    d.noteStore(true, false, 16);
  d.push(i);
}

static void decodeLdmatrix(Decoder &d) { decodeMatrixMove(d, true); }
static void decodeStmatrix(Decoder &d) { decodeMatrixMove(d, false); }

OpcodeList matrixOpcodes() {
  return {{"mma", decodeMma},
          {"ldmatrix", decodeLdmatrix},
          {"stmatrix", decodeStmatrix}};
}

} // namespace moec::ptxsim
