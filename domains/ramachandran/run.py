"""Whole jobs over files: validate structures, compare regions.

Conventions
-----------
- ``counted`` residues are those of MolProbity's summary: altloc '' or 'A', once for each position. The other
  denominators stand beside: ``best``, the conformer of highest occupancy at each position, and ``all``, every
  conformer.
- Goals: more than 98 % favored, less than 0.2 % outliers.
- Every polymer residue of every file is a row of one of the two tables; so is every file that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .. import _console
from .._skipped import NOT_SCORED, as_skipped
from . import tables
from .empirical import CATEGORIES, EVALUATIONS, category_codes, evaluate, evaluation_codes
from .structures import backbone_angles

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from .._console import Outputs

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
_SKIPPED = ["file", "model", "chain", "resseq", "icode", "altloc", "resname", "reason", "detail"]

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
        psi omega category score evaluation counted, then what else `backbone_angles` tells.
    skipped : DataFrame
        A row for each other polymer residue, with its reason.

    Raises
    ------
    ValueError, FileNotFoundError
        If `paths` is one path that cannot be read. In an iterable such a file becomes a row of `skipped`, with the
        reason "unreadable file".

    Examples
    --------
    >>> from .io import example
    >>> residues, skipped = validate(example("1a8o"))
    >>> residues["evaluation"].value_counts().to_dict()
    {'Favored': 67, 'Allowed': 1, 'OUTLIER': 0}
    >>> skipped["reason"].tolist()
    ['terminal', 'terminal']
    """
    if isinstance(paths, str | Path):
        return _validate_one(paths, reference, options)
    files = list(dict.fromkeys(paths))
    found = [
        _validate_or_tell(file, reference, options)
        for file in (_console.track(files, "validating", len(files)) if progress else files)
    ]
    if not found:
        raise ValueError("validate: no files were given")
    residues, skipped = (_stack(list(part)) for part in zip(*found, strict=True))
    return residues, skipped


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
    rows, left = (dict(list(table.groupby("file", sort=False))) for table in (residues, skipped))
    files = dict.fromkeys([*rows, *left])
    return pd.DataFrame([_summary(str(f), rows.get(f, residues[:0]), left.get(f, skipped[:0])) for f in files])


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
    from .comparison import compare
    from .io import SUFFIXES, read_region

    reference_is_file = Path(reference).suffix.lower() in SUFFIXES
    with _console.collected_warnings() as notes:
        region = read_region(predicted, variable, phi_first=phi_first)
        truth: Any = read_region(reference) if reference_is_file else reference
        report = compare(region, truth, category=category, level=level)
    if "hint" in report.attrs:
        notes.append(report.attrs["hint"])

    def terminal() -> list[Any]:
        grid = f"[dim]{report.attrs['grid']}; {report.attrs['regridding']}[/dim]"
        return [tables.comparison_table([report]), grid]

    return _console.deliver(
        report,
        outputs,
        terminal,
        lambda: _agreement(region, truth, report),
        rows=_console.as_table([report]),
        notes=notes,
    )


def _empty_files(summary: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each file that was read, but of which no residue could be scored."""
    empty = summary[(summary["all_total"] == 0) & (summary["error"] == "")]
    detail = "no residue has both angles"
    return as_skipped({"file": file, "reason": NOT_SCORED, "detail": detail} for file in empty["file"])


def _agreement(region: Any, truth: Any, report: xr.Dataset) -> Axes:
    from .plotting import credit, plot_agreement

    ax = plot_agreement(region, truth, category=report.attrs["category"], level=report.attrs["level"])
    ax.set_title(f"{report.attrs['prediction']}: IoU {float(report.iou):.3f}", fontsize="medium")
    if isinstance(truth, str):
        credit(ax.figure, truth)
    return ax


def _validate_one(path: str | Path, reference: str, options: dict[str, Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    residues, skipped = backbone_angles(path, **options)
    codes = category_codes(residues["parent"].to_numpy(), residues["next_resname"].to_numpy(), residues["omega"])
    score = evaluate(residues["phi"].to_numpy(), residues["psi"].to_numpy(), codes, reference)
    residues["file"] = str(path)
    residues["category"] = _categorical(codes, CATEGORIES)
    residues["score"] = score
    residues["evaluation"] = _categorical(evaluation_codes(score, codes, reference), EVALUATIONS)
    skipped.insert(0, "file", str(path))
    return residues[[*COLUMNS, *DETAILS]], skipped


def _categorical(codes: Any, names: tuple[str, ...]) -> Any:
    return pd.Categorical.from_codes(codes, pd.Index(names))


def _validate_or_tell(
    path: str | Path, reference: str, options: dict[str, Any]
) -> tuple[pd.DataFrame | None, pd.DataFrame]:
    try:
        return _validate_one(path, reference, options)
    except (OSError, ValueError) as error:
        row = dict.fromkeys(_SKIPPED, "") | {"file": str(path), "reason": "unreadable file", "detail": str(error)}
        return None, pd.DataFrame([row])


def _stack(tables: list[pd.DataFrame | None]) -> pd.DataFrame:
    some = [t for t in tables if t is not None]
    filled = [t for t in some if len(t)] or some[:1]
    return pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=[*COLUMNS, *DETAILS])


def _summary(file: str, residues: pd.DataFrame, skipped: pd.DataFrame) -> dict[str, Any]:
    unreadable = skipped["reason"] == "unreadable file"
    denominators = {"": "counted", "best_": "best", "all_": None}
    counts: dict[str, Any] = {}
    for prefix, column in denominators.items():
        chosen = residues if column is None else residues[residues[column].astype(bool)]
        counts |= {prefix + k: v for k, v in _counts(chosen["evaluation"]).items()}
    error = str(skipped["detail"][unreadable].iloc[0]) if unreadable.any() else ""
    return {"file": file, **counts, "skipped": int((~unreadable).sum()), "error": error}


def _counts(evaluation: pd.Series[str]) -> dict[str, Any]:
    n = {k.lower(): int((evaluation == k).sum()) for k in reversed(EVALUATIONS)}
    total = sum(n.values())
    percent = {f"{k}_percent": 100 * x / total if total else np.nan for k, x in n.items()}
    return {"total": total, **n, **percent}
