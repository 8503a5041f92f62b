//===- TransposeTile.cpp - The tile of a map that transposes --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/GPU/TransposeTile.h"
#include "passes/GPU/LaunchShape.h"
#include <cmath>

using namespace mlir;
using namespace moec;
using namespace moec::codegen;
using namespace moec::gpu;

/// Points of a tile, and the least that keep the threads of a block at work.
static constexpr int64_t mostPoints = 4096, enoughPoints = 1024;
/// Extents that a tile may cover as a whole.
static constexpr int64_t mostWhole = 256;
/// Shared memory of a block, so that several stand on a multiprocessor.
static constexpr int64_t mostShared = 24 * 1024;
/// Tiles, and points of each, that are looked at.
static constexpr int64_t samples = 4, mostSampled = 1024;
static constexpr int64_t sectorBytes = 32, banks = 32, bankBytes = 4;
/// A wavefront of shared memory in sectors of global memory.
static constexpr double waitCost = 0.125;
/// Sectors, relative to the fewest, from which on an operand is worth staging,
/// a tile worth taking, and up to which a smaller tile is as good.
static constexpr double worthStaging = 1.25, worthTiling = 1.25, asGood = 1.01;

int64_t TransposeTile::volume() const {
  int64_t volume = 1;
  for (int64_t size : sizes)
    volume *= size;
  return volume;
}

const StagedOperand *TransposeTile::find(unsigned operand) const {
  for (const StagedOperand &one : staged)
    if (one.operand == operand)
      return &one;
  return nullptr;
}

namespace {
/// Addresses of one operand: elements = start + sum of strides * positions.
struct Stream {
  unsigned operand;
  int64_t start, bytes;
  SmallVector<int64_t> strides;
};

/// Counts what the requests of a warp touch.
class Counting {
public:
  explicit Counting(ArrayRef<LoopDim> dims) : dims(dims) {}

  /// Calls `request` with the elements (multiplied by `strides`) that each warp
  /// touches, walking the loops of `order`; points behind an extent are left
  /// out. `most`: points to look at.
  void walk(ArrayRef<unsigned> order, ArrayRef<int64_t> sizes,
            ArrayRef<int64_t> origin, ArrayRef<int64_t> strides, int64_t start,
            int64_t most, llvm::function_ref<void(ArrayRef<int64_t>)> request) {
    int64_t volume = 1;
    for (unsigned d : order)
      volume *= sizes[d];
    SmallVector<int64_t, 32> lanes;
    for (int64_t n = 0; n < std::min(volume, most); ++n) {
      int64_t rest = n, at = start;
      bool exists = true;
      for (unsigned d : llvm::reverse(order)) {
        int64_t digit = rest % sizes[d];
        rest /= sizes[d];
        exists &= origin[d] + digit < dims[d].extent;
        at += strides[d] * digit;
      }
      if (exists)
        lanes.push_back(at);
      if ((n + 1) % warpSize == 0 || n + 1 == std::min(volume, most)) {
        request(lanes);
        lanes.clear();
      }
    }
  }

  /// Sectors that `stream` needs for the first tiles, for each point of them.
  double sectors(const Stream &stream, ArrayRef<unsigned> order,
                 ArrayRef<int64_t> sizes) {
    int64_t total = 0, points = 0, same = 1;
    for (unsigned d = 0; d < dims.size(); ++d)
      if (!llvm::is_contained(order, d))
        same *= sizes[d];
    for (int64_t sample = 0; sample < samples; ++sample) {
      SmallVector<int64_t> origin;
      int64_t start = stream.start;
      for (unsigned d = 0; d < dims.size(); ++d) {
        int64_t tiles = llvm::divideCeil(dims[d].extent, sizes[d]);
        origin.push_back(sample % tiles * sizes[d]);
        start += stream.strides[d] * origin.back();
      }
      walk(order, sizes, origin, stream.strides, start, mostSampled,
           [&](ArrayRef<int64_t> lanes) {
             points += lanes.size() * same;
             SmallVector<int64_t, 32> touched;
             for (int64_t at : lanes)
               touched.push_back(
                   llvm::divideFloorSigned(at * stream.bytes, sectorBytes));
             llvm::sort(touched);
             total +=
                 std::unique(touched.begin(), touched.end()) - touched.begin();
           });
    }
    return points ? double(total) / points : 0;
  }

