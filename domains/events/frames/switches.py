"""Where something is on, and where its runs begin and end.

Conventions
-----------
- A row of frames, or of rows of a table that are sorted. A run is a stretch without a break.

References
----------
Canny, J. (1986). A computational approach to edge detection. IEEE TPAMI 8, 679. (two thresholds)
"""

from __future__ import annotations

import numpy as np


def switched(turns_on: np.ndarray, turns_off: np.ndarray) -> np.ndarray:
    """Return where something is on: from where it turns on until it turns off, unchanged between.

    Parameters
    ----------
    turns_on, turns_off : ndarray of bool, shape (n,)
        Where both are true it is on. Before the first of either it is off.

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> value = np.array([0.4, 0.9, 0.4, 0.1, 0.4])
    >>> switched(value >= 0.8, value < 0.3)
    array([False,  True,  True, False, False])
    """
    place = np.arange(len(turns_on))
    last_turn = np.maximum.accumulate(np.where(turns_on | turns_off, place, -1))
    return np.asarray((last_turn >= 0) & turns_on[last_turn])


def runs(is_on: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the runs of True start and stop.

    Examples
    --------
    >>> runs(np.array([True, False, True, True]))
    (array([0, 2]), array([1, 4]))
    """
    turn = np.diff(is_on.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(turn == 1), np.flatnonzero(turn == -1)


def ends_of_runs(is_break: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which of n rows begin and which end a run; a break lies between a row and the next.

    Examples
    --------
    >>> ends_of_runs(np.array([False, True]), 3)
    (array([ True, False,  True]), array([False,  True,  True]))
    """
    first = np.append(True, is_break)[:n]
    last = np.append(is_break, True)[:n]
    return first, last
