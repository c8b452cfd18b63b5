from __future__ import annotations

import math
import pickle
from dataclasses import FrozenInstanceError
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from overlap import Overlap, dice, iou


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def test_derived_sizes():
    o = Overlap(np.array([3, 0]), 4, 5)
    assert o.shape == (2,)
    assert o.union.tolist() == [6, 9]
    assert o.only_a.tolist() == [1, 4]
    assert o.only_b.tolist() == [2, 5]


def test_broadcasts_once():
    o = Overlap(np.zeros((3, 2)), np.ones(2), 5)
    assert o.intersection.shape == o.size_a.shape == o.size_b.shape == (3, 2)


def test_adds_and_sums():
    cases = [Overlap(1, 2, 3), Overlap(10, 20, 30)]
    both = sum(cases)
    assert (int(both.intersection), int(both.size_a), int(both.size_b)) == (11, 22, 33)
    stacked = Overlap(np.array([1, 10]), np.array([2, 20]), np.array([3, 30]))
    assert int(stacked.sum().size_b) == int(stacked.sum(0).size_b) == 33
    assert int(stacked[1].size_a) == 20


def test_sum_of_every_backend(backend):
    o = Overlap(*(backend.asarray([[1.0, 2.0], [3.0, 4.0]]),) * 3)
    assert backend.to_numpy(o.sum(1).size_a).tolist() == [3.0, 7.0]


def test_adding_something_else_is_refused():
    with pytest.raises(TypeError):
        Overlap(1, 2, 3) + 1


def test_pickles_and_is_frozen():
    o = Overlap(np.array([1]), 2, 3)
    assert pickle.loads(pickle.dumps(o)).size_a.tolist() == [2]
    with pytest.raises(FrozenInstanceError):
        o.size_a = 5


def test_shapes_that_do_not_broadcast_are_named():
    with pytest.raises(ValueError, match=r"size_a: \(3,\)"):
        Overlap(np.zeros(2), np.zeros(3), 1)


def test_html_shows_sizes_and_indices():
    html = Overlap(3, 4, 5)._repr_html_()
    assert "|A∩B|" in html
    assert "0.6666" in html


IMPOSSIBLE = {
    "more than a": ((5, 4, 6), r"^Overlap: intersection 5 exceeds size_a 4; .*Overlap\(tp, tp \+ fp, tp \+ fn\)"),
    "more than b": ((5.5, 6, 4), "intersection 5.5 exceeds size_b 4;"),
    "shares below 0": ((-1, 4, 6), "intersection -1 is below 0;"),
    "a below 0": ((-3, -2, 6), "intersection -3 is below 0;"),
    "b below 0": ((0, 2, -6.0), "size_b -6 is below 0;"),
    "of an infinite set": ((5, 4, math.inf), "intersection 5 exceeds size_a 4;"),
    "infinity shared": ((math.inf, 4, math.inf), "intersection inf exceeds size_a 4;"),
    "next to NaN": ((5, math.nan, 4), "intersection 5 exceeds size_b 4;"),
    "large counts": (
        (2**62 + 1, 2**62, 2**62 + 1),
        "intersection 4611686018427387905 exceeds size_a 4611686018427387904;",
    ),
    "a little, in whole numbers": ((10**9 + 1, 10**9, 10**9 + 1), "exceeds size_a"),
    "one of many": (([1, 5, 9], [4, 4, 8], 9), r"intersection 5 exceeds size_a 4 at \[1\] \(2 of 3 are impossible\);"),
    "in a matrix": (
        ([[0, 1], [7, 1]], 4, 9),
        r"intersection 7 exceeds size_a 4 at \[1, 0\] \(1 of 4 are impossible\);",
    ),
    "bool": ((True, False, True), "intersection 1 exceeds size_a 0;"),
}


