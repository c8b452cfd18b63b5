"""The job of ``overlap events agree``: read the files of several annotators, say how well they agree, draw and save it.

In Python: `agree`, whose tables are those that `read_events` returns.

Conventions
-----------
- Each annotator is a file or a folder; of folders, files of one name are one recording. Where all are files, they are
  of one recording, whatever they are called.
- A recording that could not be read of one annotator, or of which one has no file, is left out of all.
- What was scored is what ``support=`` says, else the durations that the files say, the first annotator's first.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from overlap.plotting import BOTH, ONLY_A, ONLY_B

from ... import _console, _skipped
from ..._checks import UsageError, check_choice, check_number
from ..._pictures import COLUMN, TWO_COLUMNS, axes_or_new, printed
from ..._running import Running
from ..._tables import build_table
from ..._text import count_of, for_picture, for_table, one_line
from ..files.sides import Reading, Side, is_lost, lost_on_both, read_sides, unpaired_rows, without_partner
from ..files.tree import Found, check_one_input, find_files, is_one_file, is_standard
from ..formats import FORMATS, recording_of
from ..schema import Support, as_support, first_names, names_in
from .annotators import ALL, agree, pairs_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from rich.table import Table

    from ..._console import Outputs

OPERATION = "events.agree"
MOST_LINES = 40
MOST_CONFUSIONS = 6
"""Of a page: pairs whose confusion is shown."""
PACKAGES = ("numpy", "scipy", "pandas", "xarray", "matplotlib")
FIGURES = ("iou", "dice", "observed", "chance", "kappa")
INTERVAL = ("kappa_low", "kappa_high")


def agree_files(
    paths: Sequence[Path],
    *,
    outputs: Outputs,
    support: Support = None,
    by: Literal["file"] | None = None,
    epoch: float | None = None,
    kind: str | None = None,
    rate: float | None = None,
    label_column: str | None = None,
) -> int:
    """Do what ``overlap events agree`` does, and return its exit code."""
    _check(paths, support, epoch, kind, rate)
    with _console.refusals_listed(outputs), _console.collected_warnings() as notes:
        names = _names_of(paths)
        files = _files_of(paths, names)
        how = Reading(kind, rate, None, OPERATION, label_column=label_column)
        read = read_sides(files, how, Running())
        sides = [read[name] for name in names]
        lost = set().union(*(lost_on_both(a, b) for a, b in combinations(sides, 2)))
        unpaired = _skipped.as_skipped()
        if all(path.is_dir() for path in paths):
            unpaired, alone = _unpaired(files, read)
            lost |= alone
        tables = [_kept(side.events, lost) for side in sides]
        scored = _scored_time(support, sides, names, lost)
        report = agree(*tables, names=names, support=scored, by=by, epoch=epoch)
    skipped = _skipped.joined(*(side.skipped for side in sides), unpaired)
    rows = pairs_of(report)
    code = _console.deliver(
        report,
        outputs,
        lambda: [agreement_table(report, rows)],
        lambda: draw_agreement(report),
        skipped,
        page=lambda: agreement_page(report, rows, notes, skipped, paths),
        rows=rows,
        notes=notes,
    )
    faults = nothing_shared(tables, names)
    for fault in faults:
        _console.note(f"error: {fault}")
    return max(code, _console.INCOMPLETE) if faults else code


def agreement_table(report: xr.Dataset, rows: pd.DataFrame) -> Table:
    """Return the rows of `pairs_of` as a table for the terminal, the first 40 of them.

    Examples
    --------
    >>> report = agree([[0, 4]], [[0, 4]], support=10)
    >>> agreement_table(report, pairs_of(report)).row_count
    4
    """
    labels = [name for name in ("file", "label") if name in rows]
    units = report.attrs["units"]
    has_interval = "kappa_low" in rows and bool(rows["kappa_low"].notna().any())
    headings = [f"both ({units})", "first", "other", "IoU", "Dice", "observed", "chance", "kappa"]
    if has_interval:
        headings.append("interval")
    cells = []
    for row in rows.head(MOST_LINES).to_dict("records"):
        pair = _pair(row)
        sizes = ["" if np.isnan(row[name]) else f"{row[name]:g}" for name in ("intersection", "size_a", "size_b")]
        figures = ["" if np.isnan(row[name]) else f"{row[name]:.4f}" for name in FIGURES]
        if has_interval:
            figures.append(interval_of(row, ".4f"))
        cells.append([*(str(row[label]) for label in labels), pair, *sizes, *figures])
    title = f"annotators: {report.attrs['raters']}"
    caption = f"scored: {report.attrs['support']}\nof all raters, kappa is Fleiss'"
    if has_interval:
        caption += f"\ninterval: {report.attrs['interval']}, from resampled recordings"
    if len(rows) > MOST_LINES:
        caption += f"\n… and {len(rows) - MOST_LINES} more rows: --csv lists them all"
    return build_table([*labels, "annotators"], headings, cells, title=title, caption=caption)


def interval_of(row: Mapping[Any, Any], how: str) -> str:
    """Return the interval of kappa of a row of `pairs_of`, "" where there is none.

    Examples
    --------
    >>> interval_of({"kappa_low": 0.5, "kappa_high": 0.75}, ".2f")
    '[0.50, 0.75]'
    """
    low, high = (row.get(name, np.nan) for name in ("kappa_low", "kappa_high"))
    return "" if np.isnan(low) else f"[{low:{how}}, {high:{how}}]"


def draw_agreement(report: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Draw kappa of each label and pair, and of all annotators, as a table of colours.

    Parameters
    ----------
    report : Dataset
        As `agree` returns it; of several recordings the mean over those where it is defined.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib Axes

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> draw_agreement(agree([[0, 4]], [[0, 4]], support=10)).get_title(loc="left")
    'kappa, 10 seconds in 1 file'
    """
    from matplotlib.colors import Normalize

    rows = pairs_of(report)
    records = rows.to_dict("records")
    rows = rows.assign(pair=[_pair(row) for row in records], interval=[interval_of(row, ".2f") for row in records])
    # a label of no event, and in the order of the report
    cells = rows.groupby(["label", "pair"], sort=False)
    kappa = cells["kappa"].mean().unstack(sort=False)
    intervals = cells["interval"].first().unstack(sort=False).to_numpy(str)
    has_interval = bool((intervals != "").any())
    n_rows, n_columns = kappa.shape
    width = min(max(COLUMN, 1.1 + 0.72 * n_columns), TWO_COLUMNS)
    with printed(ax):
        ax = axes_or_new(ax, figsize=(width, 1.0 + (0.4 if has_interval else 0.27) * n_rows))
        norm = Normalize(0, 1, clip=False)
        colours = _colour_map()
        drawn = ax.imshow(kappa.to_numpy(float), cmap=colours, norm=norm, aspect="auto")
        for (i, j), value in np.ndenumerate(kappa.to_numpy(float)):
            if np.isnan(value):
                ax.text(j, i, "–", ha="center", va="center", color="black")
                continue
            letters = _letters_on(colours(norm(value)))
            interval = str(intervals[i, j])
            up = 0.14 if interval else 0.0
            ax.text(j, i - up, f"{value:.2f}", ha="center", va="center", color=letters)
            if interval:
                ax.text(j, i + 0.24, interval, ha="center", va="center", color=letters, fontsize="small")
        ax.set_xticks(range(n_columns), [for_picture(one_line(name, 24)) for name in kappa.columns])
        if n_columns > 4 or max(map(len, kappa.columns)) > 13:
            ax.tick_params(axis="x", labelrotation=20)
            for label in ax.get_xticklabels():
                label.set_horizontalalignment("right")
        ax.set_yticks(range(n_rows), [for_picture(one_line(name, 24)) or "(no label)" for name in kappa.index])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_title(f"kappa, {report.attrs['support']}", loc="left")
        figure: Any = ax.figure
        is_any_below = bool((kappa.to_numpy(float) < 0).any())
        bar = figure.colorbar(drawn, ax=ax, extend="min" if is_any_below else "neither", fraction=0.05, pad=0.02)
        bar.outline.set_visible(False)
        bar.set_label("kappa")
        notes = []
        if has_interval:
            notes.append(f"in brackets: {report.attrs['interval']} interval, recordings resampled")
        if bool(kappa.isna().to_numpy().any()):
            notes.append("– undefined")
        ax.set_xlabel("; ".join(notes))
    return ax


