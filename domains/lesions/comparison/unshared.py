"""Labels that only one side has: told where the two images may not mean the same by their numbers.

Conventions
-----------
- Both sides have labels and none in common: told.
- One side has more than `MANY` labels that the other lacks, they are more than half of its own, and the other has no
  more than `MANY`: its numbers may be the shares of a soft mask from 0 to 255, whose 1 is the other's label 1. Two maps
  of instances, vertebrae or organs have many labels each, and are not meant.
- It is told and not refused: what numbers mean is not to be seen from them.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .labels import Name, listed_labels

MANY = 20
"""More labels than this that the other side lacks may be shares."""


def unlike_labels(scores: pd.DataFrame, cohort: pd.DataFrame | None = None) -> str:
    """Return a sentence if two images may not mean the same by their labels, else "".

    Parameters
    ----------
    scores : DataFrame
        Of one comparison, with columns ``label size_a size_b``.
    cohort : DataFrame, optional
        Of all comparisons, for which a remedy must hold; the one by default.

    Examples
    --------
    >>> unlike_labels(pd.DataFrame({"label": range(1, 256), "size_a": 5.0, "size_b": [9.0] + [0.0] * 254}))[:75]
    'the prediction holds 254 labels that the reference lacks (2, 3, 4 and 251 m'
    """
    return no_common_label(scores, cohort) or unshared_labels(*_held(scores))


def unshared_labels(predicted: Sequence[Name], reference: Sequence[Name]) -> str:
    """Return a sentence if one side has many labels that the other lacks, as shares from 0 to 255 are, else "".

    Parameters
    ----------
    predicted, reference : sequence of int or str
        The labels of each side, without 0.

    Examples
    --------
    >>> unshared_labels(range(1, 201), range(1, 151)), unshared_labels([1, 2, 3], [1])
    ('', '')
    """
    if _may_be_shares(predicted, reference):
        return _many_labels("prediction", "reference", "--scale", predicted, reference)
    if _may_be_shares(reference, predicted):
        return _many_labels("reference", "prediction", "--reference-scale", reference, predicted)
    return ""


def no_common_label(scores: pd.DataFrame, cohort: pd.DataFrame | None = None) -> str:
    """Return a sentence if both sides have labels and no label is in both, else "".

    Parameters
    ----------
    scores : DataFrame
        Of one comparison, with columns ``label size_a size_b``.
    cohort : DataFrame, optional
        Of all comparisons, for which a remedy must hold; the one by default.

    Examples
    --------
    >>> no_common_label(pd.DataFrame({"label": [1, 2], "size_a": [4.0, 0.0], "size_b": [0.0, 3.0]}))
    'no label is in both images: the prediction holds 1, the reference 2'
    """
    predicted, reference = _held(scores)
    if not predicted or not reference or set(predicted) & set(reference):
        return ""
    sentence = (
        f"no label is in both images: the prediction holds {listed_labels(predicted)}, "
        f"the reference {listed_labels(reference)}"
    )
    everything = scores if cohort is None else cohort
    everywhere_a, everywhere_b = _held(everything)
    remedy = _remedy_of_255("prediction", "--scale", predicted, everywhere_a)
    return sentence + (remedy or _remedy_of_255("reference", "--reference-scale", reference, everywhere_b))


def cases_without_common_label(scores: pd.DataFrame) -> list[str]:
    """Return the cases of which both sides have labels and no label is in both.

    Parameters
    ----------
    scores : DataFrame
        Of a cohort, with columns ``case label size_a size_b``.

    Examples
    --------
    >>> sizes = {"size_a": [4.0, 0.0, 5.0], "size_b": [0.0, 3.0, 5.0]}
    >>> cases_without_common_label(pd.DataFrame({"case": ["a", "a", "b"], "label": ["1", "2", "1"], **sizes}))
    ['a']
    """
    held = pd.DataFrame({"predicted": scores["size_a"] > 0, "reference": scores["size_b"] > 0})
    held["both"] = held["predicted"] & held["reference"]
    by_case = held.groupby(scores["case"], sort=False).any()
    names: list[str] = by_case.index[by_case["predicted"] & by_case["reference"] & ~by_case["both"]].tolist()
    return names


def cases_of_unlike_labels(scores: pd.DataFrame) -> list[list[str]]:
    """Return the cases without a common label, and those of which one side has many labels that the other lacks.

    Parameters
    ----------
    scores : DataFrame
        Of a cohort, with columns ``case label size_a size_b``.

    Examples
    --------
    >>> scores = pd.DataFrame({"case": "a", "label": range(1, 256), "size_a": 5.0, "size_b": [9.0] + [0.0] * 254})
    >>> cases_of_unlike_labels(scores)
    [[], ['a']]
    """
    is_in_one = (scores["size_a"] > 0) != (scores["size_b"] > 0)
    n_in_one = is_in_one.groupby(scores["case"], sort=False).sum()
    apart = cases_without_common_label(scores)
    many = []
    for name in n_in_one.index[n_in_one > MANY]:
        if name not in apart and unshared_labels(*_held(scores[scores["case"] == name])):
            many.append(name)
    return [apart, many]


def _held(scores: pd.DataFrame) -> tuple[list[Name], list[Name]]:
    """Return the labels that the predictions hold, and the references."""
    predicted: list[Name] = scores["label"][scores["size_a"] > 0].unique().tolist()
    reference: list[Name] = scores["label"][scores["size_b"] > 0].unique().tolist()
    return predicted, reference


def _lacking(own: Sequence[Name], other: Sequence[Name]) -> list[Name]:
    """Return the labels that the other side lacks."""
    known = set(other)
    return [name for name in own if name not in known]


def _may_be_shares(own: Sequence[Name], other: Sequence[Name]) -> bool:
    n_lacking = len(_lacking(own, other))
    return n_lacking > MANY and 2 * n_lacking > len(own) and 0 < len(other) <= MANY


def _many_labels(side: str, other_side: str, flag: str, own: Sequence[Name], other: Sequence[Name]) -> str:
    lacking = _lacking(own, other)
    return (
        f"the {side} holds {len(lacking)} labels that the {other_side} lacks ({listed_labels(lacking, most=3)}): where "
        f"its numbers are shares, read it with the one that means 1, such as scale=255 ({flag} 255) or 100; where they "
        "are labels, name those to compare, labels=[1] (--labels 1)"
    )


def _remedy_of_255(side: str, flag: str, names: Sequence[Name], everywhere: Sequence[Name]) -> str:
    """Return what helps where a side holds nothing but 255, in this case and perhaps in all."""
    if not _is_255(names):
        return ""
    if _is_255(everywhere):
        return f"; where 255 means 1, read the {side} with scale=255 ({flag} 255)"
    return f"; where 255 means 1, write 1 into the file: {flag} 255 is wrong for cases whose {side} holds other labels"


def _is_255(names: Sequence[Name]) -> bool:
    return [str(name) for name in names] == ["255"]
