//===- OpcodeTable.h - Which function decodes which opcode ------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_OPCODETABLE_H
#define MOEC_LIB_PTXSIM_OPCODETABLE_H

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace moec::ptxsim {

class Decoder;

/// An opcode family: "add", "cp.async.bulk". What follows the name are the
/// modifiers that the function takes. The longest name that fits wins.
struct OpcodeEntry {
  const char *name;
  void (*decode)(Decoder &);
};
using OpcodeList = std::vector<OpcodeEntry>;

/// The table of each file Instructions*.cpp.
OpcodeList arithmeticOpcodes();
OpcodeList bitOpcodes();
OpcodeList floatOpcodes();
OpcodeList convertOpcodes();
OpcodeList moveOpcodes();
OpcodeList memoryOpcodes();
OpcodeList atomicOpcodes();
OpcodeList controlOpcodes();
OpcodeList warpOpcodes();
OpcodeList barrierOpcodes();
OpcodeList copyOpcodes();
OpcodeList matrixOpcodes();
OpcodeList wgmmaOpcodes();
OpcodeList mbarrierOpcodes();
OpcodeList bulkOpcodes();
OpcodeList clusterOpcodes();

/// Finds the entry for an opcode such as "add.rn.f32" and puts the modifiers
/// behind its name into `modifiers`. Null if there is none.
const OpcodeEntry *findOpcode(std::string_view opcode,
                              std::vector<std::string_view> &modifiers);

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_OPCODETABLE_H
