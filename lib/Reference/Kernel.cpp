//===- Kernel.cpp - The kernel dialect on tensors
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Evaluator.h"
#include "lib/Reference/ScalarProgram.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace moec;
using namespace moec::reference;

namespace {
/// One structured kernel op while it runs.
template <typename T> class Machine {
public:
  Machine(kernel::StructuredKernelOpInterface op, const Frame<T> &frame)
      : op(op), dims(op.getDims()), point(op.getDims().size(), 0) {
    for (Value input : op.getInputs()) {
      inputs.push_back(&frame.get(input));
      inputStrides.push_back(stridesOf(inputs.back()->shape));
    }
    for (Value out : op.getOuts()) {
      outs.push_back(frame.get(out));
      outStrides.push_back(stridesOf(outs.back().shape));
    }
  }

  /// Whether the op has the form that the dialect asks for, so that running it
  /// cannot go astray.
  LogicalResult check() {
    if (op.getIndexingMaps().size() != inputs.size() + outs.size())
      return op.emitError("expected one indexing map an operand");
    for (auto [i, attribute] : llvm::enumerate(op.getIndexingMaps())) {
      AffineMap map = cast<AffineMapAttr>(attribute).getValue();
      int64_t rank = i < inputs.size() ? inputs[i]->rank()
                                       : outs[i - inputs.size()].rank();
      if (map.getNumDims() != dims.size() || map.getNumSymbols() ||
          map.getNumResults() != rank)
        return op.emitError("indexing map ")
               << i << ": expected " << dims.size() << " dims, no symbols, "
               << rank << " results, got " << attribute;
    }
    if (op->getNumResults() != outs.size())
      return op.emitError("expected one result per out, to interpret it");
    return success();
  }

  FailureOr<ScalarProgram<T>> program(Region &region, unsigned arguments) {
    auto program = ScalarProgram<T>::build(region);
    if (succeeded(program) && program->numArguments() != arguments)
      return op.emitError("expected regions with ")
             << arguments << " arguments, got " << program->numArguments();
    return program;
  }

  /// Range of dimension `d` in the current group.
  std::pair<int64_t, int64_t> range(unsigned d) {
    if (!op.getRaggedDim() || *op.getRaggedDim() != d)
      return {0, dims[d]};
    unsigned input = *op.getOffsets();
    SmallVector<int64_t, 6> at(dims.size(), 0);
    at[0] = point[0];
    int64_t begin = load(input, at).i;
    ++at[0];
    int64_t end = load(input, at).i;
    if (begin < 0 || begin > end || end > dims[d]) {
      fail("group " + Twine(point[0]) + ": expected 0 <= begin <= end <= " +
           Twine(dims[d]) + ", got rows " + Twine(begin) + " .. " + Twine(end));
      return {0, 0};
    }
    return {begin, end};
  }

  /// Element of input `i` at `at`.
  Scalar<T> load(unsigned i, ArrayRef<int64_t> at) {
    AffineMap map = op.getInputMap(i);
    int32_t gather = op.getGather(i);
    Scalar<T> scalar;
    int64_t flat = 0;
    for (auto [d, expr] : llvm::enumerate(map.getResults())) {
      int64_t index = evaluate(expr, at);
      if (d == 0 && gather >= 0) {
        index = load(gather, at).i;
        if (index < 0)
          return scalar; // No such row.
      }
      if (!inBounds("input", i, d, index, inputs[i]->shape[d]))
        return scalar;
      flat += index * inputStrides[i][d];
    }
    if (inputs[i]->isInt)
      scalar.i = inputs[i]->ints[flat];
    else
      scalar.f = inputs[i]->floats[flat];
    return scalar;
  }

  /// Writes `value` into out `i` at the current point.
  void store(unsigned i, const Scalar<T> &value) {
    int64_t flat = 0;
    for (auto [d, expr] : llvm::enumerate(op.getOutMap(i).getResults())) {
      int64_t index = evaluate(expr, point);
      if (!inBounds("out", i, d, index, outs[i].shape[d]))
        return;
      flat += index * outStrides[i][d];
    }
    if (outs[i].isInt)
      outs[i].ints[flat] = int32_t(value.i);
    else
      outs[i].floats[flat] = value.f;
  }

  /// Loads what `program` uses and runs it at the current point.
  void run(ScalarProgram<T> &program) {
    for (unsigned i = 0; i < inputs.size(); ++i)
      if (program.uses(i))
        program.argument(i) = load(i, point);
    program.run(point);
  }

  /// Calls `body` for all values of dimensions `first` .. `last`-1.
  void loop(unsigned first, unsigned last, function_ref<void()> body) {
    if (failedAt)
      return;
    if (first == last)
      return body();
    std::pair<int64_t, int64_t> rows = range(first);
    for (point[first] = rows.first; point[first] < rows.second; ++point[first])
      loop(first + 1, last, body);
    point[first] = 0;
  }

  Status finish(Frame<T> &frame) {
    if (failedAt)
      return Status::Failed;
    for (auto [result, out] : llvm::zip(op->getResults(), outs))
      frame.set(result, std::move(out));
    return Status::Done;
  }

  /// What `program` gives over two dims, as a matrix [row, column].
  std::vector<T> matrix(ScalarProgram<T> &program, unsigned row,
                        unsigned column) {
    std::vector<T> values;
    loop(row, row + 1, [&] {
      loop(column, column + 1, [&] {
        run(program);
        values.push_back(program.result(0).f);
      });
    });
    return values;
  }

  bool hasFailed() const { return failedAt; }
  unsigned numInputs() const { return inputs.size(); }
  unsigned numOuts() const { return outs.size(); }

  kernel::StructuredKernelOpInterface op;
  ArrayRef<int64_t> dims;
  SmallVector<int64_t, 6> point;

private:
  /// The first problem is reported, the rest would only follow from it.
  void fail(const Twine &message) {
    if (!failedAt)
      op.emitError(message);
    failedAt = true;
  }
  bool inBounds(const Twine &what, unsigned i, size_t d, int64_t index,
                int64_t extent) {
    if (index >= 0 && index < extent)
      return true;
    fail(what + " " + Twine(i) + ": index " + Twine(index) + " of dimension " +
         Twine(d) + " is outside of its " + Twine(extent) + " elements");
    return false;
  }

  SmallVector<const TensorOf<T> *> inputs;
  SmallVector<TensorOf<T>> outs;
  SmallVector<SmallVector<int64_t, 4>> inputStrides, outStrides;
  bool failedAt = false;
};
} // namespace

