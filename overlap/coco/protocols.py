"""How a community computes its average precision, as data: `Protocol`, and those that are known by name.

References
----------
Lin, T.-Y. et al. (2014). Microsoft COCO: common objects in context. ECCV. doi:10.1007/978-3-319-10602-1_48
Everingham, M. et al. (2010). The PASCAL visual object classes challenge. IJCV 88, 303. doi:10.1007/s11263-009-0275-4
Everingham, M. et al. (2015). The Pascal visual object classes challenge: a retrospective. IJCV 111, 98.
doi:10.1007/s11263-014-0733-5
Simonelli, A. et al. (2019). Disentangling monocular 3D object detection. ICCV. arXiv:1905.12365 (40 points of recall)
Caesar, H. et al. (2020). nuScenes: a multimodal dataset for autonomous driving. CVPR. arXiv:1903.11027
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import inf
from typing import Literal, NamedTuple

import numpy as np

from .._arrays import numbers_on_host
from .._checks import check_choice, check_real, shown

Interpolation = Literal["envelope", "linear"]
INTERPOLATIONS = ("envelope", "linear")
_LONGEST_ROW = 12
"""How many numbers of a setting are shown."""


class SizeRange(NamedTuple):
    """Sizes that are looked at by themselves: from `least` to `most`, both included."""

    name: str
    least: float
    most: float


@dataclass(frozen=True, kw_only=True)
class Claiming:
    """How detections claim references, the most confident first.

    Parameters
    ----------
    fall_back : bool
        True: a detection whose best reference is taken falls back on its next best (COCO). False: it is a false
        positive (Pascal VOC).
    counted_first : bool
        True: a reference that counts is claimed before one that is ignored, however much more that overlaps (COCO).
    later_of_equals : bool
        Of references that overlap a detection alike, True: the last (COCO), False: the first.
    strict : bool
        True: the overlap must be greater than the threshold (>); False: as great is enough (≥).
    ignored_repeat : bool
        True: an ignored reference is never taken, any number of detections may claim it (Pascal VOC). Crowds always
        are so.

    Examples
    --------
    >>> Claiming(fall_back=False).fall_back
    False
    """

    fall_back: bool = True
    counted_first: bool = True
    later_of_equals: bool = True
    strict: bool = False
    ignored_repeat: bool = False


@dataclass(frozen=True, kw_only=True, repr=False)
class Protocol:
    """The settings of an average precision.

    Parameters
    ----------
    thresholds : sequence of float
        Least overlaps of a true positive. With negated distances, negated radii.
    recall_points : sequence of float or None
        Recalls at which precision is read; the mean of what is read is the average precision. None: every step of
        recall, which is the area under the curve (Pascal VOC since 2010).
    interpolation : {"envelope", "linear"}
        Precision at a recall. "envelope": the greatest at this recall or above. "linear": on the line between the
        points of the curve, 0 beyond its end (nuScenes).
    least_precision : float
        Precision that counts as 0; what is above it is stretched to 1 (nuScenes: 0.1).
    size_ranges : sequence of SizeRange
        Each is evaluated by itself: references outside of it are ignored, and so are detections outside of it that
        claim nothing. In the unit of the sizes: those of `COCO` are areas in square pixels.
    max_detections : sequence of float
        So many of the most confident detections of an image (and category) are looked at; ``inf`` for all.
    use_categories : bool
        False: all are of one category, as in the scoring of proposals.
    later_first : bool
        Of equal confidences the last row goes first (nuScenes). By default the one of the lower image goes first, and
        within it the earlier one (COCO).
    claiming : Claiming
        How detections claim references.

    Raises
    ------
    ValueError
        If there is no threshold, recall point, range or limit, or one is out of its range.

    Examples
    --------
    COCO's rules at one threshold of your own:

    >>> from dataclasses import replace
    >>> replace(COCO, thresholds=(0.3,)).thresholds
    (0.3,)
    """

    thresholds: Sequence[float]
    recall_points: Sequence[float] | None = None
    interpolation: Interpolation = "envelope"
    least_precision: float = 0.0
    size_ranges: Sequence[SizeRange] = (SizeRange("all", 0.0, inf),)
    max_detections: Sequence[float] = (inf,)
    use_categories: bool = True
    later_first: bool = False
    claiming: Claiming = Claiming()

    def __repr__(self) -> str:
        shown_as = {field.name: repr(getattr(self, field.name)) for field in fields(self)}
        shown_as["thresholds"] = _shown_row(self.thresholds)
        shown_as["max_detections"] = _shown_row(self.max_detections)
        shown_as["size_ranges"] = ", ".join(f"({name!r}, {low:g}, {high:g})" for name, low, high in self.size_ranges)
        shown_as["size_ranges"] = f"[{shown_as['size_ranges']}]"
        if self.recall_points is not None:
            shown_as["recall_points"] = _shown_row(self.recall_points)
        settings = [f"{name}={value}" for name, value in shown_as.items()]
        return f"Protocol({', '.join(settings)})"

    def __post_init__(self) -> None:
        check_choice("coco.Protocol", "interpolation", self.interpolation, INTERPOLATIONS)
        check_real("coco.Protocol", "least_precision", self.least_precision)
        if not 0 <= self.least_precision < 1:
            raise ValueError(f"coco.Protocol: least_precision is {self.least_precision}; pass a number from 0 to 1")
        object.__setattr__(self, "thresholds", _numbers("thresholds", self.thresholds))
        object.__setattr__(self, "max_detections", _numbers("max_detections", self.max_detections))
        object.__setattr__(self, "size_ranges", _ranges(self.size_ranges))
        if self.recall_points is not None:
            points = _numbers("recall_points", self.recall_points)
            object.__setattr__(self, "recall_points", points)
            if min(points) < 0 or max(points) > 1:
                raise ValueError(f"coco.Protocol: recall_points are {shown(points)}; recalls lie in [0, 1]")
        elif self.interpolation == "linear" or self.least_precision:
            raise ValueError(
                "coco.Protocol: interpolation='linear' and least_precision need recall_points; pass them, such as "
                "numpy.linspace(0, 1, 101)"
            )
        if 0 in self.thresholds and not self.claiming.strict:
            raise ValueError(
                "coco.Protocol: a threshold is 0, which pairs that do not overlap reach too; pass the least overlap "
                "that counts, numpy.nextafter(0, 1) for any"
            )
        if min(self.max_detections) <= 0 or any(most != inf and most % 1 for most in self.max_detections):
            raise ValueError(
                f"coco.Protocol: max_detections are {shown(self.max_detections)}; pass whole numbers from 1 on, or inf"
            )


def _shown_row(values: Sequence[float]) -> str:
    """Return all numbers of a short row, the first two and the last of a long one.

    Examples
    --------
    >>> _shown_row([0.5, 0.75]), _shown_row(np.linspace(0, 1, 101))
    ('[0.5, 0.75]', '[0, 0.01, ..., 1]')
    """
    texts = [f"{value:g}" for value in values]
    if len(texts) > _LONGEST_ROW:
        texts = [*texts[:2], "...", texts[-1]]
    return f"[{', '.join(texts)}]"


def _numbers(name: str, values: Sequence[float]) -> tuple[float, ...]:
    """Return numbers as a tuple, one at least, none of them NaN."""
    row = numbers_on_host("coco.Protocol", name, values)
    if row.ndim != 1:
        raise ValueError(f"coco.Protocol: {name} is {shown(values)}; pass a row of numbers")
    numbers = tuple(float(value) for value in row.tolist())
    if not numbers or np.isnan(numbers).any():
        raise ValueError(f"coco.Protocol: {name} is {shown(values)}; pass one number at least, and no NaN")
    return numbers


def _ranges(ranges: Sequence[SizeRange]) -> tuple[SizeRange, ...]:
    """Return ranges of sizes, one at least, each from a lower to a higher number."""
    try:
        read = tuple(SizeRange(name, *_numbers("a range of size", ends)) for name, *ends in ranges)
    except (TypeError, ValueError):
        read = ()
    if not read or not all(size.least <= size.most for size in read):
        raise ValueError(
            f"coco.Protocol: size_ranges is {shown(ranges)}; pass (name, least, most) for each range, such as "
            "('all', 0, numpy.inf)"
        )
    names = [size.name for size in read]
    if len(set(names)) < len(names):
        raise ValueError(f"coco.Protocol: size_ranges are named {names}; give each a name of its own")
    return read


_TEN_THRESHOLDS = np.linspace(0.5, 0.95, 10)
_ANY_SIZE = SizeRange("all", 0.0, 1e10)

COCO = Protocol(
    thresholds=_TEN_THRESHOLDS.tolist(),
    recall_points=np.linspace(0, 1, 101).tolist(),
    size_ranges=(
        _ANY_SIZE,
        SizeRange("small", 0.0, 32.0**2),
        SizeRange("medium", 32.0**2, 96.0**2),
        SizeRange("large", 96.0**2, 1e10),
    ),
    max_detections=(1, 10, 100),
)
"""COCO, as pycocotools computes it: 10 thresholds, 101 recalls, four ranges of area, 1, 10 and 100 detections."""

_VOC_CLAIMING = Claiming(fall_back=False, counted_first=False, later_of_equals=False, strict=False, ignored_repeat=True)

VOC_2007 = Protocol(thresholds=(0.5,), recall_points=np.arange(0.0, 1.1, 0.1).tolist(), claiming=_VOC_CLAIMING)
"""Pascal VOC until 2009: precision at 11 recalls, IoU ≥ 0.5; difficult objects are neither hits nor misses."""

VOC_2010 = Protocol(thresholds=(0.5,), claiming=_VOC_CLAIMING)
"""Pascal VOC from 2010 on: the area under the envelope of precision, at every step of recall, IoU ≥ 0.5."""

RECALL_40 = Protocol(thresholds=(0.7,), recall_points=(np.arange(1, 41) / 40).tolist(), claiming=Claiming(strict=True))
"""Precision at 40 recalls, 1/40 to 1, IoU > 0.7: the points of KITTI's AP since 2019, and not its difficulties."""

NUSCENES = Protocol(
    thresholds=(-0.5, -1.0, -2.0, -4.0),
    recall_points=np.linspace(0, 1, 101)[11:].tolist(),
    interpolation="linear",
    least_precision=0.1,
    later_first=True,
    claiming=Claiming(counted_first=False, later_of_equals=False, strict=True),
)
"""nuScenes: the nearest centre within 0.5, 1, 2 and 4 m, by negated distances; precision and recall above 0.1."""
