"""Rows of angles and a value, as a table of another program holds them.

Conventions
-----------
- Angles are in degrees.
- A row that stands a whole turn from another, as in a grid with both ends of the circle or with padding, has the value
  of the other one, and is left out.
- Where a format writes the lower edges of bins, these are multiples of the step.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...._files import ReadError
from ...torus import LARGEST, PERIOD
from .columns import Columns
from .surface import Declared

FINEST = 0.01
"""The smallest step of a grid, degrees."""
_OFF_TURN = 1e-3
"""How much less than a whole turn, in degrees, counts as one."""
_BESIDE = 0.1
"""How far from its first place, in degrees, an angle may stand a whole turn further on."""
_OFF_VALUE = 1e-6
"""How far two values of one node may be apart, as a part of the larger one."""


class Rows(NamedTuple):
    """Angles and a value of some nodes.

    Attributes
    ----------
    phi, psi : ndarray, shape (n,)
        Degrees.
    values : ndarray, shape (n,)
    lines : ndarray of int, shape (n,)
        Where each row stands in its file.
    """

    phi: np.ndarray
    psi: np.ndarray
    values: np.ndarray
    lines: np.ndarray

    def take(self, which: np.ndarray) -> Rows:
        """Return some of the rows, or all in another order."""
        return Rows(self.phi[which], self.psi[which], self.values[which], self.lines[which])

    def pair(self, k: int) -> str:
        """Return the angles of a row, as a message has them."""
        return f"phi {self.phi[k]:g}, psi {self.psi[k]:g}"


def rows_of(table: Columns, phi: int, psi: int, value: int, declared: Declared) -> Rows:
    """Return the rows of a table, of which these columns are the angles and the value.

    Examples
    --------
    >>> table = Columns(np.array([2]), np.array([[-90.0, 30.0, 0.5]]))
    >>> rows_of(table, 0, 1, 2, Declared()).psi
    array([30.])
    """
    return Rows(
        phi=declared.in_degrees(table.values[:, phi]),
        psi=declared.in_degrees(table.values[:, psi]),
        values=table.values[:, value],
        lines=table.lines,
    )


def centres_of_bins(edges: np.ndarray) -> np.ndarray:
    """Return the centres of bins whose lower edges are multiples of the step; what lies between is centres already.

    Examples
    --------
    >>> centres_of_bins(np.array([0.0, 10.0, 20.0])), centres_of_bins(np.array([5.0, 15.0, 25.0]))
    (array([ 5., 15., 25.]), array([ 5., 15., 25.]))
    """
    if not (np.abs(edges) <= LARGEST).all():
        # no angles, which the grid refuses
        return edges
    nodes = np.unique(edges)
    step = float(np.diff(nodes).min()) if len(nodes) > 1 else PERIOD
    if step < FINEST / 10:
        # no step round the circle, which the grid refuses
        return edges
    beside = np.abs(nodes / step - np.round(nodes / step))
    if (beside >= FINEST / 10).any():
        return edges
    return edges + step / 2


def of_one_turn(rows: Rows) -> Rows:
    """Leave out the rows that repeat others a whole turn further on.

    Parameters
    ----------
    rows : Rows

    Returns
    -------
    Rows

    Raises
    ------
    ReadError
        If such a row repeats no other, or has another value.

    Examples
    --------
    >>> rows = Rows(np.array([-180.0, 0.0, 180.0]), np.zeros(3), np.array([1.0, 2.0, 1.0]), np.arange(3))
    >>> of_one_turn(rows).phi
    array([-180.,    0.])
    """
    phi = _turned_back(rows.phi)
    psi = _turned_back(rows.psi)
    is_further_on = (phi != rows.phi) | (psi != rows.psi)
    if not is_further_on.any():
        return rows
    first = rows.take(~is_further_on)
    repeated = rows.take(is_further_on)
    original = _rows_at(first, phi[is_further_on], psi[is_further_on])
    _check_repeats(first, repeated, original)
    return first


def _turned_back(angles: np.ndarray) -> np.ndarray:
    """Return angles less the whole turns that they are beyond the first one."""
    if not len(angles):
        return angles
    turns = np.floor((angles - angles.min() + _OFF_TURN) / PERIOD)
    back: np.ndarray = angles - PERIOD * turns
    return back


def _rows_at(rows: Rows, phi: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """Return which row lies at each pair of angles, −1 where none does."""
    if not len(rows.phi):
        return np.full(len(phi), -1)
    columns = np.unique(rows.phi)
    lines = np.unique(rows.psi)
    cell = _nearest(rows.psi, lines) * len(columns) + _nearest(rows.phi, columns)
    wanted = _nearest(psi, lines) * len(columns) + _nearest(phi, columns)
    order = np.argsort(cell, kind="stable")
    place = np.searchsorted(cell, wanted, sorter=order)
    place = np.minimum(place, len(order) - 1)
    found = order[place]
    near_phi = np.abs(rows.phi[found] - phi) <= _BESIDE
    near_psi = np.abs(rows.psi[found] - psi) <= _BESIDE
    is_there = (cell[found] == wanted) & near_phi & near_psi
    return np.where(is_there, found, -1)


def _nearest(angles: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """Return which of ascending nodes is nearest to each angle."""
    between = (nodes[1:] + nodes[:-1]) / 2
    return np.searchsorted(between, angles)


def _check_repeats(first: Rows, repeated: Rows, original: np.ndarray) -> None:
    """Check that rows a whole turn further on have the values of those that they repeat; −1 for none."""
    lone = np.flatnonzero(original < 0)
    if len(lone):
        k = lone[0]
        found = f"line {repeated.lines[k]}: the angles run more than once round the circle"
        raise ReadError(f"{found}, and {repeated.pair(k)} repeats no other row; leave one end out")
    before = first.take(original)
    is_same = np.isclose(before.values, repeated.values, rtol=_OFF_VALUE, atol=0, equal_nan=True)
    other = np.flatnonzero(~is_same)
    if len(other):
        k = other[0]
        here = f"{before.pair(k)} is {before.values[k]:g} in line {before.lines[k]}"
        there = f"{repeated.values[k]:g} a whole turn further on, in line {repeated.lines[k]}"
        raise ReadError(f"{here}, and {there}; leave one end of the circle out")
