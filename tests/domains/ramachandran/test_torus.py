from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from domains.ramachandran.torus import Table, centres, check_grid, in_degrees, nearest, with_nan, wrap

rng = np.random.default_rng(1)


@given(st.floats(-1e4, 1e4), st.integers(-5, 5))
def test_wrap(angle, turns):
    assert -180 <= wrap(angle) < 180
    difference = wrap(angle + 360 * turns) - wrap(angle)
    assert min(abs(difference), 360 - abs(difference)) < 1e-9


def test_the_seam_is_one_line():
    assert wrap(180.0) == wrap(-180.0) == -180.0


def plain_bilinear(grid, phi, psi):
    """Write the formula out for one point."""
    n = len(grid)
    x, y = ((a + 180) / 360 * n - 0.5 for a in (phi, psi))
    i, j = int(np.floor(y)), int(np.floor(x))
    u, v = y - i, x - j
    value = 0.0
    for di, wi in ((0, 1 - u), (1, u)):
        for dj, wj in ((0, 1 - v), (1, v)):
            value += wi * wj * grid[(i + di) % n, (j + dj) % n]
    return value


def test_bilinear_against_the_formula():
    grids = rng.random((2, 9, 9))
    phi, psi = rng.uniform(-180, 180, (2, 200))
    which = rng.integers(0, 2, 200)
    expected = [plain_bilinear(grids[k], x, y) for k, x, y in zip(which, phi, psi, strict=True)]
    np.testing.assert_allclose(Table(grids)(phi, psi, which), expected, atol=1e-13)


def test_interpolation_knows_no_seam():
    table = Table(rng.random((1, 12, 12)))
    phi, psi = rng.uniform(-180, 180, (2, 500))
    np.testing.assert_allclose(table(phi, psi, 0), table(phi + 720, psi - 360, 0), atol=1e-12)
    np.testing.assert_allclose(table(-180.0, psi, 0), table(180.0, psi, 0), atol=1e-15)


def test_nodes_give_their_own_values():
    grid = rng.random((1, 8, 8))
    phi, psi = np.meshgrid(centres(8), centres(8))
    np.testing.assert_allclose(Table(grid)(phi, psi, 0), grid[0], atol=1e-14)


def test_blocks_do_not_show(monkeypatch):
    table = Table(rng.random((1, 12, 12)))
    phi, psi = rng.uniform(-180, 180, (2, 100))
    whole = table(phi, psi, 0)
    monkeypatch.setattr(Table, "BLOCK", 7)
    np.testing.assert_array_equal(table(phi, psi, 0), whole)


def test_nan_stays_nan():
    assert np.isnan(Table(rng.random((1, 4, 4)))([np.nan, 0.0], [0.0, np.nan], 0)).all()


def test_nearest_goes_round():
    nodes = centres(180)
    assert nodes[nearest(nodes, np.array([-180.0, 179.9, 360.0, -1.2]))].tolist() == [-179, 179, 1, -1]


def grid(phi, psi=None):
    psi = phi if psi is None else psi
    return xr.DataArray(np.zeros((len(psi), len(phi))), dims=("psi", "phi"), coords={"psi": psi, "phi": phi})


@pytest.mark.parametrize("nodes", [centres(180), np.arange(-180.0, 180), np.arange(0.0, 360, 2), centres(36)[::-1]])
def test_grids_that_go_once_round(nodes):
    assert check_grid(grid(nodes)).dims == ("psi", "phi")


def test_a_circle_may_lack_a_tenth_of_a_step():
    """Nodes of a text file: 36 of them, 10° apart, and the circle 1° too long or too short."""
    for sign in (1, -1):
        # the tenth is one of the longer or the shorter step
        limit = sign / (1 - sign / 360)
        near = np.arange(36) * (360 + 0.99 * limit) / 36
        check_grid(grid(near))
        far = np.arange(36) * (360 + 1.01 * limit) / 36
        with pytest.raises(ValueError, match="once round 360°"):
            check_grid(grid(far))


def test_a_node_may_lie_a_thousandth_of_a_step_off():
    nodes = centres(36)
    nodes[5] += 0.0099
    check_grid(grid(nodes))
    nodes[5] += 0.0002
    with pytest.raises(ValueError, match="not evenly spaced"):
        check_grid(grid(nodes))


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        (np.radians(centres(180)), "radians.*numpy.degrees"),
        (np.linspace(-180, 180, 181), "both ends.*drop the last"),
        (centres(180)[:90], "once round 360°, found 90 from -179 to -1"),
        (np.r_[centres(180)[:-1], 200.0], "not evenly spaced"),
        (np.array([0.0]), "found 1 from 0"),
    ],
)
def test_grids_that_do_not(nodes, said):
    with pytest.raises(ValueError, match=f"mine: phi.*{said}|mine: psi.*{said}"):
        check_grid(grid(nodes), "mine")


def test_axes_need_names_and_coordinates():
    with pytest.raises(ValueError, match=r"\('x', 'y'\).*rename"):
        check_grid(xr.DataArray(np.zeros((2, 2)), dims=("x", "y")))
    with pytest.raises(ValueError, match="psi has no coordinates|phi has no coordinates"):
        check_grid(xr.DataArray(np.zeros((2, 2)), dims=("psi", "phi")))


def test_what_is_no_angle_is_told_without_a_warning():
    nodes = np.array([-165.0, -1e308, -105.0])
    with pytest.raises(ValueError, match=r"psi: the coordinates are no angles in degrees, found"):
        check_grid(xr.DataArray(np.zeros((3, 3)), dims=("psi", "phi"), coords={"psi": nodes, "phi": centres(3)}))


MASKED = [
    np.ma.masked_array([-60.0, 5.0, -70.0], mask=[False, True, False]),
    np.ma.masked_array([-60, 5, -70], mask=[False, True, False]),
    np.ma.masked_array([[-60.0, -70.0]], mask=True),
    np.ma.masked,
]


@pytest.mark.parametrize("angles", MASKED)
def test_what_is_masked_is_nan(angles):
    expected = np.where(np.ma.getmaskarray(angles), np.nan, np.ma.getdata(angles))
    np.testing.assert_array_equal(with_nan(angles), expected)
    if np.size(angles) > 1:
        np.testing.assert_array_equal(in_degrees("f", "phi", angles, "degrees"), expected)
