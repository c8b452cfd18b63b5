"""From overlaps to average precision by a protocol: `overlap.coco.evaluate`.

Method
------
Every detection and reference has a group, its image and category. What overlaps is one list of pairs, whatever the
shapes. For each range of sizes the detections of all groups claim references in one order, at each threshold; the
hits of a category, in the order of confidence, are its curve of precision over recall.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Any, NamedTuple, cast

import numpy as np
from scipy import sparse

from .._checks import shown
from .._groups import are_comparable, number_labels
from ..matching.candidates import Candidates, read_candidates
from ..matching.curves import Curve, area_under, curve_of, places_of, precision_at, precision_between
from ..matching.ranking import claims
from .evaluated import Evaluation
from .overlaps import IN_PIXELS, compared, pairs_in_groups
from .protocols import COCO, Protocol, SizeRange
from .tables import Bools, Detections, Floats, Labels, References

Indices = np.ndarray[Any, np.dtype[np.intp]]

_NEARLY_ONE = 1 - 1e-10
"""So great an IoU is 1, but for rounding: COCO's rule."""


def evaluate(
    detections: Detections, references: References, overlaps: Any = "boxes", protocol: Protocol = COCO
) -> Evaluation:
    """Average precision of detections by the rules of a community.

    Parameters
    ----------
    detections : Detections
    references : References
    overlaps : {"boxes", "masks", "oriented", "cuboids", "footprints"} or scipy sparse (n, m)
        What is compared: the IoU of boxes, of masks, of rotated boxes, of boxes with a heading in space, or of these in
        bird's-eye view. Or any pairwise index of your own, greater = closer, of which only stored entries are
        candidates and none may join two images; with a crowd the index is to be the share of the detection.
    protocol : Protocol
        The settings, such as `COCO`, `VOC_2007`, `VOC_2010`.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError, TypeError
        If there is nothing to compare, a column is missing, or labels of detections and references are of two kinds.
        If the protocol has the ranges of size of `COCO`, which are areas in pixels, and sizes may have another unit:
        those of rotated boxes, of boxes in space and of footprints, unless you give them.

    See Also
    --------
    read_instances : Read references from a JSON file of instances as COCO writes it.
    read_results : Read detections from a JSON list of results as COCO writes it.
    overlap.matching.average_precision : Average precision of ranked predictions.

    Examples
    --------
    >>> boxes = [[0, 0, 9, 9], [50, 50, 9, 9]]
    >>> found = Detections(image=[1, 1], category=["cat", "cat"], confidence=[0.9, 0.8], boxes=boxes)
    >>> there = References(image=[1], category=["cat"], boxes=[[0, 0, 9, 10]])
    >>> evaluation = evaluate(found, there)
    >>> round(evaluation.summary()["AP"], 3), round(evaluation.summary()["AP50"], 3)
    (0.9, 1.0)
    """
    if not isinstance(detections, Detections) or not isinstance(references, References):
        raise TypeError(
            f"coco.evaluate: got {shown(detections)} and {shown(references)}; pass coco.Detections, then "
            "coco.References"
        )
    if not isinstance(protocol, Protocol):
        raise TypeError(f"coco.evaluate: protocol is {shown(protocol)}; pass a coco.Protocol, such as coco.COCO")
    scene = _scene(detections, references, protocol)
    overlapping = _overlapping(scene, overlaps)
    return _evaluated(scene, overlapping)


# ---- what is evaluated


@dataclass(frozen=True)
class _Scene:
    """Detections and references, with numbers for their categories and groups.

    `rows` are the detections that are looked at, in the order of their ranks: by category, then by falling confidence.
    `position` is the place of each of them among those of its group, and `place_b` the place of each reference in the
    order in which equals are claimed.
    """

    detections: Detections
    references: References
    protocol: Protocol
    categories: Labels
    category_b: Indices
    group_a: Indices
    group_b: Indices
    place_b: Indices
    rows: Indices
    category: Indices
    position: Indices


class _Overlapping(NamedTuple):
    """Candidates, of which a row is a rank; and the sizes of detections in the order of rank, and of references."""

    pairs: Candidates
    size_a: Floats | None
    size_b: Floats | None


