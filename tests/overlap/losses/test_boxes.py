"""Oracles: closed forms, published values, the papers' formulas with constants frozen, differentiated by torch."""

from __future__ import annotations

import numpy as np
import pytest

from overlap import boxes
from overlap.losses import box_loss
from overlap.losses import boxes as source

torch = pytest.importorskip("torch")
KINDS = ("iou", "giou", "diou", "ciou", "eiou")
PULLING = KINDS[1:]


PATHS = ("array operations", "compiled")


@pytest.fixture(params=PATHS, autouse=True)
def path(request, monkeypatch):
    """Ask every question twice: few boxes take the one path, many the other."""
    if request.param == "compiled":
        pytest.importorskip("numba")
    monkeypatch.setattr(source, "_compiled_dtypes", set())
    monkeypatch.setattr(source, "_LARGE", 0 if request.param == "compiled" else np.inf)
    return request.param


def of_both_paths(*dtypes):
    """Ask in every type; what is compiled of single precision takes seconds more, its code is that of double."""
    slow = [("compiled", dtype) for dtype in ("float16", "bfloat16", "float32")]
    cases = [(path, dtype) for path in PATHS for dtype in dtypes]
    return [pytest.param(*case, marks=[pytest.mark.slow] if case in slow else []) for case in cases]


def boxes_of(*edges):
    return [torch.tensor([x], dtype=torch.float64) for x in edges]


def some(n, seed=0, d=2):
    rng = np.random.default_rng(seed)
    low = rng.uniform(0, 10, (n, d))
    return torch.tensor(np.concatenate([low, low + rng.uniform(0.1, 8, (n, d))], axis=1))


def gradient(a, b, **options):
    a = a.clone().requires_grad_()
    box_loss(a, b, reduction="sum", **options).backward()
    return a.grad


def degenerate(n, scale, dtype, rng):
    """Random, equal, touching, nested, empty, collinear boxes, and such of very different sizes."""
    low = rng.normal(size=(2, n, 2)) * scale
    side = rng.random((2, n, 2)) * (rng.random((2, n, 2)) > 0.1) * scale
    a, b = np.concatenate([low, low + side], axis=-1)
    parts = np.array_split(np.arange(n), 10)
    b[parts[0]] = a[parts[0]]
    b[parts[1]] = a[parts[1]] + np.tile(side[0, parts[1]] * [1, 0], 2)
    b[parts[2]] = a[parts[2]] + np.concatenate([side[0, parts[2]], -side[0, parts[2]]], axis=1) / 4
    b[parts[3]] = np.tile(a[parts[3], 2:], 2)
    b[parts[4]] *= 1e6 / scale
    b[parts[5]] *= 1e-6 / scale
    a[parts[6]] = b[parts[6]] = np.tile(a[parts[6], :2], 2)
    a[parts[7], 2:], b[parts[7], 2:] = a[parts[7], :2], b[parts[7], :2]
    a[parts[8], 3], b[parts[8], 1::2] = a[parts[8], 1], a[parts[8], 1, None]
    a, b = a.astype(dtype), b.astype(dtype)
    for x in (a, b):
        x[:, 2:] = np.maximum(x[:, 2:], x[:, :2])
    return torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)


# ---------------------------------------------------------------- values


# each kind and each library, but not each of one with each of the other: a graph of dask takes a while
@pytest.mark.parametrize(
    ("backend", "kind"),
    [
        *[("numpy", kind) for kind in PULLING],
        *zip(("numpy-readonly", "array_api_strict", "torch", "dask"), PULLING, strict=True),
    ],
    indirect=["backend"],
)
def test_one_minus_the_score(backend, kind):
    a, b = (backend.asarray(some(20, k).numpy()) for k in (0, 1))
    each = backend.to_numpy(box_loss(a, b, kind=kind, reduction="none"))
    np.testing.assert_array_equal(each, 1 - backend.to_numpy(getattr(boxes, kind)(a, b)))
    np.testing.assert_allclose(backend.to_numpy(box_loss(a, b, kind=kind)), each.mean(), rtol=1e-14)
    np.testing.assert_allclose(backend.to_numpy(box_loss(a, b, kind=kind, reduction="sum")), each.sum(), rtol=1e-14)


