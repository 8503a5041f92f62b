//===- KernelReference.cpp - What a kernel op means, in f64 ---------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KernelReference.h"
#include "dialects/Kernel/KernelOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringSwitch.h"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

using namespace mlir;

namespace moec::test {
namespace {

Scalar real(double v) {
  Scalar s;
  s.f = v;
  return s;
}
Scalar integer(uint64_t v) {
  Scalar s;
  s.i = v;
  return s;
}
uint64_t truncate(uint64_t v, unsigned width) {
  return width >= 64 ? v : v & ((uint64_t(1) << width) - 1);
}
int64_t extend(uint64_t v, unsigned width) {
  return width >= 64 ? int64_t(v) : int64_t(v << (64 - width)) >> (64 - width);
}

using Function = double (*)(double);
Function unaryFunction(StringRef name) {
  return llvm::StringSwitch<Function>(name)
      .Case("math.exp", [](double x) { return std::exp(x); })
      .Case("math.exp2", [](double x) { return std::exp2(x); })
      .Case("math.expm1", [](double x) { return std::expm1(x); })
      .Case("math.log", [](double x) { return std::log(x); })
      .Case("math.log2", [](double x) { return std::log2(x); })
      .Case("math.log1p", [](double x) { return std::log1p(x); })
      .Case("math.tanh", [](double x) { return std::tanh(x); })
      .Case("math.erf", [](double x) { return std::erf(x); })
      .Case("math.sqrt", [](double x) { return std::sqrt(x); })
      .Case("math.rsqrt", [](double x) { return 1 / std::sqrt(x); })
      .Case("math.sin", [](double x) { return std::sin(x); })
      .Case("math.cos", [](double x) { return std::cos(x); })
      .Case("math.absf", [](double x) { return std::fabs(x); })
      .Case("math.floor", [](double x) { return std::floor(x); })
      .Case("arith.negf", [](double x) { return -x; })
      .Default(nullptr);
}

using Function2 = double (*)(double, double);
Function2 binaryFunction(StringRef name) {
  return llvm::StringSwitch<Function2>(name)
      .Case("arith.addf", [](double x, double y) { return x + y; })
      .Case("arith.subf", [](double x, double y) { return x - y; })
      .Case("arith.mulf", [](double x, double y) { return x * y; })
      .Case("arith.divf", [](double x, double y) { return x / y; })
      .Cases({"arith.maximumf", "arith.maxnumf"},
             [](double x, double y) { return std::fmax(x, y); })
      .Cases({"arith.minimumf", "arith.minnumf"},
             [](double x, double y) { return std::fmin(x, y); })
      .Case("math.powf", [](double x, double y) { return std::pow(x, y); })
      .Case("math.copysign",
            [](double x, double y) { return std::copysign(x, y); })
      .Default(nullptr);
}

using Integer2 = uint64_t (*)(uint64_t, uint64_t);
Integer2 integerFunction(StringRef name) {
  return llvm::StringSwitch<Integer2>(name)
      .Case("arith.addi", [](uint64_t x, uint64_t y) { return x + y; })
      .Case("arith.subi", [](uint64_t x, uint64_t y) { return x - y; })
      .Case("arith.muli", [](uint64_t x, uint64_t y) { return x * y; })
      .Case("arith.andi", [](uint64_t x, uint64_t y) { return x & y; })
      .Case("arith.ori", [](uint64_t x, uint64_t y) { return x | y; })
      .Case("arith.xori", [](uint64_t x, uint64_t y) { return x ^ y; })
      .Case("arith.shli", [](uint64_t x, uint64_t y) { return x << y; })
      .Case("arith.shrui", [](uint64_t x, uint64_t y) { return x >> y; })
      .Case("arith.divui", [](uint64_t x, uint64_t y) { return x / y; })
      .Case("arith.remui", [](uint64_t x, uint64_t y) { return x % y; })
      .Default(nullptr);
}

bool compareFloats(arith::CmpFPredicate p, double x, double y) {
  bool unordered = std::isnan(x) || std::isnan(y);
  switch (p) {
  case arith::CmpFPredicate::OEQ:
    return x == y;
  case arith::CmpFPredicate::OGT:
    return x > y;
  case arith::CmpFPredicate::OGE:
    return x >= y;
  case arith::CmpFPredicate::OLT:
    return x < y;
  case arith::CmpFPredicate::OLE:
    return x <= y;
  case arith::CmpFPredicate::ONE:
    return !unordered && x != y;
  case arith::CmpFPredicate::UEQ:
    return unordered || x == y;
  case arith::CmpFPredicate::UGT:
    return unordered || x > y;
  case arith::CmpFPredicate::UGE:
    return unordered || x >= y;
  case arith::CmpFPredicate::ULT:
    return unordered || x < y;
  case arith::CmpFPredicate::ULE:
    return unordered || x <= y;
  case arith::CmpFPredicate::UNE:
    return unordered || x != y;
  case arith::CmpFPredicate::ORD:
    return !unordered;
  case arith::CmpFPredicate::UNO:
    return unordered;
  default:
    return p == arith::CmpFPredicate::AlwaysTrue;
  }
}

class Evaluator {
public:
  Evaluator(Operation *operation, std::vector<ScalarBuffer> &buffers)
      : op(cast<kernel::StructuredKernelOpInterface>(operation)),
        buffers(buffers) {
    for (Value v : operation->getOperands())
      shapes.push_back(cast<ShapedType>(v.getType()).getShape());
  }