def _scene(detections: Detections, references: References, protocol: Protocol) -> _Scene:
    n = len(detections)
    image = _numbers("image", detections.image, references.image)
    categories, category_a, category_b = _number_categories(detections, references)
    class_a = category_a
    class_b = category_b
    if not protocol.use_categories:
        categories = np.array(["all"])
        class_a = np.zeros_like(category_a)
        class_b = np.zeros_like(category_b)
    group_a = image[:n] * len(categories) + class_a
    group_b = image[n:] * len(categories) + class_b

    # equals by image, then category, then row
    place = np.lexsort((category_a, image[:n]))
    if protocol.later_first:
        place = np.arange(n)[::-1]
    order = place[np.lexsort((-detections.confidence[place], class_a[place]))]
    position = _position_in_group(group_a[order])
    is_looked_at = position < max(protocol.max_detections)
    place_b = np.empty(len(references), np.intp)
    place_b[np.argsort(category_b, kind="stable")] = np.arange(len(references))
    rows = order[is_looked_at]
    return _Scene(
        detections,
        references,
        protocol,
        categories,
        class_b,
        group_a,
        group_b,
        place_b,
        rows,
        class_a[rows],
        position[is_looked_at],
    )


def _numbers(name: str, labels_a: Labels, labels_b: Labels) -> Indices:
    """Return the numbers of the labels of both tables, one table after the other, in the order of the labels."""
    if len(labels_a) and len(labels_b) and not are_comparable(labels_a, labels_b):
        raise TypeError(
            f"coco.evaluate: {name} of detections has dtype {labels_a.dtype} and of references {labels_b.dtype}; "
            "convert one of them"
        )
    return number_labels("coco.evaluate", f"labels of {name}", labels_a, labels_b)


def _number_categories(detections: Detections, references: References) -> tuple[Labels, Indices, Indices]:
    """Return the categories, and the number of each detection's and reference's."""
    labels = [detections.category, references.category]
    if references.categories is not None:
        labels.append(references.categories)
    numbers = _numbers("category", detections.category, np.concatenate([x for x in labels[1:] if len(x)] or labels[1:]))
    n = len(detections)
    m = len(references)
    listed = np.unique(numbers)
    if references.categories is not None:
        listed = numbers[n + m :]
    place = np.full(numbers.max(initial=-1) + 1, -1)
    place[listed] = np.arange(len(listed))
    is_unknown = place[numbers] < 0
    everything = np.concatenate([x for x in labels if len(x)] or [np.zeros(0)])
    if is_unknown.any():
        unknown = everything[is_unknown][0]
        raise ValueError(
            f"coco.evaluate: {is_unknown.sum()} rows are of categories that are not listed, such as {shown(unknown)}; "
            "leave those rows out, or add it to categories"
        )
    first = np.zeros(len(listed), np.intp)
    first[place[numbers[::-1]]] = np.arange(len(numbers))[::-1]
    return everything[first], place[numbers[:n]], place[numbers[n : n + m]]


def _position_in_group(group: Indices) -> Indices:
    """Return how many of the same group come before each row.

    Examples
    --------
    >>> _position_in_group(np.array([4, 1, 4, 4])).tolist()
    [0, 0, 1, 2]
    """
    order = np.argsort(group, kind="stable")
    in_order = group[order]
    first = np.searchsorted(in_order, in_order)
    position = np.empty(len(group), np.intp)
    position[order] = np.arange(len(group)) - first
    return position


# ---- what overlaps


def _overlapping(scene: _Scene, overlaps: Any) -> _Overlapping:
    if sparse.issparse(overlaps):
        return _given(scene, overlaps)
    return _compared(scene, overlaps)


def _compared(scene: _Scene, overlaps: str) -> _Overlapping:
    """Compare all pairs of a group."""
    comparison = compared(overlaps, scene.detections, scene.references)
    _check_unit(scene, overlaps)
    lowest = min(*scene.protocol.thresholds, _NEARLY_ONE)
    ranks = [np.zeros(0, np.intp)]
    columns = [np.zeros(0, np.intp)]
    scores = [np.zeros(0)]
    for rank, column in pairs_in_groups(scene.group_a[scene.rows], scene.group_b):
        score = comparison.scores(scene.rows[rank], column)
        is_near = score >= lowest
        ranks.append(rank[is_near])
        columns.append(column[is_near])
        scores.append(score[is_near])
    shape = (len(scene.rows), len(scene.references))
    pairs = Candidates(np.concatenate(ranks), np.concatenate(columns), np.concatenate(scores), shape)
    return _sized(scene, pairs, comparison.sizes_a, comparison.sizes_b)


