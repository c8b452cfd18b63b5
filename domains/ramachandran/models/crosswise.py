"""Regions against the empirical ones of all categories: how far a model that was made for one class holds for others.

Conventions
-----------
- A row for each model, category and level. ``in_sample`` is True where the model was learned from that very region.
- Mass recall is the share of the reference's residues inside the model, by the masses of its cells. Point recall is the
  share of given angles inside it; each is in the model's cell whose centre is nearest.
- Recall alone is no merit: the whole torus has all of it. It stands beside the share of the torus that a model allows.
- No row is independent of the reference as a whole: all six maps come from one set of chains, by one smoothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..._checks import UsageError, check_choice
from ..comparison.comparison import compare
from ..comparison.masses import reference_masses
from ..empirical import LEVELS, maps_of
from ..regions.quantities import check_region
from ..regions.regions import check_membership
from ..torus import check_grid, nearest, with_nan

OPERATION = "ramachandran.compare_crosswise"
COMPARED = ("iou", "dice", "outside", "missed")


def compare_crosswise(
    models: Mapping[str, xr.DataArray],
    reference: str | xr.Dataset = "top8000",
    *,
    angles: Mapping[str, tuple[Any, Any]] | None = None,
) -> pd.DataFrame:
    """Compare regions with the empirical ones of every category and level, and count the residues inside them.

    Parameters
    ----------
    models : mapping of str to DataArray of bool, dimensions (psi, phi)
        Regions by name, such as those of `hard_sphere` or `learn_contacts`.
    reference : str or Dataset
        The name of an empirical reference, or a Dataset like it, whose scores are percentile ranks.
    angles : mapping of str to (phi, psi), optional
        Angles of residues in degrees, by category. Angles that the reference was made of are no independent judges.

    Returns
    -------
    DataFrame
        ``model category level in_sample iou dice outside missed``, as `compare` has them; ``share``, of the torus;
        ``mass_recall``; ``point_recall`` and ``points``, NaN and 0 without angles of that category.

    Raises
    ------
    TypeError, ValueError
        If a model is no region of bool, or a category or its angles are wrong.

    See Also
    --------
    compare : Compare a predicted region with a reference one, as two sets on the torus.
    learn_contacts : Learn the contact limits whose hard-sphere region overlaps an empirical one most.

    Examples
    --------
    >>> from .steric import hard_sphere
    >>> found = compare_crosswise({"1963": hard_sphere()})
    >>> found.loc[1, ["category", "level"]].tolist()
    ['general', 'allowed']
    >>> round(float(found.iou[1]), 3), round(float(found.mass_recall[1]), 3)
    (0.485, 0.741)
    """
    maps = maps_of(reference)
    known = dict(angles or {})
    for category in known:
        check_choice(OPERATION, "each category of angles", category, maps.categories)
    categories: Any = list(maps.categories)
    rows = []
    for name, model in models.items():
        cells = _hard(name, model)
        report = compare(cells.assign_attrs(category=""), reference, category=categories, level=LEVELS)
        for category in maps.categories:
            inside = _at(cells, maps.phi[None, :], maps.psi[:, None])
            recall = float(reference_masses(maps, category)[inside].sum())
            points = _inside(cells, category, known[category]) if category in known else np.empty(0, bool)
            for level in LEVELS:
                compared = report.sel(category=category, level=level)
                row = {
                    "model": name,
                    "category": category,
                    "level": level,
                    "in_sample": model.attrs.get("learned_from") == f"{maps.name} {category}, {level}",
                    **{index: float(compared[index]) for index in COMPARED},
                    "share": float(cells.mean()),
                    "mass_recall": recall,
                    "point_recall": points.mean() if points.size else np.nan,
                    "points": points.size,
                }
                rows.append(row)
    return pd.DataFrame(rows)


def _hard(name: str, model: xr.DataArray) -> xr.DataArray:
    check_region(OPERATION, name, model)
    cells = check_grid(model, f"{OPERATION}: {name}")
    check_membership(cells.values, f"{OPERATION}: {name}")
    if cells.dtype != bool or cells.dims != ("psi", "phi"):
        raise UsageError(
            f"{OPERATION}: {name} is {cells.dtype} with dimensions {cells.dims}; pass one hard region of (psi, phi), "
            "such as soft >= 0.5"
        )
    return cells


def _inside(cells: xr.DataArray, category: str, angles: tuple[Any, Any]) -> np.ndarray:
    """Return which residues lie inside a region."""
    if len(angles) != 2:
        raise UsageError(f"{OPERATION}: angles of {category!r} are {len(angles)} arrays; pass phi and psi")
    phi = with_nan(angles[0]).astype(float)
    psi = with_nan(angles[1]).astype(float)
    if phi.shape != psi.shape or not np.isfinite([phi, psi]).all():
        raise UsageError(
            f"{OPERATION}: angles of {category!r} are not as many phi as psi, or not finite; leave residues out that "
            "lack one"
        )
    return _at(cells, phi, psi)


def _at(cells: xr.DataArray, phi: np.ndarray, psi: np.ndarray) -> np.ndarray:
    """Return the region at angles, of the shape that they broadcast to."""
    columns = nearest(cells.phi.values, phi)
    rows = nearest(cells.psi.values, psi)
    return np.asarray(cells.values[rows, columns])