  void run() {
    if (auto contract = dyn_cast<kernel::ContractOp>(op.getOperation()))
      runContract(contract);
    else if (auto attend = dyn_cast<kernel::AttendOp>(op.getOperation()))
      runAttend(attend);
    else if (auto grad = dyn_cast<kernel::AttendGradOp>(op.getOperation()))
      runAttendGrad(grad);
    else if (auto rows = dyn_cast<kernel::RowsOp>(op.getOperation()))
      runRows(rows);
    else
      forPoints(op.getDims().size(), [&](std::vector<int64_t> &point) {
        store(point, 0, evaluate(op->getRegion(0), point, {}));
      });
  }

private:
  kernel::StructuredKernelOpInterface op;
  std::vector<ScalarBuffer> &buffers;
  std::vector<ArrayRef<int64_t>> shapes;

  /// Row-major position of operand `number` at `point`, -1 for an absent row.
  int64_t position(unsigned number, const std::vector<int64_t> &point) {
    AffineMap map = op.getInputMap(number);
    int64_t address = 0;
    for (unsigned d = 0; d < map.getNumResults(); ++d) {
      int64_t index = evaluateExpr(map.getResult(d), point);
      if (d == 0 && number < op.getInputs().size() &&
          op.getGather(number) >= 0) {
        int32_t row = int32_t(load(op.getGather(number), point).i);
        if (row < 0)
          return -1;
        index = row;
      }
      if (index < 0 || index >= shapes[number][d]) {
        llvm::errs() << "kernel reference: operand " << number << " index "
                     << index << " leaves dimension " << d << "\n";
        abort();
      }
      address = address * shapes[number][d] + index;
    }
    return address;
  }

  Scalar load(unsigned number, const std::vector<int64_t> &point) {
    int64_t at = position(number, point);
    return at < 0 ? integer(0) : buffers[number][at];
  }

  void store(const std::vector<int64_t> &point, unsigned firstOut,
             const std::vector<Scalar> &values) {
    for (auto [i, value] : llvm::enumerate(values)) {
      unsigned number = op.getInputs().size() + firstOut + i;
      buffers[number][position(number, point)] = value;
    }
  }

  std::vector<Scalar> evaluate(Region &region,
                               const std::vector<int64_t> &point,
                               ArrayRef<Scalar> extra) {
    llvm::DenseMap<Value, Scalar> env;
    for (BlockArgument a : region.getArguments()) {
      unsigned n = a.getArgNumber();
      if (!a.use_empty())
        env[a] = n < op.getInputs().size() ? load(n, point)
                                           : extra[n - op.getInputs().size()];
    }
    for (Operation &inner : region.front().without_terminator())
      evaluate(inner, env, point);
    std::vector<Scalar> results;
    for (Value v : region.front().getTerminator()->getOperands())
      results.push_back(env.lookup(v));
    return results;
  }

