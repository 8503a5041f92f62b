//===- PlanMemory.cpp - Addresses for tensors, functions for kernels ------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// In:  a function of kernel ops on tensors, views and moe.repeat.
// Out: a kernel.program with planned addresses, one function on memrefs per
//      kernel op:
//
//   %y = kernel.map .. ins(%x : tensor<8xf32>) ..
//   return %y
// becomes
//   func.func @k0_map(%x: memref<8xf32>, %y: memref<8xf32>, %begin: index, ..)
//   {..} kernel.program @f arena 0 .. {
//     kernel.launch @k0_map [#kernel.address<field "x", offset = 0, ..>, ..] }
//
// Shown by test/passes/Memory/plan-memory.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/KernelFunctions.h"
#include "dialects/Kernel/KernelPeak.h"
#include "dialects/MoE/MoEConventions.h"
#include "dialects/NodeNames.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"
#include "passes/Memory/BufferAssignment.h"
#include "passes/Memory/Passes.h"
#include "passes/Memory/VerifyPlan.h"

namespace moec::memory {
#define GEN_PASS_DEF_PLANMEMORYPASS
#include "passes/Memory/Passes.h.inc"
} // namespace moec::memory

using namespace mlir;
using namespace moec;
using namespace moec::memory;

static MemRefType getMemRef(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return MemRefType::get(tensor.getShape(), tensor.getElementType());
}

namespace {
struct PlanMemoryPass : memory::impl::PlanMemoryPassBase<PlanMemoryPass> {
  void runOnOperation() override {
    Layout layout;
    for (auto variable : getOperation().getOps<moe::VariableOp>())
      if (std::optional<uint64_t> at = variable.getAt())
        layout[variable.getSymName()] = {variable.getRole(), int64_t(*at),
                                         variable.getBytes()};

    // A copy of the list: planned functions are erased on the way.
    for (auto func : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      if (func.isExternal() || kernel::attr::function.isOn(func))
        continue;
      BufferAssignment assignment(func, layout);
      if (failed(checkParts(func)) || failed(assignment.run()) ||
          failed(verifyPlan(
              func, [&](Value value) { return assignment.lookup(value); },
              assignment.getResultPlaces())))
        return signalPassFailure();
      emitProgram(func, assignment);
      func.erase();
    }
  }

  /// An entry for a part of its batch has a place for each image in its fields
  /// and outputs.
  static LogicalResult checkParts(func::FuncOp func) {
    int64_t parts = kernel::attr::parts.number(func);
    if (parts <= 1)
      return success();
    moe::EntryAttr entry = moe::attr::entry.get(func);
    int64_t batch = entry ? entry.getBatch() : 0;
    if (!batch || batch % parts)
      return func.emitOpError("has ")
             << kernel::attr::parts.name << " = " << parts
             << "; expected a divisor of its batch size, which is " << batch;
    auto fits = [&](Type type) {
      auto tensor = dyn_cast<RankedTensorType>(type);
      return tensor && tensor.hasStaticShape() && tensor.getRank() &&
             kernel::PortAttr::canBe(wholeBatch(tensor, parts));
    };
    for (auto [i, type] : llvm::enumerate(func.getArgumentTypes()))
      if (moe::attr::field.ofArgument(func, i) && !fits(type))
        return func.emitOpError("argument ")
               << i << ": expected one of " << parts
               << " parts of a batch of at most 2^60 elements, got " << type;
    for (auto [i, type] : llvm::enumerate(func.getResultTypes()))
      if (!fits(type))
        return func.emitOpError("result ")
               << i << ": expected one of " << parts
               << " parts of a batch of at most 2^60 elements, got " << type;
    return success();
  }

  /// What the caller gives or takes for a tensor of a part.
  static RankedTensorType wholeBatch(RankedTensorType type, int64_t parts) {
    SmallVector<int64_t> shape(type.getShape());
    // What is too large for the planner stays so.
    uint64_t items = llvm::SaturatingMultiply<uint64_t>(shape[0], parts);
    shape[0] = std::min<uint64_t>(items, INT64_MAX);
    return type.clone(shape);
  }

