//===- InstructionsWgmma.cpp - wgmma --------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/AsyncAccess.h"
#include "lib/PtxSim/AsyncState.h"
#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/OpcodeTable.h"
#include "lib/PtxSim/Wgmma.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace moec::ptxsim {

namespace {
struct WgmmaData : InstData {
  WgmmaShape shape;
  bool aInRegisters = false;
  bool negateA = false, negateB = false;
  bool transposeA = false, transposeB = false;
  uint32_t shapeKey = 0; ///< tells shapes of accumulators apart
};
} // namespace

/// A piece of an operand, read by the async proxy. The read lasts until the
/// warp waits for the group to which it belongs.
static const uint8_t *readPiece(Warp &w, const Inst &i, uint32_t address) {
  Clocks &clocks = w.machine->clocks;
  const uint32_t agent = clocks.wgmmaAgent(w.agent);
  return w.machine->asyncRead(w, i, address, 16, agent, clocks.now(agent));
}

/// The bytes of pieces of an operand.
static void readPieces(Warp &w, const Inst &i, const uint32_t *addresses,
                       size_t count, uint8_t *to) {
  for (size_t p = 0; p < count; ++p)
    std::memcpy(to + 16 * p, readPiece(w, i, addresses[p]), 16);
}

/// Rows 16 * warp on of A, [16][k].
static void loadA(Warp &w, const Inst &i, const WgmmaData &data, unsigned warp,
                  uint64_t bits, float *a) {
  const WgmmaShape &shape = data.shape;
  if (data.aInRegisters) {
    WarpRegister registers[16] = {};
    for (unsigned r = 0; r < 4; ++r)
      std::memcpy(
          registers[r].data(),
          w.listRow(i, i.listDefs + unsigned(shape.accumulatorRegisters()) + r),
          sizeof(WarpRegister));
    std::vector<float> all(size_t(64 * shape.k));
    wgmmaRegistersToA(shape, registers, all.data());
    std::copy_n(all.begin(), 16 * shape.k, a);
  } else {
    std::vector<uint32_t> pieces;
    operandPieces(decodeMatrixDescriptor(bits), 64, data.transposeA, pieces);
    w.machine->counters.wgmmaConflicts +=
        warp ? 0 : uint64_t(operandConflicts(pieces, 64, data.transposeA));
    uint8_t bytes[16 * 32];
    std::vector<uint32_t> mine;
    if (data.transposeA) {
      for (unsigned k = 0; k < 16; ++k)
        for (unsigned p = 0; p < 2; ++p)
          mine.push_back(pieces[8 * k + 2 * warp + p]);
    } else {
      mine.assign(pieces.begin() + 32 * warp, pieces.begin() + 32 * (warp + 1));
    }
    readPieces(w, i, mine.data(), mine.size(), bytes);
    operandElements(bytes, shape.type, 16, data.transposeA, true, a);
  }
  if (data.negateA)
    for (int e = 0; e < 16 * shape.k; ++e)
      a[e] = -a[e];
}

/// B [k][n]; read from shared memory by every warp, converted by the first.
static void loadB(Warp &w, const Inst &i, const WgmmaData &data, uint64_t bits,
                  bool first, std::vector<float> &b) {
  const WgmmaShape &shape = data.shape;
  std::vector<uint32_t> pieces;
  operandPieces(decodeMatrixDescriptor(bits), shape.n, data.transposeB, pieces);
  if (!first) {
    for (uint32_t address : pieces)
      readPiece(w, i, address);
    return;
  }
  w.machine->counters.wgmmaConflicts +=
      uint64_t(operandConflicts(pieces, shape.n, data.transposeB));
  std::vector<uint8_t> bytes(16 * pieces.size());
  readPieces(w, i, pieces.data(), pieces.size(), bytes.data());
  b.resize(size_t(shape.n * shape.k));
  operandElements(bytes.data(), shape.type, shape.n, data.transposeB, false,
                  b.data());
  if (data.negateB)
    for (float &x : b)
      x = -x;
}

