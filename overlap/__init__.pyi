from . import indices, labelled, plotting, polygons, raster, resample
from .counts import Overlap
from .indices import (
    INDICES,
    EmptyPolicy,
    containment,
    dice,
    f_beta,
    iou,
    ochiai,
    precision,
    recall,
    tversky,
    volume_similarity,
)

__version__: str

__all__ = [
    "INDICES",
    "EmptyPolicy",
    "Overlap",
    "containment",
    "dice",
    "f_beta",
    "indices",
    "iou",
    "labelled",
    "ochiai",
    "plotting",
    "polygons",
    "precision",
    "raster",
    "recall",
    "resample",
    "tversky",
    "volume_similarity",
]
