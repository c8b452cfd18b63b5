"""The protocols, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ..instances import LeastDice
from .brats import LesionWise
from .cells import CellWise
from .detections import AnyDetection, MatchedDetections
from .metastases import LargeLesions
from .panoptic import Panoptic
from .scored import Protocol

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        "brats2023_gli": LesionWise(dilation=3, least_volume=50.0),
        "brats2023_ssa": LesionWise(dilation=3, least_volume=50.0),
        "brats2023_ped": LesionWise(dilation=3, least_volume=50.0),
        "brats2023_men": LesionWise(dilation=1, least_volume=50.0),
        "brats2023_met": LesionWise(dilation=1, least_volume=2.0),
        "brats2026": Panoptic(LeastDice(1e-6), "total", worst=373.0, headline="dice"),
        "brats2026_met": LargeLesions(),
        "cc": CellWise(),
        "panoptic": Panoptic(),
        "panoptic_many_to_one": Panoptic(method="many_to_one"),
        "panoptic_merge": Panoptic(method="merge"),
        "picai": MatchedDetections(),
        "froc": AnyDetection(),
    }
)
"""The presets: BraTS 2023 (gliomas, those of sub-Saharan Africa, of children, meningiomas, metastases) and 2026 (all of
them by one rule, and the board of metastases), CC-Metrics, panoptica with three of its matchers, PI-CAI, and LUNA16's
FROC."""
