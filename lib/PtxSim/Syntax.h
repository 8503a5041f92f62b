//===- Syntax.h - PTX text as a tree ----------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_SYNTAX_H
#define MOEC_LIB_PTXSIM_SYNTAX_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Views point into the text, which outlives the tree.
namespace moec::ptxsim::ast {

enum class OperandKind : uint8_t {
  Name,    ///< register, special register, variable, label or function
  Integer, ///< bits
  Float,   ///< bits, with 32 or 64 of them; or a decimal, 64
  Address, ///< [base + offset]; base is a name or empty; see `parts`
  Vector,  ///< {parts}
  Pair,    ///< parts[0] | parts[1]
  List,    ///< (parts), in calls
  Sink,    ///< _
};

struct Operand {
  OperandKind kind = OperandKind::Sink;
  bool negated = false;  ///< !p
  uint8_t floatBits = 0; ///< of a Float
  std::string_view name; ///< of Name and Address
  int64_t value = 0;     ///< of Integer and Float; the offset otherwise
  /// Elements. Of an Address: what follows the base after a comma, as the
  /// coordinates of [map, {x, y}].
  std::vector<Operand> parts;
};

/// "@!p opcode.mod.mod a, b;", a label, or a declaration.
struct Statement {
  enum Kind : uint8_t { Instruction, Label, Declaration };
  Kind kind = Instruction;
  bool guardNegated = false;
  unsigned line = 0;
  uint32_t scope = 0;      ///< see Function::scopeParent
  uint32_t variable = 0;   ///< of a Declaration: in Function::variables
  std::string_view guard;  ///< empty: always
  std::string_view opcode; ///< whole, "ld.global.b32"; the name of a label
  std::vector<Operand> operands;
};

enum class Space : uint8_t { Reg, Param, Global, Const, Shared, Local };

struct Variable {
  Space space = Space::Global;
  std::string_view name;
  unsigned line = 0;
  unsigned elementBytes = 0; ///< 0: predicate
  uint64_t bytes = 0;
  unsigned align = 1;
  bool external = false; ///< .extern: dynamic shared memory
  bool byCount = false;  ///< .reg %r<n>: registers name0 .. name(n-1)
  uint64_t count = 1;

  struct Init {
    uint64_t offset;
    unsigned bytes;
    uint64_t value;
    std::string_view symbol; ///< address of; value is added
    bool generic;
  };
  std::vector<Init> init;
};

/// ".branchtargets" under a label.
struct TargetTable {
  std::string_view name;
  std::vector<std::string_view> labels;
  uint32_t scope = 0;
  unsigned line = 0;
};

struct Function {
  bool entry = false;
  bool defined = false;
  std::string_view name;
  unsigned line = 0;
  std::vector<Variable> results, parameters, variables;
  std::vector<Statement> body;
  std::vector<TargetTable> tables;
  /// Braces: the scope around each scope; 0 is the body.
  std::vector<uint32_t> scopeParent;
  unsigned maxThreads = 0, requiredThreads = 0;
};

struct Module {
  std::string target;
  std::vector<Variable> variables;
  std::vector<Function> functions;
};

} // namespace moec::ptxsim::ast

#endif // MOEC_LIB_PTXSIM_SYNTAX_H
