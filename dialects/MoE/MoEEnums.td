#ifndef MOEC_DIALECTS_MOE_MOEENUMS_TD
#define MOEC_DIALECTS_MOE_MOEENUMS_TD

include "dialects/MoE/MoEDialect.td"
include "dialects/VariableRoles.td"
include "mlir/IR/EnumAttr.td"

def MoE_Role : I32EnumAttr<"Role", "what a variable is for", VariableRoles> {
  let cppNamespace = "::moec::moe";
  let genSpecializedAttr = 0;
}

def MoE_InitKind : I32EnumAttr<"InitKind", "how a variable starts", [
    I32EnumAttrCase<"Zeros", 0, "zeros">, I32EnumAttrCase<"Ones", 1, "ones">,
    I32EnumAttrCase<"Constant", 2, "constant">, I32EnumAttrCase<"Normal", 3, "normal">,
    I32EnumAttrCase<"Uniform", 4, "uniform">]> {
  let cppNamespace = "::moec::moe";
  let genSpecializedAttr = 0;
}

def MoE_HostValue : I32EnumAttr<"HostValue", "what the training loop gives a step", [
    I32EnumAttrCase<"LearningRate", 0, "learning_rate">, I32EnumAttrCase<"Step", 1, "step">,
    I32EnumAttrCase<"Seed", 2, "seed">, I32EnumAttrCase<"HalfCosine", 3, "half_cosine">]> {
  let cppNamespace = "::moec::moe";
  let genSpecializedAttr = 0;
}

def MoE_Priority : I32EnumAttr<"Priority", "who is served first where an expert is full", [
    I32EnumAttrCase<"Position", 0, "position">, I32EnumAttrCase<"Importance", 1, "importance">]> {
  let cppNamespace = "::moec::moe";
  let genSpecializedAttr = 0;
}
def MoE_PriorityAttr : EnumAttr<MoE_Dialect, MoE_Priority, "priority"> {
  let assemblyFormat = "$value";
}

#endif
