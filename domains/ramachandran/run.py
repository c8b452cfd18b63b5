"""Whole jobs over files: validate structures, compare regions.

Conventions
-----------
- ``counted`` residues are those of MolProbity's summary: altloc '' or 'A', once for each position. The other
  denominators stand beside: ``best``, the conformer of highest occupancy at each position, and ``all``, every
  conformer.
- Goals: more than 98 % favored, less than 0.2 % outliers.
- Every polymer residue of every file is a row of one of the two tables, and so is every file that cannot be read.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import _console
from .._batch import Case, Interrupted, Job, Outcome, run_cases
from .._checks import UsageError, check_choice
from .._report import as_table
from .._running import Running, split_running, takes_running
from .._skipped import NOT_SCORED, UNREADABLE, as_skipped
from .._text import for_picture
from . import tables
from .angles import COPY, IDENTITY
from .coordinates import OPERATION
from .empirical import EVALUATIONS, maps_of
from .scoring import COLUMNS, DETAILS, Request, Scored, check_request, score, score_as_plain, score_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs
    from .comparison import Assessment

GOALS = {"favored_percent": "> 98", "outlier_percent": "< 0.2"}
SKIPPED = ["side", "file", "where", "reason", "detail", *IDENTITY, *COPY]

Paths = str | Path | Iterable[str | Path]


@takes_running
def validate(
    paths: Paths,
    *,
    reference: str = "top8000",
    **options: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score the backbone of structures residue by residue.

    Parameters
    ----------
    paths : path or iterable of paths
        PDB or mmCIF files, plain or packed (gzip, bzip2, xz).
    reference : str
        Which empirical reference.
    records : path, optional
        A file that keeps what was found in each structure as soon as it is done; a second run goes on where the first
        ended. As the five that follow it is for several structures.
    workers, scheduler, executor
        Where to compute: on so many processes of this machine (1), on the dask cluster of a scheduler (address),
        or on a `concurrent.futures.Executor`.
    max_seconds, max_memory : float, optional
        Longest time (s) and most memory (GiB) for a structure, which is given up then; it has a process of its own.
    progress : bool
        Whether to show on standard error how far the work is.
    **options
        Passed to `backbone_angles`: ``max_bond``, ``modified``, ``chirality``, ``min_plddt``.

    Returns
    -------
    residues : DataFrame
        A row for each residue and conformer with both angles: file model chain resseq icode altloc resname phi
        psi omega category score evaluation counted, then what else `backbone_angles` returns.
    skipped : DataFrame
        A row for each other polymer residue, with its reason: side (always "") file where reason detail, then model
        chain resseq icode altloc resname segment instance.

    Raises
    ------
    ReadError, FileNotFoundError
        If `paths` is one path that cannot be read. In an iterable a file that cannot be read becomes a row of
        `skipped`, with the reason "unreadable file", whatever the error was.
    TypeError
        If there is no such option.
    UsageError
        If an option has none of its values, a setting for several structures is given with one path, or the records
        are of other settings or another version, or in use.
    Interrupted
        On Ctrl-C or SIGTERM, a KeyboardInterrupt.

    Examples
    --------
    >>> from .io import example
    >>> residues, skipped = validate(example("1a8o"))
    >>> residues["evaluation"].value_counts().to_dict()
    {'Favored': 67, 'Allowed': 1, 'OUTLIER': 0}
    >>> skipped[["where", "reason", "detail"]]
           where    reason              detail
    0  A 151 MSE  terminal  first of the chain
    1  A 220 GLY  terminal   last of the chain
    """
    running, options = split_running(options, "ramachandran.validate")
    here = Running(progress=running.progress, operation=running.operation)
    if isinstance(paths, str | Path):
        if running != here:
            raise UsageError(
                "ramachandran.validate: records, workers, scheduler, executor, max_seconds and max_memory are for "
                "several structures; give a list of paths, or leave them out"
            )
        return score_file(paths, reference, options)
    files = list(dict.fromkeys(str(path) for path in paths))
    if not files:
        raise UsageError("ramachandran.validate: no files were given; name at least one")
    settings = check_request(reference, options)
    # in this process the tables need not travel
    work = score if running == here else score_as_plain
    job = Job("ramachandran.validate", work, settings, "validating")
    cases = [Case(file, Request(file, reference, options), (Path(file),)) for file in files]
    return _tables(run_cases(job, cases, running))


