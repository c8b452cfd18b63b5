"""Pages for a browser: a comparison, and a cohort; findings first, the worst on top.

Conventions
-----------
- The worst label or case stands first: the missed, then the lowest Dice, then the largest HD95. What has no Dice, for
  neither side has the label, stands last.
- Overlays are in radiological view, in the slice of most disagreement.
- Whatever a page says is in the tables that it is made of; nothing is measured here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..._page import Finding, Look, gallery, page, paragraph, picture, section, table
from ..._report import as_rows
from ..._text import count_of, one_line
from ..cohorts.scores import missed
from ..comparison.comparison import FIELDS, Assessment
from .label_panels import overlapping_labels

PACKAGES = ("numpy", "scipy", "pandas", "xarray", "nibabel", "matplotlib")
MOST_OVERLAYS = 6
"""Pictures of masks on a page: one takes 30 to 60 kB, and a page stays under 1 MB."""
MOST_ROWS = 500
"""Of a table: a row takes some 700 bytes."""
MOST_LABELS = 6
"""Labels that one picture shows together."""
MISSED = "missed"
INVENTED = "not in the reference"
ABSENT = "in neither"
MARKS = {MISSED: "bad", INVENTED: "bad", "spurious": "bad", "no": "fair"}
_INDEX = ".4f"
_LENGTH = ".2f"
FORMATS = {
    **dict.fromkeys(("dice", "iou", "precision", "recall", "nsd", "lesion_f1", "lesion_sq", "lesion_pq"), _INDEX),
    **dict.fromkeys(("dice_low", "dice_high", "value", "low", "high"), _INDEX),
    **dict.fromkeys(("hausdorff", "hd95", "assd", "masd"), _LENGTH),
    **dict.fromkeys(("size_a", "size_b", "volume_predicted", "volume_reference", "intersection"), ".5g"),
}
LOOK = Look(FORMATS, MARKS)
_SHOWN = [
    *("case", "label", "state", "dice", "iou", "precision", "recall", "hausdorff", "hd95", "assd", "nsd"),
    *("lesions_matched", "lesions_predicted", "lesions_reference", "lesion_f1", "lesion_pq", "size_a", "size_b"),
]
"""Columns of the tables of labels and cases; the others are in the CSV."""
_LESIONS = ["label", "kind", "found", "predicted", "reference", "volume_predicted", "volume_reference", "iou", "dice"]
_MOST_FINDINGS = 12
_MOST_NAMES = 8
_LETTERS = (
    "Three colours: both, only the prediction, only the reference. Radiological view: R is the patient's right, and "
    "on the left of the picture."
)
_SUMMARY = (
    "Means over the cases, where a missed or spurious label counts 0; medians of distances (mm), where it is "
    "infinitely far; pooled: the Dice of the added sizes. Missed: only the reference has the label; spurious: only the "
    "prediction has it. Intervals of 95 %, from resampled cases."
)
_CASES = "Distances in mm; ∞: one side has nothing there. Sizes in mm³, or mm² of single slices."

Masks = Callable[[str], Assessment]
"""Returns the result of a case, with its masks."""


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
    drawn = [_overlay(result, row, **below) for row in rows.head(MOST_OVERLAYS).to_dict("records")]
    remark = _LETTERS
    if len(rows) > len(drawn):
        remark += f" The worst {len(drawn)} of {len(rows)} labels."
    shared = overlapping_labels(result)
    lesions = table(_lesions(result.lesions), LOOK, all_of_them="--lesions", most=MOST_ROWS)
    definitions = {name: report[name].attrs["definition"] for name in ("hausdorff", "hd95", "assd", "nsd")}
    said = f"sizes in {units}, distances in mm; ∞: one side has nothing there"
    sections = [
        section("Overlays", *_side_by_side(result, **below), gallery(*drawn), paragraph(remark)),
        section("Labels", table(_shown(rows), LOOK), paragraph(said)),
        section("Lesions", lesions, paragraph(f"sizes in {units}")),
    ]
    findings = [_of_label(row, units) for row in rows.head(_MOST_FINDINGS).to_dict("records")]
    if len(rows) > len(findings):
        findings.append(Finding(f"and {count_of(len(rows) - len(findings), 'more label')}, in the table below"))
    if shared:
        findings.append(Finding(f"regions that overlap: {', '.join(str(name) for name in shared)}"))
    findings += [Finding(note, "bad") for note in notes]
    done = {**report.attrs, **(paths or {}), **definitions}
    return page(_heading(report), findings, sections, done, PACKAGES)


def cohort_page(
    scores: pd.DataFrame,
    summary: pd.DataFrame,
    skipped: pd.DataFrame,
    masks_of: Masks | None,
    done: Mapping[str, Any],
    notes: Sequence[str] = (),
) -> str:
    """Return the page of a cohort.

    Parameters
    ----------
    scores, skipped : DataFrame
        As `cohort` returns them.
    summary : DataFrame
        As `summarise` returns it.
    masks_of : callable, optional
        Returns the result of a case by its name, for the pictures of the worst; it may raise. None for no pictures.
    done : mapping
        What was done: the folders and the settings.
    notes : sequence of str
        Warnings.

    Returns
    -------
    str
    """
    compared = worst_first(scores[scores["error"] == ""])
    failed = scores[scores["error"] != ""]
    drawn: list[str] = []
    undrawn: list[str] = []
    if masks_of is not None:
        drawn, undrawn = _worst_overlays(compared, masks_of)
    sections = [section("Summary", table(_without_empty(summary), LOOK), paragraph(_SUMMARY))]
    if len(compared):
        sections.append(section("Distribution", *_distributions(compared)))
    if drawn:
        sections.append(section("Worst first", gallery(*drawn), paragraph(_LETTERS)))
    sections.append(
        section("Cases", table(_shown(compared), LOOK, all_of_them="--out", most=MOST_ROWS), paragraph(_CASES))
    )
    sections.append(section("Not scored", table(_without_empty(skipped), all_of_them="--skipped")))
    findings = [_of_cases(compared, failed)]
    for label in compared["label"].unique()[:_MOST_FINDINGS]:
        findings += _of_cohort_label(label, compared, summary)
    findings += [Finding(note, "bad") for note in [*undrawn, *notes]]
    return page(f"{done['prediction']} against {done['reference']}", findings, sections, done, PACKAGES)


def worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of scores with their state, the worst first.

    Parameters
    ----------
    rows : DataFrame
        Of `compare` or `cohort`, without those that have an error.

    Returns
    -------
    DataFrame
        With a column ``state``: "missed", "not in the reference", "in neither", or "".

    Examples
    --------
    >>> sizes = {"size_a": [4.0, 0.0, 9.0], "size_b": [5.0, 3.0, 9.0]}
    >>> rows = pd.DataFrame({"label": ["1", "2", "3"], "dice": [0.4, 0.0, 1.0], "hd95": [2.0, np.inf, 0.0], **sizes})
    >>> worst_first(rows)[["label", "state"]].values.tolist()
    [['2', 'missed'], ['1', ''], ['3', '']]
    """
    is_missed = missed(rows)
    has_a = rows["size_a"].to_numpy(float) > 0
    has_b = rows["size_b"].to_numpy(float) > 0
    state = np.select([is_missed, has_a & ~has_b, ~has_a & ~has_b], [MISSED, INVENTED, ABSENT], "")
    # NaN stands last in an ascending order
    keys = (-rows["hd95"].fillna(0).to_numpy(float), rows["dice"].to_numpy(float), ~is_missed)
    return rows.assign(state=state).iloc[np.lexsort(keys)]


