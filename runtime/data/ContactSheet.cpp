//===- ContactSheet.cpp - A picture of pictures ---------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/data/Resize.h"
#include "runtime/data/Summary.h"

#include <algorithm>

namespace moec::rt {

static constexpr int64_t side = 64, gap = 2;

/// Draws a picture into a cell, as large as it fits, in the middle.
static void draw(const Image &from, Image &sheet, int64_t top, int64_t left) {
  int64_t longer = std::max(from.height, from.width);
  int64_t height = std::max<int64_t>(from.height * side / longer, 1);
  int64_t width = std::max<int64_t>(from.width * side / longer, 1);
  Image small =
      toRgb(resized(from, {0, 0, from.height, from.width}, height, width));
  top += (side - height) / 2;
  left += (side - width) / 2;
  for (int64_t y = 0; y < height; ++y)
    std::copy_n(small.row(y), width * 3, sheet.row(top + y) + left * 3);
}

Image contactSheet(const Dataset &data) {
  constexpr size_t mostRows = 20, mostColumns = 10;
  int64_t field = data.findField("image");
  TensorInfo info = field < 0 ? TensorInfo() : data.fields()[size_t(field)];
  bool empty = hasOneSize(info) && info.elements == 0;
  if (!isImage(info) || empty || (info.shape[2] != 1 && info.shape[2] != 3))
    fail("{}: a contact sheet shows a field \"image\" of u8 [height, width, 1 "
         "or 3 channels], got {}",
         data.name(),
         field < 0 ? "none" : dtypeName(info.dtype) + shapeText(info.shape));
  std::map<int32_t, std::vector<int64_t>> rows;
  bool labelled = data.findField("label") >= 0;
  for (int64_t i = 0; i < data.count(); ++i) {
    std::vector<int64_t> &row = rows[labelled ? labelOf(data, i) : 0];
    if (row.size() < mostColumns)
      row.push_back(i);
  }
  size_t columns = 0, count = std::min(rows.size(), mostRows);
  for (const auto &[label, row] : rows)
    columns = std::max(columns, row.size());
  Image sheet(int64_t(count) * (side + gap) + gap,
              int64_t(columns) * (side + gap) + gap, 3);
  std::fill(sheet.pixels.begin(), sheet.pixels.end(), uint8_t(48));
  int64_t top = gap;
  for (const auto &[label, row] : rows) {
    if (count-- == 0)
      break;
    int64_t left = gap;
    for (int64_t i : row) {
      draw(data.readImage({i}, size_t(field)), sheet, top, left);
      left += side + gap;
    }
    top += side + gap;
  }
  return sheet;
}

} // namespace moec::rt
