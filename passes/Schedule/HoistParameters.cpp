//===- HoistParameters.cpp - What follows from variables alone ------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
//   func.func @infer(%x, %w {moe.var = @w}) -> .. {
//     %p = kernel.map .. ins(%w) ..
//     %y = kernel.contract .. ins(%x, %p) ..
// becomes, if no entry changes @w,
//   moe.variable @w.derived : .. role(derived)
//   func.func @infer(%x, %p {moe.var = @w.derived}) -> .. {
//     %y = kernel.contract .. ins(%x, %p) ..
//   func.func @prepare(%w {moe.var = @w}) -> (.. {moe.var = @w.derived}) {
//     %p = kernel.map .. ins(%w) ..
//
// The runtime runs @prepare by itself when it has loaded weights. What several
// entries compute is computed once.
//
// Shown by test/passes/Schedule/hoist-parameters.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEConventions.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/Remarks.h"
#include "mlir/Transforms/CSE.h"
#include "passes/Remarks.h"
#include "passes/Schedule/FixedVariables.h"
#include "passes/Schedule/Passes.h"

using namespace mlir;

namespace moec::schedule {
#define GEN_PASS_DEF_HOISTPARAMETERSPASS
#include "passes/Schedule/Passes.h.inc"

/// Erases what nothing reads.
static void eraseDead(func::FuncOp entry) {
  for (Operation *op = entry.front().getTerminator()->getPrevNode(); op;) {
    Operation *before = op->getPrevNode();
    if (isOpTriviallyDead(op))
      op->erase();
    op = before;
  }
}

namespace {

/// The entry that computes derived variables, made when it is first needed.
class Preparation {
public:
  Preparation(ModuleOp module, func::FuncOp found)
      : module(module), symbols(module), function(found) {}

  /// Makes the value of `from`, which follows from variables, that of a new
  /// derived variable. `clones` has what was computed for the same entry.
  moe::VariableOp derive(Value from, IRMapping &clones) {
    if (!function)
      make();
    Value value = compute(from, clones);
    auto variable = makeVariable(from);
    auto name = FlatSymbolRefAttr::get(variable.getSymNameAttr());
    unsigned number = function.getNumResults();
    (void)function.insertResult(number, value.getType(), attributesOf(name));
    end()->insertOperands(number, value);
    made.insert(name);
    return variable;
  }

  /// One variable for each value; says which were made.
  void finish() {
    if (made.empty())
      return;
    IRRewriter rewriter(module.getContext());
    DominanceInfo dominance(function);
    eliminateCommonSubExpressions(rewriter, dominance, function);
    llvm::DenseMap<Value, Attribute> kept;
    for (unsigned i = 0; i < function.getNumResults();) {
      FlatSymbolRefAttr name = moe::attr::variable.ofResult(function, i);
      Value value = end()->getOperand(i);
      auto [known, isNew] = kept.try_emplace(value, name);
      if (isNew) {
        if (made.contains(name))
          report(name, value.getDefiningOp());
        ++i;
        continue;
      }
      rename(name, cast<FlatSymbolRefAttr>(known->second));
      end()->eraseOperand(i);
      (void)function.eraseResult(i);
      symbols.erase(symbols.lookup(name.getAttr()));
    }
    dropUnread();
  }

private:
  /// Variables that nothing but what follows from them reads need no place.
  void dropUnread() {
    llvm::DenseSet<Attribute> read;
    for (auto other : module.getOps<func::FuncOp>())
      for (unsigned i = 0; i < other.getNumArguments(); ++i)
        if (auto name = moe::attr::variable.ofArgument(other, i))
          read.insert(name);
    for (unsigned i = function.getNumResults(); i-- > 0;) {
      FlatSymbolRefAttr name = moe::attr::variable.ofResult(function, i);
      if (read.contains(name))
        continue;
      end()->eraseOperand(i);
      (void)function.eraseResult(i);
      symbols.erase(symbols.lookup(name.getAttr()));
    }
    eraseDead(function);
  }

  func::ReturnOp end() {
    return cast<func::ReturnOp>(function.front().getTerminator());
  }
  DictionaryAttr attributesOf(FlatSymbolRefAttr name) {
    return Builder(module.getContext())
        .getDictionaryAttr(moe::attr::variable.with(name));
  }