  void evaluate(Operation &inner, llvm::DenseMap<Value, Scalar> &env,
                const std::vector<int64_t> &point) {
    StringRef name = inner.getName().getStringRef();
    auto in = [&](unsigned i) { return env.lookup(inner.getOperand(i)); };
    auto widthOf = [&](Type t) {
      return t.isIndex() ? 64u : t.getIntOrFloatBitWidth();
    };
    unsigned width = widthOf(inner.getResult(0).getType());
    unsigned inWidth =
        inner.getNumOperands() ? widthOf(inner.getOperand(0).getType()) : 0;
    Scalar out;
    if (auto index = dyn_cast<kernel::IndexOp>(inner)) {
      out = integer(uint32_t(evaluateExpr(index.getExpr(), point)));
    } else if (auto constant = dyn_cast<arith::ConstantOp>(inner)) {
      if (auto f = dyn_cast<FloatAttr>(constant.getValue()))
        out = real(f.getValueAsDouble());
      else
        out = integer(
            cast<IntegerAttr>(constant.getValue()).getValue().getZExtValue());
    } else if (Function f = unaryFunction(name)) {
      out = real(f(in(0).f));
    } else if (Function2 f = binaryFunction(name)) {
      out = real(f(in(0).f, in(1).f));
    } else if (Integer2 f = integerFunction(name)) {
      out = integer(truncate(f(in(0).i, in(1).i), width));
    } else if (name == "math.fma") {
      out = real(in(0).f * in(1).f + in(2).f);
    } else if (auto cmp = dyn_cast<arith::CmpFOp>(inner)) {
      out = integer(compareFloats(cmp.getPredicate(), in(0).f, in(1).f));
    } else if (auto cmp = dyn_cast<arith::CmpIOp>(inner)) {
      out = integer(arith::applyCmpPredicate(cmp.getPredicate(),
                                             APInt(inWidth, in(0).i),
                                             APInt(inWidth, in(1).i)));
    } else if (isa<arith::SelectOp>(inner)) {
      out = in(0).i ? in(1) : in(2);
    } else if (isa<arith::ExtUIOp, arith::TruncIOp, arith::IndexCastUIOp>(
                   inner)) {
      out = integer(truncate(in(0).i, width));
    } else if (isa<arith::ExtSIOp, arith::IndexCastOp>(inner)) {
      out = integer(truncate(extend(in(0).i, inWidth), width));
    } else if (isa<arith::ShRSIOp>(inner)) {
      out = integer(truncate(extend(in(0).i, width) >> in(1).i, width));
    } else if (isa<arith::MaxSIOp, arith::MinSIOp>(inner)) {
      int64_t a = extend(in(0).i, width), b = extend(in(1).i, width);
      out = integer(truncate(
          isa<arith::MaxSIOp>(inner) ? std::max(a, b) : std::min(a, b), width));
    } else if (isa<arith::UIToFPOp>(inner)) {
      out = real(double(in(0).i));
    } else if (isa<arith::SIToFPOp>(inner)) {
      out = real(double(extend(in(0).i, inWidth)));
    } else if (isa<arith::FPToSIOp, arith::FPToUIOp>(inner)) {
      out = integer(truncate(uint64_t(int64_t(in(0).f)), width));
    } else if (isa<arith::TruncFOp>(inner) &&
               inner.getResult(0).getType().isBF16()) {
      llvm::APFloat rounded(in(0).f);
      bool lossy;
      rounded.convert(llvm::APFloat::IEEEsingle(),
                      llvm::APFloat::rmNearestTiesToEven, &lossy);
      rounded.convert(llvm::APFloat::BFloat(),
                      llvm::APFloat::rmNearestTiesToEven, &lossy);
      out = real(rounded.convertToDouble());
    } else if (isa<arith::ExtFOp, arith::TruncFOp>(inner)) {
      bool narrow = inner.getResult(0).getType().isBF16();
      out = narrow ? real(roundToBF16(in(0).f)) : in(0);
    } else if (isa<arith::BitcastOp>(inner)) {
      if (inner.getResult(0).getType().isF32()) {
        float f;
        uint32_t bits = uint32_t(in(0).i);
        std::memcpy(&f, &bits, 4);
        out = real(f);
      } else {
        float f = float(in(0).f);
        uint32_t bits;
        std::memcpy(&bits, &f, 4);
        out = integer(bits);
      }
    } else if (isa<arith::MulUIExtendedOp>(inner)) {
      unsigned __int128 p = (unsigned __int128)in(0).i * in(1).i;
      out = integer(truncate(uint64_t(p), width));
      env[inner.getResult(1)] = integer(truncate(uint64_t(p >> width), width));
    } else {
      llvm::errs() << "kernel reference: unknown op " << name << "\n";
      abort();
    }
    env[inner.getResult(0)] = out;
  }

  /// Calls `body` for all points of the first `count` dims (others 0), the
  /// ragged dimension running over its group.
  void forPoints(unsigned count,
                 std::function<void(std::vector<int64_t> &)> body) {
    std::vector<int64_t> point(op.getDims().size(), 0);
    forDims(0, count, point, body);
  }

