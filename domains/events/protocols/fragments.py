"""Ward's taxonomy: how what was found of an event is cut, joined, too long, too short, missing or made up.

Conventions
-----------
- Events of one file and label that overlap or touch are one event, on each side.
- A reference event is ``deleted`` if nothing found overlaps it, ``fragmented`` if several of the found events do,
  ``merged`` if one that does overlaps another reference event too, ``fragmented and merged`` if both, else
  ``correct``. A found event is an ``insertion`` if it overlaps no reference event, ``fragmenting`` if it is one of
  several on a reference event, ``merging`` if it overlaps several, ``fragmenting and merging`` if both, else
  ``correct``.
- Time is parted where either side changes. Where both have it, it is ``correct``. Time that only was found is an
  ``insertion`` if its event touches no reference, ``merge`` between two reference events under one found event, else
  ``overfill``, before the reference (``at`` "start") or after it ("end"). Time that only is in the reference is in the
  same way a ``deletion``, ``fragmenting``, or an ``underfill`` at the start or the end.

References
----------
Ward, J. A., Lukowicz, P. & Gellersen, H. W. (2011). Performance metrics for activity recognition. ACM TIST 2, 6.
doi:10.1145/1889681.1889687
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from overlap import intervals

from ..frames.switches import ends_of_runs
from ..schema import as_events, times_of

OF_REFERENCE = ("correct", "fragmented", "merged", "fragmented and merged", "deleted")
OF_PREDICTED = ("correct", "fragmenting", "merging", "fragmenting and merging", "insertion")
OF_TIME = ("correct", "insertion", "merge", "overfill", "deletion", "fragmenting", "underfill")


class Disjoint(NamedTuple):
    """Intervals (n, 2) that do not touch within a group, and the number of the group of each."""

    times: np.ndarray
    group: np.ndarray


class Taxonomy(NamedTuple):
    """What became of every event and of every stretch of time.

    Parameters
    ----------
    predicted, reference : DataFrame
        ``file label onset offset category``, a row for each event, one of `OF_PREDICTED` and `OF_REFERENCE`.
    stretches : DataFrame
        ``file label onset offset error at``, a row for each stretch of time that either side has, one of `OF_TIME`;
        ``at`` is "start" or "end" for overfill and underfill, else "".
    """

    predicted: pd.DataFrame
    reference: pd.DataFrame
    stretches: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Return the number of events of each category, and the seconds of each kind of time.

        Examples
        --------
        >>> ward_taxonomy([[0, 4], [5, 9]], [[0, 9]]).summary().query("count > 0")
                 of      category  count  seconds
        1 predicted   fragmenting      2      8.0
        6 reference    fragmented      1      9.0
        10     time       correct      2      8.0
        15     time   fragmenting      1      1.0
        """
        parts = [
            _counted("predicted", self.predicted, "category", OF_PREDICTED),
            _counted("reference", self.reference, "category", OF_REFERENCE),
            _counted("time", self.stretches, "error", OF_TIME),
        ]
        return pd.concat(parts, ignore_index=True)


def ward_taxonomy(predicted: pd.DataFrame, reference: pd.DataFrame) -> Taxonomy:
    """Say what became of every reference event, every predicted one and every stretch of time.

    Parameters
    ----------
    predicted, reference : DataFrame or array, shape (n, 2)
        Events, as `as_events` takes them. Those of one file and label are compared.

    Returns
    -------
    Taxonomy
        ``predicted``, ``reference``, ``stretches`` and, of all, ``summary()``. As many events are correct on one side
        as on the other, and the stretches add up to the union of both sides.

    Raises
    ------
    TypeError, ValueError
        As `as_events`.

    See Also
    --------
    compare : Score predicted events against annotated ones.
    align : List row by row what a protocol matched.

    Examples
    --------
    >>> found = ward_taxonomy([[0, 4], [5, 9], [20, 21]], [[1, 9], [30, 31]])
    >>> found.reference[["onset", "category"]].to_numpy().tolist()
    [[1.0, 'fragmented'], [30.0, 'deleted']]
    >>> found.predicted["category"].tolist()
    ['fragmenting', 'fragmenting', 'insertion']
    >>> found.stretches[["onset", "error", "at"]].to_numpy().tolist()[:3]
    [[0.0, 'overfill', 'start'], [1.0, 'correct', ''], [4.0, 'fragmenting', '']]
    """
    a = as_events(predicted, "predicted")
    b = as_events(reference, "reference")
    both = pd.concat([a, b])[["file", "label"]]
    names = both.drop_duplicates().sort_values(["file", "label"], ignore_index=True)
    group = both.groupby(["file", "label"]).ngroup().to_numpy()
    united_a = _united(times_of(a), group[: len(a)])
    united_b = _united(times_of(b), group[len(a) :])
    category_of_a, category_of_b = _categories_of(united_a, united_b)
    return Taxonomy(
        _listed(united_a, names).assign(category=category_of_a),
        _listed(united_b, names).assign(category=category_of_b),
        _stretches(united_a, united_b, names),
    )