def _heading(report: xr.Dataset) -> str:
    """Return what is compared with what, also where the files of both sides have one name."""
    prediction = report.attrs["prediction"]
    reference = report.attrs["reference"]
    if prediction == reference:
        return f"{prediction}: prediction against reference"
    return f"{prediction} against {reference}"


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    columns = [name for name in _SHOWN if name in rows]
    columns += [name for name in FIELDS if name in rows and rows[name].any()]
    return _without_empty(rows[columns])


def _lesions(lesions: pd.DataFrame) -> pd.DataFrame:
    """Return the match tables, the missed and the spurious first, then by IoU."""
    found = lesions["matched"].map({True: "yes", False: "no"})
    rank = lesions["kind"].map({MISSED: 0, "spurious": 1}).fillna(2)
    keys = (lesions["iou"].to_numpy(float), rank.to_numpy(float))
    columns = [name for name in ("case", *_LESIONS) if name == "found" or name in lesions]
    return lesions.assign(found=found).iloc[np.lexsort(keys)][columns].rename(columns={"found": "matched"})


def _overlay(result: Assessment, row: Mapping[Any, Any], **below: Any) -> str:
    """Return the picture of one label of a result."""
    import matplotlib.pyplot as plt

    from .plotting import plot_overlay

    label = _label_like(row["label"], result)
    figure: Any = plot_overlay(result, label=label, **below).figure
    name = f"case {row['case']}, label {row['label']}" if "case" in row else f"label {row['label']}"
    drawn = picture(figure, f"{name}: Dice {row['dice']:.3f}, HD95 {_mm(row['hd95'])}")
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


