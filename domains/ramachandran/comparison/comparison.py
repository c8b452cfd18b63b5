"""How well two regions of the torus agree.

Conventions
-----------
- Prediction first, reference second. The comparison takes place at the centres of the prediction's grid. How the
  reference came onto it is in ``attrs["regridding"]``. Coarse cells are also drawn on a finer grid, see `beside`.
- A 2° grid alone costs 0.02 to 0.04 of IoU at the boundary: two regions from one truth reach about 0.97.
- `assess` measures once. The report, the picture and every table read what it carries.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import overlap as ov

from ..._checks import UsageError
from ..._text import file_name
from ..empirical import Category, Level
from ..regions.quantities import check_region
from ..regions.regions import check_membership, regrid
from ..torus import check_grid
from .assessment import Assessment, Settings
from .guards import find_hints, hint_line, remedies
from .pairs import Pair, pair_up
from .readings import Elsewhere, MassesOf
from .references import Source, category_mismatch, check_given, choose, mass_mismatch, warn_of_categories
from .shares import as_residues, masses_on
from .stacks import Regions, further_labels, lengths, names_of_regions, regions_of

Angles = tuple[Any, Any] | tuple[Any, Any, Any]
"""phi, psi and perhaps groups."""


def assess(
    predicted: xr.DataArray,
    reference: str | xr.Dataset | xr.DataArray = "top8000",
    *,
    category: Category | Sequence[Category] | None = None,
    level: Level | Sequence[Level] | None = "favored",
    weights: xr.DataArray | None = None,
    tnorm: ov.raster.TNorm = "minimum",
    empty: float | ov.EmptyPolicy = nan,
    strict: bool = False,
    angles: Angles | None = None,
) -> Assessment:
    """Bring a predicted region and a reference one onto one grid and measure how they overlap.

    The result carries all that the report, the tables and the picture of a comparison show.

    Parameters
    ----------
    predicted, reference, category, level, weights, tnorm, empty, strict, angles
        See `compare`.

    Returns
    -------
    Assessment

    Raises
    ------
    TypeError, ValueError
        See `compare`.

    See Also
    --------
    compare : Compare a predicted region with a reference one, as two sets on the torus.
    plot_agreements : Draw every comparison of an assessment in a panel of its own.

    Examples
    --------
    >>> from ..regions.regions import region
    >>> assessed = assess(region("top8000", "glycine", "allowed"), level="favored")
    >>> int(assessed.overlap.intersection), assessed.regridding
    (11638, 'none')
    >>> round(float(assessed.report.missed), 4)
    0.0
    >>> assessed
    <Assessment of top8000 glycine, allowed against top8000 glycine, favored>
    """
    _check_kinds(predicted, weights)
    settings = Settings(category, level, tnorm, empty)
    residues = None if angles is None else as_residues(angles)
    check_region("ramachandran.compare", "predicted", predicted)
    predicted = check_grid(predicted, "ramachandran.compare: prediction")
    if isinstance(reference, xr.DataArray):
        check_given(reference, category, level)
        check_region("ramachandran.compare", "reference", reference)
        source = Source(check_grid(reference, "ramachandran.compare: reference"))
    else:
        source = choose(predicted, reference, category, level)
    if residues is not None and "category" in source.region.dims:
        raise UsageError("ramachandran.compare: angles are of residues of one category; compare one category at a time")
    mismatch = category_mismatch(predicted, source.region)
    if mismatch and strict:
        raise ValueError(f"ramachandran.compare: {mismatch}; choose the prediction's with category= (--category)")
    if mismatch:
        warn_of_categories(mismatch)
    said = mass_mismatch(predicted, source)
    if said:
        warnings.warn(f"ramachandran.compare: {said}", stacklevel=3)
    moved, regridding = regrid(source.region, predicted)

    labels = further_labels({"prediction": predicted, "reference": moved, "weights": weights})
    shape = lengths(labels, [predicted, moved, weights])
    check_membership(predicted.values, "ramachandran.compare: prediction")
    check_membership(moved.values, "ramachandran.compare: reference")
    pair = pair_up(predicted, moved, weights, tnorm, labels, shape, source.holds_ranks())
    number_of_pair = np.arange(len(pair.a)).reshape(shape)
    return Assessment(
        predicted=predicted,
        reference=moved,
        weights=weights,
        settings=settings,
        overlap=pair.overlap[number_of_pair],
        torus=pair.torus[number_of_pair],
        labels=labels,
        regridding=regridding,
        hint=_hint(pair, source, labels, shape, strict),
        pair=pair,
        source=source,
        residues=residues,
    )


def compare(
    predicted: xr.DataArray,
    reference: str | xr.Dataset | xr.DataArray = "top8000",
    *,
    category: Category | Sequence[Category] | None = None,
    level: Level | Sequence[Level] | None = "favored",
    weights: xr.DataArray | None = None,
    tnorm: ov.raster.TNorm = "minimum",
    empty: float | ov.EmptyPolicy = nan,
    strict: bool = False,
    angles: Angles | None = None,
) -> xr.Dataset:
    """Compare a predicted region with a reference one, as two sets on the torus.

    Parameters
    ----------
    predicted : DataArray, dimensions (..., psi, phi)
        Bool, or floating in [0, 1] for a soft prediction. Further dimensions (several models) are kept.
    reference : str, Dataset or DataArray
        The name of an empirical reference, a Dataset like it, or any region.
    category : str or sequence of str, optional
        Which empirical region, or which of them along a dimension ``category``. By default the prediction's own
        (``attrs["category"]``), else "general". A prediction with a dimension ``category`` meets each category's
        region.
    level : {"favored", "allowed"} or a sequence of them, optional
        Which empirical region, or which of them along a dimension ``level``; "allowed" holds the favored cells too.
        With None a prediction with a dimension ``level`` meets each level's region, and any other meets both. A
        reference that is a region has the level it has.
    weights : DataArray, optional
        Size of each cell; equal by default.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How soft values intersect, see `overlap.raster.measure`.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    strict : bool
        Whether it is an error, and no hint or warning, that the prediction would fit far better if it were read
        otherwise, or is of another category than the reference.
    angles : tuple (phi, psi) or (phi, psi, groups), optional
        Backbone angles of one's own residues of the category, in degrees: ``mass_a`` and ``mass_b`` are then the shares
        of them, with 95 % intervals by bootstrap; ``groups``, a label for each such as its chain, are resampled whole.

    Returns
    -------
    Dataset
        - ``intersection``, ``size_a`` (prediction), ``size_b`` (reference): in cells.
        - ``iou``, ``dice``.
        - ``share_a``, ``share_b``: the sizes in per cent of the torus.
        - ``outside``: share of the prediction outside the reference.
        - ``missed``: share of the reference that is not predicted.
        - ``mass_a``, ``mass_b``: share of real residues inside each region; with `angles` also ``mass_a_low`` to
          ``mass_b_high``. NaN where the reference has no ranks, and no angles are given.
        - ``iou_fine``: the IoU on the finer grid of the two, the prediction drawn as cells. ``grid_bound``: the most
          that cells of the prediction's size can reach there; NaN if the reference has no score.
        - ``n_defined``: how many values of each index are defined.

        Decisions are in ``attrs``; ``basins`` says which basins a single prediction misses.

    Raises
    ------
    TypeError
        If the prediction is no DataArray, or the values of a region are neither bool nor floating.
    ValueError
        If a grid does not cover the torus once, a value is outside [0, 1], labels differ, a name is unknown, or
        `strict` finds a mistake.

    Warns
    -----
    UserWarning
        If the two regions are of different categories.

    See Also
    --------
    assess : What the report is made of, for pictures and further tables.

    Examples
    --------
    >>> from ..regions.regions import region
    >>> report = compare(region("top8000", "glycine"), region("top8000", "glycine", "allowed"))
    >>> round(float(report.outside), 4), round(float(report.missed), 4)
    (0.0, 0.428)

    Six categories and both levels in one call:

    >>> report = compare(region("top8000", None), level=["favored", "allowed"])
    >>> report.iou.sel(category="glycine").values.round(4)
    array([1.   , 0.572])
    """
    assessed = assess(
        predicted,
        reference,
        category=category,
        level=level,
        weights=weights,
        tnorm=tnorm,
        empty=empty,
        strict=strict,
        angles=angles,
    )
    return assessed.report


def _check_kinds(predicted: Any, weights: Any) -> None:
    """Refuse a prediction or weights without coordinates."""
    if isinstance(predicted, str | Path):
        raise TypeError(
            f"ramachandran.compare: the prediction is a path; read it first: read_region({file_name(predicted)!r})"
        )
    if not isinstance(predicted, xr.DataArray):
        raise TypeError(
            f"ramachandran.compare: the prediction is a {type(predicted).__name__}; pass a DataArray with dimensions "
            "psi and phi and cell centres in degrees, as read_region returns"
        )
    if weights is not None and not isinstance(weights, xr.DataArray):
        raise TypeError(
            f"ramachandran.compare: weights are a {type(weights).__name__}; pass a DataArray with the size of each "
            "cell, of dimensions psi and phi, such as xarray.DataArray(sizes, predicted.coords)"
        )


def _hint(pair: Pair, source: Source, labels: Mapping[str, Any], shape: tuple[int, ...], strict: bool) -> str:
    """Say which other readings fit far better, if any do."""

    def at_centres(psi: np.ndarray, phi: np.ndarray) -> Regions:
        return regions_of(source.at(psi, phi).variable, labels, shape)

    def of_categories() -> dict[str, Regions]:
        names, cells = source.of_categories(pair.psi, pair.phi)
        if not names:
            return {}
        which = regions_of(cells[0], labels, shape).which
        each = cells.values.reshape(len(names), -1, *cells.shape[-2:])
        return {name: Regions(each[k], which) for k, name in enumerate(names)}

    between_cells = source.can_move(pair.psi[1] - pair.psi[0], pair.phi[1] - pair.phi[0])
    masses_of = _masses_of(pair, source)
    hints = find_hints(pair, Elsewhere(at_centres, of_categories, masses_of, between_cells))
    if not hints:
        return ""
    line = hint_line(hints, names_of_regions(labels, shape))
    if strict:
        raise ValueError(f"ramachandran.compare: {line}; {remedies(hints)}; or leave strict= (--strict) out")
    return line


def _masses_of(pair: Pair, source: Source) -> MassesOf | None:
    """Return what gives the masses of a category in the cells of a pair; None where the reference tells none."""
    family = source.family
    if family is None or not source.holds_ranks():
        return None
    return lambda category: masses_on(family, category, pair.psi, pair.phi)