def _united(times: np.ndarray, group: np.ndarray) -> Disjoint:
    """Return events as disjoint stretches; points, which last no time, are none."""
    swept = intervals.sweep(times, by=[group])
    is_break = (swept.group[1:] != swept.group[:-1]) | (swept.start[1:] != swept.end[:-1])
    first, last = ends_of_runs(is_break, len(swept.start))
    united = np.stack([swept.start[first], swept.end[last]], axis=1)
    return Disjoint(united, np.asarray(swept.group[first], int))


def _listed(events: Disjoint, names: pd.DataFrame) -> pd.DataFrame:
    """Return events as a table, with their files and labels."""
    table = names.iloc[events.group].reset_index(drop=True)
    return table.assign(onset=events.times[:, 0], offset=events.times[:, 1])


def _categories_of(a: Disjoint, b: Disjoint) -> tuple[np.ndarray, np.ndarray]:
    """Return what became of each predicted and of each reference event."""
    in_a, in_b, _ = intervals.overlap_pairs(a.times, b.times, by=(a.group, b.group))
    partners_of_a = np.bincount(in_a, minlength=len(a.group))
    partners_of_b = np.bincount(in_b, minlength=len(b.group))
    # whether any partner has several partners itself
    a_is_fragment = _any(in_a, partners_of_b[in_b] > 1, len(a.group))
    b_is_merged = _any(in_b, partners_of_a[in_a] > 1, len(b.group))
    of_a = _categories(partners_of_a, a_is_fragment, partners_of_a > 1, OF_PREDICTED)
    of_b = _categories(partners_of_b, partners_of_b > 1, b_is_merged, OF_REFERENCE)
    return of_a, of_b


def _any(place: np.ndarray, is_so: np.ndarray, n: int) -> np.ndarray:
    return np.bincount(place[is_so], minlength=n) > 0


def _categories(
    n_partners: np.ndarray, is_cut: np.ndarray, is_joined: np.ndarray, names: tuple[str, ...]
) -> np.ndarray:
    correct, cut, joined, both, alone = names
    conditions = [n_partners == 0, is_cut & is_joined, is_cut, is_joined]
    return np.select(conditions, [alone, both, cut, joined], correct).astype(object)


def _stretches(a: Disjoint, b: Disjoint, names: pd.DataFrame) -> pd.DataFrame:
    """Part time where either side changes, and say of each stretch what it is."""
    swept = intervals.sweep(a.times, b.times, by=[a.group, b.group])
    group = np.asarray(swept.group, int)
    has_a = swept.counts[:, 0] > 0
    has_b = swept.counts[:, 1] > 0
    is_correct = has_a & has_b
    # of disjoint events that do not touch, a stretch beside a correct one belongs to the same event
    is_beside = (group[1:] == group[:-1]) & (swept.start[1:] == swept.end[:-1])
    correct_before = np.append(False, is_correct[:-1] & is_beside)[: len(group)]
    correct_after = np.append(is_correct[1:] & is_beside, False)[: len(group)]
    alone = ~correct_before & ~correct_after
    between = correct_before & correct_after
    at_edge = correct_before ^ correct_after
    only_predicted = has_a & ~has_b
    only_reference = has_b & ~has_a
    error = np.full(len(group), "correct", dtype=object)
    error[only_predicted & alone] = "insertion"
    error[only_predicted & between] = "merge"
    error[only_predicted & at_edge] = "overfill"
    error[only_reference & alone] = "deletion"
    error[only_reference & between] = "fragmenting"
    error[only_reference & at_edge] = "underfill"
    is_wrong_edge = at_edge & ~is_correct
    at = np.full(len(group), "", dtype=object)
    at[is_wrong_edge & correct_after] = "start"
    at[is_wrong_edge & correct_before] = "end"
    times = np.stack([swept.start, swept.end], axis=1)
    return _listed(Disjoint(times, group), names).assign(error=error, at=at)


def _counted(of: str, table: pd.DataFrame, column: str, names: tuple[str, ...]) -> pd.DataFrame:
    duration = table["offset"] - table["onset"]
    of_each = duration.groupby(table[column])
    count = of_each.size().reindex(list(names), fill_value=0)
    seconds = of_each.sum().reindex(list(names), fill_value=0.0)
    return pd.DataFrame({"of": of, "category": names, "count": count.to_numpy(), "seconds": seconds.to_numpy()})
