#ifndef MOEC_DIALECTS_MOE_MOEVARIABLES_TD
#define MOEC_DIALECTS_MOE_MOEVARIABLES_TD

include "dialects/MoE/MoEDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "dialects/MoE/MoEEnums.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def MoE_RoleAttr : EnumAttr<MoE_Dialect, MoE_Role, "role">;

def MoE_InitAttr : AttrDef<MoE_Dialect, "Init"> {
  let mnemonic = "init";
  let summary = "What a variable holds before training";
  let description = [{
    `zeros`; `ones`; `constant` with the value; `normal` with its standard deviation (mean 0); `uniform`
    with its limit l, on [-l, l]. With `alike`, the number of an axis of the variable, random numbers are drawn for one
    place along that axis and stand in all others as well: experts of a layer that start alike.

    Examples: `#moe.init<zeros>`, `#moe.init<normal, 2.0e-02 : f64>`, `#moe.init<normal, 2.0e-02 : f64 alike = 1>`
  }];
  let parameters = (ins EnumParameter<MoE_InitKind>:$kind, OptionalParameter<"::mlir::FloatAttr">:$value,
    OptionalParameter<"std::optional<int64_t>">:$alike);
  let assemblyFormat = "`<` $kind (`,` $value^)? (`alike` `=` $alike^)? `>`";
  let genVerifyDecl = 1;
}

def MoE_EntryAttr : AttrDef<MoE_Dialect, "Entry"> {
  let mnemonic = "entry";
  let summary = "Name and batch size of an entry point";
  let description = [{
    A function that the runtime can run, under its own name. Several functions may have one name, with
    different batch sizes; a batch of 0 says that there is no batch.

    Example: `#moe.entry<"infer", batch = 32>`
  }];
  let parameters = (ins StringRefParameter<>:$name, DefaultValuedParameter<"int64_t", "0">:$batch);
  let assemblyFormat = "`<` $name (`,` `batch` `=` $batch^)? `>`";
  let genVerifyDecl = 1;
}

def MoE_HostAttr : EnumAttr<MoE_Dialect, MoE_HostValue, "host"> {
  let assemblyFormat = "`<` $value `>`";
}

// bf16: of derived variables.
def MoE_VariableTensor : StaticShapeTensorOf<[MoE_Float, BF16]>;

def MoE_VariableOp : MoE_Op<"variable", [Symbol]> {
  let summary = "A tensor that lives from one run of an entry to the next";
  let description = [{
    Entries read it by an argument with `moe.var = @name` and write it by a result with the same attribute.
    Roles: `parameter` (the loss is differentiated by it), `statistic` (part of the weights, no gradient),
    `moment` (state of the optimizer), `shadow` (average of a parameter), `derived` (computed from others).
    `of` names what a moment or a shadow belongs to. `decay`: the optimizer's weight decay applies. `init`:
    what it holds before training, zeros if nothing is said. `at`: its first byte in the memory of all
    variables of its role, once `moec-place-variables` has found it.

    Example:

    ```mlir
    moe.variable @fc1.weight : tensor<4x96x192xf32> role(parameter) decay init<normal, 0.1>
    moe.variable @fc1.weight.mean : tensor<4x96x192xf32> role(moment) of @fc1.weight
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, TypeAttrOf<MoE_VariableTensor>:$type, MoE_RoleAttr:$role,
    OptionalAttr<FlatSymbolRefAttr>:$of, UnitAttr:$decay, OptionalAttr<MoE_InitAttr>:$init,
    OptionalAttr<I64Attr>:$at);
  let assemblyFormat = [{ $sym_name `:` $type custom<Role>($role) (`of` $of^)? (`decay` $decay^)? (`init` `` $init^)?
    (`at` $at^)? attr-dict }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::RankedTensorType getTensorType() { return ::llvm::cast<::mlir::RankedTensorType>(getType()); }
    /// Bytes that it takes.
    int64_t getBytes();
  }];
}

def MoE_GradientOp : MoE_Op<"gradient", [Pure,
    RangedTypesMatchWith<"gradients have the types of what they are taken by", "wrt", "gradients", "$_self">]> {
  let summary = "Gradients of a scalar";
  let description = [{
    d loss / d w for each w, zero where the loss does not depend on it. `moec-autodiff` puts the ops of the
    backward pass in its place; any function may have it, any number of times.

    Example:

    ```mlir
    func.func @f(%w: tensor<4xf32>, %b: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
      %p = moe.mul %w, %b : tensor<4xf32>
      %l = moe.reduce %p axes [0] : tensor<4xf32> -> tensor<f32>
      %g:2 = moe.gradient %l wrt %w, %b : tensor<f32>, tensor<4xf32>, tensor<4xf32>
      return %g#0, %g#1 : tensor<4xf32>, tensor<4xf32>
    }
    ```
  }];
  let arguments = (ins MoE_Scalar:$loss, Variadic<MoE_Tensor>:$wrt);
  let results = (outs Variadic<MoE_Tensor>:$gradients);
  let assemblyFormat = "$loss `wrt` $wrt attr-dict `:` type($loss) `,` type($wrt)";
}

#endif
