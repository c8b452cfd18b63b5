"""Basins: how well each connected part of a reference region is predicted.

Conventions
-----------
- What a basin is, what it is called and which cells of the prediction belong to it is said in `parts`.
- The rows of one region add up to its overlap.
"""

from __future__ import annotations

import pandas as pd

from .assessment import Assessment
from .parts import COLUMNS, basins_of, rows_of
from .stacks import labels_of_regions


def basins(assessed: Assessment) -> pd.DataFrame:
    """Return how well each basin of the reference is predicted.

    Parameters
    ----------
    assessed : Assessment
        Of hard regions.

    Returns
    -------
    DataFrame
        A row for each basin of the reference, the largest first, then one for each part of the prediction that shares
        nothing with the reference (``basin`` "only predicted"): the labels of the stack, ``basin``, ``phi``, ``psi``
        (its peak), ``intersection``, ``size_a``, ``size_b``, ``iou``, ``missed`` (share of the basin that is not
        predicted), ``area`` (per cent of the torus) and ``mass`` (share of the reference residues; NaN if unknown).

    Raises
    ------
    TypeError
        If one of the regions is soft.

    See Also
    --------
    compare : Compare a predicted region with a reference one, as two sets on the torus.
    assess : Bring a predicted region and a reference one onto one grid and measure how they overlap.

    Examples
    --------
    >>> from .comparison import assess
    >>> from ..models.steric import hard_sphere
    >>> table = basins(assess(hard_sphere()))
    >>> table[["basin", "iou", "missed", "mass"]].round(3)
                basin    iou  missed   mass
    0       beta/PPII  0.603   0.079  0.384
    1          alphaR  0.404   0.388  0.571
    2          alphaL  0.063   0.934  0.025
    3          gamma'  0.000   1.000  0.000
    4  only predicted  0.000     NaN  0.000
    """
    pair = assessed.pair
    for side, cells in {"prediction": pair.a, "reference": pair.b}.items():
        if cells.dtype != bool:
            raise TypeError(f"ramachandran.basins: the {side} is soft; cut it first, such as {side} >= 0.5")
    scores = assessed.scores
    masses = assessed.masses
    rows = []
    for k, labels in enumerate(labels_of_regions(assessed.labels, assessed.overlap.shape)):
        score = None if scores is None else scores[k]
        mass = None if masses is None else masses[k]
        size = None if pair.cells is None else pair.cells[k]
        found = basins_of(pair.b[k], pair.psi, pair.phi, score, pair.categories[k])
        for row in rows_of(pair.a[k], found, size, mass):
            rows.append({**labels, **row})
    return pd.DataFrame(rows, columns=[*assessed.labels, *COLUMNS])