def _label_like(name: Any, result: Assessment) -> Any:
    """Return the label of a result that a table calls so."""
    return next(label for label in result.report["label"].values.tolist() if str(label) == str(name))


def _worst_overlays(compared: pd.DataFrame, masks_of: Masks) -> tuple[list[str], list[str]]:
    """Return the pictures of the worst cases, and a note for each that could not be drawn."""
    drawn = []
    undrawn = []
    for row in compared.head(MOST_OVERLAYS).to_dict("records"):
        try:
            result = masks_of(row["case"])
            drawn.append(_overlay(result, row))
        except Exception as error:
            # whatever a file that is gone leads to: the scores are there all the same
            undrawn.append(f"case {row['case']} is not drawn: {one_line(error)}")
    return drawn, undrawn


def _distributions(compared: pd.DataFrame) -> list[str]:
    """Return histograms of Dice and HD95, and every case with the mean or median of each label."""
    import matplotlib.pyplot as plt

    from .cohort_scores import plot_histogram, plot_scores

    drawn = []
    for plot, what in ((plot_histogram, "Cases by"), (plot_scores, "Every case, with the interval:")):
        for index, name in (("dice", "Dice"), ("hd95", "HD95, mm")):
            figure: Any = plot(compared, index).figure
            drawn.append(picture(figure, f"{what} {name}"))
            plt.close(figure)
    return [gallery(*drawn)]


def _of_label(row: Mapping[Any, Any], units: str) -> Finding:
    name = f"label {row['label']}"
    if row["state"] == MISSED:
        return Finding(f"{name} is missed: {row['size_b']:.4g} {units} in the reference", "bad")
    if row["state"] == INVENTED:
        return Finding(f"{name} is not in the reference: {row['size_a']:.4g} {units} in the prediction", "bad")
    if row["state"] == ABSENT:
        return Finding(f"{name} is in neither image")
    counts = f"{int(row['lesions_matched'])} of {int(row['lesions_reference'])} reference lesions matched"
    return Finding(f"{name}: Dice {row['dice']:.3f}, HD95 {_mm(row['hd95'])}; {counts}")


def _of_cases(compared: pd.DataFrame, failed: pd.DataFrame) -> Finding:
    n = compared["case"].nunique()
    if failed.empty:
        return Finding(f"{count_of(n, 'case')} compared", "good")
    names = _first(failed["case"].astype(str).tolist())
    return Finding(f"{count_of(n, 'case')} compared, {len(failed)} not: {names}", "bad")


def _of_cohort_label(label: Any, compared: pd.DataFrame, summary: pd.DataFrame) -> list[Finding]:
    """Return what is found of one label: its mean Dice and median HD95, and the cases that miss or invent it."""
    rows = compared[compared["label"] == label]
    of_label = summary[summary["label"] == label]
    dice = _statistic(of_label, "dice", "mean")
    distance = _statistic(of_label, "hd95", "median")
    found = [Finding(f"label {label}: mean Dice {dice}, median HD95 {distance} mm, {count_of(len(rows), 'case')}")]
    for state, verb in ((MISSED, "missed"), (INVENTED, "predicted where the reference has none")):
        names = rows["case"][rows["state"] == state].astype(str).tolist()
        if names:
            found.append(Finding(f"label {label} is {verb} in {count_of(len(names), 'case')}: {_first(names)}", "bad"))
    return found


def _statistic(of_label: pd.DataFrame, index: str, statistic: str) -> str:
    """Return a row of a summary in words."""
    rows = of_label[(of_label["index"] == index) & (of_label["statistic"] == statistic)].to_dict("records")
    if not rows or pd.isna(rows[0]["value"]):
        return "undefined"
    row = rows[0]
    if pd.isna(row["low"]):
        return _number(row["value"])
    return f"{_number(row['value'])} [{_number(row['low'])}, {_number(row['high'])}]"


def _number(value: float) -> str:
    return "∞" if np.isinf(value) else f"{value:.3g}"


def _mm(value: float) -> str:
    if pd.isna(value):
        return "undefined"
    return "∞" if np.isinf(value) else f"{value:.2f} mm"


def _first(names: Sequence[str]) -> str:
    """Return the first of many names, and how many more there are."""
    shown = ", ".join(one_line(name, 60) for name in names[:_MOST_NAMES])
    n_more = len(names) - _MOST_NAMES
    return f"{shown} and {n_more} more" if n_more > 0 else shown


def _without_empty(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out columns that say nothing."""
    says_something = ((rows != "") & rows.notna()).any()
    return rows.loc[:, says_something]
