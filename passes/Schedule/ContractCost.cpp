//===- ContractCost.cpp - What a contraction costs ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Codegen/ContractBlocks.h"
#include "passes/Schedule/Passes.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using llvm::alignTo;
using llvm::divideCeil;

namespace moec::schedule {

namespace {
/// What a core takes for its parts of the work, in cycles (of a vector, where
/// nothing else is said), and what it keeps near: measured with
/// bench/contract_bench on a machine with such vectors.
struct Core {
  double pack;       ///< load, map and store
  double readFar;    ///< from L3, on the way to a panel
  double readMemory; ///< the same of an operand that L3 does not hold
  double readNear;   ///< the same from L2
  double piece;   ///< a step along k of a left operand that is packed along m
  double stream;  ///< of a right strip from L3 while a register tile runs
  double rows;    ///< the same of a left operand, short pieces of many rows
  double tile;    ///< loops and addresses of a register tile
  double store;   ///< epilogue of sums
  double partial; ///< sums that leave the registers after a part of the depth
  /// What is left of the cycles of a contraction where no core packs the right
  /// operand for itself between its tiles, beside what the model knows of that.
  double inStrips;
  /// An operand of so many elements stays in L2, and one of `l3Elements` in a
  /// core's part of L3.
  int64_t l2Elements, l3Elements;
  /// A left block of so many bytes stays in L2 while the right operand and the
  /// results pass through; of one twice as large nothing does.
  int64_t leftBytes;
  /// Depth that is multiplied at a time: all of it up to `maxDepth`, else even
  /// parts of at most about `splitDepth`. It follows from k alone, so that a
  /// sum has the same bits wherever its operands lie.
  int64_t maxDepth, splitDepth;
  /// Deeper panels do not stay in L1 from one register tile to the next, so
  /// that a step waits for its loads from L2: wide tiles with few rows load
  /// least.
  int64_t cachedDepth;
  double loadFromL2;
  /// Rows of a deeper panel that is packed along m lie too far apart for L1
  /// where they do not fill vectors evenly.
  int64_t stripDepth;
  double stripLoads;
};

// Sapphire and Emerald Rapids: 48 KB of L1, 2 MB of L2. Whether it pays that a
// step stores a right operand was not measured there. Where the core is shared,
// tiles that load little are ahead, as below: 6 x 64 before 14 x 32.
constexpr Core wideCore{/*pack=*/2.5,
                        /*readFar=*/5,
                        /*readMemory=*/5,
                        /*readNear=*/0.5,
                        /*piece=*/0,
                        /*stream=*/0.2,
                        /*rows=*/2,
                        /*tile=*/30,
                        /*store=*/2,
                        /*partial=*/4,
                        /*inStrips=*/1,
                        /*l2Elements=*/128 << 10,
                        /*l3Elements=*/1 << 20,
                        /*leftBytes=*/1 << 20,
                        /*maxDepth=*/1024,
                        /*splitDepth=*/384,
                        /*cachedDepth=*/512,
                        /*loadFromL2=*/0.25,
                        /*stripDepth=*/128,
                        /*stripLoads=*/0.5};
// Zen 3: 32 KB of L1, 512 KB of L2. Both strips of a deep tile come from L2 in
// time: 32 bytes a cycle, of which a tile of 6 x 16 needs 15.
//
// Alone on a core many tiles and blocks are as good as each other. Where its
// other hardware thread runs something else (as on a shared machine) those are
// ahead that load less for each FMA and have sums enough to wait longer for
// them: 4 x 24 takes 0.89 of the time of 3 x 24 then.
constexpr Core narrowCore{/*pack=*/2.5,
                          /*readFar=*/3,
                          /*readMemory=*/8,
                          /*readNear=*/0.5,
                          /*piece=*/30,
                          /*stream=*/0.3,
                          /*rows=*/0.6,
                          /*tile=*/30,
                          /*store=*/2,
                          /*partial=*/12,
                          /*inStrips=*/0.95,
                          /*l2Elements=*/64 << 10,
                          /*l3Elements=*/1 << 20,
                          /*leftBytes=*/256 << 10,
                          /*maxDepth=*/2048,
                          /*splitDepth=*/1536,
                          /*cachedDepth=*/2048,
                          /*loadFromL2=*/0,
                          /*stripDepth=*/128,
                          /*stripLoads=*/0.5};

const Core &coreOf(kernel::CpuAttr machine) {
  return machine.getLanes() == 16 ? wideCore : narrowCore;
}

// Of a block: where it lies, and the first misses.
constexpr double blockCycles = 300;
// Of a load of a step, beside its FMAs.
constexpr double loadCycles = 0.1;
// Sums in registers with which a step waits for none of its FMAs, whatever the
// core does beside them, and what a step waits for each that is missing.
constexpr int64_t fullSums = 12;
constexpr double chainCycles = 0.25;

// Rows and columns of a block; columns where nothing but sums in registers is
// held for them, neither a panel nor partial sums.
constexpr int64_t maxTile = 512, maxStripsTile = 2048, maxRowParts = 1024;

/// Compares the schedules of one contraction.
class Chooser {
public:
  Chooser(const ContractShape &shape, kernel::CpuAttr machine)
      : shape(shape), lanes(machine.getLanes()), cores(machine.getCores()),
        registers(machine.getVectorRegisters()), core(coreOf(machine)) {}

