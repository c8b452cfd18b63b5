"""Which predicted lesions are scored together with which reference lesion.

Conventions
-----------
- Pairs are looked at from the closest to the farthest, those as close as each other by ascending predicted and then
  reference lesion.
- One to one: see `overlap.matching.match`.
- Many to one: each predicted lesion belongs to the closest reference lesion that it hits.
- Merge: a reference lesion takes the closest predicted lesion that hits it, and then each further one that makes the
  index of all of them together greater, whether it hits by itself or not. A predicted lesion belongs to one alone.

References
----------
Kofler, F. et al. (2023). Panoptica: instance-wise evaluation of 3D semantic and instance segmentation maps.
arXiv:2312.02608 (``MaxBipartiteMatching``, ``NaiveThresholdMatching`` and ``MaximizeMergeMatching``)
"""

from __future__ import annotations

from math import inf
from typing import Literal

import numpy as np
import pandas as pd

import overlap as ov
from overlap import matching

from ..instances import Hit, LeastDice, LeastIoU, LesionMaps
from .scored import hd95

Matching = Literal["optimal", "total", "greedy", "many_to_one", "merge"]
MATCHINGS = {
    "optimal": "one to one",
    "total": "one to one",
    "greedy": "one to one",
    "many_to_one": "many to one",
    "merge": "with further pieces that make the whole closer",
}
"""Each method in words."""


def scored_together(lesions: LesionMaps, hit: Hit, method: Matching) -> pd.DataFrame:
    """Return a row for each reference lesion that was found, with all that is scored against it.

    Returns
    -------
    DataFrame
        ``reference`` and ``predicted`` (their numbers; of several pieces the first), ``pieces`` (how many), ``volume``
        (of the reference lesion), ``iou dice hd95`` (medpy's).

    Examples
    --------
    >>> halves = np.array([[1, 1, 0, 2, 2]])
    >>> lesions = LesionMaps(halves, np.array([[1, 1, 1, 1, 1]]), (1.0, 1.0))
    >>> scored_together(lesions, LeastIoU(0.4), "merge")[["reference", "predicted", "pieces", "iou"]]
       reference  predicted  pieces  iou
    0          1          1       2  0.8
    """
    i, j = partners(lesions, hit, method)
    order = np.lexsort((i, j))
    i = i[order]
    j = j[order]
    found, first, pieces = np.unique(j, return_index=True, return_counts=True)
    row = np.repeat(np.arange(len(found)), pieces)
    shared = np.bincount(row, lesions.shared(i, j), len(found))
    predicted = np.bincount(row, lesions.pairs.cells_a[i], len(found))
    met = ov.Overlap(shared, predicted, lesions.pairs.cells_b[found])
    distances = []
    for lesion, those in zip(found, np.split(i, first)[1:], strict=True):
        a, b = lesions.masks(those, np.array([lesion]))
        distances.append(hd95(a, b, lesions.spacing, "medpy"))
    return pd.DataFrame(
        {
            "reference": lesions.pairs.labels_b[found],
            "predicted": lesions.pairs.labels_a[i[first]],
            "pieces": pieces,
            "volume": lesions.volumes_reference[found],
            "iou": np.asarray(ov.iou(met), float),
            "dice": np.asarray(ov.dice(met), float),
            "hd95": np.array(distances, float),
        }
    )


def partners(lesions: LesionMaps, hit: Hit, method: Matching) -> tuple[np.ndarray, np.ndarray]:
    """Return predicted lesions, each once, and the reference lesion that each belongs to."""
    if method == "many_to_one":
        return _many_to_one(lesions, hit)
    if method == "merge":
        assert isinstance(hit, LeastIoU | LeastDice)
        return _merged(lesions, hit)
    pairs = matching.match(hit.pairs(lesions), -inf, method).pairs
    return pairs[:, 0], pairs[:, 1]


def _many_to_one(lesions: LesionMaps, hit: Hit) -> tuple[np.ndarray, np.ndarray]:
    scores = hit.pairs(lesions).tocoo()
    i, j = scores.coords
    order = np.lexsort((j, i, -scores.data))
    predicted, first = np.unique(i[order], return_index=True)
    return predicted, j[order][first]


def _merged(lesions: LesionMaps, hit: LeastIoU | LeastDice) -> tuple[np.ndarray, np.ndarray]:
    pairs = lesions.pairs
    score = np.asarray(hit.index(pairs.overlap))
    owner = np.full(lesions.n_predicted, -1)
    shared = np.zeros(lesions.n_reference, np.int64)
    predicted = np.zeros(lesions.n_reference, np.int64)
    best = np.zeros(lesions.n_reference)
    for k in np.lexsort((pairs.b, pairs.a, -score)):
        i = pairs.a[k]
        j = pairs.b[k]
        if owner[i] >= 0:
            continue
        shared_with_it = shared[j] + pairs.overlap.intersection[k]
        predicted_with_it = predicted[j] + pairs.cells_a[i]
        value = float(hit.index(ov.Overlap(shared_with_it, predicted_with_it, pairs.cells_b[j])))
        is_first = predicted[j] == 0
        if value >= hit.least if is_first else value > best[j]:
            owner[i] = j
            shared[j] = shared_with_it
            predicted[j] = predicted_with_it
            best[j] = value
    found = np.flatnonzero(owner >= 0)
    return found, owner[found]