  void emitProgram(func::FuncOp func, const BufferAssignment &assignment) {
    OpBuilder b(func);
    SmallVector<Attribute> inputs, outputs;
    int64_t parts = std::max<int64_t>(kernel::attr::parts.number(func), 1);
    // The caller gives and takes whole batches.
    auto addPort = [&](const Address &at, Type type,
                       bool (*fits)(kernel::BlockKind),
                       SmallVectorImpl<Attribute> &ports) {
      kernel::BlockAttr block = at.buffer->block;
      if (!fits(block.getKind()))
        return;
      auto tensor = cast<RankedTensorType>(type);
      if (parts > 1 && isOfImages(block))
        tensor = wholeBatch(tensor, parts);
      ports.push_back(kernel::PortAttr::get(block.getContext(), block, tensor));
    };
    for (BlockArgument arg : func.getArguments())
      addPort(assignment.lookup(arg), arg.getType(), kernel::isInput, inputs);
    for (auto [at, type] :
         llvm::zip_equal(assignment.getResultPlaces(), func.getResultTypes()))
      addPort(at, type, kernel::isOutput, outputs);
    auto program = kernel::ProgramOp::create(
        b, func.getLoc(), func.getName(), assignment.getArenaBytes(),
        b.getArrayAttr(inputs), b.getArrayAttr(outputs));
    for (NamedAttribute attr : func->getDiscardableAttrs())
      program->setDiscardableAttr(attr.getName(), attr.getValue());
    kernel::attr::copies.set(program, assignment.getNumCopies());
    notePeak(assignment, program, b);
    Block &body = program.getBody().emplaceBlock();
    OpBuilder inner = OpBuilder::atBlockEnd(&body);
    emitLaunches(func.getBody().front(), assignment, inner);
    if (parts > 1)
      repeatForParts(program, parts);
  }

  /// Whether a block has a place for each image of the batch.
  static bool isOfImages(kernel::BlockAttr block) {
    return block.getKind() == kernel::BlockKind::Field ||
           kernel::isOutput(block.getKind());
  }

  /// Repeats the launches for the second part of the batch and those behind
  /// it, which lie one after the other in the caller's blocks.
  static void repeatForParts(kernel::ProgramOp program, int64_t parts) {
    llvm::DenseMap<kernel::BlockAttr, int64_t> bytesOfPart;
    for (ArrayAttr ports : {program.getInputs(), program.getOutputs()})
      for (auto port : ports.getAsRange<kernel::PortAttr>())
        if (isOfImages(port.getBlock()))
          bytesOfPart[port.getBlock()] = getTensorBytes(port.getType()) / parts;
    Block &body = program.getBody().front();
    OpBuilder b = OpBuilder::atBlockEnd(&body);
    SmallVector<Operation *> first;
    for (Operation &op : body)
      first.push_back(&op);
    for (int64_t part = 1; part < parts; ++part)
      for (Operation *op : first)
        b.clone(*op)->walk([&](kernel::LaunchOp launch) {
          SmallVector<Attribute> args;
          for (auto at : launch.getArgs().getAsRange<kernel::AddressAttr>())
            args.push_back(kernel::AddressAttr::get(
                at.getContext(), at.getBlock(),
                at.getOffset() + part * bytesOfPart.lookup(at.getBlock()),
                at.getBytes(), at.getStride(), at.getShift(), at.getModulus(),
                at.getSize()));
          launch.setArgsAttr(b.getArrayAttr(args));
        });
  }

