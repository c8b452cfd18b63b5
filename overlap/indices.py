"""Indices of overlap: ratios of the three sizes.

Conventions
-----------
- All of them take an `Overlap` and return an array of its shape; ``a`` is the prediction, ``b`` the reference.
- One family: Tversky's index with weights alpha for |A∖B| and beta for |B∖A|. Dice is (1/2, 1/2), IoU (1, 1),
  precision (1, 0), recall (0, 1), F-beta (1/(1+β²), β²/(1+β²)).
- 0/0 is a policy, not a number: ``empty`` is the value where an index is undefined. It is NaN unless you say
  otherwise. An `EmptyPolicy` has a value for each of the three kinds of emptiness.

References
----------
Tversky, A. (1977). Features of similarity. Psychological Review 84, 327. doi:10.1037/0033-295X.84.4.327
Dice, L. R. (1945). Measures of the amount of ecologic association between species. Ecology 26, 297.
Jaccard, P. (1912). The distribution of the flora in the alpine zone. New Phytologist 11, 37.
Ochiai, A. (1957). Zoogeographical studies on the soleoid fishes. Bull. Jap. Soc. Sci. Fish. 22, 526.
Taha, A. A. & Hanbury, A. (2015). Metrics for evaluating 3D medical image segmentation. BMC Med. Imaging 15, 29.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from math import nan
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar, cast

from ._arrays import Array, SameArray, library, real, safe_ratio
from ._checks import check_real
from .counts import Overlap

__all__ = [
    "INDICES",
    "EmptyPolicy",
    "containment",
    "dice",
    "f_beta",
    "iou",
    "ochiai",
    "precision",
    "recall",
    "tversky",
    "volume_similarity",
]


@dataclass(frozen=True, slots=True)
class EmptyPolicy:
    """What an index is worth where a set is empty.

    Parameters
    ----------
    both_empty : float
        Value where both sets are empty.
    prediction_empty, reference_empty : float, optional
        Value where only that set is empty; None leaves the index as it is there (0 for Dice and IoU, and
        NaN for the precision of an empty prediction or the recall of an empty reference).

    Examples
    --------
    >>> nothing = Overlap([0, 0, 0], [0, 0, 5], [0, 5, 0])
    >>> dice(nothing, empty=EmptyPolicy(both_empty=1.0))
    array([1., 0., 0.])
    >>> dice(nothing, empty=EmptyPolicy(both_empty=1.0, reference_empty=float("nan")))
    array([ 1.,  0., nan])
    """

    both_empty: float = nan
    prediction_empty: float | None = None
    reference_empty: float | None = None

    def __post_init__(self) -> None:
        check_real("EmptyPolicy", "both_empty", self.both_empty)
        if self.prediction_empty is not None:
            check_real("EmptyPolicy", "prediction_empty", self.prediction_empty)
        if self.reference_empty is not None:
            check_real("EmptyPolicy", "reference_empty", self.reference_empty)


Index = TypeVar("Index", bound=Callable[..., Array])


def _of_an_overlap(index: Index) -> Index:
    """Refuse what is no `Overlap`, two masks above all, and name the call that was meant."""
    name = index.__name__

    @wraps(index)
    def checked(o: Overlap, *arguments: Any, **options: Any) -> Array:
        if not isinstance(o, Overlap):
            raise TypeError(
                f"indices.{name}: o is a {type(o).__name__}, not an Overlap (the sizes of two sets and of what they "
                f"share): for two masks call {_call_of_masks(name, o)}; boxes, intervals and polygons have measures of "
                "their own"
            )
        empty = options.get("empty", nan)
        if not isinstance(empty, float | EmptyPolicy):
            check_real(f"indices.{name}", "empty", empty)
        return index(o, *arguments, **options)

    return cast(Index, checked)


def _call_of_masks(name: str, mask: object) -> str:
    """Return how to take an index of two masks."""
    if type(mask).__module__.startswith("xarray."):
        return f"overlap.labelled.indices(overlap.labelled.measure(a, b), {name!r})"
    if name in ("iou", "dice"):
        return f"overlap.raster.{name}(a, b)"
    return f"overlap.{name}(overlap.raster.measure(a, b))"


@_of_an_overlap
def tversky(o: Overlap[SameArray], alpha: float, beta: float, *, empty: float | EmptyPolicy = nan) -> SameArray:
    """Tversky's index, |A∩B| / (|A∩B| + α|A∖B| + β|B∖A|).

    Parameters
    ----------
    o : Overlap
        Sizes of any shape.
    alpha, beta : float
        Weights (≥ 0) of what only the prediction has and of what only the reference has.
    empty : float or EmptyPolicy
        Value where the index is 0/0, or an `EmptyPolicy`.

    Returns
    -------
    array
        In [0, 1], of the shape of `o`.

    Raises
    ------
    TypeError
        If `o` is no `Overlap`: two masks, above all.
    ValueError
        If a weight is negative.

    See Also
    --------
    dice : Dice coefficient (F1 score, Sørensen index): 2|A∩B| / (|A| + |B|).
    iou : Intersection over union, the Jaccard index: |A∩B| / |A∪B|.
    f_beta : F-beta score: recall counts `beta` times as much as precision.
    overlap.raster.measure : Measure how two masks on one grid overlap.

    Examples
    --------
    >>> float(tversky(Overlap(3, 4, 5), 0.5, 0.5))
    0.6666666666666666
    """
    check_real("indices.tversky", "alpha", alpha)
    check_real("indices.tversky", "beta", beta)
    if alpha < 0 or beta < 0:
        raise ValueError(f"indices.tversky: the weights must be >= 0, got alpha={alpha}, beta={beta}")
    return _tversky(o, alpha, beta, empty)


@_of_an_overlap
def iou(o: Overlap[SameArray], *, empty: float | EmptyPolicy = nan) -> SameArray:
    """Intersection over union, the Jaccard index: |A∩B| / |A∪B|.

    Parameters
    ----------
    o : Overlap
        Sizes of any shape.
    empty : float or EmptyPolicy
        Value where the index is 0/0, or an `EmptyPolicy`.

    Returns
    -------
    array
        In [0, 1], of the shape of `o`.

    Raises
    ------
    TypeError
        If `o` is no `Overlap`: two masks, above all.

    See Also
    --------
    dice : Dice coefficient (F1 score, Sørensen index): 2|A∩B| / (|A| + |B|).
    tversky : Tversky's index, |A∩B| / (|A∩B| + α|A∖B| + β|B∖A|).
    overlap.raster.iou : Intersection over union of two masks.
    overlap.raster.measure : Measure how two masks on one grid overlap.

    Examples
    --------
    >>> float(iou(Overlap(3, 4, 5)))
    0.5
    """
    return _tversky(o, 1.0, 1.0, empty)


@_of_an_overlap
def dice(o: Overlap[SameArray], *, empty: float | EmptyPolicy = nan) -> SameArray:
    """Dice coefficient (F1 score, Sørensen index): 2|A∩B| / (|A| + |B|).

    Parameters
    ----------
    o : Overlap
        Sizes of any shape.
    empty : float or EmptyPolicy
        Value where the index is 0/0, or an `EmptyPolicy`.

    Returns
    -------
    array
        In [0, 1], of the shape of `o`.

    Raises
    ------
    TypeError
        If `o` is no `Overlap`: two masks, above all.

    See Also
    --------
    iou : Intersection over union, the Jaccard index: |A∩B| / |A∪B|.
    tversky : Tversky's index, |A∩B| / (|A∩B| + α|A∖B| + β|B∖A|).
    overlap.raster.dice : Dice coefficient of two masks.
    overlap.raster.measure : Measure how two masks on one grid overlap.

    Examples
    --------
    >>> float(dice(Overlap(3, 4, 5)))
    0.6666666666666666
    """
    return _tversky(o, 0.5, 0.5, empty)


@_of_an_overlap
def f_beta(o: Overlap[SameArray], beta: float = 1.0, *, empty: float | EmptyPolicy = nan) -> SameArray:
    """F-beta score: recall counts `beta` times as much as precision.

    Parameters
    ----------
    o : Overlap
        Sizes of any shape.
    beta : float
        1 is Dice; above, recall counts more.
    empty : float or EmptyPolicy
        Value where the index is 0/0, or an `EmptyPolicy`.

    Returns
    -------
    array
        In [0, 1], of the shape of `o`.

    Raises
    ------
    TypeError
        If `o` is no `Overlap`: two masks, above all.

    See Also
    --------
    dice : Dice coefficient (F1 score, Sørensen index): 2|A∩B| / (|A| + |B|).
    precision : Share of the prediction that the reference has: |A∩B| / |A|.
    recall : Share of the reference that the prediction has (sensitivity): |A∩B| / |B|.
    tversky : Tversky's index, |A∩B| / (|A∩B| + α|A∖B| + β|B∖A|).

    Examples
    --------
    >>> round(float(f_beta(Overlap(3, 4, 5), 2.0)), 4)
    0.625
    """
    check_real("indices.f_beta", "beta", beta)
    # a product overflows to infinity, for which F-beta is recall; a power would raise
    weight = 1.0 / (1.0 + float(beta) * float(beta))
    return _tversky(o, weight, 1.0 - weight, empty)


@_of_an_overlap
def precision(o: Overlap[SameArray], *, empty: float | EmptyPolicy = nan) -> SameArray:
    """Share of the prediction that the reference has: |A∩B| / |A|.

    Parameters
    ----------
    o : Overlap
        Sizes of any shape.
    empty : float or EmptyPolicy
        Value where the index is 0/0, or an `EmptyPolicy`.

    Returns
    -------
    array
        In [0, 1], of the shape of `o`.

    Raises
    ------
    TypeError
        If `o` is no `Overlap`: two masks, above all.

    See Also
    --------
    recall : Share of the reference that the prediction has (sensitivity): |A∩B| / |B|.
    f_beta : F-beta score: recall counts `beta` times as much as precision.
    tversky : Tversky's index, |A∩B| / (|A∩B| + α|A∖B| + β|B∖A|).

    Examples
    --------
    >>> float(precision(Overlap(3, 4, 5)))
    0.75
    """
    return _tversky(o, 1.0, 0.0, empty)


@_of_an_overlap
def recall(o: Overlap[SameArray], *, empty: float | EmptyPolicy = nan) -> SameArray:
    """Share of the reference that the prediction has (sensitivity): |A∩B| / |B|.

    Parameters
    ----------
    o : Overlap
        Sizes of any shape.
    empty : float or EmptyPolicy
        Value where the index is 0/0, or an `EmptyPolicy`.

    Returns
    -------
    array
        In [0, 1], of the shape of `o`.

    Raises
    ------
    TypeError
        If `o` is no `Overlap`: two masks, above all.

    See Also
    --------
    precision : Share of the prediction that the reference has: |A∩B| / |A|.
    f_beta : F-beta score: recall counts `beta` times as much as precision.
    tversky : Tversky's index, |A∩B| / (|A∩B| + α|A∖B| + β|B∖A|).

    Examples
    --------
    >>> float(recall(Overlap(3, 4, 5)))
    0.6
    """
    return _tversky(o, 0.0, 1.0, empty)


@_of_an_overlap
def containment(o: Overlap[SameArray], *, empty: float | EmptyPolicy = nan) -> SameArray:
    """Overlap coefficient (Szymkiewicz–Simpson): |A∩B| / min(|A|, |B|).

    Parameters
    ----------
    o : Overlap
        Sizes of any shape.
    empty : float or EmptyPolicy
        Value where the index is 0/0, or an `EmptyPolicy`.

    Returns
    -------
    array
        In [0, 1], of the shape of `o`.

    Raises
    ------
    TypeError
        If `o` is no `Overlap`: two masks, above all.

    See Also
    --------
    iou : Intersection over union, the Jaccard index: |A∩B| / |A∪B|.
    ochiai : Ochiai coefficient (cosine similarity of two sets): |A∩B| / √(|A||B|).
    precision : Share of the prediction that the reference has: |A∩B| / |A|.

    Examples
    --------
    >>> float(containment(Overlap(3, 4, 5)))
    0.75
    """
    i, a, b, xp = _sizes(o)
    return _ratio(i, xp.minimum(a, b), a, b, empty, xp)


@_of_an_overlap
def ochiai(o: Overlap[SameArray], *, empty: float | EmptyPolicy = nan) -> SameArray:
    """Ochiai coefficient (cosine similarity of two sets): |A∩B| / √(|A||B|).

    Parameters
    ----------
    o : Overlap
        Sizes of any shape.
    empty : float or EmptyPolicy
        Value where the index is 0/0, or an `EmptyPolicy`.

    Returns
    -------
    array
        In [0, 1], of the shape of `o`.

    Raises
    ------
    TypeError
        If `o` is no `Overlap`: two masks, above all.

    See Also
    --------
    dice : Dice coefficient (F1 score, Sørensen index): 2|A∩B| / (|A| + |B|).
    containment : Overlap coefficient (Szymkiewicz–Simpson): |A∩B| / min(|A|, |B|).

    Examples
    --------
    >>> float(ochiai(Overlap(3, 4, 9)))
    0.5
    """
    i, a, b, xp = _sizes(o)
    neither_empty = (a > 0) & (b > 0)
    # the root of each size apart: no overflow, and no infinite gradient at 0
    root_a = xp.sqrt(xp.where(neither_empty, a, 1.0))
    root_b = xp.sqrt(xp.where(neither_empty, b, 1.0))
    return _ratio(i, xp.where(neither_empty, root_a * root_b, 0.0), a, b, empty, xp)


@_of_an_overlap
def volume_similarity(o: Overlap[SameArray], *, empty: float | EmptyPolicy = nan) -> SameArray:
    """Agreement of the sizes alone: 1 − ||A| − |B|| / (|A| + |B|).

    Parameters
    ----------
    o : Overlap
        Sizes of any shape.
    empty : float or EmptyPolicy
        Value where the index is 0/0, or an `EmptyPolicy`.

    Returns
    -------
    array
        In [0, 1], of the shape of `o`.

    Raises
    ------
    TypeError
        If `o` is no `Overlap`: two masks, above all.

    See Also
    --------
    dice : Dice coefficient (F1 score, Sørensen index): 2|A∩B| / (|A| + |B|).
    containment : Overlap coefficient (Szymkiewicz–Simpson): |A∩B| / min(|A|, |B|).

    Examples
    --------
    >>> round(float(volume_similarity(Overlap(3, 4, 5))), 4)
    0.8889
    """
    _, a, b, xp = _sizes(o)
    return _ratio(a + b - xp.abs(a - b), a + b, a, b, empty, xp)


def _tversky(o: Overlap, alpha: float, beta: float, empty: float | EmptyPolicy) -> Array:
    """See `tversky`."""
    i, a, b, xp = _sizes(o)
    # in the sizes, not in the differences: exact for whole counts, and the union for (1, 1)
    of_shared = 1 - alpha - beta
    if of_shared == 0:
        return _ratio(i, alpha * a + beta * b, a, b, empty, xp)
    return _ratio(i, of_shared * i + alpha * a + beta * b, a, b, empty, xp)


def _sizes(o: Overlap) -> tuple[Array, Array, Array, ModuleType]:
    """Return |A∩B|, |A| and |B| as floating numbers, and their array library."""
    xp = library(o.intersection)
    i, a, b = real(xp, o.intersection, o.size_a, o.size_b)
    return i, a, b, xp


def _ratio(
    numerator: Array, denominator: Array, a: Array, b: Array, empty: float | EmptyPolicy, xp: ModuleType
) -> Array:
    """Divide; where a set is empty the policy decides."""
    if not isinstance(empty, EmptyPolicy):
        return safe_ratio(numerator, denominator, empty, xp)
    value = safe_ratio(numerator, denominator, nan, xp)
    value = xp.where((a == 0) & (b == 0), empty.both_empty, value)
    if empty.prediction_empty is not None:
        value = xp.where((a == 0) & (b != 0), empty.prediction_empty, value)
    if empty.reference_empty is not None:
        value = xp.where((a != 0) & (b == 0), empty.reference_empty, value)
    return value


INDICES: Mapping[str, Callable[..., Array]] = MappingProxyType(
    {f.__name__: f for f in (iou, dice, f_beta, precision, recall, containment, ochiai, volume_similarity)}
)
"""Every index that needs no weights, by name."""
