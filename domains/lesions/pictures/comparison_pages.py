"""The page of a comparison of two images: findings first, the worst label on top.

Conventions
-----------
- Each label is drawn in the slice of most disagreement. Its largest missed and its largest spurious lesion are drawn
  too, each in its own slice, where the first one does not show them.
- Whatever a page says is in the tables that it is made of; nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..._page import Finding, gallery, page, paragraph, picture, section, table
from ..._report import as_rows
from ..._text import count_of
from ..comparison.assessment import Assessment
from .drawing import draw_arrow
from .label_panels import overlapping_labels
from .masks import slice_of
from .page_parts import (
    LETTERS,
    LOOK,
    MOST_FINDINGS,
    MOST_OVERLAYS,
    MOST_ROWS,
    PACKAGES,
    distance,
    overlay,
    pair_like,
    shown,
)
from .slices import slice_at
from .states import ABSENT, INVENTED, MISSED, lesions_in_words, worst_first
from .unmatched import LoneLesion, largest_lone_lesions

MOST_LABELS = 6
"""Labels that one picture shows together."""
_LESIONS = ["label", "kind", "found", "predicted", "reference", "volume_predicted", "volume_reference", "iou", "dice"]


def comparison_page(
    result: Assessment,
    notes: Sequence[str] = (),
    *,
    paths: Mapping[str, str] | None = None,
    image: xr.DataArray | None = None,
    window: Any = None,
) -> str:
    """Return the page of a comparison.

    Parameters
    ----------
    result : Assessment
        As `assess` returns it, with its masks.
    notes : sequence of str
        Warnings.
    paths : mapping, optional
        The files of ``prediction`` and ``reference`` as they were named, for what was done.
    image, window
        What lies below the masks, see `plot_overlay`.

    Returns
    -------
    str

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from ..comparison.comparison import assess
    >>> from ..images.io import example, read_image
    >>> raters = read_image(example("nodule_00"))
    >>> html = comparison_page(assess(raters.isel(rater=0), raters.isel(rater=1)))
    >>> "label 1: Dice 0.482, HD95 2.40 mm" in html, len(html) < 1_000_000
    (True, True)
    """
    report = result.report
    units = report.attrs["units"]
    rows = worst_first(as_rows(report))
    below = {"image": image, "window": window}
    labels = rows["label"].tolist()[:MOST_OVERLAYS]
    drawn = [overlay(result, label, f"label {label}", **below) for label in labels]
    drawn += _lone_lesions(result, labels, units, **below)
    remark = LETTERS
    if len(rows) > len(labels):
        remark += f" The worst {len(labels)} of {len(rows)} labels."
    lesions = table(_lesions(result.lesions), LOOK, all_of_them="--lesions", most=MOST_ROWS)
    said = f"sizes in {units}, distances in mm; ∞: one side has nothing there"
    sections = [
        section("Overlays", *_side_by_side(result, **below), gallery(*drawn), paragraph(remark)),
        section("Labels", table(shown(rows), LOOK), paragraph(said)),
        section("Lesions", lesions, paragraph(f"sizes in {units}")),
    ]
    findings = [*_of_labels(rows, units), *_of_regions(result), *[Finding(note, "bad") for note in notes]]
    definitions = {name: report[name].attrs["definition"] for name in ("hausdorff", "hd95", "assd", "nsd")}
    done = {**report.attrs, **(paths or {}), **definitions}
    return page(_heading(report), findings, sections, done, PACKAGES)


def _heading(report: xr.Dataset) -> str:
    """Return what is compared with what, also where the files of both sides have one name."""
    prediction = report.attrs["prediction"]
    reference = report.attrs["reference"]
    if prediction == reference:
        return f"{prediction}: prediction against reference"
    return f"{prediction} against {reference}"


def _of_labels(rows: pd.DataFrame, units: str) -> list[Finding]:
    """Return what is found of each label, the worst first."""
    findings = [_of_label(row, units) for row in rows.head(MOST_FINDINGS).to_dict("records")]
    n_more = len(rows) - len(findings)
    if n_more:
        findings.append(Finding(f"and {count_of(n_more, 'more label')}, in the table below"))
    return findings


def _of_label(row: Mapping[Any, Any], units: str) -> Finding:
    name = f"label {row['label']}"
    if row["state"] == MISSED:
        return Finding(f"{name} is missed: {row['size_b']:.4g} {units} in the reference", "bad")
    if row["state"] == INVENTED:
        return Finding(f"{name} is not in the reference: {row['size_a']:.4g} {units} in the prediction", "bad")
    if row["state"] == ABSENT:
        return Finding(f"{name} is in neither image")
    has_lone_lesions = row["lesions_missed"] > 0 or row["lesions_spurious"] > 0
    scores = f"Dice {row['dice']:.3f}, HD95 {distance(row['hd95'])}"
    return Finding(f"{name}: {scores}; {lesions_in_words(row)}", "bad" if has_lone_lesions else "")


def _of_regions(result: Assessment) -> list[Finding]:
    """Return that regions overlap, if they do."""
    overlapping = overlapping_labels(result)
    if not overlapping:
        return []
    return [Finding(f"regions that overlap: {', '.join(str(name) for name in overlapping)}")]


def _lesions(lesions: pd.DataFrame) -> pd.DataFrame:
    """Return the match tables, the missed and the spurious first, then by IoU."""
    found = lesions["matched"].map({True: "yes", False: "no"})
    rank = lesions["kind"].map({"missed": 0, "spurious": 1}).fillna(2)
    keys = (lesions["iou"].to_numpy(float), rank.to_numpy(float))
    columns = [name for name in ("case", *_LESIONS) if name == "found" or name in lesions]
    return lesions.assign(found=found).iloc[np.lexsort(keys)][columns].rename(columns={"found": "matched"})


def _lone_lesions(result: Assessment, labels: Sequence[Any], units: str, **below: Any) -> list[str]:
    """Return pictures of the largest missed and spurious lesions that the overlays of the labels do not show."""
    drawn: list[str] = []
    for label in labels:
        pair = pair_like(result, label)
        place, _ = slice_of("lesions.plot_overlay", result.grid, [(pair.predicted, pair.reference)], "z")
        for lesion in largest_lone_lesions(pair):
            if len(drawn) < MOST_OVERLAYS and not place.of(lesion.inside).any():
                drawn.append(_lone_lesion(result, pair.label, lesion, units, **below))
    return drawn


def _lone_lesion(result: Assessment, label: Any, lesion: LoneLesion, units: str, **below: Any) -> str:
    """Return the slice that holds most of a lesion, with an arrow that points at it."""
    import matplotlib.pyplot as plt

    from .plotting import plot_overlay

    at = lesion.best_place("z")
    ax = plot_overlay(result, label=label, at=at, **below)
    figure: Any = ax.figure
    place = slice_at("lesions.plot_overlay", result.grid, "z", at)
    draw_arrow(place, place.of(lesion.inside), ax)
    size = f"{lesion.volume:.4g} {units}"
    drawn = picture(figure, f"label {label}: the largest {lesion.kind} lesion (arrow), {size}")
    plt.close(figure)
    return drawn


def _side_by_side(result: Assessment, **below: Any) -> list[str]:
    """Return the picture of all labels, if there are several, and not too many to tell them apart."""
    n = result.report.sizes["label"]
    if not 1 < n <= MOST_LABELS:
        return []
    import matplotlib.pyplot as plt

    from .label_panels import plot_labels

    figure: Any = plot_labels(result, **below)[0].figure
    drawn = picture(figure, "All labels, the prediction beside the reference")
    plt.close(figure)
    return [drawn]
