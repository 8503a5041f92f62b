#ifndef MOEC_DIALECTS_KNOWNATTRIBUTES_TD
#define MOEC_DIALECTS_KNOWNATTRIBUTES_TD

include "mlir/IR/OpBase.td"

// Every op of the dialects: an attribute without a dialect's prefix is one of
// the op's own, so that a misspelt one is an error.
def KnownAttributes : NativeOpTrait<"KnownAttributes"> {
  let cppNamespace = "::moec::dialects";
}

#endif