  void make() {
    MLIRContext *context = module.getContext();
    auto isTaken = [&](StringRef name) {
      return llvm::any_of(module.getOps<func::FuncOp>(),
                          [&](func::FuncOp other) {
                            auto entry = moe::attr::entry.get(other);
                            return other.getSymName() == name ||
                                   (entry && entry.getName() == name);
                          });
    };
    std::string name = "prepare";
    while (isTaken(name))
      name += ".derived";
    OpBuilder b(context);
    function = func::FuncOp::create(b, module.getLoc(), name,
                                    b.getFunctionType({}, {}));
    moe::attr::entry.set(function,
                         moe::EntryAttr::get(context, name, /*batch=*/0));
    symbols.insert(function);
    b.setInsertionPointToEnd(function.addEntryBlock());
    func::ReturnOp::create(b, module.getLoc());
  }

  /// What `from` is, in this entry.
  Value compute(Value from, IRMapping &clones) {
    if (Value known = clones.lookupOrNull(from))
      return known;
    if (auto argument = dyn_cast<BlockArgument>(from)) {
      Value read = readVariable(argument);
      clones.map(from, read);
      return read;
    }
    Operation *op = from.getDefiningOp();
    for (Value operand : op->getOperands())
      compute(operand, clones);
    OpBuilder b(end());
    b.clone(*op, clones);
    return clones.lookup(from);
  }

  Value readVariable(BlockArgument argument) {
    auto other = cast<func::FuncOp>(argument.getOwner()->getParentOp());
    FlatSymbolRefAttr name =
        moe::attr::variable.ofArgument(other, argument.getArgNumber());
    // A derived one is what this entry returns for it.
    for (unsigned i = 0; i < function.getNumResults(); ++i)
      if (moe::attr::variable.ofResult(function, i) == name)
        return end()->getOperand(i);
    unsigned count = function.getNumArguments();
    for (unsigned i = 0; i < count; ++i)
      if (moe::attr::variable.ofArgument(function, i) == name)
        return function.getArgument(i);
    (void)function.insertArgument(count, argument.getType(), attributesOf(name),
                                  argument.getLoc());
    return function.getArgument(count);
  }

  /// The first variable that a value follows from.
  static BlockArgument sourceOf(Value value) {
    if (auto argument = dyn_cast<BlockArgument>(value))
      return argument;
    for (Value operand : value.getDefiningOp()->getOperands())
      if (BlockArgument source = sourceOf(operand))
        return source;
    return nullptr;
  }

  moe::VariableOp makeVariable(Value from) {
    BlockArgument argument = sourceOf(from);
    FlatSymbolRefAttr name = moe::attr::variable.ofArgument(
        cast<func::FuncOp>(argument.getOwner()->getParentOp()),
        argument.getArgNumber());
    OpBuilder b(module.getContext());
    Operation *before = symbols.lookup(name.getAttr());
    for (auto last : module.getOps<moe::VariableOp>())
      before = last;
    auto variable = moe::VariableOp::create(
        b, from.getLoc(), (name.getValue() + ".derived").str(),
        cast<RankedTensorType>(from.getType()), moe::Role::Derived,
        /*of=*/FlatSymbolRefAttr(), /*decay=*/false,
        /*init=*/moe::InitAttr(), /*at=*/IntegerAttr());
    symbols.insert(variable, std::next(Block::iterator(before)));
    return variable;
  }

  void report(FlatSymbolRefAttr name, Operation *op) {
    auto variable = symbols.lookup<moe::VariableOp>(name.getAttr());
    remark::passed(op->getLoc(), remarkAbout(op, "HoistParameters", "Schedule"))
        << remark::reason("{0} bytes are computed when weights are loaded and "
                          "kept as @{1}",
                          variable.getBytes(), variable.getSymName());
  }

