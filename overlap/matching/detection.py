"""Suppression, ranking and assignment of detections by a pairwise overlap, under `overlap.matching`.

References
----------
Ren, S. et al. (2015). Faster R-CNN: towards real-time object detection. arXiv:1506.01497
Wu, S. et al. (2019). IoU-aware single-stage object detector. arXiv:1912.05992
Feng, C. et al. (2021). TOOD: task-aligned one-stage object detection. arXiv:2108.07755
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from numbers import Real
from types import ModuleType
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from .._arrays import SameArray, is_host, namespace, numbers_on_host, values_on_host
from .._checks import check_real
from .._suppression import (
    Floats,
    Indices,
    Kept,
    Method,
    Neighbours,
    Pairs,
    Rules,
    read_rules,
    soften,
    suppress_stored,
)

BACKGROUND = -1
IGNORED = -2

_ROUNDING = 1e-6
"""So much above 1 the overlap of two equal shapes may be, in single precision."""


def nms(
    scores: ArrayLike,
    pairwise: Any | Callable[[int, Indices], ArrayLike],
    threshold: float,
    *,
    labels: ArrayLike | None = None,
    method: Method = "hard",
    sigma: float = 0.5,
) -> Kept:
    """Non-maximum suppression by overlaps of any kind: of masks, of polygons, of whatever has a pairwise index.

    Boxes, rotated boxes and intervals have an `nms` of their own, which looks at no more pairs than it must.

    Parameters
    ----------
    scores : array (n,)
        Confidence of each shape; ties by index.
    pairwise : array or scipy sparse (n, n), or callable
        Overlap of each with each, symmetric, from any `pairwise` or join; the diagonal has no effect. Or a function of
        the index i of one and the indices of others that returns their overlaps with i: nothing is computed for what
        is dropped.
    threshold : float
        Hard: greatest overlap (≤) of two that both stay. Linear: least overlap (≥) at which a score falls. The
        Gaussian method has no use for it.
    labels : array (n,), optional
        Classes: only equals suppress each other.
    method : {"hard", "linear", "gaussian"}
        Hard drops shapes. Soft suppression (Bodla 2017) lowers their scores by the overlap o with each that is taken
        before them: linear, to ``s * (1 - o)``; Gaussian, to ``s * exp(-o**2 / sigma)``.
    sigma : float
        Width of the Gaussian.

    Returns
    -------
    indices : ndarray (k,)
        Of what is kept, by descending score. Soft suppression keeps all.
    new_scores : ndarray (n,)
        Only of soft suppression: descending, beside the indices.

    Raises
    ------
    ValueError
        If a score is NaN, the threshold NaN or negative (linear: or above 1), the shapes do not fit, overlaps that have
        an effect are not symmetric, or a score is negative, or an overlap above 1, of which a share is to be left.

    See Also
    --------
    ranking_score : Score to rank by, of how sure a class is and how well a place is known.
    overlap.boxes.nms : Non-maximum suppression of boxes.
    overlap.oriented.nms : Non-maximum suppression of rotated boxes.

    Examples
    --------
    Masks:

    >>> import numpy as np
    >>> from overlap import raster
    >>> masks = np.zeros((3, 1, 9), bool)
    >>> masks[0, 0, 0:4] = masks[1, 0, 1:5] = masks[2, 0, 6:9] = True
    >>> nms([0.8, 0.9, 0.7], raster.pairwise(masks, masks), 0.5)
    array([1, 2])
    >>> nms([0.8, 0.9, 0.7], lambda i, rest: raster.pairwise(masks[[i]], masks[rest])[0], 0.5)
    array([1, 2])
    """
    # a share of a score is left by what is 1 at most; else an overlap may be an area
    greatest = 1.0 if method == "linear" else inf
    rules = read_rules("matching.nms", scores, None, threshold, labels, method, sigma, greatest)
    if not callable(pairwise):
        return suppress_stored(rules, _felt_pairs(rules, pairwise))
    if rules.method == "hard":
        return _keep_by_function(rules, pairwise)
    return soften(rules, _asking(rules, pairwise))


def _felt_pairs(rules: Rules, pairwise: Any) -> Pairs:
    """Return the pairs of one group, by a matrix of all or a sparse one, whose overlap has an effect."""
    n = len(rules.scores)
    matrix: Any
    if sparse.issparse(pairwise):
        matrix = sparse.coo_array(sparse.csr_array(cast(Any, pairwise)))
    else:
        matrix = numbers_on_host("matching.nms", "pairwise", pairwise)
    if matrix.shape != (n, n):
        raise ValueError(f"matching.nms: {n} scores need a pairwise overlap of shape ({n}, {n}), got {matrix.shape}")
    if isinstance(matrix, np.ndarray):
        first, second = np.nonzero(rules.is_felt(matrix))
        overlap = matrix[first, second]
    else:
        is_felt = rules.is_felt(matrix.data)
        first, second = [place[is_felt].astype(np.int64) for place in matrix.coords]
        overlap = matrix.data[is_felt]
    is_pair = first != second
    if rules.group is not None:
        is_pair &= rules.group[first] == rules.group[second]
    first = first[is_pair]
    second = second[is_pair]
    overlap = overlap[is_pair].astype(np.float64)
    _check_symmetric(matrix, first, second, overlap)
    _check_shares(rules, overlap)
    return first, second, overlap


def _check_symmetric(matrix: Any, first: Indices, second: Indices, overlap: Floats) -> None:
    """Refuse pairs whose overlap is another the other way round, by more than rounding."""
    if isinstance(matrix, np.ndarray):
        opposite = matrix[second, first]
    else:
        opposite = _entries(sparse.csr_array(matrix), second, first)
    is_symmetric = np.isclose(overlap, opposite)
    if is_symmetric.all():
        return
    if not opposite.any():
        raise ValueError(
            f"matching.nms: pairwise holds {len(first)} overlaps (i, j) without their (j, i); pass both, pairwise + "
            "pairwise.T"
        )
    which = np.flatnonzero(~is_symmetric)[0]
    remedy = "numpy.fmax(pairwise, pairwise.T)" if isinstance(matrix, np.ndarray) else "pairwise.maximum(pairwise.T)"
    raise ValueError(
        f"matching.nms: pairwise is not symmetric, {overlap[which]:g} at ({first[which]}, {second[which]}) and "
        f"{opposite[which]:g} the other way round; pass the greater of both, {remedy}"
    )


def _entries(matrix: Any, row: Indices, column: Indices) -> Floats:
    """Return entries of a sparse matrix, 0 where none is stored."""
    if not len(row):
        return np.zeros(0)
    return np.asarray(matrix[row, column]).astype(np.float64).ravel()


def _check_shares(rules: Rules, overlap: Floats) -> None:
    """Refuse what would leave less than nothing of a score."""
    if rules.method != "linear":
        return
    greatest = np.max(overlap, initial=0.0)
    if greatest > 1 + _ROUNDING:
        raise ValueError(
            f"matching.nms: linear suppression leaves the share 1 - overlap, and an overlap is {greatest:g}; pass an "
            "index that is 1 at most, such as overlap.iou"
        )


def _keep_by_function(rules: Rules, pairwise: Callable[[int, Indices], ArrayLike]) -> Indices:
    """Return what is kept, asking for the overlaps with what is left only."""
    is_alive = np.ones(len(rules.scores), bool)
    kept = []
    for i in rules.order.tolist():
        if not is_alive[i]:
            continue
        is_alive[i] = False
        kept.append(i)
        rest = _rivals(rules, i, is_alive)
        is_suppressed = rules.is_felt(_asked(pairwise, i, rest))
        is_alive[rest[is_suppressed]] = False
    return np.array(kept, np.int64)


def _asking(rules: Rules, pairwise: Callable[[int, Indices], ArrayLike]) -> Neighbours:
    """Return a function that lists the neighbours of a shape by asking for its overlaps with those not taken yet."""
    is_left = np.ones(len(rules.scores), bool)

    def neighbours(i: int) -> tuple[list[int], list[float]]:
        is_left[i] = False
        rest = _rivals(rules, i, is_left)
        overlap = _asked(pairwise, i, rest)
        _check_shares(rules, overlap)
        is_felt = rules.is_felt(overlap)
        return rest[is_felt].tolist(), rules.share_left(overlap[is_felt]).tolist()

    return neighbours


def _asked(pairwise: Callable[[int, Indices], ArrayLike], i: int, rest: Indices) -> Floats:
    """Return the overlaps of one shape with others, which a function tells."""
    told = numbers_on_host("matching.nms", "what pairwise(i, indices) returns", pairwise(i, rest))
    if told.shape != rest.shape:
        raise ValueError(
            f"matching.nms: pairwise(i, indices) returned shape {told.shape} for {len(rest)} indices; return one "
            "overlap for each of them"
        )
    return told.astype(np.float64, copy=False)


def _rivals(rules: Rules, i: int, is_left: NDArray[np.bool_]) -> Indices:
    """Return what is left of the group of one."""
    if rules.group is None:
        return np.flatnonzero(is_left)
    return np.flatnonzero(is_left & (rules.group == rules.group[i]))


def _check_numbers(operation: str, name: str, x: Any) -> ModuleType:
    """Refuse what is no array of real numbers; return its namespace."""
    xp = namespace(operation, **{name: x})
    if not xp.isdtype(x.dtype, ("bool", "integral", "real floating")):
        raise TypeError(f"{operation}: {name} has dtype {x.dtype}; pass real numbers")
    return xp


def _check_within(operation: str, name: str, x: Any) -> None:
    """Refuse numbers outside [0, 1] where they may be looked at, as logits are."""
    if not isinstance(x, Real) and not is_host(x):
        return
    values = np.asarray(x) if isinstance(x, Real) else values_on_host(operation, name, x)
    is_outside = (values < 0) | (values > 1 + _ROUNDING)
    if is_outside.any():
        raise ValueError(
            f"{operation}: {is_outside.sum()} of {values.size} numbers of {name} are outside [0, 1], such as "
            f"{values[is_outside][0]:g}; of logits pass 1 / (1 + numpy.exp(-{name})), of what a network predicts "
            f"without bounds numpy.clip({name}, 0, 1)"
        )


def ranking_score(p: SameArray, q: SameArray, a: float | None = None) -> SameArray:
    """Score to rank by, of how sure a class is and how well a place is known.

    Parameters
    ----------
    p : array
        Probability of the class, in [0, 1].
    q : array
        Expected overlap in [0, 1], such as a predicted IoU.
    a : float, optional
        Weight in [0, 1]: ``p**a * q**(1 - a)``. By default the plain product, ``p * q``.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If the weight is outside [0, 1], or (on the host) a score is. NaN stays NaN.

    See Also
    --------
    nms : Non-maximum suppression by overlaps of any kind.
    average_precision : Average precision of ranked predictions.

    Examples
    --------
    >>> round(ranking_score(0.9, 0.4), 3), round(ranking_score(0.9, 0.4, 0.5), 3)
    (0.36, 0.6)
    """
    for name, x in {"p": p, "q": q}.items():
        if not isinstance(x, Real):
            _check_numbers("matching.ranking_score", name, x)
        _check_within("matching.ranking_score", name, x)
    if a is None:
        return p * q
    check_real("matching.ranking_score", "a", a)
    if not 0 <= a <= 1:
        raise ValueError(f"matching.ranking_score: the weight a must be in [0, 1], got {a}")
    return p**a * q ** (1 - a)


def assign(pairwise: SameArray, positive: float = 0.5, negative: float = 0.4, low_quality: bool = False) -> SameArray:
    """Assign a reference to each anchor by thresholds on their overlap, to train a detector.

    Parameters
    ----------
    pairwise : array (..., N, M)
        Overlap of N anchors with M references; NaN is read as 0. Any array library.
    positive : float
        Least overlap (≥) of an anchor with its best reference to be assigned to it; ties to the lower reference.
    negative : float
        An anchor is background below this (<); between the two it is ignored.
    low_quality : bool
        Whether each reference also gets the anchors of its own greatest overlap (> 0; all that tie), unless they are
        positive already. Of references that want one anchor, the one of the greatest overlap gets it.

    Returns
    -------
    array (..., N) of integers
        Index of the reference, -1 for background, -2 to ignore.

    Raises
    ------
    ValueError
        If `negative` exceeds `positive`, or `pairwise` has less than two axes.

    See Also
    --------
    match : Match predictions with references, one to one.
    overlap.boxes.encode : Write boxes relative to anchors.

    Examples
    --------
    >>> import numpy as np
    >>> overlaps = np.array([[0.7, 0.1], [0.45, 0.0], [0.1, 0.3]])
    >>> assign(overlaps).tolist(), assign(overlaps, low_quality=True).tolist()
    ([0, -2, -1], [0, -2, 1])
    """
    xp = _check_numbers("matching.assign", "pairwise", pairwise)
    check_real("matching.assign", "positive", positive)
    check_real("matching.assign", "negative", negative)
    if not negative <= positive:
        raise ValueError(f"matching.assign: negative ({negative}) must not exceed positive ({positive}); swap them")
    if pairwise.ndim < 2:
        raise ValueError(
            f"matching.assign: pairwise must be (..., N, M), N anchors with M references, got {tuple(pairwise.shape)}"
        )
    if 0 in pairwise.shape[-2:]:
        # the sum of nothing is 0
        return xp.astype(xp.sum(pairwise, axis=-1), xp.int64) - 1
    overlap = xp.where(pairwise == pairwise, pairwise, 0.0)
    best = xp.max(overlap, axis=-1)
    best_reference = xp.argmax(overlap, axis=-1)
    is_positive = best >= positive
    is_between = ~is_positive & (best >= negative)
    assigned = xp.where(is_positive, best_reference, BACKGROUND)
    assigned = xp.where(is_between, IGNORED, assigned)
    if not low_quality:
        return assigned
    best_of_reference = xp.max(overlap, axis=-2, keepdims=True)
    is_wanted = (overlap == best_of_reference) & (overlap > 0)
    wanting_reference = xp.argmax(xp.where(is_wanted, overlap, -1.0), axis=-1)
    is_rescued = ~is_positive & xp.any(is_wanted, axis=-1)
    return xp.where(is_rescued, wanting_reference, assigned)
