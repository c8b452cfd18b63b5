from __future__ import annotations

import numpy as np
import pytest
import shapely

from domains._checks import UsageError
from domains.ramachandran import region_from_polygons
from domains.ramachandran.torus import centres

BOX = [(-100, -60), (-40, -60), (-40, -20), (-100, -20)]
OVER_THE_SEAM = [(150, 150), (200, 150), (200, 215), (150, 215)]


def inside(phi, psi, low_phi, high_phi, low_psi, high_psi):
    """Say whether a cell's centre lies in a box, round the circle."""
    return ((phi - low_phi) % 360 < high_phi - low_phi) & ((psi - low_psi) % 360 < high_psi - low_psi)


@pytest.mark.parametrize("cells", [36, 72, 180])
@pytest.mark.parametrize("form", [list, np.array, shapely.Polygon])
def test_boxes(cells, form):
    found = region_from_polygons([form(BOX), form(OVER_THE_SEAM)], cells=cells)
    psi, phi = np.meshgrid(centres(cells), centres(cells), indexing="ij")
    expected = inside(phi, psi, -100, -40, -60, -20) | inside(phi, psi, 150, 200, 150, 215)
    np.testing.assert_array_equal(found, expected)


def test_holes_and_several_parts():
    whole = shapely.Polygon(BOX, holes=[[(-80, -50), (-60, -50), (-60, -30), (-80, -30)]])
    parts = shapely.MultiPolygon([whole, shapely.Polygon(OVER_THE_SEAM)])
    found = region_from_polygons(parts, cells=36)
    assert not bool(found.sel(phi=-75, psi=-45))
    assert bool(found.sel(phi=-95, psi=-45))
    assert bool(found.sel(phi=-165, psi=-165))


def test_radians_are_declared():
    found = region_from_polygons([np.radians(BOX)], unit="radians", cells=36)
    np.testing.assert_array_equal(found, region_from_polygons([BOX], cells=36))
    with pytest.raises(ValueError, match=r'no backbone is in degrees; say unit="radians"'):
        region_from_polygons([np.radians(BOX)])


@pytest.mark.parametrize(
    ("polygons", "error", "said"),
    [
        ([], ValueError, "no polygon; pass one"),
        ([[(0, 0), (90, 90)]], ValueError, "polygon 0 is no list of three vertices"),
        ([BOX, [(0, 0), (90, 90), (90, 0), (0, 90)]], ValueError, "polygon 1 is invalid: Self-intersection"),
        ([[(0, 0), (90, np.nan), (90, 0)]], ValueError, "polygon 0: a vertex is NaN"),
        ([["a", "b", "c"]], ValueError, "polygon 0 is no list of three"),
        (3, UsageError, "polygons are a int"),
        ([[(0, 0), (900, 0), (0, 90)]], ValueError, "a vertex at 900, more than two turns"),
    ],
)
def test_what_is_no_outline_is_refused(polygons, error, said):
    with pytest.raises(error, match=f"^ramachandran.region_from_polygons: {said}"):
        region_from_polygons(polygons)


def test_masked_vertices_are_refused():
    vertices = np.ma.masked_array([[-60, -60], [60, -60], [60, 60]], mask=[[0, 0], [0, 0], [0, 1]])
    with pytest.raises(ValueError, match="polygon 0: a vertex is NaN or infinite; leave it out"):
        region_from_polygons([vertices])