  /// Times that the banks of shared memory are asked when a warp after the
  /// other touches the tile.
  int64_t wavefronts(ArrayRef<unsigned> order, ArrayRef<int64_t> sizes,
                     ArrayRef<int64_t> strides, int64_t bytes) {
    int64_t total = 0;
    SmallVector<int64_t> origin(dims.size(), 0);
    walk(order, sizes, origin, strides, 0, mostPoints,
         [&](ArrayRef<int64_t> lanes) {
           SmallVector<int64_t, 32> words;
           for (int64_t at : lanes)
             words.push_back(at * bytes / bankBytes);
           llvm::sort(words);
           words.erase(std::unique(words.begin(), words.end()), words.end());
           int64_t asked[banks] = {}, most = 0;
           for (int64_t word : words)
             most = std::max(most, ++asked[word % banks]);
           total += most;
         });
    return total;
  }

private:
  ArrayRef<LoopDim> dims;
};

class Chooser {
public:
  Chooser(const RowSpace &space, const KernelOperands &operands)
      : space(space), operands(operands), counting(space.dims) {}

  std::optional<TransposeTile> run(unsigned threadLoop) {
    if (space.raggedDim() >= 0 || space.volume() < enoughPoints ||
        !readStreams())
      return std::nullopt;
    // As the grid numbers the points without tiles.
    SmallVector<unsigned> plain = space.select(/*reduction=*/false, threadLoop);
    plain.push_back(threadLoop);
    double now = 0;
    for (const Stream &stream : streams)
      now += counting.sectors(stream, plain, space.extents());
    if (now < worthTiling * fewest())
      return std::nullopt;

    std::optional<TransposeTile> best;
    double bestCost = now / worthTiling;
    SmallVector<int64_t> sizes(space.dims.size(), 1);
    forAllSizes(0, sizes, [&] {
      double cost = 0;
      std::optional<TransposeTile> tile = plan(sizes, cost);
      if (!tile || tile->staged.empty())
        return;
      bool isSmaller = best && tile->volume() < best->volume();
      if (cost < bestCost * (isSmaller ? asGood : best ? 1 / asGood : 1)) {
        best = tile;
        bestCost = cost;
      }
    });
    return best;
  }

private:
  const RowSpace &space;
  const KernelOperands &operands;
  Counting counting;
  SmallVector<Stream> streams;

  /// Visits the sizes of tiles that make sense for the loops from `d` on.
  void forAllSizes(unsigned d, SmallVector<int64_t> &sizes,
                   llvm::function_ref<void()> visit) {
    int64_t volume = 1;
    for (int64_t size : sizes)
      volume *= size;
    if (volume > mostPoints)
      return;
    if (d == sizes.size()) {
      if (volume >= enoughPoints)
        visit();
      return;
    }
    int64_t extent = space.dims[d].extent;
    for (int64_t size : {1, 8, 16, 32, 64})
      if (size < extent && (size == 1 || extent > 8)) {
        sizes[d] = size;
        forAllSizes(d + 1, sizes, visit);
      }
    if (extent <= mostWhole) {
      sizes[d] = extent;
      forAllSizes(d + 1, sizes, visit);
    }
    sizes[d] = 1;
  }

  /// False where an address is not linear.
  bool readStreams() {
    SmallVector<int64_t> extents = space.extents();
    SmallVector<AffineExpr> zeros(
        extents.size(),
        getAffineConstantExpr(0, space.operands[0].address.getContext()));
    // Strides of the address of `i`, `scale` times, on top of `stream`.
    auto addTo = [&](Stream &stream, unsigned i, int64_t scale) {
      AffineExpr address = space.operands[i].address;
      for (unsigned d = 0; d < extents.size(); ++d) {
        LaneInfo lane = analyzeLane(address, d);
        if (lane.kind == LaneKind::Irregular || lane.kind == LaneKind::Chunked)
          return false;
        stream.strides[d] += lane.stride * scale;
      }
      auto start = dyn_cast<AffineConstantExpr>(address.replaceDims(zeros));
      if (start)
        stream.start += start.getValue() * scale;
      return bool(start);
    };
    for (unsigned i = 0; i < space.operands.size(); ++i) {
      if (!space.operands[i].perElement)
        continue;
      Stream stream{i, 0, operands.elementType(i).getIntOrFloatBitWidth() / 8,
                    SmallVector<int64_t>(extents.size(), 0)};
      if (stream.bytes == 0 || !addTo(stream, i, 1))
        return false;
      // Gathered rows may lie anywhere: here they lie far from each other.
      if (int row = space.operands[i].gather; row >= 0)
        if (space.operands[row].gather >= 0 ||
            !addTo(stream, row, 17 * operands.rowStride(i)))
          return false;
      streams.push_back(stream);
    }
    return streams.size() > 1;
  }

