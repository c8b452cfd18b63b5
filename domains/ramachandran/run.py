"""Whole jobs over structures: validate them, and show what changed between two models.

Conventions
-----------
- ``counted`` residues are those of MolProbity's summary: altloc '' or 'A', once for each position. The other
  denominators stand beside: ``best``, the conformer of highest occupancy at each position, and ``all``, every
  conformer.
- ``finding`` says what is odd about a residue beside its label: see `findings`.
- Goals: more than 98 % favored, less than 0.2 % outliers.
- Every polymer residue of every file is a row of one of the two tables, and so is every file that cannot be read.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import xarray as xr

from .. import _console
from .._batch import Case, Interrupted, Job, run_cases
from .._checks import UsageError
from .._running import Running, split_running, takes_running
from .._skipped import NOT_SCORED, as_skipped, joined
from .._text import file_name
from .empirical import maps_of
from .regions.reference_files import named_reference
from .validation import tables
from .validation.outcomes import refuse_if_all_are_wrong_use, tables_of, uncounted_files
from .validation.residue_names import restored
from .validation.scoring import Request, check_request, score, score_as_plain, score_file
from .validation.selection import choose, parse
from .validation.summaries import check_keys, count, over_models
from .validation.told import tell

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs

GOALS = {"favored_percent": "> 98", "outlier_percent": "< 0.2"}

Paths = str | Path | Iterable[str | Path]


@takes_running
def validate(
    paths: Paths,
    *,
    reference: str | xr.Dataset = "top8000",
    **options: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score the backbone of structures residue by residue.

    Parameters
    ----------
    paths : path or iterable of paths
        PDB, mmCIF or BinaryCIF files, plain or packed (gzip, bzip2, xz).
    reference : str or Dataset
        Which empirical reference: a name, or one of your own as `region_reference` makes it. Residues of a category
        that it has no map of are rows of `skipped`.
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
        Passed to `backbone_angles`: ``max_bond``, ``modified``, ``chirality``, ``min_plddt``, ``rings``.

    Returns
    -------
    residues : DataFrame
        A row for each residue and conformer with both angles: file model chain resseq icode altloc resname phi
        psi omega category score evaluation counted finding, then what else `backbone_angles` returns, the angles as
        measured (those of mirrored residues differ) and ``where``, the residue's name for a reader.
    skipped : DataFrame
        A row for each other polymer residue, with its reason: side (always "") file where reason detail, then model
        chain resseq icode altloc resname segment instance, and what is known of it all the same: omega parent finding
        (the last residue of a chain has a bond before it). ``attrs["not_modelled"]`` says for each chain how many
        residues of its sequence have no atoms; of several structures, for each file and chain.

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

    Warns
    -----
    UserWarning
        If no residue of a file is counted.

    See Also
    --------
    summarise : Count what `validate` found.
    plot_residues : Draw residues over the empirical regions, one panel for each category.
    compare_models : Compare the backbone of two models of one protein.

    Examples
    --------
    >>> from .regions.io import example
    >>> residues, skipped = validate(example("1a8o"))
    >>> residues["evaluation"].value_counts().to_dict()
    {'Favored': 67, 'Allowed': 1, 'OUTLIER': 0}
    >>> skipped[["where", "reason", "detail"]]
           where    reason              detail
    0  A 151 MSE  terminal  first of the chain
    1  A 220 GLY  terminal   last of the chain
    """
    residues, skipped = _validated(paths, reference, options)
    for file, why in uncounted_files(residues, skipped).items():
        warnings.warn(f"ramachandran.validate: {file_name(file)}: {why}", stacklevel=2)
    return residues, skipped


