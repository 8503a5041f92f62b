// RUN: moec-opt %s -moec-append-update -split-input-file -verify-diagnostics

// expected-error@+1 {{the module has @train_step, but no dictionary 'moe.training' that says how to update}}
module attributes {moe.trained_elements = 4096 : i64, moe.decay_elements = 0 : i64} {
  func.func @train_step() { return }
}

// -----

// expected-error@+1 {{run moec-assign-parameters first}}
module attributes {moe.training = {optimizer = {op = "sgd", momentum = 0.9, weight_decay = 0.5}, clip_norm = 0.0}} {
  func.func @train_step() { return }
}

// -----

// expected-error@+1 {{'moe.training' needs 'optimizer', a dictionary with op = "adamw" or "sgd", but has {op = "lion"}}}
module attributes {moe.trained_elements = 4096 : i64, moe.decay_elements = 0 : i64, moe.training = {optimizer = {op = "lion"}, clip_norm = 0.0}} {
  func.func @train_step() { return }
}

// -----

// expected-error@+1 {{'moe.training' needs 'optimizer', a dictionary with op = "adamw" or "sgd", but has none}}
module attributes {moe.trained_elements = 4096 : i64, moe.decay_elements = 0 : i64, moe.training = {clip_norm = 0.0}} {
  func.func @train_step() { return }
}

// -----

// expected-error@+1 {{'moe.training.optimizer' needs 'beta2', a float that is not negative, but has none}}
module attributes {moe.trained_elements = 4096 : i64, moe.decay_elements = 0 : i64,
    moe.training = {optimizer = {op = "adamw", beta1 = 0.9, eps = 1.0e-8, weight_decay = 0.1}, clip_norm = 0.0}} {
  func.func @train_step() { return }
}

// -----

// expected-error@+1 {{'moe.training' needs 'clip_norm', a float that is not negative, but has -1.000000e+00 : f64}}
module attributes {moe.trained_elements = 4096 : i64, moe.decay_elements = 0 : i64,
    moe.training = {optimizer = {op = "sgd", momentum = 0.9, weight_decay = 0.5}, clip_norm = -1.0}} {
  func.func @train_step() { return }
}

// -----

module attributes {moe.trained_elements = 4096 : i64, moe.decay_elements = 0 : i64,
    moe.training = {optimizer = {op = "sgd", momentum = 0.9, weight_decay = 0.5}, clip_norm = 1.0}} {
  // expected-error@+1 {{parameter "w" has type 'tensor<4xf64>', but the update works on f32}}
  func.func @train_step(%w: tensor<4xf64> {moe.param = "w"}) { return }
}

// -----

module attributes {moe.trained_elements = 4096 : i64, moe.decay_elements = 0 : i64,
    moe.training = {optimizer = {op = "sgd", momentum = 0.9, weight_decay = 0.5}, clip_norm = 1.0}} {
  func.func @train_step() { return }
  // expected-error@+1 {{@update is there already}}
  func.func @update() { return }
}

// -----

// expected-error@+1 {{'moe.decay_elements' is 8192, more than 'moe.trained_elements', 4096}}
module attributes {moe.trained_elements = 4096 : i64, moe.decay_elements = 8192 : i64,
    moe.training = {optimizer = {op = "sgd", momentum = 0.9, weight_decay = 0.5}, clip_norm = 1.0}} {
  func.func @train_step() {
    return
  }
}
