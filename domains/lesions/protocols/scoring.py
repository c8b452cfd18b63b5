"""Images in, scores out: one protocol, the candidates of a scan, or all protocols beside each other."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..._checks import UsageError, check_choice, check_number
from ..._report import name_of
from ..comparison.labels import Labels, Name
from ..comparison.layers import layers
from ..comparison.unshared import unlike_labels
from ..images.grids import Grid, check_images, check_masks, regrid
from ..images.resampling import in_one_field
from .detections import AnyDetection, MatchedDetections
from .masks import MaskPair
from .presets import PROTOCOLS
from .scored import Protocol, ProtocolScores

VALUES = ("dice", "hd95", "f1", "sq", "pq", "ap", "cpm")


def score_lesions(
    predicted: xr.DataArray, reference: xr.DataArray, protocol: str | Protocol = "panoptic", *, level: float = 0.5
) -> ProtocolScores:
    """Score the lesions of a mask as a community does.

    Parameters
    ----------
    predicted, reference : DataArray
        Bool masks, or soft ones, which are cut; on one grid. Of a label map take one label or region,
        ``image.isin([1, 4])``.
    protocol : str or Protocol
        A name of `PROTOCOLS`, or a protocol with other settings, such as ``LesionWise(dilation=2)``.
    level : float
        Where soft masks are cut (>=). The value of a soft prediction is its confidence, for ``picai`` and ``froc``.

    Returns
    -------
    ProtocolScores
        ``score`` (what the community ranks by) and ``values`` by name; ``found``, ``missed``, ``spurious``; the table
        ``lesions``; and ``notes``.

    Raises
    ------
    TypeError
        If an image is a label map, or no DataArray.
    ValueError
        If the grids differ, or there is no such protocol.

    See Also
    --------
    compare_protocols : Score one case under all protocols, and say why they differ.
    cohort_protocols : Score every pair of images of two folders, or of a table.

    Examples
    --------
    One of two lesions is missed; it has 8 mm³, too few to count in a glioma:

    >>> from ..images.grids import as_image
    >>> mask = np.zeros((2, 40, 60, 20), bool)
    >>> mask[:, 5:15, 5:15, 5:15], mask[1, 30:32, 50:52, 10:12] = True, True
    >>> images = [as_image(x, 1.0) for x in mask]
    >>> {name: score_lesions(*images, name).score for name in ("brats2023_gli", "brats2023_met", "cc", "brats2026")}
    {'brats2023_gli': 1.0, 'brats2023_met': 0.5, 'cc': 0.5, 'brats2026': 1.0}
    """
    caller = "lesions.score_lesions"
    rule = _protocol(caller, protocol)
    return rule.score(_masks(caller, predicted, reference, level))


def detect(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    protocol: str | MatchedDetections | AnyDetection = "picai",
    *,
    level: float | None = None,
) -> pd.DataFrame:
    """Return the candidates of a scan, which lesion each found, and the lesions that were missed.

    Parameters
    ----------
    predicted : DataArray
        A detection map: each connected part that is not 0 is a candidate, and its value the confidence. Or a soft mask,
        with a level.
    reference : DataArray
        A bool mask, or a soft one (>= 0.5).
    protocol : {"picai", "froc"}, MatchedDetections or AnyDetection
        Who finds whom, see `PROTOCOLS`.
    level : float, optional
        Candidates are the parts of a soft mask at this value or above, each as sure as its greatest value.

    Returns
    -------
    DataFrame
        ``kind`` (found, missed, spurious, ignored), ``candidate`` and ``lesion`` (their numbers), ``confidence``,
        ``volume`` (mm³, of the lesion), ``iou``. `detection_scores` takes one for each scan.

    Raises
    ------
    TypeError
        If an image is a label map, or no DataArray.
    ValueError
        If the grids differ, a value is below 0, or the map has more values than parts: a probability map needs a level.

    See Also
    --------
    detection_scores : Score the detections of a cohort.
    froc_curve : Return the FROC curve of a cohort.

    Examples
    --------
    >>> from ..images.grids import as_image
    >>> found = as_image(np.array([[0.9, 0.9, 0, 0, 0.3]] * 2), 1.0)
    >>> lesions = as_image(np.array([[1, 1, 0, 0, 0]] * 2) > 0, 1.0)
    >>> detect(found, lesions)[["kind", "candidate", "confidence", "iou"]]
           kind  candidate  confidence  iou
    0     found          1         0.9  1.0
    1  spurious          2         0.3  0.0
    """
    rule = _protocol("lesions.detect", protocol)
    if not isinstance(rule, MatchedDetections | AnyDetection):
        raise UsageError('lesions.detect: detections are scored by "picai" or "froc"; score_lesions takes the others')
    _check_confidences(predicted)
    if level is not None:
        return rule.table(_masks("lesions.detect", predicted, reference, level))
    masks = _masks("lesions.detect", predicted, reference, None)
    _check_detection_map(masks)
    return rule.table(masks)


def compare_protocols(
    predicted: xr.DataArray,
    reference: xr.DataArray,
    *,
    protocols: Iterable[str] | None = None,
    labels: Labels | None = None,
    where: xr.DataArray | None = None,
    level: float = 0.5,
) -> pd.DataFrame:
    """Score one case under all protocols, and say why they differ.

    Parameters
    ----------
    predicted, reference
        See `compare`: a label map is scored label by label.
    protocols : iterable of str, optional
        Names of `PROTOCOLS`; all of them by default.
    labels, where
        See `compare`.
    level : float
        Where soft masks are cut (>=).

    Returns
    -------
    DataFrame
        A row for each label and protocol: ``label protocol score value`` (the name and the value of what the community
        ranks by), ``found missed spurious``, ``dice hd95 f1 sq pq ap cpm`` where the protocol has them, ``rule`` (what
        is a lesion, a hit, a mean) and ``why`` (what it did with this case that others do not).

    Raises
    ------
    TypeError
        If an image is no DataArray.
    ValueError
        If the grids differ, the labels do not fit, or there is no such protocol.

    See Also
    --------
    score_lesions : Score the lesions of a mask as a community does.
    cohort_protocols : Score every pair of images of two folders, or of a table.

    Examples
    --------
    >>> from ..images.grids import as_image
    >>> mask = np.zeros((2, 40, 60, 20), bool)
    >>> mask[:, 5:15, 5:15, 5:15], mask[1, 30:32, 50:52, 10:12] = True, True
    >>> table = compare_protocols(*(as_image(x, 1.0) for x in mask), protocols=["brats2023_gli", "panoptic"])
    >>> table[["protocol", "score", "value", "missed"]].round(4)
            protocol score   value  missed
    0  brats2023_gli  dice  1.0000       0
    1       panoptic    pq  0.6667       1
    >>> table["why"][0]
    '1 reference lesion of 50 mm³ or less left out'
    """
    caller = "lesions.compare_protocols"
    rules = named_protocols(caller, protocols)
    check_number(caller, "level", level, above=0, at_most=1)
    rows = []
    held = []
    for label, masks in masks_by_label(caller, predicted, reference, labels, where, level):
        sizes = {"size_a": float(masks.predicted.any()), "size_b": float(masks.reference.any())}
        held.append({"label": label, **sizes})
        for name, rule in rules.items():
            row = row_of(name, rule.score(masks))
            why = row.pop("why")
            rows.append({"label": label, **row, "rule": rule.rule(), "why": why})
    sentence = unlike_labels(pd.DataFrame(held))
    if sentence:
        warnings.warn(f"{caller}: {sentence}", stacklevel=2)
    return pd.DataFrame(rows)


def named_protocols(caller: str, names: Iterable[str] | None) -> dict[str, Protocol]:
    """Return protocols by their names; all of them by default.

    Raises
    ------
    UsageError
        If there is no such protocol.

    Examples
    --------
    >>> list(named_protocols("lesions.compare_protocols", ["cc"]))
    ['cc']
    """
    chosen = list(PROTOCOLS) if names is None else list(names)
    return {name: _protocol(caller, name) for name in chosen}


def masks_by_label(
    caller: str,
    predicted: xr.DataArray,
    reference: xr.DataArray,
    labels: Labels | None,
    where: xr.DataArray | None,
    level: float | None,
) -> Iterator[tuple[Name, MaskPair]]:
    """Yield the name of each label and its masks; see `compare_protocols`.

    Parameters
    ----------
    caller : str
        Who asks, for errors.
    predicted, reference, labels, where
        See `compare_protocols`.
    level : float, optional
        Where soft masks are cut (>=). None for a detection map, see `detect`.

    Raises
    ------
    TypeError, ValueError
        See `compare_protocols`; and if a detection map is none.
    """
    check_images(caller, predicted=predicted, reference=reference)
    predicted, reference = in_one_field(predicted, reference)
    grid = Grid.of(predicted)
    reference = regrid(reference, grid, caller, name_of(predicted, "prediction"))
    for label, a, b in layers(predicted, reference, labels, where):
        masks = _pair(a, b, grid.spacing, level)
        if level is None:
            _check_detection_map(masks)
        yield label, masks


def row_of(protocol: str, scores: ProtocolScores) -> dict[str, Any]:
    """Return what a protocol says of a case as a row; NaN where it has no such score.

    Examples
    --------
    >>> row_of("cc", ProtocolScores("dice", {"dice": 0.5}, 1, 1, 0, pd.DataFrame()))["value"]
    0.5
    """
    row: dict[str, Any] = {"protocol": protocol, "score": scores.headline, "value": scores.score}
    row["found"] = scores.found
    row["missed"] = scores.missed
    row["spurious"] = scores.spurious
    for value in VALUES:
        row[value] = scores.values.get(value, np.nan)
    row["why"] = "; ".join(scores.notes)
    return row


def _check_confidences(predicted: xr.DataArray) -> None:
    """Refuse whole numbers, which may be labels."""
    if predicted.dtype.kind in "iu":
        raise TypeError(
            f"lesions.detect: the prediction has dtype {predicted.dtype}, whole numbers, which may be labels: pass "
            "predicted.astype(float) if they are confidences, predicted == 1 to detect one label"
        )


def _check_detection_map(masks: MaskPair) -> None:
    """Refuse a map of probabilities."""
    if masks.confidence is None:
        return
    values = np.unique(masks.confidence[masks.confidence != 0])
    if not (values > 0).all():
        raise UsageError(
            f"lesions.detect: the prediction has a value of {values[~(values > 0)][0]:g}: a detection map holds the "
            "confidence of each candidate (> 0), and 0 elsewhere"
        )
    n_candidates = masks.lesions.n_predicted
    if len(values) > n_candidates:
        raise UsageError(
            f"lesions.detect: the prediction has {n_candidates} connected parts and {len(values)} values: a detection "
            "map has one in each; pass level=0.5 to cut a probability map into candidates"
        )


def _protocol(caller: str, protocol: str | Protocol) -> Protocol:
    if isinstance(protocol, str):
        check_choice(caller, "protocol", protocol, PROTOCOLS)
        return PROTOCOLS[protocol]
    return protocol


def _masks(caller: str, predicted: xr.DataArray, reference: xr.DataArray, level: float | None) -> MaskPair:
    """Return two images on one grid as masks."""
    if level is not None:
        check_number(caller, "level", level, above=0, at_most=1)
    check_masks(caller, predicted=predicted, reference=reference)
    predicted, reference = in_one_field(predicted, reference)
    grid = Grid.of(predicted)
    reference = regrid(reference, grid, caller, name_of(predicted, "prediction"))
    return _pair(predicted, reference, grid.spacing, level)


def _pair(a: xr.DataArray, b: xr.DataArray, spacing: tuple[float, ...], level: float | None) -> MaskPair:
    """Return the masks of two images; without a level, of all that is not 0 in the prediction."""
    confidence = None if a.dtype == bool else a.values
    cut_b = b.values if b.dtype == bool else b.values >= (0.5 if level is None else level)
    if confidence is None:
        return MaskPair(a.values, cut_b, spacing)
    cut_a = confidence > 0 if level is None else confidence >= level
    return MaskPair(cut_a, cut_b, spacing, confidence)
