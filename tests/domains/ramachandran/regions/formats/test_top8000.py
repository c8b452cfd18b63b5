"""The laboratory's tables, and others in their form."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from domains._files import ReadError
from domains.ramachandran import CATEGORIES, compare, read_map, read_region, reference

TITLES = {
    "general": "General (no G/P/I/V/preP), 70%, B<30",
    "glycine": "Gly (sym), 70%, B<30",
    "cis-proline": "cis Pro, 70%, B<30",
    "trans-proline": "trans Pro, 70%, B<30",
    "pre-proline": "pre-Pro (no G/P), 70%, B<30",
    "isoleucine or valine": "Ile/Val (no preP), 70%, B<30",
}


@cache
def written(category):
    """Write a map of the shipped reference as the laboratory does: bins without data have no row."""
    score = reference().score.sel(category=category)
    axis = "-180.0 180.0 180 true"
    head = ['# Table name/description: "' + TITLES[category] + '"', "# Number of dimensions: 2"]
    head += [f"#   x1: {axis}", f"#   x2: {axis}", "# List of table coordinates and values."]
    values = score.values.astype(float)
    psi, phi = np.nonzero(values)
    rows = [f"{-179 + 2 * k:.1f} {-179 + 2 * j:.1f} {values[j, k]!r}" for j, k in zip(psi, phi, strict=True)]
    return "\n".join([*head, *(row.replace("np.float64(", "").replace(")", "") for row in rows)])


@cache
def in_order(category):
    """Return the map with the rows in the order of their bins."""
    lines = written(category).splitlines()
    rows = sorted(lines[5:], key=lambda line: [float(word) for word in line.split()[:2]])
    return "\n".join([*lines[:5], *rows])


@pytest.mark.slow
@pytest.mark.parametrize("category", ["general", "cis-proline"])
def test_the_shipped_reference(tmp_path, category):
    path = tmp_path / "rama.data"
    path.write_text(written(category))
    np.testing.assert_array_equal(read_map(path), reference().score.sel(category=category))
    assert read_map(path).attrs["quantity"] == "rank"
    favored = read_region(path)
    assert favored.attrs["category"] == category
    assert float(compare(favored).iou) == 1
    cut = float(reference().allowed.sel(category=category))
    assert float(compare(read_region(path, value=cut), level="allowed").iou) == 1
    assert float(compare(read_region(path, mass=1 - cut), level="allowed").iou) == 1


@pytest.mark.slow
def test_the_laboratory_s_own(shared_data):
    found = []
    for path in sorted((shared_data / "ramachandran" / "top8000").glob("*.data")):
        cells = read_region(path)
        found.append(cells.attrs["category"])
        assert float(compare(cells).iou) == 1
    assert sorted(found) == sorted(CATEGORIES)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("-180.0 180.0 180 true", "0.0 360.0 180 true"), "one of angles wraps from -180 to 180"),
        (("180 true", "180 false"), "wrapping false"),
        (("\n-179.0 -179.0", "\n-178.0 -179.0"), "line 6: -178 is the centre of none of 180 bins"),
        (("\n-179.0 -177.0", "\n-179.0 -179.0"), "one bin stands in line 6 and in line 7"),
        (("#   x2:", "#   y2:"), "a table of 1 dimensions"),
        (("\n-179.0 -179.0", "\n-179.0"), "line 7: 3 cells, but line 6 has 2"),
    ],
)
def test_what_contradicts_the_header_is_refused(tmp_path, change, said):
    path = tmp_path / "rama.data"
    path.write_text(in_order("general").replace(*change))
    with pytest.raises(ReadError, match=f"rama.data: .*{said}"):
        read_region(path)


def test_what_has_no_picture_is_escaped(tmp_path):
    path = tmp_path / "rama.data"
    path.write_text(written("general").replace("#   x1: -180.0", "#   x1: -180\u202e.0"), encoding="utf-8")
    with pytest.raises(ReadError, match=r"goes from -180\\u202e.0 to 180.0"):
        read_region(path)
