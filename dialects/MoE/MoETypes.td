#ifndef MOEC_DIALECTS_MOE_MOETYPES_TD
#define MOEC_DIALECTS_MOE_MOETYPES_TD

include "dialects/MoE/MoEDialect.td"
include "mlir/IR/AttrTypeBase.td"

def MoE_RoutingType : TypeDef<MoE_Dialect, "Routing"> {
  let mnemonic = "routing";
  let summary = "Who goes where: the result of a sparse router";
  let description = [{
    A ragged plan for `items` items over `experts` experts with `k` choices each and
    at most `capacity` items an expert. Dispatch produces at most R = min(items * k,
    experts * min(capacity, items)) rows; those of expert e are `offsets[e] .. offsets[e+1]`. Nothing
    is padded: capacity only decides who is dropped. With `stack > 0` it stands for
    that many plans, one for each iteration of a `moe.repeat`. Where experts choose (`moe.expert_choice_route`),
    k = experts and choice j of an item is expert j, whether it took the item or not.

    In memory it is one i32 buffer: `offsets[experts+1]`, `item[R]` (row to item),
    `slot[R]` (row to item*k+choice), `pos[items*k]` (item*k+choice to row, -1 if dropped),
    `expert[items*k]` (item*k+choice to chosen expert). Rows past `offsets[experts]` hold -1 in
    `item` and `slot`.

    Example: `!moe.routing<items = 128, experts = 8, k = 2, capacity = 40>`
  }];
  let parameters = (ins "int64_t":$items, "int64_t":$experts, "int64_t":$k,
    "int64_t":$capacity, DefaultValuedParameter<"int64_t", "0">:$stack);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Choices of all items, dropped ones too.
    int64_t getChoices() const { return getItems() * getK(); }
    /// Upper bound of dispatched rows.
    int64_t getRows() const {
      return std::min(getChoices(), getExperts() * std::min(getCapacity(), getItems()));
    }
    /// Where the parts of the i32 buffer start, and its length.
    int64_t getOffsetsStart() const { return 0; }
    int64_t getItemStart() const { return getExperts() + 1; }
    int64_t getSlotStart() const { return getItemStart() + getRows(); }
    int64_t getPosStart() const { return getSlotStart() + getRows(); }
    int64_t getExpertStart() const { return getPosStart() + getChoices(); }
    int64_t getBufferSize() const { return getExpertStart() + getChoices(); }
  }];
}

#endif
