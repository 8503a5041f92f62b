#ifndef MOEC_PASSES_MODEL_PASSES_TD
#define MOEC_PASSES_MODEL_PASSES_TD

include "mlir/Pass/PassBase.td"

def VerifyModelPass : Pass<"moec-verify-model", "::mlir::ModuleOp"> {
  let summary = "Check variables and entries against each other";
  let description = [{
    What the phases after this one rely on: each argument and result of an entry says what it is, once
    (`moe.var`, `moe.field`, `moe.host`; `moe.var`, `moe.output`, `moe.metric`); a `moe.var` names a variable of that
    type, which an entry reads by one argument and writes by one result; fields, host values and outputs of an entry
    have different names; `of` names a parameter of the same type; no two entries have one name and one batch size.

    Statistics that an entry reads have an `init`. Where there are derived variables, one entry, without batch, fields
    and host values, computes all of them and changes nothing else: the runtime runs it by itself.

    A function that has none of these attributes is no entry, and is left alone.
  }];
}

def UnrouteSharedPass : Pass<"moec-unroute-shared", "::mlir::func::FuncOp"> {
  let summary = "Apply the projections that experts share to items, not to rows";
  let description = [{
    Experts (a(x W_e) * (x V)) W2 with V and W2 shared by all (arXiv 2407.17783), where k rows of an item compute x V and W2 k times:

        %r = moe.dispatch %x, %plan
        %u = moe.linear %r, %v, %bv axis 1
        %h = moe.mul %a, %u
        %o = moe.linear %h, %w2, %b2 axis 1
        %y = moe.combine %o, %plan, %weights

    become, since the weights of an item sum to 1,

        %c = moe.combine %a, %plan, %weights
        %u = moe.linear %x, %v, %bv axis 1
        %h = moe.mul %c, %u
        %y = moe.linear %h, %w2, %b2 axis 1

    Only for weights of `moe.top_k_route` over `moe.top_k_softmax` of the same k and a capacity for all items.
  }];
  let dependentDialects = ["::moec::moe::MoEDialect"];
}

#endif
