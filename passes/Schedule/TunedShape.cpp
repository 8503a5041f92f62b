//===- TunedShape.cpp - What tuning files know schedules by ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Schedule/TunedShape.h"
#include "passes/Codegen/OperandAccess.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"
#include <cmath>
#include <set>

using namespace mlir;

namespace moec::schedule {

static std::string textOf(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << getElementTypeOrSelf(type);
  return text;
}

/// "f32", or of several inputs "bf16+f32".
static std::string typesOf(kernel::ContractOp op, Region &region) {
  llvm::SetVector<StringRef> seen;
  std::vector<std::string> texts;
  for (unsigned input : codegen::usedArguments(region))
    texts.push_back(textOf(op.getInputs()[input].getType()));
  for (StringRef text : texts)
    seen.insert(text);
  return llvm::join(seen, "+");
}

static std::string typesOf(ValueRange values) {
  return values.empty() ? "none" : textOf(values.front().getType());
}

static std::string mapText(double cycles) {
  int64_t whole = std::llround(cycles);
  return whole ? ",map=" + std::to_string(whole) : "";
}

std::string nameShape(const ContractShape &shape, kernel::ContractOp op) {
  std::string left = typesOf(op, op.getLhs()), right = typesOf(op, op.getRhs());
  left += shape.leftAlongK ? ",k" : ",m";
  left += shape.leftPerGroup ? ",group" : "";
  if (shape.leftStride)
    left += ",rows=" + std::to_string(*shape.leftStride);
  left += mapText(shape.leftMap);
  right += shape.rightInStrips  ? ",strips"
           : shape.rightInPlace ? ",place"
                                : ",packed";
  right += shape.rightPerGroup ? ",group" : "";
  // Strips are stored with the map.
  right += mapText(shape.rightInStrips ? 0 : shape.rightMap);
  return llvm::formatv("contract groups={0} m={1} n={2} k={3} left={4} "
                       "right={5} out={6}{7}",
                       shape.groups, shape.m, shape.n, shape.k, left, right,
                       typesOf(op.getOuts()),
                       !op.getRaggedDim()                   ? ""
                       : *op.getRaggedDim() == op.getMDim() ? " ragged=m"
                                                            : " ragged=k");
}

std::string nameShape(const AttendShape &shape, kernel::AttendOp op) {
  return llvm::formatv("attend groups={0} s={1} e={2} t={3} d={4} in={5} "
                       "out={6}",
                       shape.groups, shape.s, shape.e, shape.t, shape.d,
                       typesOf(op.getInputs()), typesOf(op.getOuts()));
}

namespace {
/// The words of a name, by key; of `left=f32,k,map=3` the parts.
struct Words {
  StringRef kind;
  llvm::StringMap<StringRef> values;

  explicit Words(StringRef name) {
    StringRef rest;
    std::tie(kind, rest) = name.split(' ');
    SmallVector<StringRef> words;
    rest.split(words, ' ');
    for (StringRef word : words) {
      auto [key, value] = word.split('=');
      values[key] = value;
    }
  }
  /// 0 where there is no such number of 1 or more.
  int64_t number(StringRef key) const {
    int64_t value = 0;
    return values.lookup(key).getAsInteger(10, value) || value < 1 ? 0 : value;
  }
  bool has(StringRef key, StringRef part) const {
    SmallVector<StringRef> parts;
    values.lookup(key).split(parts, ',');
    return llvm::is_contained(parts, part);
  }
  double map(StringRef key) const {
    double cycles = 0;
    StringRef text = values.lookup(key).split("map=").second;
    return text.getAsDouble(cycles) ? 0 : cycles;
  }
  /// From one row to the next, where rows are read in place.
  std::optional<int64_t> stride(StringRef key) const {
    int64_t elements;
    StringRef text = values.lookup(key).split(",rows=").second;
    if (text.split(',').first.getAsInteger(10, elements) || elements < 0)
      return std::nullopt;
    return elements;
  }
};
} // namespace

static std::optional<ContractShape> parseContract(StringRef name) {
  Words words(name);
  ContractShape shape{words.number("groups"),     words.number("m"),
                      words.number("n"),          words.number("k"),
                      words.has("left", "group"), words.has("right", "group"),
                      words.map("left"),          words.map("right")};
  shape.leftAlongK = words.has("left", "k");
  shape.leftStride = words.stride("left");
  shape.rightInPlace = words.has("right", "place");
  shape.rightInStrips = words.has("right", "strips");
  if (words.kind != "contract" || !shape.groups || !shape.m || !shape.n ||
      !shape.k)
    return std::nullopt;
  return shape;
}

static std::optional<AttendShape> parseAttend(StringRef name) {
  Words words(name);
  AttendShape shape{words.number("groups"), words.number("s"),
                    words.number("e"), words.number("t"), words.number("d")};
  if (words.kind != "attend" || !shape.groups || !shape.s || !shape.e ||
      !shape.t || !shape.d)
    return std::nullopt;
  return shape;
}

namespace {
/// One choice with what the cost model says of it; lower is better.
struct Ranked {
  double cost;
  SmallVector<int64_t> tile, micro;
};
} // namespace

/// Those with new register tiles and those with new blocks by turns.
static void choose(std::vector<Ranked> &all, size_t most,
                   llvm::function_ref<void(const Ranked &)> take) {
  llvm::stable_sort(
      all, [](const Ranked &a, const Ranked &b) { return a.cost < b.cost; });
  if (all.empty() || !most)
    return;
  llvm::SetVector<size_t> chosen;
  chosen.insert(0);
  std::set<SmallVector<int64_t>> tiles = {all[0].micro};
  size_t other = 0, near = 0;
  // The next one that `fits`, if there is one.
  auto advance = [&](size_t &at, auto fits) {
    while (at < all.size() && !fits(at))
      ++at;
    if (at < all.size() && chosen.size() < most)
      chosen.insert(at);
  };
  while (chosen.size() < most && (other < all.size() || near < all.size())) {
    advance(other, [&](size_t i) { return tiles.insert(all[i].micro).second; });
    advance(near, [&](size_t i) {
      return all[i].micro == all[0].micro && !chosen.contains(i);
    });
  }
  for (size_t i : chosen)
    take(all[i]);
}

SmallVector<kernel::ScheduleAttr> candidateSchedules(MLIRContext *context,
                                                     StringRef name,
                                                     kernel::CpuAttr machine,
                                                     size_t most) {
  std::vector<Ranked> all;
  SmallVector<kernel::ScheduleAttr> schedules;
  // Of a ragged depth nobody knows more than the average.
  bool raggedK = name.ends_with(" ragged=k");
  auto add = [&](SmallVector<int64_t> tile, ArrayRef<int64_t> micro) {
    if (raggedK)
      tile[2] = raggedDepth;
    auto schedule = kernel::ScheduleAttr::get(context, tile, micro);
    if (schedules.size() < most && !llvm::is_contained(schedules, schedule))
      schedules.push_back(schedule);
  };
  if (std::optional<ContractShape> shape = parseContract(name)) {
    ContractSchedule first = chooseSchedule(*shape, machine);
    add({first.mTile, first.nTile, first.kTile}, {first.rows, first.columns});
    visitSchedules(
        *shape, machine, [&](double cost, const ContractSchedule &s) {
          all.push_back(
              {cost, {s.mTile, s.nTile, s.kTile}, {s.rows, s.columns}});
        });
  } else if (std::optional<AttendShape> shape = parseAttend(name)) {
    AttendSchedule first = chooseSchedule(*shape, machine);
    add({first.sTile, first.tTile}, {first.rows, first.columns});
    // Other register tiles of its size, and blocks of more and fewer rows.
    int64_t most = std::min<int64_t>(std::max(shape->t, shape->e), 16);
    for (int64_t rows = 1; rows <= most; ++rows)
      for (int64_t parts : {1, 2, 4}) {
        int64_t sTile = std::max<int64_t>(first.sTile / parts, 1);
        sTile = llvm::alignTo(sTile, first.columns);
        all.push_back({std::abs(double(rows - first.rows)) + 0.1 * parts,
                       {sTile, first.tTile},
                       {rows, first.columns}});
      }
  }
  choose(all, most, [&](const Ranked &each) { add(each.tile, each.micro); });
  llvm::erase_if(schedules, [&](kernel::ScheduleAttr schedule) {
    return !whyNoSchedule(name, schedule, machine).empty();
  });
  return schedules;
}

std::string whyNoSchedule(StringRef name, kernel::ScheduleAttr schedule,
                          kernel::CpuAttr machine) {
  bool contract = parseContract(name).has_value();
  if (!contract && !parseAttend(name))
    return "expected the name of a shape, as moec tune writes it";
  size_t sizes = contract ? 3 : 2;
  if (schedule.getTile().size() != sizes || schedule.getMicro().size() != 2)
    return llvm::formatv("expected {0} sizes of a tile and 2 of a register "
                         "tile, got {1} and {2}",
                         sizes, schedule.getTile().size(),
                         schedule.getMicro().size());
  int64_t rows = schedule.getMicro()[0], columns = schedule.getMicro()[1],
          lanes = machine.getLanes();
  if (columns % lanes)
    return llvm::formatv("expected columns of a register tile in whole vectors "
                         "of {0} lanes, got {1}",
                         lanes, columns);
  int64_t needed = rows * (columns / lanes) + columns / lanes + 1;
  if (needed > machine.getVectorRegisters())
    return llvm::formatv(
        "a register tile of {0} x {1} takes {2} registers, and "
        "the machine has {3}",
        rows, columns, needed, machine.getVectorRegisters());
  return "";
}

} // namespace moec::schedule