def test_iou():
    a, b = some(9), some(9, 1)
    expected = 1 - boxes.pairwise(a, b).diagonal()
    torch.testing.assert_close(box_loss(a, b, kind="iou", reduction="none"), expected, rtol=1e-14, atol=1e-15)


# torchvision, test/test_ops.py; detectron2, tests/layers/test_losses.py
AROUND = ([-1, -1, 1, 1], [0, 0, 1, 1])
RIGHT = ([-1, -1, 1, 1], [0, -1, 1, 1])
ABOVE = ([0, 0, 1, 1], [0, 1, 1, 2])
FURTHER = ([-1, -1, 1, 1], [0, 1, 1, 2])
DIAGONAL = ([0, 0, 1, 1], [1, 1, 2, 2])


@pytest.mark.parametrize(("path", "dtype"), of_both_paths("float16", "float32", "float64"), indirect=["path"])
@pytest.mark.parametrize(
    ("kind", "pairs", "expected"),
    [
        ("giou", [AROUND, ABOVE, DIAGONAL], [0.75, 1, 1.5]),
        ("diou", [AROUND, FURTHER, DIAGONAL, RIGHT], [0.8125, 1.1923, 1.25, 0.53125]),
        ("ciou", [AROUND, FURTHER, DIAGONAL, RIGHT], [0.8125, 1.1923, 1.25, 0.5345]),
    ],
)
def test_published_values(kind, pairs, expected, dtype):
    a, b = torch.tensor(pairs, dtype=getattr(torch, dtype)).unbind(1)
    each = box_loss(a, b, kind=kind, reduction="none")
    np.testing.assert_allclose(each, expected, atol=5e-5)
    assert float(box_loss(a, b, kind=kind)) == pytest.approx(np.mean(expected), abs=5e-5)
    assert float(box_loss(a, b, kind=kind, reduction="sum")) == pytest.approx(np.sum(expected), abs=1e-4)
    assert box_loss(a, a, kind=kind, reduction="none").tolist() == [0] * len(pairs)


@pytest.mark.parametrize("hidden", [0.1, 0.3, 0.5])
def test_the_ceiling_of_an_occluded_box(hidden):
    visible, full = np.array([0.0, 0.0, 2 * (1 - hidden), 3.0]), np.array([0.0, 0.0, 2.0, 3.0])
    assert float(box_loss(visible, full, kind="iou")) == pytest.approx(hidden, abs=1e-15)


def test_focus():
    a, b = some(30), some(30, 1)
    iou, plain = (1 - box_loss(a, b, kind="iou", reduction="none")), box_loss(a, b, reduction="none")
    for focus, weight in (("hard", 1 - iou), ("easy", iou)):
        got = box_loss(a, b, gamma=0.5, focus=focus, reduction="none")
        torch.testing.assert_close(got, weight**0.5 * plain)
        weighted = (weight**0.5)[:, None] * gradient(a, b)
        torch.testing.assert_close(gradient(a, b, gamma=0.5, focus=focus), weighted)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.int64, torch.bool])
def test_weights(dtype):
    a, b = some(30), some(30, 1)
    weights = (torch.arange(30) % 3).to(dtype)
    each = box_loss(a, b, gamma=0.5, reduction="none")
    w = weights.double()
    weigh = {"gamma": 0.5, "weights": weights}
    torch.testing.assert_close(box_loss(a, b, reduction="none", **weigh), w * each)
    torch.testing.assert_close(box_loss(a, b, reduction="sum", **weigh), (w * each).sum())
    torch.testing.assert_close(box_loss(a, b, **weigh), (w * each).sum() / w.sum())
    torch.testing.assert_close(gradient(a, b, **weigh), w[:, None] * gradient(a, b, gamma=0.5))


def test_a_weight_for_each_row_of_pairs():
    a, b = some(6)[:, None], some(4, 1)
    weights = np.arange(6.0)[:, None]
    each = box_loss(a.numpy(), b.numpy(), reduction="none")
    got = box_loss(a.numpy(), b.numpy(), weights=weights)
    assert float(got) == pytest.approx((weights * each).sum() / (4 * weights.sum()), rel=1e-14)


def test_nothing_counts():
    a, b = some(3), some(3, 1)
    assert float(box_loss(a, b, weights=torch.zeros(3))) == 0
    assert (gradient(a, b, weights=torch.zeros(3)) == 0).all()


