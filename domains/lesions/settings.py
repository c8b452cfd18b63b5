"""What decides the numbers of a comparison, written and checked once.

Conventions
-----------
- `Settings` holds the options of `compare`, `assess` and `cohort`, their meaning and their defaults.
- These functions take them by keyword, ``**options``. `takes_settings` lets `help` show all of them, `takes` those of
  other groups.
- What 0/0 is worth is a number, or a policy that has one for each side that is empty.
- The command line writes it as text, and labels and parts too: `parse_empty`, `parse_labels`, `parse_part`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from inspect import Parameter, signature
from math import nan
from typing import Any, Literal, TypedDict, TypeVar, get_args

import overlap as ov
from overlap import surfaces

from .._checks import UsageError, check_choice, check_empty, check_number, check_whole

F = TypeVar("F", bound=Callable[..., Any])

HitName = Literal["iou", "dice", "voxel", "centre"]
HITS = get_args(HitName)
Resample = Literal["nearest", "linear"]
RESAMPLE = get_args(Resample)
SURFACES = get_args(surfaces.Surface)

DEFAULT_PRESET: surfaces.Preset = "monai"

EMPTY_SIDES = {"both": "both_empty", "prediction": "prediction_empty", "reference": "reference_empty"}
"""The fields of an `EmptyPolicy`, by what the command line calls them."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What decides the numbers of a comparison, besides the images and their labels.

    Parameters
    ----------
    tnorm : {"minimum", "product", "lukasiewicz"}
        How soft values intersect in ``iou`` and ``dice``, see `overlap.raster.measure`.
    level : float
        Where soft masks are cut (>=), for ``_hard`` indices, distances and lesions; in (0, 1].
    preset : {"monai", "metrics_reloaded", "deepmind", "medpy", "panoptica", "seg_metrics"}
        Whose definition of distances, see `overlap.surfaces.distances`.
    nsd_tolerance : float
        Distance within which two surfaces count as one, mm.
    boundary_width : float
        How far the band along a boundary reaches into its mask for ``boundary_iou``, mm; at 0 it is the boundary
        voxels.
    threshold : float
        Least IoU (or Dice) at which two lesions are matched, in (0, 1].
    hit : {"iou", "dice", "voxel", "centre"}
        What two lesions need to be matched: an IoU or a Dice coefficient of the threshold, any voxel in common, or
        centres within the radius; see `LeastIoU`, `LeastDice`, `AnyVoxel`, `CentreWithin`.
    radius : float, optional
        How far apart two centres may be, mm; by default the radius of a ball of the reference lesion's volume.
    connectivity : int, optional
        Which voxels touch, see `components`.
    dilation : int
        Lesions that touch once they are grown by so many voxels are one, see `components`.
    empty : float or EmptyPolicy
        Value of an index, ``nsd`` and ``boundary_iou`` among them, where both are empty.
    empty_distance : float or EmptyPolicy
        Value of a distance where both are empty; a policy also replaces infinity where one is (a penalty, in mm).
    resample : {"nearest", "linear"}, optional
        How the prediction is brought onto the reference's grid, see `resample_onto`; by default other grids raise.
    surface : {"voxel", "contour", "marching", "iso"}, optional
        What a boundary is, if not what the preset takes, see `overlap.surfaces`: ``"iso"`` is the level surface of
        soft masks as they are, not cut. A percentile is then the larger of the two directions', as MONAI's; another
        tool's preset has its own surface.

    Raises
    ------
    ValueError
        If a choice is unknown or a number out of range.
    """

    tnorm: ov.raster.TNorm = "minimum"
    level: float = 0.5
    preset: surfaces.Preset = DEFAULT_PRESET
    nsd_tolerance: float = 1.0
    boundary_width: float = 1.0
    threshold: float = 0.5
    hit: HitName = "iou"
    radius: float | None = None
    connectivity: int | None = None
    dilation: int = 0
    empty: float | ov.EmptyPolicy = nan
    empty_distance: float | ov.EmptyPolicy = nan
    resample: Resample | None = None
    surface: surfaces.Surface | None = None

    def __post_init__(self) -> None:
        check_choice("lesions.compare", "tnorm", self.tnorm, ov.raster.TNORMS)
        check_choice("lesions.compare", "preset", self.preset, surfaces.PRESETS)
        if self.connectivity is not None:
            check_whole("lesions.compare", "connectivity", self.connectivity, at_least=1, at_most=3)
        check_whole("lesions.compare", "dilation", self.dilation, at_least=0)
        check_choice("lesions.compare", "hit", self.hit, HITS)
        if self.radius is not None:
            check_number("lesions.compare", "radius", self.radius, above=0)
            if self.hit != "centre":
                raise UsageError(
                    f'lesions.compare: radius is of the hit "centre", and the hit is {self.hit!r}: pass hit="centre" '
                    "(--hit centre), or no radius"
                )
        check_number("lesions.compare", "level", self.level, above=0, at_most=1)
        check_number("lesions.compare", "threshold", self.threshold, above=0, at_most=1)
        check_number("lesions.compare", "nsd_tolerance", self.nsd_tolerance, at_least=0)
        check_number("lesions.compare", "boundary_width", self.boundary_width, at_least=0)
        check_empty("lesions.compare", "empty", self.empty)
        check_empty("lesions.compare", "empty_distance", self.empty_distance)
        check_choice("lesions.compare", "resample", self.resample, (None, *RESAMPLE))
        check_choice("lesions.compare", "surface", self.surface, (None, *SURFACES))
        if self.own_surface is not None and self.preset != DEFAULT_PRESET:
            raise UsageError(
                f"lesions.compare: preset {self.preset!r} measures {surfaces.PRESETS[self.preset].surface!r} surfaces, "
                f"not {self.surface!r}: leave preset out (--preset), or surface (--surface)"
            )

    @property
    def own_surface(self) -> surfaces.Surface | None:
        """The surface that was asked for, where it is another than the preset's."""
        if self.surface == surfaces.PRESETS[self.preset].surface:
            return None
        return self.surface