def _validated(
    paths: Paths, reference: str | xr.Dataset, options: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
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
    return tables_of(run_cases(job, cases, running))


def summarise(
    residues: pd.DataFrame,
    skipped: pd.DataFrame | None = None,
    *,
    by: str | Sequence[str] = "file",
    groups: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Count what `validate` found.

    Parameters
    ----------
    residues, skipped : DataFrame
        As `validate` returns them, or as pandas reads them from CSV.
    by : str or sequence of str
        A row for each combination of these: "file", "model", "chain", "category".
    groups : mapping of str to str, optional
        Names of groups of residues and who is in them, such as ``{"core": "A:5-40,B:5-40"}``. There is a row for each
        group then, and a column ``group``; skipped residues are not counted.

    Returns
    -------
    DataFrame
        ``total favored allowed outlier`` as MolProbity counts them, their percentages, the same for the other
        denominators (``best_…``, ``all_…``), the findings (``cis_nonproline twisted wrong_hand duplicate_id``), what is
        none (``cis_proline``, ``mirrored``), ``skipped`` and ``error``; by file and chain also ``not_modelled``, the
        residues of the sequences that have no atoms, if `skipped` says so: a table read from CSV does not.

    Raises
    ------
    UsageError
        If `by` has another name, or a group has no residues.

    See Also
    --------
    validate : Score the backbone of structures residue by residue.

    Examples
    --------
    >>> from .regions.io import example
    >>> residues, skipped = validate(example("1a8o"))
    >>> summarise(residues, skipped).loc[0, ["total", "favored", "outlier"]].tolist()
    [68, 67, 0]
    >>> summarise(residues, groups={"helix": "A:161-173"})[["group", "total", "favored"]].values.tolist()
    [['helix', 13, 13]]
    """
    keys = check_keys(by)
    residues = restored(residues)
    if groups is None:
        return count(residues, None if skipped is None else restored(skipped), keys)
    tables = []
    for name, who in groups.items():
        table = count(residues[choose(residues, who)], None, keys)
        table.insert(len(keys), "group", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def summarise_models(residues: pd.DataFrame, core: str | None = None) -> pd.DataFrame:
    """Compare the models of ensembles: the best, the mean, the spread.

    Parameters
    ----------
    residues : DataFrame
        As `validate` returns it, or as pandas reads it from CSV.
    core : str, optional
        Which residues count, such as ``A:5-40,B:5-40``; by default all.

    Returns
    -------
    DataFrame
        A row for each file with several models: ``file models best_model``, then ``best_… mean_… spread_… lowest_…
        highest_…`` of favored_percent and outlier_percent. The spread is the standard deviation, n - 1 below.

    Raises
    ------
    UsageError
        If `core` is no choice of residues.

    See Also
    --------
    compare_models : Compare the backbone of two models of one protein.
    validate : Score the backbone of structures residue by residue.

    Examples
    --------
    >>> from .regions.io import example
    >>> summarise_models(validate(example("1a8o"))[0]).empty
    True
    """
    residues = restored(residues)
    chosen = residues if core is None else residues[choose(residues, core)]
    return over_models(count(chosen, None, ["file", "model"]))


def validate_files(
    files: list[Path],
    *,
    reference: str = "top8000",
    core: str | None = None,
    summary: Path | None = None,
    as_ramalyze: bool = False,
    outputs: Outputs,
    **options: Any,
) -> int:
    """Do what ``overlap ramachandran validate`` does, and return its exit code."""
    if as_ramalyze and outputs.format != "table":
        raise UsageError("--ramalyze: it is printed in place of the table; leave out --json and --format")
    if core is not None:
        parse(core)
    against = named_reference(reference)
    interrupted = ""
    with _console.collected_warnings() as notes:
        try:
            residues, skipped = _validated(files, against, {**options, "progress": not outputs.quiet})
        except Interrupted as stop:
            interrupted = str(stop)
            residues, skipped = tables_of(stop.outcomes)
    if interrupted and residues.empty and skipped.empty:
        _console.note(interrupted)
        return _console.INTERRUPTED
    refuse_if_all_are_wrong_use(residues, skipped)
    told = tell(files, residues, skipped, core)

    def terminal() -> list[Any]:
        return tables.ramalyze_print(residues) if as_ramalyze else tables.validation_lines(told)

    def picture() -> Axes:
        from .validation.plotting import plot_residues

        panels = plot_residues(residues, against)
        first: Axes = panels[0, 0]
        return first

    def page() -> str:
        from .validation.pages import validation_page

        done = {"reference": maps_of(against).name, **options, "core": core}
        settings = {name: value for name, value in done.items() if value is not None}
        return validation_page(told, skipped, settings, notes, reference=against)

    uncounted = [
        {"file": file, "reason": NOT_SCORED, "detail": why} for file, why in uncounted_files(residues, skipped).items()
    ]
    code = _console.deliver(
        [{**row, "goals": GOALS} for row in told.as_json()],
        outputs,
        terminal,
        picture,
        joined(skipped, as_skipped(uncounted)),
        page=page,
        rows=residues,
        files={} if summary is None else {summary: told.as_table()},
        notes=notes,
        float_format="%.10g",
    )
    if interrupted:
        _console.note(interrupted)
        return _console.INTERRUPTED
    return code


def changes_files(
    before: Path,
    after: Path,
    *,
    only_worse: bool,
    chains: str | None = None,
    reference: str = "top8000",
    outputs: Outputs,
    **options: Any,
) -> int:
    """Do what ``overlap ramachandran changes`` does, and return its exit code."""
    from .validation.changes import WORSE, compare_models, parse_chains, summarise_changes

    names = parse_chains(chains) if chains else None
    against = named_reference(reference)
    with _console.collected_warnings() as notes:
        changes, unmatched = compare_models(before, after, chains=names, reference=against, **options)
    found = summarise_changes(changes)
    rows = changes[changes["change"] == WORSE] if only_worse else changes
    name_before = _model_name(before, options.get("before_model"))
    name_after = _model_name(after, options.get("after_model"))
    report = {"before": name_before, "after": name_after, **found, "residues": rows.to_dict("records")}

    def terminal() -> list[Any]:
        return [tables.changes_table(found, name_before, name_after), *tables.change_lines(rows)]

    def picture() -> Axes:
        from .validation.kleywegt import plot_changes

        first: Axes = plot_changes(rows, against)[0, 0]
        return first

    def page() -> str:
        from .validation.pages import changes_page

        done = {"reference": maps_of(against).name, **options, "chains": chains}
        settings = {name: value for name, value in done.items() if value is not None}
        short = tables.short_names([str(before), str(after)])
        sides = (
            _model_name(short[str(before)], options.get("before_model")),
            _model_name(short[str(after)], options.get("after_model")),
        )
        return changes_page(rows, unmatched, sides, settings, notes, reference=against)

    return _console.deliver(
        report, outputs, terminal, picture, unmatched, page=page, rows=rows, notes=notes, float_format="%.10g"
    )


def _model_name(path: str | Path, model: str | None) -> str:
    return str(path) if model is None else f"{path}, model {model}"
