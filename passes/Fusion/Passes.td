#ifndef MOEC_PASSES_FUSION_PASSES_TD
#define MOEC_PASSES_FUSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def FuseAttentionPass : Pass<"moec-fuse-attention", "::mlir::func::FuncOp"> {
  let summary = "Make one kernel of attention, and one of its gradient";
  let description = [{
    `moe.attention` becomes a `kernel.attend` and `moe.attention_grad` a `kernel.attend_grad`, which store no scores, where the
    module's machine has code for it. Norms of queries and keys become `moe.layer_norm`, which `moec-fuse-operands` moves into
    both, and `moe.layer_norm_grad` behind the gradient. Not so (remark): `moec-decompose-attention` takes what is left.

    Before: `%y, %l = moe.attention %q, %k, %v`.
    After: `%y, %l = kernel.attend dims [b, h, s, e, t, d] ins(%q, %k, %v) .. scale 0.125`.
  }];
  let dependentDialects = ["::moec::kernel::KernelDialect", "::moec::moe::MoEDialect", "::mlir::tensor::TensorDialect"];
}

def DecomposeAttentionPass : Pass<"moec-decompose-attention", "::mlir::func::FuncOp"> {
  let summary = "Write attention as contractions and a softmax";
  let description = [{
    `moe.attention` becomes two `moe.einsum` with scale and softmax between them, its gradient five, the first of which computes
    the scores again; norms of queries and keys become `moe.layer_norm`. Where several heads of the query read one of the key,
    they are an axis of their own in the contractions: keys and values are not copied.

    Before: `%y, %l = moe.attention %q, %k, %v`, nobody reads `%l`.
    After: `%s = moe.einsum %q, %k "bsgd,btgd->bgst"`, `%c = moe.scale %s by 0.125`, `%w = moe.softmax %c axes [3]`,
    `%y = moe.einsum %w, %v "bgst,btge->bsge"`.
  }];
  let dependentDialects = ["::moec::kernel::KernelDialect", "::moec::moe::MoEDialect", "::mlir::tensor::TensorDialect"];
}

