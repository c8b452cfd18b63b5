"""The ROC curve of polyphonic sound detection, and the area below it.

Conventions
-----------
- `Counts` hold what is found, false and crossed at each threshold, as changes: so many more, or fewer, of a label as
  the threshold falls to a value. Where predictions stand at operating points, each point has its own.
- A rate is counted per unit of time of the recordings (false alarms), or of the events that are triggered on.
- A curve is a staircase: at an effective false alarm rate its height is the largest share of references that an
  operating point of no higher rate finds. It begins at (0, 0).

References
----------
Bilen, C., Ferroni, G., Tuveri, F., Azcarreta, J. & Krstulović, S. (2020). A framework for the robust evaluation of
sound event detection. ICASSP, 61. arXiv:1910.08440
Ebbers, J., Serizel, R. & Haeb-Umbach, R. (2022). Threshold-independent evaluation of sound event detection scores.
ICASSP. arXiv:2201.13148
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Literal, NamedTuple

import numpy as np

Version = Literal["0.3", "0.5"]


class Changes(NamedTuple):
    """By how much a number changes, and where.

    Parameters
    ----------
    at : array of float
        The threshold, or the number of the operating point.
    file, label, other : array of int
        Numbers of the file, the label, and the label that is triggered on.
    amount : array of int
        By how much.
    """

    at: np.ndarray
    file: np.ndarray
    label: np.ndarray
    other: np.ndarray
    amount: np.ndarray

    def weighed(self, weights: np.ndarray) -> Changes:
        """Return the changes of files that count so often, (files,)."""
        drawn = self.where(weights[self.file] > 0)
        return drawn._replace(amount=drawn.amount * weights[drawn.file])

    def where(self, is_kept: np.ndarray) -> Changes:
        """Return some of the changes."""
        return Changes(
            self.at[is_kept], self.file[is_kept], self.label[is_kept], self.other[is_kept], self.amount[is_kept]
        )


@dataclass(frozen=True)
class Counts:
    """All that a curve is made of.

    Parameters
    ----------
    found, false, crossed : Changes
        References found, false alarms, and cross-triggers.
    references : array of int, shape (files, labels)
        How many references there are.
    seconds : array of float, shape (files, labels)
        How long they last.
    duration : array of float, shape (files,)
        How long each recording is; NaN if it is not known.
    points : int or None
        How many operating points there are; None where thresholds fall.
    """

    found: Changes
    false: Changes
    crossed: Changes
    references: np.ndarray
    seconds: np.ndarray
    duration: np.ndarray
    points: int | None

    def of_file(self, file: int) -> Counts:
        """Return the counts of one recording, as if it were alone."""
        rows = slice(file, file + 1)
        return Counts(
            self.found.where(self.found.file == file),
            self.false.where(self.false.file == file),
            self.crossed.where(self.crossed.file == file),
            self.references[rows],
            self.seconds[rows],
            self.duration[rows],
            self.points,
        )

    def weighed(self, weights: np.ndarray) -> Counts:
        """Return the counts of recordings that count so often, (files,)."""
        is_drawn = weights > 0
        return Counts(
            self.found.weighed(weights),
            self.false.weighed(weights),
            self.crossed.weighed(weights),
            self.references * weights[:, None],
            self.seconds * weights[:, None],
            (self.duration * weights)[is_drawn],
            self.points,
        )


class Staircase(NamedTuple):
    """A curve: its height from each rate on.

    Parameters
    ----------
    rate : array of float
        Effective false alarm rates, ascending from 0.
    height : array of float
        Share of references found.
    """

    rate: np.ndarray
    height: np.ndarray

    def at(self, rate: np.ndarray) -> np.ndarray:
        """Return the height at each rate."""
        return self.height[np.searchsorted(self.rate, rate, "right") - 1]


class Curve(NamedTuple):
    """The curves of all labels on one axis, and what becomes of them.

    Parameters
    ----------
    rate : array of float, shape (n,)
        Effective false alarm rates, ascending from 0.
    labels : array of int, shape (c,)
        Which labels have a curve: those of the reference.
    height : array of float, shape (c, n)
        Share of the references of each label that are found.
    effective : array of float, shape (n,)
        Their mean less `alpha_st` standard deviations, at least 0.
    """

    rate: np.ndarray
    labels: np.ndarray
    height: np.ndarray
    effective: np.ndarray


def effective_curve(
    counts: Counts,
    *,
    alpha_ct: float,
    alpha_st: float,
    unit: float,
    version: Version,
    single: Literal["zero", "scored"],
) -> Curve:
    """Return the curve of all labels.

    Parameters
    ----------
    counts : Counts
        What is found, false and crossed.
    alpha_ct : float
        How much the mean rate of cross-triggers adds to the rate of false alarms.
    alpha_st : float
        How many standard deviations over labels are taken off the mean.
    unit : float
        Seconds that rates are per.
    version : {"0.3", "0.5"}
        What the sum of a label's rates of cross-triggers is divided by: the number of labels, as psds_eval 0.3 has it,
        or that of the other labels.
    single : {"zero", "scored"}
        Whether nothing counts where there is one label only.
    """
    labels = np.flatnonzero(counts.references.sum(axis=0))
    total = counts.duration.sum()
    if not len(labels) or not np.isfinite(total):
        return Curve(np.zeros(0), labels, np.zeros((len(labels), 0)), np.zeros(0))
    stairs = []
    for label in labels:
        stairs.append(_of_label(counts, int(label), labels, alpha_ct, unit, total, version))
    if len(labels) == 1 and version == "0.5" and single == "zero":
        stairs = [Staircase(np.zeros(1), np.zeros(1))]
    rate = np.unique(np.concatenate([one.rate for one in stairs]))
    height = np.stack([one.at(rate) for one in stairs])
    effective = np.maximum(height.mean(axis=0) - alpha_st * height.std(axis=0), 0.0)
    return Curve(rate, labels, height, effective)


def area(rate: np.ndarray, height: np.ndarray, limit: float | None) -> float:
    """Return the mean height of a staircase from 0 to a limit, by default its last rate; NaN if there is no curve.

    Examples
    --------
    >>> area(np.array([0.0, 1.0]), np.array([0.5, 1.0]), 4.0)
    0.875
    """
    if not len(rate):
        return nan
    end = rate[-1] if limit is None else limit
    inside = rate <= end
    widths = np.diff(np.append(rate[inside], end))
    return float(np.sum(widths * height[inside]) / end) if end > 0 else nan


def staircase(rate: np.ndarray, height: np.ndarray) -> Staircase:
    """Return the highest that is reached up to each rate, from (0, 0) on.

    Examples
    --------
    >>> staircase(np.array([2.0, 1.0, 1.0]), np.array([0.4, 0.3, 0.5]))
    Staircase(rate=array([0., 1., 2.]), height=array([0. , 0.5, 0.5]))
    """
    rate = np.append(0.0, rate)
    height = np.append(0.0, height)
    order = np.lexsort((height, rate))
    rate = rate[order]
    highest = np.maximum.accumulate(height[order])
    is_last = np.append(rate[1:] != rate[:-1], True)
    return Staircase(rate[is_last], highest[is_last])


def found_as_thresholds_fall(
    reference: np.ndarray, share: np.ndarray, high: np.ndarray, low: np.ndarray, needed: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where references become found, or cease to be, as the threshold falls.

    Parameters
    ----------
    reference, share, high, low : array
        Of each pair: the reference's row; the share of it that a prediction covers, which holds at thresholds from
        `high` down to, but without, `low`.
    needed : float
        From which share on a reference is found.

    Returns
    -------
    reference, threshold, amount
        Which reference changes, at which threshold, and 1 if it becomes found, -1 if it ceases to be.

    Examples
    --------
    >>> rows, high = np.array([0, 0]), np.array([0.9, 0.5])
    >>> found_as_thresholds_fall(rows, np.array([0.3, 0.3]), high, np.full(2, -np.inf), 0.5)
    (array([0]), array([0.5]), array([1]))
    """
    ends = low > -np.inf
    row = np.append(reference, reference[ends])
    threshold = np.append(high, low[ends])
    change = np.append(share, -share[ends])
    order = np.lexsort((-threshold, row))
    row = row[order]
    threshold = threshold[order]
    change = change[order]
    begin = np.flatnonzero(np.append(True, row[1:] != row[:-1])[: len(row)])
    count = np.diff(np.append(begin, len(row)))
    is_last = np.append((row[1:] != row[:-1]) | (threshold[1:] != threshold[:-1]), True)[: len(row)]
    total = np.zeros(len(begin))
    is_found = np.zeros(len(begin), bool)
    changes = []
    # all references at once, the first change of each, then the second
    for nth in range(int(count.max(initial=0))):
        among = np.flatnonzero(count > nth)
        k = begin[among] + nth
        total[among] += change[k]
        now = np.where(is_last[k], total[among] >= needed, is_found[among])
        has_changed = now != is_found[among]
        is_found[among] = now
        changes.append(np.stack([k[has_changed], np.where(now[has_changed], 1, -1)]))
    k, amount = np.concatenate(changes, axis=1) if changes else np.zeros((2, 0), int)
    return row[k], threshold[k], amount


