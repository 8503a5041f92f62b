//===- Executor.cpp - Runs the program of an entry ------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "runtime/cpu/Executor.h"
#include "runtime/core/Threads.h"
#include "runtime/cpu/Barrier.h"
#include "runtime/cpu/BlockDealer.h"

#include <algorithm>
#include <chrono>
#include <omp.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace moec::rt {

namespace {
/// Subnormals count as zero while this lives. MXCSR bits: 15 flush to zero, 6
/// denormals are zero.
class SubnormalsAreZero {
public:
#if defined(__x86_64__)
  SubnormalsAreZero() : saved(_mm_getcsr()) { _mm_setcsr(saved | 0x8040); }
  ~SubnormalsAreZero() { _mm_setcsr(saved); }

private:
  unsigned saved;
#else
  SubnormalsAreZero() {}
#endif
};
} // namespace

Executor::Executor(std::shared_ptr<const NativeCode> native, int64_t entryIndex,
                   const BlockAddress &address)
    : code(std::move(native)) {
  const Manifest &manifest = code->module().manifest();
  for (const ProgramItem &item : manifest.entries[entryIndex].program) {
    segments.push_back({steps.size(), item.body.size(), item.repeat});
    for (const Launch &launch : item.body) {
      const BoundKernel &kernel = code->kernel(launch.kernel);
      steps.push_back({&kernel, manifest.kernels[launch.kernel].blocks,
                       launch.kernel, addresses.size(), launch.args.size()});
      scratchNeeded = std::max(scratchNeeded, kernel.scratchBytes);
      maxArguments = std::max(maxArguments, launch.args.size());
      for (const Argument &argument : launch.args)
        addresses.push_back(
            {reinterpret_cast<char *>(address(argument.block, argument.index)) +
                 argument.offset,
             argument.stride, argument.shift, argument.modulus, argument.size});
    }
  }
}

/// What the threads of a run share.
struct Executor::Team {
  Team(int threads, bool eager)
      : most(threads), barrier(eager),
        dealers{BlockDealer(threads), BlockDealer(threads)} {}

  const int most; ///< threads at most
  int size = 1;   ///< those of this run
  Barrier barrier;
  BlockDealer dealers[2]; ///< of this launch and, by turns, of the next one
  Dealing dealing = Dealing::Dynamic;
  char *scratch = nullptr;
  int64_t scratchStride = 0;
  std::vector<KernelCost> *costs = nullptr;
};

Executor::~Executor() = default;

void Executor::runThread(int thread) {
  SubnormalsAreZero guard;
  void **args = arguments[thread].data();
  void *scratch = team->scratch + thread * team->scratchStride;
  using Clock = std::chrono::steady_clock;
  Clock::time_point before;
  if (team->costs && thread == 0)
    before = Clock::now();
  unsigned turn = 0;
  for (const Segment &segment : segments)
    for (int64_t it = 0; it < segment.repeat; ++it)
      for (size_t s = 0; s < segment.stepCount; ++s, turn ^= 1) {
        const Step &step = steps[segment.firstStep + s];
        for (size_t a = 0; a < step.addressCount; ++a)
          args[a] = addresses[step.firstAddress + a].at(it);
        // Nobody takes from the other dealer between the last barrier and the
        // next one.
        team->dealers[turn ^ 1].restart(thread);
        if (step.kernel->call) {
          if (thread == 0)
            step.kernel->call->run(args, scratch);
        } else if (team->dealing == Dealing::Static || team->size == 1) {
          BlockRange share = evenShare(step.blocks, thread, team->size);
          if (share.begin < share.end)
            step.kernel->function(args, share.begin, share.end, scratch);
        } else {
          BlockRange taken;
          while (
              team->dealers[turn].take(step.blocks, thread, team->size, taken))
            step.kernel->function(args, taken.begin, taken.end, scratch);
        }
        if (team->size > 1)
          team->barrier.wait(team->size);
        if (team->costs && thread == 0) {
          Clock::time_point now = Clock::now();
          KernelCost &cost = (*team->costs)[step.kernelIndex];
          ++cost.launches;
          cost.seconds += std::chrono::duration<double>(now - before).count();
          before = now;
        }
      }
}

void Executor::run(int threads, Dealing dealing, char *scratch,
                   int64_t scratchStride, std::vector<KernelCost> *costs) {
  if (arguments.size() < size_t(threads))
    arguments.resize(threads, std::vector<void *>(maxArguments + 1));
  threads = teamThreads(threads); // of the thread that runs it now
  if (!team || team->most != threads)
    team = std::make_unique<Team>(threads, maySpin(threads));
  team->size = 1;
  team->dealing = dealing;
  team->scratch = scratch;
  team->scratchStride = scratchStride;
  team->costs = costs;
  for (int thread = 0; thread < threads; ++thread)
    for (BlockDealer &dealer : team->dealers)
      dealer.restart(thread);
  if (threads == 1) {
    runThread(0);
    return;
  }
#pragma omp parallel num_threads(threads)
  {
#pragma omp single
    team->size = omp_get_num_threads();
    runThread(omp_get_thread_num());
  }
}

} // namespace moec::rt
