"""Oracle: pycocotools 2.0.11, the text of its run lengths."""

from __future__ import annotations

import math

import numpy as np
import pytest
from peer_sets import OUTLINES

from overlap import coco, raster
from overlap.coco import outlines

DRAWN = [pytest.param(False, id="array path"), pytest.param(True, id="compiled")]


@pytest.mark.parametrize("is_compiled", DRAWN)
def test_the_cells_of_pycocotools(is_compiled, monkeypatch):
    if is_compiled:
        pytest.importorskip("numba")
    monkeypatch.setattr(outlines, "_drawn", 10**9 if is_compiled else -(10**9))
    for drawn in OUTLINES:
        rle = coco.draw_polygons(drawn["polygons"], *drawn["size"])
        expected = {"size": drawn["size"], "counts": drawn["counts"]}
        assert (raster.decode_rle([rle]) == raster.decode_rle([expected])).all()


def test_a_polygon_beyond_the_image_draws_nothing():
    rle = coco.draw_polygons([[20, 20, 30, 20, 30, 30]], 10, 10)
    assert not raster.decode_rle([rle]).any()


def test_polygons_are_united():
    square = [1.0, 1, 5, 1, 5, 5, 1, 5]
    moved = (np.array(square) + 2).tolist()
    one, other, both = (
        raster.decode_rle([coco.draw_polygons(polygons, 9, 9)])[0] for polygons in ([square], [moved], [square, moved])
    )
    assert (both == (one | other)).all()
    assert one.sum() == 16


@pytest.mark.parametrize(
    ("polygons", "message"),
    [
        ([], "the polygons are"),
        ("text", "the polygons are 'text'"),
        ([[1, 2, 3, 4]], "2 corners; 3 at least"),
        ([[1, 2, 3, 4, 5, 6, 7]], "7 coordinates, an odd number"),
        ([[1, 2, 3, 4, 5, math.nan]], "not finite"),
        ([["a", 2, 3, 4, 5, 6]], r"a list \[x1, y1"),
        ([[[1, 2], [3, 4], [5, 6]]], r"a list \[x1, y1"),
    ],
)
def test_refused(polygons, message):
    with pytest.raises(ValueError, match=f"^coco.draw_polygons: .*{message}"):
        coco.draw_polygons(polygons, 9, 9)