def _check_unit(scene: _Scene, overlaps: str) -> None:
    """Refuse areas in pixels as the ranges of sizes that may be in metres, or volumes."""
    is_given = scene.detections.sizes is not None and scene.references.sizes is not None
    if overlaps in IN_PIXELS or is_given or scene.protocol.size_ranges != COCO.size_ranges:
        return
    raise ValueError(
        f"coco.evaluate: the protocol has COCO's ranges of size, areas in pixels, and {overlaps!r} may have another "
        "unit; pass dataclasses.replace(protocol, size_ranges=[('all', 0, numpy.inf)]), or ranges of your own; for "
        "areas in pixels, sizes= to Detections and References"
    )


def _given(scene: _Scene, overlaps: Any) -> _Overlapping:
    """Read an index that was computed elsewhere."""
    n = len(scene.detections)
    m = len(scene.references)
    if overlaps.shape != (n, m):
        raise ValueError(
            f"coco.evaluate: overlaps has shape {overlaps.shape}; pass one row for each of the {n} detections and one "
            f"column for each of the {m} references"
        )
    entries = sparse.coo_array(cast(Any, overlaps))
    row, column = entries.coords
    is_stray = scene.group_a[row] // max(1, len(scene.categories)) != scene.group_b[column] // max(
        1, len(scene.categories)
    )
    if is_stray.any():
        k = int(np.flatnonzero(is_stray)[0])
        raise ValueError(
            f"coco.evaluate: {is_stray.sum()} overlaps are of two images, such as row {row[k]} with column "
            f"{column[k]}; store only pairs of one image, as overlap_pairs(a, b, by=(images, images)) does"
        )
    pairs = read_candidates("coco.evaluate", overlaps, min(scene.protocol.thresholds))
    pairs = pairs.take(scene.group_a[pairs.row] == scene.group_b[pairs.column])
    rank = np.full(n, -1)
    rank[scene.rows] = np.arange(len(scene.rows))
    ranked = pairs._replace(row=rank[pairs.row], shape=(len(scene.rows), m))
    ranked = ranked.take(ranked.row >= 0)
    return _sized(scene, ranked, None, None)


def _sized(scene: _Scene, pairs: Candidates, size_a: Floats | None, size_b: Floats | None) -> _Overlapping:
    """Add the sizes that are given, or else those of the shapes."""
    of_detections = size_a if scene.detections.sizes is None else scene.detections.sizes
    of_references = size_b if scene.references.sizes is None else scene.references.sizes
    is_every_size = all(size.least <= 0 and size.most == np.inf for size in scene.protocol.size_ranges)
    if (of_detections is None or of_references is None) and not is_every_size:
        raise ValueError(
            "coco.evaluate: the protocol has ranges of size, and overlaps that are given have none; pass sizes= to "
            "Detections and References, or dataclasses.replace(protocol, size_ranges=[('all', 0, numpy.inf)])"
        )
    in_order = None if of_detections is None else of_detections[scene.rows]
    return _Overlapping(pairs, in_order, of_references)


# ---- claims and curves


class _Claimed(NamedTuple):
    """What became of the detections at each threshold (T, N): a hit, and whether it counts at all."""

    is_hit: Bools
    is_counted: Bools


