"""What the pages of a comparison and of a cohort share: the look of their tables, a picture of a label, words.

Conventions
-----------
- Overlays are in radiological view, in the slice of most disagreement.
- Whatever a page says is in the tables that it is made of; nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..._page import Look, picture
from ..._text import one_line
from ..comparison.assessment import Assessment, Pair
from ..comparison.reports import FIELDS
from .states import INVENTED, MISSED, NO_PREDICTION, WITHOUT_PREDICTION, lesions_in_words

PACKAGES = ("numpy", "scipy", "pandas", "xarray", "nibabel", "matplotlib")
MOST_OVERLAYS = 6
"""Pictures of masks on a page: one takes 30 to 60 kB, and a page stays under 1 MB."""
MOST_ROWS = 500
"""Of a table: a row takes some 700 bytes."""
MOST_FINDINGS = 12
LETTERS = (
    "Three colours: both, only the prediction, only the reference. Radiological view: R is the patient's right, and "
    "on the left of the picture."
)
_MOST_NAMES = 8
_INDEX = ".4f"
_LENGTH = ".2f"
_FORMATS = {
    **dict.fromkeys(("dice", "iou", "precision", "recall", "nsd", "boundary_iou"), _INDEX),
    **dict.fromkeys(("lesion_f1", "lesion_sq", "lesion_pq"), _INDEX),
    **dict.fromkeys(("dice_low", "dice_high", "value", "low", "high"), _INDEX),
    **dict.fromkeys(("hausdorff", "hd95", "assd", "masd"), _LENGTH),
    **dict.fromkeys(("size_a", "size_b", "volume_predicted", "volume_reference", "intersection"), ".5g"),
}
_MARKS = {
    **dict.fromkeys((MISSED, WITHOUT_PREDICTION, NO_PREDICTION, INVENTED, "spurious"), "bad"),
    "no": "fair",
}
LOOK = Look(_FORMATS, _MARKS)
SHOWN = [
    *("case", "label", "state", "dice", "hd95", "assd", "nsd"),
    *("lesions_reference", "lesions_matched", "lesions_missed", "lesions_predicted", "lesions_spurious"),
    *("lesion_f1", "lesion_pq", "iou", "precision", "recall", "hausdorff", "size_a", "size_b"),
]
"""Columns of the tables of labels and cases; the others are in the CSV."""


def shown(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of scores that a page shows, without those that say nothing."""
    columns = [name for name in SHOWN if name in rows]
    columns += [name for name in FIELDS if name in rows and rows[name].any()]
    return without_empty(rows[columns])


def without_empty(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out columns that say nothing.

    Examples
    --------
    >>> without_empty(pd.DataFrame({"label": ["1"], "state": [""], "hd95": [np.nan]})).columns.tolist()
    ['label']
    """
    says_something = ((rows != "") & rows.notna()).any()
    return rows.loc[:, says_something]


def overlay(result: Assessment, label: Any, name: str, **below: Any) -> str:
    """Return the picture of one label of a result, in the slice of most disagreement.

    Parameters
    ----------
    result : Assessment
        With its masks.
    label : object
        The label, as a table calls it.
    name : str
        What is drawn, for the line below the picture.
    **below
        The image below and its window, as `plot_overlay` takes them.

    Returns
    -------
    str
        HTML.
    """
    import matplotlib.pyplot as plt

    from .plotting import plot_overlay

    pair = pair_like(result, label)
    scores = result.report.sel(label=pair.label)
    dice = f"Dice {float(scores['dice']):.3f}, HD95 {distance(float(scores['hd95']))}"
    figure: Any = plot_overlay(result, label=pair.label, **below).figure
    drawn = picture(figure, f"{name}: {dice}; {lesions_in_words(scores)}")
    plt.close(figure)
    return drawn


def pair_like(result: Assessment, label: Any) -> Pair:
    """Return the masks of the label that a table calls so."""
    return next(pair for pair in result.pairs if str(pair.label) == str(label))


def distance(value: float) -> str:
    """Return a distance in mm in words.

    Examples
    --------
    >>> distance(2.4), distance(np.inf), distance(np.nan)
    ('2.40 mm', '∞', 'undefined')
    """
    if pd.isna(value):
        return "undefined"
    return "∞" if np.isinf(value) else f"{value:.2f} mm"


def first_names(names: Sequence[str]) -> str:
    """Return the first of many names, and how many more there are.

    Examples
    --------
    >>> first_names([f"case{k}" for k in range(10)])[-16:]
    'case7 and 2 more'
    """
    listed = ", ".join(one_line(name, 60) for name in names[:_MOST_NAMES])
    n_more = len(names) - _MOST_NAMES
    return f"{listed} and {n_more} more" if n_more > 0 else listed
