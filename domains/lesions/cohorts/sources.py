"""What the images of a comparison are, where their files do not say it: written and checked once.

Conventions
-----------
- `Reading` holds the options, their meaning and their defaults. Functions take them by keyword, ``**options``.
- What is said of the predictions holds for the references too, unless these have an option of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypedDict

from ..._text import file_name
from ..images.formats.arrays import check_axes
from ..images.placing import check_spacing
from ..images.values import Kind, check_kind, check_scale


@dataclass(frozen=True)
class Source:
    """A file, and how it is read: see `read_image`."""

    path: Path
    as_: Kind | None = None
    scale: float | None = None
    spacing: Sequence[float] | None = None
    axes: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What is said of two images, or of those of a cohort.

    Parameters
    ----------
    as_ : {"soft", "labels"}, optional
        What all images are, soft masks or label maps.
    reference_as : {"soft", "labels"}, optional
        What the references are, where they are something else than the predictions.
    scale, reference_scale : float, optional
        The stored value that means 1, in soft predictions and in soft references.
    spacing : sequence of float, optional
        Size of a voxel in mm along columns, rows and slices, where no file says it; see `read_image`.
    axes : {"zyx", "xyz", "yx", "xy"}, optional
        Which axis of an array is which.
    like : path, optional
        An image on whose voxels outlines (RTSTRUCT) are drawn and whose place files have that say none; by default the
        other image. Of a cohort, a folder of such images, one for each case and of its name.

    Examples
    --------
    >>> Reading(as_="soft", scale=255).of_reference(Path("a.nii"))
    Source(path=PosixPath('a.nii'), as_='soft', scale=None, spacing=None, axes=None)
    """

    as_: Kind | None = None
    reference_as: Kind | None = None
    scale: float | None = None
    reference_scale: float | None = None
    spacing: Sequence[float] | None = None
    axes: str | None = None
    like: Path | None = None

    def of_prediction(self, path: Path) -> Source:
        """Return how a prediction is read."""
        return Source(path, self.as_, self.scale, self.spacing, self.axes)

    def of_reference(self, path: Path) -> Source:
        """Return how a reference is read."""
        return Source(path, self.reference_as or self.as_, self.reference_scale, self.spacing, self.axes)


AS_FILES_SAY = Reading()
"""Nothing is said of the images."""


class ReadingOptions(TypedDict, total=False):
    """The fields of `Reading` as keywords, for type checkers; they are explained there."""

    as_: Kind | None
    reference_as: Kind | None
    scale: float | None
    reference_scale: float | None
    spacing: Sequence[float] | None
    axes: str | None
    like: Path | None


def check_reading(operation: str, options: Mapping[str, Any]) -> Reading:
    """Return what keywords say of the images.

    Parameters
    ----------
    operation : str
        Who asks, for the error.
    options : mapping
        Fields of `Reading`.

    Raises
    ------
    UsageError
        If a choice is unknown or a number out of range.
    FileNotFoundError
        If there is no such image.

    Examples
    --------
    >>> check_reading("lesions.cohort", {"spacing": [0.5, 0.5, 3]}).spacing
    (0.5, 0.5, 3.0)
    """
    said = Reading(**options)
    check_scale(operation, scale=said.scale, reference_scale=said.reference_scale)
    check_kind(operation, "as_", said.as_, said.scale)
    check_kind(operation, "reference_as", said.reference_as or said.as_, said.reference_scale)
    check_axes(operation, said.axes)
    if said.like is not None and not Path(said.like).exists():
        raise FileNotFoundError(f"{operation}: like (--like) {file_name(said.like)}: no such file")
    if said.spacing is None:
        return said
    return replace(said, spacing=check_spacing(operation, said.spacing))
