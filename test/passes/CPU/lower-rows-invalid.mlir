// RUN: moec-opt %s --split-input-file --moec-lower-rows --moec-lower-map --verify-diagnostics

func.func @dynamic(%x: memref<?xf32>, %y: memref<8xf32>, %begin: index, %end: index,
                   %scratch: memref<?xi8>) attributes {kernel.function} {
  // expected-error @+1 {{operand #0 must be a memref of static shape and identity layout}}
  kernel.map dims [8] ins(%x : memref<?xf32>) outs(%y : memref<8xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32): kernel.yield %a : f32 }
  return
}

// -----

func.func @nested(%x: memref<8xf32>, %y: memref<8xf32>, %begin: index, %end: index,
                  %scratch: memref<?xi8>) attributes {kernel.function} {
  kernel.map dims [8] ins(%x : memref<8xf32>) outs(%y : memref<8xf32>)
    maps [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>]
    body { ^bb0(%a: f32):
      // expected-error @+1 {{not element-wise}}
      %v = vector.broadcast %a : f32 to vector<4xf32>
      %s = vector.extract %v[0] : f32 from vector<4xf32>
      kernel.yield %s : f32 }
  return
}
