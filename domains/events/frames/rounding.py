"""From times to whole frames: which rounding, and what lies on a boundary.

Conventions
-----------
- Frame i is [i / rate, (i + 1) / rate). A position is a time in frames: time · rate.
- Positions this close to a whole or half number are at it: 0.29 · 100 is 28.999999999999996 in floating point. A
  tolerance of 0 takes positions as floating point has them, as the tools below do.
- ``"floor"``: both ends down, as ``int`` in epilepsy2bids and ``librosa.time_to_frames``. ``"nearest_even"``: both to
  the nearest, halves to the even one, as Python's ``round`` in timescoring. ``"half_up"``: halves up. ``"ceil"``: both
  up, which are the frames whose begin lies in the event; so does ``mir_eval.util.interpolate_intervals``, but it counts
  an offset too. ``"cover"``: the onset down and the offset up, every frame that is touched, as sed_eval's event rolls.

References
----------
Dan, J. et al. (2024). SzCORE. Epilepsia. doi:10.1111/epi.18113 (timescoring, epilepsy2bids)
Mesaros, A., Heittola, T. & Virtanen, T. (2016). Metrics for polyphonic sound event detection. Appl. Sci. 6, 162.
doi:10.3390/app6060162 (sed_eval)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from ..._checks import UsageError, check_choice, check_number

Rounding = Literal["floor", "nearest_even", "half_up", "ceil", "cover"]
ToWhole = Callable[[np.ndarray], Any]

TOLERANCE = 1e-6
"""Frames."""


def half_up(position: np.ndarray) -> np.ndarray:
    """Round to the nearest whole number, halves up.

    Examples
    --------
    >>> half_up(np.array([0.5, 1.5, 2.49]))
    array([1., 2., 2.])
    """
    below = np.floor(position)
    is_upper = position - below >= 0.5
    return np.asarray(below + is_upper)


ROUNDINGS: Mapping[str, tuple[ToWhole, ToWhole]] = MappingProxyType(
    {
        "floor": (np.floor, np.floor),
        "nearest_even": (np.rint, np.rint),
        "half_up": (half_up, half_up),
        "ceil": (np.ceil, np.ceil),
        "cover": (np.floor, np.ceil),
    }
)
"""How an onset and how an offset is made whole."""


def made_whole(position: np.ndarray, to_whole: ToWhole, tolerance: float) -> np.ndarray:
    """Make positions whole; one that is within the tolerance of a whole or half number is taken for it.

    Parameters
    ----------
    position : ndarray
        Frames; infinite ones stay so.
    to_whole : callable
        Such as `numpy.floor`.
    tolerance : float
        Frames.

    Examples
    --------
    >>> made_whole(np.array([0.29 * 100, 28.5]), np.floor, 1e-6), made_whole(np.array([0.29 * 100]), np.floor, 0)
    (array([29., 28.]), array([28.]))
    """
    nearest = np.rint(2 * position) / 2
    # inf - inf
    with np.errstate(invalid="ignore"):
        is_near = np.abs(position - nearest) <= tolerance
    return np.asarray(to_whole(np.where(is_near, nearest, position)))


def whole_ends(onset: np.ndarray, offset: np.ndarray, rounding: str, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the first frame of each event, and the frame after its last, from positions.

    Examples
    --------
    >>> whole_ends(np.array([2.5]), np.array([3.5]), "nearest_even", 1e-6)
    (array([2.]), array([4.]))
    """
    begin, end = ROUNDINGS[rounding]
    return made_whole(onset, begin, tolerance), made_whole(offset, end, tolerance)


def check_rounding(operation: str, rounding: object, tolerance: object) -> None:
    """Refuse a rounding that is not known, and a tolerance of half a frame or more.

    Raises
    ------
    UsageError
        If one of them is wrong.

    Examples
    --------
    >>> check_rounding("events.to_frames", "floor", 1e-6)
    """
    check_choice(operation, "rounding", rounding, ROUNDINGS)
    check_number(operation, "tolerance", tolerance, at_least=0)
    if float(tolerance) >= 0.25:  # type: ignore[arg-type]
        raise UsageError(
            f"{operation}: tolerance={tolerance} is in frames and must be below 0.25; leave it out, or pass seconds "
            "times the rate"
        )
