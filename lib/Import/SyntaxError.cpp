//===- SyntaxError.cpp - What is wrong with text that is no JSON ----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Import/SyntaxError.h"
#include "runtime/core/Text.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace moec::import;
using llvm::StringRef;

/// Letters, digits and what stands in numbers: a word of other languages.
static bool inWord(char c) {
  return llvm::isAlnum(c) || c == '_' || c == '+' || c == '-' || c == '.';
}

static SyntaxError explainWord(StringRef word, size_t begin) {
  std::string lower = word.ltrim("+-").lower();
  if (lower == "nan" || lower == "inf" || lower == "infinity")
    return {"JSON has no " + word.str(), begin, "write a finite number"};
  StringRef right = llvm::StringSwitch<StringRef>(lower)
                        .Case("true", "true")
                        .Case("false", "false")
                        .Cases({"none", "null", "nil"}, "null")
                        .Default("");
  if (!right.empty())
    return {"JSON has no " + word.str(), begin, "write " + right.str()};
  if (llvm::isDigit(lower.empty() ? 'x' : lower.front()) || lower[0] == '.')
    return {"'" + word.str() + "' is no number of JSON", begin,
            "write it as 0.5, -3 or 1e-4: no '+', no leading 0, digits on both "
            "sides of the point"};
  return {"'" + word.str() + "' is no value", begin,
          "write \"" + word.str() + "\" in double quotes"};
}

SyntaxError moec::import::explainSyntaxError(StringRef text, size_t offset,
                                             StringRef words) {
  for (StringRef start : {"module", "#map", "#loc", "func.func", "\"builtin"})
    if (text.ltrim().starts_with(start))
      return {"it looks like IR", 0,
              "say which phase wrote it, with --from=PHASE"};
  if (text.starts_with("\x7f"
                       "ELF"))
    return {"it is a module that is compiled already, or another program", 0,
            "give the JSON model"};
  StringRef before = text.take_front(offset).rtrim();
  if (offset >= text.size())
    return {text.trim().empty() ? "the file is empty"
                                : "the file ends too early",
            before.empty() ? 0 : before.size() - 1,
            "close every '{', '[' and '\"' that is open"};
  char c = text[offset];
  if (c == '/' || c == '#')
    return {"JSON has no comments", offset, "remove the comment"};
  if (c == '\'')
    return {"strings stand in double quotes", offset, "write \" instead of '"};
  if (c == '=')
    return {"there is a '=' in the place of a ':'", offset, "write ':'"};
  if ((c == '}' || c == ']') && before.ends_with(","))
    return {"a comma too many", before.size() - 1,
            "remove the comma before '" + std::string(1, c) + "'"};
  bool value = llvm::StringRef("\"{[").contains(c) ||
               (words.starts_with("unexpected") && inWord(c));
  if (value && words.contains("expected end of input"))
    return {"something stands behind the end of the model", offset,
            "remove it, or the bracket that closes too early"};
  if (value && !before.empty() && !StringRef(",:{[").contains(before.back()))
    return {"a ',' or ':' is missing", offset,
            "put it behind " + escapeControls(before.take_back(1).str() == "\""
                                                  ? "the string before"
                                                  : "what stands before")};
  // A word of which the parser read on to where it is none of JSON's.
  size_t begin = offset;
  if (!words.contains("invalid string")) {
    while (begin > 0 && inWord(text[begin - 1]))
      --begin;
    StringRef word = text.drop_front(begin).take_while(inWord);
    if (!word.empty())
      return explainWord(word, begin);
  }
  if (words.contains("invalid string") && (c == '\n' || c == '\r'))
    return {"the string does not end in its line", offset,
            "close it with '\"'; a line end inside of a string is written "
            "\\n"};
  return {words.str(), offset, ""};
}

std::string moec::import::sourceExcerpt(StringRef text, size_t offset) {
  size_t begin = text.take_front(offset).rfind('\n') + 1; // npos + 1 is 0
  StringRef line =
      text.drop_front(begin).take_until([](char c) { return c == '\n'; });
  size_t number = text.take_front(begin).count('\n') + 1;
  // A model may be one line of a megabyte.
  size_t at = offset - begin;
  constexpr size_t most = 60;
  bool cutLeft = at > most, cutRight = line.size() > at + most;
  StringRef left = line.take_front(at).take_back(most);
  StringRef right = line.drop_front(std::min(at, line.size())).take_front(most);
  auto shown = [](StringRef part) {
    std::string plain = part.rtrim("\r").str();
    std::replace(plain.begin(), plain.end(), '\t', ' ');
    return escapeControls(plain);
  };
  std::string head = (cutLeft ? "..." : "") + shown(left);
  // Columns are characters: later bytes of a sequence take no room.
  size_t columns =
      llvm::count_if(head, [](char c) { return (uint8_t(c) & 0xC0) != 0x80; });
  return llvm::formatv("  {0,4} | {1}{2}{3}\n       | {4}^\n", number, head,
                       shown(right), cutRight ? "..." : "",
                       std::string(columns, ' '));
}
