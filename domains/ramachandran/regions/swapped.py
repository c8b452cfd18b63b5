"""Backbone angles whose phi and psi were exchanged, told by how far better they fit the other way round.

Conventions
-----------
- Angles are looked at where less than `ENOUGH` of them lie inside a region. They are said to be exchanged if a share
  higher by `GAIN` lies inside with phi and psi exchanged, and higher than with both negated: D-residues are none.
- Nothing is changed: a warning says both shares and what to do.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

ENOUGH = 0.8
"""Angles of which this share lies inside are as they should be."""
GAIN = 0.2
"""How much higher the share has to be the other way round."""
FEWEST = 10
"""How many angles it takes to say so."""


def warn_of_swap(
    share_inside: Callable[[np.ndarray, np.ndarray], float], phi: np.ndarray, psi: np.ndarray, who: str, remedy: str
) -> None:
    """Warn if angles fit far better with phi and psi exchanged.

    Parameters
    ----------
    share_inside : callable
        Takes phi and psi in degrees, and returns which share of them lies inside a region.
    phi, psi : ndarray
        Degrees.
    who : str
        How the warning begins: the function, or the file.
    remedy : str
        How to exchange them.

    Warns
    -----
    UserWarning
        If they were exchanged.

    Examples
    --------
    >>> def share_of_helix(phi, psi):
    ...     return float(((phi < -50) & (psi > -50)).mean())
    >>> helix = np.full(20, -63.0), np.full(20, -43.0)
    >>> warn_of_swap(share_of_helix, *helix, "rama.xvg", "exchange them")
    """
    if phi.size < FEWEST:
        return
    now = share_inside(phi, psi)
    if not now < ENOUGH:
        return
    exchanged = share_inside(psi, phi)
    negated = share_inside(-phi, -psi)
    if exchanged < max(now, negated) + GAIN:
        return
    found = f"{now:.0%} of the angles are inside, but {exchanged:.0%} with phi and psi exchanged"
    warnings.warn(f"{who}: {found}; if they were, {remedy}", stacklevel=4)