class Options(TypedDict, total=False):
    """The fields of `Settings` as keywords, for type checkers; they are explained there."""

    tnorm: ov.raster.TNorm
    level: float
    preset: surfaces.Preset
    nsd_tolerance: float
    boundary_width: float
    threshold: float
    hit: HitName
    radius: float | None
    connectivity: int | None
    dilation: int
    empty: float | ov.EmptyPolicy
    empty_distance: float | ov.EmptyPolicy
    resample: Resample | None
    surface: surfaces.Surface | None


def takes_settings(function: F) -> F:
    """Show the fields of `Settings`, with their defaults, in the signature of a function that takes ``**options``.

    So each option is written once, and `inspect.signature` and `help` still show all of them.

    Examples
    --------
    >>> @takes_settings
    ... def twice(x: int, **options: Any) -> int:
    ...     return 2 * x
    >>> signature(twice).parameters["threshold"].default
    0.5
    """
    shown = signature(function)
    own = [p for p in shown.parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
    options = signature(Settings).parameters.values()
    function.__signature__ = shown.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
    return function


def takes(*groups: type[Any]) -> Callable[[F], F]:
    """Return a decorator that shows the fields of groups of options as `takes_settings` does, and ``**options`` too.

    Parameters
    ----------
    *groups : type
        Frozen dataclasses, a keyword for each field.

    Examples
    --------
    >>> @takes(Settings)
    ... def twice(x: int, **options: Any) -> int:
    ...     return 2 * x
    >>> list(signature(twice).parameters)[-2:]
    ['surface', 'options']
    """

    def show(function: F) -> F:
        shown = signature(function)
        own = [p for p in shown.parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
        others = [p for p in shown.parameters.values() if p.kind is Parameter.VAR_KEYWORD]
        options = [p for group in groups for p in signature(group).parameters.values()]
        function.__signature__ = shown.replace(parameters=[*own, *options, *others])  # type: ignore[attr-defined]
        return function

    return show


def split_options(options: Mapping[str, Any], group: type[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part keywords into the fields of a group of options and all others.

    Examples
    --------
    >>> split_options({"level": 0.7, "workers": 2}, Settings)
    ({'level': 0.7}, {'workers': 2})
    """
    names = [field.name for field in fields(group)]
    own = {name: value for name, value in options.items() if name in names}
    others = {name: value for name, value in options.items() if name not in names}
    return own, others


def check_settings(options: Mapping[str, Any]) -> Settings:
    """Return the settings that keywords stand for.

    Raises
    ------
    TypeError
        If there is no such option.
    ValueError
        If a value is out of range.
    """
    names = [field.name for field in fields(Settings)]
    for name in options:
        if name not in names:
            raise TypeError(f"lesions.compare: no option {name!r}: choose from {', '.join(names)}")
    return Settings(**options)


def parse_empty(flag: str, text: str) -> float | ov.EmptyPolicy:
    """Read what an index or a distance is worth where a side is empty, as the command line writes it.

    Parameters
    ----------
    flag : str
        The option, such as ``"--empty"``, for the error.
    text : str
        A number, ``nan`` and ``inf`` among them, or one for each side that is empty.

    Raises
    ------
    UsageError
        If it is neither.

    Examples
    --------
    >>> parse_empty("--empty", "1")
    1.0
    >>> parse_empty("--empty-distance", "both=0,prediction=373")
    EmptyPolicy(both_empty=0.0, prediction_empty=373.0, reference_empty=None)
    """
    remedy = 'write a number or nan, or one for each side that is empty, such as "both=0,prediction=373,reference=373"'
    values: dict[str, float] = {}
    try:
        if "=" not in text:
            return float(text)
        for part in text.split(","):
            side, value = part.split("=")
            name = EMPTY_SIDES[side.strip()]
            if name in values:
                raise UsageError(f"{flag} {text}: {side.strip()} is there twice; {remedy}")
            values[name] = float(value)
    except UsageError:
        raise
    except (KeyError, ValueError):
        raise UsageError(f"{flag} {text}: {remedy}") from None
    return ov.EmptyPolicy(**values)


def parse_labels(text: str | None) -> list[int] | dict[str, tuple[int, ...]] | None:
    """Read labels as the command line writes them.

    Examples
    --------
    >>> parse_labels("1,2")
    [1, 2]
    >>> parse_labels("core=1+4,whole=1+2+4")
    {'core': (1, 4), 'whole': (1, 2, 4)}
    """
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    try:
        if not all("=" in part for part in parts):
            return [int(part) for part in parts]
        regions = {}
        for part in parts:
            name, members = part.split("=", 1)
            regions[name] = tuple(int(k) for k in members.split("+"))
        return regions
    except ValueError:
        raise UsageError(f'--labels {text}: write "1,2", or regions as "core=1+4,whole=1+2+4"') from None


def parse_part(text: str | None) -> tuple[int, int] | None:
    """Read a part of the cases as the command line writes it.

    Examples
    --------
    >>> parse_part("3/16")
    (3, 16)
    """
    if text is None:
        return None
    number, _, n_parts = text.partition("/")
    try:
        return int(number), int(n_parts)
    except ValueError:
        raise UsageError(f"--part {text}: write which part of how many, such as 3/16") from None
