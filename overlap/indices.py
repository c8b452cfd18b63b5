"""Indices of overlap: ratios of the three sizes.

Conventions
-----------
- All of them take an `Overlap` and return an array of its shape; ``a`` is the prediction, ``b`` the reference.
- One family: Tversky's index with weights alpha for |A∖B| and beta for |B∖A|. Dice is (1/2, 1/2), IoU (1, 1),
  precision (1, 0), recall (0, 1), F-beta (1/(1+β²), β²/(1+β²)).
- 0/0 is a policy, not a number: ``empty`` is the value where an index is undefined. It is NaN unless you say
  otherwise; an `EmptyPolicy` tells the three kinds of emptiness apart.

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
from math import nan
from types import MappingProxyType, ModuleType

from ._arrays import Array, namespace, real, safe_ratio
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


def tversky(o: Overlap, alpha: float, beta: float, *, empty: float | EmptyPolicy = nan) -> Array:
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
    ValueError
        If a weight is negative.

    Examples
    --------
    >>> float(tversky(Overlap(3, 4, 5), 0.5, 0.5))
    0.6666666666666666
    """
    if alpha < 0 or beta < 0:
        raise ValueError(f"tversky: the weights must be >= 0, got alpha={alpha}, beta={beta}")

    def ratio(i: Array, a: Array, b: Array, xp: ModuleType) -> tuple[Array, Array]:
        # in the sizes, not in the differences: exact for whole counts, and the union for (1, 1)
        return i, (1 - alpha - beta) * i + alpha * a + beta * b

    return _index("tversky", o, ratio, empty)


def iou(o: Overlap, *, empty: float | EmptyPolicy = nan) -> Array:
    """Intersection over union, the Jaccard index: |A∩B| / |A∪B|. See `tversky` for the parameters.

    Examples
    --------
    >>> float(iou(Overlap(3, 4, 5)))
    0.5
    """
    return tversky(o, 1.0, 1.0, empty=empty)


def dice(o: Overlap, *, empty: float | EmptyPolicy = nan) -> Array:
    """Dice coefficient (F1 score, Sørensen index): 2|A∩B| / (|A| + |B|). See `tversky` for the parameters.

    Examples
    --------
    >>> float(dice(Overlap(3, 4, 5)))
    0.6666666666666666
    """
    return tversky(o, 0.5, 0.5, empty=empty)


def f_beta(o: Overlap, beta: float = 1.0, *, empty: float | EmptyPolicy = nan) -> Array:
    """F-beta score: recall counts `beta` times as much as precision. See `tversky` for the parameters.

    Examples
    --------
    >>> round(float(f_beta(Overlap(3, 4, 5), 2.0)), 4)
    0.625
    """
    weight = 1.0 / (1.0 + beta**2)
    return tversky(o, weight, 1.0 - weight, empty=empty)


def precision(o: Overlap, *, empty: float | EmptyPolicy = nan) -> Array:
    """Share of the prediction that the reference has: |A∩B| / |A|. See `tversky` for the parameters.

    Examples
    --------
    >>> float(precision(Overlap(3, 4, 5)))
    0.75
    """
    return tversky(o, 1.0, 0.0, empty=empty)


def recall(o: Overlap, *, empty: float | EmptyPolicy = nan) -> Array:
    """Share of the reference that the prediction has (sensitivity): |A∩B| / |B|. See `tversky`.

    Examples
    --------
    >>> float(recall(Overlap(3, 4, 5)))
    0.6
    """
    return tversky(o, 0.0, 1.0, empty=empty)


def containment(o: Overlap, *, empty: float | EmptyPolicy = nan) -> Array:
    """Overlap coefficient (Szymkiewicz–Simpson): |A∩B| / min(|A|, |B|). See `tversky` for `empty`.

    Examples
    --------
    >>> float(containment(Overlap(3, 4, 5)))
    0.75
    """
    return _index("containment", o, lambda i, a, b, xp: (i, xp.minimum(a, b)), empty)


def ochiai(o: Overlap, *, empty: float | EmptyPolicy = nan) -> Array:
    """Ochiai coefficient (cosine similarity of two sets): |A∩B| / √(|A||B|). See `tversky` for `empty`.

    Examples
    --------
    >>> float(ochiai(Overlap(3, 4, 9)))
    0.5
    """

    def ratio(i: Array, a: Array, b: Array, xp: ModuleType) -> tuple[Array, Array]:
        some = (a > 0) & (b > 0)
        # the root of each size apart: no overflow, and no infinite gradient at 0
        roots = xp.sqrt(xp.where(some, a, 1.0)) * xp.sqrt(xp.where(some, b, 1.0))
        return i, xp.where(some, roots, 0.0)

    return _index("ochiai", o, ratio, empty)


def volume_similarity(o: Overlap, *, empty: float | EmptyPolicy = nan) -> Array:
    """Agreement of the sizes alone: 1 − ||A| − |B|| / (|A| + |B|). See `tversky` for `empty`.

    Examples
    --------
    >>> round(float(volume_similarity(Overlap(3, 4, 5))), 4)
    0.8889
    """
    return _index("volume_similarity", o, lambda i, a, b, xp: (a + b - xp.abs(a - b), a + b), empty)


Ratio = Callable[[Array, Array, Array, ModuleType], tuple[Array, Array]]


def _index(name: str, o: Overlap, ratio: Ratio, empty: float | EmptyPolicy) -> Array:
    xp = namespace(name, intersection=o.intersection)
    i, a, b = (real(x, xp) for x in (o.intersection, o.size_a, o.size_b))
    if not isinstance(empty, EmptyPolicy):
        return safe_ratio(*ratio(i, a, b, xp), empty, xp)
    value = safe_ratio(*ratio(i, a, b, xp), nan, xp)
    cases = (
        (empty.both_empty, (a == 0) & (b == 0)),
        (empty.prediction_empty, (a == 0) & (b != 0)),
        (empty.reference_empty, (a != 0) & (b == 0)),
    )
    for worth, where in cases:
        value = value if worth is None else xp.where(where, worth, value)
    return value


INDICES: Mapping[str, Callable[..., Array]] = MappingProxyType(
    {f.__name__: f for f in (iou, dice, f_beta, precision, recall, containment, ochiai, volume_similarity)}
)
"""Every index that needs no weights, by name."""
