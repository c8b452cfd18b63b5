"""Rows with both ends of the circle, and rows of lower edges."""

from __future__ import annotations

import numpy as np
import pytest

from domains._files import ReadError
from domains.ramachandran import read_region
from domains.ramachandran.regions.formats.mesh import on_grid
from domains.ramachandran.regions.formats.rows import Rows, centres_of_bins, of_one_turn


def closed_rows(n=12, seed=4):
    """Return rows of a grid with both ends of the circle, shuffled, and its values."""
    values = np.random.default_rng(seed).random((n, n))
    nodes = -180 + np.arange(n + 1) * 360 / n
    psi, phi = (x.ravel() for x in np.meshgrid(nodes, nodes, indexing="ij"))
    order = np.random.default_rng(seed).permutation(phi.size)
    rows = Rows(phi, psi, np.pad(values, ((0, 1), (0, 1)), mode="wrap").ravel(), np.arange(1, phi.size + 1))
    return rows.take(order), values


def test_both_ends_of_the_circle():
    rows, values = closed_rows()
    cells = on_grid(rows)
    np.testing.assert_array_equal(cells, values)
    np.testing.assert_array_equal(cells.phi, -180 + np.arange(12) * 30)


def test_both_ends_of_the_circle_in_a_list(tmp_path):
    rows, values = closed_rows()
    inside = rows.take(rows.values > 0.7)
    path = tmp_path / "cells.csv"
    lines = [f"{x:g},{y:g},1" for x, y in zip(inside.phi, inside.psi, strict=True)]
    path.write_text("\n".join(["phi,psi,allowed", *lines]))
    np.testing.assert_array_equal(read_region(path), values > 0.7)


def test_ends_that_differ():
    rows, _ = closed_rows()
    k = np.flatnonzero((rows.phi == 180) & (rows.psi == 30))[0]
    rows.values[k] = 7
    with pytest.raises(
        ReadError, match=r"phi -180, psi 30 is 0\.\d+ in line .*, and 7 a whole turn further on, in line"
    ):
        on_grid(rows)


def test_an_end_without_a_beginning():
    rows, _ = closed_rows()
    rows = rows.take((rows.phi != -180) | (rows.psi != 30))
    with pytest.raises(ReadError, match="phi 180, psi 30 repeats no other row; leave one end out"):
        on_grid(rows)


@pytest.mark.parametrize("absent", [None, 0.0])
def test_rows_that_are_all_further_on_by_an_axis(absent):
    rows = Rows(np.array([0.0, 400.0]), np.array([400.0, 0.0]), np.ones(2), np.array([1, 2]))
    with pytest.raises(ReadError, match="line 1: the angles run more than once round the circle, and phi 0, psi 400"):
        on_grid(rows, absent)


def test_padding_of_any_width():
    """All of a row's images a whole turn on either side are left out, in radians of few digits too."""
    nodes = np.degrees(np.round(np.radians(-180 + 30 * np.arange(-5, 20)), 5))
    psi, phi = (x.ravel() for x in np.meshgrid(nodes, nodes, indexing="ij"))
    values = np.cos(np.radians(phi)).round(3) + np.sin(2 * np.radians(psi)).round(3)
    rows = of_one_turn(Rows(phi, psi, values, np.arange(phi.size)))
    assert len(rows.phi) == 144
    assert np.ptp(rows.phi) < 360
    assert np.ptp(rows.psi) < 360


@pytest.mark.parametrize("step", [2.5, 10.0, 15.0])
@pytest.mark.parametrize("begin", [-180.0, 0.0])
def test_edges_become_centres_and_centres_stay(step, begin):
    edges = begin + step * np.arange(round(360 / step))
    np.testing.assert_allclose(centres_of_bins(edges), edges + step / 2)
    np.testing.assert_array_equal(centres_of_bins(edges + step / 2), edges + step / 2)
