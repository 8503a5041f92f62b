//===- Interpreter.cpp - Functions, calls and repeats
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Reference/Interpreter.h"
#include "lib/Reference/Evaluator.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace moec;
using namespace moec::reference;

double moec::reference::roundToBF16(double value) {
  APFloat rounded(value);
  bool inexact;
  rounded.convert(APFloat::BFloat(), APFloat::rmNearestTiesToEven, &inexact);
  return rounded.convertToDouble();
}

SmallVector<int64_t, 4> moec::reference::stridesOf(ArrayRef<int64_t> shape) {
  SmallVector<int64_t, 4> strides(shape.size(), 1);
  for (int64_t i = int64_t(shape.size()) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

std::optional<SmallVector<int64_t, 4>> moec::reference::shapeOf(Type type) {
  if (auto plan = dyn_cast<moe::RoutingType>(type)) {
    SmallVector<int64_t, 4> shape;
    if (plan.getStack() > 0)
      shape.push_back(plan.getStack());
    shape.push_back(plan.getBufferSize());
    return shape;
  }
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return std::nullopt;
  return SmallVector<int64_t, 4>(tensor.getShape());
}

bool moec::reference::isIntegral(Type type) {
  auto shaped = dyn_cast<ShapedType>(type);
  return !shaped || !isa<FloatType>(shaped.getElementType());
}

std::vector<int64_t> moec::reference::withoutAxes(ArrayRef<int64_t> shape,
                                                  ArrayRef<int64_t> axes) {
  SmallVector<int64_t, 4> stride(shape.size(), 0), index(shape.size(), 0);
  int64_t running = 1, size = 1;
  for (int64_t i = int64_t(shape.size()) - 1; i >= 0; --i) {
    size *= shape[i];
    if (llvm::is_contained(axes, i))
      continue;
    stride[i] = running;
    running *= shape[i];
  }
  std::vector<int64_t> numbers(size);
  int64_t number = 0;
  for (int64_t &slot : numbers) {
    slot = number;
    for (int64_t i = int64_t(shape.size()) - 1; i >= 0; --i) {
      number += stride[i];
      if (++index[i] < shape[i])
        break;
      number -= stride[i] * shape[i];
      index[i] = 0;
    }
  }
  return numbers;
}

/// Slice `i` along the leading dimension.
template <typename T>
static TensorOf<T> slice(const TensorOf<T> &tensor, int64_t i) {
  TensorOf<T> part;
  part.shape.assign(tensor.shape.begin() + 1, tensor.shape.end());
  part.isInt = tensor.isInt;
  int64_t size = part.size();
  if (tensor.isInt)
    part.ints.assign(tensor.ints.begin() + i * size,
                     tensor.ints.begin() + (i + 1) * size);
  else
    part.floats.assign(tensor.floats.begin() + i * size,
                       tensor.floats.begin() + (i + 1) * size);
  return part;
}

template <typename T>
static LogicalResult runRepeat(moe::RepeatOp op, Frame<T> &frame) {
  Block &body = op.getBody().front();
  unsigned carried = op.getCarried().size();
  for (auto [argument, value] :
       llvm::zip(body.getArguments().take_front(carried), op.getCarried()))
    frame.set(argument, frame.share(value));
  SmallVector<TensorOf<T>> stacks;
  for (Value result : op.getResults().drop_front(carried))
    stacks.push_back(undefinedFor<T>(result));

  int64_t count = op.getCount();
  for (int64_t n = 0; n < count; ++n) {
    int64_t i = op.getReverse() ? count - 1 - n : n;
    for (auto [argument, value] :
         llvm::zip(body.getArguments().drop_front(carried), op.getStacked()))
      frame.set(argument, slice(frame.get(value), i));
    if (failed(runBlock(body, frame)))
      return failure();
    Operation *yield = body.getTerminator();
    for (auto [stack, value] :
         llvm::zip(stacks, yield->getOperands().drop_front(carried))) {
      const TensorOf<T> &part = frame.get(value);
      llvm::copy(part.floats, stack.floats.begin() + i * part.floats.size());
      llvm::copy(part.ints, stack.ints.begin() + i * part.ints.size());
    }
    // All of them are read before the first is written: they may be swapped.
    SmallVector<std::shared_ptr<const TensorOf<T>>> next;
    for (Value value : yield->getOperands().take_front(carried))
      next.push_back(frame.share(value));
    for (auto [argument, value] : llvm::zip(body.getArguments(), next))
      frame.set(argument, value);
  }
  for (unsigned i = 0; i < carried; ++i)
    frame.set(op.getResult(i), frame.share(body.getArgument(i)));
  for (auto [i, stack] : llvm::enumerate(stacks))
    frame.set(op.getResult(carried + i), std::move(stack));
  return success();
}

template <typename T>
static FailureOr<std::vector<TensorOf<T>>>
runFunction(func::FuncOp function, std::vector<TensorOf<T>> arguments,
            std::vector<Choice> *choices, Random *noise) {
  if (function.isExternal() || !function.getBody().hasOneBlock())
    return function.emitError("expected a body of one block, to interpret it");
  Frame<T> frame(choices, noise);
  for (auto [value, tensor] : llvm::zip(function.getArguments(), arguments))
    frame.set(value, std::move(tensor));
  Block &body = function.getBody().front();
  if (failed(runBlock(body, frame)))
    return failure();
  std::vector<TensorOf<T>> results;
  for (Value value : body.getTerminator()->getOperands())
    results.push_back(frame.get(value));
  return results;
}

template <typename T>
static LogicalResult runCall(func::CallOp op, Frame<T> &frame) {
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      op, op.getCalleeAttr());
  if (!callee)
    return op.emitError("no function @") << op.getCallee() << " to call";
  std::vector<TensorOf<T>> arguments;
  for (Value operand : op.getOperands())
    arguments.push_back(frame.get(operand));
  auto results = runFunction<T>(callee, std::move(arguments), frame.choices(),
                                frame.noise());
  if (failed(results))
    return failure();
  for (auto [value, tensor] : llvm::zip(op.getResults(), *results))
    frame.set(value, std::move(tensor));
  return success();
}

/// Moves the numbers that `op` has computed by up to a unit of f32.
template <typename T> static void perturb(Operation &op, Frame<T> &frame) {
  for (Value value : op.getResults()) {
    if (isIntegral(value.getType()))
      continue;
    TensorOf<T> moved = frame.get(value);
    auto noise = [&] {
      return T(0x1p-23 * (2 * frame.noise()->uniform() - 1));
    };
    for (T &element : moved.floats)
      element += element * noise();
    // The error of kernels is bounded by what the tail is multiplied by, which
    // is far above it (docs/numerics.md).
    Value factor;
    if (auto gelu = dyn_cast<moe::GeluOp>(op))
      factor = gelu.getInput();
    else if (auto gelu = dyn_cast<moe::GeluGradOp>(op))
      factor = gelu.getOutGrad();
    if (factor)
      for (auto [element, by] :
           llvm::zip(moved.floats, frame.get(factor).floats))
        element += by * noise();
    frame.set(value, std::move(moved));
  }
}

template <typename T>
LogicalResult moec::reference::runBlock(Block &block, Frame<T> &frame) {
  using Family = Status (*)(Operation *, Frame<T> &);
  static const Family families[] = {
      evalStructure<T>,     evalElementwise<T>, evalMixing<T>, evalAttention<T>,
      evalNormalization<T>, evalOrder<T>,       evalRandom<T>, evalRouting<T>,
      evalLosses<T>,        evalTraining<T>,    evalKernel<T>};
  for (Operation &op : block.without_terminator()) {
    for (Value value : op.getOperands())
      if (!frame.has(value))
        return op.emitError("operand has no value to interpret");
    if (auto repeat = dyn_cast<moe::RepeatOp>(op)) {
      if (failed(runRepeat(repeat, frame)))
        return failure();
      continue;
    }
    if (auto call = dyn_cast<func::CallOp>(op)) {
      if (failed(runCall(call, frame)))
        return failure();
      continue;
    }
    for (Value value : op.getResults())
      if (!shapeOf(value.getType()))
        return op.emitError("expected results of static tensor type, to "
                            "interpret it, got ")
               << value.getType();
    // The first family only moves and sums numbers.
    Status status = Status::NotMine;
    for (Family family : families) {
      if ((status = family(&op, frame)) == Status::NotMine)
        continue;
      if (status == Status::Done && frame.noise() && family != families[0])
        perturb(op, frame);
      break;
    }
    if (status == Status::Failed)
      return failure();
    if (status == Status::NotMine)
      return op.emitError("the interpreter does not know this op");
  }
  return success();
}

template LogicalResult moec::reference::runBlock(Block &, Frame<float> &);
template LogicalResult moec::reference::runBlock(Block &, Frame<double> &);

template <typename To, typename From>
static TensorOf<To> convert(const TensorOf<From> &tensor) {
  TensorOf<To> converted;
  converted.shape = tensor.shape;
  converted.isInt = tensor.isInt;
  converted.ints = tensor.ints;
  converted.floats.assign(tensor.floats.begin(), tensor.floats.end());
  return converted;
}

template <typename T>
static FailureOr<std::vector<Tensor>>
run(func::FuncOp function, ArrayRef<Tensor> arguments,
    std::vector<Choice> *choices, Random *noise = nullptr) {
  std::vector<TensorOf<T>> converted;
  for (auto [value, argument] : llvm::zip(function.getArguments(), arguments)) {
    converted.push_back(convert<T>(argument));
    if (getElementTypeOrSelf(value.getType()).isBF16())
      for (T &element : converted.back().floats)
        element = T(roundToBF16(element));
  }
  auto results = runFunction<T>(function, std::move(converted), choices, noise);
  if (failed(results))
    return failure();
  std::vector<Tensor> answer;
  for (const TensorOf<T> &result : *results)
    answer.push_back(convert<double>(result));
  return answer;
}

/// Whether a type of the function or of a value in it is made of f64.
static bool mentionsF64(func::FuncOp function) {
  auto isDouble = [](Type type) {
    auto shaped = dyn_cast<RankedTensorType>(type);
    return shaped && shaped.getElementType().isF64();
  };
  if (llvm::any_of(function.getArgumentTypes(), isDouble))
    return true;
  return function
      .walk([&](Operation *op) {
        return llvm::any_of(op->getResultTypes(), isDouble)
                   ? WalkResult::interrupt()
                   : WalkResult::advance();
      })
      .wasInterrupted();
}

FailureOr<std::vector<Tensor>>
moec::reference::interpret(func::FuncOp function, ArrayRef<Tensor> arguments,
                           Precision precision, std::vector<Choice> *choices,
                           uint64_t seed) {
  if (arguments.size() != function.getNumArguments())
    return function.emitError("expected ")
           << function.getNumArguments() << " arguments, got "
           << arguments.size();
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    Type type = function.getArgument(i).getType();
    auto shape = shapeOf(type);
    if (!shape || ArrayRef<int64_t>(*shape) != ArrayRef(argument.shape) ||
        isIntegral(type) != argument.isInt ||
        int64_t(argument.isInt ? argument.ints.size()
                               : argument.floats.size()) != argument.size()) {
      InFlightDiagnostic diagnostic = function.emitError("argument ");
      diagnostic << i << ": expected a value of type " << type << ", got "
                 << (argument.isInt ? "integers" : "numbers") << " of shape [";
      llvm::interleaveComma(argument.shape, diagnostic);
      return diagnostic << "]";
    }
  }
  if (precision == Precision::Perturbed) {
    Random noise(seed);
    return run<double>(function, arguments, choices, &noise);
  }
  if (precision == Precision::F64 || mentionsF64(function))
    return run<double>(function, arguments, choices);
  return run<float>(function, arguments, choices);
}
