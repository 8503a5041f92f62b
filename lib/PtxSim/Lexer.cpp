//===- Lexer.cpp - Tokens of PTX text -------------------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/Lexer.h"

#include "lib/PtxSim/Error.h"

#include <cstdlib>
#include <cstring>

namespace moec::ptxsim {

void failAt(const std::string &name, unsigned line, const std::string &text) {
  fail("{}:{}: {}", name, line, text);
}

static bool isDigit(char c) { return c >= '0' && c <= '9'; }
static bool isLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
static bool beginsWord(char c) {
  return isLetter(c) || c == '_' || c == '$' || c == '%' || c == '.';
}
/// ':' belongs to opcodes as in ".L2::128B" and ".shared::cta"; see next().
static bool inWord(char c) {
  return isLetter(c) || isDigit(c) || c == '_' || c == '$' || c == '.';
}

void Lexer::skipSpace() {
  while (at < text.size()) {
    const char c = text[at];
    if (c == '\n') {
      ++line;
      ++at;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
      ++at;
    } else if (text.compare(at, 2, "//") == 0) {
      while (at < text.size() && text[at] != '\n')
        ++at;
    } else if (text.compare(at, 2, "/*") == 0) {
      const unsigned start = line;
      at += 2;
      while (at < text.size() && text.compare(at, 2, "*/") != 0)
        line += text[at++] == '\n';
      if (at >= text.size())
        failAt(name, start, "a comment is not closed");
      at += 2;
    } else {
      return;
    }
  }
}

Token Lexer::number() {
  Token t;
  t.line = line;
  const size_t start = at;
  const auto digits = [&](const char *allowed) {
    while (at < text.size() && text[at] && std::strchr(allowed, text[at]))
      ++at;
  };
  const char second = at + 1 < text.size() ? text[at + 1] : 0;
  int base = 10;
  if (text[at] == '0' &&
      (second == 'f' || second == 'F' || second == 'd' || second == 'D')) {
    t.kind = TokenKind::Float;
    t.floatBits = second == 'f' || second == 'F' ? 32 : 64;
    at += 2;
    digits("0123456789abcdefABCDEF");
    if (at - start - 2 != t.floatBits / 4u)
      failAt(name, line,
             fmt::format("'{}' is no hexadecimal float of {} digits",
                         text.substr(start, at - start), t.floatBits / 4));
    t.text = text.substr(start, at - start);
    t.bits = std::strtoull(std::string(t.text.substr(2)).c_str(), nullptr, 16);
    return t;
  }
  if (text[at] == '0' && (second == 'x' || second == 'X')) {
    base = 16;
    at += 2;
    digits("0123456789abcdefABCDEF");
  } else if (text[at] == '0' && (second == 'b' || second == 'B')) {
    base = 2;
    at += 2;
    digits("01");
  } else {
    base = text[at] == '0' && isDigit(second) ? 8 : 10;
    digits("0123456789");
    const bool fraction = at < text.size() && text[at] == '.';
    const bool exponent =
        at < text.size() && (text[at] == 'e' || text[at] == 'E');
    if (fraction || exponent) {
      if (fraction) {
        ++at;
        digits("0123456789");
      }
      if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        ++at;
        if (at < text.size() && (text[at] == '-' || text[at] == '+'))
          ++at;
        digits("0123456789");
      }
      t.kind = TokenKind::Float;
      t.floatBits = 64;
      t.text = text.substr(start, at - start);
      const double value = std::strtod(std::string(t.text).c_str(), nullptr);
      std::memcpy(&t.bits, &value, sizeof(value));
      return t;
    }
  }
  t.kind = TokenKind::Integer;
  t.text = text.substr(start, at - start);
  const size_t skip = base == 16 || base == 2 ? 2 : 0;
  t.bits =
      std::strtoull(std::string(t.text.substr(skip)).c_str(), nullptr, base);
  if (at < text.size() && text[at] == 'U')
    ++at;
  return t;
}

Token Lexer::next() {
  skipSpace();
  Token t;
  t.line = line;
  if (at >= text.size())
    return t;
  const char c = text[at];
  if (isDigit(c))
    return number();
  const size_t start = at;
  if (beginsWord(c)) {
    ++at;
    while (at < text.size()) {
      if (inWord(text[at])) {
        ++at;
      } else if (text.compare(at, 2, "::") == 0 && at + 2 < text.size() &&
                 inWord(text[at + 2])) {
        at += 2;
      } else {
        break;
      }
    }
    if (at - start > 4096)
      failAt(name, line, "a word of more than 4096 characters");
    t.kind = TokenKind::Word;
    t.text = text.substr(start, at - start);
    return t;
  }
  if (c == '"') {
    ++at;
    while (at < text.size() && text[at] != '"' && text[at] != '\n')
      ++at;
    if (at >= text.size() || text[at] != '"')
      failAt(name, line, "a string is not closed");
    ++at;
    t.kind = TokenKind::String;
    t.text = text.substr(start, at - start);
    return t;
  }
  if (static_cast<unsigned char>(c) < 0x20 ||
      static_cast<unsigned char>(c) >= 0x7f)
    failAt(
        name, line,
        fmt::format("unexpected byte 0x{:02x}", static_cast<unsigned char>(c)));
  ++at;
  t.kind = TokenKind::Mark;
  t.mark = c;
  t.text = text.substr(start, 1);
  return t;
}

} // namespace moec::ptxsim
