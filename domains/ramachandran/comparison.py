"""How well two regions of the torus agree.

Conventions
-----------
- Prediction first, reference second. The comparison takes place on the prediction's grid. How the reference came
  onto it is in ``attrs["regridding"]``.
- Sizes are in cells of that grid, all equal: the torus is flat. Shares are per cent.
- An index of two empty regions is NaN unless ``empty=`` says otherwise. ``n_defined`` counts those that are not.
- A 2° grid alone costs 0.02 to 0.04 of IoU at the boundary: two regions from one truth reach about 0.97.
- `assess` measures once. The report, the picture and every table read what it carries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import nan
from typing import Any

import numpy as np
import xarray as xr

import overlap as ov

from .. import _report
from .._checks import check_choice, check_empty
from .._html import Displayed
from .empirical import Category, Level
from .guards import find_hints, hint_line, remedies
from .readings import DEFAULT_MASS, Elsewhere, Pair
from .references import Source, category_mismatch, check_given, choose, warn_of_categories
from .regions import Regridding, check_membership, regrid
from .stacks import by_region, check_weights, further_labels, names_of_regions, spread
from .torus import check_grid

INDICES = ("iou", "dice")


@dataclass(frozen=True)
class Settings:
    """What decides the numbers of a comparison, besides the regions and weights. See `compare` for the fields.

    Raises
    ------
    ValueError
        If `tnorm` is unknown, or `empty` neither a number nor a policy.
    """

    category: Category | Sequence[Category] | None = None
    level: Level | Sequence[Level] | None = "favored"
    tnorm: ov.raster.TNorm = "minimum"
    empty: float | ov.EmptyPolicy = nan

    def __post_init__(self) -> None:
        check_choice("ramachandran.compare", "tnorm", self.tnorm, ov.raster.TNORMS)
        check_empty("ramachandran.compare", "empty", self.empty)


@dataclass(frozen=True, eq=False)
class Assessment(Displayed):
    """All of a comparison, made once by `assess`: what the report, the tables and the picture read.

    Attributes
    ----------
    predicted, reference : DataArray, dimensions (..., psi, phi)
        The two regions on the prediction's grid.
    weights : DataArray or None
        Size of each cell.
    settings : Settings
        What decided the numbers.
    overlap : Overlap
        The sizes, with an axis for each of `labels`.
    torus : float or ndarray
        Size of the whole torus in the same unit.
    labels : mapping of str to labels or None
        The dimensions besides psi and phi, in order, and their coordinates where they have any.
    regridding : {"none", "score interpolated, then cut", "nearest cell"}
        How the reference came onto the grid.
    hint : str
        Which other reading of the prediction fits far better, with both numbers; "" if none does.
    """

    predicted: xr.DataArray
    reference: xr.DataArray
    weights: xr.DataArray | None
    settings: Settings
    overlap: ov.Overlap
    torus: Any
    labels: Mapping[str, Any]
    regridding: Regridding
    hint: str

    @cached_property
    def report(self) -> xr.Dataset:
        """What `compare` returns.

        Examples
        --------
        >>> from .regions import region
        >>> assessed = assess(region("top8000", "glycine"))
        >>> float(assessed.report.iou)
        1.0
        """
        empty = self.settings.empty
        dims = tuple(self.labels)
        precision = ov.precision(self.overlap, empty=empty)
        recall = ov.recall(self.overlap, empty=empty)
        share_a = 100 * self.overlap.size_a / self.torus
        share_b = 100 * self.overlap.size_b / self.torus
        percent = {"units": "%"}
        more = {
            "share_a": (dims, share_a, percent),
            "share_b": (dims, share_b, percent),
            "outside": (dims, 1 - precision),
            "missed": (dims, 1 - recall),
        }
        decisions: dict[str, Any] = {
            "tnorm": self.settings.tnorm,
            "category": str(self.reference.attrs.get("category", "")),
            "level": str(self.reference.attrs.get("level", "")),
            "regridding": f"reference: {self.regridding}",
            "grid": f"{self.predicted.sizes['psi']} × {self.predicted.sizes['phi']} cells (psi × phi)",
        }
        if self.hint:
            decisions["hint"] = self.hint
        unlabelled = [dim for dim, own in self.labels.items() if own is None]
        coords = dict(self.labels)
        for dim in unlabelled:
            coords[dim] = np.arange(self.overlap.shape[dims.index(dim)])
        report = _report.build(
            self.overlap,
            coords,
            INDICES,
            prediction=_report.name_of(self.predicted, "prediction"),
            reference=_report.name_of(self.reference, "reference"),
            units="cells" if self.weights is None else "weighted cells",
            empty=empty,
            more=more,
            **decisions,
        )
        return report.drop_vars(unlabelled)

    def __repr__(self) -> str:
        prediction = _report.name_of(self.predicted, "prediction")
        reference = _report.name_of(self.reference, "reference")
        several = f", along {', '.join(self.labels)}" if self.labels else ""
        return f"<Assessment of {prediction} against {reference}{several}>"


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
) -> Assessment:
    """Bring a predicted region and a reference one onto one grid and measure how they overlap.

    The result carries all that the report, the tables and the picture of a comparison show.

    Parameters
    ----------
    predicted, reference, category, level, weights, tnorm, empty, strict
        See `compare`.

    Returns
    -------
    Assessment

    Raises
    ------
    TypeError, ValueError
        See `compare`.

    Examples
    --------
    >>> from .regions import region
    >>> assessed = assess(region("top8000", "glycine", "allowed"), level="favored")
    >>> int(assessed.overlap.intersection), assessed.regridding
    (11638, 'none')
    >>> round(float(assessed.report.missed), 4)
    0.0
    >>> assessed
    <Assessment of top8000 glycine, allowed against top8000 glycine, favored>
    """
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
    settings = Settings(category, level, tnorm, empty)
    predicted = check_grid(predicted, "ramachandran.compare: prediction")
    if isinstance(reference, xr.DataArray):
        check_given(reference, category, level)
        source = Source(check_grid(reference, "ramachandran.compare: reference"))
    else:
        source = choose(predicted, reference, category, level)
    mismatch = category_mismatch(predicted, source.region)
    if mismatch and strict:
        raise ValueError(f"ramachandran.compare: {mismatch}; choose the prediction's with category= (--category)")
    if mismatch:
        warn_of_categories(mismatch)
    moved, regridding = regrid(source.region, predicted)

    labels = further_labels({"prediction": predicted, "reference": moved, "weights": weights})
    dims = (*labels, "psi", "phi")
    a = spread(predicted, dims)
    b = spread(moved, dims)
    check_membership(a, "ramachandran.compare: prediction")
    check_membership(b, "ramachandran.compare: reference")
    n_psi, n_phi = a.shape[-2:]
    if weights is None:
        cells = None
        torus: Any = n_psi * n_phi
        shape = np.broadcast_shapes(a.shape, b.shape)
    else:
        cells = spread(weights, dims)
        check_weights(cells)
        lead = cells.shape[:-2]
        cells = np.broadcast_to(cells, (*lead, n_psi, n_phi))
        torus = cells.sum(axis=(-2, -1), dtype=float)
        shape = np.broadcast_shapes(a.shape, b.shape, cells.shape)
        cells = np.broadcast_to(cells, shape)
    a = np.broadcast_to(a, shape)
    b = np.broadcast_to(b, shape)
    overlap = _measure(a, b, cells, tnorm)
    pair = _pair(a, b, cells, tnorm, overlap, moved, labels)
    hint = _hint(pair, source, labels, shape, strict)
    return Assessment(
        predicted=predicted,
        reference=moved,
        weights=weights,
        settings=settings,
        overlap=overlap,
        torus=torus,
        labels=labels,
        regridding=regridding,
        hint=hint,
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

    Returns
    -------
    Dataset
        - ``intersection``, ``size_a`` (prediction), ``size_b`` (reference): in cells.
        - ``iou``, ``dice``.
        - ``share_a``, ``share_b``: the sizes in per cent of the torus.
        - ``outside``: share of the prediction outside the reference.
        - ``missed``: share of the reference that is not predicted.
        - ``n_defined``: how many values of each index are defined.

        Decisions are in ``attrs``.

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
    >>> from .regions import region
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
    )
    return assessed.report


def _measure(a: np.ndarray, b: np.ndarray, cells: np.ndarray | None, tnorm: ov.raster.TNorm) -> ov.Overlap:
    return ov.raster.measure(a, b, axis=(-2, -1), weights=cells, tnorm=tnorm, check_values=False)


def _pair(
    a: np.ndarray,
    b: np.ndarray,
    cells: np.ndarray | None,
    tnorm: ov.raster.TNorm,
    overlap: ov.Overlap,
    reference: xr.DataArray,
    labels: Mapping[str, Any],
) -> Pair:
    """Return the two stacks as the guards read them, one region after the other."""
    stack = (-1, *a.shape[-2:])
    lead = a.shape[:-2]
    category = reference.coords.get("category", xr.DataArray(reference.attrs.get("category", "")))
    from_ranks = reference.attrs.get("level") and "cut" in reference.coords
    cut = reference.cut if from_ranks else None
    cuts = by_region(cut, labels, lead, 1 - DEFAULT_MASS)
    return Pair(
        a=a.reshape(stack),
        b=b.reshape(stack),
        psi=np.asarray(reference.psi.values, float),
        phi=np.asarray(reference.phi.values, float),
        cells=None if cells is None else cells.reshape(stack),
        tnorm=tnorm,
        now=np.asarray(ov.iou(overlap, empty=1.0)).reshape(-1),
        categories=by_region(category, labels, lead, ""),
        masses=[1 - float(one) for one in cuts],
    )


def _hint(pair: Pair, source: Source, labels: Mapping[str, Any], shape: tuple[int, ...], strict: bool) -> str:
    """Say which other readings fit far better, if any do."""
    dims = (*labels, "psi", "phi")

    def stacked(cells: xr.DataArray | xr.Variable) -> np.ndarray:
        return np.broadcast_to(spread(cells, dims), shape).reshape(-1, *shape[-2:])

    def at_centres(psi: np.ndarray, phi: np.ndarray) -> np.ndarray:
        return stacked(source.at(psi, phi).variable)

    def of_categories() -> dict[str, np.ndarray]:
        return {name: stacked(cells) for name, cells in source.of_categories(pair.psi, pair.phi)}

    movable = source.can_move(pair.psi[1] - pair.psi[0])
    hints = find_hints(pair, Elsewhere(at_centres if movable else None, of_categories))
    if not hints:
        return ""
    line = hint_line(hints, names_of_regions(labels, shape[:-2]))
    if strict:
        raise ValueError(f"ramachandran.compare: {line}; {remedies(hints)}; or leave strict= (--strict) out")
    return line
