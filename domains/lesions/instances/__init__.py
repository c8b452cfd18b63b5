"""Single lesions: which of the prediction met which of the reference.

Conventions
-----------
- A mask falls into lesions where its voxels do not touch, not even by a corner (``connectivity`` says otherwise).
  Lesions that touch once they are grown by a number of voxels may count as one (``dilation``).
  Whole numbers are instances already: each label but 0 is a lesion.
- What makes two lesions meet is a rule with a name (`hits`): their IoU or Dice reaches a threshold (>=), they share any
  voxel, or their centres lie within a radius.
- Every pair of lesions that share a voxel or meet is a row of the match table, and so is every lesion without such a
  partner. Only these are kept, so that thousands of lesions take no more memory than the maps.

References
----------
Kirillov, A. et al. (2019). Panoptic segmentation. CVPR, 9404. doi:10.1109/CVPR.2019.00963
Maier-Hein, L. et al. (2024). Metrics reloaded. Nat. Methods 21, 195. doi:10.1038/s41592-023-02151-z
"""

from .hits import AnyVoxel, CentreInside, CentreWithin, Hit, LeastDice, LeastIoU, named_hit
from .maps import LesionMaps
from .matches import KINDS, match, match_instances
from .numbering import components, number_lesions
from .scores import lesion_counts, lesion_scores, sensitivity_by_volume

__all__ = [
    "KINDS",
    "AnyVoxel",
    "CentreInside",
    "CentreWithin",
    "Hit",
    "LeastDice",
    "LeastIoU",
    "LesionMaps",
    "components",
    "lesion_counts",
    "lesion_scores",
    "match",
    "match_instances",
    "named_hit",
    "number_lesions",
    "sensitivity_by_volume",
]