def LowerToKernel : Pass<"moec-lower-to-kernel", "::mlir::ModuleOp"> {
  let summary = "Lowers moe ops to unfused kernel ops on tensors";
  let description = [{
    Every moe op on f32 tensors becomes kernel ops, each with the location of the
    op; `moe.repeat` and `moe.yield` stay. A plan (`!moe.routing`) becomes its i32 buffer,
    in signatures too. Run CSE after it: statistics of the forward and
    the backward pass, written alike, become one.

    A linear layer or einsum is one `kernel.contract` whose innermost output axis is n; normalisation
    and softmax are a `kernel.rows` for the statistics and a `kernel.map`, so that the map can move
    into the kernels that read it.
  }];
  let dependentDialects = ["::moec::kernel::KernelDialect", "::mlir::arith::ArithDialect",
    "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def VerifyFusionPass : Pass<"moec-verify-fusion", "::mlir::ModuleOp"> {
  let summary = "Checks what the phases after fusion rely on";
  let description = [{
    Of the moe dialect only `moe.repeat` and `moe.yield` are left, and no value is a `!moe.routing`.
    Says which op broke it.
  }];
}

class FusePass<string flag> : Pass<flag, "::mlir::func::FuncOp"> {
  let dependentDialects = ["::moec::kernel::KernelDialect", "::mlir::tensor::TensorDialect"];
}

def JoinProjectionsPass : Pass<"moec-join-projections", "::mlir::ModuleOp"> {
  let summary = "Multiply by the matrices of queries, keys and values at once";
  let description = [{
    Where attention reads `moe.linear` of the same tokens, with weights that no entry changes, `moe.concat` joins these, and
    `moe.slice` takes the product apart. `moec-hoist-parameters` then moves the first out of the step, and `moec-fuse-operands` the
    others into the attention. Before: `%q = moe.linear %x, %wq axis 2`, `%k = moe.linear %x, %wk axis 2`. After: `%p = moe.linear %x, (moe.concat %wq, %wk axis 1) axis 2`, `%q = moe.slice %p axis 2 begin 0`, ..
  }];
  let dependentDialects = ["::moec::moe::MoEDialect"];
}

def JoinUpdatesPass : FusePass<"moec-join-updates"> {
  let summary = "Update all parameters of an optimizer op as one flat tensor";
  let description = [{
    The lists of an optimizer's update (`moe.OptimizerOpInterface`) become flat tensors, joined by `tensor.concat` and taken apart by
    `tensor.extract_slice`, unless it sums over each parameter; `moe.clip_scale` reads the joined gradients. The planner lays variables and gradients out
    such that none of this moves data, and a step has one kernel for the update instead of one for each parameter.
    Parts are ordered by how well their sizes keep to cache lines.

    Before: `%p0, %p1, %m0, %m1 = moe.sgd_update (%w, %b) grads (%gw, %gb) momenta (%mw, %mb) ..`.
    After: `%p = tensor.concat dim(0) %w, %b`, `%g` and `%m` alike, `%q, %n = moe.sgd_update (%p) grads (%g) momenta (%m) ..`,
    `%p0 = tensor.extract_slice %q[0] [96] [1]`, `%p1 = tensor.extract_slice %q[96] [8] [1]`, ..
  }];
}

def JoinMapsPass : FusePass<"moec-join-maps"> {
  let summary = "Do what is the same for all parts of a flat tensor at once";
  let description = [{
    After `moec-join-updates` the new parameters are parts of one flat tensor. Where a `kernel.map` over each of them does the
    same, and makes the new value of a variable (the average of a parameter in a shadow), one map does it for all, over
    the flat tensor and the variables side by side. `moec-fuse-epilogue` with `shared` then moves it into the update.
    Not joined (remark): maps for some of the parts only, results that are no new values of variables, inputs that differ
    from part to part in another way.

    Before: `%p0 = tensor.extract_slice %p[0] [96] [1]`, `%s0 = kernel.map ins(%ema0, %p0) .. body { 0.9 * s + 0.1 * p }`, and so for `%p1`, `%s1`.
    After: `%ema = tensor.concat dim(0) %ema0, %ema1`, `%s = kernel.map ins(%ema, %p) outs(%ema) .. body { 0.9 * s + 0.1 * p }`,
    `%s0 = tensor.extract_slice %s[0] [96] [1]`, `%s1 = tensor.extract_slice %s[96] [8] [1]`.
  }];
}

def FuseEpiloguePass : FusePass<"moec-fuse-epilogue"> {
  let summary = "Move element-wise consumers into the kernel that stores what they read";
  let description = [{
    A `kernel.map` that alone reads the result of a contraction (or an element out of
    `kernel.rows`) becomes part of its epilogue: bias, activation, residual, gate product. One that
    reads what `kernel.rows` stores once a row becomes part of its `finish`.
    Not moved (remark): other readers, gathers, inputs or results that vector code would
    have to read or store with a stride, variables that would be overwritten before something else reads them.

    Before: `%h = kernel.contract .. epilogue { acc }` then `%y = kernel.map ins(%h, %x) .. body { h + x }`.
    After: `%y = kernel.contract ins(.., %x) .. epilogue { acc + x }`.
  }];
}

def FuseSharedPass : FusePass<"moec-fuse-shared"> {
  let summary = "Move element-wise consumers into the kernel that stores what they and others read";
  let description = [{
    As `moec-fuse-epilogue`, but what the map reads may have other readers, and may be the result of another map: it stays an out
    beside the map's results. So the average of a parameter is computed where the parameter is updated. Not so in `finish` of `kernel.rows`.

    Before: `%h = kernel.contract .. epilogue { acc }`, read here and there, then `%y = kernel.map ins(%h) .. body { gelu(h) }`.
    After: `%h, %y = kernel.contract .. epilogue { acc, gelu(acc) }`.
  }];
}

def FuseOperandsPass : FusePass<"moec-fuse-operands"> {
  let summary = "Move element-wise producers into the kernels that read them";
  let description = [{
    A `kernel.map` read by kernels only moves into the regions that read it: normalisation,
    activation, dispatch (with its gather), transposes and broadcasts (which become indexing maps).
    With several readers only if repeating is cheap: one full-size input and no transcendental function.
    Not moved (remark): readers that are no kernels or gather from it, accesses that vector code
    could not follow.

    Before: `%n = kernel.map ins(%x, %s) .. body { x * s }` then `%y = kernel.contract ins(%n, %w) .. lhs { n }`.
    After: `%y = kernel.contract ins(%x, %w, %s) .. lhs { x * s }`.
  }];
}

def FuseEmitPass : FusePass<"moec-fuse-emit"> {
  let summary = "Join row statistics and the map that applies them";
  let description = [{
    A `kernel.map` over the elements of the rows whose statistics it reads moves into the `emit` region
    of the `kernel.rows`; statistics that nobody else reads are no longer stored.

    Before: `%m = kernel.rows ins(%x) .. finish { max }` then `%y = kernel.map ins(%x, %m) .. body { x - m }`.
    After: `%y = kernel.rows ins(%x) .. emit { x - max }`.
  }];
}

#endif