def summarise(residues: pd.DataFrame, skipped: pd.DataFrame) -> pd.DataFrame:
    """Count what `validate` found, a row for each file.

    Parameters
    ----------
    residues, skipped : DataFrame
        As `validate` returns them.

    Returns
    -------
    DataFrame
        ``total favored allowed outlier`` as MolProbity counts them, their percentages, the same for the other
        denominators (``best_…``, ``all_…``), ``skipped`` and ``error``.

    Examples
    --------
    >>> from .io import example
    >>> summarise(*validate(example("1a8o"))).loc[0, ["total", "favored", "outlier"]].tolist()
    [68, 67, 0]
    """
    residues_of = dict(list(residues.groupby("file", sort=False)))
    skipped_of = dict(list(skipped.groupby("file", sort=False)))
    none = residues[:0]
    nothing = skipped[:0]
    rows = []
    for file in dict.fromkeys([*residues_of, *skipped_of]):
        rows.append(_summary(str(file), residues_of.get(file, none), skipped_of.get(file, nothing)))
    return pd.DataFrame(rows)


def validate_files(files: list[Path], *, outputs: Outputs, **options: Any) -> int:
    """Do what ``overlap ramachandran validate`` does, and return its exit code."""
    interrupted = ""
    with _console.collected_warnings() as notes:
        try:
            residues, skipped = validate(files, progress=not outputs.quiet, **options)
        except Interrupted as stop:
            interrupted = str(stop)
            residues, skipped = _tables(stop.outcomes)
    if interrupted and residues.empty and skipped.empty:
        _console.note(interrupted)
        return _console.INTERRUPTED
    found = summarise(residues, skipped).set_index("file")
    order = [str(file) for file in dict.fromkeys(files) if str(file) in found.index]
    summary = found.loc[order].reset_index()

    def terminal() -> list[Any]:
        return [tables.summary_table(summary), *tables.outlier_lines(residues)]

    def picture() -> Axes:
        from .plotting import plot_residues

        panels = plot_residues(residues)
        first: Axes = panels[0, 0]
        return first

    def page() -> str:
        from .pages import validation_page

        settings = {name: value for name, value in options.items() if value is not None}
        return validation_page(residues, skipped, summary, settings, notes)

    code = _console.deliver(
        [{**row, "goals": GOALS} for row in summary.to_dict("records")],
        outputs,
        terminal,
        picture,
        pd.concat([skipped, _empty_files(summary)], ignore_index=True),
        page=page,
        rows=residues[COLUMNS],
        notes=notes,
        float_format="%.10g",
    )
    if interrupted:
        _console.note(interrupted)
        return _console.INTERRUPTED
    return code


def compare_files(
    predicted: Path,
    reference: str,
    *,
    category: Any,
    level: Any,
    cut: Mapping[str, Any],
    reading: Mapping[str, Any],
    outputs: Outputs,
) -> int:
    """Do what ``overlap ramachandran compare`` does, and return its exit code."""
    from .comparison import assess
    from .formats.cuts import Cut
    from .io import cut_file, read_region

    reference_is_file = _is_region_file(reference)
    with _console.collected_warnings() as notes:
        if reference_is_file:
            where = Cut(**cut)
        else:
            where = Cut(**cut, default_mass=lambda own: _mass_of(reference, category or own or "general", level))
        region = cut_file(predicted, where, **reading)
        truth: Any = read_region(reference) if reference_is_file else reference
        assessed = assess(region, truth, category=category, level=level)
    if assessed.hint:
        notes.append(assessed.hint)
    report = assessed.report
    said = [region.attrs[name] for name in ("meaning", "source") if name in region.attrs]
    if said:
        report = report.assign_attrs(prediction_cut="; ".join(map(str, said)))

    def terminal() -> list[Any]:
        moved = "both regions are on it" if assessed.regridding == "none" else f"reference: {assessed.regridding}"
        lines = [tables.comparison_table([report]), _console.aside(f"{report.attrs['grid']}; {moved}")]
        if "prediction_cut" in report.attrs:
            lines.append(_console.aside(f"prediction: {report.attrs['prediction_cut']}"))
        return lines

    def picture() -> Axes:
        credited = None if reference_is_file else reference
        return _draw_agreement(assessed, credited)

    def page() -> str:
        from .pages import comparison_page

        return comparison_page(assessed, notes)

    return _console.deliver(
        report,
        outputs,
        terminal,
        picture,
        page=page,
        rows=as_table([report]),
        notes=notes,
    )


