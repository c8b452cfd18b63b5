"""Suppression, ranking and assignment of detections by a pairwise overlap, under `overlap.matching`.

References
----------
Ren, S. et al. (2015). Faster R-CNN: towards real-time object detection. arXiv:1506.01497
Wu, S. et al. (2019). IoU-aware single-stage object detector. arXiv:1912.05992
Feng, C. et al. (2021). TOOD: task-aligned one-stage object detection. arXiv:2108.07755
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from types import ModuleType
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from .._arrays import Array, namespace, numbers_on_host, on_host
from .._checks import check_real
from .candidates import Ints
from .ranking import rank

BACKGROUND = -1
IGNORED = -2


def nms(
    scores: ArrayLike,
    pairwise: Any | Callable[[int, Ints], ArrayLike],
    threshold: float,
    *,
    labels: ArrayLike | None = None,
) -> Ints:
    """Non-maximum suppression: keep the best, drop what overlaps it by more than the threshold, and go on.

    Parameters
    ----------
    scores : array (N,)
        Confidence of each box, event, region; ties by index.
    pairwise : array or scipy sparse (N, N), or callable
        Overlap of each with each, symmetric, from any `pairwise` or join. Or a function of the index i of one and the
        indices of others that returns their overlaps with i: nothing is computed for what is dropped.
    threshold : float
        Greatest overlap (≤) of two that both stay.
    labels : array (N,), optional
        Classes: only equals suppress each other.

    Returns
    -------
    ndarray
        Indices of what is kept, by descending score.

    Raises
    ------
    ValueError
        If a score is NaN, the threshold is, or the shapes do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from overlap import boxes
    >>> b = np.array([[0.0, 0, 4, 2], [0.5, 0, 4.5, 2], [5, 0, 9, 2]])
    >>> nms([0.8, 0.9, 0.7], boxes.pairwise(b, b), 0.5)
    array([1, 2])
    >>> nms([0.8, 0.9, 0.7], lambda i, rest: boxes.pairwise(b[[i]], b[rest])[0], 0.5)
    array([1, 2])
    """
    order = np.argsort(rank("matching.nms", scores))
    n = len(order)
    classes = np.zeros(n) if labels is None else on_host("matching.nms", "labels", labels)
    if classes.shape != (n,):
        raise ValueError(f"matching.nms: labels has shape {classes.shape}; pass one for each of the {n} scores")
    check_real("matching.nms", "threshold", threshold)
    if np.isnan(threshold):
        raise ValueError("matching.nms: the threshold is NaN; pass the greatest overlap of two that both stay")
    overlaps_of = _overlaps(pairwise, n)
    is_alive = np.ones(n, bool)
    kept = []
    for i in order.tolist():
        if not is_alive[i]:
            continue
        is_alive[i] = False
        kept.append(i)
        others, overlap = overlaps_of(i, is_alive)
        is_suppressed = (overlap > threshold) & (classes[others] == classes[i])
        is_alive[others[is_suppressed]] = False
    return np.array(kept, np.intp)


def _overlaps(pairwise: Any, n: int) -> Callable[[int, NDArray[np.bool_]], tuple[Any, Any]]:
    """Return a function that lists what overlaps one of `n`, of those alive at least, and by how much."""
    if callable(pairwise):

        def computed(i: int, is_alive: NDArray[np.bool_]) -> tuple[Any, Any]:
            rest = np.flatnonzero(is_alive)
            return rest, np.asarray(pairwise(i, rest))

        return computed

    is_sparse = sparse.issparse(pairwise)
    matrix: Any = sparse.csr_array(cast(Any, pairwise)) if is_sparse else _dense(pairwise)
    if matrix.shape != (n, n):
        raise ValueError(f"matching.nms: {n} scores need a pairwise overlap of shape ({n}, {n}), got {matrix.shape}")
    if is_sparse:
        starts = matrix.indptr.tolist()

        def stored(i: int, is_alive: NDArray[np.bool_]) -> tuple[Any, Any]:
            row = slice(starts[i], starts[i + 1])
            return matrix.indices[row], matrix.data[row]

        return stored

    everything = np.arange(n)

    def dense(i: int, is_alive: NDArray[np.bool_]) -> tuple[Any, Any]:
        return everything, matrix[i]

    return dense


def _check_numbers(operation: str, name: str, x: Any) -> ModuleType:
    """Refuse what is no array of real numbers; return its namespace."""
    xp = namespace(operation, **{name: x})
    if not xp.isdtype(x.dtype, ("bool", "integral", "real floating")):
        raise TypeError(f"{operation}: {name} has dtype {x.dtype}; pass real numbers")
    return xp


def _dense(pairwise: Any) -> NDArray[Any]:
    return numbers_on_host("matching.nms", "pairwise", pairwise)


def ranking_score(p: Array, q: Array, a: float | None = None) -> Array:
    """Score to rank by, of how sure a class is and how well a place is known.

    Parameters
    ----------
    p : array
        Probability of the class.
    q : array
        Expected overlap, such as a predicted IoU.
    a : float, optional
        Weight in [0, 1]: ``p**a * q**(1 - a)``. By default the plain product, ``p * q``.

    Returns
    -------
    array

    Raises
    ------
    ValueError
        If the weight is outside [0, 1].

    Examples
    --------
    >>> round(ranking_score(0.9, 0.4), 3), round(ranking_score(0.9, 0.4, 0.5), 3)
    (0.36, 0.6)
    """
    for name, x in {"p": p, "q": q}.items():
        if not isinstance(x, Real):
            _check_numbers("matching.ranking_score", name, x)
    if a is None:
        return p * q
    check_real("matching.ranking_score", "a", a)
    if not 0 <= a <= 1:
        raise ValueError(f"matching.ranking_score: the weight a must be in [0, 1], got {a}")
    return p**a * q ** (1 - a)


def assign(pairwise: Array, positive: float = 0.5, negative: float = 0.4, low_quality: bool = False) -> Array:
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
