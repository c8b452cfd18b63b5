"""Overlap with a reference that is known by its probabilities: the expected Dice of a mask, and the best mask.

Conventions
-----------
- The reference Y is a random mask: a cell belongs to it with its `probability`, independently of all others. The mask
  A is fixed, hard or soft; it is the prediction, and comes first. |A∩Y| is the sum of A over the cells of Y: since Y is
  hard, every t-norm says the same.
- The mean of a ratio is no ratio of means: E[2|A∩Y| / (|A| + |Y|)] is not 2 E|A∩Y| / (|A| + E|Y|), the product form of
  soft Dice. They differ by a share of about Var|Y| / (|A| + E|Y|)²: much for a lesion of ten cells, little for 10⁵.
- Cells that stand or fall together, as those of one uncertain lesion do, are not independent: their |Y| varies far
  more. Then the mean of Dice over drawn references is the one to report.
- Values are exact up to 1e-8 of themselves, at any number of cells.
- Where both masks turn out empty there is no Dice: ``empty=`` says what it is worth. NaN leaves that outcome out of
  the mean; then the mean is NaN only where no other outcome is possible.

References
----------
Dai, B. & Li, C. (2023). RankSEG: a consistent ranking-based framework for segmentation. J. Mach. Learn. Res. 24, 224.
arXiv:2206.13086
"""

from .best import optimal_mask
from .means import expected_dice, expected_iou

__all__ = ["expected_dice", "expected_iou", "optimal_mask"]