  void forDims(unsigned from, unsigned to, std::vector<int64_t> &point,
               const std::function<void(std::vector<int64_t> &)> &body) {
    if (from == to)
      return body(point);
    int64_t low = 0, high = op.getDims()[from];
    if (op.getRaggedDim() && *op.getRaggedDim() == from) {
      std::vector<int64_t> next = point;
      low = int32_t(load(*op.getOffsets(), point).i);
      ++next[0];
      high = int32_t(load(*op.getOffsets(), next).i);
    }
    for (point[from] = low; point[from] < high; ++point[from])
      forDims(from + 1, to, point, body);
    point[from] = 0;
  }

  void runContract(kernel::ContractOp contract) {
    unsigned m = contract.getMDim(), n = contract.getNDim(),
             k = contract.getKDim();
    forPoints(m, [&](std::vector<int64_t> &group) {
      // lhs(m, k) and rhs(n, k) of this group once.
      auto table = [&](Region &region, unsigned dim) {
        std::vector<std::pair<int64_t, std::vector<double>>> rows;
        std::vector<int64_t> point = group;
        forDims(dim, dim + 1, point, [&](std::vector<int64_t> &row) {
          rows.push_back({row[dim], {}});
          std::vector<int64_t> at = row;
          forDims(k, k + 1, at, [&](std::vector<int64_t> &p) {
            rows.back().second.push_back(evaluate(region, p, {})[0].f);
          });
        });
        return rows;
      };
      auto left = table(contract.getLhs(), m);
      auto right = table(contract.getRhs(), n);
      std::vector<int64_t> point = group;
      for (auto &l : left)
        for (auto &r : right) {
          double sum = 0;
          for (size_t i = 0; i < l.second.size(); ++i)
            sum += l.second[i] * r.second[i];
          point[m] = l.first;
          point[n] = r.first;
          store(point, 0, evaluate(contract.getEpilogue(), point, real(sum)));
        }
    });
  }

  void runAttend(kernel::AttendOp attend) {
    unsigned s = attend.getSDim(), e = attend.getEDim(), t = attend.getTDim(),
             d = attend.getDDim();
    forPoints(s + 1, [&](std::vector<int64_t> &row) {
      // Straight from the definition, every element evaluated where it is used.
      std::vector<int64_t> point = row;
      std::vector<double> scores;
      forDims(t, t + 1, point, [&](std::vector<int64_t> &at) {
        double sum = 0;
        forDims(d, d + 1, at, [&](std::vector<int64_t> &p) {
          sum += evaluate(attend.getQuery(), p, {})[0].f *
                 evaluate(attend.getKey(), p, {})[0].f;
        });
        scores.push_back(attend.getScale().convertToDouble() * sum);
      });
      double largest = *std::max_element(scores.begin(), scores.end());
      double total = 0;
      for (double score : scores)
        total += std::exp(score - largest);
      forDims(e, e + 1, point, [&](std::vector<int64_t> &at) {
        double sum = 0;
        forDims(t, t + 1, at, [&](std::vector<int64_t> &p) {
          sum += std::exp(scores[p[t]] - largest) / total *
                 evaluate(attend.getValue(), p, {})[0].f;
        });
        store(at, 0, evaluate(attend.getEpilogue(), at, real(sum)));
      });
      if (std::optional<unsigned> statistic = attend.getStatistic())
        store(row, *statistic, {real(largest + std::log(total))});
    });
  }

