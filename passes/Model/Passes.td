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

#endif