def _colour_map() -> Any:
    """Return colours that rise from white at 0 to dark at 1, in grey too; below 0 they are those of an error."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("kappa", ["white", ONLY_B, BOTH]).with_extremes(under=ONLY_A, bad="white")


def _letters_on(colour: tuple[float, ...]) -> str:
    """Return black or white, whichever stands out more on a colour: never less than 4.5 to 1 (WCAG 2)."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    on_white = 1.05 / (luminance + 0.05)
    on_black = (luminance + 0.05) / 0.05
    return "white" if on_white > on_black else "black"


def agreement_page(
    report: xr.Dataset, rows: pd.DataFrame, notes: Sequence[str], skipped: pd.DataFrame, paths: Sequence[Path] = ()
) -> str:
    """Return the page of several annotators: how well they agree, in what, and what they take for what.

    Parameters
    ----------
    report : Dataset
        As `agree` returns it.
    rows : DataFrame
        As `pairs_of` returns it.
    notes : sequence of str
        Warnings.
    skipped : DataFrame
        What could not be read.
    paths : sequence of path
        The files as they were named.

    Returns
    -------
    str
    """
    import matplotlib.pyplot as plt

    from ..._page import Finding, Look, page, paragraph, picture, section, table

    of_all = rows[(rows["label"] == ALL) & (rows["rater"] == ALL)]["kappa"]
    value = f"Fleiss' kappa of all labels: {of_all.iloc[0]:.4f}" if len(of_all) == 1 else "each recording by itself"
    if len(of_all) == 1 and of_all.isna().all():
        value = "kappa of all labels is undefined: nothing was scored, or an annotator has two labels at once"
    findings = [Finding(value), *(Finding(note, "bad") for note in notes)]
    figure: Any = draw_agreement(report).figure
    drawn = picture(figure, "kappa of each label and pair; 1 is perfect, 0 is chance")
    plt.close(figure)
    look = Look(dict.fromkeys((*FIGURES, *INTERVAL), ".4f"), {})
    said = "of all raters, kappa is Fleiss', observed the mean over the pairs"
    if rows.get("kappa_low", pd.Series(dtype=float)).notna().any():
        said += "; kappa_low and kappa_high: its interval, from resampled recordings"
    rows = rows.dropna(axis="columns", how="all")
    sections = [section("Kappa", drawn), section("Each label and pair", table(rows, look), paragraph(said))]
    sections.append(section("What one takes for what", *_confusions(report)))
    if len(skipped):
        sections.append(section("Skipped", table(skipped, all_of_them="--skipped")))
    done = {name: report.attrs[name] for name in ("raters", "support", "epoch", "units")}
    done |= {f"file {k}": str(path) for k, path in enumerate(paths, 1)}
    names = report["rater"].values.tolist()
    return page(f"Agreement of {', '.join(names)}", findings, sections, done, PACKAGES)


