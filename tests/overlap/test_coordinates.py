"""What boxes of all kinds share: their dtype, and what becomes of malformed ones."""

from __future__ import annotations

import array_api_compat.numpy as xp
import numpy as np
import pytest

import overlap as ov
from overlap._coordinates import Kind, as_floating, common_shape, in_one_unit, read_boxes, read_rows, well_formed

DTYPES = [
    ("float32", "float32", "float32"),
    ("float16", "float16", "float32"),
    ("float16", "float64", "float64"),
    ("int8", "float32", "float64"),
    ("uint64", "int64", "float64"),
]


@pytest.mark.parametrize(("a", "b", "expected"), DTYPES)
def test_the_dtype_that_boxes_are_computed_in(a, b, expected):
    boxes = {"a": np.zeros((1, 4), a), "b": np.zeros((1, 4), b)}
    assert [x.dtype for x in as_floating("boxes.measure", boxes, xp)] == [expected, expected]


@pytest.mark.parametrize("dtype", [bool, complex])
def test_boxes_are_real_numbers(dtype):
    boxes = {"a": np.zeros((1, 4)), "b": np.zeros((1, 4), dtype)}
    with pytest.raises(TypeError, match=r"boxes\.measure: b has dtype .*: pass float64 or float32"):
        as_floating("boxes.measure", boxes, xp)


def test_malformed_boxes_raise_on_the_host():
    box = np.ones((3, 4))
    valid = np.array([True, False, True])
    with pytest.raises(
        ValueError, match=r"boxes\.giou: 1 of 3 boxes of a are malformed \(hi < lo\), the first in row 1; swap"
    ):
        well_formed("boxes.giou", "a", box, valid, "hi < lo", "swap them", xp)
    assert well_formed("boxes.giou", "a", box, ~np.zeros(3, bool), "hi < lo", "swap them", xp) is box


@pytest.mark.parametrize(
    ("shape", "message"),
    [((), r"1 of 1 .* \(hi < lo\); swap"), ((5,), "the first in row 3;"), ((4, 2), r"the first in row \(1, 1\);")],
)
def test_the_first_malformed_box_is_named(shape, message):
    valid = np.ones(shape, bool)
    valid.reshape(-1)[3 if shape else 0 :: 4] = False
    with pytest.raises(ValueError, match=message):
        well_formed("boxes.giou", "a", np.ones((*shape, 4)), valid, "hi < lo", "swap them", xp)


def test_malformed_boxes_become_nan_elsewhere():
    da = pytest.importorskip("dask.array")
    namespace = pytest.importorskip("array_api_compat.dask.array")
    box = da.ones((3, 4))
    valid = da.from_array(np.array([True, False, True]))
    got = well_formed("boxes.giou", "a", box, valid, "hi < lo", "swap them", namespace)
    assert np.isnan(got.compute()).all(axis=1).tolist() == [False, True, False]


SLAB = Kind("slabs", "slab", ("x", "y", "w", "h"), slice(2, 4))


def test_a_kind_of_box_says_what_it_is():
    assert SLAB.described == "a slab is (x, y, w, h)"
    assert SLAB.remedy == "a slab is (x, y, w, h), its sides w and h not negative"


@pytest.mark.parametrize(
    ("box", "message"),
    [
        (np.zeros(3), r"slabs\.measure: a has shape \(3,\); a slab is \(x, y, w, h\): \(\.\.\., 4\)"),
        (np.array(1.0), r"slabs\.measure: a has shape \(\)"),
        (np.array([-1, 0, 1, -1.0]), r"slabs\.measure: 1 of 1 boxes of a are malformed .*; a slab is"),
        (np.array([0, np.inf, 1, 1]), r"slabs\.measure: 1 of 1 boxes of a are malformed"),
    ],
)
def test_boxes_of_a_kind_are_read_or_refused(box, message):
    with pytest.raises(ValueError, match=message):
        read_boxes("slabs.measure", SLAB, a=box)
    (read,), _ = read_boxes("slabs.measure", SLAB, a=np.array([-3, -4, 0, 2]))
    assert read.tolist() == [-3, -4, 0, 2]


def test_rows_and_shapes():
    with pytest.raises(ValueError, match=r"slabs\.nms: boxes must have shape \(n, 4\), got \(4,\); see slabs\.measure"):
        read_rows("slabs.nms", SLAB, boxes=np.zeros(4))
    assert common_shape("slabs.measure", SLAB, a=np.zeros((5, 1, 4)), b=np.zeros((3, 4))) == (5, 3, 4)
    with pytest.raises(ValueError, match=r"do not broadcast together; slabs\.pairwise\(a, b\) takes every pair"):
        common_shape("slabs.measure", SLAB, a=np.zeros((5, 4)), b=np.zeros((3, 4)))


