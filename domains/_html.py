"""What a notebook shows of the results of `assess`: names, numbers and decisions, as HTML.

Conventions
-----------
- Whatever comes from outside (names of files, labels, settings) is escaped, and none of it is set as mathematics.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from ._report import as_rows
from ._text import for_html, for_terminal

MOST_ROWS = 20
_NO_MATHEMATICS = "tex2jax_ignore mathjax_ignore"
"""Notebooks would set what stands between two dollar signs; pandas writes these classes too."""


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
    prediction = for_html(report.attrs["prediction"])
    reference = for_html(report.attrs["reference"])
    rows = as_rows(report).map(_shown).to_html(index=False, border=0, max_rows=MOST_ROWS, na_rep="undefined")
    decisions = {**report.attrs, **(further or {})}
    listed = "".join(_item(name, value) for name, value in decisions.items())
    return (
        f'<div class="{_NO_MATHEMATICS}">'
        f"<p><b>{for_html(kind)}</b><br>prediction: {prediction}<br>reference: {reference}</p>"
        f"{rows}<details><summary>decisions</summary><table>{listed}</table></details></div>"
    )


def _shown(cell: object) -> object:
    """Return a cell for pandas, which escapes it."""
    return for_terminal(cell) if isinstance(cell, str) else cell


def _item(name: str, value: object) -> str:
    return f"<tr><th>{for_html(name)}</th><td>{for_html(value)}</td></tr>"