def nothing_shared(tables: Sequence[pd.DataFrame], names: Sequence[str]) -> list[str]:
    """Return which annotators share no recording, or no label, with whom.

    Examples
    --------
    >>> from ..schema import as_events
    >>> a = as_events(pd.DataFrame({"onset": [0.0], "offset": [1.0], "label": ["dog"]}))
    >>> nothing_shared([a, a.assign(label="Dog")], ["anna", "bert"])
    ['anna and bert have no label in common; name them alike']
    """
    faults = []
    named = zip(names, tables, strict=True)
    for (one, a), (other, b) in combinations(named, 2):
        if a.empty or b.empty:
            continue
        for column, what in (("file", "recording"), ("label", "label")):
            if not set(a[column]) & set(b[column]):
                faults.append(f"{one} and {other} have no {what} in common; name them alike")
                break
    return faults


def _check(paths: Sequence[Path], support: Support, epoch: float | None, kind: str | None, rate: float | None) -> None:
    """Refuse what is wrong before files are read."""
    if len(paths) < 2:
        raise UsageError(f"{OPERATION}: agreement takes two annotators or more, got {len(paths)}; name a file of each")
    check_choice(OPERATION, "kind", kind, (None, *FORMATS))
    for name, value in (("rate", rate), ("epoch", epoch)):
        if value is not None:
            check_number(OPERATION, name, value, above=0)
    as_support(support, ())
    check_one_input(OPERATION, paths)


def _names_of(paths: Sequence[Path]) -> list[str]:
    """Return what the annotators are called: names of files where these differ, else their whole paths."""
    short = [for_table(path.stem if is_one_file(path) else path.name) for path in paths]
    if len(set(short)) == len(short):
        return short
    return [for_table(str(path)) for path in paths]


def _files_of(paths: Sequence[Path], names: Sequence[str]) -> dict[str, list[Found]]:
    """Return the files of each annotator."""
    files = {name: find_files(path, name, OPERATION) for name, path in zip(names, paths, strict=True)}
    if len(files) < len(paths):
        raise UsageError(f"{OPERATION}: a file is named twice; name a file of each annotator")
    if all(is_one_file(path) for path in paths):
        first = next(path for path in paths if not is_standard(path))
        recording = for_table(recording_of(first))
        files = {name: [found[0]._replace(recording=recording)] for name, found in files.items()}
    return files