  void
  visit(llvm::function_ref<void(double, const ContractSchedule &)> visit) const;
  /// Storing the right operand in strips first, of which each core does a part.
  double storing() const;

private:
  const ContractShape &shape;
  int64_t lanes, cores, registers;
  const Core &core;

  int64_t depth() const;
  double cost(const ContractSchedule &schedule) const;
  double tileCost(const ContractSchedule &schedule, int64_t vectors) const;
};
} // namespace

double cyclesPerStep(int64_t rows, int64_t vectors) {
  return std::max({rows * vectors / 2.0, (rows + vectors) / 2.0, 4.0});
}

/// Sizes that split an extent evenly in up to `mostParts` parts, not all of
/// many parts, each a multiple of `unit`.
static llvm::SmallVector<int64_t>
evenParts(int64_t extent, int64_t unit, int64_t most, int64_t mostParts = 64) {
  llvm::SmallVector<int64_t> sizes;
  for (int64_t parts = 1; parts <= mostParts;
       parts += std::max<int64_t>(1, parts / 32)) {
    int64_t size = alignTo(divideCeil(extent, parts), unit);
    if (size <= most && (sizes.empty() || sizes.back() != size))
      sizes.push_back(size);
    if (size == unit)
      break;
  }
  if (sizes.empty())
    sizes.push_back(alignTo(256, unit));
  return sizes;
}

int64_t Chooser::depth() const {
  if (shape.k <= core.maxDepth)
    return shape.k;
  int64_t parts = divideCeil(shape.k, core.splitDepth);
  return std::min<int64_t>(shape.k, alignTo(divideCeil(shape.k, parts), lanes));
}

/// Of one register tile of so many vectors through all of k.
double Chooser::tileCost(const ContractSchedule &s, int64_t vectors) const {
  double depthBlocks = divideCeil(shape.k, s.kTile);
  double loads =
      s.kTile > core.cachedDepth ? (s.rows + vectors) * core.loadFromL2 : 0;
  // A narrower last tile waits for its sums as cyclesPerStep() says.
  int64_t sums = s.rows * (s.columns / lanes);
  loads += (s.rows + vectors) * loadCycles +
           std::max<int64_t>(0, fullSums - sums) * chainCycles;
  if (!shape.leftAlongK && lanes % s.rows && s.kTile > core.stripDepth)
    loads += core.stripLoads;
  // Rows that do not stay in L2 from one strip of columns to the next. Strips
  // that are packed along m are read in order, which is twice as good.
  double bytes = std::min(s.mTile, shape.m) * s.kTile * sizeof(float);
  double kept = core.leftBytes * (shape.leftAlongK ? 1.0 : 2.0);
  double missing = std::clamp(bytes / kept - 1, 0.0, 1.0);
  loads += missing * s.rows * core.rows / lanes;
  return shape.k * (cyclesPerStep(s.rows, vectors) + loads) +
         core.tile * depthBlocks +
         s.rows * vectors * (core.store + core.partial * (depthBlocks - 1));
}

double Chooser::cost(const ContractSchedule &s) const {
  int64_t mTiles = divideCeil(shape.m, s.mTile),
          nTiles = divideCeil(shape.n, s.nTile);
  int64_t blocks = shape.groups * mTiles * nTiles;
  // A block's row of tiles, of which the last one may be narrower.
  int64_t width = std::min(s.nTile, shape.n), rest = width % s.columns;
  double tiles = double(width / s.columns) * tileCost(s, s.columns / lanes);
  if (rest)
    tiles += tileCost(s, divideCeil(rest, lanes));
  tiles *= divideCeil(std::min(s.mTile, shape.m), s.rows);
  // Every packing reads the operand, from beyond L2 if it is large.
  auto reading = [&](int64_t rows) {
    int64_t elements = rows * shape.k;
    return elements > core.l3Elements   ? core.readMemory
           : elements > core.l2Elements ? core.readFar
                                        : core.readNear;
  };
  int64_t vectorsL = shape.leftAlongK ? s.mTile * divideCeil(shape.k, lanes)
                                      : shape.k * divideCeil(s.mTile, lanes);
  double vectorsR = double(s.nTile) * shape.k / lanes;
  bool inPlaceL =
      shape.leftStride && codegen::canReadRows(s.rows, *shape.leftStride);
  bool inPlaceR =
      shape.rightInStrips || (shape.rightInPlace && shape.n % lanes == 0);
  double panelL =
      vectorsL *
      (inPlaceL ? core.rows : core.pack + shape.leftMap + reading(shape.m));
  if (!inPlaceL && !shape.leftAlongK)
    panelL += shape.k * core.piece;
  double readR = inPlaceR ? core.stream : reading(shape.n);
  double panelR =
      vectorsR * ((inPlaceR ? 0 : core.pack + shape.rightMap) + readR);
  // What every block reads of its right panel, unless it stays in L2.
  double passing =
      s.nTile * shape.k > core.l2Elements ? vectorsR * core.stream : 0;
  // What the busiest of `threads` threads spends. m runs fastest over the
  // blocks: the right panel changes every mTiles blocks, the left one at every
  // block unless there is but one, as long as they are small enough to be kept.
  auto bytes = [&](int64_t rows) {
    return rows * shape.k * int64_t(sizeof(float));
  };
  bool keepsL = mTiles == 1 && bytes(s.mTile) <= codegen::residentLeftBytes;
  bool keepsR = bytes(s.nTile) <= codegen::residentRightBytes;
  auto busiest = [&](int64_t threads) {
    double mine = divideCeil(blocks, std::min(blocks, threads));
    double packsL = !keepsL              ? mine
                    : shape.leftPerGroup ? std::max(1.0, mine / nTiles)
                                         : 1;
    double packsR = !keepsR ? mine
                    : nTiles > 1 || shape.rightPerGroup
                        ? std::max(1.0, mine / mTiles)
                        : 1;
    return mine * (tiles + passing + blockCycles) + packsL * panelL +
           packsR * panelR;
  };
  // The total counts as much as the balance: there may be fewer threads.
  return busiest(cores) + busiest(1) / double(cores);
}

double Chooser::storing() const {
  double vectors = double(shape.n) * shape.k / lanes *
                   (shape.rightPerGroup ? shape.groups : 1);
  double each = core.pack + shape.rightMap + core.readMemory;
  return 2 * vectors * each / double(cores); // as cost() counts
}

void Chooser::visit(
    llvm::function_ref<void(double, const ContractSchedule &)> visit) const {
  int64_t kTile = depth();
  int64_t widest =
      shape.rightInStrips && kTile == shape.k ? maxStripsTile : maxTile;
  for (int64_t vectors = 1; vectors <= 4; ++vectors) {
    int64_t columns = vectors * lanes;
    if (vectors > 1 && columns - lanes >= shape.n)
      continue;
    int64_t mostRows =
        std::min<int64_t>({(registers - vectors - 1) / vectors, 16, shape.m});
    auto nTiles = evenParts(shape.n, columns, widest);
    for (int64_t rows = 1; rows <= mostRows; ++rows)
      for (int64_t mTile : evenParts(shape.m, rows, maxTile, maxRowParts))
        for (int64_t nTile : nTiles) {
          ContractSchedule schedule{mTile, nTile, kTile, rows, columns};
          visit(cost(schedule), schedule);
        }
  }
}

void visitSchedules(
    const ContractShape &shape, kernel::CpuAttr machine,
    llvm::function_ref<void(double, const ContractSchedule &)> visit) {
  Chooser(shape, machine).visit(visit);
}

ContractSchedule chooseSchedule(const ContractShape &shape,
                                kernel::CpuAttr machine, double *cycles) {
  double best = 0;
  ContractSchedule choice{};
  visitSchedules(shape, machine,
                 [&](double cost, const ContractSchedule &schedule) {
                   if (best == 0 || cost < best * 0.999) {
                     best = cost;
                     choice = schedule;
                   }
                 });
  if (cycles)
    *cycles = best;
  return choice;
}

bool isStoredInStrips(const ContractShape &shape, kernel::CpuAttr machine) {
  // What stays in L2 each core packs as fast as all together store it; what is
  // very large would need an arena of its own.
  constexpr int64_t mostElements = 32 << 20;
  int64_t elements =
      shape.n * shape.k * (shape.rightPerGroup ? shape.groups : 1);
  if (shape.rightInPlace || shape.rightInStrips || elements > mostElements ||
      shape.n * shape.k <= coreOf(machine).l2Elements)
    return false;
  ContractShape stored = shape;
  stored.rightInStrips = true;
  double before, after;
  chooseSchedule(shape, machine, &before);
  chooseSchedule(stored, machine, &after);
  // Behind fewer rows strips that come from memory again are not hidden.
  constexpr double mostShare = 0.1;
  double storing = Chooser(shape, machine).storing();
  return storing < mostShare * after &&
         after * coreOf(machine).inStrips + storing < before;
}

} // namespace moec::schedule
