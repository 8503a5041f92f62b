//===- TunedShape.h - What tuning files know schedules by -------*- C++ -*-===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef MOEC_PASSES_SCHEDULE_TUNEDSHAPE_H
#define MOEC_PASSES_SCHEDULE_TUNEDSHAPE_H

#include "passes/Schedule/Passes.h"

namespace moec::schedule {

/// The name of a contraction's shape: all that the cost model knows of it, and
/// the types of what it multiplies and writes. Kernels of one name get one
/// schedule. Costs of maps are in whole cycles:
/// "contract groups=1 m=6272 n=1536 k=384 left=f32,k,rows=384,map=12
/// right=f32,strips out=f32".
std::string nameShape(const ContractShape &shape, kernel::ContractOp op);
/// The same of attention: "attend groups=96 s=196 e=64 t=196 d=64 in=f32
/// out=f32".
std::string nameShape(const AttendShape &shape, kernel::AttendOp op);

/// At most `most` schedules to measure for the shape of that name: the one that
/// the cost model finds cheapest, then in turn those that are cheapest with
/// another register tile, and with other blocks. Empty for a text that is no
/// such name.
llvm::SmallVector<kernel::ScheduleAttr>
candidateSchedules(mlir::MLIRContext *context, llvm::StringRef name,
                   kernel::CpuAttr machine, size_t most);

/// Why `schedule` is none for the shape of that name on the machine; empty if
/// it is one.
std::string whyNoSchedule(llvm::StringRef name, kernel::ScheduleAttr schedule,
                          kernel::CpuAttr machine);

} // namespace moec::schedule

#endif // MOEC_PASSES_SCHEDULE_TUNEDSHAPE_H
