"""Protocols: how a community scores lesions, all from one table of who shares voxels with whom.

Conventions
-----------
- Both masks fall into lesions once, voxels touching by corners too; the pairs that share voxels are counted once. A
  protocol reads that table: it joins reference lesions, says what is a hit, matches, and averages.
- A preset gives its community's number, faults included; ``notes`` say what it did with a case that others do not.
- A protocol is a frozen dataclass of settings. To score otherwise, make one: ``LesionWise(dilation=2)``.

References
----------
See the module of each protocol.
"""

from .brats import LesionWise
from .cells import CellWise
from .curves import RATES, detection_scores, froc_curve
from .detections import AnyDetection, MatchedDetections
from .masks import MaskPair
from .metastases import LargeLesions
from .panoptic import Panoptic
from .presets import PROTOCOLS
from .scored import Protocol, ProtocolScores
from .scoring import compare_protocols, detect, score_lesions

__all__ = [
    "PROTOCOLS",
    "RATES",
    "AnyDetection",
    "CellWise",
    "LargeLesions",
    "LesionWise",
    "MaskPair",
    "MatchedDetections",
    "Panoptic",
    "Protocol",
    "ProtocolScores",
    "compare_protocols",
    "detect",
    "detection_scores",
    "froc_curve",
    "score_lesions",
]
