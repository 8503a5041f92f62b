//===- KernelFunctions.h - What is said of kernel functions -----*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The attributes that kernel functions have from the Memory phase to the
// manifest, whatever op the function is by then (func.func, gpu.func,
// llvm.func). KernelAttributes.cpp verifies them; docs/module-format.md says
// what those of the manifest mean.
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_DIALECTS_KERNEL_KERNELFUNCTIONS_H
#define MOEC_DIALECTS_KERNEL_KERNELFUNCTIONS_H

#include "dialects/AgreedAttribute.h"

namespace moec::kernel::attr {

using dialects::AgreedAttribute;
using dialects::AgreedNumber;

// Of the module: findMachine(), getMachine() and setMachine() of KernelOps.h.
inline constexpr AgreedAttribute<mlir::Attribute> machine{"kernel.machine"};

// Of an entry for a part of its batch, from moec-split-batch: the parts.
inline constexpr AgreedNumber parts{"kernel.parts"};

// Of every kernel, from moec-plan-memory.
inline constexpr AgreedAttribute<mlir::UnitAttr> function{"kernel.function"};
inline constexpr AgreedAttribute<mlir::ArrayAttr> nodes{"kernel.nodes"};
inline constexpr AgreedAttribute<mlir::StringAttr> kind{"kernel.kind"};
inline constexpr AgreedNumber flops{"kernel.flops"};
inline constexpr AgreedNumber bytes{"kernel.bytes"};
// How many of its operands it writes, the last ones.
inline constexpr AgreedNumber outs{"kernel.outs"};

// Of a kernel with code for the CPU.
inline constexpr AgreedNumber blocks{"kernel.blocks"};
inline constexpr AgreedNumber scratch{"kernel.scratch"};
// Of one that the runtime has code for.
inline constexpr AgreedAttribute<mlir::StringAttr> builtin{"kernel.builtin"};
inline constexpr AgreedAttribute<mlir::DictionaryAttr> attributes{
    "kernel.attributes"};

// Of a kernel with code for a GPU.
inline constexpr AgreedNumber grid{"kernel.grid"};
inline constexpr AgreedNumber threads{"kernel.threads"};
inline constexpr AgreedNumber cluster{"kernel.cluster"};
inline constexpr AgreedNumber shared{"kernel.shared"};
inline constexpr AgreedNumber workspace{"kernel.workspace"};
inline constexpr AgreedAttribute<mlir::ArrayAttr> tensorMaps{
    "kernel.tensor_maps"};
// What ptxas says of it.
inline constexpr AgreedNumber registers{"kernel.registers"};
inline constexpr AgreedNumber spills{"kernel.spills"};

// Which code it got, of either.
inline constexpr AgreedAttribute<mlir::StringAttr> variant{"kernel.variant"};

// Of a kernel.program.
inline constexpr AgreedNumber copies{"kernel.copies"};

} // namespace moec::kernel::attr

#endif // MOEC_DIALECTS_KERNEL_KERNELFUNCTIONS_H
