#ifndef MOEC_DIALECTS_KERNEL_KERNELROUTEOPS_TD
#define MOEC_DIALECTS_KERNEL_KERNELROUTEOPS_TD

include "dialects/Kernel/KernelAttrs.td"
include "dialects/Kernel/KernelInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Kernel_RoutingOp<string mnemonic> : Kernel_Op<mnemonic, [
    Kernel_OpInterface, Kernel_RoutingOpInterface, DeclareOpInterfaceMethods<Kernel_BuiltinOpInterface>,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let hasVerifier = 1;
  code sharedDeclaration = [{
    int64_t getItems() { return ::llvm::cast<::mlir::ShapedType>(getGates().getType()).getDimSize(0); }
    int64_t getExperts() { return ::llvm::cast<::mlir::ShapedType>(getGates().getType()).getDimSize(1); }
    ::mlir::OperandRange getInputs() { return (*this)->getOperands().take_front(1); }
    ::mlir::OperandRange getOuts() { return (*this)->getOperands().drop_front(1); }
    ::llvm::ArrayRef<int64_t> getGrid() { return {}; }
    ::moec::kernel::InputUse getInputUse(unsigned) {
      return {/*mayRound=*/false, /*multiplied=*/false, /*computedOn=*/true, /*decides=*/true};
    }
    ::moec::kernel::OutRounding getOutRounding(unsigned) { return ::moec::kernel::OutRounding::Never; }
  }];
}

def Kernel_RouteOp : Kernel_RoutingOp<"route"> {
  let summary = "Top-k routing into a ragged plan, by stable counting";
  let description = [{
    Reads `gates` [items, experts] (f32, after the softmax) and writes `weights`
    [items, k] and `plan`, the i32 buffer of `!moe.routing`: `offsets[E+1]`, `item[R]`,
    `slot[R]`, `pos[items*k]`, `expert[items*k]`, one after the other, with R = min(items * k,
    experts * min(groups * capacity, items)) rows (see `RoutingType`). All first choices are placed before all second choices, items in
    order of position or, with `importance`, of descending largest gate; an
    assignment to a full expert is dropped (V-MoE, arXiv 2106.05974, section 2.4 and appendix C). With `groups` each
    of so many runs of items / groups neighbouring items is treated so, and an expert takes `capacity` of each, those of the first
    group first.

    Example:

    ```mlir
    func.func @route(%g: tensor<8x4xf32>, %w: tensor<8x2xf32>, %p: tensor<69xi32>) -> (tensor<8x2xf32>, tensor<69xi32>) {
      %r:2 = kernel.route ins(%g : tensor<8x4xf32>) outs(%w, %p : tensor<8x2xf32>, tensor<69xi32>)
        k 2 capacity 5 priority position -> tensor<8x2xf32>, tensor<69xi32>
      return %r#0, %r#1 : tensor<8x2xf32>, tensor<69xi32>
    }
    ```
  }];
  let arguments = (ins AnyShaped:$gates, AnyShaped:$weights, AnyShaped:$plan,
    I64Attr:$k, I64Attr:$capacity, DefaultValuedAttr<I64Attr, "1">:$groups, Kernel_PriorityAttr:$priority);
  let assemblyFormat = [{
    `ins` `(` $gates `:` type($gates) `)` `outs` `(` $weights `,` $plan `:` type($weights) `,` type($plan) `)`
    `k` $k `capacity` $capacity (`groups` $groups^)? `priority` $priority attr-dict (`->` type($results)^)?
  }];
  let extraClassDeclaration = sharedDeclaration # [{
    /// Upper bound of dispatched rows.
    int64_t getRows() {
      return std::min<int64_t>(getItems() * getK(), getExperts() * getGroups() *
                               std::min<int64_t>(getCapacity(), getItems() / getGroups()));
    }
    int64_t getChoices() { return getItems() * getK(); }
    int64_t getPlanSize() { return getExperts() + 1 + 2 * (getRows() + getChoices()); }
    bool canRouteParts(int64_t parts) {
      // One group that drops nothing is as good as several.
      bool drops = int64_t(getCapacity()) < getItems() / int64_t(getGroups());
      return getGroups() % parts == 0 || (getGroups() == 1 && !drops);
    }
    void becomePart(int64_t parts) {
      setGroups(getGroups() % parts ? 1 : getGroups() / parts);
      setCapacity(std::min<int64_t>(getCapacity(), getItems() / getGroups()));
    }
  }];
}

def Kernel_ExpertRouteOp : Kernel_RoutingOp<"expert_route"> {
  let summary = "Expert choice: each expert takes the items with the largest gates";
  let description = [{
    Reads `gates` [items, experts] (f32) and writes `plan`, the i32 buffer of `!moe.routing` with
    k = experts: `offsets[E+1]`, `item[R]`, `slot[R]`, `pos[items*E]`, `expert[items*E]`, with
    R = experts * groups * capacity rows, all used. Of each of `groups` runs of items / groups neighbouring items an
    expert takes the `capacity` with the largest gates (Zhou et al., arXiv 2202.09368, section 3.2); of equal ones the lower
    item, and NaN is below everything. Its rows are in order of item. Choice e of an item is expert e,
    so `pos[t*E + e]` is -1 where the expert did not take the item, and `expert[t*E + e]` is e.

    Example:

    ```mlir
    func.func @expert_route(%g: tensor<8x4xf32>, %p: tensor<117xi32>) -> tensor<117xi32> {
      %r = kernel.expert_route ins(%g : tensor<8x4xf32>) outs(%p : tensor<117xi32>)
        groups 2 capacity 3 -> tensor<117xi32>
      return %r : tensor<117xi32>
    }
    ```
  }];
  let arguments = (ins AnyShaped:$gates, AnyShaped:$plan, I64Attr:$groups, I64Attr:$capacity);
  let assemblyFormat = [{
    `ins` `(` $gates `:` type($gates) `)` `outs` `(` $plan `:` type($plan) `)`
    `groups` $groups `capacity` $capacity attr-dict (`->` type($results)^)?
  }];
  let extraClassDeclaration = sharedDeclaration # [{
    /// Dispatched rows.
    int64_t getRows() { return getExperts() * getGroups() * getCapacity(); }
    int64_t getChoices() { return getItems() * getExperts(); }
    int64_t getPlanSize() { return getExperts() + 1 + 2 * (getRows() + getChoices()); }
    bool canRouteParts(int64_t parts) { return getGroups() % parts == 0; }
    void becomePart(int64_t parts) { setGroups(getGroups() / parts); }
  }];
}

#endif
