// RUN: moec-opt %s -moec-verify-model -split-input-file -verify-diagnostics

moe.variable @w : tensor<8xf32> role(parameter)
moe.variable @w.ema : tensor<8xf32> role(shadow) of @w
func.func @infer(%x: tensor<8xf32> {moe.field = "step"}, %s: tensor<i32> {moe.host = #moe.host<step>}, %w: tensor<8xf32> {moe.var = @w})
    -> (tensor<8xf32> {moe.output = "y"}, tensor<8xf32> {moe.var = @w.ema}) {
  return %x, %w : tensor<8xf32>, tensor<8xf32>
}
func.func @no_entry(%x: tensor<8xf32>) {
  return
}

// -----

// expected-error @+1 {{argument 0 of @f has both 'moe.var' and 'moe.field'}}
func.func @f(%x: tensor<8xf32> {moe.field = "x", moe.var = @w}) {
  return
}

// -----

// expected-error @+1 {{argument 1 of @f says nothing of what it is; expected one of moe.var, moe.field, moe.host}}
func.func @f(%x: tensor<8xf32> {moe.field = "x"}, %y: tensor<8xf32>) {
  return
}

// -----

// expected-error @+1 {{result 0 of @f says nothing of what it is; expected one of moe.var, moe.output, moe.metric}}
func.func @f(%x: tensor<8xf32> {moe.field = "x"}) -> tensor<8xf32> {
  return %x : tensor<8xf32>
}

// -----

// expected-error @+1 {{argument 0 of @f names @w, which is no moe.variable}}
func.func @f(%x: tensor<8xf32> {moe.var = @w}) {
  return
}

// -----

// expected-note @+1 {{the variable}}
moe.variable @w : tensor<8xf32> role(parameter)
// expected-error @+1 {{argument 0 of @f is variable @w, but has type 'tensor<4xf32>', not 'tensor<8xf32>'}}
func.func @f(%x: tensor<4xf32> {moe.var = @w}) {
  return
}

// -----

moe.variable @w : tensor<8xf32> role(parameter)
// expected-error @+1 {{result 1 of @f is a second one with moe.var = @w}}
func.func @f(%x: tensor<8xf32> {moe.field = "x"}) -> (tensor<8xf32> {moe.var = @w}, tensor<8xf32> {moe.var = @w}) {
  return %x, %x : tensor<8xf32>, tensor<8xf32>
}

// -----

// expected-error @+1 {{result 1 of @f is a second one with moe.metric = "y"}}
func.func @f(%x: tensor<8xf32> {moe.field = "x"}) -> (tensor<8xf32> {moe.output = "y"}, tensor<8xf32> {moe.metric = "y"}) {
  return %x, %x : tensor<8xf32>, tensor<8xf32>
}

// -----

// expected-error @+1 {{belongs to @w, which is no parameter}}
moe.variable @m : tensor<8xf32> role(moment) of @w

// -----

moe.variable @w : tensor<4xf32> role(parameter)
// expected-error @+1 {{has type 'tensor<8xf32>', but belongs to @w of type 'tensor<4xf32>'}}
moe.variable @m : tensor<8xf32> role(moment) of @w

// -----

// expected-note @+1 {{the first}}
func.func @f(%x: tensor<8xf32> {moe.field = "x"}) attributes {moe.entry = #moe.entry<"infer", batch = 8>} {
  return
}
// expected-error @+1 {{@g is a second entry #moe.entry<"infer", batch = 8>}}
func.func @g(%x: tensor<8xf32> {moe.field = "x"}) attributes {moe.entry = #moe.entry<"infer", batch = 8>} {
  return
}

// -----

// expected-error @+1 {{argument 0 of @f is #moe.host<step>, a 'tensor<i32>', but has type 'tensor<7xi32>'}}
func.func @f(%x: tensor<7xi32> {moe.host = #moe.host<step>}) {
  return
}

// -----

// expected-note @+1 {{expected an 'init' for a variable of role statistic}}
moe.variable @mean : tensor<8xf32> role(statistic)
// expected-error @+1 {{argument 0 of @f reads @mean, to which nothing gives a first value}}
func.func @f(%x: tensor<8xf32> {moe.var = @mean}) -> (tensor<8xf32> {moe.output = "y"}) {
  return %x : tensor<8xf32>
}

// -----

// Its own new value is not the first one.
// expected-note @+1 {{expected an 'init' for a variable of role statistic}}
moe.variable @mean : tensor<8xf32> role(statistic)
// expected-error @+1 {{argument 0 of @f reads @mean, to which nothing gives a first value}}
func.func @f(%x: tensor<8xf32> {moe.var = @mean}) -> (tensor<8xf32> {moe.var = @mean}) {
  %y = moe.add %x, %x : tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

// expected-note @+1 {{expected an 'init' for a variable of role statistic}}
moe.variable @mean : tensor<8xf32> role(statistic)
func.func @calibrate(%x: tensor<8xf32> {moe.field = "x"}) -> (tensor<8xf32> {moe.var = @mean}) {
  return %x : tensor<8xf32>
}
// expected-error @+1 {{argument 0 of @f reads @mean, and may do so before @calibrate has given it a value}}
func.func @f(%x: tensor<8xf32> {moe.var = @mean}) -> (tensor<8xf32> {moe.output = "y"}) {
  return %x : tensor<8xf32>
}

// -----

// What an entry returns unchanged it does not compute.
// expected-error @+1 {{is derived; expected an entry that changes the derived variables alone, which the runtime runs by itself when others have changed}}
moe.variable @packed : tensor<8xf32> role(derived)
func.func @f(%x: tensor<8xf32> {moe.var = @packed}) -> (tensor<8xf32> {moe.var = @packed}) {
  return %x : tensor<8xf32>
}

// -----

moe.variable @packed : tensor<8xf32> role(derived)
// expected-error @+1 {{@f changes derived variables alone, so the runtime runs it by itself; expected arguments that are other variables, got argument 0}}
func.func @f(%x: tensor<8xf32> {moe.var = @packed}) -> (tensor<8xf32> {moe.var = @packed}) {
  %y = moe.add %x, %x : tensor<8xf32>
  return %y : tensor<8xf32>
}

// -----

moe.variable @packed : tensor<8xf32> role(derived)
// expected-error @+1 {{expected arguments that are other variables, got argument 0}}
func.func @f(%x: tensor<8xf32> {moe.field = "x"}) -> (tensor<8xf32> {moe.var = @packed}) {
  return %x : tensor<8xf32>
}

// -----

moe.variable @w : tensor<8xf32> role(parameter)
moe.variable @packed : tensor<8xf32> role(derived)
// expected-error @+1 {{@f changes derived variables alone, so the runtime runs it by itself; expected no batch, got 4}}
func.func @f(%x: tensor<8xf32> {moe.var = @w}) -> (tensor<8xf32> {moe.var = @packed})
    attributes {moe.entry = #moe.entry<"pack", batch = 4>} {
  return %x : tensor<8xf32>
}

// -----

moe.variable @w : tensor<8xf32> role(parameter)
moe.variable @packed : tensor<8xf32> role(derived)
// expected-note @+1 {{the first}}
func.func @f(%x: tensor<8xf32> {moe.var = @w}) -> (tensor<8xf32> {moe.var = @packed}) {
  return %x : tensor<8xf32>
}
// A parameter that stays what it is makes it no other entry.
// expected-error @+1 {{@g is a second entry that changes derived variables alone; expected one, which the runtime runs by itself}}
func.func @g(%x: tensor<8xf32> {moe.var = @w}) -> (tensor<8xf32> {moe.var = @w}, tensor<8xf32> {moe.var = @packed}) {
  return %x, %x : tensor<8xf32>, tensor<8xf32>
}

// -----

moe.variable @w : tensor<8xf32> role(parameter)
moe.variable @a : tensor<8xf32> role(derived)
moe.variable @b : tensor<8xf32> role(derived)
// expected-error @+1 {{@f computes the derived variable @b and not @a; expected all of them, which are taken for current once it has run}}
func.func @f(%x: tensor<8xf32> {moe.field = "x"}) -> (tensor<8xf32> {moe.var = @w}, tensor<8xf32> {moe.var = @b}) {
  return %x, %x : tensor<8xf32>, tensor<8xf32>
}

// -----

// Statistics that start, derived variables that are computed: nothing is said.
moe.variable @mean : tensor<8xf32> role(statistic) init<zeros>
moe.variable @packed : tensor<8xf32> role(derived)
func.func @pack(%x: tensor<8xf32> {moe.var = @mean}) -> (tensor<8xf32> {moe.var = @packed}) {
  return %x : tensor<8xf32>
}
func.func @f(%x: tensor<8xf32> {moe.var = @packed}) -> (tensor<8xf32> {moe.output = "y"}) {
  return %x : tensor<8xf32>
}
func.func @keep(%x: tensor<8xf32> {moe.field = "x"}) -> (tensor<8xf32> {moe.var = @mean}, tensor<8xf32> {moe.var = @packed})
    attributes {moe.entry = #moe.entry<"keep", batch = 4>} {
  return %x, %x : tensor<8xf32>, tensor<8xf32>
}
