"""Reading the images of a cohort: what they are is decided once, for all of them.

Conventions
-----------
- What an image is, a soft mask or a label map, never depends on its own values: a soft mask may hold nothing but zeros
  and ones. It is said (``as_``, a scale), or decided before the first case.
- References: those with fractions are soft masks, those stored in whole numbers or with values above 1 are label maps.
  Both in one cohort are an error. References in floating point that hold nothing but 0 and 1 are what the others are,
  and label maps if there are no others.
- Predictions stored in floating point beside soft references are soft masks. Beside label maps they are what the first
  of them with fractions or values above 1 says.
- Reading is limited to `SECONDS`, or in proportion to the size of a large file.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
import xarray as xr

from ... import _batch
from ..._checks import UsageError
from ..._running import Running
from ..._text import file_name
from ..images.io import holds_whole_numbers, read_grey, read_image, read_values
from ..images.names import ARRAYS, image_suffix
from ..images.outlines import DRAWN
from ..images.places import BORROWED
from ..images.placing import NoPlaceError
from ..images.resampling import in_one_field
from ..images.values import Kind
from .sources import Source

SECONDS = 10.0
"""How long an image may be read."""
BYTES_A_SECOND = 2e6
"""A larger file may be read for longer, at this rate."""

LOOKED_AT_FIRST = 8
"""Predictions in floating point that are read before all others: as a rule the first has fractions."""

EITHER = "either"
"""What a file is that holds nothing but 0 and 1, in floating point."""


Reader: TypeAlias = Callable[[str, Source, xr.DataArray | None], xr.DataArray]


@dataclass(frozen=True)
class Side:
    """The images of one side, and what is said of them.

    Parameters
    ----------
    paths : tuple of Path
        The files.
    as_ : {"soft", "labels"}, optional
        What they are.
    scale : float, optional
        The stored value that means 1; they are soft masks then.
    """

    paths: tuple[Path, ...]
    as_: Kind | None = None
    scale: float | None = None

    @property
    def said(self) -> Kind | None:
        """What the images are said to be."""
        return "soft" if self.scale is not None else self.as_


def check_said(predictions: Side, references: Side) -> None:
    """Refuse a cohort that may be a part of another and does not say what its images are.

    Raises
    ------
    UsageError
        If a side says nothing.

    Examples
    --------
    >>> check_said(Side((), "soft"), Side((), scale=255))
    """
    for name, side in (("as_", predictions), ("reference_as", references)):
        if side.said is None:
            raise UsageError(
                f"lesions.cohort: {name} must be said with cases and part, since no part may decide for the others: "
                'as_="labels" for label maps (--as labels), as_="soft" for soft masks (--as soft)'
            )


def decide_kinds(predictions: Side, references: Side, running: Running) -> tuple[Kind, Kind]:
    """Return what the predictions and the references of a cohort are.

    Parameters
    ----------
    predictions, references : Side
        Their files, and what is said of them.
    running : Running
        Where files are read: those in floating point of which nothing is said.

    Returns
    -------
    predictions, references : {"soft", "labels"}

    Raises
    ------
    UsageError
        If some references are soft masks and others label maps.

    Examples
    --------
    >>> from ..images.io import example
    >>> raters = Side((example("nodule_00"), example("nodule_01")))
    >>> decide_kinds(raters, raters, Running())
    ('labels', 'labels')
    >>> decide_kinds(replace(raters, as_="soft"), raters, Running())
    ('soft', 'labels')
    """
    quietly = replace(running, records=None, progress=False)
    reference = references.said or _kind_of_references(references.paths, quietly)
    prediction = predictions.said or _kind_of_predictions(predictions.paths, reference, quietly)
    return prediction, reference


def labels_of_all(sources: Sequence[Source], running: Running) -> tuple[int, ...]:
    """Return the labels that label maps hold, all together; 1 if they hold none.

    What cannot be read holds none here, and is a row of the cohort later; so do images with names instead of numbers.

    Examples
    --------
    >>> from ..images.io import example
    >>> labels_of_all([Source(example("nodule_00"))], Running())
    (1,)
    """
    job = _batch.Job("lesions.cohort", labels_of_map)
    listed = [_batch.Case(str(k), source) for k, source in enumerate(sources)]
    outcomes = _batch.run_cases(job, listed, replace(running, records=None, progress=False))
    labels: set[int] = set()
    for outcome in outcomes:
        if not outcome.error:
            labels.update(outcome.result)
    return tuple(sorted(labels)) or (1,)


def labels_of_map(source: Source) -> list[int]:
    """Return the labels of a label map but 0.

    Examples
    --------
    >>> from ..images.io import example
    >>> labels_of_map(Source(example("nodule_00")))
    [1]
    """
    with _in_time(source.path):
        values, _ = read_values(source.path)
    if values.dtype.kind == "f":
        return []
    labels = np.unique(values).tolist()
    return [int(label) for label in labels if label != 0]


def kind_of_file(path: Path) -> str:
    """Return what a file says that it is: "soft", "labels", or "either".

    Examples
    --------
    >>> from ..images.io import example
    >>> kind_of_file(example("nodule_00"))
    'labels'
    """
    with _in_time(path):
        values, is_whole = read_values(path)
    if values.dtype.kind == "f":
        return "soft"
    is_mask = not is_whole and float(values.max()) <= 1
    return EITHER if is_mask else "labels"


def read_in_time(source: Source, like: xr.DataArray | None = None) -> xr.DataArray:
    """Read an image as `read_image` does, within a limit of time; `like` another if it does not say where it lies.

    Raises
    ------
    Exception
        Whatever reading raises, and TimeoutError.
    """
    with _in_time(source.path):
        return _read(source, like)


def read_two(predicted: Source, reference: Source, like: Path | None = None) -> tuple[xr.DataArray, xr.DataArray]:
    """Read the two images of a comparison, a cohort of one case.

    Parameters
    ----------
    predicted, reference : Source
    like : path, optional
        An image whose place both have, as far as their files do not say it; by default each that of the other.

    Warns
    -----
    UserWarning
        If both files say where their voxels lie, so that there is no use for `like`.

    Examples
    --------
    >>> from ..images.io import example
    >>> a, b = read_two(Source(example()), Source(example(), "soft", scale=1))
    >>> a.dtype.kind, b.dtype.kind
    ('u', 'f')
    """
    warn_of_axes("lesions.compare", predicted.axes, [predicted.path, reference.path])
    place = None if like is None else read_grey(like)
    a, b = read_pair(predicted, reference, _read_side, place)
    if predicted.as_ is None and b.dtype.kind == "f" and not holds_whole_numbers(predicted.path):
        a = _read(replace(predicted, as_="soft"), b if place is None else place)
    if like is not None and not (_has_place_of_another(a) or _has_place_of_another(b)):
        warnings.warn(
            f"lesions.compare: like (--like) {file_name(like)} is of no use: both files say where their voxels lie",
            stacklevel=2,
        )
    return in_one_field(a, b)


def warn_of_axes(operation: str, axes: str | None, paths: Iterable[Path]) -> None:
    """Warn if the axes of arrays are said, and no file is an array.

    Warns
    -----
    UserWarning
        If it is so.

    Examples
    --------
    >>> warn_of_axes("lesions.cohort", "zyx", [Path("a.npy"), Path("a.nii")])
    """
    if axes is not None and not any(image_suffix(path) in ARRAYS for path in paths):
        warnings.warn(f"{operation}: axes (--axes) is of no use: no file is an array (.npy, .npz)", stacklevel=3)


def _has_place_of_another(image: xr.DataArray) -> bool:
    return bool(image.attrs.get(BORROWED) or image.attrs.get(DRAWN))


def read_alone(source: Source, like: Path | None = None) -> xr.DataArray:
    """Read an image, in the place of another if its file says none.

    Examples
    --------
    >>> from ..images.io import example
    >>> read_alone(Source(example())).sizes["rater"]
    4
    """
    return _read(source, None if like is None else read_grey(like))


def read_pair(
    predicted: Source, reference: Source, read: Reader, like: xr.DataArray | None = None
) -> tuple[xr.DataArray, xr.DataArray]:
    """Read two images; one whose file says too little of its place to be read alone is read like the other.

    Parameters
    ----------
    predicted, reference : Source
    read : callable
        Takes the name of the side, the source and an image.
    like : DataArray, optional
        See `read_two`.
    """
    if like is not None:
        b = read("reference", reference, like)
        return read("prediction", predicted, like), b
    try:
        b = read("reference", reference, None)
    except Exception as error:
        if not _has_no_place(error):
            raise
        a = read("prediction", predicted, None)
        return a, read("reference", reference, a)
    return read("prediction", predicted, b), b


def _has_no_place(error: BaseException | None) -> bool:
    """Return whether an error comes from a file that says too little of its place."""
    while error is not None:
        if isinstance(error, NoPlaceError):
            return True
        error = error.__cause__
    return False


def _read_side(side: str, source: Source, like: xr.DataArray | None) -> xr.DataArray:
    return _read(source, like)


def _in_time(path: Path) -> AbstractContextManager[None]:
    return _batch.time_limit(_seconds_for(path), f"lesions.read_image: {file_name(path)}: reading it")


def _read(source: Source, like: xr.DataArray | None = None) -> xr.DataArray:
    return read_image(
        source.path, scale=source.scale, as_=source.as_, like=like, spacing=source.spacing, axes=source.axes
    )


def _kind_of_references(paths: Sequence[Path], running: Running) -> Kind:
    whole = [path for path in paths if holds_whole_numbers(path)]
    others = [path for path in paths if path not in set(whole)]
    kinds = _kinds_of(others, running)
    maps = [*whole, *_of_kind("labels", kinds)]
    soft = _of_kind("soft", kinds)
    if maps and soft:
        raise UsageError(
            f'lesions.cohort: {file_name(soft[0])} is a soft mask and {file_name(maps[0])} a label map: as_="soft" '
            "(--as soft) if whole numbers are 0 and 1 of soft masks, or score them in two runs"
        )
    return "soft" if soft else "labels"


def _kind_of_predictions(paths: Sequence[Path], reference: Kind, running: Running) -> Kind:
    in_fractions = [path for path in paths if not holds_whole_numbers(path)]
    if len(in_fractions) < len(paths):
        return "labels"
    if reference == "soft":
        return "soft"
    first = in_fractions[:LOOKED_AT_FIRST]
    for some in (first, in_fractions[len(first) :]):
        for kind in _kinds_of(some, running).values():
            if kind != EITHER:
                return "soft" if kind == "soft" else "labels"
    return "labels"


def _kinds_of(paths: Iterable[Path], running: Running) -> dict[Path, str]:
    """Return what files say that they are; what cannot be read says nothing, and is a row of the cohort later."""
    cases = {str(k): path for k, path in enumerate(paths)}
    job = _batch.Job("lesions.cohort", kind_of_file)
    listed = [_batch.Case(name, path) for name, path in cases.items()]
    outcomes = _batch.run_cases(job, listed, running)
    return {cases[outcome.case]: outcome.result for outcome in outcomes if not outcome.error}


def _of_kind(kind: Kind, kinds: dict[Path, str]) -> list[Path]:
    return [path for path, found in kinds.items() if found == kind]


def _seconds_for(path: Path) -> float:
    try:
        size = path.stat().st_size
    except OSError:
        return SECONDS
    return max(SECONDS, size / BYTES_A_SECOND)
