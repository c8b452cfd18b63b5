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

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import _console
from .._checks import UsageError
from .._report import as_table
from .._skipped import NOT_SCORED, UNREADABLE, as_skipped
from .._text import for_picture
from . import tables
from .angles import IDENTITY
from .empirical import CATEGORIES, EVALUATIONS, category_codes, evaluate, evaluation_codes
from .structures import backbone_angles

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs
    from .comparison import Assessment

COLUMNS = [
    "file",
    "model",
    "chain",
    "resseq",
    "icode",
    "altloc",
    "resname",
    "phi",
    "psi",
    "omega",
    "category",
    "score",
    "evaluation",
    "counted",
]
DETAILS = ["parent", "next_resname", "occupancy", "b_iso", "chirality", "best", "mirrored"]
GOALS = {"favored_percent": "> 98", "outlier_percent": "< 0.2"}
SKIPPED = ["side", "file", "where", "reason", "detail", *IDENTITY]

_CATEGORY = pd.CategoricalDtype(list(CATEGORIES))
_EVALUATION = pd.CategoricalDtype(list(EVALUATIONS))

Paths = str | Path | Iterable[str | Path]


def validate(
    paths: Paths, *, reference: str = "top8000", progress: bool = False, **options: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score the backbone of structures residue by residue.

    Parameters
    ----------
    paths : path or iterable of paths
        PDB or mmCIF files, plain or gzipped.
    reference : str
        Which empirical reference.
    progress : bool
        Whether to show a progress bar on standard error.
    **options
        Passed to `backbone_angles`: ``max_bond``, ``modified``, ``chirality``, ``min_plddt``.

    Returns
    -------
    residues : DataFrame
        A row for each residue and conformer with both angles: file model chain resseq icode altloc resname phi
        psi omega category score evaluation counted, then what else `backbone_angles` returns.
    skipped : DataFrame
        A row for each other polymer residue, with its reason: side (always "") file where reason detail, then model
        chain resseq icode altloc resname.

    Raises
    ------
    ValueError, FileNotFoundError
        If `paths` is one path that cannot be read, or an option has none of its values. In an iterable a file that
        cannot be read becomes a row of `skipped`, with the reason "unreadable file".

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
    if isinstance(paths, str | Path):
        return _validate_one(paths, reference, options)
    files = list(dict.fromkeys(paths))
    if not files:
        raise UsageError("ramachandran.validate: no files were given; name at least one")
    tracked = _console.track(files, "validating", len(files)) if progress else files
    residues = []
    skipped = []
    for file in tracked:
        file_residues, file_skipped = _validate_or_skip(file, reference, options)
        residues.append(file_residues)
        skipped.append(file_skipped)
    return _stacked(residues, [*COLUMNS, *DETAILS]), _stacked(skipped, SKIPPED)


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
    with _console.collected_warnings() as notes:
        residues, skipped = validate(files, progress=not outputs.quiet, **options)
    order = list(dict.fromkeys(str(file) for file in files))
    summary = summarise(residues, skipped).set_index("file").loc[order].reset_index()

    def terminal() -> list[Any]:
        return [tables.summary_table(summary), *tables.outlier_lines(residues)]

    def picture() -> Axes:
        from .plotting import plot_residues

        panels = plot_residues(residues)
        first: Axes = panels[0, 0]
        return first

    return _console.deliver(
        [{**row, "goals": GOALS} for row in summary.to_dict("records")],
        outputs,
        terminal,
        picture,
        pd.concat([skipped, _empty_files(summary)], ignore_index=True),
        rows=residues[COLUMNS],
        notes=notes,
        float_format="%.10g",
    )


def compare_files(
    predicted: Path,
    reference: str,
    *,
    category: Any,
    level: Any,
    variable: str | None,
    phi_first: bool,
    outputs: Outputs,
) -> int:
    """Do what ``overlap ramachandran compare`` does, and return its exit code."""
    from .comparison import assess
    from .io import read_region

    reference_is_file = _is_region_file(reference)
    with _console.collected_warnings() as notes:
        region = read_region(predicted, variable, phi_first=phi_first)
        truth: Any = read_region(reference) if reference_is_file else reference
        assessed = assess(region, truth, category=category, level=level)
    if assessed.hint:
        notes.append(assessed.hint)
    report = assessed.report

    def terminal() -> list[Any]:
        moved = "both regions are on it" if assessed.regridding == "none" else f"reference: {assessed.regridding}"
        return [tables.comparison_table([report]), _console.aside(f"{report.attrs['grid']}; {moved}")]

    def picture() -> Axes:
        credited = None if reference_is_file else reference
        return _draw_agreement(assessed, credited)

    return _console.deliver(
        report,
        outputs,
        terminal,
        picture,
        rows=as_table([report]),
        notes=notes,
    )


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


def _validate_one(path: str | Path, reference: str, options: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    residues, skipped = backbone_angles(path, **options)
    parent = residues["parent"].to_numpy()
    next_parent = residues["next_resname"].to_numpy()
    category = category_codes(parent, next_parent, residues["omega"])
    score = evaluate(residues["phi"].to_numpy(), residues["psi"].to_numpy(), category, reference)
    evaluation = evaluation_codes(score, category, reference)
    residues["file"] = str(path)
    residues["category"] = pd.Categorical.from_codes(category, dtype=_CATEGORY, validate=False)
    residues["score"] = score
    residues["evaluation"] = pd.Categorical.from_codes(evaluation, dtype=_EVALUATION, validate=False)
    return residues[[*COLUMNS, *DETAILS]], _with_file(skipped, str(path))


def _with_file(skipped: pd.DataFrame, file: str) -> pd.DataFrame:
    """Return what `backbone_angles` skipped, as rows of the table that all fields share."""
    columns = {name: skipped[name].to_numpy() for name in skipped}
    identity = {name: columns[name] for name in IDENTITY}
    where = [_where(*residue) for residue in zip(*identity.values(), strict=True)]
    shared = {"side": "", "file": file, "where": where, "reason": columns["reason"], "detail": columns["detail"]}
    return pd.DataFrame({**shared, **identity})


def _where(model: str, chain: str, resseq: int, icode: str, altloc: str, resname: str) -> str:
    """Name a residue as a reader would: chain, number, conformer and name; the model if there are several."""
    words = [f"model {model}" if model else "", chain, f"{resseq}{icode}", f"{altloc}{resname}"]
    return " ".join(word for word in words if word)


def _validate_or_skip(
    path: str | Path, reference: str, options: dict[str, Any]
) -> tuple[pd.DataFrame | None, pd.DataFrame]:
    """Validate a file; one that cannot be read has no residues and is skipped as a whole."""
    try:
        return _validate_one(path, reference, options)
    except (UsageError, ImportError):
        raise
    except Exception as error:
        # whatever ends one file, the others are scored
        said = str(error) if isinstance(error, OSError | ValueError) else f"{type(error).__name__}: {error}"
        detail = said.removeprefix("ramachandran.backbone_angles: ")
        row = {"file": str(path), "reason": UNREADABLE, "detail": detail, **dict.fromkeys(IDENTITY, "")}
        return None, as_skipped([row])


def _stacked(tables: Sequence[pd.DataFrame | None], columns: list[str]) -> pd.DataFrame:
    """Return tables as one; empty ones bring only their types."""
    some = [table for table in tables if table is not None]
    filled = [table for table in some if len(table)]
    if filled:
        return pd.concat(filled, ignore_index=True)
    return some[0] if some else pd.DataFrame(columns=columns)


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
