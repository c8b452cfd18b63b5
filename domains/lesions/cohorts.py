"""Scores of a folder of cases, one by one and together. See `domains.lesions.run` for the conventions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from inspect import signature
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import _console
from .._skipped import NOT_SCORED, UNPAIRED
from .comparison import BOUNDS, DISTANCES, INDICES, LESION_COUNTS, LESION_INDICES, SIZES, compare
from .io import SUFFIXES, case_name, read_image
from .layers import Labels
from .tables import rows

SCORES = [*SIZES, *INDICES, *BOUNDS, *DISTANCES, "nsd", *LESION_INDICES, *LESION_COUNTS]
COLUMNS = ["case", "label", *SCORES, "error", "stamp", "settings"]


def cohort(
    predictions: str | Path,
    references: str | Path,
    *,
    out: str | Path | None = None,
    labels: Labels | None = None,
    scale: float | None = None,
    reference_scale: float | None = None,
    workers: int = 1,
    executor: Executor | None = None,
    progress: bool = False,
    **options: Any,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare every pair of images of the same name in two folders.

    Parameters
    ----------
    predictions, references : path
        Folders of NIfTI files.
    out : path, optional
        A CSV that grows with each case; a second run goes on where the first ended.
    labels : sequence of int or mapping, optional
        See `compare`.
    scale, reference_scale : float, optional
        For `read_image`: the stored value that means 1, in soft predictions and in soft references.
    workers : int
        Processes to share the cases among.
    executor : concurrent.futures.Executor, optional
        Where to compute instead, such as ``dask.distributed.Client().get_executor()``.
    progress : bool
        Whether to show a progress bar on standard error.
    **options
        Passed to `compare`: ``level``, ``preset``, ``nsd_tolerance``, ``threshold``, ``connectivity``.

    Returns
    -------
    scores : DataFrame
        A row for each case and label, and for each case that failed: case, label, the numbers of `compare`, error,
        stamp (sizes and times of the files), settings.
    skipped : DataFrame
        ``file reason detail``: files without a partner ("unpaired file"), and cases that failed ("not scored").

    Raises
    ------
    FileNotFoundError
        If a folder does not exist.
    TypeError
        If `compare` has no such option.
    ValueError
        If no names agree, or `out` was made with other settings.

    Examples
    --------
    >>> import tempfile
    >>> from .io import example, write_image
    >>> raters = read_image(example("nodule_00"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for k, part in enumerate(("prediction", "reference")):
    ...         Path(folder, part).mkdir()
    ...         write_image(raters.isel(rater=k), Path(folder, part, "nodule_00.nii.gz"))
    ...     scores, skipped = cohort(Path(folder, "prediction"), Path(folder, "reference"))
    >>> scores[["case", "label", "dice"]].round(4).to_dict("records")
    [{'case': 'nodule_00', 'label': '1', 'dice': 0.4819}]
    """
    signature(compare).bind_partial(**options)  # an unknown option is a mistake here, not in every case
    pairs, unpaired = _pair(Path(predictions), Path(references))
    settings = json.dumps({"labels": labels, "scale": [scale, reference_scale], **options}, default=str)
    done = _resume(Path(out), settings) if out else pd.DataFrame(columns=COLUMNS)
    stamps = {case: _stamp(*pair) for case, pair in pairs.items()}
    done = done[(done["error"] == "") & (done["case"].map(stamps) == done["stamp"])]
    todo = {case: pair for case, pair in pairs.items() if case not in set(done["case"])}
    if out:
        _write(done, Path(out))
    jobs = [(case, *pair, labels, (scale, reference_scale), options) for case, pair in todo.items()]
    found = _run(jobs, workers, executor)
    parts = [done]
    for table in _console.track(found, "comparing", len(jobs)) if progress else found:
        parts.append(table.assign(stamp=table["case"].map(stamps), settings=settings)[COLUMNS])
        if out:
            parts[-1].to_csv(out, mode="a", header=False, index=False)
    filled = [part for part in parts if len(part)]
    scores = pd.concat(filled).sort_values(["case", "label"], kind="stable").reset_index(drop=True)
    if out:
        _write(scores, Path(out))
    failed = scores.loc[scores["error"] != "", ["case", "error"]]
    errors = pd.DataFrame({"file": failed["case"], "reason": NOT_SCORED, "detail": failed["error"]})
    return scores, pd.concat([unpaired, errors], ignore_index=True)


