"""Losses to train with: of soft masks and of boxes, on arrays of any library with gradients.

Conventions
-----------
- Prediction first, target second, both probabilities in [0, 1]; `overlap.nn` takes logits.
- Any index of `overlap.indices` is a loss (`overlap_loss`); those with a name of their own are one line over it.
- How two soft values intersect is a choice, the t-norm, and decides what a loss seeks. The minimum returns a
  target that the image determines, at any level between 0 and 1. The product returns 0 or 1. Where the target is
  drawn anew each time (one of several raters, noisy labels) no loss of a t-norm returns its mean: the minimum seeks
  a quantile. A cross-entropy returns the mean: use `dice_ce_loss` for calibrated probabilities.
- `squared_dice_loss` has sizes of its own, and no t-norm. `boundary_loss` and `blob_loss` take a map in place of the
  target that is made before training: signed distances, or the numbers of components.
- `box_loss` is of boxes: aligned ones, rotated ones, and 3-D ones with a heading. `quality_focal_loss` and
  `varifocal_loss` are of the scores that go with them.
- A target without any cell has no Dice to speak of: at ``smooth=0`` the loss is 1 with no gradient, whatever is
  predicted. Pool the batch (name its axis in ``axis``) if cases are alike and some are empty; smooth by a cell or
  so if each case must count by itself and its lesions have many cells.
- Values are the metrics' own: ``dice_loss(p, y)`` is ``1 - dice(measure(p, y))`` to the last bit.
"""

from .blobs import blob_loss
from .boundaries import boundary_loss
from .boxes import box_loss
from .curves import focal_tversky_loss, log_cosh_dice_loss
from .entropies import dice_ce_loss
from .expected import expected_dice_loss
from .focal import dice_focal_loss
from .generalised import generalised_dice_loss
from .masks import dice_loss, jaccard_loss, overlap_loss, tversky_loss
from .qualities import quality_focal_loss, varifocal_loss
from .squares import squared_dice_loss

__all__ = [
    "blob_loss",
    "boundary_loss",
    "box_loss",
    "dice_ce_loss",
    "dice_focal_loss",
    "dice_loss",
    "expected_dice_loss",
    "focal_tversky_loss",
    "generalised_dice_loss",
    "jaccard_loss",
    "log_cosh_dice_loss",
    "overlap_loss",
    "quality_focal_loss",
    "squared_dice_loss",
    "tversky_loss",
    "varifocal_loss",
]