def spoilt(boxes, rows):
    """Return boxes of which some rows hold NaN, infinity, or their edges the wrong way round."""
    boxes = boxes.clone()
    nan, infinite, inverted = rows
    boxes[nan] = torch.nan
    boxes[infinite, 0] = -torch.inf
    boxes[inverted] = boxes[inverted].flip(0)
    return boxes


# a graph takes a second; these two kinds go through every branch, by either path here or in test_vmap_and_compile
SILENCED = [(path, kind, False) for path in PATHS for kind in KINDS]
SILENCED += [("array operations", "eiou", True), ("compiled", "ciou", True)]


@pytest.mark.parametrize(("path", "kind", "compiles"), SILENCED, indirect=["path"])
def test_weight_0_silences_a_row(path, kind, compiles):
    a, b = some(9), some(9, 1)
    weights = torch.tensor([2.0, 0, 1, 0, 0, 3, 0, 0, 0.5])
    counts = weights > 0
    options = {"kind": kind, "gamma": 0.5, "detach_enclosing": False}
    bad_a = spoilt(a, [1, 3, 4]).requires_grad_()
    bad_b = spoilt(b, [4, 6, 7]).requires_grad_()
    function = torch.compile(box_loss, fullgraph=True, backend="aot_eager") if compiles else box_loss
    loss = function(bad_a, bad_b, weights=weights, **options)
    loss.backward()
    left = a[counts].requires_grad_()
    expected = box_loss(left, b[counts], weights=weights[counts], **options)
    expected.backward()
    torch.testing.assert_close(loss, expected, rtol=1e-14, atol=0)
    torch.testing.assert_close(bad_a.grad[counts], left.grad, rtol=1e-13, atol=1e-16)
    assert (bad_a.grad[~counts] == 0).all()
    assert (bad_b.grad[~counts] == 0).all()
    each = box_loss(bad_a, bad_b, weights=weights, reduction="none", **options)
    assert (each[~counts] == 0).all()


def test_a_row_that_counts_is_named_and_silenced_as_the_remedy_says():
    a, b = spoilt(some(9), [5, 5, 5]), some(9, 1)
    weights = torch.ones(9)
    with pytest.raises(ValueError, match=r"1 of 9 boxes of prediction are malformed .*, the first in row 5;"):
        box_loss(a, b, weights=weights)
    weights[5] = 0
    assert torch.isfinite(box_loss(a, b, weights=weights))


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.array([1.0, -1.0]), "weights holds a number that is negative"),
        (np.array([1.0, np.nan]), "weights holds a number that is negative, NaN or infinite"),
        (np.ones(3), r"weights has shape \(3,\), which does not broadcast to that of the losses, \(2,\)"),
        (np.ones((2, 2)), r"weights has shape \(2, 2\)"),
        (np.ones(2, complex), "weights has dtype complex128; pass real numbers"),
        (torch.ones(2), "the operands come from different array libraries"),
        ([1.0, 1.0], "weights is a list, not an array"),
    ],
)
def test_weights_that_are_none(weights, message):
    a, b = (some(2, seed).numpy() for seed in (0, 1))
    with pytest.raises((ValueError, TypeError), match=rf"^losses\.box_loss: {message}"):
        box_loss(a, b, weights=weights)


def test_no_boxes():
    none = torch.zeros((0, 4), dtype=torch.float64, requires_grad=True)
    loss = box_loss(none, none)
    loss.backward()
    assert (loss.item(), none.grad.shape) == (0, (0, 4))


@pytest.mark.parametrize(
    ("path", "dtype"), of_both_paths("float16", "bfloat16", "float32", "float64", "int64"), indirect=["path"]
)
def test_dtypes(dtype):
    box = torch.tensor([[0, 0, 400, 400]], dtype=getattr(torch, dtype))
    loss = box_loss(box, box + 100)
    assert loss.dtype == (torch.float64 if dtype in ("float64", "int64") else torch.float32)
    # equal sides, 1/5 of C from centre to centre
    assert float(loss) == pytest.approx(1 - (9 / 23 - 1 / 25), rel=1e-6)


def test_the_default_is_eiou_with_its_enclosing_box_held():
    a, b = some(30), some(30, 1)
    assert torch.equal(box_loss(a, b), box_loss(a, b, kind="eiou", detach_enclosing=True))
    assert torch.equal(gradient(a, b), gradient(a, b, kind="eiou", detach_enclosing=True))
    assert not torch.equal(gradient(a, b), gradient(a, b, kind="eiou", detach_enclosing=False))


