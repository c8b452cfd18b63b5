"""All of a comparison of two regions, made once: what its report, its tables and its picture read.

Conventions
-----------
- Sizes are in cells of the prediction's grid, all equal: the torus is flat. Shares are per cent.
- An index of two empty regions is NaN unless ``empty=`` says otherwise. ``n_defined`` counts those that are not.
- What not every reader asks for is calculated when it is first read, and kept.
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

from ... import _report
from ..._checks import check_choice, check_empty
from ..._html import Displayed
from ..empirical import Category, Level
from ..regions.regions import Regridding
from .beside import grid_variables, mass_variables, masses_of, shares_of
from .pairs import Pair
from .parts import kept_basins, missed_basins
from .references import Source
from .shares import Residues, Shares
from .stacks import regions_of

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
    torus : int, float or ndarray
        Size of the whole torus in the same unit, with the same axes.
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
        score = self.reference.coords.variables.get("score")
        if score is None:
            return None
        return regions_of(score.transpose(..., "psi", "phi"), self.labels, self.overlap.shape).all()

    @cached_property
    def report(self) -> xr.Dataset:
        """What `compare` returns.

        Examples
        --------
        >>> from .comparison import assess
        >>> from ..regions.regions import region
        >>> assessed = assess(region("top8000", "glycine"))
        >>> float(assessed.report.iou)
        1.0
        """
        return _report.build(
            self.overlap,
            self.labels,
            INDICES,
            prediction=_report.name_of(self.predicted, "prediction"),
            reference=_report.name_of(self.reference, "reference"),
            units="cells" if self.weights is None else "weighted cells",
            empty=self.settings.empty,
            more=self._further_numbers(),
            **self._decisions(),
        )

    def _further_numbers(self) -> dict[str, Any]:
        """Return what the report has beside the sizes and their indices."""
        dims = tuple(self.labels)
        empty = self.settings.empty
        percent = {"units": "%"}
        precision = ov.precision(self.overlap, empty=empty)
        recall = ov.recall(self.overlap, empty=empty)
        return {
            "share_a": (dims, 100 * self.overlap.size_a / self.torus, percent),
            "share_b": (dims, 100 * self.overlap.size_b / self.torus, percent),
            "outside": (dims, 1 - precision),
            "missed": (dims, 1 - recall),
            **mass_variables(self.shares, dims, self.overlap.shape),
            **grid_variables(self.pair, self.source, self.labels, self.overlap, empty),
        }

    def _decisions(self) -> dict[str, Any]:
        """Return what was decided, and what is to be said of the prediction."""
        attrs = self.reference.attrs
        n_psi = len(self.pair.psi)
        n_phi = len(self.pair.phi)
        decisions: dict[str, Any] = {
            "tnorm": self.settings.tnorm,
            "category": str(attrs.get("category", "")),
            "level": str(attrs.get("level", "")),
            "regridding": f"reference: {self.regridding}",
            "grid": f"{n_psi} × {n_phi} cells (psi × phi)",
        }
        if self.shares is not None:
            decisions["mass"] = self.shares.meaning
        missed = self._missed_basins()
        if missed:
            decisions["basins"] = missed
        if self.hint:
            decisions["hint"] = self.hint
        return decisions

    def _missed_basins(self) -> str:
        """Say which basins a single hard prediction misses; of stacks `basins` tells."""
        pair = self.pair
        if self.labels or pair.a.dtype != bool or pair.b.dtype != bool:
            return ""
        score = None if self.scores is None else self.scores[0]
        mass = None if self.masses is None else self.masses[0]
        size = None if pair.cells is None else pair.cells[0]
        found = kept_basins(pair.b[0], pair.psi, pair.phi, score, pair.categories[0])
        return missed_basins(pair.a[0], found, size, mass)

    def __repr__(self) -> str:
        prediction = _report.name_of(self.predicted, "prediction")
        reference = _report.name_of(self.reference, "reference")
        several = f", along {', '.join(self.labels)}" if self.labels else ""
        return f"<Assessment of {prediction} against {reference}{several}>"
