"""The job of ``overlap lesions compare``: two images read, compared, told and drawn.

In Python: `compare`.

Conventions
-----------
- A label asked for that neither image has is a row all the same, with what 0/0 is worth, and a warning names it. The
  exit code is 0: a case may lack a label. Only of a cohort in which no case has it, it is 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from .. import _console
from .._checks import UsageError
from .._skipped import as_skipped
from .._text import file_name, for_picture
from .cohorts.cohorts import ignored_rows
from .cohorts.reading import read_two
from .cohorts.sources import Reading, check_reading
from .comparison import tables
from .comparison.assessment import Assessment
from .comparison.comparison import assess
from .comparison.labels import absent_labels, held_labels
from .comparison.layers import without_ignored
from .images.io import read_grey
from .images.names import is_image_folder
from .images.nnunet import described
from .pictures.windows import parse_window
from .settings import check_settings, parse_labels, split_options

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs


def compare_files(
    predicted: Path,
    reference: Path,
    *,
    labels: str | None = None,
    lesions: Path | None = None,
    image: Path | None = None,
    window: str | None = None,
    outputs: Outputs,
    **options: Any,
) -> int:
    """Do what ``overlap lesions compare`` does, and return its exit code."""
    _check_are_images(predicted, reference)
    wanted = parse_labels(labels)
    below = Below(image, parse_window(window))
    of_images, of_scores = split_options(options, Reading)
    check_settings(of_scores)
    said = check_reading("lesions.compare", of_images)
    with _console.collected_warnings() as notes:
        a, b = read_two(said.of_prediction(predicted), said.of_reference(reference), said.like)
        nnunet = described(predicted.parent, reference.parent)
        a, b, counts = without_ignored(a, b, nnunet.ignored)
        keep_masks = outputs.plot is not None or outputs.html is not None
        result = assess(a, b, labels=wanted or nnunet.regions, where=counts, keep_masks=keep_masks, **of_scores)
    if wanted is not None:
        notes += _absent_notes(tables.rows(result.report), a, b)
    told = Told(result, {"prediction": file_name(predicted), "reference": file_name(reference)}, below, notes)
    files = {lesions: result.lesions} if lesions else None
    return _console.deliver(
        told.as_json(),
        outputs,
        told.lines,
        told.picture,
        as_skipped(ignored_rows(nnunet.ignored, str(reference))),
        page=told.page,
        rows=tables.rows(result.report),
        files=files,
        notes=notes,
    )


@dataclass(frozen=True, eq=False)
class Below:
    """The grey image that lies below the masks in pictures, read when the first is drawn.

    Parameters
    ----------
    path : Path, optional
        Its file; none for no image.
    window : optional
        What of it is black and white, as `parse_window` returns it.

    Raises
    ------
    UsageError
        If there is no such file.
    """

    path: Path | None
    window: Any

    def __post_init__(self) -> None:
        if self.path is not None and not self.path.exists():
            raise UsageError(f"--image {self.path}: no such file")

    @cached_property
    def keywords(self) -> dict[str, Any]:
        """The image and its window, as functions that draw take them."""
        return {"image": None if self.path is None else read_grey(self.path), "window": self.window}


@dataclass(frozen=True, eq=False)
class Told:
    """A comparison, ready to be told.

    Parameters
    ----------
    result : Assessment
        What was found.
    paths : mapping of str to str
        The files of both sides.
    below : Below
        The image below the masks.
    notes : sequence of str
        Warnings.
    """

    result: Assessment
    paths: Mapping[str, str]
    below: Below
    notes: Sequence[str]

    def as_json(self) -> Any:
        """Return the report, with the paths of its files."""
        return self.result.report.assign_attrs(self.paths)

    def lines(self) -> list[Any]:
        """Return what the terminal shows."""
        report = self.result.report
        return [tables.comparison_table(report), *tables.definition_lines(report)]

    def picture(self) -> Axes:
        """Draw the masks over each other."""
        from .pictures.plotting import plot_overlay

        prediction = self.result.report.attrs["prediction"]
        reference = self.result.report.attrs["reference"]
        if prediction == reference:
            # files of one case have one name, which tells neither from the other
            return plot_overlay(self.result, **self.below.keywords)
        names = (for_picture(prediction), for_picture(reference))
        return plot_overlay(self.result, labels=names, **self.below.keywords)

    def page(self) -> str:
        """Return the page for a browser."""
        from .pictures.comparison_pages import comparison_page

        return comparison_page(self.result, self.notes, paths=self.paths, **self.below.keywords)


def _absent_notes(rows: pd.DataFrame, a: xr.DataArray, b: xr.DataArray) -> list[str]:
    """Return a line for each label asked for that neither image has: a case may lack it, and no score is wrong."""
    found = f"the prediction holds {held_labels(a)}, the reference {held_labels(b)}"
    return [f"lesions.compare: label {label}: neither image has it; {found}" for label in absent_labels(rows)]


def _check_are_images(*paths: Path) -> None:
    for path in paths:
        if path.is_dir() and not is_image_folder(path):
            raise UsageError(
                f"lesions.compare: {path} is a folder; compare takes two images: for two folders, "
                "overlap lesions cohort PREDICTIONS REFERENCES --out scores.csv"
            )
