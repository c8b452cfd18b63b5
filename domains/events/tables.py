"""Reports as tables, and what the terminal shows of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd
import xarray as xr
from rich.table import Table

from .._report import as_rows
from .._tables import build_table
from .disagreement.disagreement import COUNTS, differences
from .disagreement.judging import no_verdict_lines, protocols_of, said_of, summary_of
from .protocols import PROTOCOLS, Scored
from .schema import durations_of

Row = Mapping[Any, Any]

FIGURES = {
    "iou": "IoU",
    "dice": "Dice",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "f_beta": "F-beta",
    "random_f1": "F1 of a guess",
    "edit": "edit score",
    "overlap_ratio": "overlap ratio",
    "reference_f1": "reference F1",
    "mean_f1": "mean F1",
    "mean_ap": "mAP",
    "recall_at_1x": "recall@1x",
    "recall_at_5x": "recall@5x",
    "auc": "AR-AN AUC",
    "macro_f1": "macro F1",
    "psds": "PSDS",
    "der": "DER",
    "jer": "JER",
    "purity": "purity",
    "coverage": "coverage",
    "kappa": "kappa",
    "error_rate": "error rate",
    "specificity": "specificity",
    "accuracy": "accuracy",
    "false_alarms_per_24h": "false alarms / 24 h",
}

OF_SPEAKERS = ("der", "jer", "purity", "coverage")
"""The figures that the terminal shows of speakers."""
TIMES = {"missed": "missed (s)", "false_alarm": "false alarm (s)", "confused": "confused (s)", "size_b": "total (s)"}
"""What a diarisation error rate is made of: the first three over the last."""


def report_table(report: xr.Dataset, most: int = 40) -> Table:
    """Return a report of `compare` as a table for the terminal, the first `most` rows of it."""
    rows = as_rows(report)
    labels = [str(dim) for dim in report["intersection"].dims]
    headline = _headline(report)
    # of speakers the errors have names of their own
    of_speakers = "confused" in rows
    shown = OF_SPEAKERS if of_speakers else FIGURES
    # a figure of all rows is said once, not in each of them
    of_all = [name for name in shown if name in rows and labels and not report[name].dims]
    figures = [name for name in shown if name in rows and name not in of_all]
    figures.sort(key=lambda name: name != headline)
    titles = [f"{FIGURES[name]} *" if name == headline else FIGURES[name] for name in figures]
    units = report.attrs["units"]
    sizes = [f"in both ({units})", "only prediction", "only reference"]
    headings = [*titles[:1], *TIMES.values(), *titles[1:]] if of_speakers else [*sizes, *titles]
    cells = []
    for row in rows.head(most).to_dict("records"):
        names = [str(row[label]) for label in labels]
        values = [f"{row[name]:.4f}" for name in figures]
        times = [f"{row[name]:g}" for name in TIMES if of_speakers]
        numbers = [*values[:1], *times, *values[1:]] if of_speakers else [*_size_cells(row), *values]
        cells.append([*names, *numbers])
    title = _title(report)
    caption = "\n".join([*_said_of_all(report, of_all), _caption(report, len(rows) - most)])
    return build_table(labels, headings, cells, title=title, caption=caption)


def _said_of_all(report: xr.Dataset, names: list[str]) -> list[str]:
    """Return the figures of all rows together, a line each; and at which threshold of PSDS counts are taken."""
    headline = _headline(report)
    lines = []
    for name in names:
        mark = " *" if name == headline else ""
        lines.append(f"{FIGURES[name]}{mark} {float(report[name]):.4f} (one for all rows)")
    if "psds" in report and "operating_point" not in report.dims:
        lines.append("counts, precision, recall, F1: of all predictions, whatever their confidence")
    return lines


def report_tables(report: xr.Dataset, scored: Scored) -> list[Table]:
    """Return all that the terminal shows of a report: the numbers, whom speakers are taken for, what subjects say.

    Parameters
    ----------
    report : Dataset
        As `compare` or `with_subjects` returns it.
    scored : Scored
        What it was read from.
    """
    shown = [report_table(report)]
    if "speaker" in scored.prediction:
        shown.append(speakers_table(scored))
    if "n_subjects" in report.attrs:
        shown.append(subjects_table(report))
    return shown


def speakers_table(scored: Scored, most: int = 40) -> Table:
    """Return whom of the reference each predicted speaker is taken for, the first `most` of them.

    Parameters
    ----------
    scored : Scored
        As `assess` returns it, by "nist_der", "pyannote_der" or "jer".
    most : int
        So many rows at most.
    """
    pieces = scored.prediction.assign(seconds=durations_of(scored.prediction))
    speakers = pieces.groupby(["file", "speaker", "label"], sort=True)["seconds"].sum().reset_index()
    annotated = scored.reference.groupby("file")["label"].unique()
    named = speakers.head(most)
    cells = []
    for file, speaker, label, seconds in named.itertuples(index=False):
        # one that is mapped to nobody has a label that the reference lacks
        is_mapped = label in annotated.get(file, ())
        cells.append([str(file), str(speaker), str(label) if is_mapped else "nobody", f"{seconds:g}"])
    n_more = len(speakers) - len(named)
    caption = f"… and {n_more} more speakers: events.align lists whom each turn is taken for" if n_more > 0 else ""
    headings = ("file", "predicted speaker", "taken for")
    return build_table(headings, ["speech (s)"], cells, caption=caption)


def subjects_table(report: xr.Dataset) -> Table:
    """Return the means over subjects and the intervals of a report of `with_subjects` as a table for the terminal.

    Where there are several thresholds, it shows the one nearest to 0.5.
    """
    at = report.sel(threshold=0.5, method="nearest") if "threshold" in report.dims else report
    level = f"{100 * report.attrs['level']:g} %"
    cells = []
    for name, title in FIGURES.items():
        if f"{name}_mean" not in at:
            continue
        mean = f"{float(at[f'{name}_mean']):.4f} ± {float(at[f'{name}_sd']):.4f}"
        of_mean = f"{float(at[f'{name}_mean_low']):.4f} to {float(at[f'{name}_mean_high']):.4f}"
        of_all = "–"
        if f"{name}_low" in at:
            of_all = f"{float(at[f'{name}_low']):.4f} to {float(at[f'{name}_high']):.4f}"
        n_defined = f"{int(at[f'{name}_n_defined'])}"
        cells.append([title, mean, n_defined, of_mean, of_all])
    headings = ["mean ± SD over subjects", "n", f"{level} interval of the mean", f"{level} interval, recordings pooled"]
    threshold = f", threshold {float(at['threshold']):g}" if "threshold" in at.coords else ""
    title = f"{report.attrs['n_subjects']} subjects (by {report.attrs['group']}){threshold}"
    caption = "n: subjects whose figure is defined; the mean is theirs"
    return build_table(["figure"], headings, cells, title=title, caption=caption)


def _headline(report: xr.Dataset) -> str:
    """Return the figure that the protocol is known by; "" of one of the caller's own."""
    protocol = PROTOCOLS.get(report.attrs["protocol"])
    if protocol is None or protocol.headline is None:
        return ""
    return protocol.headline.name


