// What is dropped in an epilogue, in an operand and in a map of its own, of layers and of images.
module attributes {moe.model = "dropout"} {
  moe.variable @w : tensor<24x40xf32> role(parameter) init<zeros>
  func.func @infer(%x: tensor<6x5x24xf32> {moe.field = "x"}, %w: tensor<24x40xf32> {moe.var = @w},
                   %seed: tensor<i32> {moe.host = #moe.host<seed>}, %step: tensor<i32> {moe.host = #moe.host<step>})
      -> (tensor<3x6x5x40xf32> {moe.output = "layers"}, tensor<6x5x40xf32> {moe.output = "operand"},
          tensor<6x5x24xf32> {moe.output = "images"}) attributes {moe.entry = #moe.entry<"infer", batch = 6>} {
    %keys = moe.dropout_key %seed, %step : tensor<i32> stream 5 rates [0.1, 0.75] -> tensor<3x4xi32>
    %r:2 = moe.repeat 3 carry(%x : tensor<6x5x24xf32>) stacked(%keys : tensor<3x4xi32>) {
    ^bb0(%c: tensor<6x5x24xf32>, %key: tensor<4xi32>):
      %l = moe.linear %c, %w axis 2 : (tensor<6x5x24xf32>, tensor<24x40xf32>) -> tensor<6x5x40xf32>
      %d = moe.dropout %l, %key leading 3 : tensor<6x5x40xf32>, tensor<4xi32>
      moe.yield %c, %d : tensor<6x5x24xf32>, tensor<6x5x40xf32>
    } -> tensor<6x5x24xf32>, tensor<3x6x5x40xf32>
    %half = moe.dropout_key %seed, %step : tensor<i32> stream 6 rates [0.5, 0.5] -> tensor<4xi32>
    %e = moe.dropout %x, %half leading 3 : tensor<6x5x24xf32>, tensor<4xi32>
    %o = moe.linear %e, %w axis 2 : (tensor<6x5x24xf32>, tensor<24x40xf32>) -> tensor<6x5x40xf32>
    %path = moe.dropout_key %seed, %step : tensor<i32> stream 7 rates [0.3, 0.3] -> tensor<4xi32>
    %p = moe.dropout %x, %path leading 1 : tensor<6x5x24xf32>, tensor<4xi32>
    return %r#1, %o, %p : tensor<3x6x5x40xf32>, tensor<6x5x40xf32>, tensor<6x5x24xf32>
  }
}
