//===- VerifyContract.cpp - Variables and entries fit each other ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/MoE/MoEConventions.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "passes/Model/Passes.h"
#include "llvm/ADT/StringSet.h"

namespace moec::model {
#define GEN_PASS_DEF_VERIFYMODELPASS
#include "passes/Model/Passes.h.inc"
} // namespace moec::model

using namespace mlir;
using namespace moec;

namespace {
/// Checks one side, arguments or results, of one function.
class SideChecker {
public:
  SideChecker(func::FuncOp function, StringRef what, ArrayRef<StringRef> keys,
              SymbolTable &symbols)
      : function(function), what(what), keys(keys), symbols(symbols) {}

  LogicalResult check(unsigned index, Type type, DictionaryAttr attrs) {
    StringRef kind;
    Attribute name;
    for (StringRef key : keys) {
      Attribute value = attrs ? attrs.get(key) : Attribute();
      if (!value)
        continue;
      if (name)
        return error(index) << "has both '" << kind << "' and '" << key << "'";
      kind = key;
      name = value;
    }
    if (!name)
      return error(index) << "says nothing of what it is; expected one of "
                          << llvm::join(keys, ", ");
    std::string printed;
    llvm::raw_string_ostream(printed) << kind << ' ' << name;
    // Outputs and metrics share their names.
    if (kind == moe::attr::metric.name)
      printed = moe::attr::output.name.str() + printed.substr(kind.size());
    if (!names.insert(printed).second)
      return error(index) << "is a second one with " << kind << " = " << name;
    if (auto host = dyn_cast<moe::HostValueAttr>(name))
      return checkHost(index, type, host);
    return kind == moe::attr::variable.name
               ? checkVariable(index, type, cast<FlatSymbolRefAttr>(name))
               : success();
  }

private:
  InFlightDiagnostic error(unsigned index) {
    return function.emitError()
           << what << ' ' << index << " of @" << function.getSymName() << ' ';
  }

  LogicalResult checkHost(unsigned index, Type type, moe::HostValueAttr host) {
    Builder b(function.getContext());
    bool counts = host.getValue() == moe::HostValue::Step ||
                  host.getValue() == moe::HostValue::Seed;
    Type element = counts ? Type(b.getI32Type()) : Type(b.getF32Type());
    Type expected = RankedTensorType::get({}, element);
    if (type == expected)
      return success();
    return error(index) << "is " << host << ", a " << expected << ", but has "
                        << "type " << type;
  }

  LogicalResult checkVariable(unsigned index, Type type,
                              FlatSymbolRefAttr name) {
    auto variable = symbols.lookup<moe::VariableOp>(name.getAttr());
    if (!variable)
      return error(index) << "names " << name << ", which is no moe.variable";
    if (variable.getType() == type)
      return success();
    InFlightDiagnostic diag = error(index)
                              << "is variable " << name << ", but has type "
                              << type << ", not " << variable.getType();
    diag.attachNote(variable.getLoc()) << "the variable";
    return diag;
  }

  func::FuncOp function;
  StringRef what;
  ArrayRef<StringRef> keys;
  SymbolTable &symbols;
  llvm::StringSet<> names;
};

struct VerifyModelPass
    : public moec::model::impl::VerifyModelPassBase<VerifyModelPass> {
  using VerifyModelPassBase::VerifyModelPassBase;

  void runOnOperation() override {
    SymbolTable symbols(getOperation());
    llvm::DenseMap<Attribute, func::FuncOp> entries;
    for (auto variable : getOperation().getOps<moe::VariableOp>())
      if (failed(checkOwner(variable, symbols)))
        return signalPassFailure();
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (isEntry(function) && (failed(checkEntry(function, symbols)) ||
                                failed(checkName(function, entries))))
        return signalPassFailure();
    if (failed(checkStatistics(symbols)) || failed(checkDerived()))
      return signalPassFailure();
    markAllAnalysesPreserved();
  }

  /// The variables that arguments or results name, in order; null for others.
  static SmallVector<Attribute> variablesOf(std::optional<ArrayAttr> list) {
    SmallVector<Attribute> names;
    if (list)
      for (auto attrs : list->getAsRange<DictionaryAttr>())
        names.push_back(moe::attr::variable.in(attrs));
    return names;
  }

  /// The variables that an entry changes: those of which it returns another
  /// value than that which they have.
  static llvm::SetVector<Attribute> changedBy(func::FuncOp function) {
    llvm::SetVector<Attribute> changed;
    bool isPlain = function.getBody().hasOneBlock();
    for (auto [i, name] :
         llvm::enumerate(variablesOf(function.getResAttrs()))) {
      auto same = isPlain ? dyn_cast<BlockArgument>(
                                function.front().getTerminator()->getOperand(i))
                          : BlockArgument();
      if (name && (!same || moe::attr::variable.ofArgument(
                                function, same.getArgNumber()) != name))
        changed.insert(name);
    }
    return changed;
  }

  /// A statistic that is read has a value from the first run on.
  LogicalResult checkStatistics(SymbolTable &symbols) {
    auto functions = getOperation().getOps<func::FuncOp>();
    for (auto function : functions)
      for (auto [i, name] :
           llvm::enumerate(variablesOf(function.getArgAttrs()))) {
        auto variable = name ? symbols.lookup<moe::VariableOp>(
                                   cast<FlatSymbolRefAttr>(name).getAttr())
                             : moe::VariableOp();
        if (!variable || variable.getRole() != moe::Role::Statistic ||
            variable.getInit())
          continue;
        InFlightDiagnostic diag = function.emitError()
                                  << "argument " << i << " of @"
                                  << function.getSymName() << " reads " << name;
        auto other =
            llvm::find_if(functions, [&, read = name](func::FuncOp other) {
              return other != function && changedBy(other).contains(read);
            });
        if (other == functions.end())
          diag << ", to which nothing gives a first value";
        else
          diag << ", and may do so before @" << (*other).getSymName()
               << " has given it a value";
        diag.attachNote(variable.getLoc())
            << "expected an 'init' for a variable of role statistic";
        return diag;
      }
    return success();
  }

  /// Derived variables are computed by one entry that changes nothing else,
  /// which is what the runtime knows it by and why it can run it at any time.
  /// Who changes more has to change all of them, since they count as current
  /// then.
  LogicalResult checkDerived() {
    llvm::SetVector<Attribute> derived;
    moe::VariableOp first;
    for (auto variable : getOperation().getOps<moe::VariableOp>())
      if (variable.getRole() == moe::Role::Derived) {
        derived.insert(FlatSymbolRefAttr::get(variable.getSymNameAttr()));
        first = first ? first : variable;
      }
    func::FuncOp preparing;
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      llvm::SetVector<Attribute> changed = changedBy(function);
      auto isDerived = [&](Attribute name) { return derived.contains(name); };
      auto one = llvm::find_if(changed, isDerived);
      if (one == changed.end())
        continue;
      for (Attribute name : derived)
        if (!changed.contains(name))
          return function.emitError()
                 << "@" << function.getSymName() << " computes the derived "
                 << "variable " << *one << " and not " << name
                 << "; expected all of them, which are taken for current once "
                 << "it has run";
      if (!llvm::all_of(changed, isDerived))
        continue;
      if (failed(checkPreparing(function, derived)))
        return failure();
      if (preparing) {
        InFlightDiagnostic diag =
            function.emitError()
            << "@" << function.getSymName() << " is a second entry that "
            << "changes derived variables alone; expected one, which the "
            << "runtime runs by itself";
        diag.attachNote(preparing.getLoc()) << "the first";
        return diag;
      }
      preparing = function;
    }
    if (derived.empty() || preparing)
      return success();
    return first.emitOpError("is derived; expected an entry that changes the "
                             "derived variables alone, which the runtime runs "
                             "by itself when others have changed");
  }

