//===- Phases.h - The levels of the compiler --------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_LIB_DRIVER_PHASES_H
#define MOEC_LIB_DRIVER_PHASES_H

#include "lib/Target/Target.h"
#include <optional>

namespace moec::driver {

/// The phases of a compilation for `target`, in order: those that all targets
/// share, its own, and last `module`, the module file. First those whose text
/// is IR, then the others.
std::vector<target::Phase> phasesOf(const target::Target &target);

/// The place of the phase with that name.
std::optional<size_t> findPhase(llvm::ArrayRef<target::Phase> phases,
                                llvm::StringRef name);

/// "moe, autodiff, ..., module": those of all targets, of one compilation, and
/// those of it that one can go on from: all whose text is IR.
std::string phaseNames();
std::string phaseNamesOf(llvm::ArrayRef<target::Phase> phases);
std::string inputPhaseNamesOf(llvm::ArrayRef<target::Phase> phases);

/// The passes that may be left out, whatever the target: those that the
/// pipelines ask for, by name.
std::vector<std::string> optionalPasses();

} // namespace moec::driver

#endif // MOEC_LIB_DRIVER_PHASES_H