/// The value that all lanes must agree on.
static uint64_t uniform(Warp &w, const Inst &i, uint32_t row,
                        const char *what) {
  uint64_t values[warpLanes];
  std::memcpy(values, w.row(row), sizeof(values));
  for (unsigned lane = 1; lane < warpLanes; ++lane)
    if (values[lane] != values[0])
      w.machine->fault(
          w, i, lane, FaultKind::BadOperand,
          fmt::format("the lanes of a warp give different {}", what));
  return values[0];
}

static void execWgmma(Warp &w, const Inst &i, uint32_t mask) {
  expectWholeWarp(w, i, mask);
  const auto &data = *static_cast<const WgmmaData *>(i.data);
  const WgmmaShape &shape = data.shape;
  AsyncState &async = asyncOf(w);
  if (w.index / 4 >= async.warpgroups.size())
    w.machine->fault(w, i, 0, FaultKind::BadOperand,
                     "wgmma needs blocks of whole warpgroups of 128 threads");
  const unsigned warp = w.index % 4;
  const uint64_t aBits =
      data.aInRegisters ? 0 : uniform(w, i, i.a, "descriptors of A");
  const uint64_t bBits = uniform(w, i, i.b, "descriptors of B");
  const uint32_t scale = i.psrc == noPred ? fullMask : w.pred(i);
  if (scale != 0 && scale != fullMask)
    w.machine->fault(w, i, 0, FaultKind::BadOperand,
                     "the lanes of a warp give different scale-d");
  const bool accumulate = scale != 0;
  const unsigned count = unsigned(shape.accumulatorRegisters());

  guarded(w, i, 0, [&] {
    WgmmaRegisters &registers = async.wgmma[w.index];
    registers.expectFenced();
    for (unsigned r = 0; r < count; ++r)
      registers.begin(w.lists[i.list + r], true, data.shapeKey);
    if (data.aInRegisters)
      for (unsigned r = 0; r < 4; ++r)
        registers.begin(w.lists[i.list + i.listDefs + count + r], false, 0);
    bool first = false;
    WarpgroupLog::Entry &entry = async.warpgroups[w.index / 4].next(
        warp, &i, aBits, bBits, accumulate, first);
    float a[16 * 16];
    loadA(w, i, data, warp, aBits, a);
    loadB(w, i, data, bBits, first, entry.right);

    std::vector<float> acc(size_t(16 * shape.n));
    const auto each = [&](auto visit) {
      for (unsigned r = 0; r < count; ++r) {
        uint32_t *row = w.listRow(i, r);
        for (int lane = 0; lane < warpLanes; ++lane)
          visit(row[lane],
                &acc[size_t(wgmmaRow(shape, 0, lane, int(r)) * shape.n +
                            wgmmaColumn(shape, lane, int(r)))]);
      }
    };
    if (accumulate)
      each([&](uint32_t bits, float *to) {
        if (shape.halfAccumulator) {
          to[0] = halfToFloat(uint16_t(bits));
          to[1] = halfToFloat(uint16_t(bits >> 16));
        } else {
          to[0] = bitsToFloat(bits);
        }
      });
    multiplyAccumulate(16, shape.n, shape.k, a, entry.right.data(), acc.data());
    each([&](uint32_t &bits, float *from) {
      bits = shape.halfAccumulator
                 ? floatToHalf(from[0]) | uint32_t(floatToHalf(from[1])) << 16
                 : floatToBits(from[0]);
    });
  });
  w.machine->counters.tensorFlops += uint64_t(shape.flops()) / 4;
  w.machine->charge(w, uint64_t(shape.n));
}

