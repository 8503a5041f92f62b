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

def MoE_RandomBitsOp : MoE_Op<"random_bits", [Pure, AllTypesMatch<["seed", "step"]>]> {
  let summary = "Counter-based random integers";
  let description = [{
    Element i (row-major) is word 0 of the block that Philox4x32-10 makes of key (seed, stream) and counter (i, step, 0, 0), as
    `moe.random_normal` does: all 2^32 values are as likely, and they are the same on every device and for any number of threads.

    Example:

    ```mlir
    func.func @f(%seed: tensor<i32>, %step: tensor<i32>) -> tensor<8x49xi32> {
      %y = moe.random_bits %seed, %step : tensor<i32> stream 3 -> tensor<8x49xi32>
      return %y : tensor<8x49xi32>
    }
    ```
  }];
  let arguments = (ins TensorRankOf<[I32],[0]>:$seed, TensorRankOf<[I32],[0]>:$step, I64Attr:$stream);
  let results = (outs MoE_Integers:$result);
  let assemblyFormat = "$seed `,` $step `:` type($seed) `stream` $stream attr-dict `->` type($result)";
}

// What a layer draws its masks from: four words.
def MoE_DropoutKey : StaticShapeTensorOf<[I32]>;

def MoE_DropoutKeyOp : MoE_Op<"dropout_key", [Pure, AllTypesMatch<["seed", "step"]>]> {
  let summary = "What the dropouts of a step draw from";
  let description = [{
    Row l of the result, `[layers, 4]`, is the key of layer l of a `moe.repeat`; outside of one it is `[4]`, layer 0:

    * words 0 and 1 are those of Philox4x32-10 (Salmon et al., SC 2011) with key (seed, stream) and counter (l, step, 0, 0);
    * word 2 is the rate, an unsigned number t of 2^-32. It goes in equal steps from `rates[0]` of the first layer to
      `rates[1]` of the last: t(l) = t(0) + l * s, with t(0) = min(round(2^32 rates[0]), 2^32 - 1), t of the last likewise, and
      s their difference over layers - 1, without its fraction;
    * word 3 is the f32 1 / (1 - t / 2^32), by which what stays is multiplied, with the quotient and the difference rounded.

    Example: the keys of four layers, of which the last drops a tenth and the first nothing:

    ```mlir
    func.func @f(%seed: tensor<i32>, %step: tensor<i32>) -> tensor<4x4xi32> {
      %k = moe.dropout_key %seed, %step : tensor<i32> stream 3 rates [0.0, 0.1] -> tensor<4x4xi32>
      return %k : tensor<4x4xi32>
    }
    ```
  }];
  let arguments = (ins TensorRankOf<[I32],[0]>:$seed, TensorRankOf<[I32],[0]>:$step, I64Attr:$stream, DenseF64ArrayAttr:$rates);
  let results = (outs MoE_DropoutKey:$result);
  let assemblyFormat = "$seed `,` $step `:` type($seed) `stream` $stream `rates` $rates attr-dict `->` type($result)";
  let extraClassDeclaration = [{
    int64_t getNumLayers();
    /// The rate of layer 0 in units of 2^-32, and what each layer adds.
    uint32_t getFirstThreshold();
    int32_t getThresholdStep();
  }];
  let hasVerifier = 1;
}

def MoE_DropoutOp : MoE_CheapOp<"dropout", [AllTypesMatch<["input", "result"]>]> {
  let summary = "Zeros at random, the rest larger by as much";
  let description = [{
    An element stays, times word 3 of the key, or becomes 0. The leading axes, `leading` in number, draw: elements that differ in other axes alone
    share a draw, so that `leading 1` drops whole images (stochastic depth, arXiv 1603.09382) and all axes single elements
    (dropout, JMLR 15, 2014). Of the row-major number n of the leading axes, modulo 2^32, and the words k of the key

        x = n ^ k[0];   x ^= x >> 17;   x *= 0xED5AD4BB;   x ^= k[1]
                        x ^= x >> 11;   x *= 0xAC4C1B51
                        x ^= x >> 15;   x *= 0x31848BAB

    is made in 32 bits, and what has x < k[2], unsigned, is dropped. (The steps are those of triple32, C. Wellons, "Hash
    Prospector", without the last shift, which leaves the leading bits.) No mask is stored: the gradient, which is
    the same op of dy, draws it again, and so does each kernel that it moves into. Infinity that is dropped becomes 0.

    Example: a branch that is dropped for each of eight images:

    ```mlir
    func.func @f(%x: tensor<8x49x96xf32>, %key: tensor<4xi32>) -> tensor<8x49x96xf32> {
      %y = moe.dropout %x, %key leading 1 : tensor<8x49x96xf32>, tensor<4xi32>
      return %y : tensor<8x49x96xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Tensor:$input, MoE_DropoutKey:$key, I64Attr:$leading);
  let results = (outs MoE_Tensor:$result);
  let assemblyFormat = "$input `,` $key `leading` $leading attr-dict `:` type($input) `,` type($key)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif
