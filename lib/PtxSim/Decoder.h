//===- Decoder.h - From the tree to decoded instructions --------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How to add an instruction: write a decode function and an execute function
// in a file Instructions*.cpp, and name the decode function in the table of
// that file (OpcodeTable.h).
//
//   static void execFoo(Warp &w, const Inst &i, uint32_t mask) { ... }
//   static void decodeFoo(Decoder &d) {            // foo.aligned.b32 d, a, b;
//     d.accept("aligned");
//     const Type t = d.takeType();
//     d.expectOperands(3);
//     Inst i = d.make(execFoo, InstClass::Integer);
//     i.a = d.use(1, t.bits);
//     i.b = d.use(2, t.bits);
//     i.dst = d.def(0, t.bits);
//     d.push(i);
//   }
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_DECODER_H
#define MOEC_LIB_PTXSIM_DECODER_H

#include "lib/PtxSim/Program.h"

#include <unordered_map>

namespace moec::ptxsim {

/// ".f32": kind 'f', 32 bits. Kinds: u, s, b, f, h (bf16), t (tf32), p (pred).
struct Type {
  char kind = 'b';
  uint8_t bits = 32;
  bool x2 = false; ///< two elements of bits / 2
  bool isFloat() const { return kind == 'f' || kind == 'h'; }
  bool isSigned() const { return kind == 's'; }
};

/// Reads "f16x2"; false for what is no type.
bool parseType(std::string_view text, Type &type);

/// An operand in brackets.
struct Address {
  uint32_t row = noReg; ///< 64 bits, or 32 with `narrow`
  bool narrow = false;
  int64_t offset = 0;
};

/// Where a name stands for memory.
struct Symbol {
  enum Kind : uint8_t {
    Register,
    Predicate,
    KernelParam,
    Local,
    Shared,
    DynamicShared,
    Global
  };
  Kind kind = Register;
  uint8_t bits = 32;   ///< of a register
  bool param = false;  ///< Local: a parameter of a function
  uint32_t id = 0;     ///< register, predicate, or variable of the module
  uint64_t offset = 0; ///< in its space
  uint64_t bytes = 0;
};

/// The part of the decoder that survives from one function to the next.
struct ModuleContext {
  const ast::Module *module = nullptr;
  Program *program = nullptr;
  const Limits *limits = nullptr;
  std::unordered_map<std::string_view, const ast::Function *> functions;
  std::unordered_map<std::string_view, uint32_t> globals;
  std::unordered_map<std::string_view, const ast::Variable *> shared;
  /// What decoding has done so far, for all kernels together: statements,
  /// operands, labels, branch targets.
  mutable uint64_t work = 0;
};

/// Decodes one kernel with all that it calls.
class Decoder {
public:
  Decoder(const ModuleContext &context, Kernel &kernel);
  void run(const ast::Function &entry);

  // The instruction that is being decoded.
  const ast::Statement &statement() const { return *current; }
  size_t numOperands() const { return current->operands.size(); }
  const ast::Operand &operand(size_t k) const;
  void expectOperands(size_t atLeast, size_t atMost = 0) const;
  [[noreturn]] void error(const std::string &text) const;

  // Modifiers. Every one must be taken, or the instruction is an error.
  /// Takes a modifier wherever it stands; false if it is not there.
  bool accept(std::string_view modifier);
  /// Takes the next modifier that is left; empty if there is none.
  std::string_view next();
  /// Takes the next modifier, which must be a type.
  Type takeType();
  /// Takes the next modifier if it is a type.
  bool acceptType(Type &type);
  /// Takes the last modifier if it is a float type.
  bool acceptFloatType(Type &type);
  bool has(std::string_view modifier) const;
  std::string_view peek() const;

