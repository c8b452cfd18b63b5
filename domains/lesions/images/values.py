"""What stored numbers mean: labels, or shares of a soft mask.

Conventions
-----------
- Whoever knows says it: ``as_="labels"`` or ``as_="soft"``. Else whole numbers are a label map, however they are
  stored, fractions in [0, 1] are a soft mask, and other numbers are refused.
- A label that a stored scale or an interpolation leaves a hair off (3.0000458) is that label: within a thousandth in
  a map that exceeds 1, so that it can be no soft mask; within 1e-6 in others, where 0 must be 0.
- ``scale`` is the stored value that means 1.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np

from ..._checks import UsageError, check_choice, check_number
from ..._files import ReadError

Kind = Literal["soft", "labels"]
KINDS = get_args(Kind)

_ROUNDING = 1e-6
"""How far a 32-bit scale may carry a soft value past 0 or 1, or a label off a whole number."""

_HAIR = 1e-3
"""How far off a whole number labels may be in a map that can be no soft mask."""

_BLURRED = 0.1
"""Labels that are farther off than this from whole numbers may be anything."""

_SAY_SOFT = 'as_="soft" if it is a soft mask (--as soft; of references alone --reference-as soft)'
_SAY_LABELS = 'as_="labels" if it is a label map (--as labels; of references alone --reference-as labels)'
_INTERPOLATED = "labels that were interpolated must be resampled again, by nearest neighbour"

_OTHER_SCALE = "else name the stored value that means 1 in the same way"

_EXACT = 2**53
"""Whole numbers up to this are exact in floating point, so they can be labels."""


def as_mask(values: np.ndarray, scale: float | None = None, kind: Kind | None = None) -> np.ndarray:
    """Return labels as integers and shares as they are, within [0, 1].

    Parameters
    ----------
    values : array
        As they are stored.
    scale : float, optional
        The stored value that means 1.
    kind : {"soft", "labels"}, optional
        What they are.

    Returns
    -------
    ndarray
        Integer for labels, floating for a soft mask, bool for bool.

    Raises
    ------
    ReadError
        If they are neither, or not what they are said to be.

    Examples
    --------
    >>> as_mask(np.array([0, 1.0000000475, 2.000000095]))
    array([0, 1, 2], dtype=uint8)
    >>> as_mask(np.array([0, 0.25, 1]))
    array([0.  , 0.25, 1.  ])
    >>> as_mask(np.array([0, 1], np.uint8), kind="soft")
    array([0., 1.], dtype=float32)
    """
    if scale is not None:
        values = values / float(scale)
    if values.dtype.kind in "bui" and kind is None:
        return values
    if values.dtype.kind in "bui" and kind == "labels":
        return values.astype(np.uint8) if values.dtype == bool else values
    if values.dtype.kind in "bui":
        return _as_shares(values.astype(np.result_type(values, np.float32)), is_said=True)
    low = float(np.min(values))
    high = float(np.max(values))
    if not (np.isfinite(low) and np.isfinite(high)):
        raise ReadError("some voxels have no value (NaN or infinity): fill them with 0 first")
    if kind == "soft":
        return _as_shares(values, is_said=True)
    is_map = scale is None and _is_whole(values, high)
    if kind == "labels" or is_map:
        return _as_labels(values, low, high)
    return _as_shares(values, is_said=False)


def check_scale(operation: str, **scales: float | None) -> None:
    """Refuse a stored value that cannot mean 1, before any file is read.

    Examples
    --------
    >>> check_scale("lesions.cohort", scale=255, reference_scale=None)
    >>> check_scale("lesions.cohort", scale=0)
    Traceback (most recent call last):
    domains._checks.UsageError: lesions.cohort: scale must be a number > 0; got 0
    """
    for name, scale in scales.items():
        if scale is not None:
            check_number(operation, name, scale, above=0)


def check_kind(operation: str, name: str, kind: Kind | None, scale: float | None) -> None:
    """Refuse another kind of mask than there is, and labels with a scale.

    Examples
    --------
    >>> check_kind("lesions.cohort", "as_", "soft", 255)
    >>> check_kind("lesions.cohort", "as_", "labels", 255)
    Traceback (most recent call last):
    domains._checks.UsageError: lesions.cohort: as_ is 'labels', and a scale is for soft masks; leave one of them out
    """
    check_choice(operation, name, kind, (None, *KINDS))
    if kind == "labels" and scale is not None:
        raise UsageError(f"{operation}: {name} is 'labels', and a scale is for soft masks; leave one of them out")


def _is_whole(values: np.ndarray, high: float) -> bool:
    """Return whether all values are labels, or a hair off."""
    off = values[values != np.rint(values)]
    if off.size == 0:
        return True
    nearest = np.rint(off)
    apart = _distance(off, nearest)
    if high > 1 + _HAIR:
        return bool(apart.max() <= _HAIR)
    # a sigmoid that found nothing is no empty label map: 1e-7 is not 0
    return bool((apart <= _ROUNDING).all() and (nearest != 0).all())


def _as_labels(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Return whole numbers in floating point as integers."""
    if max(-low, high) > _EXACT:
        raise ReadError(f"the values run from {low:g} to {high:g}; labels are whole numbers up to 2**53: save labels")
    nearest = np.rint(values)
    off = values != nearest
    farthest = float(_distance(values[off], nearest[off]).max(initial=0))
    if farthest > _HAIR:
        remedy = _INTERPOLATED if farthest <= _BLURRED else _SAY_SOFT
        raise ReadError(f"it is read as labels, and holds fractions from {low:g} to {high:g}: {remedy}")
    smallest = np.min_scalar_type(round(high)) if round(low) >= 0 else np.dtype(np.int64)
    labels: np.ndarray = nearest.astype(smallest)
    return labels


def _as_shares(values: np.ndarray, is_said: bool) -> np.ndarray:
    """Return values in [0, 1], of which rounding may have carried some past."""
    low = float(np.min(values))
    high = float(np.max(values))
    if low < -_ROUNDING or high > 1 + _ROUNDING:
        remedy = _remedy(values, low, high)
        if is_said:
            raise ReadError(
                f"it is read as a soft mask in [0, 1], and its values run from {low:g} to {high:g}: {remedy}"
            )
        raise ReadError(
            f"the values run from {low:g} to {high:g}; labels are whole numbers, a soft mask lies in [0, 1]: {remedy}"
        )
    clipped: np.ndarray = np.clip(values, 0, 1)
    return clipped


def _remedy(values: np.ndarray, low: float, high: float) -> str:
    """Return what leads to a right number. What the highest value means is not to be seen from it."""
    apart = float(_distance(values, np.rint(values)).max())
    if 0 < apart <= _BLURRED:
        return _INTERPOLATED
    if low < 0:
        return "pass logits through a sigmoid before they are saved"
    if apart == 0:
        return f"scale=255 (--scale 255) or the like if that means certainty; {_SAY_LABELS}"
    if high <= 100:
        return "scale=100 (--scale 100) if they are per cent; else name the stored value that means 1 in the same way"
    return (
        "scale=255 (--scale 255) if they are shares in 8 bits; else name the stored value that means 1 in the same way"
    )


def _distance(values: np.ndarray, nearest: np.ndarray) -> Any:
    return np.abs(values - nearest)
