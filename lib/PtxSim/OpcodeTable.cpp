//===- OpcodeTable.cpp - Which function decodes which opcode --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/PtxSim/OpcodeTable.h"

namespace moec::ptxsim {

static const std::unordered_map<std::string_view, OpcodeEntry> &table() {
  static const auto map = [] {
    std::unordered_map<std::string_view, OpcodeEntry> m;
    for (const OpcodeList &list :
         {arithmeticOpcodes(), bitOpcodes(), floatOpcodes(), convertOpcodes(),
          moveOpcodes(), memoryOpcodes(), atomicOpcodes(), controlOpcodes(),
          warpOpcodes(), barrierOpcodes(), copyOpcodes(), matrixOpcodes(),
          wgmmaOpcodes(), mbarrierOpcodes(), bulkOpcodes(), clusterOpcodes()})
      for (const OpcodeEntry &entry : list)
        m.emplace(entry.name, entry);
    return m;
  }();
  return map;
}

const OpcodeEntry *findOpcode(std::string_view opcode,
                              std::vector<std::string_view> &modifiers) {
  std::string_view name = opcode;
  const OpcodeEntry *entry = nullptr;
  while (true) {
    const auto found = table().find(name);
    if (found != table().end()) {
      entry = &found->second;
      break;
    }
    const size_t dot = name.rfind('.');
    if (dot == std::string_view::npos)
      return nullptr;
    name = name.substr(0, dot);
  }
  modifiers.clear();
  size_t at = name.size();
  while (at < opcode.size()) {
    const size_t end = std::min(opcode.find('.', at + 1), opcode.size());
    modifiers.push_back(opcode.substr(at + 1, end - at - 1));
    at = end;
  }
  return entry;
}

} // namespace moec::ptxsim