def _mass_of(reference: str, category: str, level: str) -> float:
    """Return the share of the reference data that an empirical region encloses: what a density is cut to as well."""
    maps = maps_of(reference)
    check_choice("ramachandran.compare", "category", category, maps.categories)
    cut = float(maps.cuts[level][maps.categories.index(category)])
    # 1 - 0.98 is a little more than 0.02 in binary
    return round(1 - cut, 12)


def _is_region_file(reference: str) -> bool:
    """Return whether a reference is a file and not a name; refuse what is neither."""
    from .empirical import PROVENANCE
    from .io import SUFFIXES

    name = PROVENANCE["name"]
    if reference == name:
        return False
    path = Path(reference)
    if path.exists() or path.suffix.lower() in SUFFIXES:
        return True
    raise UsageError(f"--reference {reference}: there is no such file; name one, or the empirical reference {name}")


def _draw_agreement(assessed: Assessment, reference: str | None) -> Axes:
    """Draw an assessment with its IoU, and the attribution of an empirical reference."""
    from .plotting import credit, plot_agreement

    report = assessed.report
    ax = plot_agreement(assessed)
    ax.set_title(f"{for_picture(report.attrs['prediction'])}: IoU {float(report.iou):.3f}", fontsize="medium")
    if reference is not None:
        credit(ax.figure, reference)
    return ax


def _tables(outcomes: Iterable[Outcome]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables of all files; one that failed has no residues and is skipped as a whole."""
    residues = []
    skipped = []
    for outcome in outcomes:
        if outcome.error:
            skipped.append(_unreadable(outcome))
            continue
        scored = outcome.result if isinstance(outcome.result, Scored) else Scored.from_plain(outcome.result)
        for note in scored.notes:
            warnings.warn(note, stacklevel=3)
        residues.append(scored.residues)
        skipped.append(scored.skipped)
    return _stacked(residues, [*COLUMNS, *DETAILS]), _stacked(skipped, SKIPPED)


def _unreadable(outcome: Outcome) -> pd.DataFrame:
    """Return the row of a file that could not be scored."""
    detail = outcome.error.removeprefix(f"{OPERATION}: ")
    row = {"file": outcome.case, "reason": UNREADABLE, "detail": detail, **dict.fromkeys([*IDENTITY, *COPY], "")}
    return as_skipped([row])


def _stacked(tables: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Return tables as one; empty ones bring only their types."""
    filled = [table for table in tables if len(table)]
    if filled:
        return pd.concat(filled, ignore_index=True)
    return tables[0] if tables else pd.DataFrame(columns=columns)


def _summary(file: str, residues: pd.DataFrame, skipped: pd.DataFrame) -> dict[str, Any]:
    unreadable = skipped["reason"] == UNREADABLE
    errors = skipped["detail"][unreadable]
    counted = residues[residues["counted"].astype(bool)]
    best = residues[residues["best"].astype(bool)]
    return {
        "file": file,
        **_counts(counted["evaluation"], ""),
        **_counts(best["evaluation"], "best_"),
        **_counts(residues["evaluation"], "all_"),
        "skipped": int((~unreadable).sum()),
        "error": str(errors.iloc[0]) if len(errors) else "",
    }


def _counts(evaluation: pd.Series[str], prefix: str) -> dict[str, Any]:
    """Return the number of residues, of each evaluation from the best on, and their percentages."""
    counts = {name.lower(): int((evaluation == name).sum()) for name in reversed(EVALUATIONS)}
    total = sum(counts.values())
    row: dict[str, Any] = {f"{prefix}total": total}
    for name, n in counts.items():
        row[f"{prefix}{name}"] = n
    for name, n in counts.items():
        row[f"{prefix}{name}_percent"] = 100 * n / total if total else np.nan
    return row


def _empty_files(summary: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each file that was read, but of which no residue could be scored."""
    readable = summary["error"] == ""
    empty = summary[readable & (summary["all_total"] == 0)]
    detail = "no residue has both angles"
    return as_skipped({"file": file, "reason": NOT_SCORED, "detail": detail} for file in empty["file"])
