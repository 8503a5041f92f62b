//===- DecoderOperands.cpp - Registers, constants and addresses -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Alu.h"
#include "lib/PtxSim/DecoderFrame.h"
#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Lexer.h"

#include <algorithm>
#include <cstring>

namespace moec::ptxsim {

using namespace ast;

//===- Modifiers ----------------------------------------------------------===//

bool parseType(std::string_view text, Type &type) {
  static const struct {
    const char *text;
    Type type;
  } table[] = {{"u8", {'u', 8}},
               {"u16", {'u', 16}},
               {"u32", {'u', 32}},
               {"u64", {'u', 64}},
               {"s8", {'s', 8}},
               {"s16", {'s', 16}},
               {"s32", {'s', 32}},
               {"s64", {'s', 64}},
               {"b8", {'b', 8}},
               {"b16", {'b', 16}},
               {"b32", {'b', 32}},
               {"b64", {'b', 64}},
               {"b128", {'b', 128}},
               {"f16", {'f', 16}},
               {"f32", {'f', 32}},
               {"f64", {'f', 64}},
               {"bf16", {'h', 16}},
               {"f16x2", {'f', 32, true}},
               {"bf16x2", {'h', 32, true}},
               {"u16x2", {'u', 32, true}},
               {"s16x2", {'s', 32, true}},
               {"tf32", {'t', 32}},
               {"pred", {'p', 1}}};
  for (const auto &row : table) {
    if (text == row.text) {
      type = row.type;
      return true;
    }
  }
  return false;
}

bool Decoder::accept(std::string_view modifier) {
  const auto found = std::find(modifiers.begin(), modifiers.end(), modifier);
  if (found == modifiers.end())
    return false;
  modifiers.erase(found);
  return true;
}

std::string_view Decoder::peek() const {
  return modifiers.empty() ? std::string_view() : modifiers.front();
}

bool Decoder::has(std::string_view modifier) const {
  return std::find(modifiers.begin(), modifiers.end(), modifier) !=
         modifiers.end();
}

bool Decoder::acceptFloatType(Type &type) {
  Type t;
  if (modifiers.empty() || !parseType(modifiers.back(), t) || !t.isFloat())
    return false;
  type = t;
  modifiers.pop_back();
  return true;
}

std::string_view Decoder::next() {
  const std::string_view m = peek();
  if (!modifiers.empty())
    modifiers.erase(modifiers.begin());
  return m;
}

bool Decoder::acceptType(Type &type) {
  if (modifiers.empty() || !parseType(modifiers.front(), type))
    return false;
  modifiers.erase(modifiers.begin());
  return true;
}

Type Decoder::takeType() {
  Type t;
  if (!acceptType(t))
    error(modifiers.empty() ? fmt::format("'{}' lacks a type", current->opcode)
                            : fmt::format("'{}': expected a type, got '.{}'",
                                          current->opcode, modifiers.front()));
  return t;
}

//===- Operands -----------------------------------------------------------===//

const Operand &Decoder::operand(size_t k) const {
  if (k >= current->operands.size())
    error(fmt::format("'{}': operand {} is missing", current->opcode, k + 1));
  return current->operands[k];
}

void Decoder::expectOperands(size_t atLeast, size_t atMost) const {
  const size_t n = numOperands();
  atMost = std::max(atLeast, atMost);
  if (n < atLeast || n > atMost)
    error(fmt::format("'{}' takes {} operands, got {}", current->opcode,
                      atLeast == atMost
                          ? fmt::format("{}", atLeast)
                          : fmt::format("{} to {}", atLeast, atMost),
                      n));
}

const Symbol *Decoder::find(std::string_view name) {
  uint32_t scope = current->scope;
  while (true) {
    const auto found = frame->scopes[scope].find(name);
    if (found != frame->scopes[scope].end())
      return &found->second;
    if (scope == 0)
      break;
    scope = frame->function->scopeParent[scope];
  }
  // %r12 of a declaration %r<73>.
  size_t digits = name.size();
  while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
    --digits;
  const auto family = frame->families.find(name.substr(0, digits));
  if (digits < name.size() && name.size() - digits < 10 &&
      family != frame->families.end()) {
    const Variable &v = *family->second.variable;
    if (std::stoull(std::string(name.substr(digits))) < v.count) {
      if (v.elementBytes > 8)
        error("128-bit registers are not simulated");
      Symbol s;
      s.kind = v.elementBytes ? Symbol::Register : Symbol::Predicate;
      s.bits = uint8_t(v.elementBytes * 8);
      s.id = v.elementBytes ? newRegister(s.bits) : kernel.preds++;
      return &frame->scopes[0].emplace(name, s).first->second;
    }
  }
  const auto shared = context.shared.find(name);
  if (shared != context.shared.end())
    return sharedVariable(*shared->second);
  const auto global = context.globals.find(name);
  if (global != context.globals.end()) {
    Symbol s;
    s.kind = Symbol::Global;
    s.id = global->second;
    s.bytes = context.program->variables[s.id].bytes;
    return &frame->scopes[0].emplace(name, s).first->second;
  }
  return nullptr;
}

uint32_t Decoder::newRegister(unsigned bits) {
  registerBitsOf.push_back(uint8_t(bits));
  pinned.push_back(false);
  return uint32_t(registerBitsOf.size() - 1);
}

uint32_t Decoder::temporary(unsigned bits) { return newRegister(bits); }

uint32_t Decoder::constantRow(ConstantRow c, unsigned bits) {
  c.wide = bits > 32;
  c.row = newRegister(c.wide ? 64 : 32);
  pinned[c.row] = true;
  kernel.constants.push_back(c);
  return c.row;
}

uint32_t Decoder::constant(uint64_t value, unsigned bits) {
  if (bits < 64)
    value &= (uint64_t(1) << bits) - 1;
  auto &known = bits > 32 ? wideConstants : narrowConstants;
  const auto found = known.find(value);
  if (found != known.end())
    return found->second;
  ConstantRow c;
  c.bits = value;
  return known[value] = constantRow(c, bits);
}

uint32_t Decoder::symbolRow(const Symbol &s, int64_t offset, unsigned bits) {
  ConstantRow c;
  c.bits = uint64_t(offset);
  switch (s.kind) {
  case Symbol::KernelParam:
    return constant(paramWindow + s.offset + uint64_t(offset), bits);
  case Symbol::Local:
    return constant(s.offset + uint64_t(offset), bits);
  case Symbol::Shared:
    return constant(s.offset + uint64_t(offset), bits);
  case Symbol::DynamicShared:
    c.kind = ConstantRow::DynamicShared;
    return constantRow(c, bits);
  case Symbol::Global:
    c.kind = ConstantRow::Variable;
    c.variable = s.id;
    return constantRow(c, bits);
  default:
    error("expected a variable");
  }
}

bool Decoder::isPred(const Operand &o) {
  if (o.kind != OperandKind::Name)
    return false;
  const Symbol *s = find(o.name);
  return s && s->kind == Symbol::Predicate;
}

unsigned Decoder::registerBits(const Operand &o) {
  if (o.kind != OperandKind::Name)
    return 0;
  SpecialReg reg;
  bool wide;
  if (findSpecial(o.name, reg, wide))
    return wide ? 64 : 32;
  const Symbol *s = find(o.name);
  return s && s->kind == Symbol::Register ? s->bits : 0;
}

bool Decoder::immediate(const Operand &o, int64_t &value) const {
  if (o.kind != OperandKind::Integer)
    return false;
  value = o.value;
  return true;
}

int64_t Decoder::expectImmediate(size_t k, const char *what) const {
  int64_t v;
  if (!immediate(operand(k), v))
    error(fmt::format("'{}': expected {} as operand {}", current->opcode, what,
                      k + 1));
  return v;
}

uint32_t Decoder::use(const Operand &o, unsigned bits) {
  switch (o.kind) {
  case OperandKind::Integer:
    return constant(uint64_t(o.value), bits);
  case OperandKind::Float: {
    if (o.floatBits == bits)
      return constant(uint64_t(o.value), bits);
    if (o.floatBits == 64 && bits == 32) {
      double d;
      std::memcpy(&d, &o.value, 8);
      const float f = float(d);
      uint32_t b;
      std::memcpy(&b, &f, 4);
      return constant(b, 32);
    }
    error(fmt::format("'{}': a float of {} bits where {} are expected",
                      current->opcode, o.floatBits, bits));
  }
  case OperandKind::Name:
    break;
  default:
    error(
        fmt::format("'{}': expected a register or a number", current->opcode));
  }
  SpecialReg reg;
  bool wide;
  if (findSpecial(o.name, reg, wide)) {
    wide = bits > 32;
    return special(reg, wide);
  }
  const Symbol *s = find(o.name);
  if (!s)
    error(fmt::format("'{}' is not declared", o.name));
  if (s->kind == Symbol::Predicate)
    error(fmt::format("'{}': {} is a predicate, expected a register of {} bits",
                      current->opcode, o.name, bits));
  // The address of a parameter of a function is a generic one.
  if (s->kind != Symbol::Register)
    return symbolRow(*s, o.value + (s->param ? int64_t(localWindow) : 0), bits);
  const bool isWide = s->bits > 32, wantWide = bits > 32;
  if (isWide == wantWide)
    return s->id;
  const uint32_t from = s->id;
  Inst i =
      make(alu(isWide ? AluOp::Narrow64 : AluOp::WidenU32), InstClass::Move);
  i.a = from;
  i.dst = temporary(bits);
  // Must not wait for what the instruction itself queues behind it.
  std::vector<Inst> queued;
  queued.swap(after);
  push(i);
  after.swap(queued);
  return i.dst;
}

uint32_t Decoder::def(const Operand &o, unsigned bits, bool signExtend) {
  if (o.kind == OperandKind::Sink)
    return temporary(bits);
  if (o.kind != OperandKind::Name)
    error(fmt::format("'{}': expected a register to write", current->opcode));
  const Symbol *s = find(o.name);
  if (!s || s->kind != Symbol::Register)
    error(fmt::format("'{}' is no register of {} bits", o.name, bits));
  if ((s->bits > 32) == (bits > 32)) {
    if (signExtend && bits < s->bits) {
      // 8 and 16 bits in a wider register: the upper bits are written too.
      Inst i = make(alu(bits == 8 ? AluOp::SignExtend8 : AluOp::SignExtend16),
                    InstClass::Move);
      i.a = i.dst = s->id;
      after.push_back(i);
    }
    return s->id;
  }
  if (bits > 32)
    error(fmt::format("'{}': register {} has {} bits, the result has {}",
                      current->opcode, o.name, s->bits, bits));
  Inst i = make(alu(!signExtend  ? AluOp::WidenU32
                    : bits == 8  ? AluOp::Widen8
                    : bits == 16 ? AluOp::Widen16
                                 : AluOp::WidenS32),
                InstClass::Move);
  i.a = temporary(bits);
  i.dst = s->id;
  after.push_back(i);
  return i.a;
}

uint16_t Decoder::defPred(const Operand &o) {
  if (o.kind == OperandKind::Sink)
    return noPred;
  const Symbol *s = o.kind == OperandKind::Name ? find(o.name) : nullptr;
  if (!s || s->kind != Symbol::Predicate)
    error(fmt::format("'{}': expected a predicate", current->opcode));
  return uint16_t(s->id);
}

/// mov.pred of a constant.
static void execPredConstant(Warp &w, const Inst &i, uint32_t mask) {
  w.setPred(i.pdst, i.imm ? fullMask : 0, mask);
}

uint16_t Decoder::predSource(const Operand &o, bool &negated) {
  negated = o.negated;
  if (o.kind == OperandKind::Integer) {
    Inst i = make(execPredConstant, InstClass::Move);
    i.flags |= flagInternal;
    i.imm = o.value != 0;
    i.pdst = uint16_t(kernel.preds++);
    push(i);
    return i.pdst;
  }
  const uint16_t p = defPred(o);
  if (p == noPred)
    error(fmt::format("'{}': expected a predicate", current->opcode));
  return p;
}

uint16_t Decoder::carryPred() {
  if (carry == noPred)
    carry = uint16_t(kernel.preds++);
  return carry;
}

void Decoder::usePred(Inst &i, const Operand &o) {
  bool negated;
  i.psrc = predSource(o, negated);
  if (negated)
    i.flags |= sourceNegated;
}

const Symbol *Decoder::symbol(const Operand &o) {
  if (o.kind != OperandKind::Name && o.kind != OperandKind::Address)
    return nullptr;
  const Symbol *s = o.name.empty() ? nullptr : find(o.name);
  return s && s->kind != Symbol::Register && s->kind != Symbol::Predicate
             ? s
             : nullptr;
}

Address Decoder::address(const Operand &o) {
  if (o.kind != OperandKind::Address)
    error(
        fmt::format("'{}': expected an address in brackets", current->opcode));
  Address a;
  if (o.name.empty()) {
    a.row = constant(uint64_t(o.value), 64);
    return a;
  }
  const Symbol *s = find(o.name);
  if (!s || s->kind == Symbol::Predicate)
    error(fmt::format("'{}' is no address", o.name));
  a.offset = o.value;
  if (s->kind == Symbol::Register) {
    a.row = s->id;
    a.narrow = s->bits <= 32;
  } else {
    a.row = symbolRow(*s, 0, 64);
  }
  return a;
}

uint32_t Decoder::offsetAddress(const Address &a) {
  uint32_t row = a.row;
  const auto step = [&](AluOp op, uint32_t second) {
    Inst i = make(alu(op), InstClass::Move);
    i.flags |= flagInternal;
    i.a = row;
    i.b = second;
    i.dst = row = temporary(64);
    push(i);
  };
  if (a.narrow)
    step(AluOp::WidenU32, noReg);
  if (a.offset)
    step(AluOp::Add64, constant(uint64_t(a.offset), 64));
  return row;
}

//===- Special registers --------------------------------------------------===//

bool Decoder::findSpecial(std::string_view name, SpecialReg &reg,
                          bool &wide) const {
  using S = SpecialReg;
  static const std::unordered_map<std::string_view, SpecialReg> table = {
      {"%tid.x", S::TidX},
      {"%ntid.x", S::NtidX},
      {"%ctaid.x", S::CtaidX},
      {"%nctaid.x", S::NctaidX},
      {"%laneid", S::LaneId},
      {"%warpid", S::WarpId},
      {"%nwarpid", S::NwarpId},
      {"%smid", S::SmId},
      {"%nsmid", S::One},
      {"%gridid", S::Zero},
      {"%lanemask_eq", S::LanemaskEq},
      {"%lanemask_le", S::LanemaskLe},
      {"%lanemask_lt", S::LanemaskLt},
      {"%lanemask_ge", S::LanemaskGe},
      {"%lanemask_gt", S::LanemaskGt},
      {"%clusterid.x", S::ClusterIdX},
      {"%nclusterid.x", S::NclusterIdX},
      {"%cluster_ctaid.x", S::ClusterCtaidX},
      {"%cluster_nctaid.x", S::ClusterNctaidX},
      {"%cluster_ctarank", S::ClusterCtarank},
      {"%cluster_nctarank", S::ClusterNctarank},
      {"%dynamic_smem_size", S::DynamicSharedSize},
      {"%total_smem_size", S::TotalSharedSize}};
  if (name.empty() || name[0] != '%')
    return false;
  wide = false;
  const auto found = table.find(name);
  if (found != table.end()) {
    reg = found->second;
    return true;
  }
  // Blocks and grids have one dimension.
  if (name.size() > 2 && (name.substr(name.size() - 2) == ".y" ||
                          name.substr(name.size() - 2) == ".z")) {
    const std::string x = std::string(name.substr(0, name.size() - 2)) + ".x";
    const auto same = table.find(x);
    if (same == table.end())
      return false;
    const bool size = x[1] == 'n' || x.find("_n") != std::string::npos;
    reg = size ? S::One : S::Zero;
    return true;
  }
  return false;
}

uint32_t Decoder::special(SpecialReg reg, bool wide) {
  uint32_t &known = specialRows[wide][unsigned(reg)];
  if (known == noReg) {
    known = newRegister(wide ? 64 : 32);
    pinned[known] = true;
    kernel.specials.push_back({reg, known, wide});
  }
  return known;
}

} // namespace moec::ptxsim
