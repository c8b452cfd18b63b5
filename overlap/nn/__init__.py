"""The losses as torch modules, and a running overlap for validation loops.

Conventions
-----------
- Predictions are ``(batch, class, *spatial)``. A target has a channel for each class: bool, integer 0 and 1, or
  floating in [0, 1]. Or it has labels: ``(batch, *spatial)`` or ``(batch, 1, *spatial)``. Its shape says which of
  these it is, never a value.
- ``from_logits`` names what turns the prediction into probabilities: None (they are), "sigmoid" or "softmax".
- `OverlapLoss` takes any index; the others are named cases of it.
- One ratio is taken for each case and class. With ``batch=True`` the sizes of all cases are added first, those of other
  processes too, so that a class which a case lacks still counts. Then ``smooth`` may be 0; otherwise it is 1 cell by
  default.
- On the host a target that cannot be is refused. On a device it makes the loss NaN, for looking would wait for the
  device. A logit that is no number makes the loss NaN everywhere: `torch.amp.GradScaler` then leaves out the step.
- `BoundaryLoss` and `BlobLoss` take a map that is made before training in place of a target: signed distances, or the
  numbers of components.
- `BoxLoss`, `QualityFocalLoss` and `VarifocalLoss` are of detections: boxes, and scores of any shape.
- What a t-norm seeks, and when to smooth or to pool, stands in `overlap.losses`.

This module imports torch at once; the rest of the package does not.
"""

# isort: off
from . import needed  # noqa: F401 - first, so that without torch one line says what to do
# isort: on

from .boxes import BoxLoss
from .deep_supervision import DeepSupervision
from .entropies import DiceCELoss
from .expected import ExpectedDiceLoss
from .focal import DiceFocalLoss
from .maps import BlobLoss, BoundaryLoss
from .masks import OverlapLoss
from .named import (
    DiceLoss,
    FocalTverskyLoss,
    GeneralisedDiceLoss,
    JaccardLoss,
    LogCoshDiceLoss,
    SquaredDiceLoss,
    TverskyLoss,
)
from .qualities import QualityFocalLoss, VarifocalLoss
from .running import CaseMean, RunningOverlap

__all__ = [
    "BlobLoss",
    "BoundaryLoss",
    "BoxLoss",
    "CaseMean",
    "DeepSupervision",
    "DiceCELoss",
    "DiceFocalLoss",
    "DiceLoss",
    "ExpectedDiceLoss",
    "FocalTverskyLoss",
    "GeneralisedDiceLoss",
    "JaccardLoss",
    "LogCoshDiceLoss",
    "OverlapLoss",
    "QualityFocalLoss",
    "RunningOverlap",
    "SquaredDiceLoss",
    "TverskyLoss",
    "VarifocalLoss",
]