/// wgmma.mma_async.sync.aligned.SHAPE {d}, a, b-desc, scale-d, imm-scale-a,
/// imm-scale-b{, imm-trans-a}{, imm-trans-b}; transpositions of 16-bit types
/// only, and of A only where it is a descriptor.
static void decodeWgmma(Decoder &d) {
  d.accept("sync");
  d.accept("aligned");
  auto data = std::make_unique<WgmmaData>();
  const std::string modifiers = restOfModifiers(d);
  if (!parseWgmmaShape(modifiers, data->shape))
    d.error(fmt::format("'{}': no wgmma that is simulated; these are m64nNk16 "
                        "of f16 and bf16 and m64nNk8 of tf32, dense",
                        d.statement().opcode));
  const WgmmaShape &shape = data->shape;
  const bool wide = shape.type == MatrixType::TF32;
  d.expectOperands(4, 8);
  data->aInRegisters = d.operand(1).kind == ast::OperandKind::Vector;
  data->shapeKey =
      uint32_t(shape.n) * 16 + uint32_t(shape.type) * 2 + shape.halfAccumulator;
  Inst i = d.make(execWgmma, InstClass::Tensor);
  const size_t count = size_t(shape.accumulatorRegisters());
  // Read and written; the same rows, as both halves of the list.
  std::vector<uint32_t> accumulators = defVector(d, 0, count);
  std::vector<uint32_t> uses = accumulators;
  if (data->aInRegisters) {
    for (uint32_t row : useVector(d, 1, 4))
      uses.push_back(row);
  } else {
    i.a = d.use(1, 64);
  }
  i.b = d.use(2, 64);
  // scale-d: a predicate, or 0 or 1 in the text.
  int64_t value = 0;
  if (d.immediate(d.operand(3), value)) {
    if (value != 1)
      d.error("wgmma: an immediate scale-d must be 1; use a predicate for 0");
  } else {
    d.usePred(i, d.operand(3));
  }
  size_t at = 4;
  const auto sign = [&](const char *what) {
    if (at >= d.numOperands())
      return false;
    const int64_t v = d.expectImmediate(at++, what);
    if (v != 1 && v != -1)
      d.error(fmt::format("wgmma: {} is {}, expected 1 or -1", what, v));
    return v == -1;
  };
  const auto transposition = [&](const char *what) {
    const int64_t v = d.expectImmediate(at++, what);
    if (v != 0 && v != 1)
      d.error(fmt::format("wgmma: {} is {}, expected 0 or 1", what, v));
    return v == 1;
  };
  data->negateA = sign("imm-scale-a");
  data->negateB = sign("imm-scale-b");
  if (!wide && !data->aInRegisters && at < d.numOperands())
    data->transposeA = transposition("imm-trans-a");
  if (!wide && at < d.numOperands())
    data->transposeB = transposition("imm-trans-b");
  if (at != d.numOperands())
    d.error(fmt::format("'{}': too many operands", d.statement().opcode));
  d.setList(i, accumulators, uses);
  for (uint32_t row : uses)
    d.keepRow(row);
  i.data = d.keep(std::move(data));
  d.push(i);
}

static void execWgmmaFence(Warp &w, const Inst &i, uint32_t mask) {
  expectWholeWarp(w, i, mask);
  asyncOf(w).wgmma[w.index].fence();
}

static void execWgmmaCommit(Warp &w, const Inst &i, uint32_t mask) {
  expectWholeWarp(w, i, mask);
  WgmmaRegisters &registers = asyncOf(w).wgmma[w.index];
  registers.commit();
  w.machine->clocks.tick(w.machine->clocks.wgmmaAgent(w.agent));
  Counters &counters = w.machine->counters;
  counters.wgmmaGroupsInFlight =
      std::max(counters.wgmmaGroupsInFlight, registers.inFlight());
}

/// A group is complete when all four warps have issued it; then none of them
/// reads shared memory for it any more. So one warp that waited may tell others
/// that a buffer is free.
static bool wgmmaReady(Warp &w, const Inst &i, uint32_t) {
  AsyncState &async = asyncOf(w);
  WgmmaRegisters &registers = async.wgmma[w.index];
  const uint64_t pending = uint64_t(i.imm), committed = registers.groups();
  const uint64_t group = committed > pending ? committed - pending : 0;
  const uint32_t first = w.index / 4 * 4;
  for (uint32_t k = 0; group && k < 4; ++k)
    if (async.wgmma[first + k].groups() < group)
      return false;
  registers.wait(pending);
  // The clock of an agent ticks with every group and begins at 1, as the
  // numbers of groups do.
  Clocks &clocks = w.machine->clocks;
  for (uint32_t k = 0; group && k < 4; ++k) {
    const uint32_t agent = clocks.wgmmaAgent(w.agent - w.index + first + k);
    uint32_t &known = clocks.known(w.agent)[agent];
    known = std::max(known, uint32_t(group));
  }
  return true;
}

