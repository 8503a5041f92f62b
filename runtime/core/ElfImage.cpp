//===- ElfImage.cpp - Symbols of an ELF file that is not loaded -----------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// System V ABI, chapters 4 and 5: "Object Files", "Program Loading".
//
//===----------------------------------------------------------------------===//

#include "runtime/core/ElfImage.h"
#include "runtime/core/Fail.h"

#include <cstring>
#include <elf.h>

namespace moec::rt {

std::string_view ElfImage::slice(uint64_t at, uint64_t count,
                                 const char *what) const {
  if (at > file.size() || count > file.size() - at)
    fail("its {} lies outside of the file: bytes {} to {} of {}", what, at,
         at + count, file.size());
  return file.substr(at, count);
}

template <typename T> T ElfImage::read(uint64_t at, const char *what) const {
  T value;
  std::memcpy(&value, slice(at, sizeof(T), what).data(), sizeof(T));
  return value;
}

ElfImage::ElfImage(std::string_view bytes) : file(bytes) {
  auto header = read<Elf64_Ehdr>(0, "ELF header");
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
      header.e_ident[EI_CLASS] != ELFCLASS64 ||
      header.e_ident[EI_DATA] != ELFDATA2LSB)
    fail("it is no ELF file of 64 bits, least byte first");
  for (unsigned i = 0; i < header.e_shnum; ++i) {
    auto section = read<Elf64_Shdr>(
        header.e_shoff + uint64_t(i) * sizeof(Elf64_Shdr), "section table");
    if (section.sh_type != SHT_DYNSYM)
      continue;
    symbols = slice(section.sh_offset, section.sh_size, "symbol table");
    auto strings = read<Elf64_Shdr>(header.e_shoff + uint64_t(section.sh_link) *
                                                         sizeof(Elf64_Shdr),
                                    "section table");
    names = slice(strings.sh_offset, strings.sh_size, "string table");
    return;
  }
  fail("it has no dynamic symbols");
}

std::string_view ElfImage::loaded(uint64_t address, uint64_t count) const {
  auto header = read<Elf64_Ehdr>(0, "ELF header");
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    auto segment = read<Elf64_Phdr>(
        header.e_phoff + uint64_t(i) * sizeof(Elf64_Phdr), "program header");
    if (segment.p_type != PT_LOAD || address < segment.p_vaddr)
      continue;
    uint64_t at = address - segment.p_vaddr;
    if (at < segment.p_filesz && count <= segment.p_filesz - at &&
        at <= UINT64_MAX - segment.p_offset)
      return slice(segment.p_offset + at, count, "segment");
  }
  fail("a symbol of {} bytes at address {:#x} lies in no segment", count,
       address);
}

std::optional<std::string_view> ElfImage::symbol(std::string_view name) const {
  for (size_t at = 0; at + sizeof(Elf64_Sym) <= symbols.size();
       at += sizeof(Elf64_Sym)) {
    Elf64_Sym symbol;
    std::memcpy(&symbol, symbols.data() + at, sizeof(symbol));
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= names.size())
      continue;
    std::string_view own = names.substr(symbol.st_name);
    if (own.substr(0, own.find('\0')) == name)
      return loaded(symbol.st_value, symbol.st_size);
  }
  return std::nullopt;
}

} // namespace moec::rt
