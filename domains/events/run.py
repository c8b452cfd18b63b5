"""Whole jobs over files: read both sides, score them, tell what was left out.

Conventions
-----------
- Two files, or two folders whose files bear the same names (their endings and formats may differ). Rows that name no
  recording belong to the one that their file is called after; of two files, to one recording.
- A file that cannot be read is a row of `skipped`, and its recording is left out on both sides. A recording that the
  prediction lacks is missed.
- What was scored follows from ``support=``, else from the durations that the files tell, the reference's first.

References
----------
See `domains.events.protocols`.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
import xarray as xr

from .. import _console
from .._skipped import UNREADABLE
from . import tables
from .comparison import compare
from .io import SUFFIXES, Annotations, read_events
from .protocols import By, Protocol
from .schema import COLUMNS, Support

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs


class Scored(NamedTuple):
    """What `score` returns.

    Parameters
    ----------
    report : Dataset
        As `compare` returns it.
    skipped : DataFrame
        ``side file line reason detail``: rows that are no events, and files that cannot be read.
    events : tuple of DataFrame
        The prediction and the reference, as they were compared.
    """

    report: xr.Dataset
    skipped: pd.DataFrame
    events: tuple[pd.DataFrame, pd.DataFrame]


def score(
    predicted: str | Path,
    reference: str | Path,
    protocol: str | Protocol = "time",
    *,
    support: Support = None,
    by: By = None,
    corrected: bool = False,
    kind: str | None = None,
    subset: str | None = None,
    progress: bool = False,
    **parameters: Any,
) -> Scored:
    r"""Score files of predicted events against files of annotated ones.

    Parameters
    ----------
    predicted, reference : path
        Two files, or two folders.
    protocol, support, by, corrected
        See `compare`.
    kind : str, optional
        The format of all files, if their names do not tell; see `read_events`.
    subset : str, optional
        Which subset of an ActivityNet database is the reference.
    progress : bool
        Whether to show a progress bar on standard error.
    **parameters
        See `compare`.

    Returns
    -------
    Scored
        ``report``, ``skipped`` and ``events``.

    Raises
    ------
    ValueError, FileNotFoundError
        If the only file of a side cannot be read, or there is none.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     a, b = (pathlib.Path(folder, name) for name in ("a.csv", "b.csv"))
    ...     _ = a.write_text("onset,offset\n0,10\n"), b.write_text("onset,offset\n5,15\n")
    ...     report, skipped, _ = score(a, b)
    >>> float(report.intersection), len(skipped)
    (5.0, 0)
    """
    paths = Path(predicted), Path(reference)
    alone = paths[1].stem if all(p.is_file() for p in paths) else None
    sides = [
        _read(path, side, alone, progress, kind=kind, subset=subset if side == "reference" else None)
        for path, side in zip(paths, ("prediction", "reference"), strict=True)
    ]
    skipped = _stack([s.skipped for s in sides])
    lost = set(skipped.loc[skipped["reason"] == UNREADABLE, "recording"])
    a, b = (_named(s.events[~s.events["file"].isin(lost)], p) for s, p in zip(sides, paths, strict=True))
    known = _durations(sides, lost) if support is None else support
    report = compare(a, b, protocol, support=known, by=by, corrected=corrected, **parameters)
    return Scored(report, skipped.drop(columns="recording"), (a, b))


def score_files(predicted: Path, reference: Path, *, outputs: Outputs, **options: Any) -> int:
    """Do what ``overlap events score`` does, and return its exit code."""
    with _console.collected_warnings() as notes:
        report, skipped, events = score(predicted, reference, progress=not outputs.quiet, explain=True, **options)
    return _console.deliver(
        report,
        outputs,
        lambda: [tables.report_table(report)],
        lambda: _timelines(events, report, options),
        skipped,
        rows=tables.summarise(report),
        notes=notes,
    )


def _read(path: Path, side: str, alone: str | None, progress: bool, **options: Any) -> Annotations:
    files = _files(path, side)
    listed = _console.track(files.items(), f"reading the {side}", len(files)) if progress else files.items()
    found = [_read_or_tell(file, name, many=len(files) > 1, **options) for name, file in _aliased(listed, alone)]
    events, skipped, support = (_stack([x[k] for x in found]) for k in range(3))
    skipped.insert(0, "side", side)
    return Annotations(events, skipped, support)


def _files(path: Path, side: str) -> dict[str, Path]:
    """Return the files of a side by the name of their recording."""
    if not path.is_dir():
        return {path.stem: path}
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    # beside each BIDS table lies a .json that describes its columns
    tables = {p.with_suffix("") for p in found if p.suffix.lower() == ".tsv"}
    found = [p for p in found if p.suffix.lower() != ".json" or p.with_suffix("") not in tables]
    if not found:
        raise ValueError(f"{path}: no files of events ({', '.join(SUFFIXES)}) for the {side}")
    return {p.relative_to(path).with_suffix("").as_posix(): p for p in found}


def _aliased(listed: Any, alone: str | None) -> Any:
    for name, path in listed:
        yield (alone if alone is not None else name), path


def _read_or_tell(path: Path, name: str, *, many: bool, **options: Any) -> Annotations:
    try:
        events, skipped, support = read_events(path, file=name, **options)
        return Annotations(events, skipped.assign(recording=""), support)
    except (OSError, ValueError) as error:
        if not many:
            raise
        row = {"file": str(path), "line": -1, "reason": UNREADABLE, "detail": str(error), "recording": name}
        return Annotations(
            pd.DataFrame(columns=COLUMNS), pd.DataFrame([row]), pd.DataFrame(columns=["file", "duration"])
        )


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    filled = [x for x in parts if len(x)] or parts[:1]
    return pd.concat(filled, ignore_index=True)


def _durations(sides: list[Annotations], lost: set[str]) -> pd.DataFrame:
    a, b = (s.support.groupby("file")["duration"].max().astype(float) for s in sides)
    differ = [f for f in a.index.intersection(b.index) if abs(a[f] - b[f]) > 1e-6]
    if differ:
        warnings.warn(
            f"score: {len(differ)} recordings have two durations (prediction of {differ[0]}: {a[differ[0]]:g} s, "
            f"reference: {b[differ[0]]:g} s); the reference's hold",
            stacklevel=3,
        )
    known = b.combine_first(a)
    return known[~known.index.isin(lost)].rename_axis("file").reset_index(name="duration")


def _named(events: pd.DataFrame, path: Path) -> pd.DataFrame:
    events = events.reset_index(drop=True)
    events.attrs["name"] = path.name
    return events


def _timelines(events: Any, report: xr.Dataset, options: dict[str, Any]) -> Axes:
    from .plotting import plot_timelines

    shared = {k: v for k, v in options.items() if k not in ("by", "kind", "subset")}
    ax = plot_timelines(*events, **shared)
    title = f"{report.attrs['prediction']} against {report.attrs['reference']}"
    ax.set_title(title, fontsize="medium", loc="left", pad=24)
    return ax