def _size_cells(row: Row) -> list[str]:
    in_both = row["intersection"]
    only_prediction = row["size_a"] - in_both
    only_reference = row["size_b"] - in_both
    return [f"{in_both:g}", f"{only_prediction:g}", f"{only_reference:g}"]


def _title(report: xr.Dataset) -> str:
    attrs = report.attrs
    prediction = f"prediction: {attrs['prediction']} ({attrs['n_prediction']})"
    reference = f"reference: {attrs['reference']} ({attrs['n_reference']})"
    return f"{prediction}\n{reference}"


def _protocol(attrs: Mapping[str, Any]) -> str:
    """Return the protocol's name, and whether its faults were corrected if any are known."""
    name = attrs["protocol"]
    preset = PROTOCOLS.get(name)
    if preset is not None and not preset.faults:
        return f"protocol: {name}"
    # attributes are text, as netCDF keeps them
    corrected = "corrected" if attrs["corrected"] == "True" else "not corrected"
    return f"protocol: {name}, its known faults {corrected}"


def _caption(report: xr.Dataset, n_more: int) -> str:
    attrs = report.attrs
    lines = [
        _protocol(attrs),
        f"files: {attrs['files']}",
        f"scored: {attrs['support']}",
    ]
    headline = _headline(report)
    if "average_map" in report:
        mark = " *" if headline == "average_map" else ""
        lines.insert(0, f"average mAP{mark} {float(report['average_map']):.6f}")
    if headline in report:
        lines.append(f"*: the figure that {attrs['protocol']} is known by")
    if "confused" in report:
        lines.append("total: speech of the reference; DER: missed, false alarm and confused over it")
    if n_more > 0:
        lines.append(f"… and {n_more} more rows: --csv lists them all")
    return "\n".join(lines)