# ---------------------------------------------------------------- gradients


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("kind", [k for k in KINDS if k != "ciou"])
def test_gradcheck(kind, d):
    a, b = (x.requires_grad_() for x in (some(8, 0, d), some(8, 1, d)))
    assert torch.autograd.gradcheck(lambda a, b: box_loss(a, b, kind=kind, detach_enclosing=False), (a, b))


def differences(loss, a, step):
    """Return slopes by the numbers of the boxes: five points, exact to the fourth power of the step."""
    slopes = torch.empty_like(a)
    for k in range(a.shape[1]):
        nudge = torch.zeros(a.shape[1], dtype=a.dtype)
        nudge[k] = step
        one = loss(a + nudge) - loss(a - nudge)
        two = loss(a + 2 * nudge) - loss(a - 2 * nudge)
        slopes[:, k] = (8 * one - two) / (12 * step)
    return slopes


def shape_difference(a, b):
    """Return v of CIoU, as the paper writes it."""
    size_a, size_b = (x[:, 2:] - x[:, :2] for x in (a, b))
    turn = torch.atan(size_b[:, 0] / size_b[:, 1]) - torch.atan(size_a[:, 0] / size_a[:, 1])
    return 4 / torch.pi**2 * turn**2


@pytest.mark.parametrize(("kind", "d"), [(k, d) for k in KINDS for d in (1, 2, 3) if k != "ciou" or d == 2])
def test_differences(kind, d):
    """Where two steps agree there is no kink between them, and the gradient is theirs to 1e-8."""
    a, b = some(1000, 0, d), some(1000, 1, d)
    v = shape_difference(a, b) if kind == "ciou" else 0
    alpha = v / (box_loss(a, b, kind="iou", reduction="none") + v) if kind == "ciou" else 0

    def loss(a):
        if kind == "ciou":
            # alpha is a constant
            return box_loss(a, b, kind="diou", detach_enclosing=False, reduction="none") + alpha * shape_difference(
                a, b
            )
        return box_loss(a, b, kind=kind, detach_enclosing=False, reduction="none")

    fine, coarse = (differences(loss, a, step) for step in (2e-4, 4e-4))
    smooth = (fine - coarse).abs().amax(1) < 1e-9
    assert smooth.double().mean() > 0.9
    error = (gradient(a, b, kind=kind, detach_enclosing=False) - fine)[smooth].abs().max()
    assert error <= 1e-8


def frozen(kind, a, b, detach_enclosing):
    """Write the loss by the papers, with what is to be constant detached."""
    low, high = torch.minimum(a, b), torch.maximum(a, b)
    hull = high[:, 2:] - low[:, :2]
    hull = hull.detach() if detach_enclosing else hull
    size_a, size_b = (x[:, 2:] - x[:, :2] for x in (a, b))
    both = (low[:, 2:] - high[:, :2]).clamp(min=0).prod(1)
    iou = both / (size_a.prod(1) + size_b.prod(1) - both)
    loss = 1 - iou + ((a[:, 2:] + a[:, :2] - b[:, 2:] - b[:, :2]) ** 2).sum(1) / 4 / (hull**2).sum(1)
    if kind == "eiou":
        loss = loss + ((size_a - size_b) ** 2 / hull**2).sum(1)
    if kind == "ciou":
        v = 4 / torch.pi**2 * (torch.atan(size_a[:, 0] / size_a[:, 1]) - torch.atan(size_b[:, 0] / size_b[:, 1])) ** 2
        loss = loss + (v / (1 - iou + v)).detach() * v
    return loss.sum()