  static LogicalResult
  checkPreparing(func::FuncOp function,
                 const llvm::SetVector<Attribute> &derived) {
    auto error = [&] {
      return function.emitError()
             << "@" << function.getSymName() << " changes derived variables "
             << "alone, so the runtime runs it by itself; expected ";
    };
    auto entry = moe::attr::entry.get(function);
    if (int64_t batch = entry ? entry.getBatch() : 0)
      return error() << "no batch, got " << batch;
    for (auto [i, name] : llvm::enumerate(variablesOf(function.getArgAttrs())))
      if (!name || derived.contains(name))
        return error() << "arguments that are other variables, got argument "
                       << i;
    return success();
  }

  static bool isEntry(func::FuncOp function) {
    auto says = [](std::optional<ArrayAttr> list) {
      return list &&
             llvm::any_of(list->getAsRange<DictionaryAttr>(),
                          [](DictionaryAttr attrs) { return !attrs.empty(); });
    };
    return moe::attr::entry.isOn(function) || says(function.getArgAttrs()) ||
           says(function.getResAttrs());
  }

  LogicalResult checkOwner(moe::VariableOp variable, SymbolTable &symbols) {
    FlatSymbolRefAttr of = variable.getOfAttr();
    if (!of)
      return success();
    auto owner = symbols.lookup<moe::VariableOp>(of.getAttr());
    if (!owner || owner.getRole() != moe::Role::Parameter)
      return variable.emitOpError("belongs to ")
             << of << ", which is no parameter";
    if (owner.getType() == variable.getType())
      return success();
    return variable.emitOpError("has type ")
           << variable.getType() << ", but belongs to " << of << " of type "
           << owner.getType();
  }

  LogicalResult checkEntry(func::FuncOp function, SymbolTable &symbols) {
    static const StringRef sources[] = {
        moe::attr::variable.name, moe::attr::field.name, moe::attr::host.name};
    static const StringRef goals[] = {moe::attr::variable.name,
                                      moe::attr::output.name,
                                      moe::attr::metric.name};
    SideChecker arguments(function, "argument", sources, symbols);
    for (auto [i, type] : llvm::enumerate(function.getArgumentTypes()))
      if (failed(arguments.check(i, type, function.getArgAttrDict(i))))
        return failure();
    SideChecker results(function, "result", goals, symbols);
    for (auto [i, type] : llvm::enumerate(function.getResultTypes()))
      if (failed(results.check(i, type, function.getResultAttrDict(i))))
        return failure();
    return success();
  }

  static LogicalResult
  checkName(func::FuncOp function,
            llvm::DenseMap<Attribute, func::FuncOp> &entries) {
    auto entry = moe::attr::entry.get(function);
    if (!entry)
      entry =
          moe::EntryAttr::get(function.getContext(), function.getSymName(), 0);
    auto [other, isNew] = entries.insert({entry, function});
    if (isNew)
      return success();
    InFlightDiagnostic diag = function.emitError()
                              << "@" << function.getSymName()
                              << " is a second entry " << entry;
    diag.attachNote(other->second.getLoc()) << "the first";
    return diag;
  }
};
} // namespace