@pytest.mark.parametrize(("sizes", "message"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_sizes_that_cannot_be_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message) as caught:
        Overlap(*sizes)
    assert "\n" not in str(caught.value)


def test_the_remedy_gives_the_right_number():
    tp, fp, fn = 40, 30, 10
    with pytest.raises(ValueError, match=r"Overlap\(tp, tp \+ fp, tp \+ fn\)"):
        Overlap(tp, fp, fn)
    assert float(dice(Overlap(tp, tp + fp, tp + fn))) == 2 * tp / (2 * tp + fp + fn)


@pytest.mark.parametrize(
    "sizes", [(nan, nan, nan), (nan, 4, 5), (3, nan, 5), ([nan, 1], [2, 1], nan), (0, 0, 0), (3, inf, inf)]
)
def test_sizes_that_are_not_known_and_sets_without_end_may_stay(sizes):
    o = Overlap(*sizes)
    np.testing.assert_array_equal(o.intersection, np.broadcast_to(sizes[0], o.shape))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_rounding_is_no_reason_to_refuse(dtype):
    rounding = np.finfo(dtype).eps
    one = np.ones((), dtype)
    Overlap(one + 2 * rounding, one, one)
    Overlap(np.zeros((), dtype) - rounding, one, one)
    with pytest.raises(ValueError, match="exceeds"):
        Overlap(one + 2 * np.sqrt(rounding), one, one)
    # as much as the rounding of the larger set, and not a half of its digits
    Overlap(rounding, np.zeros((), dtype), one)
    with pytest.raises(ValueError, match="exceeds"):
        Overlap(np.sqrt(rounding) * one, np.zeros((), dtype), one)


@given(st.sampled_from(["float16", "float32", "float64"]), st.integers(0, 2**32 - 1), st.sampled_from([1e-6, 1.0, 3e3]))
def test_sums_by_hand_in_any_precision_are_overlaps(dtype, seed, scale):
    """Sums in the dtype of the sizes, in another order for each of the three."""
    rng = np.random.default_rng(seed)
    shared = (rng.random(50) * scale / 50).astype(dtype)
    rest = (rng.random(50) * (rng.random() < 0.5) * scale / 50).astype(dtype)
    in_a = np.concatenate([shared, rest])
    Overlap(shared.sum(), np.add.accumulate(in_a)[-1], np.add.accumulate(shared[::-1])[-1])


@given(
    hnp.arrays(np.float32, (3, 20), elements=st.floats(0, 2.0**100, width=32)),
    hnp.arrays(np.float32, (3, 20), elements=st.floats(0, 2.0**100, width=32)),
)
def test_overlaps_add_up_whatever_they_are(x, y):
    overlaps = [Overlap(np.minimum(s, t), s, t) for s, t in zip(x, y, strict=True)]
    total = sum(overlaps)
    assert (iou(total, empty=0.0) <= 1 + 1e-6).all()
    assert float(iou(total.sum(), empty=0.0)) <= 1 + 1e-6
    assert total[3].shape == ()


LARGEST = {
    "bool": 1,
    "int8": 127,
    "uint8": 255,
    "int16": 2**15 - 1,
    "uint16": 2**16 - 1,
    "int32": 2**31 - 1,
    "uint32": 2**32 - 1,
    "int64": 2**31,
    "uint64": 2**31,
    "float16": 65504,
}


# array-api-strict has no halves
SMALL = [
    (library, dtype)
    for library in ("numpy", "numpy-readonly", "array_api_strict", "torch", "dask")
    for dtype in LARGEST
    if (library, dtype) != ("array_api_strict", "float16")
]


@pytest.mark.parametrize(("backend", "dtype"), SMALL, indirect=["backend"])
def test_small_numbers_do_not_wrap_around(backend, dtype):
    largest = LARGEST[dtype]
    size = backend.asarray(np.array([largest, largest], dtype))
    o = Overlap(size, size, size)
    wide = "float64" if dtype == "float16" else "int64"
    assert wide in str(o.size_a.dtype)
    assert backend.to_numpy(o.union).tolist() == [largest] * 2
    assert backend.to_numpy((o + o).size_a).tolist() == [2 * largest] * 2
    assert float(o.sum().union) == 2 * largest
    assert backend.to_numpy(iou(o + o)).tolist() == [1.0, 1.0]


def test_small_numbers_by_hand():
    shared, prediction, reference = np.uint8([[100], [200], [250]])
    o = Overlap(shared, prediction, reference)
    assert (o.union.tolist(), o.only_a.tolist(), o.only_b.tolist()) == ([350], [100], [150])
    assert Overlap(np.int8(100), np.int8(100), np.int8(127)).union == 127
    assert Overlap(np.bool_(True), 1, 1).intersection.dtype == np.int64


def test_halves_of_torch(torch):
    for dtype in (torch.float16, torch.bfloat16):
        o = Overlap(*(torch.full((300,), 300.0, dtype=dtype),) * 3)
        assert o.intersection.dtype == torch.float64
        assert float(o.sum().union) == 90000
    o = Overlap(*(torch.full((3,), 100, dtype=torch.uint8),) * 3)
    assert (o + o).union.tolist() == [200] * 3


def test_values_are_looked_at_where_that_is_free(torch):
    sizes = [torch.tensor(x) for x in (5.0, 4.0, 6.0)]
    with pytest.raises(ValueError, match="intersection 5 exceeds size_a 4"):
        Overlap(*sizes)
    sizes[0].requires_grad_()
    assert float(iou(Overlap(*sizes)).detach()) == 1.0
    assert torch.func.vmap(lambda i: iou(Overlap(i, i - 1, i)))(torch.ones(3)).shape == (3,)


def test_lazy_sizes_stay_lazy():
    da = pytest.importorskip("dask.array")
    sizes = [da.from_array(np.uint8([x, x])) for x in (200, 220, 240)]
    o = Overlap(*sizes)
    assert o.union.compute().tolist() == [260, 260]
    never = da.map_blocks(lambda _: 1 / 0, sizes[0], dtype=np.uint8, meta=np.zeros(0, np.uint8))
    assert Overlap(never, never, never).shape == (2,)


WRONG = {
    "nothing": (None, "Overlap: size_a is None; pass an array"),
    "a word": ("4", "Overlap: size_a has dtype <U1; sizes are real numbers"),
    "complex": (4j, "Overlap: size_a has dtype complex128"),
    "times": (np.timedelta64(4, "s"), r"Overlap: size_a has dtype timedelta64\[s\]; .* divide times by their unit"),
    "rows of two lengths": (
        [[4], [4, 4]],
        r"Overlap: size_a is no array \(setting an array element with a sequence.*; pass rows of one length",
    ),
    "objects": ([None, 4], "Overlap: size_a has dtype object"),
    "too large": (np.uint64(2**64 - 1), "Overlap: size_a is 18446744073709551615, more than int64 holds"),
    "masked": (np.ma.array([4]), "Overlap: size_a is a masked array"),
}


@pytest.mark.parametrize(("size", "message"), WRONG.values(), ids=WRONG)
def test_what_is_no_size_is_refused(size, message):
    with pytest.raises((TypeError, ValueError), match=message):
        Overlap(3, size, 5)