  // Registers. `bits` is what the instruction reads or writes; a wider register
  // is narrowed or extended by an instruction of its own.
  uint32_t use(const ast::Operand &o, unsigned bits);
  uint32_t use(size_t k, unsigned bits) { return use(operand(k), bits); }
  /// `_` gives a register that nobody reads.
  uint32_t def(const ast::Operand &o, unsigned bits, bool signExtend = false);
  uint32_t def(size_t k, unsigned bits, bool signExtend = false) {
    return def(operand(k), bits, signExtend);
  }
  uint32_t temporary(unsigned bits);
  /// Gives a register a row that it shares with no other.
  void keepRow(uint32_t reg) { pinned[reg] = true; }
  uint32_t constant(uint64_t value, unsigned bits);
  uint16_t defPred(const ast::Operand &o);
  /// A predicate, its negation, or 0 and others for false and true.
  uint16_t predSource(const ast::Operand &o, bool &negated);
  /// The carry of add.cc and others.
  uint16_t carryPred();
  uint16_t newPred() { return uint16_t(kernel.preds++); }
  /// Sets psrc and its inversion.
  void usePred(Inst &i, const ast::Operand &o);
  bool isPred(const ast::Operand &o);
  /// Width of a register operand; 0 for immediates and others.
  unsigned registerBits(const ast::Operand &o);
  /// True for an integer in the text, which is then in `value`.
  bool immediate(const ast::Operand &o, int64_t &value) const;
  int64_t expectImmediate(size_t k, const char *what) const;
  Address address(const ast::Operand &o);
  /// A register of 64 bits that holds base and offset.
  uint32_t offsetAddress(const Address &a);
  /// The variable that an address or a name begins with, if any.
  const Symbol *symbol(const ast::Operand &o);

  // Instructions.
  Inst make(ExecFn fn, InstClass cls) const;
  void setList(Inst &i, const std::vector<uint32_t> &defs,
               const std::vector<uint32_t> &uses);
  template <typename T> const T *keep(std::unique_ptr<T> data) {
    const T *raw = data.get();
    kernel.data.push_back(std::move(data));
    return raw;
  }
  void push(const Inst &i);
  /// Marks the instruction pushed last as a branch to a label.
  void pushBranch(Inst i, std::string_view label);
  void pushBranchTable(Inst i, std::string_view table);
  void pushReturn(Inst exit, Inst branch);
  void call();

  /// Tells how narrow stores are; see Kernel::sharedGranule.
  void noteStore(bool shared, bool global, unsigned bytes);

private:
  struct Frame;
  struct Label {
    uint32_t pc = noPc;
    std::string_view name;
    unsigned line = 0;
  };

  void function(const ast::Function &f, Frame &frame);
  void declare(const ast::Variable &v, uint32_t scope);
  void instruction(const ast::Statement &s);
  const Symbol *find(std::string_view name);
  uint32_t newRegister(unsigned bits);
  uint32_t special(SpecialReg reg, bool wide);
  bool findSpecial(std::string_view name, SpecialReg &reg, bool &wide) const;
  uint32_t symbolRow(const Symbol &s, int64_t offset, unsigned bits);
  uint32_t constantRow(ConstantRow c, unsigned bits);
  const Symbol *sharedVariable(const ast::Variable &v);
  uint32_t labelOf(std::string_view name);
  uint32_t allocateLocal(uint64_t bytes, unsigned align, unsigned line);
  void finish();

  const ModuleContext &context;
  Kernel &kernel;
  const ast::Statement *current = nullptr;
  std::vector<std::string_view> modifiers;
  std::vector<Inst> after; ///< to be pushed behind the current one
  Frame *frame = nullptr;
  std::vector<uint8_t> registerBitsOf; ///< per virtual register
  std::vector<bool> pinned;
  std::vector<Label> labels;
  std::unordered_map<uint64_t, uint32_t> narrowConstants, wideConstants;
  std::unordered_map<std::string_view, Symbol> sharedSymbols;
  uint32_t specialRows[2][32];
  void spend(size_t n);
  uint16_t carry = noPred;
  uint64_t localTop = 0, sharedTop = 0;
  unsigned sharedAlign = 16;
};

// The steps after decoding, on virtual registers.

/// Finds where diverged lanes meet again (the immediate post-dominator of each
/// branch) and inserts the instruction that joins them. `targets` of branches
/// are program counters before and after.
void insertReconvergence(Kernel &kernel);

/// Gives registers that are never live together the same rows.
/// `bits` and `pinned` are indexed by virtual register.
void allocateRows(Kernel &kernel, const std::vector<uint8_t> &bits,
                  const std::vector<bool> &pinned);

/// Makes ordinary instructions that access registers of a wgmma.mma_async check
/// that it is not in flight. After allocateRows().
void guardWgmmaRegisters(Kernel &kernel);

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_DECODER_H
