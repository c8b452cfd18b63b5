"""How boxes are read: dtypes, shapes, and malformed boxes on the host and elsewhere."""

from __future__ import annotations

import re

import numpy as np
import pytest

from overlap import boxes, losses

SCORES = ("giou", "diou", "ciou", "eiou")
rng = np.random.default_rng(5)


def some(n, d=2, size=4.0):
    low = rng.uniform(0, 10, (n, d))
    return np.concatenate([low, low + rng.uniform(0, size, (n, d))], axis=1)


def test_integers_and_half_precision(backend):
    huge = backend.asarray(np.array([[0, 0, 100_000, 100_000]], dtype=np.int32))
    assert backend.to_numpy(boxes.measure(huge, huge).intersection).tolist() == [1e10]
    if backend.name == "array_api_strict":
        return
    half = backend.asarray(np.array([[0, 0, 1000, 1000]], dtype=np.float16))
    o = boxes.measure(half, half)
    assert backend.to_numpy(o.size_a).dtype == np.float32
    assert backend.to_numpy(o.size_a).tolist() == [1e6]


def test_float32_stays():
    a = some(3).astype(np.float32)
    assert boxes.pairwise(a, a).dtype == boxes.giou(a, a).dtype == np.float32
    assert boxes.pairwise(a, a.astype(np.float64)).dtype == np.float64


def test_dask_is_lazy_and_marks_malformed_boxes():
    da = pytest.importorskip("dask.array")
    a = some(5)
    a[1] = a[1, ::-1]
    pairs = boxes.pairwise(da.from_array(a, chunks=2), da.from_array(some(4), chunks=2))
    assert isinstance(pairs, da.Array)
    assert np.isnan(pairs.compute()).all(axis=1).tolist() == [False, True, False, False, False]


@pytest.mark.parametrize("row", [[2, 2, 0, 0], [0, 0, -1, 1], [0, 0, np.nan, 1], [0, -np.inf, 1, 1]])
@pytest.mark.parametrize("name", ["measure", "pairwise", "encode", *SCORES])
def test_malformed_boxes(torch, row, name):
    bad, good = np.array([[0.0, 0, 1, 1], row]), some(2)
    for asarray in (np.asarray, torch.tensor):
        with pytest.raises(ValueError, match=rf"boxes\.{name}: 1 of 2 boxes of .* are malformed.*convert"):
            getattr(boxes, name)(asarray(good), asarray(bad))


# 10 to 14 and 20 to 26, in the two formats that are taken for lo|hi most often
WRITTEN_OTHERWISE = {"lo-size": [10.0, 20, 4, 6], "centre-size": [12.0, 23, 4, 6]}
REFUSING = {
    "nms": lambda b: boxes.nms(b, [0.5], 0.5).tolist() == [0],
    "pairwise": lambda b: boxes.pairwise(b, np.array([[10.0, 20, 14, 26]])) == 1,
    "box_loss": lambda b: losses.box_loss(b, np.array([[10.0, 20, 14, 26]])) == 0,
}


@pytest.mark.parametrize("name", REFUSING)
@pytest.mark.parametrize("written", WRITTEN_OTHERWISE)
def test_each_remedy_for_boxes_of_another_format(name, written):
    box = np.array([WRITTEN_OTHERWISE[written]])
    with pytest.raises(ValueError, match=r"1 of 1 boxes (of \w+ )?are malformed .*, the first in row 0;") as refused:
        REFUSING[name](box)
    message = str(refused.value)
    assert "boxes of boxes" not in message
    (remedy,) = (call for call in re.findall(r"boxes\.convert\(.*?\)", message) if f'"{written}"' in call)
    corners = eval(remedy, {"boxes": boxes, "box": box})
    assert corners.tolist() == [[10, 20, 14, 26]]
    assert REFUSING[name](corners)


def test_shapes_and_dtypes():
    with pytest.raises(ValueError, match=r"a: \(3,\), b: \(3,\); .* 4 in 2-D \(x1, y1, x2, y2\)"):
        boxes.measure(np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match=r"got a: \(4,\), b: \(6,\); .* as many in all arrays"):
        boxes.giou(np.zeros(4), np.zeros(6))
    with pytest.raises(ValueError, match=r"broadcast together.*boxes\.pairwise"):
        boxes.measure(np.zeros((3, 4)), np.zeros((2, 4)))
    with pytest.raises(ValueError, match=r"a has shape \(4,\).*\(n, 2d\)"):
        boxes.pairwise(np.zeros(4), np.zeros((1, 4)))
    with pytest.raises(TypeError, match="b has dtype bool"):
        boxes.measure(np.zeros(4), np.zeros(4, bool))
    with pytest.raises(TypeError, match=r"a is a list.*numpy\.asarray"):
        boxes.pairwise([[0, 0, 1, 1]], np.zeros((1, 4)))
