#ifndef MOEC_DIALECTS_MOE_MOESTRUCTUREOPS_TD
#define MOEC_DIALECTS_MOE_MOESTRUCTUREOPS_TD

include "dialects/MoE/MoETypes.td"
include "dialects/MoE/MoEInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class MoE_DiffOp<string mnemonic, list<Trait> traits = []> : MoE_Op<mnemonic,
    !listconcat([Pure, DeclareOpInterfaceMethods<MoE_DifferentiableOpInterface>], traits)>;
// Element-wise work, normalisation and row gathers: the backward pass computes it again from
// its operands instead of keeping its result, and fusion puts it into the
// kernels that read it.
def MoE_CheapToRecompute : NativeOpTrait<"CheapToRecompute"> {
  let cppNamespace = "::moec::moe";
}
class MoE_CheapOp<string mnemonic, list<Trait> traits = []>
    : MoE_DiffOp<mnemonic, !listconcat([MoE_CheapToRecompute], traits)>;

def MoE_RepeatOp : MoE_Op<"repeat", [AttrSizedOperandSegments, SingleBlock, RecursiveMemoryEffects,
    SingleBlockImplicitTerminator<"::moec::moe::YieldOp">]> {
  let summary = "A block that runs `count` times over stacked parameters";
  let description = [{
    Carries values from iteration to iteration; `stacked` operands have a leading
    dimension `count` and iteration i sees slice i (with `reverse` the iterations go
    from `count - 1` to 0). The block's arguments are the carried values, then the slices.
    `moe.yield` gives the carried values of the next iteration, then values that are
    stacked: the results are the last carried values, then the stacks (leading
    dimension `count`, slice i written by iteration i). A stack of `!moe.routing` has
    `stack = count`.

    Example:

    ```mlir
    func.func @f(%x: tensor<8xf32>, %w: tensor<4x8xf32>) -> (tensor<8xf32>, tensor<4x8xf32>) {
      %r:2 = moe.repeat 4 carry(%x : tensor<8xf32>) stacked(%w : tensor<4x8xf32>) {
      ^bb0(%c: tensor<8xf32>, %p: tensor<8xf32>):
        %n = moe.mul %c, %p : tensor<8xf32>
        moe.yield %n, %c : tensor<8xf32>, tensor<8xf32>
      } -> tensor<8xf32>, tensor<4x8xf32>
      return %r#0, %r#1 : tensor<8xf32>, tensor<4x8xf32>
    }
    ```
  }];
  let arguments = (ins I64Attr:$count, Variadic<AnyType>:$carried, Variadic<AnyType>:$stacked,
                       UnitAttr:$reverse);
  let results = (outs Variadic<AnyType>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $count (`reverse` $reverse^)? `carry` `(` ($carried^ `:` type($carried))? `)`
    `stacked` `(` ($stacked^ `:` type($stacked))? `)` attr-dict-with-keyword
    custom<RepeatBody>($body, type($results))
  }];
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def MoE_YieldOp : MoE_Op<"yield", [Pure, ReturnLike, Terminator, ParentOneOf<["RepeatOp"]>]> {
  let summary = "Ends the block of a `moe.repeat`";
  let description = [{
    Carried values, then values to stack. Example: see `moe.repeat`.
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), [{ build($_builder, $_state, ::mlir::ValueRange{}); }]>];
}

def MoE_ReshapeOp : MoE_CheapOp<"reshape"> {
  let summary = "The same elements in row-major order under another shape";
  let description = [{
    Example:

    ```mlir
    func.func @f(%x: tensor<2x6xf32>) -> tensor<3x4xf32> {
      %y = moe.reshape %x : tensor<2x6xf32> -> tensor<3x4xf32>
      return %y : tensor<3x4xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Elements:$input);
  let results = (outs MoE_Elements:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def MoE_TransposeOp : MoE_CheapOp<"transpose"> {
  let summary = "Permuted axes";
  let description = [{
    Result axis i is input axis `permutation[i]`.

    Example:

    ```mlir
    func.func @f(%x: tensor<2x3x4xf32>) -> tensor<2x4x3xf32> {
      %y = moe.transpose %x [0, 2, 1] : tensor<2x3x4xf32> -> tensor<2x4x3xf32>
      return %y : tensor<2x4x3xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input $permutation attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def MoE_BroadcastOp : MoE_CheapOp<"broadcast"> {
  let summary = "Repeats a tensor along new axes";
  let description = [{
    `axes` are the axes of the result that the input does not have (ascending).

    Example: a bias per expert for slots of 2 images and 3 slots an expert:

    ```mlir
    func.func @f(%b: tensor<4x8xf32>) -> tensor<2x4x3x8xf32> {
      %y = moe.broadcast %b axes [0, 2] : tensor<4x8xf32> -> tensor<2x4x3x8xf32>
      return %y : tensor<2x4x3x8xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Elements:$input, DenseI64ArrayAttr:$axes);
  let results = (outs MoE_Elements:$result);
  let assemblyFormat = "$input `axes` $axes attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def MoE_ReduceOp : MoE_DiffOp<"reduce"> {
  let summary = "Sums away axes";
  let description = [{
    `axes` (ascending) disappear from the shape. A mean is `moe.scale` of it.

    Example:

    ```mlir
    func.func @f(%x: tensor<2x3x4xf32>) -> tensor<2x4xf32> {
      %y = moe.reduce %x axes [1] : tensor<2x3x4xf32> -> tensor<2x4xf32>
      return %y : tensor<2x4xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, DenseI64ArrayAttr:$axes);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `axes` $axes attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def MoE_FillOp : MoE_Op<"fill", [Pure]> {
  let summary = "A tensor of one value";
  let description = [{
    Of i32, `value` is a whole number that it can hold.

    Example:

    ```mlir
    func.func @f() -> tensor<4xf32> {
      %y = moe.fill 0.5 : tensor<4xf32>
      return %y : tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins F64Attr:$value);
  let results = (outs MoE_Elements:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def MoE_IotaOp : MoE_Op<"iota", [Pure, MoE_CheapToRecompute]> {
  let summary = "The numbers 0, 1, 2, ...";
  let description = [{
    Element i of a vector is i: the labels of a batch in which item i belongs to class i, as in a contrastive loss.

    Example:

    ```mlir
    func.func @f() -> tensor<8xi32> {
      %y = moe.iota : tensor<8xi32>
      return %y : tensor<8xi32>
    }
    ```
  }];
  let results = (outs MoE_Labels:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

#endif
