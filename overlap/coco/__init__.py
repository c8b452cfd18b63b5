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
