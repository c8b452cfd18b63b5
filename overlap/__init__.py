"""Compare shapes by set overlap.

An overlap is three numbers: the sizes of two sets and of what they share. Every index (Dice, IoU, ...) is a
ratio of them, taken once, at the end::

    overlap.dice(overlap.raster.measure(prediction, reference))
"""

import lazy_loader

__version__ = "0.1.0"

_public_name, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

_NAMES_ELSEWHERE = {
    "assd": "overlap.surfaces.assd(a, b, spacing=spacing)",
    "average_precision": "overlap.matching.average_precision(confidence, scores, thresholds)",
    "batched_nms": "overlap.boxes.nms(boxes, scores, threshold, labels=labels)",
    "box_iou": "overlap.boxes.pairwise(a, b)",
    "box_loss": "overlap.losses.box_loss(prediction, target)",
    "ciou": "overlap.boxes.ciou(a, b)",
    "confusion_matrix": "overlap.raster.contingency(a, b)",
    "brier_score": "overlap.calibration.brier(prediction, target)",
    "calibration_error": "overlap.calibration.expected_calibration_error(prediction, target)",
    "dice_coefficient": "overlap.raster.dice(a, b)",
    "dice_loss": "overlap.losses.dice_loss(prediction, target)",
    "dice_score": "overlap.raster.dice(a, b)",
    "diou": "overlap.boxes.diou(a, b)",
    "ece": "overlap.calibration.expected_calibration_error(prediction, target)",
    "f1": "overlap.raster.dice(a, b)",
    "f1_score": "overlap.raster.dice(a, b)",
    "giou": "overlap.boxes.giou(a, b)",
    "hausdorff": "overlap.surfaces.hausdorff(a, b, spacing=spacing)",
    "hd95": "overlap.surfaces.hd95(a, b, spacing=spacing)",
    "jaccard": "overlap.raster.iou(a, b)",
    "jaccard_index": "overlap.raster.iou(a, b)",
    "jaccard_score": "overlap.raster.iou(a, b)",
    "mask_iou": "overlap.raster.iou(a, b)",
    "measure": "overlap.raster.measure(a, b)",
    "nms": "overlap.boxes.nms(boxes, scores, threshold)",
    "nms_rotated": "overlap.oriented.nms(boxes, scores, threshold)",
    "nsd": "overlap.surfaces.nsd(a, b, tolerance, spacing=spacing)",
    "overlap_coefficient": "overlap.containment(overlap.raster.measure(a, b))",
    "pairwise": "overlap.boxes.pairwise(a, b)",
    "sensitivity": "overlap.recall(overlap.raster.measure(a, b))",
    "soft_nms": "overlap.boxes.nms(boxes, scores, threshold, method='gaussian')",
}
"""The call that stands here for a name that many look for, in lower case."""


def __getattr__(name: str) -> object:
    if name in __all__ or name.startswith("_"):
        return _public_name(name)
    raise AttributeError(f"overlap.{name}: there is no such name; {_remedy(name)}")


def _remedy(name: str) -> str:
    """Return what to do about a name that does not exist: the call for it, or for the name most like it."""
    from difflib import get_close_matches

    spelled = {known.lower(): known for known in (*_NAMES_ELSEWHERE, *__all__)}
    near = get_close_matches(name.lower(), spelled, n=1)
    if not near:
        return "dir(overlap) lists those that exist"
    known = spelled[near[0]]
    if known in _NAMES_ELSEWHERE:
        return f"call {_NAMES_ELSEWHERE[known]}"
    return f"did you mean overlap.{known}?"