template <typename T>
static Status evalContract(kernel::ContractOp op, Frame<T> &frame) {
  Machine<T> machine(op, frame);
  if (failed(machine.check()))
    return Status::Failed;
  unsigned count = machine.numInputs();
  auto lhs = machine.program(op.getLhs(), count);
  auto rhs = machine.program(op.getRhs(), count);
  auto epilogue = machine.program(op.getEpilogue(), count + 1);
  if (failed(lhs) || failed(rhs) || failed(epilogue))
    return Status::Failed;
  unsigned m = op.getMDim(), n = op.getNDim(), k = op.getKDim();
  auto extent = [](std::pair<int64_t, int64_t> r) {
    return r.second - r.first;
  };
  machine.loop(0, m, [&] {
    auto rangeM = machine.range(m), rangeN = machine.range(n);
    auto rangeK = machine.range(k);
    // The operands as matrices [m, k] and [n, k].
    auto pack = [&](ScalarProgram<T> &program, unsigned dim) {
      std::vector<T> matrix;
      matrix.reserve(extent(dim == m ? rangeM : rangeN) * extent(rangeK));
      machine.loop(dim, dim + 1, [&] {
        machine.loop(k, k + 1, [&] {
          machine.run(program);
          matrix.push_back(program.result(0).f);
        });
      });
      return matrix;
    };
    std::vector<T> left = pack(*lhs, m), right = pack(*rhs, n);
    size_t depth = extent(rangeK);
    if (left.size() != size_t(extent(rangeM)) * depth ||
        right.size() != size_t(extent(rangeN)) * depth)
      return; // A problem was reported on the way.
    machine.loop(m, k, [&] {
      const T *a = left.data() + (machine.point[m] - rangeM.first) * depth;
      const T *b = right.data() + (machine.point[n] - rangeN.first) * depth;
      T sum = 0;
      for (size_t i = 0; i < depth; ++i)
        sum += a[i] * b[i];
      epilogue->argument(count).f = sum;
      machine.run(*epilogue);
      for (unsigned i = 0; i < machine.numOuts(); ++i)
        machine.store(i, epilogue->result(i));
    });
  });
  return machine.finish(frame);
}

template <typename T> static T dot(const T *x, const T *y, size_t n) {
  return std::inner_product(x, x + n, y, T(0));
}

