"""Trains masked-autoencoder.json in NumPy, with Philox written from its paper.

usage: masked_autoencoder.py write FOLDER WEIGHTS      arrays as numpy.save writes them, and start values
       masked_autoencoder.py check FOLDER WEIGHTS TRAINED STEPS [EVAL]
                                                       TRAINED is WEIGHTS after STEPS steps; EVAL is what
                                                       moec eval --json said of it
       masked_autoencoder.py predict FOLDER WEIGHTS IMAGES.npy PREDICTION.npy
                                                       four test images and what inference makes of them

All training images are alike, since it is not known which of them is where in a batch;
their orders are not.
"""

import json
import sys

import numpy as np

import weights_file

BATCH, TOKENS, WIDTH, CODE, VISIBLE = 4, 6, 5, 3, 2
RATE, MOMENTUM, WEIGHT, EPS, SEED, EVALUATION_SEED = 0.2, 0.5, 0.25, 1e-3, 3, 5
SHAPES = {"code.weight": (WIDTH, CODE), "code.bias": (CODE,), "places.weight": (TOKENS, CODE),
          "mixed.weight": (VISIBLE, VISIBLE), "mixed.bias": (VISIBLE,), "decoder_mask.weight": (CODE,),
          "decoder_mixed.weight": (TOKENS, TOKENS), "decoder_mixed.bias": (TOKENS,),
          "decoder_pixels.weight": (CODE, WIDTH), "decoder_pixels.bias": (WIDTH,)}


def philox(c, k):
    """Word 0 of Philox4x32-10 (Salmon et al., SC 2011), as a signed number."""
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [q >> 32 ^ c[1] ^ k[0], q % 2**32, p >> 32 ^ c[3] ^ k[1], p % 2**32]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return c[0] - 2**32 if c[0] >= 2**31 else c[0]


def order_of_step(step):
    noise = [philox([i, step, 0, 0], [SEED, 0]) for i in range(BATCH * TOKENS)]
    return np.argsort(np.reshape(noise, (BATCH, TOKENS)), axis=1, kind="stable")


def order_of_evaluation(count):
    one = np.argsort([philox([i, 0, 0, 0], [EVALUATION_SEED, 0]) for i in range(TOKENS)], kind="stable")
    return np.tile(one, (count, 1))


def write(folder, weights):
    random = np.random.default_rng(4)
    train = np.repeat(random.random((1, TOKENS, WIDTH), np.float32), BATCH, axis=0)
    # No model reads the labels, which a folder of arrays has to have.
    for split, images in (("train", train), ("test", random.random((7, TOKENS, WIDTH), np.float32))):
        np.save(f"{folder}/{split}_images.npy", images)
        np.save(f"{folder}/{split}_labels.npy", np.zeros(len(images), np.int32))
    weights_file.write(weights, {name: random.normal(size=shape) * 0.5 for name, shape in SHAPES.items()})


def forward(p, x, order):
    kept = order[:, :VISIBLE, None]
    code = x @ p["code.weight"] + p["code.bias"] + p["places.weight"]
    seen = np.take_along_axis(code, kept, axis=1)
    mixed = np.einsum("bkc,kn->bnc", seen, p["mixed.weight"]) + p["mixed.bias"][:, None]
    full = np.tile(p["decoder_mask.weight"], (len(x), TOKENS, 1))
    np.put_along_axis(full, kept, mixed, axis=1)
    spread = np.einsum("btc,tn->bnc", full, p["decoder_mixed.weight"]) + p["decoder_mixed.bias"][:, None]
    return seen, full, spread, spread @ p["decoder_pixels.weight"] + p["decoder_pixels.bias"]


def target_and_weights(x, order):
    """Normalised tokens, and what the error of each counts in the loss of its image."""
    target = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + EPS)
    counts = np.full(x.shape[:2], 1 / (TOKENS - VISIBLE))
    np.put_along_axis(counts, order[:, :VISIBLE], WEIGHT / VISIBLE, axis=1)
    return target, counts[:, :, None] / WIDTH


def loss(p, x, order):
    target, counts = target_and_weights(x, order)
    return (counts * (forward(p, x, order)[-1] - target) ** 2).sum((1, 2)).mean()


def gradients(p, x, order):
    target, counts = target_and_weights(x, order)
    seen, full, spread, y = forward(p, x, order)
    kept = order[:, :VISIBLE, None]
    d_y = 2 * counts * (y - target) / len(x)
    d_spread = d_y @ p["decoder_pixels.weight"].T
    d_full = np.einsum("bnc,tn->btc", d_spread, p["decoder_mixed.weight"])
    d_mixed = np.take_along_axis(d_full, kept, axis=1)
    d_seen = np.einsum("bnc,kn->bkc", d_mixed, p["mixed.weight"])
    d_code = np.zeros((len(x), TOKENS, CODE))
    np.put_along_axis(d_code, kept, d_seen, axis=1)
    np.put_along_axis(d_full, kept, 0, axis=1)
    return {"decoder_pixels.weight": np.einsum("btc,btw->cw", spread, d_y), "decoder_pixels.bias": d_y.sum((0, 1)),
            "decoder_mixed.weight": np.einsum("btc,bnc->tn", full, d_spread), "decoder_mixed.bias": d_spread.sum((0, 2)),
            "decoder_mask.weight": d_full.sum((0, 1)),
            "mixed.weight": np.einsum("bkc,bnc->kn", seen, d_mixed), "mixed.bias": d_mixed.sum((0, 2)),
            "places.weight": d_code.sum(0),
            "code.weight": np.einsum("btw,btc->wc", x, d_code), "code.bias": d_code.sum((0, 1))}


def load(folder, split):
    return np.load(f"{folder}/{split}_images.npy").astype(float)


def check(folder, weights, trained, steps, evaluation=None):
    start, got = weights_file.read(weights, SHAPES), weights_file.read(trained, SHAPES)
    p, m = dict(start), {name: 0 for name in SHAPES}
    for step in range(1, int(steps) + 1):
        g = gradients(p, load(folder, "train"), order_of_step(step))
        for name in SHAPES:
            m[name] = MOMENTUM * m[name] + g[name]
            p[name] = p[name] - RATE * m[name]
    bad = weights_file.differ(start, got, p)
    if evaluation:
        with open(evaluation, encoding="utf-8") as file:
            said = json.load(file)
        images = load(folder, "test")
        want = loss(p, images, order_of_evaluation(len(images)))
        bad |= said["images"] != 7 or abs(said["loss"] - want) > 1e-5
        print(f"evaluation: expected {want:.7f}, got {said}")
    sys.exit(bool(bad))


def predict(folder, weights, images, prediction):
    x, p = load(folder, "test")[:BATCH], weights_file.read(weights, SHAPES)
    np.save(images, x.astype(np.float32))
    np.save(prediction, forward(p, x, order_of_evaluation(BATCH))[-1].astype(np.float32))


if __name__ == "__main__":
    {"write": write, "check": check, "predict": predict}[sys.argv[1]](*sys.argv[2:])
