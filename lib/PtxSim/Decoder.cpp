//===- Decoder.cpp - From the tree to decoded instructions ----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Functions, scopes, labels and calls; operands are in DecoderOperands.cpp.
// A call is replaced by the body of the function with registers of its own, so
// that divergence inside of it needs nothing special. Recursion is an error.
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/DecoderFrame.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Lexer.h"
#include "lib/PtxSim/OpcodeTable.h"

#include <algorithm>

namespace moec::ptxsim {

using namespace ast;

InstData::~InstData() = default;

Decoder::Decoder(const ModuleContext &context, Kernel &kernel)
    : context(context), kernel(kernel) {
  for (auto &row : specialRows)
    std::fill(std::begin(row), std::end(row), noReg);
}

void Decoder::error(const std::string &text) const {
  failAt(context.program->name, current ? current->line : 0, text);
}

static uint64_t alignTo(uint64_t n, uint64_t align) {
  return (n + align - 1) / align * align;
}

void Decoder::run(const Function &entry) {
  Statement start;
  start.line = entry.line;
  current = &start;
  kernel.info.name = std::string(entry.name);
  kernel.info.maxThreads = entry.maxThreads;
  kernel.info.requiredThreads = entry.requiredThreads;
  Frame root;
  root.function = &entry;
  root.scopes.resize(std::max<size_t>(1, entry.scopeParent.size()));
  uint64_t offset = 0;
  for (const Variable &v : entry.parameters) {
    offset = alignTo(offset, v.align);
    if (offset + v.bytes > 32764)
      failAt(context.program->name, v.line,
             "the parameters of a kernel take more than 32764 bytes");
    Symbol s;
    s.kind = Symbol::KernelParam;
    s.offset = offset;
    s.bytes = v.bytes;
    root.scopes[0].emplace(v.name, s);
    kernel.info.parameters.push_back(
        {std::string(v.name), uint32_t(offset), uint32_t(v.bytes), v.align});
    offset += v.bytes;
  }
  kernel.info.parameterBytes = uint32_t(offset);
  function(entry, root);
  finish();
}

void Decoder::function(const Function &f, Frame &next) {
  Frame *const outer = frame;
  const Statement *const outerStatement = current;
  frame = &next;
  spend(f.body.size() + f.tables.size() + f.scopeParent.size() + 16);
  for (const TargetTable &t : f.tables)
    next.tables[t.name] = &t;
  next.labels.resize(std::max<size_t>(1, f.scopeParent.size()));
  for (const Statement &s : f.body) {
    if (s.kind != Statement::Label)
      continue;
    if (!next.labels[s.scope].emplace(s.opcode, uint32_t(labels.size())).second)
      failAt(context.program->name, s.line,
             fmt::format("label {} stands twice", s.opcode));
    labels.push_back({noPc, s.opcode, s.line});
  }
  next.returnLabel = uint32_t(labels.size());
  labels.push_back({noPc, "the end of a function", f.line});
  for (const Statement &s : f.body) {
    current = &s;
    if (s.kind == Statement::Declaration)
      declare(f.variables[s.variable], s.scope);
    else if (s.kind == Statement::Label)
      labels[next.labels[s.scope].at(s.opcode)].pc =
          uint32_t(kernel.code.size());
    else
      instruction(s);
  }
  labels[next.returnLabel].pc = uint32_t(kernel.code.size());
  frame = outer;
  current = outerStatement;
}

/// Calls can repeat a text without end; what they make is counted.
void Decoder::spend(size_t n) {
  context.work += n;
  if (context.work > 4 * uint64_t(context.limits->instructions))
    error(fmt::format("the module is too large after its calls are inlined; "
                      "kernel {} no longer fits",
                      kernel.info.name));
}

void Decoder::declare(const Variable &v, uint32_t scope) {
  auto &names = frame->scopes[scope];
  if (v.space == Space::Reg && v.byCount) {
    frame->families[v.name] = {&v};
    return;
  }
  Symbol s;
  switch (v.space) {
  case Space::Reg:
    if (v.elementBytes > 8)
      error("128-bit registers are not simulated");
    s.kind = v.elementBytes ? Symbol::Register : Symbol::Predicate;
    s.bits = uint8_t(v.elementBytes * 8);
    s.id = v.elementBytes ? newRegister(s.bits) : kernel.preds++;
    break;
  case Space::Param:
  case Space::Local:
    s.kind = Symbol::Local;
    s.param = v.space == Space::Param;
    s.offset = allocateLocal(v.bytes, v.align, v.line);
    s.bytes = v.bytes;
    break;
  case Space::Shared:
    s = *sharedVariable(v);
    break;
  default:
    error(fmt::format("variable {} must stand outside of functions", v.name));
  }
  names[v.name] = s;
}

uint32_t Decoder::allocateLocal(uint64_t bytes, unsigned align, unsigned line) {
  localTop = alignTo(localTop, align);
  const uint64_t at = localTop;
  localTop += bytes;
  if (localTop > context.limits->localPerThread)
    failAt(context.program->name, line,
           fmt::format("kernel {} needs {} bytes of local memory per thread, "
                       "the limit is {}",
                       kernel.info.name, localTop,
                       context.limits->localPerThread));
  return uint32_t(at);
}

const Symbol *Decoder::sharedVariable(const Variable &v) {
  const auto found = sharedSymbols.find(v.name);
  if (found != sharedSymbols.end())
    return &found->second;
  Symbol s;
  s.bytes = v.bytes;
  sharedAlign = std::max(sharedAlign, v.align);
  if (v.external || v.bytes == 0) {
    s.kind = Symbol::DynamicShared;
  } else {
    s.kind = Symbol::Shared;
    s.offset = alignTo(sharedTop, v.align);
    sharedTop = s.offset + v.bytes;
    if (sharedTop > context.limits->sharedPerBlock)
      failAt(context.program->name, v.line,
             fmt::format(
                 "kernel {} needs {} bytes of shared memory, the limit is {}",
                 kernel.info.name, sharedTop, context.limits->sharedPerBlock));
  }
  return &sharedSymbols.emplace(v.name, s).first->second;
}

void Decoder::instruction(const Statement &s) {
  const OpcodeEntry *entry = findOpcode(s.opcode, modifiers);
  if (!entry)
    error(fmt::format("unknown instruction '{}'", s.opcode));
  spend(s.operands.size() / 4);
  after.clear();
  entry->decode(*this);
  if (!modifiers.empty())
    error(fmt::format("'{}': the simulator does not know the modifier '.{}'",
                      s.opcode, modifiers.front()));
}

//===- Instructions -------------------------------------------------------===//

Inst Decoder::make(ExecFn fn, InstClass cls) const {
  Inst i;
  i.fn = fn;
  i.cls = uint8_t(cls);
  i.line = current->line;
  return i;
}

void Decoder::setList(Inst &i, const std::vector<uint32_t> &defs,
                      const std::vector<uint32_t> &uses) {
  i.list = uint32_t(kernel.lists.size());
  i.listDefs = uint16_t(defs.size());
  i.listCount = uint16_t(defs.size() + uses.size());
  kernel.lists.insert(kernel.lists.end(), defs.begin(), defs.end());
  kernel.lists.insert(kernel.lists.end(), uses.begin(), uses.end());
}

void Decoder::push(const Inst &inst) {
  Inst i = inst;
  if (!current->guard.empty()) {
    const Symbol *s = find(current->guard);
    if (!s || s->kind != Symbol::Predicate)
      error(fmt::format("'{}' is no predicate", current->guard));
    i.guard = uint16_t(s->id);
    if (current->guardNegated)
      i.flags |= guardNegated;
  }
  kernel.code.push_back(i);
  if (kernel.code.size() > context.limits->instructions)
    error(fmt::format("kernel {} has more than {} instructions",
                      kernel.info.name, context.limits->instructions));
  if (kernel.preds >= noPred)
    error("a kernel with more than 65534 predicates is not simulated");
  // Narrowed results, once.
  std::vector<Inst> rest;
  rest.swap(after);
  for (const Inst &e : rest)
    push(e);
}

uint32_t Decoder::labelOf(std::string_view name) {
  uint32_t scope = current->scope;
  while (true) {
    const auto found = frame->labels[scope].find(name);
    if (found != frame->labels[scope].end())
      return found->second;
    if (scope == 0)
      error(fmt::format("there is no label {}", name));
    scope = frame->function->scopeParent[scope];
  }
}

void Decoder::pushBranch(Inst i, std::string_view label) {
  i.imm = labelOf(label);
  push(i);
}

void Decoder::pushBranchTable(Inst i, std::string_view name) {
  const auto found = frame->tables.find(name);
  if (found == frame->tables.end())
    error(fmt::format("there is no .branchtargets {}", name));
  auto data = std::make_unique<BranchTable>();
  spend(found->second->labels.size());
  for (std::string_view label : found->second->labels)
    data->targets.push_back(labelOf(label));
  i.data = keep(std::move(data));
  push(i);
}

void Decoder::pushReturn(Inst exit, Inst branch) {
  if (!frame->caller) {
    push(exit);
    return;
  }
  branch.imm = frame->returnLabel;
  push(branch);
}

void Decoder::call() {
  if (!current->guard.empty())
    error("a call under a predicate is not simulated");
  const auto &operands = current->operands;
  size_t k = 0;
  const Operand *results = nullptr, *arguments = nullptr;
  if (k < operands.size() && operands[k].kind == OperandKind::List)
    results = &operands[k++];
  if (k >= operands.size() || operands[k].kind != OperandKind::Name)
    error("expected the name of a function");
  const std::string_view name = operands[k++].name;
  if (k < operands.size() && operands[k].kind == OperandKind::List)
    arguments = &operands[k++];
  if (k != operands.size())
    error("calls through pointers are not simulated");
  const auto found = context.functions.find(name);
  if (found == context.functions.end() || !found->second->defined)
    error(fmt::format("call of {}, which this module does not define", name));
  const Function &f = *found->second;
  if (f.entry)
    error(fmt::format("call of the kernel {}", name));
  for (const Frame *up = frame; up; up = up->caller)
    if (up->function == &f)
      error(fmt::format("{} calls itself; recursion is not simulated", name));
  Frame inner;
  inner.function = &f;
  inner.caller = frame;
  inner.depth = frame->depth + 1;
  if (inner.depth > 64)
    error("calls are nested more than 64 deep");
  inner.scopes.resize(std::max<size_t>(1, f.scopeParent.size()));
  const auto bind = [&](const std::vector<Variable> &formal,
                        const Operand *actual, const char *what) {
    const size_t n = actual ? actual->parts.size() : 0;
    if (n != formal.size())
      error(
          fmt::format("{} takes {} {}, got {}", name, formal.size(), what, n));
    spend(n);
    for (size_t p = 0; p < n; ++p) {
      const Symbol *s = find(actual->parts[p].name);
      if (!s || s->kind != Symbol::Local || s->bytes < formal[p].bytes)
        error(fmt::format("'{}' is no .param of {} bytes",
                          actual->parts[p].name, formal[p].bytes));
      inner.scopes[0].emplace(formal[p].name, *s);
    }
  };
  bind(f.results, results, "results");
  bind(f.parameters, arguments, "arguments");
  modifiers.clear();
  function(f, inner);
}

void Decoder::noteStore(bool shared, bool global, unsigned bytes) {
  bytes = std::min(bytes, 4u);
  if (shared)
    kernel.sharedGranule = std::min(kernel.sharedGranule, bytes);
  if (global)
    kernel.globalGranule = std::min(kernel.globalGranule, bytes);
}

void execExit(Warp &w, const Inst &i, uint32_t mask);

void Decoder::finish() {
  current = nullptr;
  Inst end;
  end.fn = execExit;
  end.cls = uint8_t(InstClass::Control);
  end.line = kernel.code.empty() ? 0 : kernel.code.back().line;
  kernel.code.push_back(end);
  for (Inst &i : kernel.code) {
    if (i.flags & flagBranch)
      i.imm = labels[size_t(i.imm)].pc;
    if (const auto *t = i.flags & flagTable ? i.data : nullptr) {
      // Owned by this kernel and not shared yet.
      auto &table =
          const_cast<BranchTable &>(*static_cast<const BranchTable *>(t));
      for (uint32_t &target : table.targets)
        target = labels[target].pc;
    }
  }
  insertReconvergence(kernel);
  kernel.info.instructions = uint32_t(kernel.code.size());
  kernel.localBytes = uint32_t(alignTo(localTop, 16));
  kernel.info.staticShared = uint32_t(sharedTop);
  kernel.dynamicOffset = uint32_t(alignTo(sharedTop, sharedAlign));
  allocateRows(kernel, registerBitsOf, pinned);
  guardWgmmaRegisters(kernel);
  if (kernel.rows > context.limits->registers)
    error(fmt::format("kernel {} needs {} registers at once, the limit is {}",
                      kernel.info.name, kernel.rows,
                      context.limits->registers));
}

} // namespace moec::ptxsim
