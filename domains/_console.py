"""What the commands of all fields share: what they save and print, in which order, and how they end.

Conventions
-----------
- Results go to standard output. Progress, hints, warnings and errors go to standard error.
- Numbers first: tables are saved and printed before a picture is drawn. A file that cannot be saved loses no others.
- Every file is written whole: see `domains._outputs`.
- JSON stands alone on standard output, with null for NaN and the texts "inf" and "-inf" for infinity: what is undefined
  and what is infinitely far (a miss) are never one value.
- Exit code 0: everything asked was scored. 1: something was not (an unreadable or unpaired file, a file of which
  nothing could be scored, a failed picture); all else is done and written. 2: wrong use (an option, a setting, a unit,
  a missing folder for an output, an output that would overwrite an input); nothing was computed.
  130: interrupted (Ctrl-C, SIGTERM); what was done until then is written.
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from ._checks import UsageError, check_choice
from ._outputs import is_special, write_whole
from ._text import for_csv, for_json, for_terminal, one_line, row_for_table

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

Format = Literal["table", "csv", "json"]

FORMATS = get_args(Format)
PICTURES = (".png", ".pdf", ".svg")
PAGES = (".html", ".htm")
DONE = 0
INCOMPLETE = 1
WRONG_USE = 2
INTERRUPTED = 130


@dataclass(frozen=True)
class Outputs:
    """Where the results of a command go: the flags that all commands share.

    Parameters
    ----------
    csv : path, optional
        Where the rows are saved.
    plot : path, optional
        Where the picture is saved.
    skipped : path, optional
        Where the table of what was skipped is saved.
    html : path, optional
        Where the page for a browser is saved.
    format : {"table", "csv", "json"}
        What is printed.
    quiet : bool
        Whether progress, hints and warnings are left out.

    Raises
    ------
    UsageError
        If the folder of a file does not exist, or the ending of a picture is none of `PICTURES`.

    Examples
    --------
    >>> Outputs(format="json").quiet
    False
    >>> Outputs(plot=Path("picture.bmp"))
    Traceback (most recent call last):
    domains._checks.UsageError: --plot picture.bmp: a picture is saved as .png, .pdf or .svg
    """

    csv: Path | None = None
    plot: Path | None = None
    skipped: Path | None = None
    html: Path | None = None
    format: Format = "table"
    quiet: bool = False

    def __post_init__(self) -> None:
        check_choice("_console.Outputs", "format", self.format, FORMATS)
        check_folder("--csv", self.csv)
        check_folder("--skipped", self.skipped)
        check_folder("--html", self.html)
        check_folder("--plot", self.plot)
        if self.plot is not None and self.plot.suffix.lower() not in PICTURES:
            raise UsageError(f"--plot {self.plot}: a picture is saved as .png, .pdf or .svg")
        if self.html is not None and self.html.suffix.lower() not in PAGES:
            raise UsageError(f"--html {self.html}: a page is saved as .html")


def check_folder(flag: str, path: Path | None) -> None:
    """Refuse a file that could not be saved, before the work and not after it.

    Parameters
    ----------
    flag : str
        The option, such as ``"--csv"``.
    path : path or None
        Its value.

    Raises
    ------
    UsageError
        If the folder does not exist, or the path is a folder itself or ``-``.

    Examples
    --------
    >>> check_folder("--csv", Path("report.csv"))
    >>> check_folder("--csv", Path("nowhere/report.csv"))
    Traceback (most recent call last):
    domains._checks.UsageError: --csv nowhere/report.csv: there is no folder nowhere; make it first
    """
    if path is None:
        return
    if str(path) == "-":
        raise UsageError(f"{flag} -: name a file; --format csv and --json write to standard output")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"{flag} {path}: there is no folder {path.parent}; make it first")
    if path.is_dir():
        raise UsageError(f"{flag} {path}: this is a folder; name a file in it")


def check_outputs(outputs: Mapping[str, Path | None], inputs: Iterable[str | Path | None]) -> None:
    """Refuse an output that would overwrite an input or another output.

    Parameters
    ----------
    outputs : mapping of option to path or None
        Such as ``{"--csv": Path("report.csv")}``.
    inputs : iterable of path or None
        Files and folders that are read. Those that do not exist, and None, are passed over.

    Raises
    ------
    UsageError
        If an output is an input, lies in a folder of inputs, or is another output too.

    Examples
    --------
    >>> check_outputs({"--csv": Path("a.csv"), "--skipped": None}, ["p.csv", "r.csv"])
    >>> check_outputs({"--csv": Path("a.csv"), "--skipped": Path("a.csv")}, ["p.csv", "r.csv"])
    Traceback (most recent call last):
    domains._checks.UsageError: --skipped a.csv: --csv writes to this file too; choose another name
    """
    existing = [Path(name) for name in inputs if name is not None and Path(name).exists()]
    files = {flag: path for flag, path in outputs.items() if path is not None and not is_special(path)}
    earlier: dict[str, Path] = {}
    for flag, path in files.items():
        for read in existing:
            if _is_same(path, read):
                raise UsageError(f"{flag} {path}: this is an input; choose another name")
            if read.is_dir() and path.resolve().is_relative_to(read.resolve()):
                raise UsageError(f"{flag} {path}: this file would lie in {read}, which is read; choose another folder")
            linked = _linked_from(read, path)
            if linked is not None:
                raise UsageError(f"{flag} {path}: the input {linked} leads to this file; choose another name")
        for other, written in earlier.items():
            if _is_same(path, written):
                raise UsageError(f"{flag} {path}: {other} writes to this file too; choose another name")
        earlier[flag] = path


def _is_same(a: Path, b: Path) -> bool:
    if a.resolve() == b.resolve():
        return True
    # a hard link, or a file system that ignores upper and lower case
    return a.exists() and b.exists() and a.samefile(b)


def _linked_from(folder: Path, path: Path) -> Path | None:
    """Return what in a folder leads to a file outside it, as links do; None if nothing does."""
    if not folder.is_dir() or not path.exists():
        return None
    for entry in folder.rglob("*"):
        if entry.exists() and entry.samefile(path):
            return entry
    return None


def deliver(
    report: xr.Dataset | dict[str, Any] | list[Any],
    outputs: Outputs,
    table: Callable[[], Iterable[str | Text | Table]],
    picture: Callable[[], Axes] | None = None,
    skipped: pd.DataFrame | None = None,
    *,
    page: Callable[[], str] | None = None,
    rows: pd.DataFrame | None = None,
    files: Mapping[Path, pd.DataFrame] | None = None,
    notes: Iterable[str] = (),
    float_format: str | None = None,
) -> int:
    """Save and print what a command found: first all numbers, then the picture and the page.

    Parameters
    ----------
    report : Dataset, dict or list
        What JSON shows. With a Dataset or a dict it shows the skipped rows and the warnings too.
    outputs : Outputs
        Where to.
    table : callable
        Returns what the terminal shows; called for ``format="table"`` only.
    picture : callable, optional
        Returns the Axes that it drew on; called for ``plot=`` only.
    skipped : DataFrame, optional
        As `as_skipped` returns it.
    page : callable, optional
        Returns the page for a browser as HTML; called for ``html=`` only.
    rows : DataFrame, optional
        What ``csv=`` saves and ``format="csv"`` prints; by default the rows of the report.
    files : mapping of path to DataFrame, optional
        Further tables to save.
    notes : iterable of str
        Warnings that were collected.
    float_format : str, optional
        How numbers are written into CSV, such as ``"%.10g"``; by default as they are.

    Returns
    -------
    int
        The exit code: 1 if a whole input was skipped, or a table, the picture or the page could not be saved, else 0.

    Examples
    --------
    >>> deliver({"iou": 0.5}, Outputs(format="json"), table=lambda: ["IoU 0.5"])
    {
      "iou": 0.5,
      "warnings": [],
      "skipped": []
    }
    0
    """
    from . import _skipped

    skipped = _skipped.as_skipped() if skipped is None else _skipped.with_all_columns(skipped)
    warned = list(notes)
    if rows is None and (outputs.csv or outputs.format == "csv"):
        rows = _rows(report)
    tables = [(outputs.csv, rows), (outputs.skipped, skipped), *(files or {}).items()]
    unsaved = _save_tables(tables, float_format)
    if outputs.format == "json":
        print_json(_for_json(report, skipped, warned))
    elif outputs.format == "csv":
        print_csv(rows, float_format)  # type: ignore[arg-type]
    else:
        show(*table())
    if not outputs.quiet:
        for message in warned:
            note(f"warning: {message}")
        for line in _skipped.row_lines(skipped):
            note(line)
    for line in _skipped.input_lines(skipped):
        note(f"error: {line}")
    for line in unsaved:
        note(f"error: {line}")
    drawn = _draw(picture, outputs.plot)
    shown = _write_page(page, outputs.html)
    complete = drawn and shown and not unsaved and _skipped.of_whole_inputs(skipped).empty
    return DONE if complete else INCOMPLETE


def save(figure: Any, path: str | Path) -> None:
    """Save a figure whole, at 300 dots an inch, as print wants them; the ending of the path says how.

    Examples
    --------
    >>> import tempfile
    >>> from matplotlib.figure import Figure
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(Figure(), Path(folder, "empty.png"))
    """
    kind = Path(path).suffix.removeprefix(".")
    write_whole(path, lambda part: figure.savefig(part, format=kind, dpi=300, bbox_inches="tight", pad_inches=0.02))


def save_table(table: pd.DataFrame, path: str | Path, float_format: str | None = None) -> None:
    r"""Save the rows of a table whole, as CSV.

    Parameters
    ----------
    table : DataFrame
        Its index is left out.
    path : path
        Where to.
    float_format : str, optional
        How numbers are written, such as ``"%.10g"``; by default as they are.

    Raises
    ------
    OSError
        If it cannot be saved; what was there before is untouched.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_table(pd.DataFrame({"dice": [0.5]}), Path(folder, "scores.csv"))
    ...     Path(folder, "scores.csv").read_text()
    'dice\n0.5\n'
    """
    guarded = _guarded(table)
    write_whole(path, lambda part: guarded.to_csv(part, index=False, float_format=float_format))


def save_dataset(data: xr.Dataset | xr.DataArray, path: str | Path) -> None:
    """Save a report or a region whole, as netCDF.

    Examples
    --------
    >>> import tempfile
    >>> import xarray as xr
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_dataset(xr.Dataset({"dice": 0.5}), Path(folder, "report.nc"))
    """
    write_whole(path, lambda part: data.to_netcdf(part, engine="h5netcdf"))


def print_csv(table: pd.DataFrame, float_format: str | None = None) -> None:
    """Print the rows of a table as `save_table` saves them.

    Examples
    --------
    >>> import pandas as pd
    >>> print_csv(pd.DataFrame({"label": ["=1+2"], "dice": [-0.5]}))
    label,dice
    '=1+2,-0.5
    """
    text = _guarded(table).to_csv(index=False, float_format=float_format)
    # a file gets each character as it is; a terminal would obey some
    print(for_terminal(text) if sys.stdout.isatty() else text, end="")


def _guarded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose text no spreadsheet runs."""
    import numpy as np

    guarded = table.set_axis(table.columns.map(for_csv), axis="columns")
    for k, dtype in enumerate(table.dtypes):
        if dtype.kind == "O":
            cells = [for_csv(cell) for cell in table.iloc[:, k]]
            guarded.isetitem(k, np.array(cells, dtype=object))
    return guarded


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """Collect the messages of UserWarnings instead of printing them, for `deliver` to print and to list in JSON.

    Examples
    --------
    >>> with collected_warnings() as notes:
    ...     warnings.warn("no file in common")
    >>> notes
    ['no file in common']
    """
    notes: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield notes
    notes += [str(w.message) for w in caught if issubclass(w.category, UserWarning)]


