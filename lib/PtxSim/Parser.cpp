//===- Parser.cpp - PTX text to a tree ------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Parser.h"

#include "lib/PtxSim/Error.h"

namespace moec::ptxsim {

using namespace ast;

namespace {

class ModuleParser {
public:
  ModuleParser(std::string_view text, const std::string &name)
      : in(text, name) {}
  Module parse();

private:
  void function(bool entry);
  void parameters(std::vector<Variable> &into);
  void body(Function &f);
  void statement(Function &f, uint32_t scope);
  bool declaration(Function &f, uint32_t scope);
  bool skipDebug();
  void skipSection();

  TokenStream in;
  Module module;
};

bool spaceOf(std::string_view word, Space &space) {
  static const struct {
    std::string_view word;
    Space space;
  } table[] = {{".reg", Space::Reg},       {".param", Space::Param},
               {".global", Space::Global}, {".const", Space::Const},
               {".shared", Space::Shared}, {".local", Space::Local}};
  for (const auto &row : table) {
    if (row.word == word) {
      space = row.space;
      return true;
    }
  }
  return false;
}

} // namespace

Module ModuleParser::parse() {
  if (!in.accept(".version"))
    in.error("expected PTX text, which begins with .version");
  in.take(); // 8.0
  bool external = false;
  while (in.peek().kind != TokenKind::End) {
    if (skipDebug() || in.accept(';'))
      continue;
    const Token t = in.take();
    Space space;
    if (t.is(".target")) {
      module.target = std::string(in.expectName("a target"));
      while (in.accept(','))
        in.expectName("a target option");
    } else if (t.is(".address_size")) {
      if (in.expectInteger("an address size") != 64)
        in.error("expected .address_size 64");
    } else if (t.is(".extern")) {
      external = true;
      continue;
    } else if (t.is(".visible") || t.is(".weak") || t.is(".common") ||
               t.is(".linkonce")) {
      continue;
    } else if (t.is(".entry") || t.is(".func")) {
      function(t.is(".entry"));
    } else if (t.kind == TokenKind::Word && spaceOf(t.text, space) &&
               space != Space::Reg && space != Space::Param) {
      parseVariables(in, space, external, false, module.variables);
      in.expect(';', "after a variable");
    } else {
      in.error(fmt::format("'{}' is no directive of a module", t.text));
    }
    external = false;
  }
  return std::move(module);
}

/// Debug information and pragmas, which end with their line or brace.
bool ModuleParser::skipDebug() {
  const Token t = in.peek();
  if (t.is(".loc") || t.is(".file")) {
    in.skipLine(t.line);
  } else if (t.is(".pragma")) {
    while (!in.peek().is(';') && in.peek().kind != TokenKind::End)
      in.take();
    in.expect(';', "after .pragma");
  } else if (t.is(".section")) {
    in.take();
    in.expectName("the name of a section");
    skipSection();
  } else {
    return false;
  }
  return true;
}

void ModuleParser::skipSection() {
  in.expect('{', "of a section");
  while (!in.accept('}')) {
    if (in.peek().kind == TokenKind::End)
      in.error("a section is not closed");
    in.take();
  }
}

void ModuleParser::parameters(std::vector<Variable> &into) {
  if (!in.accept('('))
    return;
  while (!in.accept(')')) {
    const Token t = in.peek();
    Space space;
    if (t.kind != TokenKind::Word || !spaceOf(t.text, space) ||
        (space != Space::Param && space != Space::Reg))
      in.error("expected .param");
    in.take();
    parseVariables(in, space, false, true, into);
    if (!in.peek().is(')'))
      in.expect(',', "between parameters");
  }
}

void ModuleParser::function(bool entry) {
  Function f;
  f.entry = entry;
  f.line = in.peek().line;
  if (!entry)
    parameters(f.results);
  f.name = in.expectName("the name of a function");
  parameters(f.parameters);
  while (in.peek().kind == TokenKind::Word) {
    const Token t = in.take();
    uint64_t n = 1;
    if (t.is(".noreturn"))
      continue;
    if (!t.is(".maxntid") && !t.is(".reqntid") && !t.is(".minnctapersm") &&
        !t.is(".maxnreg") && !t.is(".maxclusterrank") &&
        !t.is(".explicitcluster") && !t.is(".reqnctapercluster") &&
        !t.is(".blocksareclusters") && !t.is(".pragma"))
      in.error(fmt::format("'{}' is no directive of a function", t.text));
    while (in.peek().kind == TokenKind::Integer ||
           in.peek().kind == TokenKind::String || in.peek().is(',')) {
      if (in.peek().kind == TokenKind::Integer)
        n = std::min<uint64_t>(n * std::min<uint64_t>(in.peek().bits, 1 << 20),
                               1 << 20);
      in.take();
    }
    if (t.is(".pragma"))
      in.expect(';', "after .pragma");
    if (t.is(".maxntid"))
      f.maxThreads = unsigned(n);
    if (t.is(".reqntid"))
      f.requiredThreads = unsigned(n);
  }
  if (in.accept('{')) {
    f.defined = true;
    body(f);
  } else {
    in.expect(';', "after the declaration of a function");
  }
  module.functions.push_back(std::move(f));
}

void ModuleParser::body(Function &f) {
  f.scopeParent.push_back(0);
  std::vector<uint32_t> scopes{0};
  while (!scopes.empty()) {
    if (in.peek().kind == TokenKind::End)
      in.error(fmt::format("the body of {} is not closed", f.name));
    if (in.accept('{')) {
      if (scopes.size() > 64)
        in.error("scopes are nested more than 64 deep");
      f.scopeParent.push_back(scopes.back());
      scopes.push_back(uint32_t(f.scopeParent.size() - 1));
    } else if (in.accept('}')) {
      scopes.pop_back();
    } else if (!in.accept(';') && !skipDebug()) {
      statement(f, scopes.back());
    }
  }
}

bool ModuleParser::declaration(Function &f, uint32_t scope) {
  Space space;
  if (in.peek().kind != TokenKind::Word || !spaceOf(in.peek().text, space))
    return false;
  Statement s;
  s.kind = Statement::Declaration;
  s.line = in.take().line;
  s.scope = scope;
  size_t first = f.variables.size();
  parseVariables(in, space, false, false, f.variables);
  in.expect(';', "after a variable");
  for (; first < f.variables.size(); ++first) {
    s.variable = uint32_t(first);
    f.body.push_back(s);
  }
  return true;
}

void ModuleParser::statement(Function &f, uint32_t scope) {
  if (declaration(f, scope))
    return;
  Statement s;
  s.line = in.peek().line;
  s.scope = scope;
  if (in.accept('@')) {
    s.guardNegated = in.accept('!');
    s.guard = in.expectName("a predicate after '@'");
  }
  s.opcode = in.expectName("an instruction");
  if (s.guard.empty() && in.accept(':')) {
    if (in.accept(".branchtargets")) {
      TargetTable table;
      table.name = s.opcode;
      table.scope = scope;
      table.line = s.line;
      do
        table.labels.push_back(in.expectName("a label"));
      while (in.accept(','));
      in.expect(';', "after .branchtargets");
      f.tables.push_back(std::move(table));
      return;
    }
    if (in.peek().is(".callprototype"))
      in.error("calls through pointers are not simulated");
    s.kind = Statement::Label;
    f.body.push_back(std::move(s));
    return;
  }
  while (!in.accept(';')) {
    s.operands.push_back(parseOperand(in));
    if (!in.peek().is(';'))
      in.expect(',', "or ';' after an operand");
  }
  f.body.push_back(std::move(s));
}

Module parsePtx(std::string_view text, const std::string &name) {
  return ModuleParser(text, name).parse();
}

} // namespace moec::ptxsim
