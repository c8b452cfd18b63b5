r"""The settings of a table of scores, in a file beside it: ``scores.csv.settings.json`` beside ``scores.csv``.

Conventions
-----------
- In memory the settings are ``scores.attrs["settings"]``. Parquet keeps them in the table itself; CSV cannot.
- They are what decided the scores, and the version that made them. What read the files is among them.
- A file that is missing or damaged says nothing: the settings are not known then, which is no error.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

import overlap as ov

from ..._checks import UsageError
from ..._files import load_json, read_text
from ..._outputs import is_special, write_whole
from ..._text import file_name

SETTINGS = "settings"
"""What the attributes of a table call its settings."""
FORMAT = "overlap settings"


def with_settings(table: pd.DataFrame, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Let a table say what it was made with, this version too; return it.

    Examples
    --------
    >>> with_settings(pd.DataFrame({"dice": [0.5]}), {"level": 0.5}).attrs["settings"]["level"]
    0.5
    """
    table.attrs[SETTINGS] = {**settings, "version": ov.__version__}
    return table


def settings_beside(table: str | Path) -> Path | None:
    """Return where the settings of a table lie; none for a device or a pipe, such as ``/dev/stdout``.

    Examples
    --------
    >>> settings_beside("scores.csv").name
    'scores.csv.settings.json'
    """
    path = Path(table)
    return None if is_special(path) else path.with_name(f"{path.name}.settings.json")


def save_settings(settings: Mapping[str, Any], path: Path) -> None:
    """Save settings whole.

    Parameters
    ----------
    settings : mapping
        JSON data.
    path : Path
        As `settings_beside` returns it.
    """
    # as the records write them: NaN is a setting of empty masks
    text = json.dumps({"format": FORMAT, SETTINGS: dict(settings)}, indent=2)
    write_whole(path, lambda part: part.write_text(f"{text}\n", encoding="utf-8"))


def read_settings(path: Path) -> Mapping[str, Any] | None:
    """Return the settings in a file; None if it does not say any.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "scores.csv.settings.json")
    ...     save_settings({"level": 0.5}, path)
    ...     read_settings(path), read_settings(Path(folder, "none"))
    ({'level': 0.5}, None)
    """
    try:
        kept = load_json(read_text("lesions.read_scores", path), constants=True)
    except (ValueError, OSError):
        return None
    if not isinstance(kept, dict) or kept.get("format") != FORMAT:
        return None
    settings = kept.get(SETTINGS)
    return settings if isinstance(settings, dict) else None


def check_settings_file(path: Path, operation: str) -> None:
    """Refuse to overwrite what is no file of settings.

    Raises
    ------
    UsageError
        If it is another file.
    """
    if not path.exists():
        return
    if read_settings(path) is None:
        raise UsageError(
            f"{operation}: {file_name(path)} is no file of settings, and would be overwritten: move it away, or choose "
            "another --out"
        )
