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
    heads; result [batch, s, heads, width], logSumExp [batch, heads, s]. Head h reads the keys and values of group
    g(h) = h / (heads / groups) (grouped-query attention, arXiv 2305.13245; with as many groups as heads it is
    multi-head attention, arXiv 1706.03762, equation 1):

        scores[b,h,s,t]  = scale * sum_d q[b,s,h,d] k[b,t,g(h),d]      scale: 1 / sqrt(dim) if it is not given
        logSumExp[b,h,s] = log sum_t exp(scores[b,h,s,t])
        weights[b,h,s,t] = exp(scores[b,h,s,t] - logSumExp[b,h,s])     the softmax over t
        result[b,s,h,e]  = sum_t weights[b,h,s,t] value[b,t,g(h),e]

    q and k are query and key, or with `norm` each head's layer normalisation of them over dim (`moe.layer_norm` with
    `eps`; ViT-22B, arXiv 2302.05442, section 2), all heads with the same parameters [dim]: norm(query scale, key scale), or
    norm(query scale, key scale, query bias, key bias).

    The logarithms are a result because the gradient reads them: it computes weights again, so that nothing of s * t elements
    is kept for it (Dao et al., arXiv 2205.14135, section 3.1). Heads are the third axis, as projections leave them: no transpose
    is needed ahead of the op or after it.

    Example:

    ```mlir
    func.func @f(%q: tensor<2x49x4x24xf32>, %k: tensor<2x49x2x24xf32>, %v: tensor<2x49x2x24xf32>, %s: tensor<24xf32>)
        -> tensor<2x49x4x24xf32> {
      %y, %l = moe.attention %q, %k, %v norm(%s, %s) eps 1.0e-6
        : (tensor<2x49x4x24xf32>, tensor<2x49x2x24xf32>, tensor<2x49x2x24xf32>, tensor<24xf32>, tensor<24xf32>)
        -> (tensor<2x49x4x24xf32>, tensor<2x4x49xf32>)
      return %y : tensor<2x49x4x24xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$query, MoE_Tensor:$key, MoE_Tensor:$value, Variadic<MoE_Tensor>:$norm,
    OptionalAttr<F64Attr>:$eps, OptionalAttr<F64Attr>:$scale);
  let results = (outs MoE_Tensor:$result, MoE_Tensor:$logSumExp);
  let assemblyFormat = [{ $query `,` $key `,` $value (`norm` `(` $norm^ `)`)? (`eps` $eps^)? (`scale` $scale^)? attr-dict
    `:` functional-type(operands, results) }];
  let extraClassDeclaration = sharedDeclaration;
}

def MoE_AttentionGradOp : MoE_AttentionOpBase<"attention_grad", [Pure, AttrSizedOperandSegments,
    AllTypesMatch<["query", "queryGrad"]>, AllTypesMatch<["key", "keyGrad"]>, AllTypesMatch<["value", "valueGrad"]>,
    AllTypesMatch<["result", "outGrad"]>,
    RangedTypesMatchWith<"gradients of the norm have the types of its parameters", "norm", "normGrads", "$_self">]> {
  let summary = "Gradients of `moe.attention`";
  let description = [{
    From the operands and results of `moe.attention`, the gradient of its result, and that of its logarithms if there is one.
    With weights computed again from the scores and their logSumExp, and d the gradient of the weights (Dao et al., arXiv
    2205.14135, appendix B.2, equations 3 to 6; the sum over t of weights * d is that over e of outGrad * result):

        valueGrad[b,t,g,e] = sum over s and the heads h of g of weights[b,h,s,t] outGrad[b,s,h,e]
        d[b,h,s,t]         = sum_e outGrad[b,s,h,e] value[b,t,g(h),e]
        delta[b,h,s]       = sum_e outGrad[b,s,h,e] result[b,s,h,e] - logSumExpGrad[b,h,s]
        ds[b,h,s,t]        = scale * weights[b,h,s,t] (d[b,h,s,t] - delta[b,h,s])
        dq[b,s,h,d]        = sum_t ds[b,h,s,t] k[b,t,g(h),d]
        dk[b,t,g,d]        = sum over s and the heads h of g of ds[b,h,s,t] q[b,s,h,d]

    With `norm`, dq and dk go on through it (`moe.layer_norm_grad`), and `normGrads` are those of its parameters.

    Example:

    ```mlir
    func.func @f(%q: tensor<2x49x4x24xf32>, %k: tensor<2x49x2x24xf32>, %y: tensor<2x49x4x24xf32>, %l: tensor<2x4x49xf32>)
        -> tensor<2x49x4x24xf32> {
      %dq, %dk, %dv = moe.attention_grad %q, %k, %k of %y, %l by %q
        : (tensor<2x49x4x24xf32>, tensor<2x49x2x24xf32>, tensor<2x49x2x24xf32>, tensor<2x49x4x24xf32>, tensor<2x4x49xf32>,
           tensor<2x49x4x24xf32>)
        -> (tensor<2x49x4x24xf32>, tensor<2x49x2x24xf32>, tensor<2x49x2x24xf32>)
      return %dq : tensor<2x49x4x24xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$query, MoE_Tensor:$key, MoE_Tensor:$value, Variadic<MoE_Tensor>:$norm,
    MoE_Tensor:$result, MoE_Tensor:$logSumExp, MoE_Tensor:$outGrad, Optional<MoE_Tensor>:$logSumExpGrad,
    OptionalAttr<F64Attr>:$eps, OptionalAttr<F64Attr>:$scale);
  let results = (outs MoE_Tensor:$queryGrad, MoE_Tensor:$keyGrad, MoE_Tensor:$valueGrad,
    Variadic<MoE_Tensor>:$normGrads);
  let assemblyFormat = [{ $query `,` $key `,` $value (`norm` `(` $norm^ `)`)? `of` $result `,` $logSumExp
    `by` $outGrad (`,` $logSumExpGrad^)? (`eps` $eps^)? (`scale` $scale^)? attr-dict `:` functional-type(operands, results) }];
  let extraClassDeclaration = sharedDeclaration;
}

#endif
