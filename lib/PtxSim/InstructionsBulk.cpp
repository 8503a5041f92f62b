//===- InstructionsBulk.cpp - Bulk copies (TMA) ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/AsyncAccess.h"
#include "lib/PtxSim/AsyncState.h"
#include "lib/PtxSim/Decoder.h"
#include "lib/PtxSim/OpcodeTable.h"
#include "lib/PtxSim/TensorMap.h"

#include <algorithm>
#include <cstring>

namespace moec::ptxsim {

namespace {
constexpr unsigned nowhere = ~0u;

/// An address whose register is an element of Inst::list.
struct ListAddress {
  unsigned element = nowhere;
  bool narrow = false;
  int64_t offset = 0;
};

/// A bulk copy: which elements of Inst::list are its operands.
struct BulkData : InstData {
  ListAddress shared, global, barrier;
  unsigned size = nowhere; ///< bytes; of copies without a tensor map
  unsigned coordinates = nowhere;
  unsigned rank = 0;            ///< of the tensor; 0: without a tensor map
  unsigned multicast = nowhere; ///< mask of blocks
};
} // namespace

static uint64_t addressOf(Warp &w, const Inst &i, const ListAddress &a,
                          unsigned lane) {
  const uint32_t row = w.lists[i.list + a.element];
  const uint64_t base = a.narrow ? w.row(row)[lane] : wideLane(w, row, lane);
  return base + uint64_t(a.offset);
}

/// The tensor map to which a lane points, decoded. It is a parameter of the
/// kernel or lies in global memory.
static TensorMap tensorMap(Warp &w, const Inst &i, unsigned lane,
                           const BulkData &data) {
  Machine &m = *w.machine;
  const uint64_t address = addressOf(w, i, data.global, lane);
  if (address % 64)
    m.faultAt(w, i, lane, FaultKind::Misaligned, address,
              "a tensor map lies on a multiple of 64 bytes");
  uint8_t bytes[tensorMapBytes];
  if (address >= paramWindow && address < paramWindow + windowBytes) {
    const uint64_t offset = address - paramWindow;
    if (offset > m.parameters.size() ||
        tensorMapBytes > m.parameters.size() - offset)
      m.faultAt(w, i, lane, FaultKind::OutOfBounds, address,
                fmt::format("a tensor map in parameters of {} bytes",
                            m.parameters.size()));
    std::memcpy(bytes, m.parameters.data() + offset, tensorMapBytes);
  } else {
    std::memcpy(bytes, m.global(w, i, lane, address, tensorMapBytes, false),
                tensorMapBytes);
  }
  TensorMap map;
  if (!decodeTensorMap(bytes, map))
    m.faultAt(w, i, lane, FaultKind::BadOperand, address,
              "there is no tensor map here");
  if (map.rank != data.rank)
    m.faultAt(w, i, lane, FaultKind::BadOperand, address,
              fmt::format("the tensor map has {} dimensions, the copy has {}",
                          map.rank, data.rank));
  return map;
}

/// The shared address of a lane, aligned to what the pattern of the swizzle
/// needs, with `bytes` bytes behind it.
static uint32_t boxAddress(Warp &w, const Inst &i, unsigned lane,
                           const BulkData &data, uint32_t align,
                           uint64_t bytes) {
  const uint32_t address =
      sharedAddress(w, i, lane, addressOf(w, i, data.shared, lane), false);
  if (address % align)
    w.machine->faultAt(w, i, lane, FaultKind::Misaligned, address,
                       fmt::format("this bulk copy needs shared memory that is "
                                   "aligned to {} bytes",
                                   align));
  w.machine->sharedPlace(w, i, lane, address, bytes);
  return address;
}

/// The number of bytes of a copy without a tensor map, checked.
static uint32_t plainBytes(Warp &w, const Inst &i, unsigned lane,
                           const BulkData &data, uint64_t global) {
  const uint32_t bytes = w.listRow(i, data.size)[lane];
  if (bytes % 16 || bytes >> 20)
    w.machine->fault(w, i, lane, FaultKind::BadOperand,
                     fmt::format("a bulk copy of {} bytes, expected a multiple "
                                 "of 16 below 2^20",
                                 bytes));
  if (global % 16)
    w.machine->faultAt(w, i, lane, FaultKind::Misaligned, global,
                       "a bulk copy needs addresses that are multiples of 16");
  return bytes;
}

static void coordinatesOf(Warp &w, const Inst &i, const BulkData &data,
                          unsigned lane, int32_t *coordinates) {
  for (unsigned d = 0; d < data.rank; ++d)
    coordinates[d] = int32_t(w.listRow(i, data.coordinates + d)[lane]);
}

/// What a copy moves, gathered from global memory, and where it goes.
struct Gathered {
  std::vector<uint8_t> bytes;
  uint32_t address = 0;
  unsigned swizzle = 0;
};

static void gather(Warp &w, const Inst &i, unsigned lane, const BulkData &data,
                   Gathered &box) {
  Machine &m = *w.machine;
  if (!data.rank) {
    const uint64_t from = addressOf(w, i, data.global, lane);
    const uint32_t bytes = plainBytes(w, i, lane, data, from);
    box.address = boxAddress(w, i, lane, data, 16, bytes);
    const uint8_t *host = m.global(w, i, lane, from, bytes, false);
    box.bytes.assign(host, host + bytes);
    box.swizzle = 0;
    return;
  }
  const TensorMap map = tensorMap(w, i, lane, data);
  box.swizzle = map.swizzle;
  box.address =
      boxAddress(w, i, lane, data, swizzleRepeat(map.swizzle), map.boxBytes());
  int32_t coordinates[5];
  coordinatesOf(w, i, data, lane, coordinates);
  box.bytes.assign(map.boxBytes(), 0);
  forEachBoxLine(map, coordinates, [&](const BoxLine &line) {
    if (line.bytes)
      std::memcpy(&box.bytes[line.shared + line.skip],
                  m.global(w, i, lane, line.global, line.bytes, false),
                  line.bytes);
  });
}

//===- Global to shared ---------------------------------------------------===//

/// Writes the bytes into one block and signals its mbarrier. The bytes belong
/// to the mbarrier: who has not waited for this phase must not touch them.
static void deliver(Warp &w, const Inst &i, unsigned lane, const Gathered &box,
                    uint32_t address, uint32_t barrier) {
  Machine &m = *w.machine;
  if (barrier % 8)
    m.faultAt(w, i, lane, FaultKind::Misaligned, barrier,
              "an mbarrier lies on a multiple of 8 bytes");
  const Machine::SharedPlace signal = m.sharedPlace(w, i, lane, barrier, 8);
  AsyncState &state = asyncOf(*signal.block);
  guarded(w, i, lane, [&] { state.expectBarrier(signal); });
  BarrierClock &clock = state.clockOf(signal.byte, m.clocks);
  const uint32_t time = m.clocks.tick(clock.agent);
  m.sharedRead(w, i, lane, barrier, 8, clock.agent, time);
  // The swizzle moves pieces only within a line of its own width.
  const uint32_t bytes = uint32_t(box.bytes.size());
  m.charge(w, bytes / 64);
  const uint32_t line = box.swizzle ? box.swizzle : bytes;
  for (uint32_t p = 0; p < bytes; p += line) {
    uint8_t *to = m.asyncWrite(w, i, address + p, line, clock.agent, time);
    for (uint32_t q = 0; q < line; q += 16)
      std::memcpy(
          to + (swizzleAddress(address + p + q, box.swizzle) - (address + p)),
          &box.bytes[p + q], 16);
  }
  clock.arriving.release(m.clocks, clock.agent, time);
  clock.copyPhase = state.barriers.phase(signal.byte);
  if (!clock.inFlight) {
    clock.inFlight = true;
    ++state.stagesInFlight;
    m.counters.bulkStagesInFlight =
        std::max(m.counters.bulkStagesInFlight, state.stagesInFlight);
  }
  guarded(w, i, lane, [&] {
    state.barriers.completeTx(signal.byte, uint32_t(box.bytes.size()));
  });
  state.moved(signal.byte);
}

static void execLoad(Warp &w, const Inst &i, uint32_t mask) {
  const auto &data = *static_cast<const BulkData *>(i.data);
  Gathered box;
  forLanes(mask, [&](unsigned lane) {
    gather(w, i, lane, data, box);
    const uint32_t barrier =
        sharedAddress(w, i, lane, addressOf(w, i, data.barrier, lane), false);
    Counters &counters = w.machine->counters;
    ++counters.bulkCopies;
    counters.bulkBytes += box.bytes.size();
    if (data.multicast == nowhere) {
      deliver(w, i, lane, box, box.address, barrier);
      return;
    }
    // The same offsets in every block of the mask.
    const uint32_t blocks = w.listRow(i, data.multicast)[lane] & 0xffff;
    for (unsigned rank = 0; rank < 16; ++rank)
      if (blocks >> rank & 1)
        deliver(w, i, lane, box, addressInRank(box.address, rank),
                addressInRank(barrier, rank));
  });
}

//===- Shared to global ---------------------------------------------------===//

static void execStore(Warp &w, const Inst &i, uint32_t mask) {
  const auto &data = *static_cast<const BulkData *>(i.data);
  Machine &m = *w.machine;
  forLanes(mask, [&](unsigned lane) {
    const uint32_t agent = m.clocks.bulkAgent(w.agent);
    const uint32_t time = m.tickBulk(w);
    asyncOf(w).bulk[32 * w.index + lane].add(time);
    ++m.counters.bulkCopies;
    if (!data.rank) {
      const uint64_t to = addressOf(w, i, data.global, lane);
      const uint32_t bytes = plainBytes(w, i, lane, data, to);
      const uint32_t from = boxAddress(w, i, lane, data, 16, bytes);
      m.counters.bulkBytes += bytes;
      m.charge(w, bytes / 256);
      std::memcpy(m.global(w, i, lane, to, bytes, true),
                  m.asyncRead(w, i, from, bytes, agent, time), bytes);
      return;
    }
    const TensorMap map = tensorMap(w, i, lane, data);
    const uint32_t from = boxAddress(
        w, i, lane, data, swizzleRepeat(map.swizzle), map.boxBytes());
    int32_t coordinates[5];
    coordinatesOf(w, i, data, lane, coordinates);
    m.counters.bulkBytes += map.boxBytes();
    m.charge(w, map.boxBytes() / 64);
    std::vector<uint8_t> bytes(map.lineBytes());
    forEachBoxLine(map, coordinates, [&](const BoxLine &line) {
      if (!line.bytes)
        return;
      // Pieces outside of the tensor are not read: they need not be written.
      for (uint32_t p = line.skip / 16 * 16; p < line.skip + line.bytes;
           p += 16)
        std::memcpy(
            &bytes[p],
            m.asyncRead(w, i,
                        swizzleAddress(from + line.shared + p, map.swizzle), 16,
                        agent, time),
            16);
      std::memcpy(m.global(w, i, lane, line.global, line.bytes, true),
                  &bytes[line.skip], line.bytes);
    });
  });
}

static void execCommit(Warp &w, const Inst &i, uint32_t mask) {
  forLanes(mask, [&](unsigned lane) {
    guarded(w, i, lane, [&] { asyncOf(w).bulk[32 * w.index + lane].commit(); });
  });
}

/// With or without .read: what was read may be overwritten. That the writes
/// have become visible matters to nobody in the same launch.
static void execWaitGroup(Warp &w, const Inst &i, uint32_t mask) {
  forLanes(mask, [&](unsigned lane) {
    w.machine->waitedBulk(
        w, asyncOf(w).bulk[32 * w.index + lane].wait(uint64_t(i.imm)));
  });
}

//===- Decoding -----------------------------------------------------------===//

namespace {
/// Collects the operands of a bulk copy.
struct BulkDecoder {
  explicit BulkDecoder(Decoder &d) : d(d) {}
  Decoder &d;
  std::unique_ptr<BulkData> data = std::make_unique<BulkData>();
  std::vector<uint32_t> uses;

