//===- JoinMaps.cpp - One map for the parts of a flat tensor --------------===//
//
// Part of moec, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The update of all parameters is one kernel over a flat tensor (JoinUpdates).
// What is done after it with each parameter, such as to average it in a shadow,
// is a kernel.map for each part; those that do the same become one:
//
//   %p = kernel.map .. outs(%all) ..             // the update
//   %p0 = tensor.extract_slice %p[0] [96] [1], %p1 = .. %p[96] [8] [1]
//   %s0 = kernel.map ins(%ema0, %p0) .. body { 0.9 * s + 0.1 * p }
//   %s1 = kernel.map ins(%ema1, %p1) .. body { 0.9 * s + 0.1 * p }
//   return %s0, %s1                               // the new %ema0, %ema1
// becomes
//   %ema = tensor.concat dim(0) %ema0, %ema1
//   %s = kernel.map ins(%ema, %p) outs(%ema) .. body { 0.9 * s + 0.1 * p }
//   %s0 = tensor.extract_slice %s[0] [96] [1], %s1 = .. %s[96] [8] [1]
//
// FuseEpilogue then moves it into the update. Shown by
// test/passes/Fusion/join-maps.mlir.
//
//===----------------------------------------------------------------------===//

#include "dialects/Kernel/IndexingMaps.h"
#include "dialects/Kernel/KernelBuilder.h"
#include "mlir/IR/IRMapping.h"
#include "passes/Fusion/NewValues.h"
#include "passes/Fusion/Passes.h"
#include "passes/Remarks.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

namespace moec::fusion {
#define GEN_PASS_DEF_JOINMAPSPASS
#include "passes/Fusion/Passes.h.inc"
} // namespace moec::fusion

using namespace mlir;
using namespace moec;
using namespace moec::fusion;
using namespace moec::kernel;

namespace {
/// What an input of the joined map is.
struct Input {
  /// The whole of this flat tensor; null for variables.
  Value value;
  /// The map of an input that is one element for all points; null for others.
  AffineMap element;
  /// The variables whose new values result `variable` is.
  std::optional<unsigned> variable;

  bool operator==(const Input &o) const {
    return value == o.value && element == o.element && variable == o.variable;
  }
};

/// A map over one part of flat tensors.
struct Member {
  kernel::MapOp map;
  SmallVector<Input> inputs;
  /// The old values of the variables whose new ones the results are.
  SmallVector<BlockArgument> variables;
  /// Of the part in the flat tensor `flat`.
  Value flat;
  int64_t offset = -1, elements = 0;
};

/// Maps that do the same, each for another part.
struct Group {
  SmallVector<Member> members;
  llvm::DenseSet<int64_t> offsets;
};
} // namespace

/// The slice of a flat tensor that `value` shows under another shape, or null.
static tensor::ExtractSliceOp getPart(Value value) {
  auto slice = getViewRoot(value).getDefiningOp<tensor::ExtractSliceOp>();
  bool flat = slice && slice.getSourceType().getRank() == 1 &&
              slice.getType().getRank() == 1 && slice.hasUnitStride() &&
              !ShapedType::isDynamic(slice.getStaticOffsets()[0]) &&
              slice.getType().hasStaticShape() &&
              slice.getSourceType().hasStaticShape();
  return flat ? slice : nullptr;
}

/// True if point by point, in order, `access` runs through a tensor of `type`.
static bool isWhole(ArrayRef<int64_t> dims, AffineMap access, Type type) {
  ArrayRef<int64_t> shape = cast<ShapedType>(type).getShape();
  if (shape.empty())
    return llvm::product_of(dims) == 1;
  auto identity =
      AffineMap::getMultiDimIdentityMap(dims.size(), access.getContext());
  return shape == dims &&
         simplifyMap(access, dims) == simplifyMap(identity, dims);
}

namespace {
struct JoinMapsPass : fusion::impl::JoinMapsPassBase<JoinMapsPass> {
  void runOnOperation() override {
    NewValues newValues(getOperation());
    llvm::MapVector<Value, SmallVector<Group>> groups;
    // Results are returned, so that these maps stand in the entry itself.
    for (Block &block : getOperation().getBody())
      for (auto map : block.getOps<kernel::MapOp>()) {
        Member member{map, {}, {}, {}};
        if (!findPart(member))
          continue;
        if (const char *why = describe(member, newValues))
          missed(map, why);
        else
          insert(groups[member.flat], member);
      }
    for (auto &[flat, ofFlat] : groups)
      for (Group &group : ofFlat)
        join(group);
  }

  void missed(kernel::MapOp map, StringRef reason) {
    remark::missed(map.getLoc(), remarkAbout(map, "JoinMaps", "Fusion"))
        << remark::reason("{0}", reason);
  }

  /// Which part a map reads of what a kernel writes; false if none.
  static bool findPart(Member &member) {
    for (Value input : member.map.getInputs())
      if (tensor::ExtractSliceOp part = getPart(input)) {
        Operation *producer = part.getSource().getDefiningOp();
        if (!isa_and_present<kernel::KernelOpInterface>(producer))
          continue;
        member.flat = part.getSource();
        member.offset = part.getStaticOffsets()[0];
        member.elements = part.getType().getNumElements();
        return true;
      }
    return false;
  }

