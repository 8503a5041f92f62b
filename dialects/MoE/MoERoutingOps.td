#ifndef MOEC_DIALECTS_MOE_MOEROUTINGOPS_TD
#define MOEC_DIALECTS_MOE_MOEROUTINGOPS_TD

include "dialects/MoE/MoEEnums.td"
include "dialects/MoE/MoEStructureOps.td"

def MoE_TopKSoftmaxOp : MoE_DiffOp<"top_k_softmax", [AllTypesMatch<["input", "result"]>]> {
  let summary = "Softmax over the k largest of each row";
  let description = [{
    Of each row of [items, experts] the k largest (ties: the lower expert) become their softmax, which sums to 1; all others
    are 0 (arXiv 1701.06538, equations 3 and 5). `moe.top_k_route` with the same k chooses the same ones. Gradient: that
    of `moe.softmax`, which leaves the others alone.

    Example:

    ```mlir
    func.func @f(%x: tensor<128x8xf32>) -> tensor<128x8xf32> {
      %y = moe.top_k_softmax %x k 2 : tensor<128x8xf32>
      return %y : tensor<128x8xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, I64Attr:$k);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `k` $k attr-dict `:` type($input)";
  let hasVerifier = 1;
}

def MoE_TopKRouteOp : MoE_DiffOp<"top_k_route"> {
  let summary = "Chooses k experts an item, under a capacity";
  let description = [{
    `gates` [items, experts] are probabilities (softmax before top-k; V-MoE, arXiv 2106.05974, equation 1; no
    renormalisation). `weights` [items, k] are the k largest of each item, in descending order (ties: the lower
    expert first). The plan places all first choices, then all second choices, ...; items in order of position
    (`position`) or of descending largest gate (`importance`: batch-prioritised routing; ties: the lower
    item first); an assignment to an expert that already has `capacity` rows is dropped, so capacity 0 drops all of them and
    capacity = items none. Weights of dropped assignments keep their value. With `groups`, which divides items, all this happens
    in each of so many runs of neighbouring items: an expert has `capacity` rows of each, those of the first group first.

    Example:

    ```mlir
    func.func @f(%g: tensor<128x8xf32>) -> tensor<128x2xf32> {
      %w, %plan = moe.top_k_route %g k 2 capacity 40 priority position
        : tensor<128x8xf32> -> tensor<128x2xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>
      return %w : tensor<128x2xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$gates, I64Attr:$k, I64Attr:$capacity,
    DefaultValuedAttr<I64Attr, "1">:$groups, MoE_PriorityAttr:$priority);
  let results = (outs MoE_Tensor:$weights, MoE_RoutingType:$plan);
  let assemblyFormat = [{ $gates `k` $k `capacity` $capacity (`groups` $groups^)? `priority` $priority attr-dict
    `:` type($gates) `->` type($weights) `,` type($plan) }];
  let hasVerifier = 1;
}

def MoE_TopKRouteGradOp : MoE_Op<"top_k_route_grad", [Pure]> {
  let summary = "Gradient of the gates from that of the chosen weights";
  let description = [{
    dgates[t, e] = sum over j with expert[t, j] = e of dweights[t, j].

    Example:

    ```mlir
    func.func @f(%dw: tensor<128x2xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<128x8xf32> {
      %dg = moe.top_k_route_grad %dw, %plan
        : (tensor<128x2xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<128x8xf32>
      return %dg : tensor<128x8xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$weightsGrad, MoE_RoutingType:$plan);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$weightsGrad `,` $plan attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def MoE_ExpertChoiceRouteOp : MoE_Op<"expert_choice_route", [Pure]> {
  let summary = "Chooses items for each expert, as many for all";
  let description = [{
    Of each of `groups` runs of neighbouring items an expert takes the `capacity` items with the largest
    `gates` [items, experts] (Zhou et al., arXiv 2202.09368, section 3.2); of equal ones the lower item, and NaN is below
    everything. An item may have no expert, or many. Choice j of an item is expert j (k = experts), so the
    weights of `moe.combine` are the gates themselves, through which they get their gradient; the
    plan has none. groups divides items, and 1 <= capacity <= items / groups. All R = experts * groups *
    capacity rows are used; those of an expert are in order of item.

    Example:

    ```mlir
    func.func @f(%g: tensor<128x8xf32>, %r: tensor<256x96xf32>) -> tensor<128x96xf32> {
      %plan = moe.expert_choice_route %g groups 2 capacity 16
        : tensor<128x8xf32> -> !moe.routing<items = 128, experts = 8, k = 8, capacity = 32>
      %y = moe.combine %r, %plan, %g
        : (tensor<256x96xf32>, !moe.routing<items = 128, experts = 8, k = 8, capacity = 32>, tensor<128x8xf32>) -> tensor<128x96xf32>
      return %y : tensor<128x96xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$gates, I64Attr:$groups, I64Attr:$capacity);
  let results = (outs MoE_RoutingType:$plan);
  let assemblyFormat = "$gates `groups` $groups `capacity` $capacity attr-dict `:` type($gates) `->` type($plan)";
  let hasVerifier = 1;
}

def MoE_RoutingStatisticsOp : MoE_Op<"routing_statistics", [Pure]> {
  let summary = "How a router shares items out: seven numbers";
  let description = [{
    Of a plan and the `gates` [items, experts] that it comes from, [7]: the fewest rows of an expert, their mean and
    the most; their standard deviation (population) over their mean, 0 without rows; the share of items that have no expert;
    the share of the items * k choices that found their expert full, 0 with `experts_choose`, where nothing is refused; the
    mean over the items of the entropy of their gates, -sum_e(g * log(g)), in nats. Not differentiable.

    Example:

    ```mlir
    func.func @f(%g: tensor<128x8xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<7xf32> {
      %s = moe.routing_statistics %plan, %g
        : (!moe.routing<items = 128, experts = 8, k = 2, capacity = 40>, tensor<128x8xf32>) -> tensor<7xf32>
      return %s : tensor<7xf32>
    }
    ```
  }];
  let arguments = (ins MoE_RoutingType:$plan, MoE_Tensor:$gates, UnitAttr:$experts_choose);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$plan `,` $gates (`experts_choose` $experts_choose^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def MoE_DispatchOp : MoE_CheapOp<"dispatch"> {
  let summary = "Rows of the items, grouped by expert";
  let description = [{
    input [items, d] to rows [R, d]: row r is input[item[r]], times weights[slot[r]] if `weights` [items, k] is
    given. Rows past offsets[experts] are undefined and never read.

    Example:

    ```mlir
    func.func @f(%x: tensor<128x96xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<256x96xf32> {
      %r = moe.dispatch %x, %plan
        : (tensor<128x96xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<256x96xf32>
      return %r : tensor<256x96xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, MoE_RoutingType:$plan, Optional<MoE_Tensor>:$weights);
  let results = (outs MoE_Tensor:$rows);
  let assemblyFormat = "$input `,` $plan (`,` $weights^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def MoE_CombineOp : MoE_DiffOp<"combine"> {
  let summary = "Weighted sum, in fixed order, of what the experts gave back";
  let description = [{
    rows [R, d] to [items, d]: result[t] = sum over j = 0..k-1, pos[t, j] >= 0, of
    weights[t, j] * rows[pos[t, j]]; weights are 1 if not given.

    Example:

    ```mlir
    func.func @f(%r: tensor<256x96xf32>, %w: tensor<128x2xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<128x96xf32> {
      %y = moe.combine %r, %plan, %w
        : (tensor<256x96xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>, tensor<128x2xf32>) -> tensor<128x96xf32>
      return %y : tensor<128x96xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$rows, MoE_RoutingType:$plan, Optional<MoE_Tensor>:$weights);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$rows `,` $plan (`,` $weights^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def MoE_CombineWeightGradOp : MoE_Op<"combine_weight_grad", [Pure]> {
  let summary = "Gradient of the weights of `moe.combine` and `moe.dispatch`";
  let description = [{
    result[t, j] = <items[t], rows[pos[t, j]]>, 0 for dropped assignments; rows [R, d], items [items, d].

    Example:

    ```mlir
    func.func @f(%r: tensor<256x96xf32>, %dy: tensor<128x96xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<128x2xf32> {
      %dw = moe.combine_weight_grad %r, %dy, %plan
        : (tensor<256x96xf32>, tensor<128x96xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<128x2xf32>
      return %dw : tensor<128x2xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$rows, MoE_Tensor:$items, MoE_RoutingType:$plan);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$rows `,` $items `,` $plan attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def MoE_ExpertLinearOp : MoE_DiffOp<"expert_linear"> {
  let summary = "A linear layer with the weights of each row's expert";
  let description = [{
    rows [R, k_in], weight [experts, k_in, n], bias [experts, n] to [R, n]: rows offsets[e]..offsets[e+1] use slice e;
    with `transposed` the weight is [experts, n, k_in]. Rows past offsets[experts] are undefined.

    Example:

    ```mlir
    func.func @f(%r: tensor<256x96xf32>, %w: tensor<8x96x192xf32>, %b: tensor<8x192xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> tensor<256x192xf32> {
      %h = moe.expert_linear %r, %w, %plan, %b
        : (tensor<256x96xf32>, tensor<8x96x192xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>, tensor<8x192xf32>) -> tensor<256x192xf32>
      return %h : tensor<256x192xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$rows, MoE_Tensor:$weight, MoE_RoutingType:$plan, Optional<MoE_Tensor>:$bias, UnitAttr:$transposed);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$rows `,` $weight `,` $plan (`,` $bias^)? (`transposed` $transposed^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

def MoE_ExpertLinearGradOp : MoE_Op<"expert_linear_grad", [Pure]> {
  let summary = "Gradients of the weights and bias of `moe.expert_linear`";
  let description = [{
    rows [R, k_in], rowsGrad [R, n]: weightGrad[e] = sum over the rows of e of rows[r]^T rowsGrad[r] ([experts, k_in, n]),
    biasGrad[e] = sum of rowsGrad[r] ([experts, n]); 0 for an expert without rows.

    Example:

    ```mlir
    func.func @f(%r: tensor<256x96xf32>, %dr: tensor<256x192xf32>, %plan: !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> (tensor<8x96x192xf32>, tensor<8x192xf32>) {
      %dw, %db = moe.expert_linear_grad %r, %dr, %plan
        : (tensor<256x96xf32>, tensor<256x192xf32>, !moe.routing<items = 128, experts = 8, k = 2, capacity = 40>) -> (tensor<8x96x192xf32>, tensor<8x192xf32>)
      return %dw, %db : tensor<8x96x192xf32>, tensor<8x192xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$rows, MoE_Tensor:$rowsGrad, MoE_RoutingType:$plan);
  let results = (outs MoE_Tensor:$weightGrad, MoE_Tensor:$biasGrad);
  let assemblyFormat = "$rows `,` $rowsGrad `,` $plan attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif
