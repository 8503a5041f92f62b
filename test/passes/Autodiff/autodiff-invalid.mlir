// RUN: moec-opt %s -moec-autodiff -split-input-file -verify-diagnostics

// expected-error@+1 {{the first result of @loss must carry the attribute 'moe.loss'}}
func.func @loss(%x: tensor<f32> {moe.param = "x"}) -> (tensor<f32> {moe.metric = "a"}, tensor<f32> {moe.loss}) {
  return %x, %x : tensor<f32>, tensor<f32>
}

// -----

// expected-error@+1 {{the first result of @loss must carry the attribute 'moe.loss'}}
func.func @loss(%x: tensor<f32> {moe.param = "x"}) {
  return
}

// -----

// expected-error@+1 {{the loss must be a scalar (tensor<f32> or tensor<f64>), but is 'tensor<4xf32>'; reduce it with moe.reduce}}
func.func @loss(%x: tensor<4xf32> {moe.param = "x"}) -> (tensor<4xf32> {moe.loss}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error@+1 {{parameter "n" has type 'tensor<4xi32>', but parameters are float tensors of static shape}}
func.func @loss(%x: tensor<f32> {moe.param = "x"}, %n: tensor<4xi32> {moe.param = "n"}) -> (tensor<f32> {moe.loss}) {
  return %x : tensor<f32>
}

// -----

// expected-error@+1 {{@loss has no body}}
func.func private @loss(tensor<f32>) -> (tensor<f32> {moe.loss})

// -----

func.func @loss(%x: tensor<f32> {moe.param = "x"}) -> (tensor<f32> {moe.loss}) {
  return %x : tensor<f32>
}
// expected-error@+1 {{@train_step is there already}}
func.func @train_step() {
  return
}

// -----

func.func @loss(%x: tensor<f32> {moe.param = "x"}) -> (tensor<f32> {moe.loss}) {
  return %x : tensor<f32>
}
// expected-error@+1 {{result 0 is a second loss (moe.loss); only the first result of @loss is trained: add the losses there}}
func.func @loss2(%x: tensor<f32> {moe.param = "x"}) -> (tensor<f32> {moe.loss}) {
  return %x : tensor<f32>
}

// -----

// expected-error@+1 {{result 1 is a second loss (moe.loss)}}
func.func @loss(%x: tensor<f32> {moe.param = "x"}) -> (tensor<f32> {moe.loss}, tensor<f32> {moe.loss}) {
  return %x, %x : tensor<f32>, tensor<f32>
}
