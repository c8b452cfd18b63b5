"""What a notebook shows of the results of `assess`: names, numbers and decisions, as HTML.

Conventions
-----------
- Whatever comes from outside (names of files, labels, settings) is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import xarray as xr

from ._report import as_rows

MOST_ROWS = 20


class Displayed:
    """A result with a ``report``, which a notebook shows as `result_html` does.

    Examples
    --------
    >>> issubclass(Displayed, object)
    True
    """

    def _repr_html_(self) -> str:
        report: xr.Dataset = self.report  # type: ignore[attr-defined]
        return result_html(type(self).__name__, report)


def result_html(kind: str, report: xr.Dataset, further: Mapping[str, Any] | None = None) -> str:
    """Return a result as HTML: who was compared with whom, the rows of its report, and what was decided.

    Parameters
    ----------
    kind : str
        Name of the class of the result.
    report : Dataset
        Its report.
    further : mapping, optional
        What is shown after the decisions of the report.

    Returns
    -------
    str

    Examples
    --------
    >>> import overlap as ov
    >>> from domains._report import build
    >>> report = build(ov.Overlap(3, 4, 5), prediction="<mine>", reference="yours", units="s")
    >>> html = result_html("Scored", report)
    >>> "&lt;mine&gt;" in html, "<td>0.5" in html
    (True, True)
    """
    prediction = escape(str(report.attrs["prediction"]))
    reference = escape(str(report.attrs["reference"]))
    rows = as_rows(report).to_html(index=False, border=0, max_rows=MOST_ROWS, na_rep="undefined")
    decisions = {**report.attrs, **(further or {})}
    listed = "".join(_item(name, value) for name, value in decisions.items())
    return (
        f"<div><p><b>{escape(kind)}</b><br>prediction: {prediction}<br>reference: {reference}</p>"
        f"{rows}<details><summary>decisions</summary><table>{listed}</table></details></div>"
    )


def _item(name: str, value: object) -> str:
    return f"<tr><th>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