  /// Says what the map's operands are, or returns why it cannot be joined.
  static const char *describe(Member &member, const NewValues &newValues) {
    kernel::MapOp map = member.map;
    ArrayRef<int64_t> dims = map.getDims();
    if (map.getRaggedDim() || !map.getGathers().empty())
      return "it gathers";
    if (!map.getBody().front().getOps<kernel::IndexOp>().empty())
      return "it uses its index";
    if (llvm::product_of(dims) != member.elements)
      return "it does not read every element of its part once";
    if (map.getNumResults() == 0)
      return "it has no results";
    for (auto [i, result] : llvm::enumerate(map.getResults())) {
      BlockArgument old = result.hasOneUse()
                              ? newValues.getOldValue(*result.use_begin())
                              : nullptr;
      if (!old || old.getType() != result.getType() ||
          llvm::is_contained(member.variables, old))
        return "its result is not the new value of a variable alone";
      if (!map.getOuts()[i].getDefiningOp<tensor::EmptyOp>() ||
          !isWhole(dims, map.getOutMap(i), result.getType()))
        return "its result is not stored in order";
      member.variables.push_back(old);
    }
    for (auto [i, value] : llvm::enumerate(map.getInputs())) {
      AffineMap access = map.getInputMap(i);
      bool whole = isWhole(dims, access, value.getType());
      tensor::ExtractSliceOp part = getPart(value);
      auto *variable = llvm::find(member.variables, value);
      Input input;
      if (whole && part && part.getStaticOffsets()[0] == member.offset &&
          part.getSourceType().getShape() ==
              cast<ShapedType>(member.flat.getType()).getShape())
        input.value = part.getSource();
      else if (whole && variable != member.variables.end())
        input.variable = variable - member.variables.begin();
      else if (llvm::all_of(access.getResults(),
                            llvm::IsaPred<AffineConstantExpr>)) {
        input.value = value;
        input.element =
            AffineMap::get(1, 0, access.getResults(), access.getContext());
      } else {
        return "an input is neither such a part nor what it overwrites";
      }
      member.inputs.push_back(input);
    }
    return nullptr;
  }

  /// Puts a map to the first ones that do the same for other parts.
  static void insert(SmallVector<Group> &groups, Member &member) {
    for (Group &group : groups) {
      Member &first = group.members.front();
      if (first.map->getBlock() == member.map->getBlock() &&
          first.inputs == member.inputs &&
          OperationEquivalence::isRegionEquivalentTo(
              &first.map.getBody(), &member.map.getBody(),
              OperationEquivalence::IgnoreLocations) &&
          group.offsets.insert(member.offset).second) {
        group.members.push_back(member);
        return;
      }
    }
    groups.push_back({{member}, {member.offset}});
  }

  /// True if the parts are all of the flat tensor, in order.
  static bool coversAll(ArrayRef<Member> members) {
    int64_t end = 0;
    for (const Member &member : members) {
      if (member.offset != end)
        return false;
      end += member.elements;
    }
    auto type = cast<ShapedType>(members.front().flat.getType());
    return end == type.getNumElements();
  }

  void join(Group &group) {
    SmallVector<Member> &members = group.members;
    kernel::MapOp first = members.front().map, last = members.back().map;
    llvm::sort(members, [](const Member &a, const Member &b) {
      return a.offset < b.offset;
    });
    if (!coversAll(members))
      return missed(first, "there is no map that does the same for the other "
                           "parts of what it reads");
    // Variables are arguments: joined ahead of everything, they are at hand
    // wherever the map may move. The map itself stands where all that reads the
    // old values of these variables has been.
    SmallVector<Location> locations;
    for (Member &member : members)
      locations.push_back(member.map.getLoc());
    OpBuilder b(last);
    Location loc = b.getFusedLoc(locations);
    b.setInsertionPointToStart(last->getBlock());
    ArrayRef<int64_t> shape =
        cast<ShapedType>(members.front().flat.getType()).getShape();
    SmallVector<Value> variables, inputs;
    for (unsigned i = 0; i < first.getNumResults(); ++i) {
      SmallVector<Value> parts;
      for (Member &member : members)
        parts.push_back(
            reshape(b, loc, member.variables[i], {member.elements}));
      variables.push_back(tensor::ConcatOp::create(b, loc, /*dim=*/0, parts));
    }
    b.setInsertionPoint(last);
    AffineMap point = b.getMultiDimIdentityMap(1);
    SmallVector<AffineMap> maps;
    for (const Input &input : members.front().inputs) {
      inputs.push_back(input.variable ? variables[*input.variable]
                                      : input.value);
      maps.push_back(input.element ? input.element : point);
    }
    maps.append(variables.size(), point);
    auto joined = kernel::MapOp::create(
        b, loc, ValueRange(variables).getTypes(), inputs, variables, shape,
        b.getAffineMapArrayAttr(maps), /*gathers=*/ArrayRef<int32_t>{},
        /*ragged_dim=*/IntegerAttr(), /*offsets=*/IntegerAttr(),
        /*schedule=*/nullptr);
    IRMapping mapping;
    first.getBody().cloneInto(&joined.getBody(), mapping);
    for (Member &member : members) {
      for (auto [all, result] :
           llvm::zip(joined.getResults(), member.map.getResults())) {
        auto type = cast<RankedTensorType>(result.getType());
        Value part = tensor::ExtractSliceOp::create(
            b, loc,
            RankedTensorType::get({member.elements}, type.getElementType()),
            all, ValueRange(), ValueRange(), ValueRange(),
            ArrayRef(member.offset), ArrayRef(member.elements),
            ArrayRef<int64_t>(1));
        result.replaceAllUsesWith(reshape(b, loc, part, type.getShape()));
      }
    }
    remark::passed(loc, remarkAbout(joined, "JoinMaps", "Fusion"))
        << "the same for " + std::to_string(members.size()) +
               " parts of one tensor is one kernel";
    for (Member &member : members)
      member.map.erase();
  }
};
} // namespace