  /// Notes what lies in the arena when most of it is in use.
  static void notePeak(const BufferAssignment &assignment,
                       kernel::ProgramOp program, Builder &b) {
    SmallVector<Attribute> places, nodes;
    for (Buffer *buffer : assignment.getPeak()) {
      places.push_back(Address{buffer}.getAttr(buffer->bytes));
      SetVector<Attribute> names;
      for (Operation *writer : buffer->writers)
        for (StringAttr name : getNodeNames(writer->getLoc()))
          names.insert(name);
      nodes.push_back(b.getArrayAttr(names.getArrayRef()));
    }
    if (places.empty())
      return;
    kernel::attr::peak.set(program, b.getArrayAttr(places));
    kernel::attr::peakNodes.set(program, b.getArrayAttr(nodes));
  }

  void emitLaunches(Block &block, const BufferAssignment &assignment,
                    OpBuilder &b) {
    for (Operation &op : block) {
      if (auto repeat = dyn_cast<moe::RepeatOp>(op)) {
        auto loop =
            kernel::LoopOp::create(b, repeat.getLoc(), repeat.getCount());
        OpBuilder inner = OpBuilder::atBlockEnd(&loop.getBody().emplaceBlock());
        emitLaunches(repeat.getBody().front(), assignment, inner);
      } else if (auto kernel = dyn_cast<kernel::KernelOpInterface>(op)) {
        emitLaunch(kernel, assignment, b);
      }
    }
  }

  kernel::AddressAttr getAddress(Value value,
                                 const BufferAssignment &assignment) {
    return assignment.lookup(value).getAttr(getTensorBytes(value.getType()));
  }

  void emitLaunch(kernel::KernelOpInterface op,
                  const BufferAssignment &assignment, OpBuilder &b) {
    SmallVector<Attribute> args;
    for (Value in : op.getInputs())
      args.push_back(getAddress(in, assignment));
    for (Value out : op->getResults())
      args.push_back(getAddress(out, assignment));
    func::FuncOp kernel = outline(op);
    kernel::LaunchOp::create(b, op.getLoc(), kernel.getName(),
                             b.getArrayAttr(args));
  }

  /// Clones `op`, on memrefs, into a function of its own.
  func::FuncOp outline(kernel::KernelOpInterface op) {
    OpBuilder b = OpBuilder::atBlockBegin(getOperation().getBody());
    if (lastKernel)
      b.setInsertionPointAfter(lastKernel);
    SmallVector<Type> types;
    for (Value operand : op->getOperands())
      types.push_back(getMemRef(operand.getType()));
    size_t numMemRefs = types.size();
    types.push_back(b.getIndexType());
    types.push_back(b.getIndexType());
    types.push_back(MemRefType::get({ShapedType::kDynamic}, b.getI8Type()));
    std::string name =
        ("k" + Twine(numKernels++) + "_" + op->getName().stripDialect()).str();
    auto kernel = func::FuncOp::create(b, op.getLoc(), name,
                                       b.getFunctionType(types, {}));
    namespace attr = moec::kernel::attr;
    attr::function.set(kernel, b.getUnitAttr());
    SetVector<StringAttr> nodes = getNodeNames(op.getLoc());
    SmallVector<Attribute> names(nodes.begin(), nodes.end());
    attr::nodes.set(kernel, b.getArrayAttr(names));
    attr::kind.set(kernel, b.getStringAttr(op->getName().stripDialect()));
    attr::flops.set(kernel, op.getFlops());
    attr::bytes.set(kernel, op.getBytes());
    attr::outs.set(kernel, int64_t(op.getOuts().size()));
    Block *entry = kernel.addEntryBlock();
    OpBuilder inner = OpBuilder::atBlockEnd(entry);
    OperationState state(op.getLoc(), op->getName());
    state.addOperands(entry->getArguments().take_front(numMemRefs));
    state.addAttributes(op->getAttrDictionary().getValue());
    for (Region &region : op->getRegions()) {
      IRMapping mapping;
      region.cloneInto(state.addRegion(), mapping);
    }
    inner.create(state);
    func::ReturnOp::create(inner, op.getLoc());
    lastKernel = kernel;
    return kernel;
  }

  int64_t numKernels = 0;
  Operation *lastKernel = nullptr;
};
} // namespace