static void execWgmmaWait(Warp &w, const Inst &i, uint32_t mask) {
  expectWholeWarp(w, i, mask);
  if (asyncOf(w).wgmma[w.index].groups() &&
      w.index / 4 >= asyncOf(w).warpgroups.size())
    w.machine->fault(w, i, 0, FaultKind::BadOperand,
                     "wgmma needs blocks of whole warpgroups of 128 threads");
  if (!wgmmaReady(w, i, mask))
    w.waitFor(wgmmaReady, i, mask,
              "wgmma.wait_group, as its warpgroup is not complete");
}

static void decodeSimple(Decoder &d, ExecFn fn) {
  d.accept("sync");
  d.accept("aligned");
  d.expectOperands(0);
  d.push(d.make(fn, InstClass::Tensor));
}
static void decodeWgmmaFence(Decoder &d) { decodeSimple(d, execWgmmaFence); }
static void decodeWgmmaCommit(Decoder &d) { decodeSimple(d, execWgmmaCommit); }

static void decodeWgmmaWait(Decoder &d) {
  d.accept("sync");
  d.accept("aligned");
  d.expectOperands(1);
  Inst i = d.make(execWgmmaWait, InstClass::Tensor);
  i.imm = d.expectImmediate(0, "a number of groups");
  if (i.imm < 0)
    d.error("wgmma.wait_group: the number of groups is negative");
  d.push(i);
}

OpcodeList wgmmaOpcodes() {
  return {{"wgmma.mma_async", decodeWgmma},
          {"wgmma.fence", decodeWgmmaFence},
          {"wgmma.commit_group", decodeWgmmaCommit},
          {"wgmma.wait_group", decodeWgmmaWait}};
}

//===- Registers in flight ------------------------------------------------===//

namespace {
/// The ordinary instructions of a kernel that access registers of wgmma.
struct RegisterGuards : InstData {
  struct Guard {
    ExecFn original = nullptr;
    std::vector<uint32_t> rows;
  };
  std::unordered_map<uint32_t, Guard> at; ///< by place in the code
};
} // namespace

static void execGuarded(Warp &w, const Inst &i, uint32_t mask) {
  const Kernel &kernel = w.machine->kernel;
  const RegisterGuards::Guard &guard =
      static_cast<const RegisterGuards *>(kernel.registerGuards)
          ->at.at(uint32_t(&i - kernel.code.data()));
  guarded(w, i, unsigned(__builtin_ctz(mask)), [&] {
    WgmmaRegisters &registers = asyncOf(w).wgmma[w.index];
    for (uint32_t row : guard.rows)
      registers.touch(row);
  });
  guard.original(w, i, mask);
}

void guardWgmmaRegisters(Kernel &kernel) {
  std::vector<bool> used(kernel.rows);
  bool any = false;
  const auto rowsOf = [&](const Inst &i) {
    return kernel.lists.data() + i.list;
  };
  for (const Inst &i : kernel.code)
    if (i.fn == execWgmma)
      for (unsigned r = 0; r < i.listCount; ++r)
        used[rowsOf(i)[r]] = any = true;
  if (!any)
    return;
  auto guards = std::make_unique<RegisterGuards>();
  for (uint32_t pc = 0; pc < kernel.code.size(); ++pc) {
    Inst &i = kernel.code[pc];
    if (i.fn == execWgmma)
      continue;
    RegisterGuards::Guard guard;
    const auto add = [&](uint32_t row) {
      if (row < used.size() && used[row])
        guard.rows.push_back(row);
    };
    add(i.dst);
    add(i.a);
    // Branches keep places in the code there.
    if (!(i.flags & (flagBranch | flagTable))) {
      add(i.b);
      add(i.c);
    }
    for (unsigned r = 0; r < i.listCount; ++r)
      add(rowsOf(i)[r]);
    if (guard.rows.empty())
      continue;
    guard.original = i.fn;
    i.fn = execGuarded;
    guards->at.emplace(pc, std::move(guard));
  }
  kernel.registerGuards = guards.get();
  kernel.data.push_back(std::move(guards));
}

} // namespace moec::ptxsim
