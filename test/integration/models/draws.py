"""What moec draws at random in a training run, so that a run can be repeated: the order of images and the noise of routers.
Both are functions of the seed (docs/runtime.md; moe.random_normal in docs/generated)."""

import numpy as np

MASK64 = (1 << 64) - 1


def philox(counter, key):
    """Philox4x32-10 (Salmon et al., SC 2011). counter: four arrays of 32-bit numbers; key: two such numbers."""
    counter = [np.asarray(c, np.uint64) for c in counter]
    low, half = np.uint64(0xFFFFFFFF), np.uint64(32)
    k0, k1 = key
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * counter[0], np.uint64(0xCD9E8D57) * counter[2]
        counter = [(p1 >> half) ^ counter[1] ^ np.uint64(k0), p1 & low, (p0 >> half) ^ counter[3] ^ np.uint64(k1), p0 & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return counter


def standard_normal(seed, step, stream, shape):
    """Numbers of mean 0 and deviation 1; `stream`: the number of the noisy layer in the model, a repeat being one layer."""
    count = int(np.prod(shape))
    pairs = np.arange((count + 1) // 2, dtype=np.uint64)
    zero = np.zeros_like(pairs)
    w0, w1, _, _ = philox([pairs, zero + np.uint64(step), zero, zero], (seed, stream))
    radius, angle = np.sqrt(-2 * np.log((w0 + 1.0) / 2**32)), 2 * np.pi * (w1 / 2**32)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1).reshape(-1)[:count].reshape(shape)


def image_order(count, seed, epoch):
    """The images of an epoch (from 0) in the order of their batches."""
    key = 0xCBF29CE484222325
    for letter in f"epoch {epoch}".encode():
        key = ((key ^ letter) * 0x100000001B3) & MASK64
    key = (key + seed * 0x9E3779B97F4A7C15) & MASK64
    key = ((key ^ (key >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    key = ((key ^ (key >> 27)) * 0x94D049BB133111EB) & MASK64
    key ^= key >> 31
    index, zero = np.arange(count), np.zeros(count, np.uint64)
    w0, w1, _, _ = philox([index, zero, zero, zero], (key & 0xFFFFFFFF, key >> 32))
    order = list(range(count))
    for i in range(count - 1, 0, -1):
        j = (int(w0[i]) << 32 | int(w1[i])) % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order
