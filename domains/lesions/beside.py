"""The job of ``overlap lesions protocols``: one case under every community's rule.

In Python: `compare_protocols`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.table import Table

from .. import _console
from .._checks import UsageError, check_choice
from .._tables import build_table
from .._text import for_picture
from .cohorts.reading import read_two
from .cohorts.sources import check_reading
from .protocols import PROTOCOLS, compare_protocols
from .settings import parse_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .._console import Outputs

SHOWN = ("value", "found", "missed", "spurious", "Dice", "HD95", "F1")


def protocols_files(
    predicted: Path,
    reference: Path,
    *,
    protocols: str | None = None,
    labels: str | None = None,
    level: float = 0.5,
    outputs: Outputs,
    **options: Any,
) -> int:
    """Do what ``overlap lesions protocols`` does, and return its exit code."""
    names = parse_protocols(protocols)
    wanted = parse_labels(labels)
    said = check_reading("lesions.compare_protocols", options)
    with _console.collected_warnings() as notes:
        a, b = read_two(said.of_prediction(predicted), said.of_reference(reference), said.like)
        table = compare_protocols(a, b, protocols=names, labels=wanted, level=level)

    def shown() -> list[Any]:
        return [protocols_table(table, str(predicted), str(reference)), rules_table(table), *why_lines(table)]

    def picture() -> Axes:
        return _bars(table, for_picture(str(predicted)), for_picture(str(reference)))

    rows = table.to_dict("records")
    return _console.deliver(rows, outputs, shown, picture, rows=table, notes=notes)


def parse_protocols(text: str | None) -> list[str] | None:
    """Read names such as ``brats2023_gli,cc``.

    Examples
    --------
    >>> parse_protocols("brats2023_gli, cc")
    ['brats2023_gli', 'cc']
    """
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(f"lesions.compare_protocols: --protocols names none: choose from {', '.join(PROTOCOLS)}")
    for name in names:
        check_choice("lesions.compare_protocols", "protocols", name, PROTOCOLS)
    return names


def protocols_table(table: pd.DataFrame, predicted: str, reference: str) -> Table:
    """Return the scores of all protocols as a table for the terminal."""
    cells = []
    for row in table.to_dict("records"):
        numbers = [f"{row['value']:.4f}", str(row["found"]), str(row["missed"]), str(row["spurious"])]
        values = [_number(row[name]) for name in ("dice", "hd95", "f1")]
        cells.append([str(row["label"]), row["protocol"], row["score"], *numbers, *values])
    title = f"prediction: {predicted}\nreference: {reference}"
    return build_table(("label", "protocol", "score"), SHOWN, cells, title=title, caption="HD95 in mm, of cc in voxels")


def rules_table(table: pd.DataFrame) -> Table:
    """Return what each protocol takes for a lesion, a hit and a mean, and what a miss costs, for the terminal."""
    rules = table.drop_duplicates("protocol")
    rows = [[row["protocol"], row["rule"]] for row in rules.to_dict("records")]
    return build_table(("protocol", "rule"), (), rows)


def why_lines(table: pd.DataFrame) -> list[str]:
    """Return what each protocol did with the case that others do not, a line for each."""
    told = table[table["why"] != ""]
    return [f"{row['label']}, {row['protocol']}: {row['why']}" for row in told.to_dict("records")]


def _number(value: float) -> str:
    return "" if pd.isna(value) else f"{value:.4g}"


def _bars(table: pd.DataFrame, predicted: str, reference: str) -> Axes:
    """Draw the score of each protocol as a bar."""
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(figsize=(5, 0.4 * len(table) + 1), layout="constrained")
    names = [f"{row['label']}, {row['protocol']}: {row['score']}" for row in table.to_dict("records")]
    axes.barh(names, table["value"].fillna(0))
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), xlabel="score", title=f"{predicted} against {reference}")
    return axes
