//===- Passes.cpp - Pipeline of the Fusion phase --------------------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "passes/Fusion/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace moec::fusion {

void buildFusionPipeline(OpPassManager &pm, PassPredicate wants) {
  auto fuse = [&](StringRef name, std::unique_ptr<Pass> pass) {
    if (wants(name))
      pm.addNestedPass<func::FuncOp>(std::move(pass));
  };
  if (wants("join-projections"))
    pm.addPass(createJoinProjectionsPass());
  fuse("fuse-attention", createFuseAttentionPass());
  pm.addNestedPass<func::FuncOp>(createDecomposeAttentionPass());
  fuse("join-updates", createJoinUpdatesPass());
  pm.addPass(createLowerToKernel());
  // Forward and backward ask for the same statistics in the same words.
  pm.addPass(createCSEPass());
  pm.addPass(createCanonicalizerPass());
  // Epilogues first: what a kernel can store in its last form should not be
  // computed again by each reader.
  fuse("fuse-epilogue", createFuseEpiloguePass());
  fuse("fuse-operands", createFuseOperandsPass());
  // Moving producers away can leave a map as the only reader.
  fuse("fuse-epilogue", createFuseEpiloguePass());
  fuse("fuse-emit", createFuseEmitPass());
  fuse("join-maps", createJoinMapsPass());
  // What is a kernel of its own by now reads its input from memory again.
  fuse("fuse-shared", createFuseSharedPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createVerifyFusionPass());
}

void registerFusionPhase() {
  registerMoecFusionPasses();
  registerPipeline("moec-fusion-pipeline",
                   "Lower moe to kernel ops and fuse them",
                   buildFusionPipeline);
}

} // namespace moec::fusion
