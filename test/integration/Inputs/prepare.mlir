// y = x + 2 * weight, where @double doubles the weight.
module attributes {moe.model = "prepare"} {
  moe.variable @weight : tensor<4xf32> role(parameter) init<normal, 1.0>
  moe.variable @twice : tensor<4xf32> role(derived)
  func.func @double(%w: tensor<4xf32> {moe.var = @weight}) -> (tensor<4xf32> {moe.var = @twice})
      attributes {moe.entry = #moe.entry<"double">} {
    %twice = moe.add %w, %w : tensor<4xf32>
    return %twice : tensor<4xf32>
  }
  func.func @infer(%x: tensor<1x4xf32> {moe.field = "x"}, %t: tensor<4xf32> {moe.var = @twice})
      -> (tensor<1x4xf32> {moe.output = "y"}) attributes {moe.entry = #moe.entry<"infer", batch = 1>} {
    %row = moe.reshape %t : tensor<4xf32> -> tensor<1x4xf32>
    %y = moe.add %x, %row : tensor<1x4xf32>
    return %y : tensor<1x4xf32>
  }
}
