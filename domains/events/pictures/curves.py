"""Curves of detection: precision over recall, an index over temporal IoU, what is found over false alarms.

Conventions
-----------
- A curve is a staircase where that is what its area is taken of, and points with lines between them where it is known
  at some thresholds alone.
- Lines differ in dashes as well as in colour, so that they can be read in grey. Names stand beside the axes.
- Each is drawn from a result: the matches of a `Scored`, a report, a curve. Nothing is scored again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from overlap.plotting import BOTH, ONLY_A

from ..._checks import UsageError, check_choice, check_kind
from ..._pictures import COLUMN, axes_or_new, printed
from ..._text import for_picture
from ..protocols import Scored
from ..protocols.matchers import NOBODY
from ..protocols.ranks import ranks
from ..protocols.scored import check_report, check_scored
from .naming import elided

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLES: tuple[tuple[str, Any], ...] = (
    (BOTH, "-"),
    (ONLY_A, (0, (5, 1.5))),
    ("#4C86B0", (0, (1.2, 1.2))),
    ("#7A3E00", (0, (6, 1.5, 1.2, 1.5))),
    ("#7FB2DA", "-"),
    ("#F0A060", (0, (2.5, 1))),
)
"""Colour and dashes of the lines that are named; they differ in lightness too."""
FAINT = "#B4B4B4"
SOFT = "#5A5A5A"
MOST_ENDS = 26
END_GAP = 0.036
"""Of the height of the axes: between two names beside them."""
NAME = 24
UNITS = {1.0: "second", 60.0: "minute", 3600.0: "hour", 86400.0: "day"}
AXES = {
    "f1": "F1",
    "precision": "precision",
    "recall": "recall",
    "mean_ap": "mAP",
}


def plot_precision_recall(
    scored: Scored, *, labels: Sequence[str] | None = None, threshold: float | None = None, ax: Axes | None = None
) -> Axes:
    """Draw precision over recall for the labels of the reference, as their average precision takes it.

    Parameters
    ----------
    scored : Scored
        As `assess` returns it, by "activitynet" or "thumos14".
    labels : sequence of str, optional
        Which labels are named; by default those of greatest average precision. The others are drawn faintly.
    threshold : float, optional
        Which temporal IoU; by default the one nearest to 0.5.
    ax : matplotlib Axes, optional
        Where to draw; a new figure for one column of a journal by default.

    Returns
    -------
    matplotlib Axes
        At each recall the greatest precision at that recall or above; the area below it is the average precision.

    Raises
    ------
    ValueError
        If the protocol ranks no predictions, or the reference has no such label.

    See Also
    --------
    compare : Score predicted events against annotated ones.
    plot_over_tiou : Draw an index over the temporal IoU that a match must have.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import pandas as pd
    >>> from ..comparison.comparison import assess
    >>> a = pd.DataFrame({"onset": [0, 5, 8], "offset": [2, 6, 9], "label": "dog", "score": [0.9, 0.4, 0.3]})
    >>> ax = plot_precision_recall(assess(a, a[1:], "thumos14"))
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['dog: AP 0.667']
    """
    operation = "events.plot_precision_recall"
    check_scored(operation, scored)
    report = scored.report()
    if "ap" not in report:
        raise UsageError(f"{operation}: {scored.protocol_name} ranks no predictions; assess by activitynet or thumos14")
    at = scored.nearest_threshold(threshold)
    ap = report["ap"].sel(threshold=at)
    names = [str(name) for name in ap["class"].values]
    if labels is not None:
        check_kind(operation, "labels", labels, Sequence, 'pass a list of labels, such as ["dog"]')
    for label in labels or ():
        check_choice(operation, "labels", label, names)
    order = np.argsort(-ap.values, kind="stable")
    named = list(labels) if labels is not None else [names[k] for k in order[: len(STYLES)]]
    with printed(ax):
        ax = axes_or_new(ax, figsize=(1.35 * COLUMN, COLUMN))
        for label in names:
            if label not in named:
                recall, precision = _staircase(scored, label, at)
                ax.plot(recall, precision, color=FAINT, linewidth=0.6, zorder=1)
        for k, label in enumerate(named):
            colour, dashes = STYLES[k % len(STYLES)]
            recall, precision = _staircase(scored, label, at)
            said = f"{for_picture(elided(label or 'all', NAME))}: AP {float(ap.sel({'class': label})):.3f}"
            ax.plot(recall, precision, color=colour, linestyle=dashes, linewidth=1.2, label=said, zorder=2)
        ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.03), xlabel="recall", ylabel="precision")
        mean = float(report["mean_ap"].sel(threshold=at))
        heading = "" if len(named) == len(names) else f"{len(named)} of {len(names)} labels"
        _finish(ax, scored, heading, f"temporal IoU ≥ {at:g}: mAP {mean:.3f} over {_labels(len(names))}")
    return ax


def plot_over_tiou(report: xr.Dataset, index: str = "f1", *, ax: Axes | None = None) -> Axes:
    """Draw an index over the temporal IoU that a match must have.

    Parameters
    ----------
    report : Dataset
        As `compare` returns it, by "tiou", "activitynet", "thumos14" or another protocol with several thresholds; with
        ``by="label"`` or ``by="file"`` a line for each, the highest of them named.
    index : {"f1", "precision", "recall", "mean_ap"}
        Which.
    ax : matplotlib Axes, optional
        Where to draw; a new figure for one column of a journal by default.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ValueError
        If the report has one threshold only, or no such index.

    See Also
    --------
    compare : Score predicted events against annotated ones.
    plot_precision_recall : Draw precision over recall for the labels of the reference.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> from ..comparison.comparison import compare
    >>> ax = plot_over_tiou(compare([[0, 10], [20, 30]], [[0, 10], [20, 26]], "tiou"))
    >>> ax.lines[0].get_ydata().tolist()
    [1.0, 1.0, 1.0, 0.5, 0.5]
    """
    operation = "events.plot_over_tiou"
    check_report(operation, report)
    known = [name for name in AXES if name in report and "threshold" in report[name].dims]
    if not known or report.sizes["threshold"] < 2:
        raise UsageError(
            f"{operation}: the report has one threshold or none; compare by tiou, with thresholds such as (0.3, 0.5)"
        )
    check_choice(operation, "index", index, known)
    lines = report[index]
    apart = [str(dim) for dim in lines.dims if dim != "threshold"]
    with printed(ax):
        ax = axes_or_new(ax, figsize=((1.35 if apart else 1.0) * COLUMN, COLUMN))
        if not apart:
            _points(ax, lines, 0, "")
        else:
            heading = _lines(ax, lines, apart)
        ax.set(xlim=(0, 1), ylim=(-0.02, 1.02), xlabel="least temporal IoU of a match", ylabel=AXES[index])
        _bare(ax)
        attrs = report.attrs
        prediction = for_picture(elided(attrs["prediction"], NAME))
        reference = for_picture(elided(attrs["reference"], NAME))
        corrected = ", known faults corrected" if attrs["corrected"] == "True" else ""
        ax.set_title(
            f"{prediction} against {reference}\nprotocol: {attrs['protocol']}{corrected}", loc="left", fontsize="medium"
        )
        if apart:
            _legend_beside(ax, heading)
    return ax


def plot_psd_roc(curve: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw what is found over the effective rate of false alarms: the curve whose area is PSDS.

    Parameters
    ----------
    curve : Dataset
        As `psds_curve` returns it: ``etpr mean std`` over ``rate``, ``tpr`` over labels, ``psds``.
    ax : matplotlib Axes, optional
        Where to draw; a new figure for one column of a journal by default.

    Returns
    -------
    matplotlib Axes
        The effective curve with the area below it, the mean over labels, and each label faintly, named where it ends.

    Raises
    ------
    ValueError
        If `curve` is no such curve.

    See Also
    --------
    psds_curve : Return the curve whose area is the polyphonic sound detection score.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> over = {"rate": [0.0, 10.0, 40.0]}
    >>> curve = xr.Dataset({"etpr": ("rate", [0.2, 0.5, 0.6]), "mean": ("rate", [0.3, 0.6, 0.7]), "psds": 0.5}, over)
    >>> curve.attrs = {"max_efpr": 100.0, "unit": 3600.0, "protocol": "psds", "prediction": "a", "reference": "b"}
    >>> plot_psd_roc(curve).get_xlabel()
    'effective false alarms per hour'
    """
    operation = "events.plot_psd_roc"
    remedy = "pass what events.psds_curve returns"
    check_kind(operation, "curve", curve, xr.Dataset, remedy)
    missing = [name for name in ("etpr", "mean", "psds") if name not in curve]
    if missing:
        raise UsageError(f"{operation}: the curve has no {missing[0]}; {remedy}")
    attrs = curve.attrs
    limit = float(attrs["max_efpr"])
    with printed(ax):
        ax = axes_or_new(ax, figsize=(1.35 * COLUMN, COLUMN))
        if "tpr" in curve:
            ends = {}
            for line in curve["tpr"]:
                x, y = _until(curve["rate"].values, line.values, limit)
                ax.plot(x, y, color=FAINT, linewidth=0.8, drawstyle="steps-post", zorder=1)
                ends[str(line["label"].item()) or "all"] = float(y[-1])
            _name_ends(ax, ends)
        x, y = _until(curve["rate"].values, curve["etpr"].values, limit)
        ax.fill_between(x, 0, y, step="post", color=BOTH, alpha=0.12, linewidth=0, zorder=0)
        colour, dashes = STYLES[1]
        of_mean = _until(curve["rate"].values, curve["mean"].values, limit)
        if not np.allclose(curve["mean"], curve["etpr"], equal_nan=True):
            ax.plot(
                *of_mean,
                color=colour,
                linestyle=dashes,
                linewidth=1.2,
                drawstyle="steps-post",
                label="mean over labels",
            )
        ax.plot(x, y, color=BOTH, linewidth=1.4, drawstyle="steps-post", label="effective")
        per = UNITS.get(float(attrs["unit"]), f"{attrs['unit']:g} s")
        ax.set(
            xlim=(0, limit),
            ylim=(0, 1.02),
            xlabel=f"effective false alarms per {per}",
            ylabel="found (true positive rate)",
        )
        _bare(ax)
        prediction = for_picture(elided(attrs["prediction"], NAME))
        reference = for_picture(elided(attrs["reference"], NAME))
        said = f"{attrs['protocol']}: {float(curve['psds']):.4f}"
        ax.set_title(f"{prediction} against {reference}\n{said}", loc="left", fontsize="medium", pad=16)
        where: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 1.0), "ncols": 2}
        ax.legend(**where, handlelength=2.4, borderaxespad=0.2, borderpad=0, frameon=False)
    return ax


def _name_ends(ax: Axes, ends: dict[str, float]) -> None:
    """Write beside the axes which line ends where, as near to its end as names have place."""
    from scipy.optimize import isotonic_regression

    names = sorted(ends, key=lambda name: ends[name])[-MOST_ENDS:]
    wanted = np.array([ends[name] for name in names])
    away = END_GAP * np.arange(len(names))
    # of heights this far apart, those with the least squared moves
    height = np.clip(isotonic_regression(wanted - away).x, 0, max(1.0 - away[-1], 0)) + away
    for name, end, place in zip(names, wanted, height, strict=True):
        ax.annotate(
            for_picture(elided(name, NAME)),
            xy=(1, end),
            xycoords=ax.get_yaxis_transform(),
            xytext=(1.05, place),
            textcoords=ax.get_yaxis_transform(),
            va="center",
            fontsize="small",
            color=SOFT,
            arrowprops={"arrowstyle": "-", "color": FAINT, "linewidth": 0.6, "shrinkA": 1, "shrinkB": 0},
            annotation_clip=False,
        )
    if len(names) < len(ends):
        ax.annotate(
            f"and {len(ends) - len(names)} lower ones",
            xy=(1.05, -0.06),
            xycoords="axes fraction",
            color=SOFT,
            fontsize="small",
        )


def _staircase(scored: Scored, label: str, threshold: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a label's curve: at each recall the greatest precision at that recall or above."""
    k = int(np.argmin(np.abs(np.asarray(scored.matches.thresholds) - threshold)))
    prediction = scored.prediction
    rows = np.flatnonzero(prediction["label"].to_numpy(str) == label)
    n_references = int((scored.reference["label"].to_numpy(str) == label).sum())
    confidence = prediction["confidence"].to_numpy(float)[rows]
    # the order in which average precision counts them, ties too
    order = np.argsort(ranks(confidence, np.zeros(len(rows), int), ties=scored.settings.ties))
    is_hit = scored.matches.prediction[k][rows[order]] != NOBODY
    hits = np.cumsum(is_hit)
    precision = hits / np.arange(1, len(hits) + 1)
    recall = hits / n_references
    if scored.settings.ties == "together":
        ranked = confidence[order]
        is_last = np.append(ranked[1:] != ranked[:-1], True)[: len(ranked)]
        precision = precision[is_last]
        recall = recall[is_last]
    best = np.maximum.accumulate(precision[::-1])[::-1]
    if not len(best):
        return np.zeros(2), np.zeros(2)
    # a step at each recall: the precision of a point holds from the recall before it up to its own
    x = np.repeat(np.append(0.0, recall), 2)[1:]
    y = np.append(np.repeat(best, 2), 0.0)
    return x, y


def _until(rate: np.ndarray, height: np.ndarray, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a staircase up to a limit."""
    is_within = rate <= limit
    x = rate[is_within]
    y = height[is_within]
    if not len(x):
        return np.array([0.0, limit]), np.zeros(2)
    return np.append(x, limit), np.append(y, y[-1])


def _lines(ax: Axes, lines: xr.DataArray, apart: list[str]) -> str:
    """Draw a line for each label or file, and return what is above their names: those of the highest are named."""
    stacked = lines.stack(line=apart).transpose("line", "threshold")
    order = np.argsort(-stacked.mean("threshold").values, kind="stable")
    for line in stacked[order[len(STYLES) :]]:
        ax.plot(line["threshold"], line, color=FAINT, linewidth=0.6, zorder=1)
    for k, line in enumerate(stacked[order[: len(STYLES)]]):
        key = line["line"].item()
        name = " · ".join(str(part) for part in key) if isinstance(key, tuple) else str(key)
        _points(ax, line, k, for_picture(elided(name, NAME)))
    n = len(order)
    return f"the first {len(STYLES)} of {n}" if n > len(STYLES) else ""


def _points(ax: Axes, line: xr.DataArray, k: int, name: str) -> None:
    colour, dashes = STYLES[k % len(STYLES)]
    ax.plot(
        line["threshold"], line, color=colour, linestyle=dashes, linewidth=1.2, marker="o", markersize=3, label=name
    )


def _labels(n: int) -> str:
    return "1 label" if n == 1 else f"{n} labels"


def _finish(ax: Axes, scored: Scored, heading: str, said: str) -> None:
    prediction, reference = (for_picture(elided(name, NAME)) for name in scored.names)
    corrected = ", known faults corrected" if scored.corrected else ""
    ax.set_title(
        f"{prediction} against {reference}\n{scored.protocol_name}{corrected}, {said}", loc="left", fontsize="medium"
    )
    _bare(ax)
    _legend_beside(ax, heading)


def _bare(ax: Axes) -> None:
    ax.spines[["right", "top"]].set_visible(False)


def _legend_beside(ax: Axes, heading: str = "") -> None:
    """Name the lines beside the axes, off the data."""
    ax.legend(
        title=heading or None,
        title_fontsize="small",
        alignment="left",
        loc="upper left",
        bbox_to_anchor=(1.02, 1.0),
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        handlelength=2.4,
    )
