"""Overlap of masks on one grid, hard or soft.

Conventions
-----------
- A hard mask is bool. A soft one is floating in [0, 1]: how much of each cell belongs to the set. Nothing is
  binarised on the way, and integers are refused.
- How two soft values intersect is a choice, the t-norm. In a cell that A fills to `a` and B to `b`,
  ``"minimum"`` takes min(a, b): the one lies inside the other as far as it can; ``"product"`` takes a·b: they
  fall independently; ``"lukasiewicz"`` takes max(a + b − 1, 0): they avoid each other as far as they can. The
  first and the last bracket every possible answer. With the minimum, and only with it, a soft mask has Dice 1
  with itself.
- Where the reference ``b`` is 0 or 1 all three are a·b, and are computed so: at p = y = 0 and p = y = 1 the
  gradient is the product's, which pushes background down and lesion up.
- `squared` is no t-norm: it changes the sizes of the masks as well, to sums of squares.
- Sizes are in cells, or in the unit of `weights`. Hard counts are exact (int64); soft sums are float64 on the
  host and at least float32 on a device.

References
----------
Klement, E. P., Mesiar, R. & Pap, E. (2000). Triangular norms. doi:10.1007/978-94-015-9540-7
Crum, W. R., Camara, O. & Hill, D. L. G. (2006). Generalized overlap measures for evaluation and validation in
medical image analysis. IEEE Trans. Med. Imaging 25, 1451. doi:10.1109/TMI.2006.880587
Wang, Z. et al. (2023). Jaccard metric losses: optimizing the Jaccard index with soft labels. arXiv:2302.05666
"""

from .._subsets import Subsets
from .many import measure_many
from .pairs import measure_pairs, pairwise
from .rle import decode_rle, encode_rle
from .sizes import TNORMS, TNorm, dice, iou, measure
from .squares import squared
from .tables import LabelPairs, contingency, label_pairs

__all__ = [
    "TNORMS",
    "LabelPairs",
    "Subsets",
    "TNorm",
    "contingency",
    "decode_rle",
    "dice",
    "encode_rle",
    "iou",
    "label_pairs",
    "measure",
    "measure_many",
    "measure_pairs",
    "pairwise",
    "squared",
]
