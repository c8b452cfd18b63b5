"""Losses of rotated boxes and of boxes with a heading.

Oracles: shapely's areas, hulls and envelopes times intervals; aligned boxes; differences of the values.
"""

from __future__ import annotations

from math import pi

import numpy as np
import pytest
import shapely

from overlap import boxes, cuboids, oriented
from overlap.losses import box_loss
from overlap.losses.turned import measure_rotated

PACKAGES = {"oriented": oriented, "cuboids": cuboids}
AXES = {"oriented": 2, "cuboids": 3}
GIOU = [{"kind": "giou", "enclosing": enclosing} for enclosing in ("hull", "aligned", "target")]
LOSSES = [{"kind": "iou"}, *GIOU, {"kind": "diou"}, {"kind": "eiou"}]
PULLING = LOSSES[1:]
FREE = {"detach_enclosing": False}


def named(options):
    return " ".join(options.values())


def some(shape, n, seed=0, spread=1.0):
    rng = np.random.default_rng(seed)
    d = AXES[shape]
    centre = rng.normal(scale=spread, size=(n, d))
    sides = rng.uniform(0.4, 2, (n, d))
    return np.concatenate([centre, sides, rng.uniform(-pi, pi, (n, 1))], axis=1)


def footprint(box):
    """Return a rotated box, (5,), of either."""
    return box if len(box) == 5 else box[[0, 1, 3, 4, 6]]


def turn(x, y, theta):
    return np.cos(theta) * x - np.sin(theta) * y, np.sin(theta) * x + np.cos(theta) * y


def polygon(box):
    x, y, w, h, theta = footprint(box)
    step_x, step_y = turn(w / 2 * np.array([1, -1, -1, 1]), h / 2 * np.array([1, 1, -1, -1]), theta)
    return shapely.polygons(np.stack([x + step_x, y + step_y], axis=1))


def interval(box):
    return (0.0, 1.0) if len(box) == 5 else (box[2] - box[5] / 2, box[2] + box[5] / 2)


