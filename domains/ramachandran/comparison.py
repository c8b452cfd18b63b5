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

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from math import nan
from typing import Any

import numpy as np
import xarray as xr

import overlap as ov

from .. import _report
from .._checks import UsageError, check_choice, check_empty
from .._html import Displayed
from .empirical import Category, Level
from .regions import ALL, Regridding, check_membership, region, regrid
from .torus import check_grid

INDICES = ("iou", "dice")
LEAST_GAIN = 0.25
"""How much the IoU must gain from another reading of the axes before the report hints at it."""


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
        Which other reading of the axes fits far better; "" if none does.
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
) -> Assessment:
    """Bring a predicted region and a reference one onto one grid and measure how they overlap.

    The result carries all that the report, the tables and the picture of a comparison show.

    Parameters
    ----------
    predicted, reference, category, level, weights, tnorm, empty
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
        _refuse_category(category)
    else:
        reference = _empirical(predicted, reference, settings)
    reference = check_grid(reference, "ramachandran.compare: reference")
    _check_categories(predicted, reference)
    reference, regridding = regrid(reference, predicted)

    labels = _labels({"prediction": predicted, "reference": reference, "weights": weights})
    dims = (*labels, "psi", "phi")
    a = _spread(predicted, dims)
    b = _spread(reference, dims)
    check_membership(a, "ramachandran.compare: prediction")
    check_membership(b, "ramachandran.compare: reference")
    n_psi, n_phi = a.shape[-2:]
    if weights is None:
        cells = None
        torus: Any = n_psi * n_phi
        shape = np.broadcast_shapes(a.shape, b.shape)
    else:
        cells = _spread(weights, dims)
        _check_weights(cells)
        lead = cells.shape[:-2]
        cells = np.broadcast_to(cells, (*lead, n_psi, n_phi))
        torus = cells.sum(axis=(-2, -1), dtype=float)
        shape = np.broadcast_shapes(a.shape, b.shape, cells.shape)
    a = np.broadcast_to(a, shape)
    b = np.broadcast_to(b, shape)
    overlap = _measure(a, b, cells, tnorm)
    return Assessment(
        predicted=predicted,
        reference=reference,
        weights=weights,
        settings=settings,
        overlap=overlap,
        torus=torus,
        labels=labels,
        regridding=regridding,
        hint=_hint(a, b, cells, tnorm, overlap),
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
        With None a prediction with a dimension ``level`` meets each level's region, and any other meets both.
    weights : DataArray, optional
        Size of each cell; equal by default.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How soft values intersect, see `overlap.raster.measure`.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.

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
        If a grid does not cover the torus once, a value is outside [0, 1], labels differ, or a name is unknown.

    Warns
    -----
    UserWarning
        If the two regions are of different categories.

    See Also
    --------
    assess : What the report is made of, for pictures and further tables.

    Examples
    --------
    >>> report = compare(region("top8000", "glycine"), region("top8000", "glycine", "allowed"))
    >>> round(float(report.outside), 4), round(float(report.missed), 4)
    (0.0, 0.428)

    Six categories and both levels in one call:

    >>> report = compare(region("top8000", None), level=["favored", "allowed"])
    >>> report.iou.sel(category="glycine").values.round(4)
    array([1.   , 0.572])
    """
    assessed = assess(predicted, reference, category=category, level=level, weights=weights, tnorm=tnorm, empty=empty)
    return assessed.report


def _empirical(predicted: xr.DataArray, reference: str | xr.Dataset, settings: Settings) -> xr.DataArray:
    """Return the empirical region that a prediction meets."""
    category = settings.category
    level = settings.level
    each_category = category is None and "category" in predicted.dims
    each_level = level is None and "level" in predicted.dims
    if category is None and not each_category:
        category = predicted.attrs.get("category") or "general"
    if isinstance(reference, str):
        cells = _named_region(reference, _hashable(category), _hashable(level))
    else:
        cells = region(reference, category, level)
    if each_category:
        cells = _select(cells, predicted, "category")
    if each_level:
        cells = _select(cells, predicted, "level")
    return cells


def _refuse_category(category: Any) -> None:
    """Refuse an option that chooses an empirical region where the reference is a region itself."""
    if category is not None:
        raise UsageError(
            f"ramachandran.compare: category {category!r} chooses an empirical region, but the reference is a region "
            "itself; leave category= (--category) out"
        )


def _named_region(reference: str, category: Any, level: Any) -> xr.DataArray:
    # a copy has its own attributes, and shares the values, which cannot be written
    return _kept_region(reference, category, level).copy(deep=False)


