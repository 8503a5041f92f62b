//===- Convert.cpp - Carries a conversion out -----------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A variable is written in blocks of its elements. What a block is made of is
// read in runs, as long as the tensor allows, and laid close together in the
// tensor's order, before its elements are put into the variable's.
//
//===----------------------------------------------------------------------===//

#include "runtime/core/Fail.h"
#include "runtime/weights/Conversion.h"
#include "runtime/weights/Elements.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace moec::rt {

/// Elements of a block: 16 MiB as f32, and up to 32 MiB as they are stored.
static constexpr int64_t blockElements = 4 << 20;

namespace {
/// Copies views of tensors to a file.
class Copier {
public:
  explicit Copier(TensorWriter &writer) : writer(writer) {}
  void copy(const Conversion::Piece &piece);

  /// Whether NaN or infinities were among what was copied.
  bool sawNonFinite = false;

private:
  using Axes = std::vector<StridedView::Axis>;
  /// Of a block, whose axes are those of the view in its order.
  void copyBlock(int64_t offset, const Axes &axes);
  Axes read(int64_t offset, const Axes &axes);
  void grow(const Conversion::Piece &piece);
  void readRun(int64_t offset, const StridedView::Axis &fastest, char *to);
  void decode(const Axes &staged);
  [[noreturn]] void tooLarge(double value) const;

  TensorWriter &writer;
  const Conversion::Piece *piece = nullptr;
  std::vector<char> raw, apart;
  std::vector<float> values;
};

/// Counts through the indices of some axes, the last one fastest, and keeps the
/// sum of index * stride.
class Odometer {
public:
  Odometer(const StridedView::Axis *begin, const StridedView::Axis *end)
      : axes(begin, end), index(axes.size()) {}
  int64_t offset() const { return at; }
  bool next() {
    for (size_t i = axes.size(); i-- > 0;) {
      at += axes[i].stride;
      if (++index[i] < axes[i].size)
        return true;
      at -= axes[i].stride * axes[i].size;
      index[i] = 0;
    }
    return false;
  }

private:
  std::vector<StridedView::Axis> axes;
  std::vector<int64_t> index;
  int64_t at = 0;
};
} // namespace

void Copier::tooLarge(double value) const {
  fail("tensor \"{}\" of {}: {:g} is beyond what an f32 holds",
       piece->tensor->name, piece->file->path(), value);
}

/// Reads the elements along the fastest axis in the file.
void Copier::readRun(int64_t offset, const StridedView::Axis &fastest,
                     char *to) {
  const StoredTensor &tensor = *piece->tensor;
  const int64_t bytes = tensor.elementBytes, stride = fastest.stride;
  if (stride == 1) {
    piece->file->read(tensor, offset, fastest.size, to);
    return;
  }
  // What lies between is read along where that is less than a page or so.
  int64_t step =
      stride * bytes > 4096 ? 1 : std::max<int64_t>(1, blockElements / stride);
  for (int64_t first = 0; first < fastest.size; first += step) {
    int64_t count = std::min(step, fastest.size - first);
    int64_t span = (count - 1) * stride + 1;
    apart.resize(size_t(span * bytes));
    piece->file->read(tensor, offset + first * stride, span, apart.data());
    for (int64_t i = 0; i < count; ++i, to += bytes)
      std::memcpy(to, apart.data() + i * stride * bytes, size_t(bytes));
  }
}

/// Reads a block into `raw`, in the order of the file and without gaps. The
/// axes in the order in which they were given, with their strides there.
Copier::Axes Copier::read(int64_t offset, const Axes &axes) {
  std::vector<size_t> order(axes.size());
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return axes[a].stride > axes[b].stride;
  });
  Axes staged = axes, sorted;
  int64_t elements = 1;
  for (size_t i = order.size(); i-- > 0;) {
    staged[order[i]].stride = elements;
    elements *= axes[order[i]].size;
  }
  // Axes that run on into each other in the file are one run.
  StridedView view;
  for (size_t i : order)
    view.axes.push_back(axes[i]);
  view.simplify();
  sorted = view.axes.empty() ? Axes{{1, 1}} : view.axes;
  const StridedView::Axis fastest = sorted.back();
  raw.resize(size_t(elements * piece->tensor->elementBytes));
  char *to = raw.data();
  Odometer runs(sorted.data(), sorted.data() + sorted.size() - 1);
  do {
    readRun(offset + runs.offset(), fastest, to);
    to += fastest.size * piece->tensor->elementBytes;
  } while (runs.next());
  return staged;
}

