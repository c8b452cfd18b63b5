"""What kernels compute of one value, against float64; skipped where no kernel runs."""

from __future__ import annotations

import os

import numpy as np
import pytest

torch = pytest.importorskip("torch")
triton = pytest.importorskip("triton")
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
if DEVICE == "cpu" and os.environ.get("TRITON_INTERPRET") != "1":
    pytest.skip("needs a CUDA device, or triton's interpreter: TRITON_INTERPRET=1", allow_module_level=True)

import triton.language as tl  # noqa: E402

from overlap.nn import device_cells  # noqa: E402

ULP = 2.0**-23
# the interpreter has no fused multiplication, so that e^x has the rounding of x log2(e): 3e-6 at the end of the range
FEW_ULP = 4 * ULP if DEVICE == "cuda" else 6e-6
pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

sigmoid = device_cells.sigmoid
softmax = device_cells.softmax
log1p = device_cells.log1p
log1p_of_share = device_cells.log1p_of_share
shared = device_cells.shared
slope = device_cells.slope


@triton.jit
def of_a_sigmoid(p, q, surprise, x, n: tl.constexpr):
    at = tl.arange(0, n)
    value = tl.load(x + at)
    chance, rest, odds = sigmoid(value)
    tl.store(p + at, chance)
    tl.store(q + at, rest)
    tl.store(surprise + at, tl.maximum(-value, 0.0) + log1p_of_share(odds))


@triton.jit
def of_a_softmax(p, surprise, x, n_classes: tl.constexpr, n: tl.constexpr):
    index = tl.arange(0, n_classes)[:, None]
    at = index * n + tl.arange(0, n)[None, :]
    chance, below, rest = softmax(tl.load(x + at), index, n_classes)
    tl.store(p + at, chance)
    tl.store(surprise + at, log1p(rest) - below)


@triton.jit
def of_two(both, by_p, p, y, n: tl.constexpr, form: tl.constexpr):
    at = tl.arange(0, n)
    chance = tl.load(p + at)
    target = tl.load(y + at)
    tl.store(both + at, shared(chance, target, form))
    tl.store(by_p + at, slope(chance, target, form))


def run(kernel, n_out, *inputs, **options):
    x = [torch.as_tensor(x, dtype=torch.float32, device=DEVICE) for x in inputs]
    out = [torch.empty_like(x[0]) for _ in range(n_out)]
    kernel[(1,)](*out, *x, **options)
    return [t.double().cpu().numpy() for t in out]


def assert_relative(found, expected, tolerance):
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=1e-44)


def test_a_sigmoid_is_accurate_over_the_whole_range():
    x = np.linspace(-87, 87, 4096, dtype=np.float32)
    p, q, surprise = run(of_a_sigmoid, 3, x, n=4096)
    x = x.astype(float)
    assert_relative(p, 1 / (1 + np.exp(-x)), FEW_ULP)
    assert_relative(q, 1 / (1 + np.exp(x)), FEW_ULP)
    assert_relative(surprise, np.logaddexp(0, -x), FEW_ULP)


def test_a_sigmoid_near_0():
    x = np.linspace(-4, 4, 4096, dtype=np.float32)
    p, _, surprise = run(of_a_sigmoid, 3, x, n=4096)
    x = x.astype(float)
    assert_relative(p, 1 / (1 + np.exp(-x)), 4 * ULP)
    assert_relative(surprise, np.logaddexp(0, -x), 4 * ULP)


def test_infinite_logits_and_nan():
    x = np.array([np.inf, -np.inf, np.nan, 3e38], np.float32)
    p, q, surprise = run(of_a_sigmoid, 3, x, n=4)
    np.testing.assert_array_equal(p, [1, 0, np.nan, 1])
    np.testing.assert_array_equal(q, [0, 1, np.nan, 0])
    np.testing.assert_array_equal(surprise, [0, np.inf, np.nan, 0])


def test_a_softmax_and_its_logarithm():
    x = np.random.default_rng(0).standard_normal((4, 512)) * 8
    x[:, 0] = [30, 3, 3, 3]
    x[:, 1] = [-1, -1, -1, -1]
    x[:, 2] = [5, 5, -9, -np.inf]
    x = x.astype(np.float32)
    p, surprise = run(of_a_softmax, 2, x, n_classes=4, n=512)
    x = x.astype(float)
    others = np.stack([np.logaddexp.reduce(np.delete(x, k, 0) - x[k]) for k in range(4)])
    # e^others is what the others have together, so that nothing cancels where a class has nearly all
    assert_relative(p, 1 / (1 + np.exp(others)), 2 * FEW_ULP)
    assert_relative(surprise, np.logaddexp(0, others), 2 * FEW_ULP)


def test_the_logarithm_of_a_little_more_than_1():
    r = np.concatenate([np.logspace(-30, 0, 2048), np.linspace(0, 1, 2048)]).astype(np.float32)

    @triton.jit
    def logarithms(a, b, x, n: tl.constexpr):
        at = tl.arange(0, n)
        tl.store(a + at, log1p(tl.load(x + at)))
        tl.store(b + at, log1p_of_share(tl.load(x + at)))

    general, of_share = run(logarithms, 2, r, n=4096)
    assert_relative(general, np.log1p(r.astype(float)), 4 * ULP)
    assert_relative(of_share, np.log1p(r.astype(float)), 4 * ULP)


GRID = np.linspace(0, 1, 9, dtype=np.float32)
P, Y = (axis.ravel() for axis in np.meshgrid(np.tile(GRID, 7)[:32], np.tile(GRID, 4)[:32]))


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("minimum", np.minimum(P, Y)),
        ("product", P * Y),
        ("squared", P * Y),
        ("lukasiewicz", np.maximum(P + Y - 1, 0)),
    ],
)
def test_what_two_values_share(form, expected):
    both, _ = run(of_two, 2, P, Y, n=1024, form=form)
    np.testing.assert_allclose(both, expected, atol=1e-7)


@pytest.mark.parametrize("form", ["minimum", "product", "squared", "lukasiewicz"])
def test_the_slope_is_the_difference_between_sides_and_y_where_y_is_hard(form):
    step = 1e-3
    below, _ = run(of_two, 2, P - step, Y, n=1024, form=form)
    above, _ = run(of_two, 2, P + step, Y, n=1024, form=form)
    _, by_p = run(of_two, 2, P, Y, n=1024, form=form)
    is_hard = (Y == 0) | (Y == 1)
    expected = np.where(is_hard, Y, (above - below) / (2 * step))
    if form == "lukasiewicz":
        # at the kink p + y = 1 it is the slope from below
        expected = np.where((P + Y == 1) & ~is_hard, 0, expected)
    np.testing.assert_allclose(by_p, expected, atol=1e-3)


@pytest.mark.parametrize("form", ["minimum", "product", "squared", "lukasiewicz"])
def test_a_nan_stays_one(form):
    p = np.full(4, np.nan)
    both, _ = run(of_two, 2, p, np.array([0.0, 0.3, 0.7, 1.0]), n=4, form=form)
    assert np.isnan(both).all()
