"""Compare shapes by set overlap.

An overlap is three numbers: the sizes of two sets and of what they share. Every index (Dice, IoU, ...) is a
ratio of them, taken once, at the end::

    overlap.dice(overlap.raster.measure(prediction, reference))
"""

import lazy_loader

__version__ = "0.1.0"

_public_name, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

_NAMES_ELSEWHERE = {
    "assd": "surfaces.assd(a, b, spacing=spacing)",
    "average_precision": "matching.average_precision(confidence, scores, thresholds)",
    "box_iou": "boxes.pairwise(a, b)",
    "box_loss": "losses.box_loss(prediction, target)",
    "ciou": "boxes.ciou(a, b)",
    "confusion_matrix": "raster.contingency(a, b)",
    "dice_coefficient": "raster.dice(a, b)",
    "dice_loss": "losses.dice_loss(prediction, target)",
    "dice_score": "raster.dice(a, b)",
    "diou": "boxes.diou(a, b)",
    "f1": "raster.dice(a, b)",
    "f1_score": "raster.dice(a, b)",
    "giou": "boxes.giou(a, b)",
    "hausdorff": "surfaces.hausdorff(a, b, spacing=spacing)",
    "hd95": "surfaces.hd95(a, b, spacing=spacing)",
    "jaccard": "raster.iou(a, b)",
    "jaccard_index": "raster.iou(a, b)",
    "jaccard_score": "raster.iou(a, b)",
    "mask_iou": "raster.iou(a, b)",
    "measure": "raster.measure(a, b)",
    "nms": "matching.nms(scores, pairwise, threshold)",
    "nsd": "surfaces.nsd(a, b, tolerance, spacing=spacing)",
    "overlap_coefficient": "containment(raster.measure(a, b))",
    "pairwise": "boxes.pairwise(a, b)",
    "sensitivity": "recall(raster.measure(a, b))",
}
"""The call that stands here for a name that many look for."""


def __getattr__(name: str) -> object:
    if name in _NAMES_ELSEWHERE:
        raise AttributeError(f"overlap.{name}: there is no such name; call overlap.{_NAMES_ELSEWHERE[name]}")
    return _public_name(name)