FUNCTIONS = [
    *[("boxes", name) for name in ("iou", "dice", "giou", "diou", "ciou", "eiou", "pairwise")],
    *[(kind, name) for kind in ("oriented", "cuboids") for name in ("iou", "giou", "pairwise")],
]
WELL_FORMED = {
    "boxes": [[0.0, 0, 2, 2], [1, 1, 2, 2]],
    "oriented": [[0.0, 0, 2, 2, 0], [0, 0, 1, 1, 0]],
    "cuboids": [[0.0, 0, 0, 2, 2, 1, 0], [0, 0, 0, 1, 1, 1, 0]],
}
MALFORMED = {
    "boxes": [[0.0, 0, 2, 2], [3, 1, 2, 2]],
    "oriented": [[0.0, 0, 2, 2, 0], [0, 0, -1, 1, 0]],
    "cuboids": [[0.0, 0, 0, 2, 2, 1, 0], [0, 0, 0, 1, -1, 1, 0]],
}


COMPILED = [
    pytest.param(*function, marks=() if function in (("boxes", "ciou"), ("oriented", "iou")) else pytest.mark.slow)
    for function in FUNCTIONS
]
"""torch looks half a second into each: in every run into one for aligned boxes, and one for others."""


def test_an_inverted_box_raises_where_values_may_be_looked_at():
    torch = pytest.importorskip("torch")
    for kind, name in FUNCTIONS:
        function = getattr(getattr(ov, kind), name)
        a = torch.tensor(MALFORMED[kind])
        b = torch.tensor(WELL_FORMED[kind])
        for eager_a, eager_b in ((a, b), (a.numpy(), b.numpy())):
            said = rf"{kind}.{name}: 1 of 2 boxes of a are malformed|measure: 1 of 2 boxes"
            with pytest.raises(ValueError, match=said):
                function(eager_a, eager_b)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), COMPILED)
def test_an_inverted_box_spoils_only_its_own_row_where_it_is_compiled(kind, name):
    torch = pytest.importorskip("torch")
    a = torch.tensor(MALFORMED[kind])
    b = torch.tensor(WELL_FORMED[kind])
    compiled = torch.compile(getattr(getattr(ov, kind), name), fullgraph=True, backend="eager")
    scores = compiled(a, b)
    assert scores[1].isnan().all()
    assert scores[0].isfinite().all()


def scaled(table, power, lengths):
    table = table.copy()
    table[:, :lengths] *= 2.0**power
    return table


def some_boxes(kind, n=120):
    random = np.random.default_rng(4)
    d = 3 if kind == "cuboids" else 2
    low = random.uniform(0, 9, (n, d))
    sides = random.uniform(1, 3, (n, d))
    if kind == "boxes":
        return np.concatenate([low, low + sides], axis=1)
    return np.concatenate([low, sides, random.uniform(0, 3, (n, 1))], axis=1)


@pytest.mark.parametrize("power", [-1000, -520, 511, 1000])
@pytest.mark.parametrize("kind", ["boxes", "oriented", "cuboids"])
def test_no_scale_of_boxes_is_special(kind, power):
    """Areas of sides of 1e-300 and 1e154 vanish and overflow; what overlaps does not depend on that."""
    package = getattr(ov, kind)
    table = some_boxes(kind)
    extreme = scaled(table, power, -1 if kind != "boxes" else None)
    scores = np.random.default_rng(5).random(len(table))
    kept = package.nms(table, scores, 0.3)
    assert 20 < len(kept) < 110
    np.testing.assert_array_equal(package.nms(extreme, scores, 0.3), kept)
    softened = package.nms(table, scores, 0.3, method="gaussian")
    np.testing.assert_array_equal(package.nms(extreme, scores, 0.3, method="gaussian")[1], softened[1])
    pairs = package.overlap_pairs(table, table)
    with np.errstate(over="ignore", invalid="ignore"):
        found = package.overlap_pairs(extreme, extreme)
    np.testing.assert_array_equal([found.a, found.b], [pairs.a, pairs.b])


@pytest.mark.parametrize(("dtype", "power"), [("float32", 63), ("float32", -100), ("float64", 900), ("float64", -900)])
def test_every_pair_at_any_scale(dtype, power):
    table = some_boxes("boxes").astype(dtype)
    np.testing.assert_array_equal(
        ov.boxes.pairwise(np.ldexp(table, power), np.ldexp(table, power)), ov.boxes.pairwise(table, table)
    )


def test_duplicates_on_a_torus_of_any_size():
    box = np.array([[9.0, 9, 11, 11], [-1, -1, 1, 1]]) * 1e-200
    assert ov.boxes.nms(box, [0.9, 0.8], 0.5, period=(1e-199, 1e-199)).tolist() == [0]


def test_ordinary_sides_stay_in_their_unit():
    sides = np.array([[1e-30, 1e30], [0.0, 1.0]])
    (same,) = in_one_unit([sides], [sides])
    assert same is sides
    none = np.zeros((0, 2))
    assert in_one_unit([none], [none])[0] is none
