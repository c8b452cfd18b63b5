"""How well two regions of the torus agree.

Conventions
-----------
- Prediction first, reference second. The comparison takes place at the centres of the prediction's grid. How the
  reference came onto it is in ``attrs["regridding"]``. Coarse cells are also drawn on a finer grid, see `beside`.
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
from .._checks import UsageError, check_choice, check_empty
from .._html import Displayed
from .beside import grid_variables, mass_variables, masses_of, shares_of
from .empirical import Category, Level
from .guards import find_hints, hint_line, remedies
from .parts import kept_basins, missed_basins
from .readings import DEFAULT_MASS, Elsewhere, Pair
from .references import Source, category_mismatch, check_given, choose, warn_of_categories
from .regions import Regridding, check_membership, regrid
from .shares import Residues, Shares, as_residues
from .stacks import by_region, check_weights, further_labels, names_of_regions, spread
from .torus import check_grid

INDICES = ("iou", "dice")
Angles = tuple[Any, Any] | tuple[Any, Any, Any]
"""phi, psi and perhaps groups."""


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
    pair : Pair
        The two regions of each comparison, one after the other.
    source : Source
        The reference before it was brought onto the prediction's grid.
    residues : Residues or None
        One's own residues.
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
    pair: Pair
    source: Source
    residues: Residues | None = None

    @cached_property
    def masses(self) -> list[np.ndarray] | None:
        """The share of the reference residues in each cell, for each region; None if the reference has no ranks."""
        return masses_of(self.pair, self.source)

    @cached_property
    def shares(self) -> Shares | None:
        """The share of residues inside both regions; None if there are no residues."""
        shape = self.overlap.shape
        return shares_of(self.pair, self.source, self.masses, self.predicted, self.labels, shape, self.residues)

    @cached_property
    def scores(self) -> np.ndarray | None:
        """The scores that the reference was cut from, for each region; None if there are none."""
        if "score" not in self.reference.coords:
            return None
        score = spread(self.reference.score.variable, (*self.labels, "psi", "phi"))
        shape = (*self.overlap.shape, *score.shape[-2:])
        return np.broadcast_to(score, shape).reshape(-1, *score.shape[-2:])

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
            **mass_variables(self.shares, dims, self.overlap.shape),
            **grid_variables(self.pair, self.source, self.labels, self.overlap, empty),
        }
        decisions: dict[str, Any] = {
            "tnorm": self.settings.tnorm,
            "category": str(self.reference.attrs.get("category", "")),
            "level": str(self.reference.attrs.get("level", "")),
            "regridding": f"reference: {self.regridding}",
            "grid": f"{self.predicted.sizes['psi']} × {self.predicted.sizes['phi']} cells (psi × phi)",
        }
        if self.shares is not None:
            decisions["mass"] = self.shares.meaning
        missed = self._missed_basins()
        if missed:
            decisions["basins"] = missed
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

    def _missed_basins(self) -> str:
        """Say which basins a single hard prediction misses; of stacks `basins` tells."""
        if self.labels or self.pair.a.dtype != bool or self.pair.b.dtype != bool:
            return ""
        score = None if self.scores is None else self.scores[0]
        mass = None if self.masses is None else self.masses[0]
        size = None if self.pair.cells is None else self.pair.cells[0]
        found = kept_basins(self.pair.b[0], self.pair.psi, self.pair.phi, score, self.pair.categories[0])
        return missed_basins(self.pair.a[0], found, size, mass)

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
    residues = None if angles is None else as_residues(angles)
    predicted = check_grid(predicted, "ramachandran.compare: prediction")
    if isinstance(reference, xr.DataArray):
        check_given(reference, category, level)
        source = Source(check_grid(reference, "ramachandran.compare: reference"))
    else:
        source = choose(predicted, reference, category, level)
    mismatch = category_mismatch(predicted, source.region)
    if residues is not None and "category" in source.region.dims:
        raise UsageError("ramachandran.compare: angles are of residues of one category; compare one category at a time")
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
    pair = _pair(a, b, cells, tnorm, overlap, moved, labels, source.holds_ranks())
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
        angles=angles,
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
    of_ranks: bool,
) -> Pair:
    """Return the two stacks as the guards read them, one region after the other."""
    stack = (-1, *a.shape[-2:])
    lead = a.shape[:-2]
    category = reference.coords.get("category", xr.DataArray(reference.attrs.get("category", "")))
    cut = reference.cut if of_ranks and "cut" in reference.coords else None
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
        enclosed=[1 - float(one) for one in cuts],
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