def expected(a, b, kind, enclosing=None):
    """Return the loss of one pair by shapely."""
    p, q = polygon(a), polygon(b)
    theta = footprint(b)[4]
    # both as the target sees them
    seen = [shapely.transform(s, lambda at: np.stack(turn(at[:, 0], at[:, 1], -theta), axis=1)) for s in (p, q)]
    low_x, low_y, high_x, high_y = shapely.MultiPolygon(seen).bounds
    (low_a, high_a), (low_b, high_b) = interval(a), interval(b)
    shared = shapely.area(p & q) * max(0, min(high_a, high_b) - max(low_a, low_b))
    union = p.area * (high_a - low_a) + q.area * (high_b - low_b) - shared
    height = max(high_a, high_b) - min(low_a, low_b)
    iou = shared / union
    if kind == "iou":
        return 1 - iou
    if kind == "giou":
        around = {
            "hull": shapely.MultiPolygon([p, q]).convex_hull.area,
            "aligned": shapely.box(*shapely.MultiPolygon([p, q]).bounds).area,
            "target": (high_x - low_x) * (high_y - low_y),
        }
        return 2 - iou - union / (around[enclosing] * height)
    sides = [high_x - low_x, high_y - low_y, height][: len(a) // 2]
    step = a[: len(a) // 2] - b[: len(a) // 2]
    loss = 1 - iou + (step**2).sum() / np.square(sides).sum()
    if kind == "diou":
        return loss
    _, _, w, h, angle = footprint(a)
    phi = angle - theta
    spread = [np.hypot(w * np.cos(phi), h * np.sin(phi)), np.hypot(w * np.sin(phi), h * np.cos(phi)), high_a - low_a]
    own = [*footprint(b)[2:4], high_b - low_b]
    return loss + sum(((s - t) / c) ** 2 for s, t, c in zip(spread, own, sides, strict=False))


@pytest.mark.parametrize("options", LOSSES, ids=named)
@pytest.mark.parametrize("shape", PACKAGES)
def test_values(backend, shape, options):
    # in one piece: dask makes a graph for each
    n = 2 if backend.name == "dask" else 20
    a, b = some(shape, n), some(shape, n, 1)
    got = box_loss(backend.asarray(a), backend.asarray(b), shape=shape, reduction="none", **options)
    each = [expected(p, q, **options) for p, q in zip(a, b, strict=True)]
    np.testing.assert_allclose(backend.to_numpy(got), each, rtol=1e-12)
    mean = box_loss(backend.asarray(a), backend.asarray(b), shape=shape, **options)
    assert float(backend.to_numpy(mean)) == pytest.approx(np.mean(each), rel=1e-12)


@pytest.mark.parametrize("shape", PACKAGES)
def test_iou_and_giou_are_those_of_the_package(shape):
    a, b = some(shape, 50), some(shape, 50, 1)
    package = PACKAGES[shape]
    iou = box_loss(a, b, kind="iou", shape=shape, reduction="none")
    np.testing.assert_allclose(1 - iou, package.iou(a, b), atol=1e-14)
    giou = box_loss(a, b, kind="giou", shape=shape, reduction="none")
    np.testing.assert_allclose(1 - giou, package.giou(a, b), atol=1e-13)


@pytest.mark.parametrize("kind", ["iou", "diou", "eiou"])
@pytest.mark.parametrize("shape", PACKAGES)
def test_of_one_angle_it_is_the_loss_of_aligned_boxes(shape, kind):
    a, b = some(shape, 50), some(shape, 50, 1)
    a[:, -1] = b[:, -1] = 0
    aligned = [boxes.convert(x[:, :-1], "centre-size", "lo-hi") for x in (a, b)]
    got = box_loss(a, b, kind=kind, shape=shape, reduction="none")
    np.testing.assert_allclose(got, box_loss(*aligned, kind=kind, reduction="none"), atol=1e-13)


@pytest.mark.parametrize("options", LOSSES, ids=named)
@pytest.mark.parametrize("shape", PACKAGES)
def test_the_names_of_a_box_and_where_it_stands_make_no_difference(shape, options):
    d = AXES[shape]
    a, b = some(shape, 30), some(shape, 30, 1)
    loss = box_loss(a, b, shape=shape, reduction="none", **options)
    exchanged = list(range(a.shape[1]))
    exchanged[d], exchanged[d + 1] = d + 1, d
    quarter = np.eye(a.shape[1])[-1] * pi / 2
    for p, q in (
        (a + 2 * quarter, b),
        (a, b - 2 * quarter),
        (a[:, exchanged] + quarter, b),
        (a, b[:, exchanged] - quarter),
    ):
        np.testing.assert_allclose(box_loss(p, q, shape=shape, reduction="none", **options), loss, atol=1e-13)
    step = np.zeros(a.shape[1])
    step[:2] = 3, -2
    moved = box_loss(a + step, b + step, shape=shape, reduction="none", **options)
    np.testing.assert_allclose(moved, loss, atol=1e-13)
    for power in (-40, 40):
        scale = np.append(np.full(2 * d, 2.0**power), 1)
        scaled = box_loss(a * scale, b * scale, shape=shape, reduction="none", **options)
        np.testing.assert_array_equal(scaled, loss)


@pytest.mark.parametrize("shape", PACKAGES)
def test_boxes_without_size(shape):
    """The loss is 0 for equal ones, finite for others, and pulls those apart."""
    d = AXES[shape]
    solid = some(shape, 1)[0]
    point, line, far = solid.copy(), solid.copy(), solid.copy()
    point[d : 2 * d] = 0
    line[d + 1 : 2 * d] = 0
    far[:d] += 9
    far[d : 2 * d] = 0
    for options in LOSSES:
        for box in (point, line):
            assert float(box_loss(box, box, shape=shape, **options)) == 0
            assert float(box_loss(box, far, shape=shape, **options)) >= 1
    assert float(box_loss(point, far, shape=shape)) == pytest.approx(2)


def test_a_box_without_width_can_get_one():
    torch = pytest.importorskip("torch")
    flat = torch.tensor([0.0, 0, 0, 1, 0], requires_grad=True)
    box_loss(flat, torch.tensor([3.0, 0, 2, 1, 0]), shape="oriented").backward()
    assert flat.grad[2] < 0


# ---------------------------------------------------------------- gradients


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def gradients(torch, a, b, **options):
    pair = [torch.tensor(x, requires_grad=True) for x in (a, b)]
    box_loss(*pair, reduction="sum", **options).backward()
    return [x.grad.numpy() for x in pair]


@pytest.mark.slow
@pytest.mark.parametrize("options", LOSSES, ids=named)
@pytest.mark.parametrize("shape", PACKAGES)
def test_gradcheck(torch, shape, options):
    pair = [torch.tensor(some(shape, 3, seed, 0.3), requires_grad=True) for seed in (0, 1)]
    assert torch.autograd.gradcheck(lambda a, b: box_loss(a, b, shape=shape, **options, **FREE), pair)


@pytest.mark.slow
@pytest.mark.parametrize("options", [GIOU[0], {"kind": "eiou"}], ids=named)
def test_gradgradcheck(torch, options):
    pair = [torch.tensor(some("oriented", 2, seed, 0.3), requires_grad=True) for seed in (0, 1)]
    assert torch.autograd.gradgradcheck(lambda a, b: box_loss(a, b, shape="oriented", **options, **FREE), pair)


def differences(loss, a, b, step):
    """Return slopes by the numbers of the first boxes: five points, exact to the fourth power of the step."""
    slopes = np.empty_like(a)
    for k in range(a.shape[1]):
        nudge = np.zeros(a.shape[1])
        nudge[k] = step
        one = loss(a + nudge, b) - loss(a - nudge, b)
        two = loss(a + 2 * nudge, b) - loss(a - 2 * nudge, b)
        slopes[:, k] = (8 * one - two) / (12 * step)
    return slopes


@pytest.mark.parametrize("options", LOSSES, ids=named)
@pytest.mark.parametrize("shape", PACKAGES)
def test_differences(torch, shape, options):
    """Where two steps agree there is no kink between them, and the gradient is theirs to 1e-8."""
    a, b = some(shape, 300, 2, 0.5), some(shape, 300, 3, 0.5)

    def loss(a, b):
        return box_loss(a, b, shape=shape, reduction="none", **options, **FREE)

    fine, coarse = (differences(loss, a, b, step) for step in (2e-4, 4e-4))
    smooth = abs(fine - coarse).max(axis=1) < 1e-9
    assert smooth.mean() > 0.9
    by_torch, _ = gradients(torch, a, b, shape=shape, **options, **FREE)
    assert abs(by_torch - fine)[smooth].max() <= 1e-8


@pytest.mark.parametrize("kind", ["diou", "eiou"])
def test_what_encloses_is_held_by_default(torch, kind):
    xp = pytest.importorskip("array_api_compat.torch")
    a, b = some("oriented", 20), some("oriented", 20, 1)
    held, free = (
        measure_rotated(torch.tensor(a, requires_grad=True), torch.tensor(b), "target", detach, xp)
        for detach in (True, False)
    )
    assert not any(axis.enclosing.requires_grad for axis in held.axes)
    assert all(axis.enclosing.requires_grad for axis in free.axes)
    default, _ = gradients(torch, a, b, kind=kind, shape="oriented")
    explicit, _ = gradients(torch, a, b, kind=kind, shape="oriented", detach_enclosing=True)
    np.testing.assert_array_equal(default, explicit)


@pytest.mark.parametrize("options", LOSSES, ids=named)
@pytest.mark.parametrize("shape", PACKAGES)
def test_the_desert_and_the_way_out(torch, shape, options):
    """Boxes that are apart are pulled together, whatever their angles; by IoU alone they are not."""
    a, b = some(shape, 200, 4), some(shape, 200, 5)
    a[:, 0] += 8
    assert (PACKAGES[shape].iou(a, b) == 0).all()
    slope, _ = gradients(torch, a, b, shape=shape, **options)
    if options["kind"] == "iou":
        assert (slope == 0).all()
    else:
        apart = (a - b)[:, :2]
        assert ((slope[:, :2] * apart).sum(axis=1) > 0).all()
    easy, _ = gradients(torch, a, b, shape=shape, gamma=0.5, focus="easy", **options)
    assert (easy == 0).all()
    hard, _ = gradients(torch, a, b, shape=shape, gamma=0.5, focus="hard", **options)
    np.testing.assert_allclose(hard, slope)


@pytest.mark.parametrize("shape", PACKAGES)
def test_eiou_turns_and_resizes_boxes_that_are_apart(torch, shape):
    a, b = some(shape, 100, 4), some(shape, 100, 5)
    a[:, 0] += 8
    slope, _ = gradients(torch, a, b, shape=shape)
    assert (slope != 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("shape", PACKAGES)
def test_descent_arrives_from_afar(torch, shape):
    d = AXES[shape]
    target = torch.tensor(some(shape, 8, 6))
    start = torch.tensor(some(shape, 8, 7))
    start[:, 0] += 2
    code = start.clone()
    code[:, d : 2 * d] = code[:, d : 2 * d].log()
    code.requires_grad_()
    optimiser = torch.optim.Adam([code], lr=0.05)

    def box():
        return torch.cat([code[:, :d], code[:, d : 2 * d].exp(), code[:, -1:]], dim=1)

    for step in range(300):
        optimiser.param_groups[0]["lr"] = 0.05 * 0.99**step
        optimiser.zero_grad()
        box_loss(box(), target, shape=shape, reduction="sum").backward()
        optimiser.step()
    assert (PACKAGES[shape].iou(box().detach(), target) > 0.95).all()


# ---------------------------------------------------------------- where values may not be seen; weights; options


@pytest.mark.parametrize("options", LOSSES, ids=named)
@pytest.mark.parametrize("shape", PACKAGES)
def test_vmap(torch, shape, options):
    a, b = (torch.tensor(some(shape, 6, seed)) for seed in (0, 1))

    def loss(a, b):
        return box_loss(a, b, shape=shape, gamma=0.5, **options)

    each = box_loss(a, b, shape=shape, gamma=0.5, reduction="none", **options)
    torch.testing.assert_close(torch.func.vmap(loss)(a, b), each)
    slopes = torch.func.vmap(torch.func.grad(loss))(a, b)
    by_torch, _ = gradients(torch, a.numpy(), b.numpy(), shape=shape, gamma=0.5, **options)
    np.testing.assert_allclose(slopes, by_torch, atol=1e-14)


# a graph takes seconds: each shape and each loss once
@pytest.mark.slow
@pytest.mark.parametrize(("shape", "options"), [("cuboids", GIOU[0]), ("oriented", {"kind": "eiou"})])
def test_compile(torch, shape, options):
    """In one graph; a row of weight 0 is silent there too, and one that counts is NaN."""
    a, b = (some(shape, 6, seed) for seed in (0, 1))
    expected, _ = gradients(torch, a, b, shape=shape, weights=torch.arange(6), **options)
    a[0] = np.nan
    a, b = torch.tensor(a, requires_grad=True), torch.tensor(b)

    @torch.compile(fullgraph=True, backend="aot_eager")
    def compiled(a, b, weights):
        return box_loss(a, b, shape=shape, weights=weights, reduction="sum", **options)

    compiled(a, b, torch.arange(6)).backward()
    np.testing.assert_allclose(a.grad, expected, atol=1e-13)
    assert torch.isnan(compiled(a, b, torch.arange(1, 7)))


@pytest.mark.parametrize("options", LOSSES, ids=named)
@pytest.mark.parametrize("shape", PACKAGES)
def test_weight_0_silences_a_row(torch, shape, options):
    a, b = some(shape, 8), some(shape, 8, 1)
    weights = np.array([2, 0, 1, 0, 0, 3, 0, 1])
    counts = weights > 0
    kept, _ = gradients(torch, a[counts], b[counts], shape=shape, weights=torch.tensor(weights[counts]), **options)
    loss = box_loss(a[counts], b[counts], shape=shape, weights=weights[counts], **options)
    a[1] = np.nan
    a[3, 2] = -1
    b[4] = np.inf
    b[6, AXES[shape]] = -2
    assert float(box_loss(a, b, shape=shape, weights=weights, **options)) == pytest.approx(float(loss), rel=1e-14)
    by_a, by_b = gradients(torch, a, b, shape=shape, weights=torch.tensor(weights), **options)
    np.testing.assert_allclose(by_a[counts], kept, rtol=1e-13, atol=1e-16)
    assert (by_a[~counts] == 0).all()
    assert (by_b[~counts] == 0).all()
    with pytest.raises(ValueError, match=r"1 of 8 boxes of prediction .*, the first in row 1; a .* is"):
        box_loss(a, b, shape=shape, weights=weights + np.eye(8)[1], **options)


@pytest.mark.parametrize("shape", PACKAGES)
def test_no_boxes_and_one(torch, shape):
    columns = 2 * AXES[shape] + 1
    none = torch.zeros((0, columns), requires_grad=True)
    loss = box_loss(none, none, shape=shape)
    loss.backward()
    assert (loss.item(), none.grad.shape) == (0, (0, columns))
    a, b = some(shape, 3), some(shape, 1, 1)[0]
    together = box_loss(a, b, shape=shape, reduction="none")
    assert [float(box_loss(x, b, shape=shape)) for x in a] == pytest.approx(list(together))
    every = box_loss(a[:, None], a, shape=shape, reduction="none", weights=np.array([[1], [0], [2]]))
    assert every.shape == (3, 3)
    assert (every[1] == 0).all()
    assert float(box_loss(a, b, shape=shape, weights=np.zeros(3))) == 0


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "int64"])
@pytest.mark.parametrize("options", LOSSES, ids=named)
@pytest.mark.parametrize("shape", PACKAGES)
def test_dtypes(torch, shape, options, dtype):
    a, b = (torch.tensor(some(shape, 40, seed) * 4).to(getattr(torch, dtype)) for seed in (0, 1))
    a, b = (x.abs() + 1 if dtype == "int64" else x for x in (a, b))
    b[:10] = a[:10]
    precise = box_loss(a.double(), b.double(), shape=shape, reduction="none", **options)
    if dtype != "int64":
        a.requires_grad_()
    loss = box_loss(a, b, shape=shape, reduction="none", **options)
    assert loss.dtype == (torch.float64 if dtype == "int64" else torch.float32)
    torch.testing.assert_close(loss.double(), precise, atol=2e-5, rtol=0)
    if dtype != "int64":
        loss.sum().backward()
        assert torch.isfinite(a.grad).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": "rotated"}, "shape must be one of 'boxes', 'oriented', 'cuboids', got 'rotated'"),
        (
            {"shape": "oriented", "kind": "ciou"},
            "CIoU is for aligned boxes in 2-D, got shape='oriented'; pass kind=\"eiou\"",
        ),
        (
            {"shape": "oriented", "enclosing": "hull"},
            "enclosing is for kind=\"giou\" of turned boxes, got 'hull' with kind='eiou'",
        ),
        ({"kind": "giou", "enclosing": "hull"}, "enclosing is for .* shape='boxes'; leave it out"),
        ({"shape": "oriented", "enclosing": "pca"}, "enclosing must be one of None, 'hull', 'aligned', 'target'"),
        ({"shape": "cuboids"}, r"prediction has shape \(2, 5\); a box with a heading is \(x, y, z, l, w, h, yaw\)"),
        ({"shape": "boxes"}, r"got prediction: \(2, 5\), target: \(2, 5\); the last axis holds lo\|hi"),
    ],
)
def test_options(options, message):
    with pytest.raises(ValueError, match=rf"^losses\.box_loss: {message}"):
        box_loss(some("oriented", 2), some("oriented", 2), **options)


def test_boxes_that_do_not_broadcast():
    with pytest.raises(ValueError, match=r"losses\.box_loss: prediction \(3, 5\) and target \(2, 5\) do not broadcast"):
        box_loss(some("oriented", 3), some("oriented", 2), shape="oriented")
