//===- Tensor.h - Host tensors of the interpreter
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_REFERENCE_TENSOR_H
#define MOEC_LIB_REFERENCE_TENSOR_H

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include <cstdint>
#include <vector>

namespace moec::reference {

/// A dense row-major tensor on the host. Floating-point elements stand in
/// `floats` (those of bf16 tensors are rounded to bf16), integers of any width
/// (also routing plans, as the i32 buffer that
/// `!moe.routing` describes) in `ints`; the other vector is empty.
template <typename T> struct TensorOf {
  llvm::SmallVector<int64_t, 4> shape;
  std::vector<T> floats;
  std::vector<int32_t> ints;
  bool isInt = false;

  int64_t rank() const { return shape.size(); }
  int64_t size() const {
    int64_t product = 1;
    for (int64_t extent : shape)
      product *= extent;
    return product;
  }

  static TensorOf floating(llvm::ArrayRef<int64_t> shape, T value = T(0)) {
    TensorOf tensor;
    tensor.shape.assign(shape.begin(), shape.end());
    tensor.floats.assign(tensor.size(), value);
    return tensor;
  }
  static TensorOf integer(llvm::ArrayRef<int64_t> shape, int32_t value = 0) {
    TensorOf tensor;
    tensor.shape.assign(shape.begin(), shape.end());
    tensor.isInt = true;
    tensor.ints.assign(tensor.size(), value);
    return tensor;
  }
};

/// What goes in and comes out: every f32 is exact in a double.
using Tensor = TensorOf<double>;

/// `value` rounded to bf16: to nearest, ties to even.
double roundToBF16(double value);

/// Row-major strides of `shape`.
llvm::SmallVector<int64_t, 4> stridesOf(llvm::ArrayRef<int64_t> shape);

/// The shape in which the interpreter holds a value of `type`: that of a
/// tensor, [buffer size] for a routing plan ([stack, buffer size] for stacked
/// ones). Empty optional for types without one.
std::optional<llvm::SmallVector<int64_t, 4>> shapeOf(mlir::Type type);

/// Whether values of `type` are held as integers.
bool isIntegral(mlir::Type type);

} // namespace moec::reference

#endif // MOEC_LIB_REFERENCE_TENSOR_H
