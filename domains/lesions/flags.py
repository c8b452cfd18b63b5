"""The flags of the field's commands, as types: each is explained once, and those that travel together are a group.

Conventions
-----------
- Nothing but typer is imported: ``overlap --help`` loads no numpy.
- A group is a frozen dataclass, a flag in each field; see `domains._flags.grouped`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from .._flags import keywords


class PresetName(StrEnum):
    """Whose definition of distances."""

    monai = "monai"
    metrics_reloaded = "metrics_reloaded"
    deepmind = "deepmind"
    medpy = "medpy"
    panoptica = "panoptica"
    seg_metrics = "seg_metrics"


class SurfaceName(StrEnum):
    """What a boundary is."""

    voxel = "voxel"
    contour = "contour"
    marching = "marching"
    iso = "iso"


class ClosedName(StrEnum):
    """Which end a bin has."""

    right = "right"
    left = "left"


class AbsentName(StrEnum):
    """What a model is worth that rightly has nothing."""

    perfect = "perfect"
    skip = "skip"


class KindName(StrEnum):
    """What an image is."""

    soft = "soft"
    labels = "labels"


class HitName(StrEnum):
    """What two lesions need to be matched."""

    iou = "iou"
    dice = "dice"
    voxel = "voxel"
    centre = "centre"


class ResampleName(StrEnum):
    """How an image is brought onto another grid."""

    nearest = "nearest"
    linear = "linear"


Predicted = Annotated[
    Path,
    typer.Argument(help="The predicted image: a label map or a soft mask (NIfTI, NRRD, MHA, DICOM, TIFF, arrays)."),
]
Reference = Annotated[Path, typer.Argument(help="The reference image, on the same grid.")]
Predictions = Annotated[
    Path | None, typer.Argument(help="A folder of predicted images (NIfTI, NRRD, MHA, DICOM, TIFF, arrays).")
]
References = Annotated[Path | None, typer.Argument(help="A folder of reference images; pairs have the same file name.")]
Cases = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Instead of folders, a CSV: prediction, reference, perhaps name and group."),
]
Names = Annotated[
    str | None,
    typer.Option(metavar="PATTERN", help="What of a file's name is the case: a regular expression, such as '(.+)-x'."),
]
ReferenceNames = Annotated[str | None, typer.Option(metavar="PATTERN", help="The same for references, if it differs.")]
Group = Annotated[
    str | None,
    typer.Option(metavar="PATTERN", help="What of a case's name is its patient, such as '(.+)_.*': who is resampled."),
]
CountMissing = Annotated[bool, typer.Option("--count-missing", help="Count a case without a prediction as missed.")]
Part = Annotated[
    str | None, typer.Option(metavar="K/N", help="Do only part K of N, in a job array; lesions merge joins the parts.")
]
Out = Annotated[
    Path,
    typer.Option(
        help="Save the scores of cases and labels in this file (.csv, .parquet). A second run adds what is missing."
    ),
]
MergedOut = Annotated[Path, typer.Option("--out", help="Save the scores in this file (.csv, .parquet).")]
Lesions = Annotated[Path | None, typer.Option(help="Save a row for each lesion or pair of lesions in this CSV file.")]
Image = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The image that the masks were drawn on, to lie below them in pictures."),
]
Window = Annotated[
    str | None,
    typer.Option(
        help='What of that image is black and white: "lung", "brain" or another window of CT, or its "CENTRE,WIDTH".'
    ),
]

Probability = Annotated[Path, typer.Argument(help="A probability map: the chance of each voxel to be lesion.")]
MaskOut = Annotated[
    Path | None, typer.Option("--out", help="Save the mask of the largest expected Dice here (.nii.gz, .nii).")
]
CutLevel = Annotated[float, typer.Option(help="Where the map is cut (>=), to be set beside the best mask.")]

Labels = Annotated[
    str | None,
    typer.Option(
        help='The labels to compare, such as "1,2", or regions made of several, such as "core=1+4,whole=1+2+4". By '
        "default every label but 0.",
    ),
]
As = Annotated[
    KindName | None,
    typer.Option("--as", help="What all images are: soft masks or label maps. By default their numbers say it."),
]
ReferenceAs = Annotated[KindName | None, typer.Option(help="What the references are, if something else.")]
Scale = Annotated[
    float | None, typer.Option(help="The value in the predicted file that means certainty: 255, if it holds 0 to 255.")
]
ReferenceScale = Annotated[float | None, typer.Option(help="The same for the reference file.")]
Spacing = Annotated[
    str | None,
    typer.Option(help='Size of a voxel in mm along columns, rows and slices, where no file says it: "0.5,0.5,3".'),
]
Axes = Annotated[
    str | None,
    typer.Option(help="Which axis of an array (.npy, .npz) is which: zyx, as SimpleITK has it, or xyz, as nibabel."),
]
Like = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="An image on whose voxels outlines (RTSTRUCT) are drawn and whose place files have that say none; of a "
        "cohort, a folder of such images. By default the other image.",
    ),
]
LikeOfMap = Annotated[
    Path | None, typer.Option("--like", metavar="FILE", help="An image whose place the map has, if its file says none.")
]
Resample = Annotated[
    ResampleName | None,
    typer.Option(help="Bring the prediction onto the reference's grid, 0 where it has no field of view."),
]
Level = Annotated[float, typer.Option(help="Threshold that makes a soft mask hard, for distances and lesions.")]
Preset = Annotated[PresetName, typer.Option(help="The package whose definition of surface distances is used.")]
Surface = Annotated[
    SurfaceName | None,
    typer.Option(
        help="What a boundary is, if not what the preset takes: iso is the level surface of soft masks, within voxels."
    ),
]
Tolerance = Annotated[float, typer.Option(help="Distance in mm within which two surfaces agree (for NSD).")]
BoundaryWidth = Annotated[
    float, typer.Option(help="How far the band along a boundary reaches into the mask, in mm (for boundary IoU).")
]
Threshold = Annotated[float, typer.Option(help="Two lesions match if their IoU (or Dice) is at least this.")]
Hit = Annotated[
    HitName, typer.Option(help="What two lesions need to match: an IoU, a Dice, any common voxel, or near centres.")
]
Radius = Annotated[
    float | None, typer.Option(help="Near centres: at most so many mm apart. By default within the lesion's radius.")
]
Connectivity = Annotated[
    int | None,
    typer.Option(help="Voxels of a lesion touch by faces (1), edges too (2), corners too (3, the default)."),
]
Dilation = Annotated[int, typer.Option(help="Lesions that touch once grown by so many voxels are one.")]
Empty = Annotated[
    str,
    typer.Option(
        help="What an index is worth where both sides are empty: a number or nan. Or for each side that is empty: "
        '"both=1,prediction=0,reference=0".'
    ),
]
EmptyDistance = Annotated[
    str,
    typer.Option(
        help='The same for a distance, in mm; "both=0,prediction=373,reference=373" also replaces the infinity of a '
        "miss by a penalty."
    ),
]


FirstModel = Annotated[Path, typer.Argument(help="The scores of a model: what cohort saved with --out.")]
SecondModel = Annotated[Path, typer.Argument(help="The scores of another model on the same cases.")]
Indices = Annotated[
    str | None, typer.Option(help='Which columns are compared, such as "dice,hd95"; by default the usual ones.')
]
GroupOf = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN|PATTERN",
        help="Who is resampled: a column of the tables (by default group, if filled), or what a pattern captures in "
        "the names of cases, such as '(.+)_.*'.",
    ),
]
InfiniteDistance = Annotated[
    str, typer.Option(metavar="keep|MM", help="What the distance of a miss is: infinite, or a penalty in mm.")
]
AbsentLabel = Annotated[
    AbsentName,
    typer.Option(help="What a model is worth that rightly has nothing of a label where the other has something."),
]
Confidence = Annotated[float, typer.Option(help="Confidence level of the intervals.")]
Resamples = Annotated[int, typer.Option(min=1, help="How often the cases are resampled.")]
Seed = Annotated[int, typer.Option(min=0, help="The seed of the resamples.")]
Differences = Annotated[
    Path | None, typer.Option(help="Save a row for each case, label and index in this CSV file: who is better where.")
]


@dataclass(frozen=True)
class Saying:
    """What images are, where their files do not say it: `Reading`."""

    as_: As = None
    reference_as: ReferenceAs = None
    scale: Scale = None
    reference_scale: ReferenceScale = None
    spacing: Spacing = None
    axes: Axes = None
    like: Like = None

    def keywords(self) -> dict[str, Any]:
        """Return the flags as keywords, the voxel size read."""
        from .images.placing import parse_spacing

        return {**keywords(self), "spacing": parse_spacing("--spacing", self.spacing)}


@dataclass(frozen=True)
class Scoring:
    """How two images are compared: `Settings`."""

    level: Level = 0.5
    preset: Preset = PresetName.monai
    nsd_tolerance: Tolerance = 1.0
    boundary_width: BoundaryWidth = 1.0
    threshold: Threshold = 0.5
    hit: Hit = HitName.iou
    radius: Radius = None
    connectivity: Connectivity = None
    dilation: Dilation = 0
    empty: Empty = "nan"
    empty_distance: EmptyDistance = "nan"
    resample: Resample = None
    surface: Surface = None

    def keywords(self) -> dict[str, Any]:
        """Return the flags as keywords, the policies read."""
        from .settings import parse_empty

        texts = {
            "empty": parse_empty("--empty", self.empty),
            "empty_distance": parse_empty("--empty-distance", self.empty_distance),
        }
        return {**keywords(self), **texts}


PartRecords = Annotated[
    list[Path], typer.Argument(metavar="RECORDS...", help="The files of records of all parts: scores.csv.records.")
]


@dataclass(frozen=True)
class Choosing:
    """Which cases a cohort has, as `cohort` takes it."""

    cases: Cases = None
    names: Names = None
    reference_names: ReferenceNames = None
    group: Group = None


@dataclass(frozen=True)
class Pairing:
    """How two models are compared, as `compare_models` takes it."""

    indices: Indices = None
    group: GroupOf = None
    infinite: InfiniteDistance = "keep"
    absent: AbsentLabel = AbsentName.perfect
    level: Confidence = 0.95
    n_resamples: Resamples = 2000
    rng: Seed = 0


Protocols = Annotated[
    str | None, typer.Option(help='Names such as "brats2023_gli,cc"; by default all: see the page on protocols.')
]
ProtocolLevel = Annotated[float, typer.Option("--level", help="Where soft masks are cut (>=).")]
DetectionMaps = Annotated[
    bool,
    typer.Option(
        "--detection-maps",
        help="Predictions are detection maps: each connected part is a candidate, its value the confidence.",
    ),
]
Bins = Annotated[int, typer.Option("--bins", help="Bins of equal width.")]
ClosedEnd = Annotated[ClosedName, typer.Option("--closed", help="Which end a bin has.")]
Above = Annotated[
    float | None, typer.Option(help="Count only voxels whose prediction is greater, such as 0. By default all.")
]
Detections = Annotated[
    Path | None, typer.Option(help="Save each candidate and each missed lesion of froc and picai in this CSV file.")
]
