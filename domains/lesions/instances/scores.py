"""Scores of a match table.

Conventions
-----------
- Lesion-wise F1 (recognition quality, RQ) is the Dice coefficient of the sets of lesions; panoptic quality
  PQ = F1 × SQ, where SQ is the mean IoU of the matched pairs.

References
----------
Kirillov, A. et al. (2019). Panoptic segmentation. CVPR, 9404. doi:10.1109/CVPR.2019.00963
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import inf, nan

import numpy as np
import pandas as pd

import overlap as ov
from overlap import matching

from ..._checks import UsageError
from .matches import KINDS


def lesion_counts(table: pd.DataFrame) -> ov.Overlap:
    """Return the lesions of a match table as an overlap: matched, predicted, reference.

    See Also
    --------
    match : Return which predicted lesions met which reference lesions.
    lesion_scores : Score a match table.

    Examples
    --------
    >>> from ..images.grids import as_image
    >>> from .matches import match
    >>> one, two = as_image(np.array([[1, 0, 0]] * 2), 1.0), as_image(np.array([[1, 0, 2]] * 2), 1.0)
    >>> float(ov.dice(lesion_counts(match(one, two))))
    0.6666666666666666
    """
    matched = int(table["matched"].sum())
    predicted = int(table["predicted"].nunique())
    reference = int(table["reference"].nunique())
    return ov.Overlap(matched, predicted, reference)


def lesion_scores(table: pd.DataFrame, *, empty: float | ov.EmptyPolicy = nan) -> dict[str, float]:
    """Score a match table.

    Parameters
    ----------
    table : DataFrame
        As `match` returns it.
    empty : float or EmptyPolicy
        Value of F1 and PQ where neither has a lesion.

    Returns
    -------
    dict
        ``f1`` (recognition quality), ``sq`` (mean IoU of the matched, NaN without any), ``pq``, and how many:
        ``predicted``, ``reference``, ``matched``, then the groups of each kind.

    See Also
    --------
    lesion_counts : Return the lesions of a match table as an overlap.
    match : Return which predicted lesions met which reference lesions.
    score_lesions : Score the lesions of a mask as a community does.

    Examples
    --------
    >>> from ..images.grids import as_image
    >>> from .matches import match
    >>> one, two = as_image(np.array([[1, 0, 0]] * 2), 1.0), as_image(np.array([[1, 0, 2]] * 2), 1.0)
    >>> scores = lesion_scores(match(one, two))
    >>> scores["pq"], scores["missed"]
    (0.6666666666666666, 1)
    """
    counts = lesion_counts(table)
    matched = int(counts.intersection)
    total_iou = float(table.loc[table["matched"], "iou"].sum())
    quality = matching.PanopticQuality(total_iou, counts, empty)
    # the groups of each kind, and not their rows
    _, first = np.unique(table["group"], return_index=True)
    kinds = table["kind"].tolist()
    groups = Counter(kinds[row] for row in first)
    scores = {
        "f1": quality.rq,
        "sq": quality.sq,
        "pq": quality.pq,
    }
    scores["predicted"] = int(counts.size_a)
    scores["reference"] = int(counts.size_b)
    scores["matched"] = matched
    for kind in KINDS:
        scores[kind] = groups[kind]
    return scores


def sensitivity_by_volume(
    table: pd.DataFrame, edges: Sequence[float] = (0.0, 50.0, 500.0, 5000.0, inf)
) -> pd.DataFrame:
    """Count the reference lesions that were found, by their volume.

    Parameters
    ----------
    table : DataFrame
        As `match` returns it, or several of them joined: of many cases, with a column ``case`` (and ``label``).
    edges : sequence of float
        Ascending volumes, mm³; a lesion belongs to the class that begins at its volume or below.

    Returns
    -------
    DataFrame
        A row for each class: ``volume_from volume_to lesions found sensitivity``; NaN of no lesions.

    Raises
    ------
    ValueError
        If the edges do not ascend.

    See Also
    --------
    match : Return which predicted lesions met which reference lesions.
    plot_detection : Draw which lesions of the reference were found, against their volume.

    Examples
    --------
    >>> from ..images.grids import as_image
    >>> from .matches import match
    >>> one, two = as_image(np.array([[1, 0, 0]] * 2), 1.0), as_image(np.array([[1, 0, 2]] * 2), 1.0)
    >>> sensitivity_by_volume(match(one, two), edges=(0, 10)).to_dict("records")
    [{'volume_from': 0.0, 'volume_to': 10.0, 'lesions': 2, 'found': 1, 'sensitivity': 0.5}]
    """
    limits = np.asarray(edges, float)
    if limits.ndim != 1 or len(limits) < 2 or not (np.diff(limits) > 0).all():
        raise UsageError(
            f"lesions.sensitivity_by_volume: edges must be two or more ascending volumes in mm³; got {edges!r}"
        )
    named = [column for column in ("case", "label", "reference") if column in table]
    of_reference = table[table["reference"].notna()]
    lesions = of_reference.groupby(named, sort=False, dropna=False).agg(
        volume=("volume_reference", "first"), found=("matched", "any")
    )
    classes = np.digitize(lesions["volume"], limits) - 1
    is_inside = (classes >= 0) & (classes < len(limits) - 1)
    n_lesions = np.bincount(classes[is_inside], minlength=len(limits) - 1)
    is_found = is_inside & lesions["found"].to_numpy(bool)
    n_found = np.bincount(classes[is_found], minlength=len(limits) - 1)
    sensitivity = np.full(len(n_lesions), nan)
    np.divide(n_found, n_lesions, out=sensitivity, where=n_lesions > 0)
    return pd.DataFrame(
        {
            "volume_from": limits[:-1],
            "volume_to": limits[1:],
            "lesions": n_lesions,
            "found": n_found,
            "sensitivity": sensitivity,
        }
    )
