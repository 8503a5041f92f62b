"""Whether a peer computed what we did."""

# Largest difference of f32 logits, relative to the largest logit.
F32 = 1e-4
# Root of the mean square difference, relative to that of the values: products
# round to bf16 in other places, and tokens near a tie go to other experts.
BF16, BF16_ROUTED = 0.03, 0.1
# Of a batch of a model with routers: how many images have to agree. Rounding
# decides ties, and an item that moves to another expert changes its image, and
# by the places that experts have also others.
AGREE = 0.9
# Losses of the first steps, relative; later ones follow different roundings. An item
# that moves to another expert after an update changes the losses from there on.
LOSS_F32, LOSS_F32_ROUTED, LOSS_BF16 = 1e-3, 1e-2, 2e-2


def difference(ours, theirs, case, routed):
    """Why the results differ too much, or None."""
    import numpy

    if ours.shape != theirs.shape:
        return f"result of shape {list(theirs.shape)}, ours {list(ours.shape)}"
    if not (numpy.isfinite(ours).all() and numpy.isfinite(theirs).all()):
        return "result is not finite"
    if not numpy.abs(ours).max():
        return "our result is all zeros, which proves nothing"
    gap = numpy.abs(ours.astype(numpy.float64) - theirs)
    if case.trains:
        each, what = (gap / numpy.abs(ours)).reshape(len(gap), -1).max(1), "losses of the first steps differ"
        limit = LOSS_BF16 if case.dtype == "bf16" else LOSS_F32
        error = float(each.max())
        if routed and each[0] <= limit:
            limit = max(limit, LOSS_F32_ROUTED)
    elif case.dtype == "bf16":
        error = float(numpy.sqrt((gap ** 2).mean() / (ours.astype(numpy.float64) ** 2).mean()))
        limit, what = BF16_ROUTED if routed else BF16, "result differs (root mean square)"
    else:
        each = gap.reshape(len(gap), -1).max(1) / numpy.abs(ours).max()
        if routed:
            each = numpy.sort(each)[:max(1, int(numpy.ceil(AGREE * len(each))))]
        error, limit, what = float(each.max()), F32, "result differs"
    return None if error <= limit else f"{what} by {error:.2g} of ours, more than {limit:g}"
