"""A plain tiled product in Triton, to time beside cuBLAS and ours."""

import triton
import triton.language as tl

# Tiles of rows, columns and k, warps, stages.
TILES = ((128, 256, 64, 8, 3), (128, 128, 64, 4, 4), (128, 128, 32, 8, 4), (64, 128, 32, 4, 4))


@triton.jit
def kernel(a, b, c, m, n, k, sa, sb, sc, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr, GROUP: tl.constexpr,
           PRECISION: tl.constexpr):
    # Neighbouring programs share panels: GROUP rows of tiles are one strip.
    pid = tl.program_id(0)
    rows, columns = tl.cdiv(m, BM), tl.cdiv(n, BN)
    strip = pid // (GROUP * columns)
    height = min(rows - strip * GROUP, GROUP)
    row = strip * GROUP + (pid % (GROUP * columns)) % height
    column = (pid % (GROUP * columns)) // height
    i, j, p = row * BM + tl.arange(0, BM), column * BN + tl.arange(0, BN), tl.arange(0, BK)
    total = tl.zeros((BM, BN), dtype=tl.float32)
    for start in range(0, k, BK):
        left = tl.load(a + i[:, None] * sa + (start + p)[None, :],
                       mask=(i[:, None] < m) & ((start + p)[None, :] < k), other=0.0)
        right = tl.load(b + (start + p)[:, None] * sb + j[None, :],
                        mask=((start + p)[:, None] < k) & (j[None, :] < n), other=0.0)
        total = tl.dot(left, right, total, input_precision=PRECISION)
    tl.store(c + i[:, None] * sc + j[None, :], total.to(c.dtype.element_ty), mask=(i[:, None] < m) & (j[None, :] < n))


def multiply(a, b, c, tile):
    """c = a @ b by one of TILES; f32 is not rounded to TF32."""
    (m, k), n = a.shape, b.shape[1]
    bm, bn, bk, warps, stages = tile
    kernel[(triton.cdiv(m, bm) * triton.cdiv(n, bn),)](
        a, b, c, m, n, k, a.stride(0), b.stride(0), c.stride(0), bm, bn, bk, 8, "ieee", num_warps=warps,
        num_stages=stages)
