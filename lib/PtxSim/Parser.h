//===- Parser.h - PTX text to a tree ----------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_PARSER_H
#define MOEC_LIB_PTXSIM_PARSER_H

#include "lib/PtxSim/Lexer.h"
#include "lib/PtxSim/Syntax.h"

namespace moec::ptxsim {

/// Parses the PTX that LLVM's NVPTX backend writes, with the inline assembly of
/// the nvvm and nvgpu dialects. Debug sections, .loc, .file and .pragma are
/// skipped. Throws Error with "NAME:LINE: ...".
ast::Module parsePtx(std::string_view text, const std::string &name);

/// The tokens of a text with one of look-ahead, and what is common to the
/// parsers of declarations and of operands.
class TokenStream {
public:
  TokenStream(std::string_view text, const std::string &name)
      : name(name), lexer(text, name) {
    token = lexer.next();
  }
  const Token &peek() const { return token; }
  Token take() {
    Token t = token;
    token = lexer.next();
    return t;
  }
  bool accept(char c) {
    const bool yes = token.is(c);
    if (yes)
      take();
    return yes;
  }
  bool accept(std::string_view word) {
    const bool yes = token.is(word);
    if (yes)
      take();
    return yes;
  }
  void expect(char c, const char *where);
  std::string_view expectName(const char *what);
  uint64_t expectInteger(const char *what);
  /// Skips what stands on the line of the current token.
  void skipLine(unsigned line) {
    while (token.kind != TokenKind::End && token.line == line)
      take();
  }
  [[noreturn]] void error(const std::string &text) const {
    failAt(name, token.line, text);
  }

private:
  const std::string &name;
  Lexer lexer;
  Token token;
};

/// Parses one operand of an instruction or an element of one.
ast::Operand parseOperand(TokenStream &in, unsigned depth = 0);

/// Parses what follows the space (".reg", ".shared", ...) of a declaration, up
/// to the ';' or, for a parameter, the ',' or ')'. One declaration can name
/// several variables.
void parseVariables(TokenStream &in, ast::Space space, bool external,
                    bool parameter, std::vector<ast::Variable> &into);

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_PARSER_H
