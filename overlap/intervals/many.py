"""How several sets of intervals overlap at once: `overlap.intervals.measure_many`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .._subsets import Subsets, add_up, check_number
from .join import lengths, read_rows
from .sets import united


def measure_many(sets: Sequence[ArrayLike]) -> Subsets:
    """Measure how several sets of intervals overlap: the length of each combination of them.

    Parameters
    ----------
    sets : sequence of array_like (n, 2)
        Numbers. Each set is united first: what several rows cover counts once.

    Returns
    -------
    Subsets
        For each combination that occurs the length (float64) that lies in all of its sets and in no other.

    Raises
    ------
    ValueError
        If a shape is not (n, 2), an end is before its start, a number is NaN, or there are more than 62 sets.
    TypeError
        If the rows are not numbers: divide times by their unit first.

    See Also
    --------
    measure : Measure how two sets of intervals overlap.
    sweep : Cut the line wherever a row begins or ends.

    Examples
    --------
    >>> subsets = measure_many([[[0, 10]], [[5, 20]], [[8, 12]]])
    >>> for members, size in zip(subsets.members.astype(int).tolist(), subsets.size.tolist(), strict=True):
    ...     print(members, size)
    [1, 0, 0] 5.0
    [0, 1, 0] 8.0
    [1, 1, 0] 3.0
    [0, 1, 1] 2.0
    [1, 1, 1] 2.0
    """
    check_number("intervals.measure_many", len(sets))
    named = {f"sets[{k}]": rows for k, rows in enumerate(sets)}
    ends = [np.zeros(0, np.int64)]
    changes = [np.zeros(0, np.int64)]
    for k, rows in enumerate(read_rows("intervals.measure_many", **named)):
        if rows.dtype.kind == "M":
            raise TypeError(
                f"intervals.measure_many: sets[{k}] are times; choose a unit: (t - origin) / numpy.timedelta64(1, 's')"
            )
        of_set = united(rows)
        # who comes in adds a bit to the combination, and takes it along
        bit = np.int64(1) << np.int64(k)
        ends.append(of_set.ravel())
        changes.append(np.tile([bit, -bit], len(of_set)))
    place = np.concatenate(ends)
    order = np.argsort(place, kind="stable")
    place = place[order]
    combination = np.cumsum(np.concatenate(changes)[order])
    length = lengths(place[:-1], place[1:]).astype(np.float64)
    return add_up(combination[:-1], length, len(sets))
