#ifndef MOEC_DIALECTS_KERNEL_KERNELOPS_TD
#define MOEC_DIALECTS_KERNEL_KERNELOPS_TD

include "dialects/Kernel/KernelAttrs.td"
include "dialects/Kernel/KernelInterfaces.td"
include "dialects/Kernel/KernelProgramOps.td"
include "dialects/Kernel/KernelRouteOps.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

class Kernel_StructuredOp<string mnemonic, list<Trait> traits = []>
    : Kernel_Op<mnemonic, !listconcat([
        AttrSizedOperandSegments, IsolatedFromAbove, Kernel_StructuredOpInterface, Kernel_OpInterface,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>], traits)> {
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let hasVerifier = 1;
  let hasCanonicalizer = 0;
}

def Kernel_ContractOp : Kernel_StructuredOp<"contract"> {
  let summary = "Grouped contraction with maps on its operands and an epilogue";
  let description = [{
    `dims` is `[g..., m, n, k]`; for every g, m, n:

      acc = sum over k of lhs(g, m, k) * rhs(g, n, k)
      outs[i](g, m, n) = epilogue_i(inputs..., acc)

    Input 0 is the left, input 1 the right operand; further inputs belong to the
    regions. `lhs` and `rhs` yield the element that is multiplied, from one block
    argument per input; the maps of arguments used in `lhs` must not use n, those
    used in `rhs` must not use m, those used in `epilogue` must not use k.
    `epilogue` has the accumulator as its last argument and yields one value per
    out; each out map is injective over (g, m, n) and does not use k. A dimension
    of the model that is split over several tensor dimensions is written with
    floordiv and mod. `lhs` and `rhs` both yield f32 or both bf16; the accumulator
    is f32, and so is the product of two bf16, which needs no rounding. Sums run in
    ascending k (the order is fixed by the schedule, never by the number of threads).
    Ragged m or k: see the dialect.

    Example: a linear layer with bias, tokens of 4 images:

    ```mlir
    func.func @linear(%x: tensor<4x49x96xf32>, %w: tensor<96x192xf32>, %b: tensor<192xf32>,
                      %init: tensor<4x49x192xf32>) -> tensor<4x49x192xf32> {
      %y = kernel.contract dims [196, 192, 96]
        ins(%x, %w, %b : tensor<4x49x96xf32>, tensor<96x192xf32>, tensor<192xf32>)
        outs(%init : tensor<4x49x192xf32>)
        maps [affine_map<(m, n, k) -> (m floordiv 49, m mod 49, k)>,
              affine_map<(m, n, k) -> (k, n)>, affine_map<(m, n, k) -> (n)>,
              affine_map<(m, n, k) -> (m floordiv 49, m mod 49, n)>]
        lhs { ^bb0(%l: f32, %r: f32, %bias: f32): kernel.yield %l : f32 }
        rhs { ^bb0(%l: f32, %r: f32, %bias: f32): kernel.yield %r : f32 }
        epilogue { ^bb0(%l: f32, %r: f32, %bias: f32, %acc: f32):
          %s = arith.addf %acc, %bias : f32
          kernel.yield %s : f32 } -> tensor<4x49x192xf32>
      return %y : tensor<4x49x192xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyShaped>:$inputs, Variadic<AnyShaped>:$outs,
    DenseI64ArrayAttr:$dims, AffineMapArrayAttr:$indexing_maps,
    DefaultValuedAttr<DenseI32ArrayAttr, "{}">:$gathers,
    OptionalAttr<I64Attr>:$ragged_dim, OptionalAttr<I64Attr>:$offsets,
    OptionalAttr<Kernel_ScheduleAttr>:$schedule);
  let regions = (region SizedRegion<1>:$lhs, SizedRegion<1>:$rhs, SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    `dims` $dims (`ins` `(` $inputs^ `:` type($inputs) `)`)? `outs` `(` $outs `:` type($outs) `)`
    `maps` $indexing_maps (`gathers` $gathers^)? (`ragged` $ragged_dim^ `by` $offsets)?
    (`schedule` $schedule^)? `lhs` custom<Isolated>($lhs) `rhs` custom<Isolated>($rhs)
    `epilogue` custom<Isolated>($epilogue) attr-dict
    (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    unsigned getNumGroupDims() { return getDims().size() - 3; }
    unsigned getMDim() { return getDims().size() - 3; }
    unsigned getNDim() { return getDims().size() - 2; }
    unsigned getKDim() { return getDims().size() - 1; }
    ::llvm::ArrayRef<int64_t> getGrid() { return getDims().drop_back(); }
    int64_t getFlops();
    /// The left and the right operand.
    unsigned getNumFixedInputs() { return 2; }
    ::llvm::SmallVector<::mlir::Region *> getFactors() { return {&getLhs(), &getRhs()}; }
    ::llvm::SmallVector<unsigned> getMatrixDims(unsigned input);
    ::moec::kernel::InputUse getInputUse(unsigned input);
    ::mlir::OpOperand &getStored(unsigned out);
  }];
}

def Kernel_AttendOp : Kernel_StructuredOp<"attend"> {
  let summary = "Attention whose scores are not stored";
  let description = [{
    `dims` is `[g..., s, e, t, d]`: rows s of the query, columns e of the value, rows t of key and value, over
    which the softmax goes, and the depth d of a score. For every g and s:

      scores(t) = scale * sum over d of query(g, s, d) * key(g, t, d)
      weights(t) = exp(scores(t) - max of scores) / sum of exp(scores - max of scores)
      acc(e) = sum over t of weights(t) * value(g, t, e)
      outs[i](g, s, e) = epilogue_i(inputs..., acc(e))

    Inputs 0 to 2 are query, key and value; further inputs belong to the regions. `query`, `key` and `value` yield the
    element that is multiplied, from one block argument per input, all f32 or all bf16; their maps use no other of the
    last four dims than theirs, those of `epilogue` not t and d. Scores, weights and sums are f32: of bf16 factors no
    product is rounded. Heads of the query that share one of the key are groups g, which the maps of key and value divide.
    An out behind those of `epilogue`, if there is one, is the log-sum-exp of the scores of a row, f32, at (g, s).

    A block of rows takes the keys block by block, with the maximum and the sum so far (Dao et al., arXiv 2205.14135,
    algorithm 1; Rabe and Staats, arXiv 2112.05682), in ascending t: memory is that of the operands, O(s + t) for a group.

    Example: two images, 4 heads of 24 channels that lie side by side:

    ```mlir
    func.func @heads(%q: tensor<2x49x96xf32>, %k: tensor<2x49x96xf32>, %v: tensor<2x49x96xf32>,
                     %init: tensor<2x49x96xf32>) -> tensor<2x49x96xf32> {
      %y = kernel.attend dims [2, 4, 49, 24, 49, 24]
        ins(%q, %k, %v : tensor<2x49x96xf32>, tensor<2x49x96xf32>, tensor<2x49x96xf32>)
        outs(%init : tensor<2x49x96xf32>)
        maps [affine_map<(b, h, s, e, t, d) -> (b, s, h * 24 + d)>,
              affine_map<(b, h, s, e, t, d) -> (b, t, h * 24 + d)>,
              affine_map<(b, h, s, e, t, d) -> (b, t, h * 24 + e)>,
              affine_map<(b, h, s, e, t, d) -> (b, s, h * 24 + e)>]
        scale 0.2041241452319315
        query { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %a : f32 }
        key { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %b : f32 }
        value { ^bb0(%a: f32, %b: f32, %c: f32): kernel.yield %c : f32 }
        epilogue { ^bb0(%a: f32, %b: f32, %c: f32, %acc: f32): kernel.yield %acc : f32 } -> tensor<2x49x96xf32>
      return %y : tensor<2x49x96xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyShaped>:$inputs, Variadic<AnyShaped>:$outs,
    DenseI64ArrayAttr:$dims, AffineMapArrayAttr:$indexing_maps,
    DefaultValuedAttr<DenseI32ArrayAttr, "{}">:$gathers, F64Attr:$scale,
    OptionalAttr<Kernel_ScheduleAttr>:$schedule);
  let regions = (region SizedRegion<1>:$query, SizedRegion<1>:$key, SizedRegion<1>:$value, SizedRegion<1>:$epilogue);
  let assemblyFormat = [{
    `dims` $dims (`ins` `(` $inputs^ `:` type($inputs) `)`)? `outs` `(` $outs `:` type($outs) `)`
    `maps` $indexing_maps (`gathers` $gathers^)? `scale` $scale (`schedule` $schedule^)?
    `query` custom<Isolated>($query) `key` custom<Isolated>($key) `value` custom<Isolated>($value)
    `epilogue` custom<Isolated>($epilogue) attr-dict (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    unsigned getSDim() { return getDims().size() - 4; }
    unsigned getEDim() { return getDims().size() - 3; }
    unsigned getTDim() { return getDims().size() - 2; }
    unsigned getDDim() { return getDims().size() - 1; }
    /// The number of the out with the log-sum-exp of each row, if there is one.
    ::std::optional<unsigned> getStatistic();
    ::llvm::ArrayRef<int64_t> getGrid() { return getDims().drop_back(3); }
    ::std::optional<uint64_t> getRaggedDim() { return ::std::nullopt; }
    ::std::optional<uint64_t> getOffsets() { return ::std::nullopt; }
    int64_t getFlops();
    /// Query, key and value.
    unsigned getNumFixedInputs() { return 3; }
    ::llvm::SmallVector<::mlir::Region *> getFactors() { return {&getQuery(), &getKey(), &getValue()}; }
    ::llvm::SmallVector<unsigned> getMatrixDims(unsigned input);
    ::moec::kernel::InputUse getInputUse(unsigned input);
    ::moec::kernel::OutRounding getOutRounding(unsigned out) {
      return getStatistic() == out ? ::moec::kernel::OutRounding::Never : ::moec::kernel::OutRounding::Always;
    }
    /// Not for the statistic, which no region yields.
    ::mlir::OpOperand &getStored(unsigned out);
    /// The statistic is the last out: nothing comes beside those of the epilogue then.
    ::moec::kernel::OutFusion getOutFusion(unsigned out);
  }];
}

def Kernel_AttendGradOp : Kernel_StructuredOp<"attend_grad"> {
  let summary = "Gradients of attention whose scores are not stored";
  let description = [{
    `dims` is `[g..., s, e, t, d]` as that of `kernel.attend`, but s are all rows of the query that read the keys of g: those of
    several heads where they share one. With logSumExp(s) and delta(s) what `statistics` yields, for every g:

      weights(s, t) = exp(scale * sum over d of query(s, d) * key(t, d) - logSumExp(s))
      changes(s, t) = weights(s, t) * (sum over e of gradient(s, e) * value(t, e) - delta(s))
      outs[0](s, d) = query_grad(inputs..., scale * sum over t of changes(s, t) * key(t, d))
      outs[1](t, d) = key_grad(inputs..., scale * sum over s of changes(s, t) * query(s, d))
      outs[2](t, e) = value_grad(inputs..., sum over s of weights(s, t) * gradient(s, e))

    logSumExp is that of the row's scores, the statistic of `kernel.attend`; `gradient` is that of its result, and delta(s) the sum over e
    of gradient * result (Dao et al., arXiv 2205.14135, algorithm 4; less the gradient of the statistic, if it has one).

    Inputs 0 to 3 are query, key, value and gradient; further inputs belong to the regions. Those of the four yield the element
    that is multiplied, all f32 or all bf16, and use no other of the last four dims than theirs; `statistics` yields two f32 and
    uses of them s alone. The last three regions have the sum as their last argument and yield one value, for one out. What is
    between factors and sums is f32. Every sum has one owner, over heads, too, and adds in ascending t or s: no second kernel, and
    the same bits in every run. Memory is that of the operands, O(s + t) for a group.

    Example: one head of the key for two of the query, 24 channels each:

    ```mlir
    func.func @heads(%q: tensor<7x2x24xf32>, %k: tensor<9x24xf32>, %l: tensor<2x7xf32>, %delta: tensor<7x2xf32>,
                     %i: tensor<7x2x24xf32>, %j: tensor<9x24xf32>) -> tensor<7x2x24xf32> {
      %g:3 = kernel.attend_grad dims [14, 24, 9, 24]
        ins(%q, %k, %k, %q, %l, %delta : tensor<7x2x24xf32>, tensor<9x24xf32>, tensor<9x24xf32>, tensor<7x2x24xf32>,
            tensor<2x7xf32>, tensor<7x2xf32>)
        outs(%i, %j, %j : tensor<7x2x24xf32>, tensor<9x24xf32>, tensor<9x24xf32>)
        maps [affine_map<(s, e, t, d) -> (s floordiv 2, s mod 2, d)>, affine_map<(s, e, t, d) -> (t, d)>,
              affine_map<(s, e, t, d) -> (t, e)>, affine_map<(s, e, t, d) -> (s floordiv 2, s mod 2, e)>,
              affine_map<(s, e, t, d) -> (s mod 2, s floordiv 2)>, affine_map<(s, e, t, d) -> (s floordiv 2, s mod 2)>,
              affine_map<(s, e, t, d) -> (s floordiv 2, s mod 2, d)>, affine_map<(s, e, t, d) -> (t, d)>,
              affine_map<(s, e, t, d) -> (t, e)>]
        scale 0.2041241452319315
        query { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %a : f32 }
        key { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %b : f32 }
        value { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %c : f32 }
        gradient { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %g : f32 }
        statistics { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32): kernel.yield %x, %y : f32, f32 }
        query_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
        key_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
        value_grad { ^bb0(%a: f32, %b: f32, %c: f32, %g: f32, %x: f32, %y: f32, %sum: f32): kernel.yield %sum : f32 }
        -> tensor<7x2x24xf32>, tensor<9x24xf32>, tensor<9x24xf32>
      return %g#0 : tensor<7x2x24xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyShaped>:$inputs, Variadic<AnyShaped>:$outs,
    DenseI64ArrayAttr:$dims, AffineMapArrayAttr:$indexing_maps,
    DefaultValuedAttr<DenseI32ArrayAttr, "{}">:$gathers, F64Attr:$scale,
    OptionalAttr<Kernel_ScheduleAttr>:$schedule);
  let regions = (region SizedRegion<1>:$query, SizedRegion<1>:$key, SizedRegion<1>:$value, SizedRegion<1>:$gradient,
    SizedRegion<1>:$statistics, SizedRegion<1>:$query_grad, SizedRegion<1>:$key_grad, SizedRegion<1>:$value_grad);
  let assemblyFormat = [{
    `dims` $dims (`ins` `(` $inputs^ `:` type($inputs) `)`)? `outs` `(` $outs `:` type($outs) `)`
    `maps` $indexing_maps (`gathers` $gathers^)? `scale` $scale (`schedule` $schedule^)?
    `query` custom<Isolated>($query) `key` custom<Isolated>($key) `value` custom<Isolated>($value)
    `gradient` custom<Isolated>($gradient) `statistics` custom<Isolated>($statistics)
    `query_grad` custom<Isolated>($query_grad) `key_grad` custom<Isolated>($key_grad)
    `value_grad` custom<Isolated>($value_grad) attr-dict (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    unsigned getSDim() { return getDims().size() - 4; }
    unsigned getEDim() { return getDims().size() - 3; }
    unsigned getTDim() { return getDims().size() - 2; }
    unsigned getDDim() { return getDims().size() - 1; }
    ::llvm::ArrayRef<int64_t> getGrid() { return getDims().drop_back(4); }
    ::std::optional<uint64_t> getRaggedDim() { return ::std::nullopt; }
    ::std::optional<uint64_t> getOffsets() { return ::std::nullopt; }
    int64_t getFlops();
    /// Query, key, value and gradient.
    unsigned getNumFixedInputs() { return 4; }
    ::llvm::SmallVector<::mlir::Region *> getFactors() {
      return {&getQuery(), &getKey(), &getValue(), &getGradient()};
    }
    /// The regions of the outs, with the two dims of the last four that each out has: rows, then columns.
    struct Sum {
      ::mlir::Region *region;
      unsigned rowDim, columnDim;
    };
    ::llvm::SmallVector<Sum, 3> getSums();
    ::llvm::SmallVector<unsigned> getMatrixDims(unsigned input);
    ::moec::kernel::InputUse getInputUse(unsigned input);
    ::mlir::OpOperand &getStored(unsigned out);
    /// Each region is for one out.
    ::moec::kernel::OutFusion getOutFusion(unsigned) { return ::moec::kernel::OutFusion::InPlace; }
  }];
}

def Kernel_RowsOp : Kernel_StructuredOp<"rows"> {
  let summary = "Row-wise reductions, in phases, with a body";
  let description = [{
    `dims` is `[p..., c]`: rows p, reduced along c. Phase i reduces, along c, each
    f32 value that its region yields, with `combiners[i]` (`add` starts from 0, `max`
    from -inf). The arguments of a region are one scalar per input, then all values
    of all earlier phases. After the last phase `finish` yields the values stored
    once per row (the first outs; their maps, and those of the inputs it uses, must
    not use c), and `emit` the values stored per element (the remaining outs).
    A ragged c: see the dialect; an empty row yields the start values.

    Example: mean and softmax denominator style statistics of rows:

    ```mlir
    func.func @sum(%x: tensor<8x96xf32>, %init: tensor<8xf32>) -> tensor<8xf32> {
      %y = kernel.rows dims [8, 96] ins(%x : tensor<8x96xf32>) outs(%init : tensor<8xf32>)
        maps [affine_map<(p, c) -> (p, c)>, affine_map<(p, c) -> (p)>]
        combiners [#kernel.combiner<add>]
        phases { ^bb0(%e: f32): kernel.yield %e : f32 }
        finish { ^bb0(%e: f32, %s: f32): kernel.yield %s : f32 }
        emit { ^bb0(%e: f32, %s: f32): kernel.yield } -> tensor<8xf32>
      return %y : tensor<8xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyShaped>:$inputs, Variadic<AnyShaped>:$outs,
    DenseI64ArrayAttr:$dims, AffineMapArrayAttr:$indexing_maps,
    DefaultValuedAttr<DenseI32ArrayAttr, "{}">:$gathers,
    OptionalAttr<I64Attr>:$ragged_dim, OptionalAttr<I64Attr>:$offsets,
    Kernel_CombinerArrayAttr:$combiners, OptionalAttr<Kernel_ScheduleAttr>:$schedule);
  let regions = (region SizedRegion<1>:$finish, SizedRegion<1>:$emit,
                        VariadicRegion<SizedRegion<1>>:$phases);
  let assemblyFormat = [{
    `dims` $dims (`ins` `(` $inputs^ `:` type($inputs) `)`)? `outs` `(` $outs `:` type($outs) `)`
    `maps` $indexing_maps (`gathers` $gathers^)? (`ragged` $ragged_dim^ `by` $offsets)?
    (`schedule` $schedule^)? `combiners` $combiners `phases` custom<IsolatedList>($phases)
    `finish` custom<Isolated>($finish) `emit` custom<Isolated>($emit) attr-dict (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    /// How many of the outs are stored once per row; they come first.
    unsigned getNumRowOuts();
    ::llvm::ArrayRef<int64_t> getGrid() { return getDims().drop_back(); }
    ::moec::kernel::InputUse getInputUse(unsigned input);
    /// Statistics are f32 for whatever computes on them.
    ::moec::kernel::OutRounding getOutRounding(unsigned) {
      return ::moec::kernel::OutRounding::IfOnlyMultiplied;
    }
    ::mlir::OpOperand &getStored(unsigned out);
    /// Those stored once per row come first: another would stand between.
    ::moec::kernel::OutFusion getOutFusion(unsigned out) {
      return out < getNumRowOuts() ? ::moec::kernel::OutFusion::InPlace : ::moec::kernel::OutFusion::Beside;
    }
  }];
}

def Kernel_MapOp : Kernel_StructuredOp<"map"> {
  let summary = "Element-wise work over many tensors at once";
  let description = [{
    For every point of `dims`, `body` (one scalar per input) yields one value per
    out, stored where the out's map says. Out maps are injective.

    Example:

    ```mlir
    func.func @scale(%x: tensor<8x96xf32>, %s: tensor<96xf32>, %init: tensor<8x96xf32>) -> tensor<8x96xf32> {
      %y = kernel.map dims [8, 96] ins(%x, %s : tensor<8x96xf32>, tensor<96xf32>)
        outs(%init : tensor<8x96xf32>)
        maps [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>, affine_map<(i, j) -> (i, j)>]
        body { ^bb0(%a: f32, %b: f32):
          %r = arith.mulf %a, %b : f32
          kernel.yield %r : f32 } -> tensor<8x96xf32>
      return %y : tensor<8x96xf32>
    }
    ```
  }];
  let arguments = (ins Variadic<AnyShaped>:$inputs, Variadic<AnyShaped>:$outs,
    DenseI64ArrayAttr:$dims, AffineMapArrayAttr:$indexing_maps,
    DefaultValuedAttr<DenseI32ArrayAttr, "{}">:$gathers,
    OptionalAttr<I64Attr>:$ragged_dim, OptionalAttr<I64Attr>:$offsets,
    OptionalAttr<Kernel_ScheduleAttr>:$schedule);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `dims` $dims (`ins` `(` $inputs^ `:` type($inputs) `)`)? `outs` `(` $outs `:` type($outs) `)`
    `maps` $indexing_maps (`gathers` $gathers^)? (`ragged` $ragged_dim^ `by` $offsets)?
    (`schedule` $schedule^)? `body` custom<Isolated>($body) attr-dict (`->` type($results)^)?
  }];
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<int64_t> getGrid() { return getDims(); }
    ::moec::kernel::InputUse getInputUse(unsigned input);
    ::mlir::OpOperand &getStored(unsigned out);
    ::moec::kernel::OutFusion getOutFusion(unsigned) {
      return getRaggedDim() ? ::moec::kernel::OutFusion::Never : ::moec::kernel::OutFusion::IfShared;
    }
  }];
}

def Kernel_IndexOp : Kernel_Op<"index", [Pure]> {
  let summary = "The current position in the enclosing kernel op";
  let description = [{
    Along a dimension, whose number is written, or any affine function of the dimensions, such as the row-major number of an
    element: then modulo 2^32. What moves into a kernel of other dimensions keeps its positions that way.

    Example: the number of each element twice, along its only dimension and computed from both:

    ```mlir
    func.func @iota(%one: tensor<8xi32>, %two: tensor<8x4xi32>) -> (tensor<8xi32>, tensor<8x4xi32>) {
      %y = kernel.map dims [8] outs(%one : tensor<8xi32>) maps [affine_map<(i) -> (i)>]
        body {
          %i = kernel.index 0 : i32
          kernel.yield %i : i32 } -> tensor<8xi32>
      %z = kernel.map dims [8, 4] outs(%two : tensor<8x4xi32>) maps [affine_map<(i, j) -> (i, j)>]
        body {
          %i = kernel.index affine_map<(i, j) -> (i * 4 + j)> : i32
          kernel.yield %i : i32 } -> tensor<8x4xi32>
      return %y, %z : tensor<8xi32>, tensor<8x4xi32>
    }
    ```
  }];
  let arguments = (ins AffineMapAttr:$position);
  let results = (outs I32:$result);
  let assemblyFormat = "custom<Position>($position) attr-dict `:` type($result)";
  let builders = [OpBuilder<(ins "::mlir::AffineExpr":$expr)>];
  let extraClassDeclaration = [{
    /// A function of the dimensions of the enclosing op.
    ::mlir::AffineExpr getExpr() { return getPosition().getResult(0); }
    void setExpr(::mlir::AffineExpr expr);
  }];
  let hasVerifier = 1;
}

def Kernel_YieldOp : Kernel_Op<"yield", [Pure, ReturnLike, Terminator]> {
  let summary = "Ends a region of a kernel op";
  let description = [{
    Example: see `kernel.map`.
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

#endif
