//===- FmaPeak.h - What the FMA units can do --------------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CPU_FMAPEAK_H
#define MOEC_RUNTIME_CPU_FMAPEAK_H

namespace moec::rt {

/// Measures FLOP/s of f32 fused multiply-adds (two operations each) in
/// registers, all threads together, with the widest vectors of this CPU. Takes
/// about `seconds`; the best of several trials counts.
double measureFmaPeak(int threads, double seconds = 0.1);

/// The vector extension that measureFmaPeak uses here.
const char *fmaPeakIsa();

} // namespace moec::rt

#endif // MOEC_RUNTIME_CPU_FMAPEAK_H