  /// Sectors a point if everything were coalesced.
  double fewest() {
    double sum = 0;
    for (const Stream &stream : streams) {
      double part = double(stream.bytes) / sectorBytes;
      // What does not change along some loops is read once for them.
      for (auto [d, stride] : llvm::enumerate(stream.strides))
        if (stride == 0)
          part /= std::min<int64_t>(space.dims[d].extent, warpSize);
      sum += std::max(part, 1.0 / warpSize);
    }
    return sum;
  }

  SmallVector<unsigned> orderOf(const Stream &stream,
                                ArrayRef<unsigned> loops) {
    SmallVector<unsigned> order;
    for (unsigned d : loops)
      if (stream.strides[d])
        order.push_back(d);
    llvm::stable_sort(order, [&](unsigned l, unsigned r) {
      return std::abs(stream.strides[l]) > std::abs(stream.strides[r]);
    });
    return order;
  }

  std::optional<TransposeTile> plan(ArrayRef<int64_t> sizes, double &cost) {
    TransposeTile tile;
    tile.sizes = llvm::to_vector(sizes);
    if (tile.volume() > mostPoints)
      return std::nullopt;
    SmallVector<unsigned> tiled;
    for (auto [d, size] : llvm::enumerate(sizes))
      if (size > 1)
        tiled.push_back(d);
    const Stream *out = llvm::find_if(
        streams, [&](const Stream &s) { return s.operand >= space.numInputs; });
    tile.order = orderOf(*out, tiled);
    if (tile.order.size() != tiled.size())
      return std::nullopt; // an out that some loop does not move
    int64_t shared = 0;
    for (const Stream &stream : streams) {
      double direct = counting.sectors(stream, tile.order, sizes);
      SmallVector<unsigned> own = orderOf(stream, tiled);
      double staged = counting.sectors(stream, own, sizes);
      // What only repeats is in a cache when it is read again.
      bool repeats = own.size() < tile.order.size() &&
                     std::abs(stream.strides[tile.order.back()]) <= 1;
      if (repeats || direct <= worthStaging * staged || own == tile.order) {
        cost += direct;
        continue;
      }
      double waits = 0;
      tile.staged.push_back(layOut(tile, stream, own, waits));
      cost += staged + waits * waitCost;
      shared += llvm::alignTo(tile.staged.back().elements * stream.bytes, 16);
    }
    if (shared > mostShared)
      return std::nullopt;
    return tile;
  }

  /// Rows along the fastest loop of the tile, padded as suits the banks best.
  /// `waits`: wavefronts beyond one a request, for each point.
  StagedOperand layOut(const TransposeTile &tile, const Stream &stream,
                       ArrayRef<unsigned> own, double &waits) {
    StagedOperand best;
    int64_t bestWavefronts = -1;
    for (int64_t pad = 0; pad <= bankBytes / stream.bytes + 1; ++pad) {
      StagedOperand staged{stream.operand, llvm::to_vector(own),
                           SmallVector<int64_t>(space.dims.size(), 0), 1};
      bool isFirst = true;
      for (unsigned d : llvm::reverse(tile.order)) {
        if (!stream.strides[d])
          continue;
        staged.strides[d] = staged.elements;
        staged.elements = staged.elements * tile.sizes[d] + (isFirst ? pad : 0);
        isFirst = false;
      }
      int64_t wavefronts =
          counting.wavefronts(tile.order, tile.sizes, staged.strides,
                              stream.bytes) +
          counting.wavefronts(own, tile.sizes, staged.strides, stream.bytes);
      if (bestWavefronts < 0 || wavefronts < bestWavefronts) {
        best = staged;
        bestWavefronts = wavefronts;
      }
    }
    double volume = tile.volume();
    double requests = 2 * std::ceil(volume / warpSize);
    waits = std::max(0.0, bestWavefronts - requests) / volume;
    return best;
  }
};
} // namespace

std::optional<TransposeTile>
moec::gpu::chooseTransposeTile(const RowSpace &space,
                               const KernelOperands &operands,
                               unsigned threadLoop) {
  return Chooser(space, operands).run(threadLoop);
}