def _unpaired(files: Mapping[str, Sequence[Found]], sides: Mapping[str, Side]) -> tuple[pd.DataFrame, set[str]]:
    """List the files of which another annotator has none, and the recordings that they are of."""
    tables = [_skipped.as_skipped()]
    recordings = set()
    for name, side in sides.items():
        lacking: dict[str, list[str]] = {}
        for other in sides:
            for file in without_partner(side, sides[other]):
                lacking.setdefault(file, []).append(other)
        details = {}
        for file, others in lacking.items():
            recordings |= {file, *side.named[file]}
            details[file] = (
                f"{' and '.join(others)} {'has' if len(others) == 1 else 'have'} no file of this recording, which is "
                "left out of all; name the files alike, or, if there is no event, save one without any: its header "
                "alone"
            )
        tables.append(unpaired_rows(name, files[name], details))
    return _skipped.joined(*tables), recordings


def _kept(events: pd.DataFrame, lost: set[str]) -> pd.DataFrame:
    kept: pd.DataFrame = events[~is_lost(events["file"], lost)].reset_index(drop=True)
    return kept


def _scored_time(support: Support, sides: Sequence[Side], names: Sequence[str], lost: set[str]) -> Support:
    """Return what was scored: as it is said, else as long as the files say that recordings are."""
    if isinstance(support, pd.DataFrame | Mapping):
        named = as_support(support, ())
        _warn_of_quiet(named, sides, lost)
        return named[~is_lost(named.index.to_series(), lost)].reset_index()
    every = pd.concat([side.support.assign(rater=name) for side, name in zip(sides, names, strict=True)])
    every = every[~is_lost(every["file"], lost)]
    if support is not None:
        recordings = every["file"].drop_duplicates()
        return pd.DataFrame({"file": recordings, "duration": float(support)})
    # a file that says 0 s does not know
    is_said = (every["duration"] > 0) & np.isfinite(every["duration"].astype(float))
    said = every.assign(duration=every["duration"].astype(float).where(is_said))
    longest = said.groupby(["file", "rater"], sort=False)["duration"].max().groupby("file", sort=False)
    different = longest.max() - longest.min() > 1e-6
    if different.any():
        first = different.index[different][0]
        warnings.warn(
            f"events.agree: annotators give {count_of(int(different.sum()), 'recording')} two durations (the first: "
            f"{first}); the first annotator's holds",
            stacklevel=2,
        )
    return longest.first().rename_axis("file").reset_index(name="duration")


def _warn_of_quiet(named: pd.DataFrame, sides: Sequence[Side], lost: set[str]) -> None:
    """Warn of recordings without events that the support does not name: agreement that nothing happened is not scored.

    Of those with events `agree` warns.
    """
    with_events = names_in(*(side.events for side in sides))
    read = pd.concat([side.support["file"] for side in sides]).drop_duplicates()
    quiet = sorted(set(read[~is_lost(read, lost)]) - with_events - set(named.index))
    if quiet:
        warnings.warn(
            f"events.agree: the support says nothing of {first_names(quiet)}, whose files hold no events: their time "
            "is not scored; add it to the support",
            stacklevel=3,
        )


def _pair(row: Mapping[Any, Any]) -> str:
    return "all (Fleiss)" if row["rater"] == ALL else f"{row['rater']} – {row['other']}"


def _confusions(report: xr.Dataset) -> list[str]:
    """Return the confusion of each pair as a table of a page."""
    from ..._page import paragraph, table

    confusion = report["confusion"]
    if "file" in confusion.dims:
        confusion = confusion.sum("file", skipna=False)
    parts = []
    pairs = list(combinations(report["rater"].values.tolist(), 2))
    for rater, other in pairs[:MOST_CONFUSIONS]:
        of_pair = confusion.sel(rater=rater, other=other)
        cells = pd.DataFrame(of_pair.values, columns=of_pair["others"].values)
        cells.insert(0, "label", of_pair["own"].values, allow_duplicates=True)
        parts.append(paragraph(f"rows {rater}, columns {other}, in {report.attrs['units']}"))
        parts.append(table(cells))
    if len(pairs) > MOST_CONFUSIONS:
        parts.append(paragraph(f"… and {len(pairs) - MOST_CONFUSIONS} more pairs: events.agree has them all"))
    return parts