@cache
def _kept_region(reference: str, category: Any, level: Any) -> xr.DataArray:
    """Return a region that is made once, and whose values cannot be written."""
    cells = region(reference, category, level)
    cells.values.flags.writeable = False
    cells.score.values.flags.writeable = False
    return cells


def _hashable(names: str | Sequence[str] | None) -> str | tuple[str, ...] | None:
    return names if names is None or isinstance(names, str) else tuple(names)


def _select(cells: xr.DataArray, predicted: xr.DataArray, dim: str) -> xr.DataArray:
    """Return the cells with the labels of the prediction along `dim`."""
    labels = predicted.coords.variables[dim].values
    known = cells.coords.variables[dim].values
    if np.array_equal(labels, known):
        return cells
    for label in labels.tolist():
        check_choice("ramachandran.compare", f"each {dim} of the prediction", label, known.tolist())
    return cells.sel({dim: labels})


def _check_categories(predicted: xr.DataArray, reference: xr.DataArray) -> None:
    if "category" in reference.dims:
        return
    own = predicted.attrs.get("category")
    other = reference.attrs.get("category")
    if not own or not other or ALL in (own, other):
        return
    if own != other:
        warnings.warn(
            f"ramachandran.compare: the prediction is of category {own!r}, the reference of {other!r}", stacklevel=3
        )


def _labels(arrays: Mapping[str, xr.DataArray | None]) -> dict[str, Any]:
    """Return the dimensions besides psi and phi, in order of appearance, with their coordinates (None without).

    Raises
    ------
    ValueError
        If two arrays have other cells, or other labels, along a dimension.
    """
    sizes: dict[str, int] = {}
    labels: dict[str, Any] = {}
    for name, x in arrays.items():
        if x is None:
            continue
        for dim in map(str, x.dims):
            own = x.coords.variables.get(dim)
            if dim not in sizes:
                sizes[dim] = x.sizes[dim]
                labels[dim] = own
                continue
            if x.sizes[dim] != sizes[dim] or not _same_labels(own, labels[dim]):
                raise ValueError(
                    f"ramachandran.compare: {name}: other cells along {dim!r} than those of the prediction; bring them "
                    f"onto one grid first, such as by {name}.sel({dim}=prediction.{dim})"
                )
            if labels[dim] is None:
                labels[dim] = own
    return {dim: own for dim, own in labels.items() if dim not in ("psi", "phi")}


def _same_labels(own: xr.Variable | None, other: xr.Variable | None) -> bool:
    if own is None or other is None:
        return True
    return np.array_equal(own.values, other.values)


def _spread(x: xr.DataArray, dims: tuple[str, ...]) -> np.ndarray:
    """Return the values with the axes `dims`, of length 1 where `x` has no such dimension."""
    own = tuple(dim for dim in dims if dim in x.dims)
    lacking = tuple(axis for axis, dim in enumerate(dims) if dim not in x.dims)
    ordered = x if x.dims == own else x.transpose(*own)
    return np.expand_dims(ordered.values, lacking)


def _check_weights(cells: np.ndarray) -> None:
    if cells.dtype.kind not in "biuf":
        raise TypeError(f"ramachandran.compare: weights are {cells.dtype}; sizes of cells are real numbers")
    if not np.all((cells >= 0) & (cells < np.inf)):
        raise ValueError(
            f"ramachandran.compare: weights run from {cells.min():g} to {cells.max():g}; sizes of cells are "
            "not negative, and finite"
        )


def _measure(a: np.ndarray, b: np.ndarray, cells: np.ndarray | None, tnorm: ov.raster.TNorm) -> ov.Overlap:
    return ov.raster.measure(a, b, axis=(-2, -1), weights=cells, tnorm=tnorm, check_values=False)


def _hint(a: np.ndarray, b: np.ndarray, cells: np.ndarray | None, tnorm: ov.raster.TNorm, overlap: ov.Overlap) -> str:
    """Say so if the prediction would fit far better swapped, mirrored or shifted: the usual mistakes with axes."""
    if a.ndim != 2:
        return ""
    n_psi, n_phi = a.shape
    readings = {
        "psi upside down": a[::-1],
        "phi mirrored": a[:, ::-1],
        "0 to 360 read as -180 to 180": np.roll(a, (n_psi // 2, n_phi // 2), (0, 1)),
    }
    if n_psi == n_phi:
        readings = {"phi and psi swapped": a.T, **readings}
    now = float(ov.iou(overlap))
    best = ""
    highest = now + LEAST_GAIN
    for name, moved in readings.items():
        iou = float(ov.iou(_measure(moved, b, cells, tnorm)))
        if iou > highest:
            best = name
            highest = iou
    if not best:
        return ""
    return f"with {best} the IoU would be {highest:.2f}, not {now:.2f}: are the axes what they say?"
