#ifndef MOEC_DIALECTS_MOE_MOEOPS_TD
#define MOEC_DIALECTS_MOE_MOEOPS_TD

include "dialects/MoE/MoEStructureOps.td"
include "dialects/MoE/MoETokensOps.td"
include "dialects/MoE/MoEOrderOps.td"
include "dialects/MoE/MoEMixingOps.td"
include "dialects/MoE/MoEAttentionOps.td"
include "dialects/MoE/MoEElementwiseOps.td"
include "dialects/MoE/MoERandomOps.td"
include "dialects/MoE/MoERoutingOps.td"
include "dialects/MoE/MoELossOps.td"
include "dialects/MoE/MoETrainingOps.td"
include "dialects/MoE/MoEVariables.td"

#endif