def _of_label(
    counts: Counts, label: int, labels: np.ndarray, alpha_ct: float, unit: float, total: float, version: Version
) -> Staircase:
    """Return the curve of one label."""
    found = counts.found.where(counts.found.label == label)
    false = counts.false.where(counts.false.label == label)
    crossed = counts.crossed
    is_other = (counts.crossed.label == label) & np.isin(counts.crossed.other, labels)
    crossed = counts.crossed.where(is_other)
    parts = [found, false] if alpha_ct == 0 else [found, false, crossed]
    steps = np.arange(counts.points or 0)
    if counts.points is None:
        steps = np.unique(np.concatenate([part.at for part in parts]))
    n_found = _counted(found, steps, counts.points)
    n_false = _counted(false, steps, counts.points)
    share = n_found / counts.references[:, label].sum()
    rate = n_false * unit / total
    over = len(labels) if version == "0.3" else len(labels) - 1
    if alpha_ct > 0 and over > 0:
        seconds = counts.seconds.sum(axis=0)
        of_all = np.zeros(len(steps))
        for other in np.unique(crossed.other):
            n_crossed = _counted(crossed.where(crossed.other == other), steps, counts.points)
            of_all += n_crossed * unit / seconds[other]
        rate = rate + alpha_ct * (of_all / over)
    return staircase(rate, share)


def _counted(changes: Changes, steps: np.ndarray, points: int | None) -> np.ndarray:
    """Return how many there are at each threshold, ascending, or at each operating point."""
    place = np.searchsorted(steps, changes.at)
    change = np.bincount(place, changes.amount, len(steps))
    return change if points is not None else np.cumsum(change[::-1])[::-1]