@contextmanager
def refusals_listed(outputs: Outputs) -> Iterator[None]:
    """Save why an input was refused as the table of what was skipped: that of an earlier run would be taken for it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "skipped.csv")
    ...     try:
    ...         with refusals_listed(Outputs(skipped=path)):
    ...             raise ValueError("a.csv: no events")
    ...     except ValueError:
    ...         path.read_text().splitlines()[1]
    ',,,unreadable file,a.csv: no events'
    """
    from ._files import ReadError
    from ._skipped import UNREADABLE, as_skipped, with_all_columns

    try:
        yield
    except UsageError:
        raise
    except (ValueError, OSError) as error:
        listed = error.skipped if isinstance(error, ReadError) else None
        if listed is None:
            listed = as_skipped([{"reason": UNREADABLE, "detail": one_line(error, None)}])
        for line in _save_tables([(outputs.skipped, with_all_columns(listed))], None):
            note(f"error: {line}")
        raise


def plain(x: Any) -> Any:
    """Return `x` in types that JSON knows: NaN becomes None, infinity ``"inf"`` or ``"-inf"``, which `float` reads.

    Examples
    --------
    >>> import numpy as np
    >>> plain({"iou": np.float64("nan"), "hd95": np.float64("inf"), "n": np.int64(3)})
    {'iou': None, 'hd95': 'inf', 'n': 3}
    """
    if isinstance(x, dict):
        return {str(k): plain(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return [plain(v) for v in x]
    if hasattr(x, "tolist"):
        return plain(x.tolist())
    if not isinstance(x, float) or math.isfinite(x):
        return x
    return None if math.isnan(x) else str(x)


def print_json(x: Any) -> None:
    """Print JSON to standard output."""
    print(for_json(plain(x)))


def show(*parts: str | Text | Table) -> None:
    """Print to standard output: a str is one line however wide, a Text is a paragraph, a Table is never cut.

    A str is shown as it stands: styles are a Text's, which is one line too if it is not to be wrapped.

    Examples
    --------
    >>> from domains._tables import build_table
    >>> show(build_table(["label"], ["IoU"], [["core", "0.5000"]], title="two raters"), "all in mm")
    two raters
    label     IoU
    ─────────────
    core   0.5000
    all in mm
    """
    from rich.console import Console
    from rich.table import Table

    from ._tables import as_text

    console = Console(highlight=False)
    for part in parts:
        if isinstance(part, Table):
            _show_table(console, part)
        elif isinstance(part, str):
            console.print(as_text(part), soft_wrap=True)
        else:
            console.print(as_text(part), soft_wrap=bool(part.no_wrap))


def note(message: str) -> None:
    r"""Print one line to standard error.

    Examples
    --------
    >>> note("error: a.csv: not CSV\n(line 3)")
    """
    from rich.console import Console

    from ._tables import as_text

    Console(stderr=True, highlight=False).print(as_text(one_line(message, None)), soft_wrap=True)


def remark(lead: str, text: str) -> Text:
    """Return a paragraph with a bold beginning.

    Examples
    --------
    >>> show(remark("What to look at.", "The bracket."))
    What to look at. The bracket.
    """
    from rich.text import Text

    return Text.assemble((lead, "bold"), " ", text)


def aside(text: str) -> Text:
    """Return one line, however wide, that stands back.

    Examples
    --------
    >>> show(aside("scores: [a].csv"))
    scores: [a].csv
    """
    from rich.text import Text

    return Text(text, "dim", no_wrap=True)


def _show_table(console: Console, table: Table) -> None:
    from . import _tables

    tables = _tables.wrapped(table, console.width)
    if table.title:
        console.print(table.title, style="bold", soft_wrap=True)
    for part in tables:
        console.print(part)
    if len(tables) > 1:
        said = f"The columns stand in {len(tables)} tables, because a line has {console.width} characters."
        console.print(said, style="dim", soft_wrap=True)
    if table.caption:
        console.print(table.caption, style="dim", soft_wrap=True)


def _rows(report: Any) -> pd.DataFrame:
    import pandas as pd
    import xarray as xr

    from . import _report

    if isinstance(report, xr.Dataset):
        return _report.as_rows(report, ("prediction", "reference"))
    rows = report if isinstance(report, list) else [report]
    return pd.DataFrame([row_for_table(row) for row in rows])


def _for_json(report: Any, skipped: pd.DataFrame, warned: list[str]) -> Any:
    import xarray as xr

    from . import _report

    if isinstance(report, list):
        return report
    numbers = _report.as_dict(report) if isinstance(report, xr.Dataset) else report
    return {**numbers, "warnings": warned, "skipped": skipped.to_dict("records")}


def _save_tables(tables: Iterable[tuple[Path | None, pd.DataFrame | None]], float_format: str | None) -> list[str]:
    """Save the tables, and return a line for each that could not be: what is printed is not lost with it."""
    unsaved = []
    for path, table in tables:
        if path is None or table is None:
            continue
        try:
            save_table(table, path, float_format)
        except OSError as error:
            unsaved.append(f"{path}: the table was not saved ({error.strerror or error})")
    return unsaved


def _draw(picture: Callable[[], Axes] | None, path: Path | None) -> bool:
    """Save the picture, and return whether that went well."""
    if path is None or picture is None:
        return True
    try:
        import matplotlib.pyplot as plt

        figure = picture().figure
        save(figure, path)
        plt.close()
    except Exception as error:
        # whatever a plotting library raises, the numbers are out already
        note(f"warning: --plot {path}: no picture was saved ({type(error).__name__}: {one_line(error)})")
        return False
    return True


def _write_page(page: Callable[[], str] | None, path: Path | None) -> bool:
    """Save the page, and return whether that went well."""
    if path is None or page is None:
        return True
    try:
        html = page()
        write_whole(path, lambda part: part.write_text(html, encoding="utf-8"))
    except Exception as error:
        # as for a picture
        note(f"warning: --html {path}: no page was saved ({type(error).__name__}: {one_line(error)})")
        return False
    return True
