"""One body on every array library; oracles are closed forms, scikit-learn and plain numpy expressions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import overlap as ov
from overlap import raster

TNORMS = tuple(raster.TNORMS)
PLAIN = {
    "minimum": np.minimum,
    "product": np.multiply,
    "lukasiewicz": lambda a, b: np.maximum(a + b - 1, 0),
}
rng = np.random.default_rng(7)
SOFT = rng.random((4, 5, 6)), rng.random((4, 5, 6))
HARD = SOFT[0] > 0.4, SOFT[1] > 0.5


def sizes(o, to_numpy=np.asarray):
    return [to_numpy(x) for x in (o.intersection, o.size_a, o.size_b)]


# ---------------------------------------------------------------- one call for an index


@pytest.mark.parametrize("name", ["iou", "dice"])
def test_an_index_of_masks_is_the_index_of_their_measure(name):
    index, direct = getattr(ov, name), getattr(raster, name)
    cells = {"axis": (1, 2), "tnorm": "product", "weights": rng.random(6), "where": rng.random((5, 1)) > 0.3}
    np.testing.assert_array_equal(direct(*SOFT, **cells), index(raster.measure(*SOFT, **cells)))
    empty = np.zeros(3, bool)
    assert np.isnan(direct(empty, empty))
    assert direct(empty, empty, empty=1.0) == 1
    assert direct(empty, ~empty, empty=ov.EmptyPolicy(prediction_empty=0.25)) == 0.25
    assert np.isnan(direct(np.array([np.nan]), np.array([1.0]), check_values=False))


# ---------------------------------------------------------------- one body, every library


@pytest.mark.parametrize("axis", [None, 0, -1, (1, 2), (0, 2)])
def test_hard(backend, axis):
    a, b = map(backend.asarray, HARD)
    got = sizes(raster.measure(a, b, axis=axis), backend.to_numpy)
    expected = [x.sum(axis) for x in (HARD[0] & HARD[1], *HARD)]
    for x, y in zip(got, expected, strict=True):
        assert x.dtype == np.int64
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("tnorm", TNORMS)
@pytest.mark.parametrize("axis", [None, 0, (1, 2)])
def test_soft(backend, tnorm, axis):
    a, b = map(backend.asarray, SOFT)
    got = sizes(raster.measure(a, b, axis=axis, tnorm=tnorm), backend.to_numpy)
    expected = [x.sum(axis) for x in (PLAIN[tnorm](*SOFT), *SOFT)]
    np.testing.assert_allclose(got, expected, rtol=1e-14)


@pytest.mark.parametrize("tnorm", TNORMS)
def test_hard_beside_soft(backend, tnorm):
    a, b = SOFT[0].astype(np.float32), HARD[1]
    for x, y in ((a, b), (b, a)):
        o = raster.measure(backend.asarray(x), backend.asarray(y), tnorm=tnorm)
        np.testing.assert_allclose(backend.to_numpy(o.intersection), (a * b).sum(dtype=np.float64), rtol=1e-14)


# weights are compiled for each pair of types
SINGLE = tuple(x.astype(np.float32) for x in SOFT)
WEIGHTED = [
    pytest.param(SINGLE, id="single"),
    pytest.param(SOFT, id="double", marks=pytest.mark.slow),
    pytest.param(HARD, id="hard", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("pair", WEIGHTED)
def test_weights_and_where(backend, pair):
    weights, where = rng.random(6), rng.random((5, 1)) > 0.3
    o = raster.measure(
        *map(backend.asarray, pair),
        axis=(0, 2),
        weights=backend.asarray(weights),
        where=backend.asarray(where),
    )
    counted = where * weights
    expected = [(x * counted).sum((0, 2)) for x in (np.minimum(*pair), *pair)]
    np.testing.assert_allclose(sizes(o, backend.to_numpy), expected, rtol=1e-14)


def test_where_hides_what_is_not_counted():
    a, b = SOFT[0].copy(), SOFT[1]
    a[0] = np.nan
    o = raster.measure(a, b, where=~np.isnan(a))
    np.testing.assert_allclose(float(o.size_b), b[1:].sum())
    assert np.isfinite(float(o.intersection))


def test_where_hides_weights_too():
    a = np.array([True, True])
    weights = np.array([np.nan, 1.0])
    o = raster.measure(a, a, weights=weights, where=np.array([False, True]))
    assert sizes(o) == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("bad", [np.inf, -1.0, np.nan])
def test_weights_that_are_no_sizes(bad):
    with pytest.raises(ValueError, match="1 counted values of weights"):
        raster.measure(*HARD, weights=np.array([1, 1, 1, 1, 1, bad]))
    with pytest.raises(TypeError, match="weights has dtype complex128"):
        raster.measure(*HARD, weights=np.ones(6, complex))


def test_masked_arrays_are_refused():
    masked = np.ma.MaskedArray(SOFT[0], mask=SOFT[0] > 0.5)
    with pytest.raises(TypeError, match="a is a masked array.*where=~a.mask"):
        raster.measure(masked, SOFT[1])


def test_a_list_of_axes():
    np.testing.assert_array_equal(raster.measure(*HARD, axis=[0, 2]).size_a, raster.measure(*HARD, axis=(0, 2)).size_a)


def test_empty_array(backend):
    nothing = backend.asarray(np.zeros((0, 3), bool))
    assert backend.to_numpy(raster.measure(nothing, nothing, axis=0).size_a).tolist() == [0, 0, 0]


def test_dask_is_lazy():
    da = pytest.importorskip("dask.array")

    def explode(block):
        raise AssertionError("computed")

    a, b = (da.from_array(x, chunks=2).map_blocks(explode, dtype=x.dtype, meta=x[:0]) for x in SOFT)
    o = raster.measure(a, b, weights=da.ones(6), where=da.ones(6, dtype=bool))
    assert ov.dice(o).shape == ()
    with pytest.raises(AssertionError, match="computed"):
        o.size_a.compute()


def test_xarray_is_sent_upstairs():
    xr = pytest.importorskip("xarray")
    with pytest.raises(TypeError, match=r"overlap\.labelled\.measure"):
        raster.measure(xr.DataArray(HARD[0]), xr.DataArray(HARD[1]))


# ---------------------------------------------------------------- torch


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("tnorm", TNORMS)
def test_gradcheck(torch, tnorm):
    p, y = (torch.tensor(x[:2, :2, :2], requires_grad=True) for x in SOFT)
    assert torch.autograd.gradcheck(lambda p, y: ov.dice(raster.measure(p, y, tnorm=tnorm)), (p, y))
    assert torch.autograd.gradgradcheck(lambda p: ov.iou(raster.measure(p, y.detach(), tnorm=tnorm)), (p,))


@pytest.mark.parametrize("tnorm", TNORMS)
@pytest.mark.parametrize("dtype", ["bool", "float32"])
def test_gradient_points_the_right_way_at_hard_targets(torch, tnorm, dtype):
    # one voxel of each kind, besides one that makes the sets overlap
    y = torch.tensor([0, 1, 0, 1, 1]).to(getattr(torch, dtype))
    p = torch.tensor([0.0, 1.0, 1.0, 0.0, 0.9], requires_grad=True)
    ov.dice(raster.measure(p, y, tnorm=tnorm)).backward()
    assert (p.grad[[0, 2]] < 0).all(), "background goes down"
    assert (p.grad[[1, 3, 4]] > 0).all(), "lesion goes up"


@pytest.mark.parametrize("pair", [SOFT, (SOFT[0].astype(np.float32), HARD[1]), HARD], ids=["soft", "mixed", "hard"])
def test_vmap(torch, pair):
    a, b = map(torch.tensor, pair)
    got = torch.func.vmap(lambda a, b: ov.dice(raster.measure(a, b)))(a, b)
    torch.testing.assert_close(got, ov.dice(raster.measure(a, b, axis=(1, 2))))


@pytest.mark.slow
@pytest.mark.parametrize("tnorm", TNORMS)
def test_compile_fullgraph(torch, tnorm):
    @torch.compile(fullgraph=True, backend="aot_eager")
    def score(a, b):
        return ov.dice(raster.measure(a, b, axis=(1, 2), tnorm=tnorm), empty=1.0)

    a, b = (torch.tensor(x, dtype=torch.float32, requires_grad=True) for x in SOFT)
    expected = ov.dice(raster.measure(a, b, axis=(1, 2), tnorm=tnorm))
    torch.testing.assert_close(score(a, b), expected)
    score(a, b).sum().backward()
    assert torch.isfinite(a.grad).all()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_never_sums_in_half(torch, dtype):
    ones = torch.ones(512, 512, dtype=getattr(torch, dtype))
    o = raster.measure(ones, ones)
    assert float(o.intersection) == float(o.size_a) == 512**2


def test_requires_grad_is_checked_too(torch):
    with pytest.raises(ValueError, match="sigmoid"):
        raster.measure(torch.tensor([2.0], requires_grad=True), torch.tensor([1.0]))


def test_compile_and_vmap_check_no_values(torch):
    out = torch.func.vmap(lambda a: raster.measure(a, a).size_a)(torch.full((2, 3), 2.0))
    assert out.tolist() == [6.0, 6.0]


# ---------------------------------------------------------------- laws

masks = hnp.arrays(bool, (3, 4)) | hnp.arrays(np.float64, (3, 4), elements=st.floats(0, 1))
pairs = st.tuples(masks, masks)


@given(pairs, st.sampled_from(TNORMS))
def test_symmetry_and_bounds(pair, tnorm):
    a, b = pair
    o, swapped = raster.measure(a, b, tnorm=tnorm), raster.measure(b, a, tnorm=tnorm)
    np.testing.assert_allclose(float(o.intersection), float(swapped.intersection), rtol=1e-14, atol=1e-15)
    low = raster.measure(a, b, tnorm="lukasiewicz").intersection
    high = raster.measure(a, b).intersection
    assert low - 1e-12 <= o.intersection <= high + 1e-12
    assert o.intersection <= min(o.size_a, o.size_b) + 1e-12


@given(pairs, st.sampled_from(TNORMS), st.integers(0, 4))
def test_additivity_over_any_split(pair, tnorm, at):
    whole = raster.measure(*pair, tnorm=tnorm)
    parts = sum(raster.measure(*(x[:, s] for x in pair), tnorm=tnorm) for s in (slice(at), slice(at, None)))
    np.testing.assert_allclose(sizes(whole), sizes(parts), rtol=1e-12)


@given(pairs, st.permutations(range(12)), st.integers(0, 3), st.integers(-5, 5))
def test_invariance(pair, order, flip, roll):
    expected = sizes(raster.measure(*pair))
    moves = {
        "permutation": lambda x: x.ravel()[list(order)],
        "flip": lambda x: np.flip(x, axis=flip % 2),
        "roll": lambda x: np.roll(x, roll, axis=flip // 2),
    }
    for name, move in moves.items():
        moved = sizes(raster.measure(*map(move, pair)))
        np.testing.assert_allclose(moved, expected, rtol=1e-12, err_msg=name)


@given(pairs, hnp.arrays(np.float64, (3, 4), elements=st.floats(0.01, 10)), st.floats(1e-6, 1e6))
def test_scale_of_weights_does_not_matter(pair, weights, scale):
    first, second = (ov.dice(raster.measure(*pair, weights=w), empty=1.0) for w in (weights, weights * scale))
    np.testing.assert_allclose(first, second, rtol=1e-12)


@given(masks)
def test_a_mask_with_itself(mask):
    assert ov.dice(raster.measure(mask, mask), empty=1.0) == 1.0


def test_the_product_of_a_soft_map_with_itself_is_not_one():
    assert ov.dice(raster.measure(SOFT[0], SOFT[0], tnorm="product")) < 0.75


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize("dtype", ["uint8", "int64", "complex128"])
def test_other_dtypes_are_refused(dtype):
    with pytest.raises(TypeError, match=rf"b has dtype {dtype}.*b > 0.*b == k.*dataobj"):
        raster.measure(HARD[0], HARD[1].astype(dtype))


def test_shapes_must_agree():
    with pytest.raises(ValueError, match=r"\(4, 5, 6\) and b \(5, 6\).*broadcast_to"):
        raster.measure(HARD[0], HARD[1][0])


@pytest.mark.parametrize(("value", "found"), [(1.5, "maximum 1.5"), (-0.1, "minimum -0.1"), (np.nan, "NaN")])
def test_values_out_of_range(value, found):
    bad = SOFT[0].copy()
    bad[1, 1, 1] = value
    with pytest.raises(ValueError, match=f"1 counted values of a .*{found}.*where="):
        raster.measure(bad, SOFT[1])
    assert raster.measure(bad, SOFT[1], check_values=False).shape == ()


def test_asked_for_on_dask():
    da = pytest.importorskip("dask.array")
    two = da.full((3,), 2.0, chunks=1)
    assert raster.measure(two, two).size_a.compute() == 6
    with pytest.raises(ValueError, match="out of range"):
        raster.measure(two, two, check_values=True)


def test_weights_are_never_negative():
    with pytest.raises(ValueError, match="weights"):
        raster.measure(*HARD, weights=np.full(6, -1.0))


def test_weights_and_where_must_broadcast():
    with pytest.raises(ValueError, match=r"weights has shape \(5,\)"):
        raster.measure(*HARD, weights=np.ones(5))
    with pytest.raises(TypeError, match="where has dtype float64"):
        raster.measure(*HARD, where=np.ones(6))


def test_unknown_tnorm_and_lists():
    with pytest.raises(ValueError, match="raster.measure: tnorm must be one of 'minimum', 'product', 'lukasiewicz'"):
        raster.measure(*HARD, tnorm="einstein")
    with pytest.raises(TypeError, match=r"a is a list.*numpy\.asarray"):
        raster.measure([True], [True])


def test_mixed_libraries_are_named():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="different array libraries"):
        raster.measure(HARD[0], torch.tensor(HARD[1]))


# ---------------------------------------------------------------- 0 ≤ |A∩B| ≤ min(|A|, |B|)


def fits(o, to_numpy=np.asarray):
    """Return whether nothing is shared that one has not: to the bit."""
    both, in_a, in_b = sizes(o, to_numpy)
    return bool(np.all((both >= 0) & (both <= in_a) & (both <= in_b)))


TINY = [0.0, 1.0, 5e-324, 1.7e-16, 2.0**-53, 1e-8, 0.1, 1 / 3, 0.5, 1 - 2.0**-53]
LAYOUTS = {
    "rows": np.array,
    "columns": np.asfortranarray,
    "backwards": lambda x: x[::-1, ::-1],
    "a part": lambda x: np.pad(x, 1)[1:-1, 1:-1],
    "one row for all": lambda x: np.broadcast_to(x[:1], x.shape),
}
# tensors have no negative strides
STORED = [
    (library, layout)
    for library in ("numpy", "numpy-readonly", "array_api_strict", "torch", "dask")
    for layout in LAYOUTS
    if (library, layout) != ("torch", "backwards")
]
layouts = st.sampled_from(sorted(LAYOUTS)).map(LAYOUTS.get)
soft_masks = hnp.arrays(np.float64, (6, 37), elements=st.sampled_from(TINY) | st.floats(0, 1))


@given(
    soft_masks,
    soft_masks,
    st.sampled_from(TNORMS),
    st.sampled_from(["float16", "float32", "float64"]),
    layouts,
    layouts,
    st.sampled_from([None, 0, 1]),
    st.booleans(),
)
def test_no_more_is_shared_than_either_has(a, b, tnorm, dtype, layout_a, layout_b, axis, inside):
    if inside:  # a part of the other: where rounding shows
        a = np.minimum(a, b)
    a, b = layout_a(a.astype(dtype)), layout_b(b.astype(dtype))
    assert fits(raster.measure(a, b, axis=axis, tnorm=tnorm))
    assert fits(raster.measure(b, a > 0.2, axis=axis, tnorm=tnorm, weights=a[0] * 1e3))


@pytest.mark.parametrize("tnorm", TNORMS)
@pytest.mark.parametrize(("backend", "layout"), STORED, indirect=["backend"])
@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable:UserWarning")
def test_no_more_is_shared_on_any_library(backend, tnorm, layout):
    rng = np.random.default_rng(1)
    shape = (4, 3) if backend.name == "dask" else (64, 65)
    for scale in (1.0, 1e-3, 2e-16):
        b = rng.random(shape) * scale
        a = LAYOUTS[layout](b * (rng.random(b.shape) < 0.9))
        for one, other in ((a, b), (b, a), (a, np.ones_like(b)), (np.ones_like(b), a)):
            o = raster.measure(backend.asarray(one), backend.asarray(other), tnorm=tnorm)
            assert fits(o, backend.to_numpy)


def test_no_more_is_shared_by_views_of_tensors(torch):
    """A transposed tensor is summed in another order than the cells that it shares."""
    rng = np.random.default_rng(0)
    n_more = 0
    for _ in range(100):
        b = torch.as_tensor(rng.random((37, 41)))
        a = torch.as_tensor(
            (b * torch.as_tensor(rng.random((37, 41)) < 0.99)).T.contiguous().numpy()
        ).T.requires_grad_()
        n_more += float((a * 1).contiguous().detach().sum()) > float(a.detach().sum())
        o = raster.measure(a, b)
        assert fits(o, lambda x: x.detach().numpy())
        (slope,) = torch.autograd.grad(o.intersection, a)
        torch.testing.assert_close(slope[a < b], torch.ones_like(slope[a < b]))
    assert n_more > 10


ROUNDED = {
    "interpolated in single precision": (np.float32, [1 + 2.4e-7, -1.2e-7]),
    "the same, widened": (np.float64, [float(np.float32(1 + 2.4e-7)), -1e-8]),
    "half": (np.float16, [1.001, -0.0005]),
}


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("name", ROUNDED)
def test_what_rounding_leaves_beyond_counts_as_0_or_1(name, large):
    dtype, beyond = ROUNDED[name]
    mask = np.zeros((1 << 20) if large else 64, dtype)
    mask[:40] = np.linspace(0, 1, 40)
    rounded = mask.copy()
    rounded[[39, 0]] = beyond
    assert rounded[39] > 1
    assert rounded[0] < 0
    for tnorm in raster.TNORMS:
        expected = raster.measure(mask, mask[::-1].copy(), tnorm=tnorm)
        found = raster.measure(rounded, mask[::-1].copy(), tnorm=tnorm)
        for size, right in zip(found, expected, strict=True):
            np.testing.assert_allclose(size, right, rtol=1e-12)


@pytest.mark.parametrize(("dtype", "value"), [(np.float32, 1 + 1e-5), (np.float64, -1e-5), (np.float16, 1.01)])
def test_more_than_rounding_is_refused(dtype, value):
    mask = np.full(8, 0.5, dtype)
    mask[3] = value
    with pytest.raises(ValueError, match="1 counted values of b are out of range"):
        raster.measure(mask * 0, mask)
