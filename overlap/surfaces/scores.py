"""What distances between two boundaries come to: Hausdorff, its percentiles, means, surface Dice.

See `overlap.surfaces` for the conventions and references.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, nan
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._arrays import numbers_on_host
from .._checks import check_choice, check_real
from ..indices import EmptyPolicy

Surface = Literal["voxel", "contour", "marching", "iso"]
Combine = Literal["max", "pooled"]
Weights = Literal["points", "area"]
Mean = Literal["pooled", "sides"]
Preset = Literal["monai", "metrics_reloaded", "deepmind", "medpy", "panoptica", "seg_metrics"]


@dataclass(frozen=True, slots=True)
class Definition:
    """What a tool means by a boundary, by a percentile of distances, and by a mean or a share of both boundaries.

    Parameters
    ----------
    surface : {"voxel", "contour", "marching", "iso", "mesh"}
        What a boundary is, see `overlap.surfaces`; "mesh" is what `mesh_distances` measures.
    combine : {"max", "pooled"}
        The larger of the two directions' percentiles, or the percentile of both directions together.
    weights : {"points", "area"}
        Whether points weigh alike or by their area.
    mean : {"pooled", "sides"}
        Whether `SurfaceDistances.assd` and `nsd` are taken over both boundaries together, or over each, and then the
        mean of the two: a small boundary weighs as much as a large one.
    """

    surface: Surface | Literal["mesh"]
    combine: Combine
    weights: Weights
    mean: Mean = "pooled"


PRESETS: Mapping[str, Definition] = MappingProxyType(
    {
        "monai": Definition("voxel", "max", "points"),
        "metrics_reloaded": Definition("voxel", "max", "points"),
        "deepmind": Definition("marching", "max", "area"),
        "medpy": Definition("voxel", "pooled", "points"),
        "panoptica": Definition("voxel", "pooled", "points", mean="sides"),
        "seg_metrics": Definition("contour", "pooled", "points"),
    }
)
"""Definitions by the tool that uses them."""

ROUNDING = 1e-5
"""How much further than a tolerance is still within it, as a part of it: what six digits of a spacing leave open."""

POINTS = {
    "voxel": "boundary cells",
    "contour": "cells that touch the background",
    "marching": "corners of cells",
    "iso": "pieces of the level surface",
    "mesh": "pieces of the mesh",
}
"""What a boundary is made of, by surface."""


def within(distance: ArrayLike, tolerance: float) -> NDArray[np.bool_]:
    """Return whether distances are at most `tolerance`, up to rounding.

    Three cells of 0.1 mm are 0.30000000000000004 mm, and a header says 1.000001 mm where 1 mm is meant. So a distance
    counts as equal to the tolerance if it is longer by no more than 1e-5 of it.

    Parameters
    ----------
    distance : array_like
        Distances; NaN is not within.
    tolerance : float
        The largest distance that is within (≥ 0), in the same unit.

    Returns
    -------
    array of bool
        Of the shape of `distance`.

    Raises
    ------
    ValueError
        If the tolerance is negative or NaN.

    See Also
    --------
    nsd : Normalised surface distance (surface Dice).

    Examples
    --------
    >>> 3 * 0.1 <= 0.3, bool(within(3 * 0.1, 0.3))
    (False, True)
    >>> within([0.9, 1.000001, 1.0001], 1.0)
    array([ True,  True, False])
    """
    return _is_within("surfaces.within", distance, tolerance)


def _is_within(operation: str, distance: ArrayLike, tolerance: float) -> NDArray[np.bool_]:
    """See `within`; messages name the operation."""
    check_real(operation, "tolerance", tolerance)
    if not tolerance >= 0:
        raise ValueError(f"{operation}: tolerance is a distance >= 0 in the unit of the spacing, got {tolerance}")
    longest = tolerance * (1 + ROUNDING)
    # halves would round the tolerance to their own few digits
    distances = numbers_on_host(operation, "distance", distance).astype(np.float64, copy=False)
    return np.asarray(distances <= longest)


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
        if self._is_undefined():
            return self._value_of_empty()
        return float(max(self.a_to_b.max(), self.b_to_a.max()))

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
        check_real("SurfaceDistances.percentile", "q", q)
        if not 0 <= q <= 100:
            raise ValueError(f"SurfaceDistances.percentile: q must lie in [0, 100], got {q}")
        combine = combine or self.definition.combine
        check_choice("SurfaceDistances.percentile", "combine", combine, ("max", "pooled"))
        from_a, from_b = self._directions("percentile", weights)
        if self._is_undefined():
            return self._value_of_empty()
        if combine == "pooled":
            return _percentile(_pooled(from_a, from_b), q)
        return max(_percentile(from_a, q), _percentile(from_b, q))

    def hd95(self, combine: Combine | None = None, weights: Weights | None = None) -> float:
        """Return the 95th percentile of the distances. See `percentile`."""
        return self.percentile(95, combine, weights)

    def assd(self, weights: Weights | None = None) -> float:
        """Return the average symmetric surface distance: the mean over all points of both boundaries.

        Where the definition takes means by sides, as panoptica does under this name, it is `masd`.
        """
        if self._is_undefined():
            return self._value_of_empty()
        from_a, from_b = self._directions("assd", weights)
        if self.definition.mean == "sides":
            return _mean_of_sides(from_a, from_b)
        return _mean(_pooled(from_a, from_b))

    def masd(self, weights: Weights | None = None) -> float:
        """Return the mean average surface distance: the mean of the two directions' means."""
        if self._is_undefined():
            return self._value_of_empty()
        from_a, from_b = self._directions("masd", weights)
        return _mean_of_sides(from_a, from_b)

    def nsd(self, tolerance: float, weights: Weights | None = None, *, empty: float = nan) -> float:
        """Return the normalised surface distance (surface Dice): the share of both boundaries within `tolerance`.

        Parameters
        ----------
        tolerance : float
            In the unit of the spacing; a distance equal to it, up to rounding, is `within`.
        weights : {"points", "area"}, optional
            What a point weighs.
        empty : float
            Value where both masks are empty.
        """
        check_real("SurfaceDistances.nsd", "empty", empty)
        from_a, from_b = self._directions("nsd", weights)
        a_is_within = _is_within("SurfaceDistances.nsd", from_a.distance, tolerance)
        b_is_within = _is_within("SurfaceDistances.nsd", from_b.distance, tolerance)
        if self._is_undefined():
            neither = not a_is_within.size and not b_is_within.size
            return empty if neither else 0.0
        share_a = Direction(a_is_within, from_a.weight)
        share_b = Direction(b_is_within, from_b.weight)
        if self.definition.mean == "sides":
            return _mean_of_sides(share_a, share_b)
        return _mean(_pooled(share_a, share_b))

    def describe(self, name: str) -> str:
        """Return in words what `hausdorff`, `hd95`, `assd`, `masd` or `nsd` means here, to stand beside its number.

        Examples
        --------
        >>> SurfaceDistances(np.zeros(1), np.zeros(1)).describe("hd95")
        'larger of the two directions’ 95th percentiles (linear), boundary cells'
        """
        points = POINTS[self.definition.surface]
        kind = "linear"
        if self.definition.weights == "area":
            points = f"area-weighted {points}"
            kind = "smallest distance that reaches the share"
        hd95 = f"larger of the two directions’ 95th percentiles ({kind})"
        if self.definition.combine == "pooled":
            hd95 = f"95th percentile of both directions together ({kind})"
        masd = "mean of the two directions’ means"
        assd = "mean over the points of both boundaries"
        nsd = "share of the points of both boundaries within the tolerance (<=)"
        if self.definition.mean == "sides":
            assd = masd
            nsd = "mean of the two boundaries’ shares of points within the tolerance (<=)"
        words = {
            "hausdorff": "largest distance of both directions",
            "hd95": hd95,
            "assd": assd,
            "masd": masd,
            "nsd": nsd,
        }
        check_choice("SurfaceDistances.describe", "name", name, words)
        return f"{words[name]}, {points}"

    def _is_undefined(self) -> bool:
        """Return whether a mask is empty, so that there is no distance."""
        return not self.a_to_b.size or not self.b_to_a.size

    def _value_of_empty(self) -> float:
        """Return what a distance is worth where a mask is empty."""
        if not self.a_to_b.size and not self.b_to_a.size:
            return self.empty.both_empty
        value = self.empty.reference_empty if self.a_to_b.size else self.empty.prediction_empty
        return inf if value is None else value

    def _directions(self, operation: str, weights: Weights | None) -> tuple[Direction, Direction]:
        """Return the distances from A and from B, with what each weighs."""
        weights = weights or self.definition.weights
        check_choice(f"SurfaceDistances.{operation}", "weights", weights, ("points", "area"))
        if weights == "points":
            return Direction(self.a_to_b, None), Direction(self.b_to_a, None)
        if self.area_a is None or self.area_b is None:
            raise ValueError(
                f"SurfaceDistances.{operation}: weights are 'area', and boundary cells have none; use "
                'distances(..., surface="marching")'
            )
        return Direction(self.a_to_b, self.area_a), Direction(self.b_to_a, self.area_b)


class Direction(NamedTuple):
    """Distances from the points of one boundary, and what each point weighs; None if they weigh alike."""

    distance: np.ndarray
    weight: np.ndarray | None


def _pooled(from_a: Direction, from_b: Direction) -> Direction:
    distance = np.concatenate([from_a.distance, from_b.distance])
    if from_a.weight is None or from_b.weight is None:
        return Direction(distance, None)
    return Direction(distance, np.concatenate([from_a.weight, from_b.weight]))


def _mean(direction: Direction) -> float:
    return float(np.average(direction.distance, weights=direction.weight))


def _mean_of_sides(from_a: Direction, from_b: Direction) -> float:
    return (_mean(from_a) + _mean(from_b)) / 2


def _percentile(direction: Direction, q: float) -> float:
    """Return the q-th percentile: interpolated, or the smallest distance that reaches this share of the weight."""
    distance, weight = direction
    if weight is None:
        return float(np.percentile(distance, q))
    order = np.argsort(distance, kind="stable")
    share = np.cumsum(weight[order]) / weight.sum()
    first_to_reach = int(np.searchsorted(share, q / 100))
    # the whole weight may be a little less than 1 by rounding
    index = min(first_to_reach, len(distance) - 1)
    return float(distance[order[index]])
