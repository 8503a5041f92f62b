"""Images with three channels in ten classes, drawn at random: five shapes, filled
or as an outline, bright on dark. Colours, place, size and noise tell nothing about
the class, so that a model has to look at the shape; small ones learn it in an epoch
or two."""
import numpy as np

SIZE = 32


def _inside(shape, x, y):
    """Whether points of the plane lie in a shape of radius 1 around (0, 0)."""
    if shape == 0:  # disc
        return x * x + y * y < 1
    if shape == 1:  # square
        return np.maximum(abs(x), abs(y)) < 0.85
    if shape == 2:  # triangle
        return (y < 0.75) & (y > 1.75 * abs(x) - 0.95)
    if shape == 3:  # plus
        return (np.minimum(abs(x), abs(y)) < 0.3) & (np.maximum(abs(x), abs(y)) < 0.95)
    return abs(x) + abs(y) < 1.1  # diamond


def draw(count, seed):
    """u8 [count, 32, 32, 3] and the class of each: 2 * shape + outline."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 10, count)
    ys, xs = np.mgrid[0:SIZE, 0:SIZE]
    images = np.empty((count, SIZE, SIZE, 3), np.uint8)
    for i, label in enumerate(labels):
        radius = random.uniform(9, 14)
        centre = random.uniform(radius - 1, SIZE - radius + 1, 2)
        angle = random.uniform(-0.2, 0.2)
        x = (np.cos(angle) * (xs - centre[0]) + np.sin(angle) * (ys - centre[1])) / radius
        y = (np.cos(angle) * (ys - centre[1]) - np.sin(angle) * (xs - centre[0])) / radius
        mask = _inside(label // 2, x, y)
        if label % 2:
            mask &= ~_inside(label // 2, x / 0.6, y / 0.6)
        back, front = random.uniform(0, 128, 3), random.uniform(128, 255, 3)
        picture = np.where(mask[..., None], front, back)
        picture += random.normal(0, 20, picture.shape)
        images[i] = picture.clip(0, 255)
    return images, labels.astype(np.int32)


def write(folder, train=20000, test=4000):
    """The folder that `--data npy:` reads; nothing to do where it is."""
    if (folder / "test_labels.npy").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    for split, count, seed in (("train", train, 1), ("test", test, 2)):
        images, labels = draw(count, seed)
        np.save(folder / f"{split}_images.npy", images)
        np.save(folder / f"{split}_labels.npy", labels)
