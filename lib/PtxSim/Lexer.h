//===- Lexer.h - Tokens of PTX text -----------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_LEXER_H
#define MOEC_LIB_PTXSIM_LEXER_H

#include <cstdint>
#include <string>
#include <string_view>

namespace moec::ptxsim {

/// Throws Error with "NAME:LINE: TEXT".
[[noreturn]] void failAt(const std::string &name, unsigned line,
                         const std::string &text);

enum class TokenKind : uint8_t {
  End,
  Word,    ///< name, opcode with its modifiers, directive
  Integer, ///< bits
  Float,   ///< bits
  String,
  Mark, ///< one character
};

struct Token {
  TokenKind kind = TokenKind::End;
  uint8_t floatBits = 0;
  char mark = 0;
  unsigned line = 1;
  std::string_view text;
  uint64_t bits = 0;

  bool is(char c) const { return kind == TokenKind::Mark && mark == c; }
  bool is(std::string_view word) const {
    return kind == TokenKind::Word && text == word;
  }
};

/// Splits a text into tokens, skipping comments.
class Lexer {
public:
  Lexer(std::string_view text, const std::string &name)
      : text(text), name(name) {}
  Token next();

private:
  void skipSpace();
  Token number();

  std::string_view text;
  const std::string &name;
  size_t at = 0;
  unsigned line = 1;
};

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_LEXER_H