@pytest.mark.parametrize("kind", ["diou", "ciou", "eiou"])
@pytest.mark.parametrize("detach_enclosing", [None, True, False])
def test_constants(kind, detach_enclosing):
    a, b = some(200), some(200, 1)
    x = a.clone().requires_grad_()
    frozen(kind, x, b, detach_enclosing is not False).backward()
    torch.testing.assert_close(
        gradient(a, b, kind=kind, detach_enclosing=detach_enclosing), x.grad, atol=1e-12, rtol=1e-10
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("path", "dtype"), of_both_paths("float32", "float64"), indirect=["path"])
@pytest.mark.parametrize("detach_enclosing", [False, True])
def test_finite_everywhere(kind, dtype, detach_enclosing):
    rng = np.random.default_rng(2)
    for exponent in range(-6, 7):
        a, b = degenerate(4000, 10.0**exponent, dtype, rng)
        loss = box_loss(a, b, kind=kind, detach_enclosing=detach_enclosing, gamma=0.5, reduction="none")
        loss.sum().backward()
        for x in (loss, a.grad, b.grad):
            assert torch.isfinite(x).all(), exponent
        assert (loss >= 0).all()
        assert (loss[(a == b).all(1)] == 0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_no_scale_is_special(kind):
    a, b = some(500), some(500, 1)
    for power in (-40, 40):
        scale = 2.0**power
        moved = [box_loss(s * a, s * b, kind=kind, reduction="none") for s in (1, scale)]
        assert torch.equal(*moved)
        torch.testing.assert_close(gradient(scale * a, scale * b, kind=kind) * scale, gradient(a, b, kind=kind))


@pytest.mark.parametrize("kind", KINDS)
def test_the_desert_and_the_way_out(kind):
    a, b = boxes_of([0, 0, 1, 1], [5, 4, 7, 5])
    slope = gradient(a, b, kind=kind)
    if kind == "iou":
        assert (slope == 0).all()
    else:
        centre = slope[0, :2] + slope[0, 2:]
        assert (centre < 0).all(), "the centre moves towards the target"
        assert (gradient(a, b, kind=kind, gamma=0.5, focus="hard") == slope).all()
    assert (gradient(a, b, kind=kind, gamma=0.5, focus="easy") == 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("kind", PULLING)
def test_descent_arrives_from_afar(kind):
    target = torch.tensor([[4.0, -3.0, 7.0, -2.0]])
    code = boxes.convert(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), "lo-hi", "centre-log-size").requires_grad_()
    optimiser = torch.optim.Adam([code], lr=0.06)
    for _ in range(300):
        optimiser.zero_grad()
        box_loss(boxes.convert(code, "centre-log-size", "lo-hi"), target, kind=kind).backward()
        optimiser.step()
    assert float(box_loss(boxes.convert(code.detach(), "centre-log-size", "lo-hi"), target, kind="iou")) < 0.1


def test_an_attached_enclosing_box_pushes_the_far_edge_away():
    a, b = boxes_of([0, 1], [3, 4])
    # L = 1 + ρ²/C² with ρ = 3 and C = 4: in closed form
    assert gradient(a, b, kind="diou", detach_enclosing=False)[0].tolist() == [-3 / 16 + 18 / 64, -3 / 16]
    assert gradient(a, b, kind="diou")[0].tolist() == [-3 / 16, -3 / 16]


def test_touching_boxes_are_pulled_together():
    a, b = boxes_of([0, 0, 1, 1], [1, 0, 2, 1])
    # IoU = x / (2 - x): slope 1/2 at x = 0
    assert gradient(a, b, kind="iou")[0].tolist() == [0, 0, -0.5, 0]


def test_a_box_of_no_size_can_grow():
    slope = gradient(*boxes_of([1, 0, 1, 2], [0, 0, 2, 2]), kind="iou")
    # IoU = w / 2
    assert slope[0, [0, 2]].tolist() == [0.5, -0.5]


# dL/d ln w of the box (1.23, 0.91, 2, 1.5)·s on (1, 1, 1.6, 2.2)·s, centre and size: numeric differentiation in
# double precision outside this project
LOG_SLOPES = {"iou": -0.156509, "giou": -0.032970, "diou": -0.159593, "ciou": -0.150683, "eiou": 0.190419}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1e-3, 1, 1e3])
def test_the_pull_on_a_logarithm_has_no_scale(kind, scale):
    a, b = torch.tensor([[1.23, 0.91, 2, 1.5], [1, 1, 1.6, 2.2]], dtype=torch.float64)[:, None] * scale
    code = boxes.convert(boxes.convert(a, "centre-size", "lo-hi"), "lo-hi", "centre-log-size").requires_grad_()
    box = boxes.convert(code, "centre-log-size", "lo-hi")
    box_loss(box, boxes.convert(b, "centre-size", "lo-hi"), kind=kind, detach_enclosing=False).backward()
    assert float(code.grad[0, 2]) == pytest.approx(LOG_SLOPES[kind], abs=1e-6)