template <typename T>
static Status evalAttend(kernel::AttendOp op, Frame<T> &frame) {
  Machine<T> machine(op, frame);
  if (failed(machine.check()))
    return Status::Failed;
  unsigned count = machine.numInputs();
  auto query = machine.program(op.getQuery(), count);
  auto key = machine.program(op.getKey(), count);
  auto value = machine.program(op.getValue(), count);
  auto epilogue = machine.program(op.getEpilogue(), count + 1);
  if (failed(query) || failed(key) || failed(value) || failed(epilogue))
    return Status::Failed;
  unsigned s = op.getSDim(), e = op.getEDim(), t = op.getTDim(),
           d = op.getDDim();
  size_t keys = machine.dims[t], depth = machine.dims[d];
  T scale = T(op.getScale().convertToDouble());
  machine.loop(0, s, [&] {
    std::vector<T> queries = machine.matrix(*query, s, d),
                   all = machine.matrix(*key, t, d),
                   values = machine.matrix(*value, e, t);
    if (machine.hasFailed())
      return;
    std::vector<T> weights(keys);
    machine.loop(s, s + 1, [&] {
      const T *row = &queries[machine.point[s] * depth];
      for (size_t i = 0; i < keys; ++i)
        weights[i] = scale * dot(row, &all[i * depth], depth);
      T largest = *std::max_element(weights.begin(), weights.end()), sum = 0;
      for (T &weight : weights)
        sum += weight = std::exp(weight - largest);
      machine.loop(e, e + 1, [&] {
        const T *column = &values[machine.point[e] * keys];
        epilogue->argument(count).f = dot(weights.data(), column, keys) / sum;
        machine.run(*epilogue);
        for (unsigned i = 0; i < epilogue->numResults(); ++i)
          machine.store(i, epilogue->result(i));
      });
      if (std::optional<unsigned> statistic = op.getStatistic()) {
        Scalar<T> logSumExp;
        logSumExp.f = largest + std::log(sum);
        machine.store(*statistic, logSumExp);
      }
    });
  });
  return machine.finish(frame);
}

template <typename T>
static Status evalAttendGrad(kernel::AttendGradOp op, Frame<T> &frame) {
  Machine<T> machine(op, frame);
  if (failed(machine.check()))
    return Status::Failed;
  unsigned count = machine.numInputs();
  SmallVector<ScalarProgram<T>> factors, epilogues;
  for (Region *region : op.getFactors()) {
    auto program = machine.program(*region, count);
    if (failed(program))
      return Status::Failed;
    factors.push_back(std::move(*program));
  }
  for (const kernel::AttendGradOp::Sum &sum : op.getSums()) {
    auto program = machine.program(*sum.region, count + 1);
    if (failed(program))
      return Status::Failed;
    epilogues.push_back(std::move(*program));
  }
  auto statistics = machine.program(op.getStatistics(), count);
  if (failed(statistics))
    return Status::Failed;
  unsigned s = op.getSDim(), e = op.getEDim(), t = op.getTDim(),
           d = op.getDDim();
  int64_t rows = machine.dims[s], width = machine.dims[e],
          keys = machine.dims[t], depth = machine.dims[d];
  T scale = T(op.getScale().convertToDouble());
  machine.loop(0, s, [&] {
    std::vector<T> query = machine.matrix(factors[0], s, d),
                   key = machine.matrix(factors[1], t, d),
                   value = machine.matrix(factors[2], t, e),
                   gradient = machine.matrix(factors[3], s, e);
    std::vector<T> sums[] = {std::vector<T>(rows * depth),
                             std::vector<T>(keys * depth),
                             std::vector<T>(keys * width)};
    if (machine.hasFailed())
      return;
    machine.loop(s, s + 1, [&] {
      int64_t row = machine.point[s];
      machine.run(*statistics);
      T logSumExp = statistics->result(0).f, delta = statistics->result(1).f;
      for (int64_t k = 0; k < keys; ++k) {
        const T *q = &query[row * depth], *dy = &gradient[row * width];
        T weight = std::exp(scale * dot(q, &key[k * depth], depth) - logSumExp);
        T change = scale * weight * (dot(dy, &value[k * width], width) - delta);
        for (int64_t i = 0; i < depth; ++i) {
          sums[0][row * depth + i] += change * key[k * depth + i];
          sums[1][k * depth + i] += change * q[i];
        }
        for (int64_t i = 0; i < width; ++i)
          sums[2][k * width + i] += weight * dy[i];
      }
    });
    for (auto [out, sum] : llvm::enumerate(op.getSums())) {
      const T *next = sums[out].data();
      machine.loop(sum.rowDim, sum.rowDim + 1,
                   [&, out = out, dim = sum.columnDim] {
                     machine.loop(dim, dim + 1, [&] {
                       epilogues[out].argument(count).f = *next++;
                       machine.run(epilogues[out]);
                       machine.store(out, epilogues[out].result(0));
                     });
                   });
    }
  });
  return machine.finish(frame);
}

