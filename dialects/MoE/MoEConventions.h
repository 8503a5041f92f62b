//===- MoEConventions.h - What is said of modules and entries ---*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The attributes that make a function an entry and say where its arguments come
// from and its results go; docs/design.md, "Conventions between the phases".
// MoEAttributes.cpp verifies them.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_MOE_MOECONVENTIONS_H
#define MOEC_DIALECTS_MOE_MOECONVENTIONS_H

#include "dialects/AgreedAttribute.h"
#include "dialects/MoE/MoEOps.h"

namespace moec::moe::attr {

using dialects::AgreedAttribute;

// Of the module.
inline constexpr AgreedAttribute<mlir::StringAttr> model{"moe.model"};
inline constexpr AgreedAttribute<mlir::StringAttr> precision{"moe.precision"};
inline constexpr AgreedAttribute<mlir::DictionaryAttr> settings{"moe.settings"};

// Of a function.
inline constexpr AgreedAttribute<EntryAttr> entry{"moe.entry"};

// Of an argument; a result may be the new value of a variable.
inline constexpr AgreedAttribute<mlir::FlatSymbolRefAttr> variable{"moe.var"};
inline constexpr AgreedAttribute<mlir::StringAttr> field{"moe.field"};
inline constexpr AgreedAttribute<HostValueAttr> host{"moe.host"};
inline constexpr AgreedAttribute<mlir::ArrayAttr> range{"moe.range"};

// Of a result.
inline constexpr AgreedAttribute<mlir::StringAttr> output{"moe.output"};
inline constexpr AgreedAttribute<mlir::StringAttr> metric{"moe.metric"};

} // namespace moec::moe::attr

#endif // MOEC_DIALECTS_MOE_MOECONVENTIONS_H
