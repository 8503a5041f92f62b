#ifndef MOEC_DIALECTS_MOE_MOEATTENTIONOPS_TD
#define MOEC_DIALECTS_MOE_MOEATTENTIONOPS_TD

include "dialects/MoE/MoEStructureOps.td"

// What attention and its gradient say alike.
class MoE_AttentionOpBase<string mnemonic, list<Trait> traits> : MoE_Op<mnemonic, traits> {
  let hasVerifier = 1;
  code sharedDeclaration = [{
    /// What the scores are multiplied by: `scale`, or 1 / sqrt(dim).
    double getScoreScale();
    /// The parts of `norm`, each [dim]; null where there are none.
    ::mlir::Value getQueryScale() { return getNorm().empty() ? ::mlir::Value() : getNorm()[0]; }
    ::mlir::Value getKeyScale() { return getNorm().empty() ? ::mlir::Value() : getNorm()[1]; }
    ::mlir::Value getQueryBias() { return getNorm().size() < 4 ? ::mlir::Value() : getNorm()[2]; }
    ::mlir::Value getKeyBias() { return getNorm().size() < 4 ? ::mlir::Value() : getNorm()[3]; }
  }];
}

def MoE_AttentionOp : MoE_AttentionOpBase<"attention", [Pure,
    DeclareOpInterfaceMethods<MoE_DifferentiableOpInterface>]> {
  let summary = "Scaled dot-product attention of several heads";
  let description = [{
    query [batch, s, heads, dim], key [batch, t, groups, dim], value [batch, t, groups, width], where groups divides
    heads; result [batch, s, heads, width], weights [batch, heads, s, t]. Head h reads the keys and values of group
    g(h) = h / (heads / groups) (grouped-query attention, arXiv 2305.13245; with as many groups as heads it is
    multi-head attention, arXiv 1706.03762, equation 1):

        scores[b,h,s,t]  = scale * sum_d q[b,s,h,d] k[b,t,g(h),d]      scale: 1 / sqrt(dim) if it is not given
        weights[b,h,s,:] = softmax(scores[b,h,s,:])
        result[b,s,h,e]  = sum_t weights[b,h,s,t] value[b,t,g(h),e]

    q and k are query and key, or with `norm` each head's layer normalisation of them over dim (`moe.layer_norm` with
    `eps`; ViT-22B, arXiv 2302.05442, section 2), all heads with the same parameters [dim]: norm(query scale, key scale), or
    norm(query scale, key scale, query bias, key bias).

    The weights are a result because the gradient reads them. Heads are the third axis, as projections leave them: no transpose
    is needed ahead of the op or after it.

    Example:

    ```mlir
    func.func @f(%q: tensor<2x49x4x24xf32>, %k: tensor<2x49x2x24xf32>, %v: tensor<2x49x2x24xf32>, %s: tensor<24xf32>)
        -> tensor<2x49x4x24xf32> {
      %y, %w = moe.attention %q, %k, %v norm(%s, %s) eps 1.0e-6
        : (tensor<2x49x4x24xf32>, tensor<2x49x2x24xf32>, tensor<2x49x2x24xf32>, tensor<24xf32>, tensor<24xf32>)
        -> (tensor<2x49x4x24xf32>, tensor<2x4x49x49xf32>)
      return %y : tensor<2x49x4x24xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$query, MoE_Tensor:$key, MoE_Tensor:$value, Variadic<MoE_Tensor>:$norm,
    OptionalAttr<F64Attr>:$eps, OptionalAttr<F64Attr>:$scale);
  let results = (outs MoE_Tensor:$result, MoE_Tensor:$weights);
  let assemblyFormat = [{ $query `,` $key `,` $value (`norm` `(` $norm^ `)`)? (`eps` $eps^)? (`scale` $scale^)? attr-dict
    `:` functional-type(operands, results) }];
  let extraClassDeclaration = sharedDeclaration;
}

def MoE_AttentionGradOp : MoE_AttentionOpBase<"attention_grad", [Pure, AttrSizedOperandSegments,
    AllTypesMatch<["query", "queryGrad"]>, AllTypesMatch<["key", "keyGrad"]>, AllTypesMatch<["value", "valueGrad"]>,
    RangedTypesMatchWith<"gradients of the norm have the types of its parameters", "norm", "normGrads", "$_self">]> {
  let summary = "Gradients of `moe.attention`";
  let description = [{
    From the operands and the weights of `moe.attention`, the gradient of its result, and that of its weights if there is one.
    With d = the gradient of the weights, through the result and of their own:

        valueGrad[b,t,g,e] = sum over s and the heads h of g of weights[b,h,s,t] outGrad[b,s,h,e]
        d[b,h,s,t]         = sum_e outGrad[b,s,h,e] value[b,t,g(h),e] + weightsGrad[b,h,s,t]
        ds                 = scale * weights * (d - sum_t weights * d)
        dq[b,s,h,d]        = sum_t ds[b,h,s,t] k[b,t,g(h),d]
        dk[b,t,g,d]        = sum over s and the heads h of g of ds[b,h,s,t] q[b,s,h,d]

    With `norm`, dq and dk go on through it (`moe.layer_norm_grad`), and `normGrads` are those of its parameters.

    Example:

    ```mlir
    func.func @f(%q: tensor<2x49x4x24xf32>, %k: tensor<2x49x2x24xf32>, %w: tensor<2x4x49x49xf32>) -> tensor<2x49x4x24xf32> {
      %dq, %dk, %dv = moe.attention_grad %q, %k, %k weights %w by %q
        : (tensor<2x49x4x24xf32>, tensor<2x49x2x24xf32>, tensor<2x49x2x24xf32>, tensor<2x4x49x49xf32>, tensor<2x49x4x24xf32>)
        -> (tensor<2x49x4x24xf32>, tensor<2x49x2x24xf32>, tensor<2x49x2x24xf32>)
      return %dq : tensor<2x49x4x24xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$query, MoE_Tensor:$key, MoE_Tensor:$value, Variadic<MoE_Tensor>:$norm,
    MoE_Tensor:$weights, MoE_Tensor:$outGrad, Optional<MoE_Tensor>:$weightsGrad,
    OptionalAttr<F64Attr>:$eps, OptionalAttr<F64Attr>:$scale);
  let results = (outs MoE_Tensor:$queryGrad, MoE_Tensor:$keyGrad, MoE_Tensor:$valueGrad,
    Variadic<MoE_Tensor>:$normGrads);
  let assemblyFormat = [{ $query `,` $key `,` $value (`norm` `(` $norm^ `)`)? `weights` $weights `by` $outGrad
    (`,` $weightsGrad^)? (`eps` $eps^)? (`scale` $scale^)? attr-dict `:` functional-type(operands, results) }];
  let extraClassDeclaration = sharedDeclaration;
}

#endif
