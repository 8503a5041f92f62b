//===- ParserOperands.cpp - Operands and variables of PTX -----------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Error.h"
#include "lib/PtxSim/Parser.h"

namespace moec::ptxsim {

using namespace ast;

static std::string tokenText(const Token &t) {
  return t.kind == TokenKind::End ? "the end of the text"
                                  : fmt::format("'{}'", t.text);
}

void TokenStream::expect(char c, const char *where) {
  if (!accept(c))
    error(fmt::format("expected '{}' {}, got {}", c, where, tokenText(token)));
}

std::string_view TokenStream::expectName(const char *what) {
  if (token.kind != TokenKind::Word)
    error(fmt::format("expected {}, got {}", what, tokenText(token)));
  return take().text;
}

uint64_t TokenStream::expectInteger(const char *what) {
  if (token.kind != TokenKind::Integer)
    error(fmt::format("expected {}, got {}", what, tokenText(token)));
  return take().bits;
}

/// Elements up to `close`.
static void parseElements(TokenStream &in, char close, unsigned depth,
                          std::vector<Operand> &into) {
  while (!in.accept(close)) {
    into.push_back(parseOperand(in, depth + 1));
    if (!in.peek().is(close))
      in.expect(',', "between operands");
  }
}

static Operand parseAddress(TokenStream &in, unsigned depth) {
  Operand o;
  o.kind = OperandKind::Address;
  if (in.peek().kind == TokenKind::Word)
    o.name = in.take().text;
  else
    o.value = int64_t(in.expectInteger("an address"));
  while (!in.accept(']')) {
    if (in.accept('+')) {
      const bool minus = in.accept('-');
      const uint64_t v = in.expectInteger("an offset");
      o.value = int64_t(uint64_t(o.value) + (minus ? 0 - v : v));
    } else if (in.accept('-')) {
      o.value = int64_t(uint64_t(o.value) - in.expectInteger("an offset"));
    } else if (in.accept(',')) {
      o.parts.push_back(parseOperand(in, depth + 1));
    } else {
      in.error(fmt::format("expected ']' of an address, got {}",
                           tokenText(in.peek())));
    }
  }
  return o;
}

Operand parseOperand(TokenStream &in, unsigned depth) {
  if (depth > 4)
    in.error("operands are nested too deeply");
  Operand o;
  if (in.accept('[')) {
    o = parseAddress(in, depth);
  } else if (in.accept('{')) {
    o.kind = OperandKind::Vector;
    parseElements(in, '}', depth, o.parts);
  } else if (in.accept('(')) {
    o.kind = OperandKind::List;
    parseElements(in, ')', depth, o.parts);
  } else if (in.accept('!')) {
    o.kind = OperandKind::Name;
    o.negated = true;
    o.name = in.expectName("a predicate after '!'");
  } else if (in.peek().kind == TokenKind::Word) {
    o.name = in.take().text;
    o.kind = o.name == "_" ? OperandKind::Sink : OperandKind::Name;
    // A variable and an offset: mov.b64 %rd1, table+16.
    if (in.accept('+'))
      o.value = int64_t(in.expectInteger("an offset"));
  } else {
    const bool minus = in.accept('-');
    const Token t = in.take();
    if (t.kind == TokenKind::Integer) {
      o.kind = OperandKind::Integer;
      o.value = int64_t(minus ? 0 - t.bits : t.bits);
    } else if (t.kind == TokenKind::Float) {
      o.kind = OperandKind::Float;
      o.floatBits = t.floatBits;
      o.value =
          int64_t(t.bits ^ (minus ? uint64_t(1) << (t.floatBits - 1) : 0));
    } else {
      in.error(fmt::format("expected an operand, got {}", tokenText(t)));
    }
  }
  if (in.accept('|')) {
    Operand pair;
    pair.kind = OperandKind::Pair;
    pair.parts.push_back(std::move(o));
    pair.parts.push_back(parseOperand(in, depth + 1));
    return pair;
  }
  return o;
}

/// Bytes of a type such as ".b32"; false for what is no type.
static bool typeBytes(std::string_view t, unsigned &bytes) {
  if (t == ".pred") {
    bytes = 0;
    return true;
  }
  if (t.size() < 3 || t[0] != '.' ||
      std::string_view("busf").find(t[1]) == std::string_view::npos)
    return false;
  const std::string_view n = t.substr(2);
  bytes = n == "8"     ? 1
          : n == "16"  ? 2
          : n == "32"  ? 4
          : n == "64"  ? 8
          : n == "128" ? 16
                       : 0;
  if (t == ".f16x2" || t == ".b16x2")
    bytes = 4;
  return bytes != 0;
}

static void parseInitializer(TokenStream &in, Variable &v, uint64_t &at,
                             unsigned depth) {
  if (depth > 8)
    in.error("initial values are nested too deeply");
  if (in.accept('{')) {
    while (!in.accept('}')) {
      parseInitializer(in, v, at, depth + 1);
      if (!in.peek().is('}'))
        in.expect(',', "between initial values");
    }
    return;
  }
  Variable::Init init{at, v.elementBytes, 0, {}, false};
  at += v.elementBytes;
  const bool minus = in.accept('-');
  const Token t = in.take();
  if (t.kind == TokenKind::Integer || t.kind == TokenKind::Float) {
    init.value = minus ? 0 - t.bits : t.bits;
  } else if (t.kind == TokenKind::Word) {
    init.symbol = t.text;
    if (t.is("generic") && in.accept('(')) {
      init.generic = true;
      init.symbol = in.expectName("a variable");
      in.expect(')', "after generic(variable");
    }
    if (in.accept('+'))
      init.value = in.expectInteger("an offset");
  } else {
    in.error(fmt::format("expected an initial value, got {}", tokenText(t)));
  }
  v.init.push_back(init);
}

void parseVariables(TokenStream &in, Space space, bool external, bool parameter,
                    std::vector<Variable> &into) {
  Variable common;
  common.space = space;
  common.external = external;
  bool typed = false;
  uint64_t align = 0, vector = 1;
  // Attributes and the type, in any order.
  while (in.peek().kind == TokenKind::Word && in.peek().text[0] == '.') {
    const Token t = in.take();
    if (t.is(".align")) {
      align = in.expectInteger("an alignment");
      if (align == 0 || align > 4096 || (align & (align - 1)))
        in.error(
            fmt::format("alignment {} is no power of two up to 4096", align));
    } else if (t.is(".v2") || t.is(".v4")) {
      vector = t.text[2] - '0';
    } else if (t.is(".ptr") || t.is(".global") || t.is(".shared") ||
               t.is(".const") || t.is(".local")) {
      // .ptr .global .align 16: what a pointer points to, which is not needed.
      if (in.accept(".align"))
        in.expectInteger("an alignment");
    } else if (t.is(".attribute")) {
      in.expect('(', "after .attribute");
      while (!in.accept(')'))
        in.take().kind == TokenKind::End
            ? in.error("'.attribute(' is not closed")
            : void();
    } else if (typeBytes(t.text, common.elementBytes)) {
      typed = true;
    } else {
      in.error(fmt::format("'{}' is no type", t.text));
    }
  }
  if (!typed)
    in.error(fmt::format("expected a type, got {}", tokenText(in.peek())));
  common.align = unsigned(
      align ? align : std::max(1u, common.elementBytes * unsigned(vector)));
  do {
    Variable v = common;
    v.line = in.peek().line;
    v.name = in.expectName("the name of a variable");
    uint64_t count = vector;
    if (in.accept('<')) {
      v.byCount = true;
      v.count = in.expectInteger("a number of registers");
      in.expect('>', "after the number of registers");
    }
    while (in.accept('[')) {
      uint64_t n = 0;
      if (!in.peek().is(']'))
        n = in.expectInteger("a number of elements");
      in.expect(']', "after the number of elements");
      if (__builtin_mul_overflow(count, n, &count) ||
          count > (uint64_t(1) << 40))
        in.error(fmt::format("variable {} is too large", v.name));
    }
    v.bytes = count * v.elementBytes;
    if (in.accept('=')) {
      uint64_t at = 0;
      parseInitializer(in, v, at, 0);
      if (v.bytes == 0)
        v.bytes = at;
      if (at > v.bytes)
        in.error(
            fmt::format("{} has more initial values than elements", v.name));
    }
    into.push_back(std::move(v));
  } while (!parameter && in.accept(','));
}

} // namespace moec::ptxsim