@pytest.mark.parametrize(("width", "expected"), [(0.25, -0.25), (0.5, -0.5), (2.0, 0.5), (8.0, 0.125)])
def test_concentric_boxes_in_closed_form(width, expected):
    code = torch.tensor([[0.0, 0.0, np.log(width), 0.0]], dtype=torch.float64, requires_grad=True)
    target = torch.tensor([[-0.5, -0.5, 0.5, 0.5]], dtype=torch.float64)
    box_loss(boxes.convert(code, "centre-log-size", "lo-hi"), target, kind="iou").backward()
    assert float(code.grad[0, 2]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("path", "kind"), [("array operations", "ciou"), ("compiled", "eiou")], indirect=["path"])
def test_vmap_and_compile(path, kind):
    a, b = some(6).requires_grad_(), some(6, 1)
    each = box_loss(a, b, kind=kind, gamma=0.5, reduction="none")
    mapped = torch.func.vmap(lambda a, b: box_loss(a, b, kind=kind, gamma=0.5))(a, b)
    torch.testing.assert_close(mapped, each)

    @torch.compile(fullgraph=True, backend="aot_eager")
    def compiled(a, b):
        return box_loss(a, b, kind=kind, gamma=0.5)

    compiled(a, b).backward()
    torch.testing.assert_close(a.grad, gradient(a.detach(), b, kind=kind, gamma=0.5) / 6)
    slopes = torch.func.vmap(torch.func.grad(lambda a, b: box_loss(a, b, kind=kind)))(a.detach(), b)
    torch.testing.assert_close(slopes, gradient(a.detach(), b, kind=kind))


def test_a_malformed_row_spoils_only_itself():
    a, b = some(3), some(3, 1)
    with pytest.raises(ValueError, match=r"losses\.box_loss: 1 of 3 boxes of prediction are malformed"):
        box_loss(a.flip(0).index_fill(0, torch.tensor(1), np.nan), b)
    a[1, 0] = 100
    loss = torch.func.vmap(lambda a, b: box_loss(a, b))(a, b)
    assert torch.isnan(loss).tolist() == [False, True, False]


# ---------------------------------------------------------------- options


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "siou"}, "kind must be one of 'iou', 'giou', 'diou', 'ciou', 'eiou', got 'siou'"),
        ({"focus": "far"}, "focus must be one of 'hard', 'easy'"),
        ({"reduction": "max"}, "reduction must be one of 'mean', 'sum', 'none'"),
        ({"gamma": -1.0}, "gamma must be >= 0"),
        ({"gamma": np.nan}, "gamma must be >= 0"),
        ({"gamma": np.inf}, "gamma must be >= 0 and finite"),
        ({"detach_enclosing": 2}, "detach_enclosing must be one of None, True, False"),
    ],
)
def test_unknown_options(options, message):
    with pytest.raises(ValueError, match=rf"losses\.box_loss: {message}"):
        box_loss(some(2), some(2), **options)


@pytest.mark.parametrize("kind", ["giou", "diou", "ciou", "eiou"])
@pytest.mark.parametrize("scale", [1e-300, 1e-160, 1e160, 1e300])
def test_slopes_of_every_scale(kind, scale):
    """A loss that is the same at every scale has slopes in inverse proportion to it; by the pass and by operations."""
    torch = pytest.importorskip("torch")
    a = torch.tensor([[0.0, 0, 1, 1], [0, 0, 1, 2], [0, 0, 4, 3]], dtype=torch.float64)
    b = torch.tensor([[0.5, 0.5, 2, 2.5], [3, 1, 4, 2], [1, 1, 2, 2.5]], dtype=torch.float64)

    def slopes(scale):
        moving = (a * scale).requires_grad_()
        box_loss(moving, b * scale, kind=kind).backward()
        by_operations = (a * scale).requires_grad_()
        (1 - getattr(boxes, kind)(by_operations, b * scale, detach_enclosing=kind != "giou")).mean().backward()
        torch.testing.assert_close(moving.grad, by_operations.grad, rtol=1e-12, atol=0.0)
        return moving.grad * scale

    torch.testing.assert_close(slopes(scale), slopes(1.0), rtol=1e-12, atol=1e-15)
