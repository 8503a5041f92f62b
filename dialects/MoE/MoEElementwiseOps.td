#ifndef MOEC_DIALECTS_MOE_MOEELEMENTWISEOPS_TD
#define MOEC_DIALECTS_MOE_MOEELEMENTWISEOPS_TD

include "dialects/MoE/MoEStructureOps.td"

class MoE_BinaryOp<string mnemonic, list<Trait> traits = []>
    : MoE_CheapOp<mnemonic, !listconcat([SameOperandsAndResultType, Elementwise], traits)> {
  let arguments = (ins MoE_Tensor:$lhs, MoE_Tensor:$rhs);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` type($result)";
}

def MoE_AddOp : MoE_BinaryOp<"add", [Commutative]> {
  let summary = "Element-wise sum";
  let description = [{
    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
      %z = moe.add %x, %y : tensor<4xf32>
      return %z : tensor<4xf32>
    }
    ```
  }];
  let hasFolder = 1;
}
def MoE_SubOp : MoE_BinaryOp<"sub"> {
  let summary = "Element-wise difference";
  let description = [{
    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
      %z = moe.sub %x, %y : tensor<4xf32>
      return %z : tensor<4xf32>
    }
    ```
  }];
}
def MoE_MulOp : MoE_BinaryOp<"mul", [Commutative]> {
  let summary = "Element-wise product";
  let description = [{
    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>, %y: tensor<4xf32>) -> tensor<4xf32> {
      %z = moe.mul %x, %y : tensor<4xf32>
      return %z : tensor<4xf32>
    }
    ```
  }];
}

def MoE_ScaleOp : MoE_CheapOp<"scale", [SameOperandsAndResultType, Elementwise]> {
  let summary = "Product with a constant";
  let description = [{
    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = moe.scale %x by 0.5 : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, F64Attr:$factor);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `by` $factor attr-dict `:` type($result)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def MoE_RsqrtOp : MoE_CheapOp<"rsqrt", [SameOperandsAndResultType, Elementwise]> {
  let summary = "Reciprocal of the square root";
  let description = [{
    1 / sqrt(x + eps), of a variance for example: infinite where the sum is 0, NaN below. The sum is rounded, and the root off by at
    most 1.5 ulps (docs/numerics.md). Gradient: dx = -1/2 y^3 dy.

    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = moe.rsqrt %x eps 1.0e-5 : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, F64Attr:$eps);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `eps` $eps attr-dict `:` type($result)";
  let hasVerifier = 1;
}

class MoE_UnaryOp<string mnemonic> : MoE_CheapOp<mnemonic, [SameOperandsAndResultType, Elementwise]> {
  let arguments = (ins MoE_Tensor:$input);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($result)";
}

def MoE_SigmoidOp : MoE_UnaryOp<"sigmoid"> {
  let summary = "The logistic function";
  let description = [{
    1 / (1 + exp(-x)), off by as much as docs/numerics.md says. SiLU (arXiv 1702.03118) is x times it. Gradient: dx = dy * (y - y^2).

    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = moe.sigmoid %x : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
}

def MoE_TanhOp : MoE_UnaryOp<"tanh"> {
  let summary = "The hyperbolic tangent";
  let description = [{
    Off by as much as docs/numerics.md says, exactly -1 and 1 where it saturates. Gradient: dx = dy - dy * y^2.

    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = moe.tanh %x : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
}

def MoE_ReluOp : MoE_UnaryOp<"relu"> {
  let summary = "Rectified linear unit";
  let description = [{
    max(x, 0); NaN stays. Gradient: dx = dy where x > 0, else 0.

    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = moe.relu %x : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
}

def MoE_ReluGradOp : MoE_Op<"relu_grad", [Pure, SameOperandsAndResultType, Elementwise]> {
  let summary = "Gradient of `moe.relu`";
  let description = [{
    dx = dy where x > 0, else 0.

    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>, %dy: tensor<4xf32>) -> tensor<4xf32> {
      %dx = moe.relu_grad %x, %dy : tensor<4xf32>
      return %dx : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, MoE_Tensor:$outGrad);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `,` $outGrad attr-dict `:` type($result)";
}

def MoE_SoftplusOp : MoE_UnaryOp<"softplus"> {
  let summary = "A smooth form of max(x, 0)";
  let description = [{
    log(1 + exp(x)) without overflow: the standard deviation of router noise that is learned (arXiv 1701.06538, equation 4).
    Off by as much as docs/numerics.md says. Gradient: dx = dy * sigmoid(x).

    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = moe.softplus %x : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
}

def MoE_GeluOp : MoE_CheapOp<"gelu", [SameOperandsAndResultType, Elementwise]> {
  let summary = "Gaussian error linear unit";
  let description = [{
    x * Phi(x) (arXiv 1606.08415), or with `tanh` its approximation 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))),
    which Mixer's authors use. Off by at most 2 ulps of x (4 on a GPU), and exactly x, or 0, from |x| = 10.25 on, infinities
    included (docs/numerics.md).

    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
      %y = moe.gelu %x tanh : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, UnitAttr:$tanh);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input (`tanh` $tanh^)? attr-dict `:` type($result)";
}

def MoE_GeluGradOp : MoE_Op<"gelu_grad", [Pure, SameOperandsAndResultType, Elementwise]> {
  let summary = "Gradient of `moe.gelu`";
  let description = [{
    dx = dy * gelu'(x), of the form that `tanh` selects. gelu' is off by at most 2 ulps of 1 (4 on a GPU), and exactly 1, or 0,
    from |x| = 14 on (10.25 with `tanh`), infinities included (docs/numerics.md).

    Example:

    ```mlir
    func.func @f(%x: tensor<4xf32>, %dy: tensor<4xf32>) -> tensor<4xf32> {
      %dx = moe.gelu_grad %x, %dy tanh : tensor<4xf32>
      return %dx : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, MoE_Tensor:$outGrad, UnitAttr:$tanh);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `,` $outGrad (`tanh` $tanh^)? attr-dict `:` type($result)";
}

#endif
