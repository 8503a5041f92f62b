//===- DecoderFrame.h - One function that is being decoded ------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_PTXSIM_DECODERFRAME_H
#define MOEC_LIB_PTXSIM_DECODERFRAME_H

#include "lib/PtxSim/Decoder.h"

namespace moec::ptxsim {

struct Decoder::Frame {
  using Names = std::unordered_map<std::string_view, Symbol>;
  /// Registers declared by count: "%r<8>".
  struct Family {
    const ast::Variable *variable;
  };

  const ast::Function *function = nullptr;
  Frame *caller = nullptr;
  unsigned depth = 0;
  std::vector<Names> scopes;
  std::unordered_map<std::string_view, Family> families;
  std::vector<std::unordered_map<std::string_view, uint32_t>> labels;
  std::unordered_map<std::string_view, const ast::TargetTable *> tables;
  uint32_t returnLabel = 0;
};

} // namespace moec::ptxsim

#endif // MOEC_LIB_PTXSIM_DECODERFRAME_H
