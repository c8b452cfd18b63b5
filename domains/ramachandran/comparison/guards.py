"""Guards: a prediction that would fit its reference far better if it were read otherwise is told so, with both numbers.

Conventions
-----------
- Of several readings that fit far better the best is named, one for each region of a stack. What counts as far better
  is said in `readings`.
- A hint names the overlap that the prediction would have, and the one it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from .pairs import Pair
from .readings import Elsewhere, readings

MOST_NAMED = 3
"""How many regions of a stack a hint names."""


@dataclass(frozen=True)
class Hint:
    """A reading that fits far better.

    Attributes
    ----------
    reading : str
        The mistake.
    iou, now : float
        The IoU with it put right, and the one that was measured.
    remedy : str
        How to put it right, as an expression of `predicted` or as words.
    where : int
        Which region of a stack.
    """

    reading: str
    iou: float
    now: float
    remedy: str
    where: int = 0


def find_hints(pair: Pair, elsewhere: Elsewhere | None = None) -> list[Hint]:
    """Return the reading of each pair that fits best, where one fits far better than what was measured.

    Parameters
    ----------
    pair : Pair
    elsewhere : Elsewhere, optional
        How to get the reference at other cell centres and of other categories; without it neither is looked for.

    Returns
    -------
    list of Hint
        At most one for each pair, in their order.

    Examples
    --------
    >>> from .pairs import measure
    >>> from ..regions.regions import region
    >>> b = region().values[None]
    >>> centres = region().psi.values
    >>> upside_down = measure(b[:, ::-1], b, None, "minimum")
    >>> pair = Pair(b[:, ::-1], b, centres, centres, None, "minimum", upside_down, ["general"], [0.98])
    >>> [(hint.reading, hint.iou) for hint in find_hints(pair)]
    [('psi upside down', 1.0)]
    """
    found: dict[int, Hint] = {}
    for rows, reading in readings(pair, elsewhere or Elsewhere()):
        better = reading.fits_far_better(pair.now[rows])
        for k in np.flatnonzero(better):
            row = int(rows[k])
            hint = Hint(reading.name, float(reading.iou[k]), float(pair.now[row]), reading.remedy, row)
            found[row] = _better(found.get(row), hint)
    return [found[row] for row in sorted(found)]


def _better(old: Hint | None, new: Hint) -> Hint:
    """Return the hint of the higher IoU; of one IoU, as mirrors of a symmetrical region have, both names."""
    if old is None or new.iou > old.iou:
        return new
    if new.iou < old.iou:
        return old
    return replace(old, reading=f"{old.reading} or {new.reading}")


def hint_line(hints: Sequence[Hint], names: Sequence[str]) -> str:
    """Return hints as one line; hints of one reading are told together.

    Parameters
    ----------
    hints : sequence of Hint
    names : sequence of str
        Of the regions of the stack; "" for a single region.

    Returns
    -------
    str

    Examples
    --------
    >>> hint_line([Hint("psi upside down", 0.98, 0.18, "")], [""])
    'psi upside down? IoU 0.98 instead of 0.18'
    >>> hint_line([Hint("phi mirrored", 1.0, 0.2, "", 0), Hint("phi mirrored", 0.9, 0.1, "", 2)], ["x", "y", "z"])
    'phi mirrored? mean IoU 0.95 instead of 0.15 (2 of 3: x; z)'
    """
    told = []
    for reading in dict.fromkeys(hint.reading for hint in hints):
        same = [hint for hint in hints if hint.reading == reading]
        told.append(_told(reading, same, names))
    return "; ".join(told)


def remedies(hints: Sequence[Hint]) -> str:
    """Return how to put right what hints say, each way once.

    Examples
    --------
    >>> remedies([Hint("complement", 1.0, 0.0, "pass ~predicted")])
    'pass ~predicted'
    """
    return "; ".join(dict.fromkeys(hint.remedy for hint in hints))


def _told(reading: str, hints: Sequence[Hint], names: Sequence[str]) -> str:
    iou = fmean(hint.iou for hint in hints)
    now = fmean(hint.now for hint in hints)
    if len(names) == 1:
        # two digits would hide what half a cell does
        return f"{reading}? IoU {_digits(iou, now)}"
    listed = "; ".join(names[hint.where] for hint in hints[:MOST_NAMED])
    n_more = len(hints) - MOST_NAMED
    more = f"; {n_more} more" if n_more > 0 else ""
    return f"{reading}? mean IoU {_digits(iou, now)} ({len(hints)} of {len(names)}: {listed}{more})"


def _digits(iou: float, now: float) -> str:
    if iou - now < 0.1:
        return f"{iou:.3f} instead of {now:.3f}"
    return f"{iou:.2f} instead of {now:.2f}"
