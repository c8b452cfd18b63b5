"""The connected parts of a region on the torus: how they are named, and what of each is predicted.

Conventions
-----------
- Cells are connected by their edges (4-connectivity), also over the seams at ±180°.
- A basin is named by the peaks of the empirical maps that lie in it: alphaR, beta/PPII, alphaL and gamma'. Basins that
  have grown together bear all their names; one that holds none of these is C7eq, C7ax, or its own peak.
- Each cell of the prediction belongs to one basin at most: the one it lies in, or else the one that its connected part
  of the prediction shares most with. A part that shares nothing with the reference is a row of its own; so the rows add
  up to the overlap of the whole.
- A basin is missed if less than a tenth of its area is predicted.

References
----------
Lovell, S. C. et al. (2003). Structure validation by Cα geometry: φ, ψ and Cβ deviation. Proteins 50, 437.
doi:10.1002/prot.10286
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

import overlap as ov

from ..torus import nearest

PEAKS = {
    "alphaR": [(-63.0, -43.0), (-89.0, 5.0)],
    "beta/PPII": [(-115.0, 131.0), (-65.0, 145.0), (-75.0, 155.0)],
    "alphaL": [(53.0, 43.0), (49.0, 57.0)],
    "gamma'": [(53.0, -127.0)],
}
"""Where the empirical maps have their peaks, (phi, psi) in degrees; some categories have them a little beside."""
MIRRORED = {"mirrored beta/PPII": [(115.0, -131.0)]}
"""Further peaks of glycine, which has no hand; its alphaL is the mirror of alphaR."""
OTHERS = {"C7eq": [(-81.0, 65.0)], "C7ax": [(71.0, -57.0)]}
"""Names of basins that hold no peak of the others."""
ONLY_PREDICTED = "only predicted"
COLUMNS = ("basin", "phi", "psi", "intersection", "size_a", "size_b", "iou", "missed", "area", "mass")
"""The columns of a table of basins, after the labels of the stack."""
MISSED = 0.1
"""A basin of which less is predicted is missed."""


@dataclass(frozen=True, eq=False)
class Basins:
    """The basins of a region.

    Attributes
    ----------
    label : ndarray of int, shape (psi, phi)
        The basin of each cell from 1 on, 0 outside.
    names : list of str
    peaks : list of tuple of float
        (phi, psi) of the highest score in each, or of the cell nearest to its middle.
    """

    label: np.ndarray
    names: list[str]
    peaks: list[tuple[float, float]]


def basins_of(
    cells: np.ndarray, psi: np.ndarray, phi: np.ndarray, score: np.ndarray | None = None, category: str = ""
) -> Basins:
    """Return the basins of a region, with their names.

    Parameters
    ----------
    cells : ndarray of bool, shape (psi, phi)
    psi, phi : ndarray
        Cell centres in degrees.
    score : ndarray, shape (psi, phi), optional
        Whose highest value in a basin is its peak.
    category : str
        "glycine" has further peaks.

    Examples
    --------
    >>> from ..regions.regions import region
    >>> general = region()
    >>> basins_of(general.values, general.psi.values, general.phi.values, general.score.values).names
    ['beta/PPII', 'alphaR', 'alphaL', "gamma'"]
    """
    label = components(cells)
    n = int(label.max(initial=0))
    known = {**PEAKS, **MIRRORED} if category == "glycine" else PEAKS
    held = _names_held(label, psi, phi, known, n)
    others = _names_held(label, psi, phi, OTHERS, n)
    names = []
    peaks = []
    for k in range(n):
        peak = _peak(label == k + 1, psi, phi, score)
        by_peak = f"({peak[0]:g}, {peak[1]:g})"
        names.append(" + ".join(held[k] or others[k]) or by_peak)
        peaks.append(peak)
    return Basins(label, names, peaks)


def kept_basins(cells: np.ndarray, psi: np.ndarray, phi: np.ndarray, score: np.ndarray | None, category: str) -> Basins:
    """Return `basins_of` of a region, from a few that are kept: many predictions meet one reference.

    Examples
    --------
    >>> nodes = np.array([-120.0, 0.0, 120.0])
    >>> kept_basins(np.eye(3, dtype=bool), nodes, nodes, None, "").names
    ['(-120, -120)', 'alphaL', '(120, 120)']
    """
    own_score = None if score is None else score.astype(float).tobytes()
    return _kept_basins(cells.tobytes(), psi.tobytes(), phi.tobytes(), own_score, category)


@lru_cache(maxsize=16)
def _kept_basins(cells: bytes, psi: bytes, phi: bytes, score: bytes | None, category: str) -> Basins:
    on_psi = np.frombuffer(psi)
    on_phi = np.frombuffer(phi)
    shape = (len(on_psi), len(on_phi))
    values = None if score is None else np.frombuffer(score).reshape(shape)
    return basins_of(np.frombuffer(cells, bool).reshape(shape), on_psi, on_phi, values, category)


def components(cells: np.ndarray) -> np.ndarray:
    """Return the connected parts of a region on the torus, numbered, the largest first.

    Parameters
    ----------
    cells : ndarray of bool, shape (psi, phi)

    Returns
    -------
    ndarray of int, of the same shape
        From 1 on; 0 outside.

    Examples
    --------
    >>> components(np.array([[True, False, True], [False, False, False], [False, True, False]]))
    array([[1, 0, 1],
           [0, 0, 0],
           [0, 2, 0]])
    """
    from scipy.ndimage import label
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    part, n = label(cells)
    # parts that meet over a seam
    first = np.concatenate([part[0], part[:, 0]])
    last = np.concatenate([part[-1], part[:, -1]])
    meet = (first > 0) & (last > 0)
    ones = np.ones(np.count_nonzero(meet), bool)
    graph = coo_array((ones, (first[meet], last[meet])), shape=(n + 1, n + 1))
    _, joined = connected_components(graph, directed=False)
    merged = joined[part]
    outside = joined[0]
    sizes = np.bincount(merged.ravel())
    sizes[outside] = -1
    order = np.argsort(-sizes, kind="stable")
    number = np.empty(len(order), int)
    number[order] = np.arange(1, len(order) + 1)
    number[outside] = 0
    numbered: np.ndarray = number[merged]
    return numbered


def rows_of(
    a: np.ndarray, found: Basins, cells: np.ndarray | None = None, mass: np.ndarray | None = None
) -> list[dict[str, Any]]:
    """Return the rows of a table of basins for one prediction.

    Parameters
    ----------
    a : ndarray of bool, shape (psi, phi)
    found : Basins
        Of the reference.
    cells, mass : ndarray, shape (psi, phi), optional
        Sizes of the cells, and the share of the residues in each.

    Examples
    --------
    >>> found = Basins(np.array([[1, 0, 0, 2]]), ["east", "west"], [(0.0, 0.0), (90.0, 0.0)])
    >>> [(row["basin"], row["iou"]) for row in rows_of(np.array([[True, True, False, False]]), found)]
    [('east', 0.5), ('west', 0.0)]
    """
    n = len(found.names)
    part = components(a)
    owner = _owners(part, found.label, n)
    size = np.ones(a.shape) if cells is None else np.asarray(cells, float)
    shared = np.where(a, found.label, 0)
    intersection = _sums(shared, size, owner.max(initial=n))
    size_a = _sums(owner, size, owner.max(initial=n))
    size_b = _sums(found.label, size, owner.max(initial=n))
    held = None if mass is None else _sums(found.label, mass, owner.max(initial=n))
    rows = []
    for k in range(len(size_a)):
        o = ov.Overlap(intersection[k], size_a[k], size_b[k])
        in_reference = k < n
        phi, psi = found.peaks[k] if in_reference else (np.nan, np.nan)
        rows.append(
            {
                "basin": found.names[k] if in_reference else ONLY_PREDICTED,
                "phi": phi,
                "psi": psi,
                "intersection": intersection[k],
                "size_a": size_a[k],
                "size_b": size_b[k],
                "iou": float(ov.iou(o)),
                "missed": 1 - float(ov.recall(o)),
                "area": 100 * size_b[k] / size.sum(),
                "mass": np.nan if held is None else held[k],
            }
        )
    return rows


def missed_basins(a: np.ndarray, found: Basins, cells: np.ndarray | None = None, mass: np.ndarray | None = None) -> str:
    """Say which basins a prediction misses, the one of most residues first; "" if none.

    Parameters
    ----------
    a, found, cells, mass
        See `rows_of`.

    Examples
    --------
    >>> found = Basins(np.array([[1, 0, 0, 2]]), ["east", "west"], [(0.0, 0.0), (90.0, 0.0)])
    >>> missed_basins(np.array([[True, False, False, False]]), found, mass=np.array([[0.9, 0.0, 0.066, 0.034]]))
    'west is missed (area 25.0 %, 3.4 % of residues)'
    """
    n = len(found.names)
    size = np.ones(a.shape) if cells is None else np.asarray(cells, float)
    whole = _sums(found.label, size, n)
    predicted = _sums(np.where(a, found.label, 0), size, n)
    held = np.zeros(n) if mass is None else _sums(found.label, mass, n)
    missed = np.flatnonzero(predicted < MISSED * whole)
    told = []
    for k in sorted(missed.tolist(), key=lambda k: (-held[k], -whole[k])):
        of_residues = "" if mass is None else f", {_percent(100 * held[k])} of residues"
        area = _percent(100 * whole[k] / size.sum())
        told.append(f"{found.names[k]} is missed (area {area}{of_residues})")
    return "; ".join(told)


def _percent(share: float) -> str:
    """Return a share in per cent, with a digit that is not 0."""
    return f"{share:.1f} %" if share >= 0.05 else f"{share:.1g} %"


def _owners(part: np.ndarray, label: np.ndarray, n: int) -> np.ndarray:
    """Return the basin of each cell of the prediction; further numbers for parts that meet none."""
    n_parts = int(part.max(initial=0))
    table = np.bincount((part * (n + 1) + label).ravel(), minlength=(n_parts + 1) * (n + 1))
    table = table.reshape(n_parts + 1, n + 1)
    table[:, 0] = 0
    most = table.argmax(axis=1)
    alone = np.flatnonzero(most[1:] == 0) + 1
    most[alone] = n + np.arange(1, len(alone) + 1)
    most[0] = 0
    inside = (label > 0) & (part > 0)
    return np.where(inside, label, most[part])


def _sums(label: np.ndarray, values: np.ndarray, n: int) -> np.ndarray:
    """Return the sum of values for each label from 1 to n."""
    return np.bincount(label.ravel(), values.ravel(), minlength=n + 1)[1:]


def _names_held(
    label: np.ndarray, psi: np.ndarray, phi: np.ndarray, peaks: Mapping[str, Sequence[tuple[float, float]]], n: int
) -> list[list[str]]:
    """Return the names whose peaks each basin holds; a name goes to one basin, by its first peak that is in any."""
    held: list[list[str]] = [[] for _ in range(n)]
    for name, places in peaks.items():
        for x, y in places:
            row = nearest(psi, np.array(y))
            column = nearest(phi, np.array(x))
            k = int(label[row, column])
            if k:
                held[k - 1].append(name)
                break
    return held


def _peak(cells: np.ndarray, psi: np.ndarray, phi: np.ndarray, score: np.ndarray | None) -> tuple[float, float]:
    """Return (phi, psi) of the highest score among cells, or of the one nearest to their middle on the circles."""
    if score is None:
        rows, columns = np.nonzero(cells)
        score = _towards(phi, phi[columns]) + _towards(psi, psi[rows])[:, None]
    at = np.where(cells, score, -np.inf).argmax()
    row, column = np.unravel_index(at, cells.shape)
    return float(phi[column]), float(psi[row])


def _towards(nodes: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Return how near nodes lie to the mean direction of angles."""
    mean = np.exp(1j * np.radians(angles)).sum()
    near: np.ndarray = np.cos(np.radians(nodes) - np.angle(mean))
    return near
