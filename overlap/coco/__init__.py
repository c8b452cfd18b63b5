"""Average precision as communities compute it: COCO, Pascal VOC, nuScenes, and protocols of your own.

Conventions
-----------
- Detections first, references second. Both are plain columns: `Detections`, `References`. A box is COCO's (x, y, width,
  height), a mask its run lengths; rotated boxes and boxes with a heading are those of `overlap.oriented` and
  `overlap.cuboids`.
- A `Protocol` is data: thresholds, points of recall, ranges of size, limits of detections, how references are claimed.
  One engine evaluates all of them on any kind of shape, or on overlaps that are given.
- The order is total: by falling confidence; equals by image, then category, then row. Images and categories are
  ordered by their labels.
- A category without a reference that counts is NaN, and no part of a mean; pycocotools writes -1.
- An ignored reference (a crowd, a difficult object, one outside a range of sizes) is no miss if nothing claims it, and
  what claims it is neither a hit nor a false positive.

Protocols
---------
`COCO`
    At each of ten thresholds 0.5, 0.55, ..., 0.95, an overlap that is as great counts (≥). Precision at 101 recalls.
    A detection whose best reference is taken falls back on its next best. Ranges of area in square pixels; 1, 10 and
    100 detections of an image and category.
`VOC_2007`, `VOC_2010`
    Pascal VOC until 2009, precision at 11 recalls, and from 2010 on, at every step of recall. An overlap of 0.5 counts
    (≥), as in its own program; the scripts in Python that are in circulation want more (>), which is
    ``replace(VOC_2010, claiming=replace(VOC_2010.claiming, strict=True))``, with `dataclasses.replace`. A detection
    whose best reference is taken is a false positive. Difficult objects are `References.is_ignored`. Corners count
    pixels: a box is (xmin, ymin, xmax - xmin + 1, ymax - ymin + 1).
`RECALL_40`
    An overlap greater than 0.7 (>), precision at the 40 recalls 1/40, 2/40, ..., 1. These are the points of KITTI since
    2019, and not its number: difficulties, regions of no care and least heights are yours to put in
    `References.is_ignored`, and its program reads the curve at 41 of its thresholds only.
`NUSCENES`
    Distances of centres below 0.5, 1, 2 and 4 m (<), passed negated, as a sparse matrix (detections, references) of the
    pairs of one image: ``evaluate(detections, references, overlaps, NUSCENES)``. Precision above 0.1 at the recalls
    0.11, 0.12, ..., 1, on the line between points. Its errors of true positives, and NDS, are not here.

Another setting is ``dataclasses.replace(COCO, thresholds=(0.3,))``.

References
----------
Lin, T.-Y. et al. (2014). Microsoft COCO: common objects in context. ECCV. doi:10.1007/978-3-319-10602-1_48
The program: https://github.com/ppwwyyxx/cocoapi (pycocotools)
"""

from .evaluated import Evaluation
from .evaluation import evaluate
from .outlines import draw_polygons
from .protocols import COCO, NUSCENES, RECALL_40, VOC_2007, VOC_2010, Claiming, Protocol, SizeRange
from .reading import Instances, Results, read_instances, read_results
from .tables import Detections, References

__all__ = [
    "COCO",
    "NUSCENES",
    "RECALL_40",
    "VOC_2007",
    "VOC_2010",
    "Claiming",
    "Detections",
    "Evaluation",
    "Instances",
    "Protocol",
    "References",
    "Results",
    "SizeRange",
    "draw_polygons",
    "evaluate",
    "read_instances",
    "read_results",
]
