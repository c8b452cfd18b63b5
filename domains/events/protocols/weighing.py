"""Figures of recordings that count several times, as in a resample: made from what each recording was found to have.

Conventions
-----------
- Weights say how often each recording counts, (draws, files), in the order of ``scored.files``. A figure of them is
  that of a table in which the recordings are repeated so often. Nothing is matched again.
- Most figures are ratios of sums: `ratios_of` has their terms for each recording. A protocol whose figures are not has
  ``weigh(scored) -> Weighed``, and what that returns goes before a ratio of the same name.
- Predictions of two recordings that are equally confident keep the order that they had in the whole.

References
----------
Field, C. A. & Welsh, A. H. (2007). Bootstrapping clustered data. J. R. Stat. Soc. B 69, 369.
doi:10.1111/j.1467-9868.2007.00593.x
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from .descriptions import Terms, terms_of_der, terms_of_f1, terms_of_iou, terms_of_jer
from .preparation import rounded
from .scored import Scored

DAY = 86400.0
DRAW = "draw"


def _terms_of_precision(report: xr.Dataset) -> Terms:
    return Terms(report["intersection"], report["size_a"])


def _terms_of_recall(report: xr.Dataset) -> Terms:
    return Terms(report["intersection"], report["size_b"])


def _terms_of_error_rate(report: xr.Dataset) -> Terms:
    return Terms(report["substitutions"] + report["deletions"] + report["insertions"], report["size_b"])


def _terms_of_false_alarms(report: xr.Dataset) -> Terms:
    return Terms(report["size_a"] - report["intersection"], report["days"])


def _terms_of_specificity(report: xr.Dataset) -> Terms:
    negatives = report["true_negatives"]
    return Terms(negatives, negatives + report["size_a"] - report["intersection"])


def _terms_of_accuracy(report: xr.Dataset) -> Terms:
    spurious = report["size_a"] - report["intersection"]
    right = report["intersection"] + report["true_negatives"]
    return Terms(right, report["size_b"] + spurious + report["true_negatives"])


RATIOS: Mapping[str, Callable[[xr.Dataset], Terms]] = {
    "f1": terms_of_f1,
    "dice": terms_of_f1,
    "iou": terms_of_iou,
    "precision": _terms_of_precision,
    "recall": _terms_of_recall,
    "error_rate": _terms_of_error_rate,
    "specificity": _terms_of_specificity,
    "accuracy": _terms_of_accuracy,
    "false_alarms_per_24h": _terms_of_false_alarms,
    "der": terms_of_der,
    "jer": terms_of_jer,
}
"""The figures that are ratios of sums, and their terms in a report."""


def ratios_of(scored: Scored) -> dict[str, Terms]:
    """Return the terms of each figure that is a ratio of sums, for each recording.

    Parameters
    ----------
    scored : Scored
        As `assess` returns it.

    Returns
    -------
    dict
        Terms by figure: (file), or (file, threshold).

    Examples
    --------
    >>> from ..comparison.comparison import assess
    >>> terms = ratios_of(assess([[0, 4]], [[2, 6]], "time"))
    >>> terms["iou"].numerator.values.tolist(), terms["iou"].denominator.values.tolist()
    ([2.0], [6.0])
    """
    report = scored.report("file")
    headline = scored.protocol.headline
    own = {headline.name: headline.terms} if headline and headline.terms else {}
    with_days = report.assign(days=_days_of(scored, report["file"]))
    terms = {}
    for name, terms_of in {**RATIOS, **own}.items():
        if name in report:
            above, below = terms_of(with_days)
            above, below = xr.broadcast(above.astype(float), below.astype(float))
            terms[name] = Terms(above.transpose("file", ...), below.transpose("file", ...))
    return terms


def weighed_sums(weights: np.ndarray, pieces: xr.Dataset) -> xr.Dataset:
    """Return the sums over recordings, each counted as often as the weights say.

    Parameters
    ----------
    weights : array (draws, files)
        How often each recording counts.
    pieces : Dataset
        What adds, (file, ...).

    Returns
    -------
    Dataset
        (draw, ...). What is not known of a recording (NaN) matters only where it counts.

    Examples
    --------
    >>> pieces = xr.Dataset({"found": ("file", [1.0, 2.0, np.nan])})
    >>> weighed_sums(np.array([[2, 1, 0], [1, 1, 1]]), pieces)["found"].values.tolist()
    [4.0, nan]
    """
    sums = {}
    for name, piece in pieces.data_vars.items():
        ordered = piece.transpose("file", ...)
        values = ordered.to_numpy().astype(float)
        is_unknown = np.isnan(values)
        total = np.tensordot(weights, np.where(is_unknown, 0.0, values), 1)
        if is_unknown.any():
            n_unknown = np.tensordot(weights, is_unknown.astype(float), 1)
            total = np.where(n_unknown > 0, np.nan, total)
        sums[name] = ((DRAW, *ordered.dims[1:]), total)
    coords = {name: x for name, x in pieces.coords.items() if "file" not in x.dims}
    return xr.Dataset(sums, coords)


def _days_of(scored: Scored, files: xr.DataArray) -> xr.DataArray:
    """Return how long each recording is, in days, as false alarms a day are counted."""
    seconds = scored.seconds
    length = rounded(seconds.to_numpy(), getattr(scored.settings, "rate", None))
    of_file = pd.Series(length / DAY, seconds.index)
    return xr.DataArray(of_file.reindex(files.to_numpy()).to_numpy(), dims="file")