def _pair(predictions: Path, references: Path) -> tuple[dict[str, tuple[Path, Path]], pd.DataFrame]:
    a, b = _images(predictions), _images(references)
    lonely = [(a[k], "reference") for k in sorted(a.keys() - b.keys())]
    lonely += [(b[k], "prediction") for k in sorted(b.keys() - a.keys())]
    unpaired = [(str(path), UNPAIRED, f"no {other} of this name") for path, other in lonely]
    pairs = {k: (a[k], b[k]) for k in sorted(a.keys() & b.keys())}
    if not pairs:
        some = [", ".join(sorted(x)[:3]) or "no images" for x in (a, b)]
        raise ValueError(
            f"cohort: no image has the same name in both folders; {predictions} holds {some[0]} …, {references} "
            f"{some[1]} …"
        )
    return pairs, pd.DataFrame(unpaired, columns=["file", "reason", "detail"])


def _images(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder")
    found: dict[str, Path] = {}
    for path in sorted(p for p in folder.iterdir() if p.name.lower().endswith(SUFFIXES)):
        if case_name(path) in found:
            raise ValueError(f"cohort: {found[case_name(path)]} and {path} are the same case; keep one of them")
        found[case_name(path)] = path
    return found


def _stamp(*paths: Path) -> str:
    return " ".join(f"{s.st_size}@{s.st_mtime_ns}" for s in (p.stat() for p in paths))


def _resume(out: Path, settings: str) -> pd.DataFrame:
    if not out.is_file() or not out.stat().st_size:
        return pd.DataFrame(columns=COLUMNS)
    text = dict.fromkeys(("case", "label", "error", "stamp", "settings"), str)
    done = pd.read_csv(out, dtype=text, keep_default_na=False, na_values={k: [""] for k in SCORES}, on_bad_lines="skip")
    if list(done.columns) != COLUMNS:
        raise ValueError(
            f"{out}: not a table of scores that can be gone on with; move it away, or choose another --out"
        )
    if not out.read_bytes().endswith(b"\n"):
        # the last run was stopped while it wrote a case
        done = done[done["case"] != done["case"].iloc[-1]]
    if others := set(done["settings"]) - {settings}:
        raise ValueError(
            f"{out}: made with other settings ({others.pop()}, now {settings}); move it away, or choose another --out"
        )
    return done


def _write(scores: pd.DataFrame, out: Path) -> None:
    """Replace the table as a whole, so that a stop leaves the old one or the new one."""
    beside = out.with_name(out.name + ".part")
    scores.to_csv(beside, index=False)
    os.replace(beside, out)


def _run(jobs: list[tuple[Any, ...]], workers: int, executor: Executor | None) -> Iterator[pd.DataFrame]:
    if executor is None and workers < 2:
        yield from (_score(*job) for job in jobs)
        return
    # fresh processes: a fork of one that runs threads may hang
    own = ProcessPoolExecutor(workers, mp_context=get_context("spawn")) if executor is None else None
    with own or nullcontext():
        pool: Any = own or executor
        running: dict[Future[pd.DataFrame], str] = {pool.submit(_score, *job): job[0] for job in jobs}
        for future in as_completed(running):
            try:
                yield future.result()
            except Exception as error:
                yield _failed(running[future], f"the worker died ({error or type(error).__name__})")


def _score(
    case: str,
    predicted: Path,
    reference: Path,
    labels: Labels | None,
    scales: tuple[float | None, float | None],
    options: dict[str, Any],
) -> pd.DataFrame:
    try:
        a, b = (read_image(x, scale=s) for x, s in zip((predicted, reference), scales, strict=True))
        table = rows(compare(a, b, labels=labels, **options))
    except (OSError, ValueError, MemoryError) as error:
        return _failed(case, str(error) or type(error).__name__)
    return table.assign(case=case, label=table["label"].astype(str), error="")


def _failed(case: str, error: str) -> pd.DataFrame:
    return pd.DataFrame([{**dict.fromkeys(SCORES, np.nan), "case": case, "label": "", "error": error}])
