//===- PtxMutator.cpp - Changes PTX by lines and words ------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Changed bytes rarely give PTX that parses. So most changes are made to lines
// and words: a line goes, stands twice, or moves; a word becomes another word
// of the text, a number becomes one that is often a limit, a modifier goes or
// comes from another instruction.
//
//===----------------------------------------------------------------------===//

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

namespace {

using Random = std::minstd_rand;

bool isWord(char c) {
  return std::isalnum(uint8_t(c)) || c == '_' || c == '%' || c == '.' ||
         c == '$';
}

struct Piece {
  size_t begin, count;
};

std::vector<Piece> words(const std::string &text) {
  std::vector<Piece> all;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && isWord(text[end]))
      ++end;
    if (end > i)
      all.push_back({i, end - i});
    i = end + 1;
  }
  return all;
}

std::vector<Piece> lines(const std::string &text) {
  std::vector<Piece> all;
  for (size_t i = 0; i < text.size();) {
    size_t end = text.find('\n', i);
    end = end == std::string::npos ? text.size() : end + 1;
    all.push_back({i, end - i});
    i = end;
  }
  return all;
}

/// 'r' for registers, 'n' for numbers, 'o' for opcodes, 'w' for the rest.
char kindOf(std::string_view word) {
  if (word[0] == '%')
    return 'r';
  if (std::isdigit(uint8_t(word[0])))
    return 'n';
  return word.find('.') != word.npos ? 'o' : 'w';
}

template <typename T>
const T &pick(const std::vector<T> &from, Random &random) {
  return from[random() % from.size()];
}

const std::vector<std::string> numbers = {
    "0",          "1",          "2",          "3",
    "4",          "8",          "15",         "16",
    "31",         "32",         "33",         "63",
    "64",         "127",        "128",        "255",
    "256",        "1023",       "1024",       "4096",
    "65535",      "65536",      "232448",     "1048576",
    "0x7fffffff", "0x80000000", "0xffffffff", "0x100000000",
    "-1",         "-16",        "0f7FC00000", "0x7fffffffffffffff",
    "0fFF800000", "0f00000001", "0x10000",    "0xffffffffffffffff"};

/// Modifiers of one word: ".f32" of "add.f32".
std::vector<Piece> modifiers(std::string_view word) {
  std::vector<Piece> all;
  for (size_t at = word.find('.'); at != word.npos;) {
    size_t end = word.find('.', at + 1);
    all.push_back({at, (end == word.npos ? word.size() : end) - at});
    at = end;
  }
  return all;
}

void changeWord(std::string &text, Random &random) {
  const std::vector<Piece> all = words(text);
  if (all.empty())
    return;
  const Piece from = pick(all, random);
  const std::string word = text.substr(from.begin, from.count);
  const char kind = kindOf(word);
  std::string to;
  if (kind == 'n' && random() % 3) {
    to = pick(numbers, random);
  } else {
    // Another word of its kind; of an opcode one modifier at times.
    for (int tries = 0; tries < 20 && to.empty(); ++tries) {
      const Piece other = pick(all, random);
      const std::string candidate = text.substr(other.begin, other.count);
      if (kindOf(candidate) == kind && candidate != word)
        to = candidate;
    }
    if (to.empty())
      return;
    const std::vector<Piece> mine = modifiers(word), theirs = modifiers(to);
    if (kind == 'o' && random() % 3 && !mine.empty()) {
      const Piece old = pick(mine, random);
      std::string piece;
      if (random() % 4) {
        const Piece p = pick(theirs, random);
        piece = to.substr(p.begin, p.count);
      }
      to = word;
      to.replace(old.begin, random() % 4 ? old.count : 0, piece);
    }
  }
  text.replace(from.begin, from.count, to);
}

void changeLine(std::string &text, Random &random) {
  const std::vector<Piece> all = lines(text);
  if (all.empty())
    return;
  const Piece from = pick(all, random);
  const std::string line = text.substr(from.begin, from.count);
  const unsigned what = random() % 4;
  if (what == 0) {
    text.erase(from.begin, from.count);
    return;
  }
  if (what == 1) // stands twice
    text.insert(from.begin, line);
  else
    text.insert(pick(all, random).begin, line);
}

} // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size,
                                          size_t most, unsigned seed) {
  Random random(seed + 1);
  if (random() % 8 == 0)
    return LLVMFuzzerMutate(data, size, most);
  std::string text(reinterpret_cast<char *>(data), size);
  for (unsigned k = 1 + random() % 3; k > 0; --k)
    random() % 3 ? changeWord(text, random) : changeLine(text, random);
  if (text.size() > most)
    text.resize(most);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}

/// Some lines of the second text come into the first.
extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t *first,
                                            size_t firstSize,
                                            const uint8_t *second,
                                            size_t secondSize, uint8_t *out,
                                            size_t most, unsigned seed) {
  Random random(seed + 1);
  std::string text(reinterpret_cast<const char *>(first), firstSize);
  const std::string other(reinterpret_cast<const char *>(second), secondSize);
  const std::vector<Piece> from = lines(other);
  for (unsigned k = 1 + random() % 4; k > 0 && !from.empty(); --k) {
    const size_t begin = random() % from.size();
    const size_t end = std::min(from.size() - 1, begin + random() % 4);
    const std::string block =
        other.substr(from[begin].begin,
                     from[end].begin + from[end].count - from[begin].begin);
    const std::vector<Piece> into = lines(text);
    text.insert(into.empty() ? 0 : pick(into, random).begin, block);
  }
  if (text.size() > most)
    text.resize(most);
  std::memcpy(out, text.data(), text.size());
  return text.size();
}