template <typename T>
static Status evalRows(kernel::RowsOp op, Frame<T> &frame) {
  Machine<T> machine(op, frame);
  if (failed(machine.check()))
    return Status::Failed;
  unsigned arguments = machine.numInputs(), c = machine.dims.size() - 1;
  SmallVector<ScalarProgram<T>> phases;
  for (Region &region : op.getPhases()) {
    auto program = machine.program(region, arguments);
    if (failed(program))
      return Status::Failed;
    arguments += program->numResults();
    phases.push_back(std::move(*program));
  }
  auto finish = machine.program(op.getFinish(), arguments);
  auto emit = machine.program(op.getEmit(), arguments);
  if (failed(finish) || failed(emit) ||
      op.getCombiners().size() != phases.size() ||
      finish->numResults() + emit->numResults() != machine.numOuts()) {
    op.emitError("expected one combiner per phase and one value per out");
    return Status::Failed;
  }

  std::vector<Scalar<T>> reduced;
  auto give = [&](ScalarProgram<T> &program) {
    for (size_t i = 0; i < reduced.size(); ++i)
      program.argument(machine.numInputs() + i) = reduced[i];
  };
  machine.loop(0, c, [&] {
    reduced.clear();
    for (auto [index, combiner] : llvm::enumerate(op.getCombiners())) {
      ScalarProgram<T> &phase = phases[index];
      bool isMax = cast<kernel::CombinerAttr>(combiner).getValue() ==
                   kernel::Combiner::Max;
      std::vector<Scalar<T>> values(phase.numResults());
      if (isMax)
        for (Scalar<T> &value : values)
          value.f = -std::numeric_limits<T>::infinity();
      give(phase);
      machine.loop(c, c + 1, [&] {
        machine.run(phase);
        for (size_t i = 0; i < values.size(); ++i) {
          T next = phase.result(i).f;
          // An undefined element must show in a maximum too.
          values[i].f = !isMax ? values[i].f + next
                        : next > values[i].f || next != next ? next
                                                             : values[i].f;
        }
      });
      reduced.insert(reduced.end(), values.begin(), values.end());
    }
    give(*finish);
    machine.run(*finish);
    for (unsigned i = 0; i < finish->numResults(); ++i)
      machine.store(i, finish->result(i));
    if (!emit->numResults())
      return;
    give(*emit);
    machine.loop(c, c + 1, [&] {
      machine.run(*emit);
      for (unsigned i = 0; i < emit->numResults(); ++i)
        machine.store(finish->numResults() + i, emit->result(i));
    });
  });
  return machine.finish(frame);
}

template <typename T> static Status evalMap(kernel::MapOp op, Frame<T> &frame) {
  Machine<T> machine(op, frame);
  if (failed(machine.check()))
    return Status::Failed;
  auto body = machine.program(op.getBody(), machine.numInputs());
  if (failed(body))
    return Status::Failed;
  machine.loop(0, machine.dims.size(), [&] {
    machine.run(*body);
    for (unsigned i = 0; i < machine.numOuts(); ++i)
      machine.store(i, body->result(i));
  });
  return machine.finish(frame);
}

template <typename T>
Status moec::reference::evalKernel(Operation *op, Frame<T> &frame) {
  return llvm::TypeSwitch<Operation *, Status>(op)
      .Case([&](kernel::ContractOp op) { return evalContract(op, frame); })
      .Case([&](kernel::AttendOp op) { return evalAttend(op, frame); })
      .Case([&](kernel::AttendGradOp op) { return evalAttendGrad(op, frame); })
      .Case([&](kernel::RowsOp op) { return evalRows(op, frame); })
      .Case([&](kernel::MapOp op) { return evalMap(op, frame); })
      .Default([](Operation *) { return Status::NotMine; });
}
MOEC_REFERENCE_FAMILY(evalKernel)