  void runAttendGrad(kernel::AttendGradOp grad) {
    unsigned s = grad.getSDim(), e = grad.getEDim(), t = grad.getTDim(),
             d = grad.getDDim();
    int64_t depth = op.getDims()[d], width = op.getDims()[e];
    double scale = grad.getScale().convertToDouble();
    forPoints(s, [&](std::vector<int64_t> &group) {
      // A factor over two dims as a function of both positions.
      auto table = [&](Region &region, unsigned row, unsigned column) {
        std::vector<int64_t> point = group;
        std::vector<double> values;
        forDims(row, row + 1, point, [&](std::vector<int64_t> &at) {
          std::vector<int64_t> inner = at;
          forDims(column, column + 1, inner, [&](std::vector<int64_t> &p) {
            values.push_back(evaluate(region, p, {})[0].f);
          });
        });
        int64_t columns = op.getDims()[column];
        return [values, columns](int64_t i, int64_t j) {
          return values[i * columns + j];
        };
      };
      auto query = table(grad.getQuery(), s, d),
           key = table(grad.getKey(), t, d),
           value = table(grad.getValue(), t, e),
           gradient = table(grad.getGradient(), s, e);
      std::vector<std::vector<double>> weights, changes;
      std::vector<int64_t> point = group;
      forDims(s, s + 1, point, [&](std::vector<int64_t> &at) {
        std::vector<Scalar> row = evaluate(grad.getStatistics(), at, {});
        weights.emplace_back();
        changes.emplace_back();
        for (int64_t k = 0; k < op.getDims()[t]; ++k) {
          double score = 0, change = 0;
          for (int64_t i = 0; i < depth; ++i)
            score += query(at[s], i) * key(k, i);
          for (int64_t i = 0; i < width; ++i)
            change += gradient(at[s], i) * value(k, i);
          weights.back().push_back(std::exp(scale * score - row[0].f));
          changes.back().push_back(weights.back().back() * (change - row[1].f));
        }
      });
      // Each element of an out from its own sum.
      for (auto [out, sum] : llvm::enumerate(grad.getSums())) {
        std::vector<int64_t> from = group;
        forDims(sum.rowDim, sum.rowDim + 1, from,
                [&, out = out, sum = sum](std::vector<int64_t> &row) {
                  std::vector<int64_t> inner = row;
                  forDims(
                      sum.columnDim, sum.columnDim + 1, inner,
                      [&](std::vector<int64_t> &at) {
                        double total = 0;
                        if (out == 0)
                          for (int64_t k = 0; k < op.getDims()[t]; ++k)
                            total += scale * changes[at[s]][k] * key(k, at[d]);
                        else
                          for (int64_t r = 0; r < op.getDims()[s]; ++r)
                            total += out == 1 ? scale * changes[r][at[t]] *
                                                    query(r, at[d])
                                              : weights[r][at[t]] *
                                                    gradient(r, at[e]);
                        store(at, out, evaluate(*sum.region, at, real(total)));
                      });
                });
      }
    });
  }

  void runRows(kernel::RowsOp rows) {
    unsigned c = op.getDims().size() - 1;
    forPoints(c, [&](std::vector<int64_t> &row) {
      std::vector<Scalar> values;
      for (unsigned i = 0; i < rows.getPhases().size(); ++i) {
        Region &region = rows.getPhases()[i];
        auto combiner = cast<kernel::CombinerAttr>(rows.getCombiners()[i]);
        bool isMax = combiner.getValue() == kernel::Combiner::Max;
        size_t yields = region.front().getTerminator()->getNumOperands();
        std::vector<Scalar> sums(yields, real(isMax ? -INFINITY : 0.0));
        std::vector<int64_t> at = row;
        forDims(c, c + 1, at, [&](std::vector<int64_t> &p) {
          auto e = evaluate(region, p, values);
          for (size_t i = 0; i < yields; ++i)
            sums[i] =
                real(isMax ? std::fmax(sums[i].f, e[i].f) : sums[i].f + e[i].f);
        });
        values.insert(values.end(), sums.begin(), sums.end());
      }
      auto once = evaluate(rows.getFinish(), row, values);
      store(row, 0, once);
      std::vector<int64_t> at = row;
      forDims(c, c + 1, at, [&](std::vector<int64_t> &p) {
        store(p, once.size(), evaluate(rows.getEmit(), p, values));
      });
    });
  }
};

} // namespace

int64_t evaluateExpr(AffineExpr e, ArrayRef<int64_t> point) {
  if (auto d = dyn_cast<AffineDimExpr>(e))
    return point[d.getPosition()];
  if (auto c = dyn_cast<AffineConstantExpr>(e))
    return c.getValue();
  auto bin = cast<AffineBinaryOpExpr>(e);
  int64_t l = evaluateExpr(bin.getLHS(), point);
  int64_t r = evaluateExpr(bin.getRHS(), point);
  switch (bin.getKind()) {
  case AffineExprKind::Add:
    return l + r;
  case AffineExprKind::Mul:
    return l * r;
  case AffineExprKind::Mod:
    return ((l % r) + r) % r;
  case AffineExprKind::FloorDiv:
    return llvm::divideFloorSigned(l, r);
  default:
    return llvm::divideCeilSigned(l, r);
  }
}

double roundToBF16(double value) {
  llvm::APFloat rounded(value);
  bool inexact;
  rounded.convert(llvm::APFloat::BFloat(), llvm::APFloat::rmNearestTiesToEven,
                  &inexact);
  return rounded.convertToDouble();
}

void evaluateKernel(Operation *op, std::vector<ScalarBuffer> &buffers) {
  Evaluator(op, buffers).run();
}

} // namespace moec::test
