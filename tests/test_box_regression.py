"""The regression experiment of boxes. Oracles: torch's gradients, differences, papers' formulas in plain numpy."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from overlap import boxes
from overlap.losses import box_loss

torch = pytest.importorskip("torch")
numba = pytest.importorskip("numba")
pytest.importorskip("sympy")
BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="needs the benchmarks beside the tests")
MODULES = ("box_regression_published", "box_regression_losses", "box_regression")


@pytest.fixture(scope="module")
def experiment():
    """Return the benchmark, in plain Python: nothing is compiled."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba, "njit", lambda **_: lambda function: function)
        patch.syspath_prepend(BENCHMARKS)
        modules = [import_module(name) for name in MODULES]
    for name in MODULES:
        del sys.modules[name]
    return modules[-1]


def some(n, seed=0):
    """Return centres and sizes of boxes round the origin, and sizes of their targets."""
    rng = np.random.default_rng(seed)
    box = np.concatenate([rng.normal(size=(n, 2)), rng.uniform(0.3, 2, (n, 2))], axis=1)
    return box, rng.uniform(0.3, 2, (n, 2))


def lengths(box, target):
    """Return the lengths that losses are written in."""
    x, y, w, h = box
    w_t, h_t = target
    low = np.maximum([x - w / 2, y - h / 2], [-w_t / 2, -h_t / 2])
    high = np.minimum([x + w / 2, y + h / 2], [w_t / 2, h_t / 2])
    outer_low = np.minimum([x - w / 2, y - h / 2], [-w_t / 2, -h_t / 2])
    outer_high = np.maximum([x + w / 2, y + h / 2], [w_t / 2, h_t / 2])
    return np.array([w, h, w_t, h_t, *(high - low).clip(0), *(outer_high - outer_low), x, y])


def corners(box):
    return boxes.convert(box, "centre-size", "lo-hi")


def steps(experiment, rule, box, target):
    """Return the step of each box, (n, 4)."""
    make = experiment.Box
    return np.array([rule(make(*b), make(0.0, 0.0, *t)) for b, t in zip(box, target, strict=True)])


@pytest.mark.parametrize("hold", [True, False])
@pytest.mark.parametrize("name", ["IoU", "GIoU", "DIoU", "CIoU", "EIoU"])
def test_a_step_is_the_gradient_of_box_loss(experiment, name, hold):
    box, target = some(200)
    x = torch.tensor(box, requires_grad=True)
    y = corners(torch.tensor(np.concatenate([np.zeros_like(target), target], axis=1)))
    box_loss(corners(x), y, kind=name.lower(), detach_enclosing=hold, reduction="sum").backward()
    rule = experiment.losses.exact(experiment.FAMILY[name], hold_enclosing=hold)
    np.testing.assert_allclose(steps(experiment, rule, box, target), -x.grad.numpy(), atol=1e-12)


def test_a_step_is_downhill(experiment):
    box, target = some(6, 1)
    held = ("Wise-IoU v1", "EIoU × IoU^½", "EIoU × (1 − IoU)^½", "CIoU", "CIoU, α from IoU ½")
    contestants = experiment.FAMILY | experiment.WITH_ENCLOSING | experiment.WITHOUT_ENCLOSING
    for name, loss in contestants.items():
        if name in held:
            continue
        slopes = experiment.losses.slopes_of(loss)
        numeric = np.empty_like(box)
        for i, (b, t) in enumerate(zip(box, target, strict=True)):
            for k, nudge in enumerate(1e-6 * np.eye(4)):
                above, *_ = slopes(*lengths(b + nudge, t))
                below, *_ = slopes(*lengths(b - nudge, t))
                numeric[i, k] = (above - below) / 2e-6
        step = steps(experiment, experiment.losses.exact(loss), box, target)
        np.testing.assert_allclose(step, -numeric, atol=1e-7, err_msg=name)


def test_equal_boxes_have_no_loss(experiment):
    equal = lengths((0.0, 0.0, 0.7, 1.9), (0.7, 1.9))
    for name, loss in (experiment.FAMILY | experiment.WITH_ENCLOSING | experiment.WITHOUT_ENCLOSING).items():
        # as numba divides
        with np.errstate(all="ignore"):
            value, *_ = experiment.losses.slopes_of(loss)(*equal)
        assert value == pytest.approx(0, abs=1e-7), name


def test_formulas(experiment):
    box, target = some(20, 2)
    names = ("siou", "wise_iou", "powerful_iou", "mpdiou_image", "alpha_iou", "mgiou")
    functions = {name: experiment.losses.slopes_of(getattr(experiment.losses, name)) for name in names}
    for b, t in zip(box, target, strict=True):
        w, h, w_t, h_t, s_w, s_h, c_w, c_h, x, y = lengths(b, t)
        iou = s_w * s_h / (w * h + w_t * h_t - s_w * s_h)
        rho = np.hypot(x, y)
        angle = np.sin(2 * np.arcsin(min(abs(x), abs(y)) / rho))
        distance = sum(1 - np.exp((angle - 2) * r) for r in ((x / c_w) ** 2, (y / c_h) ** 2))
        shape = sum((1 - np.exp(-abs(p - q) / max(p, q))) ** 4 for p, q in ((w, w_t), (h, h_t)))
        edges = np.abs([x - (w - w_t) / 2, x + (w - w_t) / 2, y - (h - h_t) / 2, y + (h - h_t) / 2])
        p = ((edges[0] + edges[1]) / w_t + (edges[2] + edges[3]) / h_t) / 4
        expected = {
            "siou": 1 - iou + (distance + shape) / 2,
            "wise_iou": np.exp(rho**2 / (c_w**2 + c_h**2)) * (1 - iou),
            "powerful_iou": 2 - iou - np.exp(-(p**2)),
            "mpdiou_image": 1 - iou + (edges**2).sum() / 800,
            "alpha_iou": 1 - iou**3,
            "mgiou": (1 - ((w + w_t - c_w) / c_w + (h + h_t - c_h) / c_h) / 2) / 2,
        }
        for name, value in expected.items():
            got, *_ = functions[name](*lengths(b, t))
            assert got == pytest.approx(value, abs=1e-12), name


