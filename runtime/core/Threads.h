//===- Threads.h - How many threads a session gets --------------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_RUNTIME_CORE_THREADS_H
#define MOEC_RUNTIME_CORE_THREADS_H

namespace moec::rt {

constexpr int mostThreads = 1024;

/// The threads that are asked for: `wanted`, or where that is 0,
/// OMP_NUM_THREADS, or where that is unset or empty, the cores that this
/// process may use. Throws Error (Usage) when that variable is no number from 1
/// to mostThreads and no `wanted` stands in for it. To be called before OpenMP
/// is used: its library aborts on a bad value, so one that does not count is
/// removed from the environment.
int wantedThreads(int wanted);

/// Of `wanted` threads those that an OpenMP team of this thread can have:
/// OpenMP has limits of its own, and the system may have no more to give. Cheap
/// for the last number that was asked for.
int teamThreads(int wanted);

/// Whether one of `threads` threads may keep its core while it waits for the
/// others: there are as many cores, and OMP_WAIT_POLICY is not "passive".
bool maySpin(int threads);

} // namespace moec::rt

#endif // MOEC_RUNTIME_CORE_THREADS_H