def protocols_table(table: pd.DataFrame, facts: Mapping[str, str]) -> Table:
    """Return the numbers of all protocols as a table for the terminal.

    Parameters
    ----------
    table : DataFrame
        As `compare_protocols` returns it.
    facts : mapping
        ``prediction reference``, what the two sides are called, and ``support mean_over``, in words.
    """
    headings = ("value", "interval", "mean", "interval ", "over", *COUNTS, "corrected")
    cells = []
    for row in table.to_dict("records"):
        if row["reason"]:
            cells.append([row["protocol"], "does not apply", *[""] * len(headings)])
            continue
        of_value = _interval(row["low"], row["high"])
        of_mean = _interval(row["mean_low"], row["mean_high"])
        n_units = "" if pd.isna(row["n_units"]) else str(row["n_units"])
        numbers = [_figure(row["value"]), of_value, _figure(row["mean"]), of_mean, n_units]
        counts = ["" if pd.isna(row[name]) else f"{row[name]:g}" for name in COUNTS]
        cells.append([row["protocol"], row["score"], *numbers, *counts, _figure(row["corrected"])])
    title = f"prediction: {facts['prediction']}\nreference: {facts['reference']}"
    units = facts["mean_over"]
    caption = (
        f"mean: over {units} where it is defined; interval: 95 %, from resampled {units}\n"
        "found, missed, spurious: events, seconds or segments, as the protocol counts; at the threshold nearest 0.5\n"
        f"corrected: the value without the known faults of the protocol\nscored: {facts['support']}"
    )
    return build_table(("protocol", "score"), headings, cells, title=title, caption=caption)


def verdicts_tables(judged: pd.DataFrame, most: int = 12) -> list[Any]:
    """Return for the terminal how many events protocols judge differently, and of the first how.

    Parameters
    ----------
    judged : DataFrame
        As `judge_events` returns it.
    most : int
        So many events at most.
    """
    differs = judged[judged["differs"]]
    said = "\n".join([summary_of(judged), *no_verdict_lines(judged)])
    if differs.empty:
        return [said]
    names = protocols_of(judged)
    labels = [name for name in ("file", "label") if (judged[name] != "").any()]
    cells = []
    for row in differs.head(most).to_dict("records"):
        of_event = [str(row[name]) for name in ("side", *labels)]
        times = [f"{row[name]:.6g}" for name in ("onset", "offset")]
        cells.append([*of_event, said_of(row, names), *times])
    caption = said
    if len(differs) > most:
        caption += f"\n… and {len(differs) - most} more events: --events FILE.csv lists them all"
    headings = ("judged differently", *labels, "by")
    return [build_table(headings, ("onset (s)", "offset (s)"), cells, caption=caption)]


def differences_table(table: pd.DataFrame) -> Table:
    """Return for the terminal what the protocols do in different ways, and which of them do it so."""
    rows = []
    last = ""
    for aspect, answer, protocols in differences(table).itertuples(index=False):
        rows.append(["" if aspect == last else aspect, answer, protocols])
        last = aspect
    return build_table(("why they differ", "what is done", "by"), (), rows)


def why_lines(table: pd.DataFrame) -> list[str]:
    """Return what each protocol did with these events, and why some do not apply, a line for each.

    Examples
    --------
    >>> table = pd.DataFrame({"protocol": ["szcore", "jer"], "why": ["4 events", ""], "reason": ["", "no label"]})
    >>> why_lines(table)
    ['szcore: 4 events', 'jer does not apply: no label']
    """
    lines = []
    for row in table.to_dict("records"):
        if row["why"]:
            lines.append(f"{row['protocol']}: {row['why']}")
    for row in table.to_dict("records"):
        if row["reason"]:
            lines.append(f"{row['protocol']} does not apply: {row['reason']}")
    return lines


def list_tables(listed: Iterable[Mapping[str, Any]]) -> list[Table]:
    """Return the protocols, as `protocols_as_objects` has them, for the terminal: a table of settings each.

    Examples
    --------
    >>> jer = {"protocol": "jer", "score": "JER", "tool": "", "settings": {"collar": 0.5}, "corrections": {}}
    >>> [(table.title.plain, table.row_count) for table in list_tables([jer])]
    [('jer: JER', 1)]
    """
    shown = []
    for row in listed:
        settings = [[name, json.dumps(value, ensure_ascii=False)] for name, value in row["settings"].items()]
        tool = f", as {row['tool']}" if row["tool"] else ""
        sets = ", ".join(f"{name}={json.dumps(value)}" for name, value in row["corrections"].items())
        caption = f"--corrected sets {sets}\n" if sets else "\n"
        title = f"{row['protocol']}: {row['score']}{tool}"
        shown.append(build_table(("setting", "value"), (), settings, title=title, caption=caption))
    return shown


def _figure(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.4f}"


def _interval(low: float, high: float) -> str:
    return "" if pd.isna(low) else f"[{low:.4f}, {high:.4f}]"
