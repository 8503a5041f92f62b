//===- Text.h - Texts for people -------------------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What every message of the runtime and of the compiler goes through. Only
// headers of C++, so that both can include it.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_TEXT_H
#define MOEC_RUNTIME_CORE_TEXT_H

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moec {

/// The character at text[at] and its length in bytes, 0 for what is no UTF-8.
inline std::pair<uint32_t, size_t> decodeCharacter(std::string_view text,
                                                   size_t at) {
  auto byte = [&](size_t i) { return uint32_t(uint8_t(text[i])); };
  uint32_t first = byte(at);
  if (first < 0x80)
    return {first, 1};
  size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + length > text.size())
    return {first, 0};
  uint32_t code = first & (0x7Fu >> length);
  for (size_t i = at + 1; i < at + length; ++i) {
    if ((byte(i) & 0xC0) != 0x80)
      return {first, 0};
    code = code << 6 | (byte(i) & 0x3F);
  }
  static constexpr uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  return {code, code < least[length] ? 0 : length};
}

/// `text` for a terminal: characters that would steer it (control characters,
/// changes of the writing direction, bytes that are no UTF-8) become \n, \x1b
/// or \u202e. With `lines`, line ends and tabs stay as they are; JSON then
/// stays what it was.
inline std::string escapeControls(std::string_view text, bool lines = false) {
  std::string result;
  result.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    auto [code, length] = decodeCharacter(text, at);
    bool bidi = (code >= 0x202A && code <= 0x202E) ||
                (code >= 0x2066 && code <= 0x2069);
    bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    char shown[16] = "";
    if (length == 0)
      std::snprintf(shown, sizeof(shown), "\\x%02x", uint8_t(text[at]));
    else if (code == '\n' || code == '\t')
      std::snprintf(shown, sizeof(shown), "%s",
                    lines ? "" : (code == '\n' ? "\\n" : "\\t"));
    else if (bidi || control)
      std::snprintf(shown, sizeof(shown), code < 0x7F ? "\\x%02x" : "\\u%04x",
                    unsigned(code));
    if (*shown)
      result += shown;
    else
      result += text.substr(at, length);
    at += std::max<size_t>(length, 1);
  }
  return result;
}

/// Insertions, deletions and changes of letters, whatever their case, that make
/// `b` of `a`.
inline size_t editDistance(std::string_view a, std::string_view b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; };
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t change = diagonal + (lower(a[i - 1]) != lower(b[j - 1]));
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

/// The known name nearest to a misspelt one, or empty if none is near: up to a
/// third of the letters may differ, two in short names, never all.
template <typename Names>
std::string nearestName(std::string_view name, const Names &known) {
  size_t best = std::max<size_t>(2, name.size() / 3) + 1;
  std::string nearest;
  for (const auto &each : known) {
    std::string_view candidate(each.data(), each.size());
    size_t distance = editDistance(name, candidate);
    if (distance < best && distance < std::max(name.size(), candidate.size())) {
      best = distance;
      nearest = std::string(candidate);
    }
  }
  return nearest;
}

/// Whether words of `text`, between _, - and dots, begin with `start`, whatever
/// the case of letters.
inline bool hasWord(std::string_view text, std::string_view start) {
  auto isWord = [](char c) { return c != '_' && c != '-' && c != '.'; };
  for (size_t at = 0; at + start.size() <= text.size(); ++at)
    if ((at == 0 || !isWord(text[at - 1])) && isWord(text[at]) &&
        editDistance(text.substr(at, start.size()), start) == 0)
      return true;
  return false;
}

/// The known names that another one may mean. A part of a name means the names
/// of which it is one, be they as many as `most`, rather than one that differs
/// by a letter: "gelu" means "gelu_tanh" and "gelu_erf", not "relu". A missing
/// last letter is a slip.
template <typename Names>
std::vector<std::string> namesMeant(std::string_view name, const Names &known,
                                    size_t most = 4) {
  std::vector<std::string> found;
  std::string nearest = nearestName(name, known);
  if (nearest.size() == name.size() + 1 &&
      editDistance(nearest.substr(0, name.size()), name) == 0)
    return {nearest};
  if (name.size() >= 3)
    for (const auto &each : known)
      if (std::string_view text(each.data(), each.size()); hasWord(text, name))
        found.emplace_back(text);
  if (!found.empty() && found.size() <= most)
    return found;
  return nearest.empty() ? std::vector<std::string>()
                         : std::vector<std::string>{nearest};
}

/// "did you mean 'gelu_tanh' or 'gelu_erf'?", or nothing.
template <typename Names>
std::string didYouMean(std::string_view name, const Names &known,
                       std::string_view quote = "'") {
  std::vector<std::string> meant = namesMeant(name, known);
  std::string text;
  for (size_t i = 0; i < meant.size(); ++i) {
    text += i == 0 ? "did you mean " : i + 1 < meant.size() ? ", " : " or ";
    text.append(quote).append(meant[i]).append(quote);
  }
  return text.empty() ? text : text + "?";
}

/// Whether a text has this form, in which a * stands for any text and each of
/// `places` for a number.
inline bool fitsPattern(std::string_view pattern, std::string_view text,
                        const std::vector<std::string_view> &places = {}) {
  if (pattern.empty())
    return text.empty();
  if (pattern[0] == '*') {
    for (size_t skip = 0; skip <= text.size(); ++skip)
      if (fitsPattern(pattern.substr(1), text.substr(skip), places))
        return true;
    return false;
  }
  for (std::string_view place : places) {
    if (pattern.substr(0, place.size()) != place)
      continue;
    size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    return digits > 0 && fitsPattern(pattern.substr(place.size()),
                                     text.substr(digits), places);
  }
  return !text.empty() && pattern[0] == text[0] &&
         fitsPattern(pattern.substr(1), text.substr(1), places);
}

} // namespace moec

#endif // MOEC_RUNTIME_CORE_TEXT_H
