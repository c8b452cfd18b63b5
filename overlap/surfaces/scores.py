"""What distances between two boundaries come to: Hausdorff, its percentiles, means, surface Dice.

See `overlap.surfaces` for the conventions and references.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf, nan
from types import MappingProxyType
from typing import Literal

import numpy as np

from ..indices import EmptyPolicy

Surface = Literal["voxel", "marching", "iso"]
Combine = Literal["max", "pooled"]
Weights = Literal["points", "area"]
Preset = Literal["monai", "deepmind", "medpy"]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a tool means by a boundary and by a percentile of distances."""

    surface: Surface
    combine: Combine
    weights: Weights


PRESETS: Mapping[str, Definition] = MappingProxyType(
    {
        "monai": Definition("voxel", "max", "points"),
        "deepmind": Definition("marching", "max", "area"),
        "medpy": Definition("voxel", "pooled", "points"),
    }
)
"""Definitions by the tool that uses them."""

POINTS = {"voxel": "boundary cells", "marching": "corners of cells", "iso": "triangles of the level surface"}
"""What a boundary is made of, by surface."""


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceDistances:
    """Distances from each boundary to the other, made by `distances`.

    Parameters
    ----------
    a_to_b, b_to_a
        For each boundary point of the one mask, how far the nearest of the other is; infinite if there is none.
    area_a, area_b
        What each point weighs under ``weights="area"``; None where points have no area.
    definition
        How percentiles and means are taken unless a call says otherwise.
    empty
        What a distance is worth where a mask is empty.

    Examples
    --------
    >>> from overlap.surfaces import distances
    >>> a, b = np.zeros((2, 9, 9), bool)
    >>> a[2:5, 2:5], b[2:5, 2:8] = True, True
    >>> d = distances(a, b, spacing=1.0)
    >>> d.hausdorff(), d.hd95(), round(d.assd(), 4), round(d.nsd(1.0), 4)
    (3.0, 3.0, 0.7273, 0.7727)
    """

    a_to_b: np.ndarray
    b_to_a: np.ndarray
    area_a: np.ndarray | None = None
    area_b: np.ndarray | None = None
    definition: Definition = PRESETS["monai"]
    empty: EmptyPolicy = field(default_factory=EmptyPolicy)

    def hausdorff(self) -> float:
        """Return the Hausdorff distance: the largest distance from a point of either boundary to the other."""
        return self._unless_empty(lambda: max(self.a_to_b.max(), self.b_to_a.max()))

    def percentile(self, q: float, combine: Combine | None = None, weights: Weights | None = None) -> float:
        """Return the q-th percentile of the distances.

        Parameters
        ----------
        q : float
            In [0, 100].
        combine : {"max", "pooled"}, optional
            The larger of the two directions' percentiles, or the percentile of both directions together.
        weights : {"points", "area"}, optional
            Points weigh alike and the percentile is interpolated; or each weighs its area and the percentile is
            the smallest distance at which that share of the area is reached.

        Raises
        ------
        ValueError
            If `q` or a choice is unknown, or the points have no area.
        """
        if not 0 <= q <= 100:
            raise ValueError(f"percentile: q must lie in [0, 100], got {q}")
        combine = combine or self.definition.combine
        if combine not in ("max", "pooled"):
            raise ValueError(f'percentile: combine must be "max" or "pooled", got {combine!r}')
        parts = self._directions(weights)
        sets = parts if combine == "max" else [_pool(parts)]
        return self._unless_empty(lambda: max(_percentile(d, w, q) for d, w in sets))

    def hd95(self, combine: Combine | None = None, weights: Weights | None = None) -> float:
        """Return the 95th percentile of the distances. See `percentile`."""
        return self.percentile(95, combine, weights)

    def assd(self, weights: Weights | None = None) -> float:
        """Return the average symmetric surface distance: the mean over all points of both boundaries."""
        return self._unless_empty(lambda: _mean(*_pool(self._directions(weights))))

    def masd(self, weights: Weights | None = None) -> float:
        """Return the mean average surface distance: the mean of the two directions' means."""
        return self._unless_empty(lambda: sum(_mean(d, w) for d, w in self._directions(weights)) / 2)

    def nsd(self, tolerance: float, weights: Weights | None = None, *, empty: float = nan) -> float:
        """Return the normalised surface distance (surface Dice): the share of both boundaries within `tolerance`.

        Parameters
        ----------
        tolerance : float
            In the unit of the spacing; a distance equal to it is within.
        weights : {"points", "area"}, optional
            What a point weighs.
        empty : float
            Value where both masks are empty.
        """
        if not tolerance >= 0:
            raise ValueError(f"nsd: tolerance is a distance >= 0 in the unit of the spacing, got {tolerance}")
        d, w = _pool(self._directions(weights))
        return float(np.average(d <= tolerance, weights=w)) if d.size else empty

    def describe(self, name: str) -> str:
        """Return in words what `hausdorff`, `hd95`, `assd`, `masd` or `nsd` means here, to stand beside its number.

        Examples
        --------
        >>> SurfaceDistances(np.zeros(1), np.zeros(1)).describe("hd95")
        'larger of the two directions’ 95th percentiles (linear), boundary cells'
        """
        points = ("area-weighted " if self.definition.weights == "area" else "") + POINTS[self.definition.surface]
        kind = "smallest distance that reaches the share" if self.definition.weights == "area" else "linear"
        percentile = {
            "max": f"larger of the two directions’ 95th percentiles ({kind})",
            "pooled": f"95th percentile of both directions together ({kind})",
        }
        words = {
            "hausdorff": "largest distance of both directions",
            "hd95": percentile[self.definition.combine],
            "assd": "mean over the points of both boundaries",
            "masd": "mean of the two directions’ means",
            "nsd": "share of the points of both boundaries within the tolerance (<=)",
        }
        return f"{words[name]}, {points}"

    def _unless_empty(self, value: Callable[[], float]) -> float:
        a, b = self.a_to_b.size, self.b_to_a.size
        if a and b:
            return float(value())
        if not (a or b):
            return self.empty.both_empty
        worth = self.empty.reference_empty if a else self.empty.prediction_empty
        return inf if worth is None else worth

    def _directions(self, weights: Weights | None) -> list[tuple[np.ndarray, np.ndarray | None]]:
        weights = weights or self.definition.weights
        if weights not in ("points", "area"):
            raise ValueError(f'SurfaceDistances: weights must be "points" or "area", got {weights!r}')
        if weights == "area" and (self.area_a is None or self.area_b is None):
            raise ValueError('SurfaceDistances: boundary cells have no area; use distances(..., surface="marching")')
        areas = (self.area_a, self.area_b) if weights == "area" else (None, None)
        return list(zip((self.a_to_b, self.b_to_a), areas, strict=True))


def _pool(parts: list[tuple[np.ndarray, np.ndarray | None]]) -> tuple[np.ndarray, np.ndarray | None]:
    weights = [w for _, w in parts if w is not None]
    return np.concatenate([d for d, _ in parts]), np.concatenate(weights) if weights else None


def _mean(d: np.ndarray, weights: np.ndarray | None) -> float:
    return float(np.average(d, weights=weights))


def _percentile(d: np.ndarray, weights: np.ndarray | None, q: float) -> float:
    if weights is None:
        return float(np.percentile(d, q))
    order = np.argsort(d, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    return float(d[order[min(int(np.searchsorted(share, q / 100)), len(d) - 1)]])
