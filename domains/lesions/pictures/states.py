"""What became of labels and of lesions, in words, and the order of a page: the worst first.

Conventions
-----------
- The worst label or case stands first: the missed, then the lowest Dice, then the largest HD95. What has no Dice, for
  neither side has the label, stands last.
- A case without a prediction is missed where its reference has the label, and says that no prediction is there.
- A missed lesion meets no predicted one, a spurious one none of the reference. A lesion of the reference that is
  neither matched nor missed is touched: the prediction has some of it, and too little.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..cohorts.scores import missed, spurious

MISSED = "missed"
WITHOUT_PREDICTION = "missed, no prediction"
NO_PREDICTION = "no prediction"
INVENTED = "not in the reference"
ABSENT = "in neither"


def worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of scores with their state, the worst first.

    Parameters
    ----------
    rows : DataFrame
        Of `compare` or `cohort`, without those that have an error.

    Returns
    -------
    DataFrame
        With a column ``state``: "missed", "missed, no prediction", "no prediction", "not in the reference",
        "in neither", or "".

    Examples
    --------
    >>> sizes = {"size_a": [4.0, 0.0, 9.0], "size_b": [5.0, 3.0, 9.0]}
    >>> rows = pd.DataFrame({"label": ["1", "2", "3"], "dice": [0.4, 0.0, 1.0], "hd95": [2.0, np.inf, 0.0], **sizes})
    >>> worst_first(rows)[["label", "state"]].values.tolist()
    [['2', 'missed'], ['1', ''], ['3', '']]
    """
    is_missed = missed(rows)
    without_file = is_missing(rows)
    is_empty = ((rows["size_a"] == 0) & (rows["size_b"] == 0)).to_numpy()
    states = {
        WITHOUT_PREDICTION: is_missed & without_file,
        MISSED: is_missed,
        NO_PREDICTION: without_file,
        INVENTED: spurious(rows),
        ABSENT: is_empty,
    }
    state = np.select(list(states.values()), list(states), "")
    # NaN stands last in an ascending order
    keys = (-rows["hd95"].fillna(0).to_numpy(float), rows["dice"].to_numpy(float), ~is_missed)
    return rows.assign(state=state).iloc[np.lexsort(keys)]


def is_missing(rows: pd.DataFrame) -> np.ndarray:
    """Return which rows are of cases without a prediction.

    Parameters
    ----------
    rows : DataFrame
        Of `compare` or `cohort`; without a column ``missing`` none is.

    Examples
    --------
    >>> is_missing(pd.DataFrame({"case": ["a", "b"], "missing": [0, 1]}))
    array([False,  True])
    """
    if "missing" not in rows:
        return np.zeros(len(rows), bool)
    stated: np.ndarray = rows["missing"].to_numpy(float, na_value=np.nan)
    without_file: np.ndarray = stated == 1
    return without_file


def lesions_in_words(scores: Mapping[Any, Any]) -> str:
    """Return how many lesions of a label are matched, touched, missed and spurious.

    Parameters
    ----------
    scores : mapping
        A row of `compare` or `cohort`, or the sum of several.

    Examples
    --------
    >>> lesions_in_words({"lesions_reference": 4, "lesions_matched": 2, "lesions_missed": 1, "lesions_spurious": 3})
    '2 of 4 reference lesions matched, 1 touched, 1 missed, 3 spurious'
    """
    n_reference = int(scores["lesions_reference"])
    n_matched = int(scores["lesions_matched"])
    n_missed = int(scores["lesions_missed"])
    n_spurious = int(scores["lesions_spurious"])
    n_touched = n_reference - n_matched - n_missed
    said = [f"{n_matched} of {n_reference} reference lesions matched"] if n_reference else ["no reference lesion"]
    for n, what in ((n_touched, "touched"), (n_missed, "missed"), (n_spurious, "spurious")):
        if n:
            said.append(f"{n} {what}")
    return ", ".join(said)
