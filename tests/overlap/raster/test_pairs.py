"""Oracles: pycocotools (tests/data/pycocotools_masks.json), and sums over the cells in plain numpy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import overlap as ov
from overlap.raster import encode_rle, measure_pairs, pairwise

PEER = json.loads((Path(__file__).parents[2] / "data" / "pycocotools_masks.json").read_text())
IMAGES = list(PEER["images"].values())


def masks_of(rows):
    return np.array([[[cell == "#" for cell in row] for row in mask] for mask in rows])


def rles_of(image, side):
    rows = image[side]
    size = [len(rows[0]), len(rows[0][0])]
    return [{"size": size, "counts": counts} for counts in image[f"counts_{side}"]]


@pytest.mark.parametrize("image", IMAGES, ids=list(PEER["images"]))
def test_iou_of_pycocotools(image):
    """Of two empty masks it says 0; of a crowd it takes the share of the first mask."""
    sides = [(masks_of(image["a"]), masks_of(image["b"])), (rles_of(image, "a"), rles_of(image, "b"))]
    sides += [(sides[0][0], sides[1][1]), (sides[1][0], sides[0][1])]
    for a, b in sides:
        o = measure_pairs(a, b)
        np.testing.assert_array_equal(o.size_a[:, 0], image["areas_a"])
        np.testing.assert_allclose(pairwise(a, b, empty=0), image["iou"], rtol=0, atol=1e-15)
        np.testing.assert_allclose(ov.precision(o, empty=0), image["iou of crowds"], rtol=0, atol=1e-15)


NORMS = {
    "minimum": np.minimum,
    "product": np.multiply,
    "lukasiewicz": lambda a, b: np.maximum(a + b - 1, 0),
}


@given(
    st.integers(0, 2**32 - 1), st.sampled_from(list(NORMS)), st.sampled_from([(5,), (4, 6), (2, 3, 4)]), st.booleans()
)
def test_soft_masks(seed, tnorm, grid, has_weights):
    """Maps with wide empty margins, some of them 0 everywhere, against sums over all cells."""
    rng = np.random.default_rng(seed)
    a = rng.random((3, *grid)) * (rng.random((3, *grid)) < 0.3)
    b = rng.random((4, *grid)) * (rng.random((4, *grid)) < 0.3)
    weights = rng.random(grid) if has_weights else None
    where = rng.random(grid) < 0.7
    o = measure_pairs(a, b, tnorm=tnorm, weights=weights, where=where)
    counted = where * (1.0 if weights is None else weights)
    cell_axes = tuple(range(1, 1 + len(grid)))
    pair_axes = tuple(axis + 1 for axis in cell_axes)
    shared = (NORMS[tnorm](a[:, None], b[None]) * counted).sum(axis=pair_axes)
    np.testing.assert_allclose(o.intersection, shared, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(o.size_a[:, 0], (a * counted).sum(axis=cell_axes))
    np.testing.assert_allclose(o.size_b[0], (b * counted).sum(axis=cell_axes))


def test_hard_masks_in_space_within_where():
    rng = np.random.default_rng(1)
    a = rng.random((5, 4, 6, 7)) < 0.3
    b = rng.random((6, 4, 6, 7)) < 0.3
    where = rng.random((6, 7)) < 0.5
    o = measure_pairs(a, b, where=where)
    assert o.intersection.dtype == np.int64
    np.testing.assert_array_equal(o.intersection, np.einsum("izyx,jzyx->ij", (a & where).astype(int), b.astype(int)))
    np.testing.assert_array_equal(o.size_b[0], (b & where).sum(axis=(1, 2, 3)))


def test_run_lengths_within_where_and_against_a_soft_mask():
    masks = np.array([[[True, True, False], [False, True, False]]])
    rles = encode_rle(masks)
    where = np.array([True, False, True])
    assert measure_pairs(rles, rles, where=where).intersection.item() == 1
    assert measure_pairs(rles, masks * 0.25).intersection.item() == 0.75
    assert measure_pairs(rles, rles, weights=np.array([[2.0], [10.0]])).size_a.item() == 14


def test_an_empty_list_is_of_every_grid():
    masks = np.ones((2, 3, 4), bool)
    o = measure_pairs([], masks)
    assert o.intersection.shape == (0, 2)
    assert o.size_b.shape == (0, 2)
    assert measure_pairs([], []).intersection.shape == (0, 0)
    assert pairwise(masks[:0], encode_rle(masks)).shape == (0, 2)


def test_tensors_come_back_as_tensors():
    torch = pytest.importorskip("torch")
    masks = torch.eye(4, dtype=torch.bool)[:, None, :]
    assert torch.equal(pairwise(masks, masks), torch.eye(4, dtype=torch.float64))
    soft = masks.double().requires_grad_()
    with pytest.raises(TypeError, match="a is not a plain array on the host; .*raster.measure"):
        pairwise(soft, soft)
    with pytest.raises(TypeError, match="different array libraries"):
        pairwise(masks, masks.numpy())


@pytest.mark.parametrize(
    ("a", "b", "options", "message"),
    [
        (np.zeros((2, 3), int), np.zeros((2, 3), bool), {}, "a has dtype int64; a mask is bool"),
        (np.zeros((2, 3), bool), np.zeros((2, 4), bool), {}, r"masks of a have shape \(3,\) and of b \(4,\)"),
        (
            np.zeros(3, bool),
            np.zeros(3, bool),
            {},
            r"a has shape \(3,\); pass .* of one mask, a\[None\]",
        ),
        (np.full((1, 2), 1.5), np.full((1, 2), 0.5), {}, "a .*1.5"),
        (np.full((1, 2), 0.5), np.full((1, 2), 1.5), {}, "b .*1.5"),
        (np.full((1, 2), 0.5), np.full((1, 2), 0.5), {"tnorm": "max"}, "tnorm"),
        (np.full((1, 2), 0.5), np.full((1, 2), 0.5), {"where": np.ones(2)}, "where has dtype float64"),
        (np.full((1, 2), 0.5), np.full((1, 2), 0.5), {"where": np.ones(3, bool)}, "where has shape"),
        (np.ones((1, 2), bool), np.ones((1, 2), bool), {"weights": np.array([1.0, -1])}, "weights"),
        (
            encode_rle(np.ones((1, 2, 3), bool)),
            np.ones((1, 3, 2), bool),
            {},
            r"a have shape \(2, 3\) and of b \(3, 2\)",
        ),
    ],
)
def test_wrong_input_is_one_line(a, b, options, message):
    with pytest.raises((TypeError, ValueError), match=f"^raster.measure_pairs: .*{message}") as raised:
        measure_pairs(a, b, **options)
    assert "\n" not in str(raised.value)