def _evaluated(scene: _Scene, overlapping: _Overlapping) -> Evaluation:
    protocol = scene.protocol
    n_thresholds = len(protocol.thresholds)
    n_categories = len(scene.categories)
    n_sizes = len(protocol.size_ranges)
    n_limits = len(protocol.max_detections)
    shape = (n_thresholds, n_categories, n_sizes, n_limits)
    points = protocol.recall_points
    shape_of_curves = (n_thresholds, 0 if points is None else len(points), *shape[1:])
    average = np.full(shape, nan)
    recall = np.full(shape, nan)
    precision = np.full(shape_of_curves, nan)
    confidence = np.full(shape_of_curves, nan)
    counted = np.zeros((n_categories, n_sizes), np.intp)

    bounds = np.searchsorted(scene.category, np.arange(n_categories + 1))
    confidence_by_rank = scene.detections.confidence[scene.rows]
    for a, size_range in enumerate(protocol.size_ranges):
        is_ignored = _ignored_references(scene.references, overlapping.size_b, size_range)
        claimed = _claimed(scene, overlapping, is_ignored, size_range)
        counted[:, a] = np.bincount(scene.category_b[~is_ignored], minlength=n_categories)
        for k in np.flatnonzero(counted[:, a]):
            of_category = slice(bounds[k], bounds[k + 1])
            position = scene.position[of_category]
            for m, most in enumerate(protocol.max_detections):
                is_within = np.flatnonzero(position < most)
                curve = curve_of(
                    claimed.is_hit[:, of_category][:, is_within],
                    claimed.is_counted[:, of_category][:, is_within],
                    counted[k, a],
                )
                read = _read(protocol, curve, confidence_by_rank[of_category][is_within])
                average[:, k, a, m] = read.average
                recall[:, k, a, m] = np.max(curve.recall, axis=1, initial=0.0)
                precision[:, :, k, a, m] = read.precision
                confidence[:, :, k, a, m] = read.confidence
    return Evaluation(protocol, scene.categories, average, recall, precision, confidence, counted)


def _ignored_references(references: References, sizes: Floats | None, size_range: SizeRange) -> Bools:
    is_ignored = references.is_crowd | references.is_ignored
    return np.asarray(is_ignored | _is_outside(sizes, size_range))


def _is_outside(sizes: Floats | None, size_range: SizeRange) -> Bools:
    if sizes is None:
        return np.zeros(1, bool)
    return np.asarray((sizes < size_range.least) | (sizes > size_range.most))


def _claimed(scene: _Scene, overlapping: _Overlapping, is_ignored: Bools, size_range: SizeRange) -> _Claimed:
    """Let detections claim references, of which those outside the range of sizes are ignored."""
    rule = scene.protocol.claiming
    pairs = overlapping.pairs
    place = scene.place_b[pairs.column]
    among_equals = -place if rule.later_of_equals else place
    wait = is_ignored[pairs.column] if rule.counted_first else np.zeros(len(pairs.column), bool)
    order = np.lexsort((among_equals, -pairs.score, wait, pairs.row))
    is_repeated = scene.references.is_crowd
    if rule.ignored_repeat:
        is_repeated = is_repeated | scene.references.is_ignored
    thresholds = np.array(scene.protocol.thresholds)
    if not rule.strict:
        thresholds = np.minimum(thresholds, _NEARLY_ONE)
    column = claims(
        pairs.take(order), thresholds, fall_back=rule.fall_back, strict=rule.strict, is_repeated=is_repeated
    )
    has_claimed = column >= 0
    claims_ignored = has_claimed & _of(is_ignored, column)
    is_passed_over = ~has_claimed & _is_outside(overlapping.size_a, size_range)
    return _Claimed(has_claimed & ~claims_ignored, ~(claims_ignored | is_passed_over))


def _of(flags: Bools, column: Indices) -> Bools:
    """Return the flag of each column, False where there is none."""
    extended = np.append(flags, False)
    return np.asarray(extended[column])


class _Read(NamedTuple):
    """What is read off curves: their averages (T,), precision and confidence at recalls (T, R)."""

    average: Floats
    precision: Floats
    confidence: Floats


def _read(protocol: Protocol, curve: Curve, confidence: Floats) -> _Read:
    if protocol.recall_points is None:
        nothing = np.zeros((len(curve.recall), 0))
        return _Read(area_under(curve), nothing, nothing)
    recalls = np.array(protocol.recall_points)
    places = places_of(curve, recalls)
    reached = np.append(confidence, 0.0)[places]
    is_linear = protocol.interpolation == "linear"
    precision = precision_between(curve, recalls) if is_linear else precision_at(curve, places)
    above_least = np.maximum(precision - protocol.least_precision, 0.0)
    average = np.mean(above_least, axis=1) / (1 - protocol.least_precision)
    return _Read(average, precision, reached)
