"""What the commands of all fields share: how they print, and how they fail.

Conventions
-----------
- Results go to standard output; progress, hints and errors to standard error. ``--json`` prints JSON alone, with
  null for NaN.
- Exit code 0: all is done. 1: bad input, of which everything readable was still done. 2: a wrong command line.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import xarray as xr
    from rich.table import Table
    from rich.text import Text

T = TypeVar("T")
PICTURES = (".png", ".pdf", ".svg")


def plain(x: Any) -> Any:
    """Return `x` in types that JSON knows; NaN becomes None.

    Examples
    --------
    >>> import numpy as np
    >>> plain({"iou": np.float64("nan"), "n": np.int64(3)})
    {'iou': None, 'n': 3}
    """
    if isinstance(x, dict):
        return {str(k): plain(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [plain(v) for v in x]
    if hasattr(x, "tolist"):
        return plain(x.tolist())
    return None if isinstance(x, float) and not math.isfinite(x) else x


def print_json(x: Any) -> None:
    """Print JSON to standard output."""
    print(json.dumps(plain(x), indent=2, ensure_ascii=False, allow_nan=False))


def as_dict(report: xr.Dataset) -> dict[str, Any]:
    """Return a report as one flat mapping: the decisions, then the numbers."""
    numbers: dict[str, Any] = {}
    for name, x in report.data_vars.items():
        labels = x[x.dims[0]].values if x.ndim == 1 else ()
        numbers[str(name)] = dict(zip(labels, x.values, strict=True)) if len(labels) else x.values
    return plain({**report.attrs, **numbers})  # type: ignore[no-any-return]


def as_table(reports: list[xr.Dataset]) -> pd.DataFrame:
    """Return reports as rows: the decisions, then the numbers; a report of several comparisons is several rows.

    Examples
    --------
    >>> import xarray as xr
    >>> as_table([xr.Dataset({"iou": ("tau", [0.4, 0.5])}, {"tau": [110, 111]}, {"level": "allowed"})])
         level  tau  iou
    0  allowed  110  0.4
    1  allowed  111  0.5
    """
    import pandas as pd

    tables = []
    for report in reports:
        numbers = report.drop_dims("index", errors="ignore").assign(
            {
                f"{name}_{k}": x.sel(index=k, drop=True)
                for name, x in report.items()
                if "index" in x.dims
                for k in x["index"].values
            }
        )
        numbers = numbers.drop_vars("index", errors="ignore")
        rows = numbers.to_dataframe().reset_index() if numbers.sizes else pd.DataFrame([as_dict(numbers.drop_attrs())])
        tables.append(pd.concat([pd.DataFrame([report.attrs] * len(rows)), rows], axis=1))
    return pd.concat(tables, ignore_index=True)


def check_outputs(*tables: Path | None, picture: Path | None = None) -> None:
    """Refuse a file that could not be saved, before the work and not after it."""
    for path in (*tables, picture):
        if path is not None and not path.absolute().parent.is_dir():
            raise ValueError(f"{path}: there is no folder {path.parent}; make it first")
    if picture is not None and picture.suffix.lower() not in PICTURES:
        raise ValueError(f"{picture}: a picture is saved as {', '.join(PICTURES)}")


def track(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """Show progress over `items` on standard error, if there are several."""
    if total < 2:
        yield from items
        return
    from rich.console import Console
    from rich.progress import track as rich_track

    console = Console(stderr=True)
    yield from rich_track(
        items, description=what, total=total, console=console, transient=True, disable=not console.is_terminal
    )


def show(*parts: str | Text | Table) -> None:
    """Print to standard output: a str is one line however wide, a Text is a paragraph."""
    from rich.console import Console

    console = Console(highlight=False)
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, str))


def note(message: str) -> None:
    """Print a line to standard error."""
    from rich.console import Console

    Console(stderr=True, highlight=False).print(message, markup=False, soft_wrap=True)
