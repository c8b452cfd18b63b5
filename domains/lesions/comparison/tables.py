"""What the terminal shows of comparisons and cohorts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from rich.table import Table
from rich.text import Text

from overlap import surfaces

from ..._console import aside
from ..._report import as_rows
from ..._tables import build_table, report_table
from ..._text import count_of
from ..instances import KINDS
from .reports import DISTANCES

Row = Mapping[Any, Any]

COMPARED = ("prediction", "reference", "Dice", "IoU", "HD", "HD95", "ASSD", "NSD", "F1")
DEFINITIONS = {"hd95": "HD95", "assd": "ASSD", "nsd": "NSD"}
SUMMARISED = ("value", "interval", "scored")
MODELS = ("A", "B", "A \N{MINUS SIGN} B", "interval", "better", "W/T/L")
UNDEFINED = "undefined"
TOUCHING = ("faces", "faces or edges", "faces, edges or corners")
"""By how many axes two voxels of a lesion may differ."""
HITS = {"iou": "IoU", "dice": "Dice"}


def rows(report: xr.Dataset) -> pd.DataFrame:
    """Return a report of `compare` as a row for each label.

    Examples
    --------
    >>> import numpy as np
    >>> from .comparison import compare
    >>> from ..images.grids import as_image
    >>> mask = as_image(np.ones((2, 2, 2), bool), spacing=(1, 1, 1))
    >>> rows(compare(mask, mask))[["label", "size_a", "dice"]].to_dict("records")
    [{'label': 'lesion', 'size_a': 8.0, 'dice': 1.0}]
    """
    return as_rows(report)


def comparison_table(report: xr.Dataset) -> Table:
    """Return a report of `compare` as a table for the terminal."""
    units = report.attrs["units"]
    size_a = float(report["together_a"].sum())
    size_b = float(report["together_b"].sum())
    prediction = f"prediction: {report.attrs['prediction']} ({size_a:.5g} {units})"
    reference = f"reference: {report.attrs['reference']} ({size_b:.5g} {units})"
    tolerance = f"sizes in {units}, distances in mm, NSD within {report.attrs['nsd_tolerance']:g} mm"
    title = f"{prediction}\n{reference}"
    caption = f"{tolerance}\n{report.attrs['grid']}"
    return report_table(report, COMPARED, _comparison_cells, title=title, caption=caption)


def definition_lines(report: xr.Dataset) -> list[str | Text]:
    """Return what the lesions are and what the distances mean, a line for each."""
    lines: list[str | Text] = [_lesion_line(row) for row in rows(report).to_dict("records")]
    lines.append(boundary_line(report))
    if report.attrs["regridding"] != "none":
        lines.append(aside(report.attrs["regridding"]))
    lines.append(settings_line(report.attrs))
    lines.append(lesion_rule_line(report.attrs))
    for index, heading in DEFINITIONS.items():
        lines.append(aside(f"{heading}: {report[index].attrs['definition']}"))
    if not report["dice_low"].equals(report["dice_high"]):
        lines.append(aside("in brackets: the least and the most that two soft masks can overlap"))
    return lines


def boundary_line(report: xr.Dataset) -> Text:
    """Return the boundary IoU of each label.

    Examples
    --------
    >>> import numpy as np
    >>> from .comparison import compare
    >>> from ..images.grids import as_image
    >>> mask = as_image(np.ones((2, 2, 2), bool), spacing=(1, 1, 1))
    >>> print(boundary_line(compare(mask, mask)))
    boundary IoU, bands of 1 mm: lesion 1.000
    """
    values = [f"{row['label']} {row['boundary_iou']:.3f}" for row in rows(report).to_dict("records")]
    return aside(f"boundary IoU, bands of {report.attrs['boundary_width']:g} mm: {', '.join(values)}")


def settings_line(settings: Mapping[str, Any]) -> Text:
    """Return by whose definition distances are measured, and where: what a paper has to name.

    Examples
    --------
    >>> print(settings_line({"preset": "monai", "level": 0.5, "nsd_tolerance": 1.0}))
    preset monai; soft masks at level 0.5 for distances, NSD and lesions; NSD within 1 mm
    """
    level = f"soft masks at level {settings['level']:g} for distances, NSD and lesions"
    return aside(f"preset {settings['preset']}; {level}; NSD within {settings['nsd_tolerance']:g} mm")


def lesion_rule_line(settings: Mapping[str, Any]) -> Text:
    """Return what a lesion is and when two of them match: what F1 and PQ count.

    Examples
    --------
    >>> print(lesion_rule_line({"connectivity": 3, "dilation": 0, "hit": "iou", "threshold": 0.5, "radius": None}))
    lesions: voxels that touch by faces, edges or corners; F1 and PQ: matched one to one at IoU >= 0.5
    """
    connectivity = settings["connectivity"]
    touching = TOUCHING[-1] if connectivity in (None, "none") else TOUCHING[int(connectivity) - 1]
    grown = int(settings["dilation"])
    apart = f" once grown by {grown} voxels" if grown else ""
    return aside(f"lesions: voxels that touch by {touching}{apart}; F1 and PQ: matched one to one {_hit(settings)}")


def _hit(settings: Mapping[str, Any]) -> str:
    """Return what two lesions need to match."""
    hit = settings["hit"]
    if hit == "voxel":
        return "where they share a voxel"
    if hit == "centre":
        radius = settings["radius"]
        within = "the lesion's radius" if radius in (None, "none") else f"{float(radius):g} mm"
        return f"where centres are within {within}"
    return f"at {HITS[hit]} >= {float(settings['threshold']):g}"


def settings_lines(settings: Mapping[str, Any]) -> list[Text]:
    """Return the settings of a cohort and what its distances mean, a line for each.

    Parameters
    ----------
    settings : mapping
        ``preset``, ``surface`` (None for that of the preset), ``level`` and ``nsd_tolerance``, and those of lesions.

    Examples
    --------
    >>> settings = {"preset": "monai", "surface": None, "level": 0.5, "nsd_tolerance": 1.0}
    >>> of_lesions = {"connectivity": 3, "dilation": 0, "hit": "iou", "threshold": 0.5, "radius": None}
    >>> print(settings_lines(settings | of_lesions)[2])
    HD95: larger of the two directions’ 95th percentiles (linear), boundary cells
    """
    # what distances mean does not depend on the masks
    voxel = np.pad(np.ones((1, 1, 1), bool), 1)
    of_preset = surfaces.PRESETS[settings["preset"]].surface
    if settings["surface"] in (None, of_preset):
        between = surfaces.distances(voxel, voxel, spacing=1.0, preset=settings["preset"])
    else:
        between = surfaces.distances(voxel, voxel, spacing=1.0, surface=settings["surface"])
    lines = [settings_line(settings), lesion_rule_line(settings)]
    for index, heading in DEFINITIONS.items():
        lines.append(aside(f"{heading}: {between.describe(index)}"))
    return lines


def cohort_table(summary: pd.DataFrame, predictions: Path, references: Path, scores: pd.DataFrame) -> Table:
    """Return the summary of a cohort as a table for the terminal."""
    n_failed = int((scores["error"] != "").sum())
    n_scored = scores["case"].nunique() - n_failed
    title = f"prediction: {predictions} ({n_scored})\nreference: {references} ({n_scored})"
    caption = (
        "mean: over the cases (macro), where a missed or spurious label counts 0\n"
        "pooled: of the added sizes (micro)\n"
        "distances: in mm; to a missed or spurious label they are infinite\n"
        "missed: only the reference has the label; spurious: only the prediction has it\n"
        "interval: 95 %, from resampled cases; scored: cases that have a value"
    )
    caption = "\n".join([*_missed_lines(summary), caption])
    cells = []
    last_label = None
    for row in summary.to_dict("records"):
        label = "" if row["label"] == last_label else str(row["label"])
        last_label = row["label"]
        cells.append([label, *_summary_cells(row)])
    return build_table(("label", "index"), SUMMARISED, cells, title=title, caption=caption)


def _missed_lines(summary: pd.DataFrame) -> list[str]:
    """Return in how many cases labels are missed or spurious, a line for each that is."""
    lines = []
    for row in summary.drop_duplicates("label").to_dict("records"):
        if row["n_missed"] or row["n_spurious"]:
            missed = count_of(row["n_missed"], "case")
            spurious = count_of(row["n_spurious"], "case")
            lines.append(f"label {row['label']}: missed in {missed}, spurious in {spurious}")
    return lines or ["no label is missed or spurious"]


def models_table(summary: pd.DataFrame, a: Path, b: Path, n_cases: int) -> list[str | Text | Table]:
    """Return what the terminal shows of two models on the same cases."""
    title = f"A: {a}\nB: {b}\n{count_of(n_cases, 'case')} of both"
    caption = "\n".join(
        [
            "A \N{MINUS SIGN} B: mean of the cases' differences, of distances (mm) the median",
            *which_is_better(summary["index"].unique()),
            "interval: from resampled cases; better: whose side of 0 it lies on",
            "W/T/L: wins, ties and losses of A",
        ]
    )
    has_undefined = bool(summary["n_undefined"].any())
    headings = [*MODELS, UNDEFINED] if has_undefined else [*MODELS]
    cells = []
    last_label = None
    for row in summary.to_dict("records"):
        label = "" if row["label"] == last_label else str(row["label"])
        last_label = row["label"]
        of_row = [label, *_model_cells(row)]
        cells.append([*of_row, str(row["n_undefined"])] if has_undefined else of_row)
    table = build_table(("label", "index"), headings, cells, title=title, caption=caption)
    parts: list[str | Text | Table] = [table]
    for row in summary.drop_duplicates("label").to_dict("records"):
        if row["missed_a"] or row["missed_b"]:
            by_a = count_of(row["missed_a"], "case")
            by_b = count_of(row["missed_b"], "case")
            parts.append(f"label {row['label']}: A misses it in {by_a}, B in {by_b}")
        parts += without_prediction(row)
    return parts


def which_is_better(indices: Iterable[str]) -> list[str]:
    """Return of which indices more is better, and of which less.

    Examples
    --------
    >>> print(*which_is_better(["dice", "hd95", "nsd"]), sep="; ")
    higher is better: dice, nsd; lower is better: hd95 (A − B below 0 speaks for A)
    """
    higher: list[str] = []
    lower: list[str] = []
    for index in indices:
        kind = lower if index in DISTANCES else higher
        kind.append(index)
    lines = []
    if higher:
        lines.append(f"higher is better: {', '.join(higher)}")
    if lower:
        lines.append(f"lower is better: {', '.join(lower)} (A \N{MINUS SIGN} B below 0 speaks for A)")
    return lines


def without_prediction(row: Row) -> list[str]:
    """Return of how many cases of a label the two models have no prediction, if there are any.

    Examples
    --------
    >>> without_prediction({"label": "1", "missing_a": 2, "missing_b": 0})
    ['label 1: A has no prediction of 2 cases, B of no cases']
    """
    if not row["missing_a"] and not row["missing_b"]:
        return []
    of_a = count_of(row["missing_a"], "case")
    of_b = count_of(row["missing_b"], "case")
    return [f"label {row['label']}: A has no prediction of {of_a}, B of {of_b}"]


def _comparison_cells(row: Row) -> list[str]:
    return [
        f"{row['size_a']:.5g}",
        f"{row['size_b']:.5g}",
        _with_bounds(row, "dice"),
        _with_bounds(row, "iou"),
        f"{row['hausdorff']:.2f}",
        f"{row['hd95']:.2f}",
        f"{row['assd']:.2f}",
        f"{row['nsd']:.3f}",
        f"{row['lesion_f1']:.3f}",
    ]


def _with_bounds(row: Row, index: str) -> str:
    """Return an index, and its bounds where two soft masks leave it open."""
    value = f"{row[index]:.4f}"
    low = row[f"{index}_low"]
    high = row[f"{index}_high"]
    if low == high or pd.isna(low):
        return value
    return f"{value}\n[{low:.3f},\n{high:.3f}]"


def _lesion_line(row: Row) -> str:
    kinds = []
    for kind in KINDS:
        n = int(row[f"lesions_{kind}"])
        if n:
            kinds.append(f"{n} {kind.replace('_', ' ')}")
    matched = int(row["lesions_matched"])
    predicted = int(row["lesions_predicted"])
    reference = int(row["lesions_reference"])
    return (
        f"lesions of {row['label']}: {matched} matched of {predicted} predicted and {reference} reference "
        f"(by contact: {', '.join(kinds) or 'none'}), PQ {row['lesion_pq']:.3f}"
    )


def _summary_cells(row: Row) -> list[str]:
    digits = 2 if row["index"] in DISTANCES else 4
    n_compared = row["n_scored"] + row["n_undefined"]
    return [
        f"{row['index']}, {row['statistic']}",
        f"{row['value']:.{digits}f}",
        _interval(row, digits),
        f"{row['n_scored']} of {n_compared}",
    ]


def _model_cells(row: Row) -> list[str]:
    digits = 2 if row["index"] in DISTANCES else 3
    return [
        f"{row['index']}, {row['statistic']}",
        f"{row['a']:.{digits}f}",
        f"{row['b']:.{digits}f}",
        f"{row['difference']:+.{digits}f}",
        _interval(row, digits),
        row["better"].upper() or "–",
        f"{row['wins']}/{row['ties']}/{row['losses']}",
    ]


def _interval(row: Row, digits: int) -> str:
    if pd.isna(row["low"]):
        return "–"
    return f"[{row['low']:.{digits}f}, {row['high']:.{digits}f}]"
