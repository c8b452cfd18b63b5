"""The table of scores as a file: CSV, or Apache Parquet by the ending ``.parquet``.

Conventions
-----------
- A file is replaced when the new one is complete, and only if it is a table of scores itself.
- The settings of a table are kept with it: in Parquet, or beside a CSV (`domains.lesions.cohorts.sidecars`). A file
  beside it that says those of an older table goes first.
- Parquet keeps types: text stays text, whole numbers stay whole, NaN and infinity are what they are. It needs pyarrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from ..._checks import UsageError
from ..._console import save_table
from ..._outputs import is_special, write_whole
from ..._text import file_name
from .scores import COLUMNS, is_parquet
from .sidecars import SETTINGS, check_settings_file, save_settings, settings_beside


def save_scores(scores: pd.DataFrame, path: Path) -> None:
    r"""Save a table of scores whole.

    Parameters
    ----------
    scores : DataFrame
        As `cohort` returns it.
    path : Path
        A CSV, or a .parquet file.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_scores(pd.DataFrame({"case": ["a"], "dice": [0.5]}), Path(folder, "s.csv"))
    ...     Path(folder, "s.csv").read_text()
    'case,dice\na,0.5\n'
    """
    if is_parquet(path):
        write_whole(path, lambda part: scores.to_parquet(part, engine="pyarrow", index=False))
    else:
        _save_csv(scores, path)


def records_beside(table: Path) -> Path | None:
    """Return where the records of a table lie by default; none for a device or a pipe, such as ``/dev/stdout``.

    Examples
    --------
    >>> records_beside(Path("scores.csv")).name
    'scores.csv.records'
    """
    return None if is_special(table) else table.with_name(f"{table.name}.records")


def check_table(path: Path, operation: str = "lesions.cohort", columns: Sequence[str] = COLUMNS) -> None:
    """Refuse what cannot be written, and to overwrite a file that is no table of scores, whole or cut off.

    Parameters
    ----------
    path : Path
        Where the table will be written.
    operation : str
        Who asks, for the error.
    columns : sequence of str
        Those of the table.

    Raises
    ------
    UsageError
        If there is another file.
    ImportError
        If it is to be Parquet, and pyarrow is not installed.
    """
    beside = settings_beside(path)
    if is_parquet(path):
        _check_pyarrow(path, operation)
    elif beside is not None:
        check_settings_file(beside, operation)
    if not path.is_file():
        return
    is_scores = _is_parquet_of(path, columns) if is_parquet(path) else _is_csv_of(path, columns)
    if not is_scores:
        raise UsageError(
            f"{operation}: {file_name(path)} is not a table of scores of this version, and would be overwritten: "
            "move it away, or choose another --out"
        )


def _save_csv(scores: pd.DataFrame, path: Path) -> None:
    beside = settings_beside(path)
    if beside is not None:
        beside.unlink(missing_ok=True)
    save_table(scores, path)
    settings = scores.attrs.get(SETTINGS)
    if beside is not None and settings is not None:
        save_settings(settings, beside)


def _check_pyarrow(path: Path, operation: str) -> None:
    if find_spec("pyarrow") is None:
        raise ImportError(
            f'{operation}: {file_name(path)}: Parquet needs pyarrow: pip install "overlap-toolkit[parquet]", or '
            "name a .csv"
        )


def _is_csv_of(path: Path, columns: Sequence[str]) -> bool:
    first_line = ",".join(columns).encode() + b"\n"
    with path.open("rb") as file:
        found = file.read(len(first_line))
    is_cut_off = first_line.startswith(found) and path.stat().st_size == len(found)
    return found == first_line or is_cut_off


def _is_parquet_of(path: Path, columns: Sequence[str]) -> bool:
    import pyarrow as pa
    from pyarrow import parquet

    if path.stat().st_size == 0:
        return True
    try:
        names: list[str] = parquet.read_schema(path).names
    except (pa.ArrowException, OSError):
        return False
    return names == list(columns)
