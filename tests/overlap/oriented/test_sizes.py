"""One body on every array library; oracles are closed forms in extended precision, and shapely on generic pairs."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import overlap as ov
from overlap import oriented
from overlap.oriented import sizes

rng = np.random.default_rng(5)
WIDE = np.longdouble


def boxes(n, size=(0.2, 1.0), spread=1.0):
    centre, sides = rng.uniform(-spread, spread, (n, 2)), rng.uniform(*size, (n, 2))
    return np.concatenate([centre, sides, rng.uniform(-np.pi, np.pi, (n, 1))], axis=1)


def ring(box):
    cx, cy, w, h, theta = box.T[..., None]
    x, y = w / 2 * np.array([1, -1, -1, 1]), h / 2 * np.array([1, 1, -1, -1])
    c, s = np.cos(theta), np.sin(theta)
    return np.stack([cx + c * x - s * y, cy + s * x + c * y], axis=-1)


A, B = boxes(200), boxes(200)


# ---------------------------------------------------------------- one body, every library


def test_measure(backend):
    a, b = A[:6], B[:6]
    o = oriented.measure(backend.asarray(a), backend.asarray(b))
    p, q = shapely.polygons(ring(a)), shapely.polygons(ring(b))
    np.testing.assert_allclose(backend.to_numpy(o.intersection), shapely.area(p & q), atol=1e-14)
    np.testing.assert_allclose(backend.to_numpy(o.size_a), shapely.area(p), rtol=1e-12)


@pytest.mark.parametrize("index", ["iou", "dice"])
def test_iou_and_dice_are_indices_of_measure(backend, index):
    a, b = backend.asarray(A[:4]), backend.asarray(B[:4])
    got = getattr(oriented, index)(a, b)
    expected = getattr(ov, index)(oriented.measure(a, b))
    np.testing.assert_array_equal(backend.to_numpy(got), backend.to_numpy(expected))


@pytest.mark.parametrize("index", [oriented.iou, oriented.dice])
def test_iou_and_dice_of_boxes_without_area(index):
    point = np.zeros(5)
    assert np.isnan(index(point, point))
    assert index(point, point, empty=1.0) == 1


def test_pairwise(backend):
    got = backend.to_numpy(oriented.pairwise(backend.asarray(A[:4]), backend.asarray(B[:3])))
    np.testing.assert_allclose(got, oriented.pairwise(A, B)[:4, :3], rtol=1e-12)


def test_shapely_agrees_on_generic_pairs():
    a, b = A[:100], B[:100]
    p, q = shapely.polygons(ring(a))[:, None], shapely.polygons(ring(b))
    common = shapely.area(p & q)
    assert (common > 0).mean() > 0.15
    np.testing.assert_allclose(oriented.pairwise(a, b), common / shapely.area(p | q), atol=1e-13)


def test_broadcasting():
    o = oriented.measure(A[:6].reshape(2, 3, 1, 5), B[:4])
    assert o.shape == (2, 3, 4)
    np.testing.assert_array_equal(ov.iou(o).reshape(6, 4), oriented.pairwise(A[:6], B[:4]))


@pytest.mark.parametrize(("n", "m"), [(0, 3), (3, 0), (0, 0), (3, 70_000)])
def test_pairwise_of_any_size(n, m, monkeypatch):
    monkeypatch.setattr(sizes, "kernels", lambda module: None)
    many = np.broadcast_to(B[:1], (m, 5))
    got = oriented.pairwise(A[:n], many)
    assert got.shape == (n, m)
    assert np.all(got == ov.iou(oriented.measure(A[:n, None], B[:1])))


@pytest.mark.parametrize("names", [("float32", "float32"), ("float16", "float32"), ("float32", "float64")])
def test_dtypes(names):
    a, b = (x.astype(name) for x, name in zip((A, B), names, strict=True))
    assert oriented.measure(a, b).intersection.dtype == oriented.pairwise(a, b).dtype == np.result_type(a, b)
    assert oriented.measure(a.astype("f2"), b.astype("f2")).size_a.dtype == np.float32


def test_integers_become_float64():
    o = oriented.measure(np.array([0, 0, 4, 2, 0]), np.array([1, 0, 4, 2, 0], np.float32))
    assert o.intersection == 6
    assert o.intersection.dtype == np.float64


# ---------------------------------------------------------------- adversarial families


def parallel(a, b):
    """IoU of boxes at the same angle, in extended precision from the numbers as given."""
    a, b = a.astype(WIDE), b.astype(WIDE)
    dx, dy = (b - a)[:, :2].T
    c, s = np.cos(a[:, 4]), np.sin(a[:, 4])
    shift = np.stack([abs(c * dx + s * dy), abs(c * dy - s * dx)], axis=1)
    sides = np.stack([a[:, 2:4], b[:, 2:4]])
    common = np.clip(sides.sum(0) / 2 - shift, 0, sides.min(0)).prod(1)
    return common / (sides.prod(2).sum(0) - common)


def turned(a, b):
    """IoU of boxes that differ by a small angle only: their union has eight right-angled triangles outside."""
    w, h, phi = a[:, 2].astype(WIDE), a[:, 3].astype(WIDE), abs(b[:, 4].astype(WIDE) - a[:, 4])
    s, less = np.sin(phi), 2 * np.sin(phi / 2) ** 2  # less = 1 - cos(phi)
    beyond = ((w * s - h * less) ** 2 + (h * s - w * less) ** 2) / 4
    common = w * h - beyond / np.where(s > 0, s * np.cos(phi), 1)
    return common / (2 * w * h - common)


def changed(a, **columns):
    b = a.copy()
    for name, x in columns.items():
        b[:, ("x", "y", "w", "h", "theta").index(name)] = x
    return b


def along(a, length):
    theta = a[:, 4].astype(np.float64)
    return changed(a, x=a[:, 0] + length * np.cos(theta), y=a[:, 1] + length * np.sin(theta))


def one(a, b):
    return np.ones(len(a))


FAMILIES = {
    "identical": (lambda a: a.copy(), one),
    "half a turn": (lambda a: changed(a, theta=a[:, 4] + a.dtype.type(np.pi)), one),
    "sides swapped": (lambda a: changed(a, w=a[:, 3], h=a[:, 2], theta=a[:, 4] + a.dtype.type(np.pi / 2)), one),
    "touching": (lambda a: along(a, a[:, 2]), parallel),
    "shifted by half": (lambda a: along(a, a[:, 2] / 2), parallel),
    "half as large": (lambda a: changed(a, w=a[:, 2] / 2, h=a[:, 3] / 2), parallel),
    **{
        f"{name} {10.0**-k:.0e}": (make, oracle)
        for k in range(3, 15)
        for name, make, oracle in (
            ("shifted by", lambda a, k=k: along(a, a[:, 2] * 10.0**-k), parallel),
            ("shrunk by", lambda a, k=k: changed(a, w=a[:, 2] * (1 - 10.0**-k)), parallel),
            ("turned by", lambda a, k=k: changed(a, theta=a[:, 4] + a[:, 4] * 10.0**-k), turned),
        )
    },
}


@pytest.mark.parametrize("name", FAMILIES)
def test_families(name):
    make, oracle = FAMILIES[name]
    for dtype, error in (("float64", 1e-12), ("float32", 1e-4)):
        for scale, offset in product((1e-6, 1e-3, 1.0, 1e3, 1e6), (0, 1, 1e6)):
            a = (boxes(200, size=(0.05, 1)) * [scale, scale, scale, scale, 1]).astype(dtype)
            a[:, :2] += a.dtype.type(offset * scale)
            b = make(a)
            assert b.dtype == dtype
            iou = ov.iou(oriented.measure(a, b))
            assert abs(iou - oracle(a, b)).max() <= error
            back = ov.iou(oriented.measure(b, a))
            assert abs(iou - back).max() <= (1e-13 if dtype == "float64" else 1e-5)


def test_the_oracles_know_the_families():
    a = boxes(100, spread=0)
    for name, value in {
        "touching": 0,
        "shifted by half": 1 / 3,
        "half as large": 1 / 4,
        "shrunk by 1e-03": 0.999,
    }.items():
        make, oracle = FAMILIES[name]
        np.testing.assert_allclose(oracle(a, make(a)).astype(float), value, atol=1e-14)
    b = changed(a, theta=a[:, 4] + 1e-3)
    p, q = shapely.polygons(ring(a)), shapely.polygons(ring(b))
    np.testing.assert_allclose(turned(a, b).astype(float), shapely.area(p & q) / shapely.area(p | q), rtol=1e-9)


# ---------------------------------------------------------------- laws

number = st.floats(-3, 3)
side = st.just(0.0) | st.floats(1e-100, 3)  # products of what is smaller are no longer exact
box = st.tuples(number, number, side, side, st.floats(-7, 7)).map(np.array)


@given(box, box)
def test_bounds_and_symmetry(a, b):
    o, back = oriented.measure(a, b), oriented.measure(b, a)
    assert -1e-14 <= o.intersection <= min(o.size_a, o.size_b) + 1e-14
    assert abs(o.intersection - back.intersection) <= 1e-13


@given(box, box, st.floats(-7, 7), st.integers(-40, 40))
def test_moved_turned_and_scaled_together(a, b, angle, power):
    c, s = np.cos(angle), np.sin(angle)
    turn = np.array([[c, -s, 0, 0, 0], [s, c, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]])
    area = oriented.measure(a, b).intersection
    moved = (turn @ x + [1, -2, 0, 0, angle] for x in (a, b))
    assert abs(oriented.measure(*moved).intersection - area) <= 1e-12
    scaled = (x * np.array([2.0**power] * 4 + [1]) for x in (a, b))
    assert oriented.measure(*scaled).intersection == area * 4.0**power


@given(box, box)
def test_the_names_of_one_rectangle(a, b):
    area = oriented.measure(a, b).intersection
    for same in (a + np.eye(5)[4] * np.pi, a[[0, 1, 3, 2, 4]] + np.eye(5)[4] * np.pi / 2):
        assert abs(oriented.measure(same, b).intersection - area) <= 1e-13


@given(box, box, st.floats(0, 7))
def test_boxes_that_are_apart_share_exactly_nothing(a, b, direction):
    reach = np.hypot(*a[2:4]) / 2 + np.hypot(*b[2:4]) / 2
    b[:2] = a[:2] + 1.0001 * (reach + 1e-3) * np.array([np.cos(direction), np.sin(direction)])
    assert oriented.measure(a, b).intersection == 0


def test_diamonds_whose_envelopes_meet_share_exactly_nothing():
    direction = np.linspace(0, 2 * np.pi, 50)
    diamond = np.stack([0.75 * np.cos(direction), 0.75 * np.sin(direction), *np.ones((2, 50)), direction], axis=1)
    opposite = changed(diamond, x=-diamond[:, 0], y=-diamond[:, 1])
    assert np.all(oriented.measure(diamond, opposite).intersection == 0)
    assert np.all(oriented.measure(diamond * 0.9, opposite * 0.9).intersection == 0)


def test_empty_boxes():
    a = np.array([[0, 0, 0, 2, 0.3], [0, 0, 0, 0, 0], [0, 0, 2, 2, 0]])
    np.testing.assert_array_equal(oriented.pairwise(a, a), [[np.nan, np.nan, 0], [np.nan, np.nan, 0], [0, 0, 1]])


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(("column", "value"), [(2, -1e-9), (3, -1.0), (0, np.nan), (4, np.inf), (2, np.nan)])
@pytest.mark.parametrize("function", [oriented.measure, oriented.pairwise])
def test_malformed_boxes(function, column, value):
    bad = B.copy()
    bad[7, column] = value
    with pytest.raises(ValueError, match=r"oriented\.\w+: 1 of 200 boxes of b are malformed .a side < 0"):
        function(A, bad)


@pytest.mark.parametrize(
    ("a", "b", "error", "message"),
    [
        (A.astype(complex), B, TypeError, "a has dtype complex128; boxes are real"),
        (A.astype(bool), B, TypeError, "a has dtype bool"),
        (A[:, :4], B, ValueError, r"a has shape \(200, 4\)"),
        (A[:3], B[:4], ValueError, r"\(3, 5\) and b \(4, 5\) do not broadcast"),
        (A.tolist(), B, TypeError, "a is a list"),
    ],
)
def test_refused(a, b, error, message):
    with pytest.raises(error, match=message):
        oriented.measure(a, b)


def test_pairwise_takes_tables():
    with pytest.raises(ValueError, match=r"b must have shape \(n, 5\), got \(5,\)"):
        oriented.pairwise(A, B[0])


# ---------------------------------------------------------------- torch


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def iou(a, b):
    return ov.iou(oriented.measure(a, b), empty=0.0)


@pytest.mark.slow
def test_gradcheck(torch):
    near = torch.tensor(A[:4]), torch.tensor(A[:4] + 0.1 * rng.uniform(-1, 1, (4, 5)) * [1, 1, 1, 1, 3])
    a, b = (x.requires_grad_() for x in near)
    assert torch.autograd.gradcheck(iou, (a, b))
    assert torch.autograd.gradgradcheck(iou, (a, b))


PLACES = {
    "identical": (4, 2, 0, 0, 0),
    "half a turn": (4, 2, 0, 0, np.pi),
    "sides swapped": (2, 4, 0, 0, np.pi / 2),
    "touching": (4, 2, 4, 0, 0),
    "touching at a corner": (4, 2, 4, 2, 0),
    "half shift": (4, 2, 2, 0, 0),
    "nested": (2, 1, 0, 0, 0),
    "nested at an edge": (2, 1, 1, 0, 0),
    "crossing": (2, 4, 0, 0, 0),
    "apart": (4, 2, 9, 9, 1),
    "a line": (4, 0, 0, 0, 0),
    "a point": (0, 0, 0, 0, 0),
}


# each angle in one precision, and the kink of right angles in both
@pytest.mark.parametrize(
    ("theta", "dtype"), [(0.0, "float64"), (0.0, "float32"), (0.3, "float32"), (np.pi / 4, "float64")]
)
@pytest.mark.parametrize("name", PLACES)
def test_gradients_at_the_kinks(torch, name, theta, dtype):
    w, h, dx, dy, turn = PLACES[name]
    c, s = np.cos(theta), np.sin(theta)
    first = np.array([1, 2, 4, 2, theta])
    second = np.array([1 + c * dx - s * dy, 2 + s * dx + c * dy, w, h, theta + turn])
    for scale in (1e-6, 1.0, 1e6):
        size = np.array([scale] * 4 + [1])
        a, b = (torch.tensor(x * size, dtype=getattr(torch, dtype), requires_grad=True) for x in (first, second))
        iou(a, b).backward()
        for x in (a, b):
            gradient = x.grad.double().numpy() * size
            assert np.isfinite(gradient).all()
            assert abs(gradient).max() <= 10


@pytest.mark.parametrize("theta", [0.0, 0.3, np.pi / 4])
def test_nothing_pulls_at_identical_boxes(torch, theta):
    a, b = (torch.tensor([1.0, 2, 4, 2, theta], dtype=torch.float64, requires_grad=True) for _ in range(2))
    iou(a, b).backward()
    torch.testing.assert_close(a.grad, torch.zeros_like(a), atol=1e-15, rtol=0)


def test_touching_boxes_are_pulled_together(torch):
    a = torch.tensor([0.0, 0, 4, 2, 0], dtype=torch.float64, requires_grad=True)
    iou(a, torch.tensor([4.0, 0, 4, 2, 0], dtype=torch.float64)).backward()
    assert 0 < a.grad[0] <= 1 / 8, "between the slopes 0 and 1/8 of the two sides"


def test_empty_pairs_of_both_kinds_have_finite_gradients(torch):
    point = torch.zeros(5, dtype=torch.float64, requires_grad=True)
    iou(point, torch.zeros(5, dtype=torch.float64)).backward()
    assert torch.isfinite(point.grad).all()


def test_vmap(torch):
    a, b = torch.tensor(A), torch.tensor(B)
    torch.testing.assert_close(torch.func.vmap(iou)(a, b), iou(a, b))
    gradients = torch.func.vmap(torch.func.grad(iou))(a, b)
    assert torch.isfinite(gradients).all()


def test_malformed_boxes_become_nan_where_values_may_not_be_seen(torch):
    a = torch.tensor(A[:3])
    a[1, 2] = -1
    got = torch.func.vmap(iou)(a, torch.tensor(A[:3]))
    assert torch.isnan(got).tolist() == [False, True, False]


@pytest.mark.slow
def test_compile_fullgraph(torch):
    @torch.compile(fullgraph=True, backend="aot_eager")
    def loss(a, b):
        return 1 - iou(a, b), oriented.pairwise(a, b)

    a, b = torch.tensor(A[:20], requires_grad=True), torch.tensor(B[:20])
    aligned, pairs = loss(a, b)
    torch.testing.assert_close(aligned, 1 - iou(a, b))
    torch.testing.assert_close(pairs, oriented.pairwise(a, b))
    aligned.sum().backward()
    assert torch.isfinite(a.grad).all()


@pytest.mark.slow
def test_a_box_finds_its_target(torch):
    """Gradient ascent on the IoU alone turns and moves a box onto another."""
    target = torch.tensor([1.0, 2, 4, 2, 0.5], dtype=torch.float64)
    code = torch.tensor([0.4, 1.5, 3, 3, 0.1], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([code], lr=0.05)
    for step in range(200):
        optimiser.param_groups[0]["lr"] = 0.05 * 0.98**step
        optimiser.zero_grad()
        (1 - iou(code, target)).backward()
        optimiser.step()
    assert iou(code, target) > 0.99


# ---------------------------------------------------------------- 0 ≤ |A∩B| ≤ min(|A|, |B|)

ANGLES = [0.0, np.pi / 2, np.pi, -np.pi / 2, np.pi / 4, 1e-9, 0.1, 7.0, 1e6]
one_box = st.tuples(
    *[st.sampled_from([0.0, 1.0, 0.1, 1 / 3, 1e6]) | st.floats(-1e3, 1e3)] * 2,
    *[st.sampled_from([0.0, 1.0, 0.1, 1 / 3, 1e-6, 1e6]) | st.floats(0, 1e3)] * 2,
    st.sampled_from(ANGLES) | st.floats(-10, 10),
)


@given(one_box, one_box, st.sampled_from(["same", "turned", "half", "other"]), st.sampled_from(["float32", "float64"]))
def test_no_more_is_shared_than_either_has(a, b, kind, dtype):
    cx, cy, w, h, theta = a
    b = {"same": a, "turned": (cx, cy, h, w, theta + np.pi / 2), "half": (cx, cy, w / 2, h, theta), "other": b}[kind]
    a, b = np.array([a, b], dtype)
    o = oriented.measure(a, b)
    assert 0 <= o.intersection <= min(o.size_a, o.size_b)
    assert oriented.pairwise(a[None], b[None])[0, 0] <= 1 or o.union == 0


def test_no_more_is_shared_on_any_library(backend):
    """Equal boxes, and boxes in one another: the area common to both is rounded on its own."""
    n = 3 if backend.name == "dask" else 3000
    a = boxes(n, size=(0.01, 3))
    inner = a * [1, 1, 0.5, 0.5, 1]
    turned = a[:, [0, 1, 3, 2, 4]] + [0, 0, 0, 0, np.pi / 2]
    round_once = a + np.array([0, 0, 0, 0, 2 * np.pi])
    for b in (a, inner, turned, round_once):
        o = oriented.measure(backend.asarray(a), backend.asarray(b))
        both, in_a, in_b = (backend.to_numpy(x) for x in (o.intersection, o.size_a, o.size_b))
        assert np.all(both <= np.minimum(in_a, in_b))
        np.testing.assert_allclose(both, in_b, rtol=1e-12)
    assert np.all(backend.to_numpy(oriented.pairwise(backend.asarray(a[:60]), backend.asarray(a[:60]))) <= 1)


def test_small_whole_numbers_do_not_wrap_around(backend):
    for dtype in (np.int8, np.uint8, np.int16, np.uint16):
        if backend.name == "torch" and dtype == np.uint16:
            continue
        box = np.array([[100, 100, 120, 120, 0]], dtype)
        o = oriented.measure(backend.asarray(box), backend.asarray(box))
        assert float(backend.to_numpy(o.union)[0]) == 14400


@pytest.mark.parametrize(("dtype", "scale"), [("float32", 1e18), ("float64", 1e150)])
@pytest.mark.parametrize("power", [1, -1])
def test_from_end_to_end_of_the_range(dtype, scale, power):
    """What the package promises of scales."""
    scaled = np.array([*[scale**power] * 4, 1])
    one = oriented.pairwise(A[:8], B[:8])
    other = oriented.pairwise((A[:8] * scaled).astype(dtype), (B[:8] * scaled).astype(dtype))
    np.testing.assert_allclose(other, one, atol=64 * np.finfo(dtype).eps)