/// Lays the elements of `raw` into `values`, in the order of these axes.
void Copier::decode(const Axes &staged) {
  const StoredTensor &tensor = *piece->tensor;
  const ElementDecoder number = decoderOf(tensor.dtype);
  const bool mayOverflow = tensor.dtype == "F64";
  const StridedView::Axis last =
      staged.empty() ? StridedView::Axis{1, 1} : staged.back();
  values.resize(raw.size() / size_t(tensor.elementBytes));
  float *to = values.data();
  Odometer rows(staged.data(),
                staged.data() + std::max<size_t>(staged.size(), 1) - 1);
  do {
    const char *from = raw.data() + rows.offset() * tensor.elementBytes;
    for (int64_t i = 0; i < last.size; ++i) {
      double value = number(from);
      *to = float(value);
      if (!std::isfinite(*to)) {
        if (mayOverflow && std::isfinite(value))
          tooLarge(value);
        sawNonFinite = true;
      }
      ++to;
      from += last.stride * tensor.elementBytes;
    }
  } while (rows.next());
}

void Copier::copyBlock(int64_t offset, const Axes &axes) {
  decode(read(offset, axes));
  writer.write(values.data(), values.size());
}

/// One matrix after the other, row by row.
void Copier::grow(const Conversion::Piece &wanted) {
  const StridedView &view = wanted.view;
  const size_t inner = std::min<size_t>(view.shape.size(), 2);
  int64_t matrices = 1, seen = 1;
  for (size_t i = 0; i + inner < view.shape.size(); ++i)
    matrices *= view.shape[i];
  auto first = view.axes.begin();
  while (seen < matrices)
    seen *= (first++)->size;
  Odometer stack(view.axes.data(),
                 view.axes.data() + (first - view.axes.begin()));
  const Axes matrix(first, view.axes.end());
  do {
    decode(read(view.offset + stack.offset(), matrix));
    for (int64_t i = 0; i < wanted.growth->rows(); ++i) {
      std::vector<float> row = wanted.growth->row(values, i);
      writer.write(row.data(), row.size());
    }
  } while (stack.next());
}

void Copier::copy(const Conversion::Piece &wanted) {
  piece = &wanted;
  StridedView view = wanted.view;
  if (view.elements() == 0)
    return;
  if (wanted.growth) {
    grow(wanted);
    return;
  }
  view.simplify();
  // Position embeddings are small.
  if (wanted.resampling) {
    decode(read(view.offset, view.axes));
    values = resample(values, wanted.resampling->from, wanted.resampling->to);
    writer.write(values.data(), values.size());
    return;
  }
  // The last axes that fit into a block whole, and as much as does of the one
  // before.
  size_t whole = view.axes.size();
  int64_t inner = 1;
  while (whole > 0 && view.axes[whole - 1].size <= blockElements / inner)
    inner *= view.axes[--whole].size;
  if (whole == 0) {
    copyBlock(view.offset, view.axes);
    return;
  }
  const StridedView::Axis cut = view.axes[whole - 1];
  const int64_t step = blockElements / inner;
  Odometer blocks(view.axes.data(), view.axes.data() + whole - 1);
  Axes axes(view.axes.begin() + ptrdiff_t(whole) - 1, view.axes.end());
  do {
    for (int64_t first = 0; first < cut.size; first += step) {
      axes[0].size = std::min(step, cut.size - first);
      copyBlock(view.offset + blocks.offset() + first * cut.stride, axes);
    }
  } while (blocks.next());
}

static void writeZeros(TensorWriter &writer,
                       const std::vector<int64_t> &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  std::vector<float> zeros(size_t(std::min(count, blockElements)));
  for (int64_t first = 0; first < count; first += blockElements)
    writer.write(zeros.data(), size_t(std::min(count - first, blockElements)));
}

std::vector<std::string>
convertWeights(const Conversion &conversion, const std::string &path,
               const std::map<std::string, std::string> &metadata) {
  std::vector<TensorWriter::Tensor> tensors;
  for (const Conversion::Variable &variable : conversion.variables)
    tensors.push_back(variable.made);
  TensorWriter writer(path, tensors, metadata);
  Copier copier(writer);
  std::vector<std::string> ruined;
  for (const Conversion::Variable &variable : conversion.variables) {
    copier.sawNonFinite = false;
    if (variable.zeros)
      writeZeros(writer, variable.made.shape);
    for (const Conversion::Piece &piece : variable.pieces)
      copier.copy(piece);
    if (copier.sawNonFinite)
      ruined.push_back(variable.made.name);
  }
  writer.finish();
  return ruined;
}

} // namespace moec::rt