  /// All that reads variable `from` reads `to`.
  void rename(FlatSymbolRefAttr from, FlatSymbolRefAttr to) {
    for (auto other : module.getOps<func::FuncOp>()) {
      Value first;
      for (unsigned i = 0; i < other.getNumArguments(); ++i) {
        FlatSymbolRefAttr name = moe::attr::variable.ofArgument(other, i);
        if (name != from && name != to)
          continue;
        if (!first) {
          first = other.getArgument(i);
          other.setArgAttr(i, moe::attr::variable.name, to);
          continue;
        }
        other.getArgument(i).replaceAllUsesWith(first);
        (void)other.eraseArgument(i--);
      }
    }
  }

  ModuleOp module;
  SymbolTable symbols;
  func::FuncOp function;
  llvm::DenseSet<Attribute> made; ///< variables, by name
};

/// One entry.
class Hoister {
public:
  Hoister(func::FuncOp function, const FixedVariables &fixed,
          Preparation &preparation)
      : function(function), fixed(fixed), preparation(preparation) {}

  void run() {
    Block &body = function.front();
    for (BlockArgument argument : body.getArguments())
      if (fixed.contains(argument))
        follows[argument] = true;
    for (Operation &op : body.without_terminator())
      visit(op);
    // New arguments come behind; only ops that are there now are looked at.
    SmallVector<Value> results;
    for (Operation &op : body.without_terminator())
      if (isa<kernel::KernelOpInterface>(op))
        for (Value result : op.getResults())
          if (follows.lookup(result) && isReadInStep(result))
            results.push_back(result);
    if (results.empty())
      return;
    IRMapping clones;
    for (Value result : results)
      replace(result, clones);
    eraseDead(function);
    for (unsigned i = function.getNumArguments(); i-- > 0;)
      if (fixed.contains(function.getArgument(i)) &&
          function.getArgument(i).use_empty())
        (void)function.eraseArgument(i);
  }

private:
  /// Notes what follows from variables alone, and what from nothing.
  void visit(Operation &op) {
    bool isKernel = isa<kernel::KernelOpInterface>(op);
    if (!isMemoryEffectFree(&op) ||
        !(isKernel || isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp,
                          tensor::EmptyOp, arith::ConstantOp>(op)))
      return;
    bool fromVariables = false;
    for (Value operand : op.getOperands()) {
      auto known = follows.find(operand);
      if (known == follows.end())
        return;
      fromVariables |= known->second;
    }
    if (isKernel && !llvm::all_of(op.getResultTypes(), canBeDerived))
      return;
    for (Value result : op.getResults())
      follows[result] = fromVariables;
  }

  /// Whether something that is left behind reads it, perhaps reshaped.
  bool isReadInStep(Value value) {
    return llvm::any_of(value.getUsers(), [&](Operation *user) {
      if (user->getNumResults() == 0 || user->getBlock() != &function.front() ||
          !follows.contains(user->getResult(0)))
        return true;
      return !isa<kernel::KernelOpInterface>(user) &&
             isReadInStep(user->getResult(0));
    });
  }

  void replace(Value result, IRMapping &clones) {
    moe::VariableOp variable = preparation.derive(result, clones);
    unsigned number = function.getNumArguments();
    auto name = FlatSymbolRefAttr::get(variable.getSymNameAttr());
    (void)function.insertArgument(
        number, result.getType(),
        Builder(result.getContext())
            .getDictionaryAttr(moe::attr::variable.with(name)),
        result.getLoc());
    result.replaceAllUsesWith(function.getArgument(number));
  }

  func::FuncOp function;
  const FixedVariables &fixed;
  Preparation &preparation;
  /// Values that follow from variables alone (true), or from nothing.
  llvm::DenseMap<Value, bool> follows;
};

struct HoistParametersPass
    : impl::HoistParametersPassBase<HoistParametersPass> {
  void runOnOperation() override {
    FixedVariables fixed(getOperation());
    Preparation preparation(getOperation(), fixed.preparing());
    SmallVector<func::FuncOp> entries;
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (moe::attr::entry.isOn(function) && function != fixed.preparing() &&
          function.getBody().hasOneBlock())
        entries.push_back(function);
    for (func::FuncOp function : entries)
      Hoister(function, fixed, preparation).run();
    preparation.finish();
  }
};
} // namespace
} // namespace moec::schedule
