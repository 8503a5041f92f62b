#ifndef MOEC_DIALECTS_MOE_MOERANDOMOPS_TD
#define MOEC_DIALECTS_MOE_MOERANDOMOPS_TD

include "dialects/MoE/MoEStructureOps.td"

def MoE_RandomNormalOp : MoE_Op<"random_normal", [Pure, AllTypesMatch<["seed", "step"]>]> {
  let summary = "Counter-based normal random numbers";
  let description = [{
    Element i (row-major) is `std` times a standard normal number made from
    Philox4x32-10 (Salmon et al., SC 2011) with key (seed, stream) and counter (i / 2, step, 0, 0), by
    Box-Muller from words 0 and 1 of the block: u = (w0 + 1) / 2^32, t = w1 / 2^32; even i takes
    sqrt(-2 ln u) cos(2 pi t), odd i the sine. The same words on every device and for any number of threads; the reference
    computes ln, cos and sin in f64 and rounds once.

    Example:

    ```mlir
    func.func @f(%seed: tensor<i32>, %step: tensor<i32>) -> tensor<8x4xf32> {
      %y = moe.random_normal %seed, %step : tensor<i32> stream 3 std 0.25 -> tensor<8x4xf32>
      return %y : tensor<8x4xf32>
    }
    ```
  }];
  let arguments = (ins TensorRankOf<[I32],[0]>:$seed, TensorRankOf<[I32],[0]>:$step, I64Attr:$stream, F64Attr:$std);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$seed `,` $step `:` type($seed) `stream` $stream `std` $std attr-dict `->` type($result)";
}

#endif