  unsigned add(uint32_t row) {
    uses.push_back(row);
    return unsigned(uses.size() - 1);
  }
  void address(ListAddress &a, size_t k) {
    const Address from = d.address(d.operand(k));
    a = {add(from.row), from.narrow, from.offset};
  }
  /// [map, {x, y, ...}] or [address].
  void global(size_t k) {
    address(data->global, k);
    if (!data->rank)
      return;
    const ast::Operand &o = d.operand(k);
    if (o.parts.size() != 1 || o.parts[0].kind != ast::OperandKind::Vector ||
        o.parts[0].parts.size() != data->rank)
      d.error(fmt::format("'{}': expected [map, {{...}}] with {} coordinates",
                          d.statement().opcode, data->rank));
    for (const ast::Operand &part : o.parts[0].parts) {
      const unsigned element = add(d.use(part, 32));
      data->coordinates = std::min(data->coordinates, element);
    }
  }
  void push(ExecFn fn) {
    Inst i = d.make(fn, InstClass::Async);
    d.setList(i, {}, uses);
    i.data = d.keep(std::move(data));
    d.push(i);
  }
};
} // namespace

/// cp.async.bulk{.tensor.Nd}.DST.SRC{.tile}.MECHANISM...
static void decodeBulk(Decoder &d, bool tensor) {
  BulkDecoder b(d);
  if (tensor) {
    const std::string_view rank = d.next();
    if (rank.size() != 2 || rank[1] != 'd' || rank[0] < '1' || rank[0] > '5')
      d.error(fmt::format("'{}': expected .1d to .5d", d.statement().opcode));
    b.data->rank = unsigned(rank[0] - '0');
  }
  const std::string_view to = d.next(), from = d.next();
  d.accept("tile");
  if (to == "global" && from == "shared::cta") {
    if (!d.accept("bulk_group"))
      d.error(fmt::format("'{}': expected .bulk_group", d.statement().opcode));
    d.expectOperands((tensor ? 2 : 3) + d.accept("L2::cache_hint"));
    b.global(0);
    b.address(b.data->shared, 1);
    if (!tensor)
      b.data->size = b.add(d.use(2, 32));
    d.noteStore(false, true, 4);
    b.push(execStore);
    return;
  }
  if ((to != "shared::cluster" && to != "shared::cta") || from != "global")
    d.error(fmt::format("'{}': copies from .{} to .{} are not simulated",
                        d.statement().opcode, from, to));
  if (!d.accept("mbarrier::complete_tx::bytes"))
    d.error(fmt::format("'{}': expected .mbarrier::complete_tx::bytes",
                        d.statement().opcode));
  const bool multicast = d.accept("multicast::cluster");
  d.expectOperands((tensor ? 3 : 4) + multicast + d.accept("L2::cache_hint"));
  b.address(b.data->shared, 0);
  b.global(1);
  size_t at = 2;
  if (!tensor)
    b.data->size = b.add(d.use(at++, 32));
  b.address(b.data->barrier, at++);
  if (multicast)
    b.data->multicast = b.add(d.use(at++, 16));
  d.noteStore(true, false, 4);
  b.push(execLoad);
}
static void decodePlain(Decoder &d) { decodeBulk(d, false); }
static void decodeTensor(Decoder &d) { decodeBulk(d, true); }

static void decodeCommit(Decoder &d) {
  d.expectOperands(0);
  d.push(d.make(execCommit, InstClass::Async));
}

static void decodeWaitGroup(Decoder &d) {
  d.accept("read");
  d.expectOperands(1);
  Inst i = d.make(execWaitGroup, InstClass::Async);
  i.imm = d.expectImmediate(0, "a number of groups");
  if (i.imm < 0)
    d.error("cp.async.bulk.wait_group: the number of groups is negative");
  d.push(i);
}

/// Prefetches change nothing that can be seen; operands must exist.
static void execNothing(Warp &, const Inst &, uint32_t) {}

static void decodePrefetch(Decoder &d) {
  while (!d.peek().empty())
    d.next();
  d.push(d.make(execNothing, InstClass::Async));
}

OpcodeList bulkOpcodes() {
  return {{"cp.async.bulk", decodePlain},
          {"cp.async.bulk.tensor", decodeTensor},
          {"cp.async.bulk.commit_group", decodeCommit},
          {"cp.async.bulk.wait_group", decodeWaitGroup},
          {"cp.async.bulk.prefetch", decodePrefetch},
          {"prefetch.tensormap", decodePrefetch},
          {"prefetch.param.tensormap", decodePrefetch},
          {"prefetch.const.tensormap", decodePrefetch}};
}

} // namespace moec::ptxsim
