#ifndef MOEC_DIALECTS_VARIABLEROLES_TD
#define MOEC_DIALECTS_VARIABLEROLES_TD

include "mlir/IR/EnumAttr.td"

// What variables are for: a role of `moe.variable`, and the block of memory
// that a launch finds those of the role in.
defvar VariableRoles = [
  I32EnumAttrCase<"Parameter", 0, "parameter">, I32EnumAttrCase<"Statistic", 1, "statistic">,
  I32EnumAttrCase<"Moment", 2, "moment">, I32EnumAttrCase<"Shadow", 3, "shadow">,
  I32EnumAttrCase<"Derived", 4, "derived">];

#endif