def test_the_published_giou_is_the_gradient_where_boxes_overlap(experiment):
    box, target = some(200, 3)
    meets = [lengths(b, t)[4] * lengths(b, t)[5] > 0 for b, t in zip(box, target, strict=True)]
    assert 40 < sum(meets) < 160
    published = steps(experiment, experiment.published.giou, box, target)
    exact = steps(experiment, experiment.losses.exact(experiment.losses.giou), box, target)
    # sizes move twice as far
    np.testing.assert_allclose(published[meets], exact[meets] * [1, 1, 2, 2], atol=1e-12)
    apart = np.abs(published - exact * [1, 1, 2, 2]).max(axis=1)[np.invert(meets)]
    assert (apart > 1e-3).all()


def test_the_published_distance_in_closed_form(experiment):
    box = experiment.Box(3.0, 0.0, 1.0, 1.0)
    target = experiment.Box(0.0, 0.0, 1.0, 1.0)
    # ρ² = 9, C is 4 × 1, c² = 17, and both its sides count as moved by x
    step = experiment.published.diou(box, target)
    assert step == pytest.approx(((-2 * 3 * 17 - 2 * (4 + 1) * 9) / 17**2, 0, 2 * (4 + 1) / 2 * 9 / 17**2, 0))
    exact = experiment.losses.exact(experiment.losses.diou)(box, target)
    assert exact.x == pytest.approx((-2 * 3 * 17 + 2 * 4 * 9) / 17**2)
    # of a square that covers a square, only C's sides are wrong
    covering = experiment.published.diou(experiment.Box(0.1, 0.0, 2.0, 2.0), target)
    by_iou = experiment.published.iou(experiment.Box(0.1, 0.0, 2.0, 2.0), target)
    assert covering.w - by_iou.w == pytest.approx((2 * 2 * -1 + 2 * 2) * 0.01 / 64)


def test_the_published_ciou_in_closed_form(experiment):
    box = experiment.Box(3.0, 0.0, 1.0, 2.0)
    target = experiment.Box(0.0, 0.0, 1.0, 1.0)
    between = np.pi / 4 - np.arctan(0.5)
    v = 4 / np.pi**2 * between**2
    by_angle = v / (1 + v + 1e-7) * 8 / np.pi**2 * between
    more = np.subtract(experiment.published.ciou(box, target), experiment.published.diou(box, target))
    np.testing.assert_allclose(more, [0, 0, by_angle * 2, -by_angle], atol=1e-15)


@pytest.mark.parametrize("form", ["centre-size", "centre-log-size"])
def test_the_descent_is_that_of_box_loss(experiment, form):
    starts = experiment.points(2, 7)
    sides = experiment.shapes((0.5, 2))[[0, 5, 11]]
    targets = experiment.shapes((1.0,))[[1, 6]]
    rule = experiment.losses.exact(experiment.losses.eiou, hold_enclosing=True)
    curves = np.zeros((4, 200))
    scheme = (experiment.FORMS.index(form), experiment.RATES, 0)
    experiment.descend(starts, sides, targets, rule, rule, scheme, curves)

    cases = [(*p, *s, *t) for p in starts for t in targets for s in sides]
    cases = torch.tensor(np.array(cases))
    target = torch.cat([torch.zeros(12, 2), cases[:, 4:]], dim=1)
    x = boxes.convert(corners(cases[:, :4]), "lo-hi", form)
    for k, rate in enumerate(experiment.RATES):
        x.requires_grad_()
        box = boxes.convert(x, form, "lo-hi")
        box_loss(box, corners(target), kind="eiou", reduction="sum").backward()
        iou = boxes.iou(box.detach(), corners(target))
        x = x.detach() - rate * (2 - iou)[:, None] * x.grad
        error = boxes.convert(boxes.convert(x, form, "lo-hi"), "lo-hi", "centre-size") - target
        # rounding grows where edges cross
        assert curves[0, k] == pytest.approx(float(error.abs().sum()), rel=1e-5)


def test_the_cases(experiment):
    points = experiment.points(4000, 0)
    radius = np.hypot(*points.T)
    assert radius.max() < 3
    # half of a disc's area lies within 1/√2 of its radius
    assert (radius < 3 / np.sqrt(2)).mean() == pytest.approx(0.5, abs=0.02)
    sides = experiment.shapes(experiment.SIZES)
    np.testing.assert_allclose(sides.prod(axis=1), np.repeat([0.5, 0.67, 0.75, 1, 1.33, 1.5, 2], 7))
    np.testing.assert_allclose((sides[:, 0] / sides[:, 1]).reshape(7, 7)[3], [1 / 4, 1 / 3, 1 / 2, 1, 2, 3, 4])
    assert experiment.CASES == 1_715_000
