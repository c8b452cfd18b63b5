"""Tracks: values that stay the same from one edge to the next. `overlap.intervals.measure_tracks`."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import raster
from .._arrays import on_host
from ..counts import Overlap
from ..raster import TNorm

Values = NDArray[np.float64]


def measure_tracks(
    edges_a: ArrayLike, values_a: ArrayLike, edges_b: ArrayLike, values_b: ArrayLike, *, tnorm: TNorm = "minimum"
) -> Overlap[np.ndarray]:
    """Measure how two tracks overlap whose values stay the same from one edge to the next, exactly.

    Nothing is resampled: the line is cut at the edges of both. A track is 0 before its first edge and from its last on.
    A track of 0 and 1 is a set of intervals, and overlaps as `measure` says.

    Parameters
    ----------
    edges_a : array_like (n + 1,)
        Where the values of the first track begin and end, ascending numbers.
    values_a : array_like (n,)
        Its membership between one edge and the next: bool, or floating in [0, 1].
    edges_b : array_like (m + 1,)
        As `edges_a`, of the second track.
    values_b : array_like (m,)
        As `values_a`, of the second track.
    tnorm : {"minimum", "product", "lukasiewicz"}
        How two values intersect, see `overlap.raster.measure`.

    Returns
    -------
    Overlap
        Integrals (float64), of shape (), in the unit of the edges.

    Raises
    ------
    ValueError
        If there is not one edge more than there are values, edges are not finite or do not ascend, or a value lies
        outside [0, 1].
    TypeError
        If the edges are not numbers, or the values neither bool nor floating.

    See Also
    --------
    measure : Measure how two sets of intervals overlap.

    Examples
    --------
    >>> o = measure_tracks([0, 10, 20], [0.25, 1.0], [5, 15], [0.5])
    >>> float(o.intersection), float(o.size_a), float(o.size_b)
    (3.75, 12.5, 5.0)
    """
    operation = "intervals.measure_tracks"
    edges_a, values_a = _track(operation, "a", edges_a, values_a)
    edges_b, values_b = _track(operation, "b", edges_b, values_b)
    edges = np.union1d(edges_a, edges_b)
    begin = edges[:-1]
    length = np.diff(edges)
    a = _value_at(begin, edges_a, values_a)
    b = _value_at(begin, edges_b, values_b)
    return raster.measure(a, b, weights=length, tnorm=tnorm)


def _track(operation: str, side: str, edges: ArrayLike, values: ArrayLike) -> tuple[Values, Values]:
    """Return the edges and the values of a track, checked, in double precision."""
    places = on_host(operation, f"edges_{side}", edges)
    heights = on_host(operation, f"values_{side}", values)
    if places.dtype.kind not in "iuf":
        raise TypeError(
            f"{operation}: edges_{side} has dtype {places.dtype}; edges are numbers: (t - origin) / "
            "numpy.timedelta64(1, 's') makes them of times"
        )
    if heights.dtype.kind not in "bf" and heights.size:
        raise TypeError(
            f"{operation}: values_{side} has dtype {heights.dtype}; pass bool for a hard track (values == 1), or "
            "floating values in [0, 1]"
        )
    if places.ndim != 1 or heights.ndim != 1 or len(places) != len(heights) + 1:
        raise ValueError(
            f"{operation}: edges_{side} has shape {places.shape} and values_{side} {heights.shape}; a track has one "
            "edge more than it has values"
        )
    places = places.astype(np.float64)
    heights = heights.astype(np.float64)
    # comparisons with NaN are false
    ascends = np.isfinite(places).all() and (places[:-1] <= places[1:]).all()
    if not ascends:
        raise ValueError(f"{operation}: edges_{side} must be finite and ascend; sort them with their values")
    wrong = np.count_nonzero(~((heights >= 0) & (heights <= 1)))
    if wrong:
        raise ValueError(
            f"{operation}: {wrong} of {len(heights)} values_{side} lie outside [0, 1] or are NaN; divide them by their "
            "maximum, or say from which value on a track is on: values >= threshold"
        )
    return places, heights


def _value_at(place: Values, edges: Values, values: Values) -> Values:
    """Return the value of a track from each place on, 0 outside of it."""
    # of several edges at one place the last counts
    nth = np.searchsorted(edges, place, "right") - 1
    with_nothing_around = np.concatenate([values, [0.0]])
    return with_nothing_around[np.where(nth < 0, len(values), nth)]
