"""The report that all fields share: the sizes, their indices, how many values are defined, and what was decided.

Conventions
-----------
- A report is a Dataset with ``intersection``, ``size_a`` (prediction) and ``size_b`` (reference), indices of them,
  whatever else a field measures, and ``n_defined`` by ``index``: of how many values each index is defined.
- Indices are taken of the sizes as they were counted. ``cell=`` turns the sizes into a unit afterwards.
- Decisions are ``attrs``: always ``prediction``, ``reference``, ``units``, ``empty`` and ``version``.
- A report as a table has a row for each combination of the labels of its sizes. CSV knows no types: `with_texts` puts
  right what pandas made of a column of text.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from math import nan
from typing import Any, TypedDict

import numpy as np
import pandas as pd
import xarray as xr

import overlap as ov

from ._checks import check_choice
from ._text import from_csv, row_for_table

SIZES = ("intersection", "size_a", "size_b")
DECISIONS = ("corrected", "empty", "empty_distance")
"""Attributes that are texts because netCDF knows no booleans and no policies; JSON knows both."""


class Sides(TypedDict):
    """What the two sides are called."""

    prediction: str
    reference: str


def build(
    overlap: ov.Overlap,
    coords: Mapping[str, Any] | None = None,
    indices: Iterable[str] = ("iou", "dice"),
    *,
    prediction: str,
    reference: str,
    units: str,
    empty: float | ov.EmptyPolicy = nan,
    cell: float | None = None,
    more: Mapping[str, Any] | None = None,
    also_defined: Iterable[str] = (),
    **decisions: Any,
) -> xr.Dataset:
    """Make a report of an overlap: `measured` and `completed` in one step.

    Parameters
    ----------
    overlap : Overlap
        Sizes, with one axis for each dimension of `coords`.
    coords : mapping of str to labels, optional
        The dimensions, in the order of the axes, and their labels, None for one without; none for a single comparison.
    indices : iterable of str
        Names from `overlap.INDICES`.
    prediction, reference : str
        Names of the two sides.
    units : str
        Unit of the sizes.
    empty : float or EmptyPolicy
        Value of an index that is 0/0.
    cell : float, optional
        Size of a cell in `units`; by default the sizes are in `units` already.
    more : mapping, optional
        What else is reported, as `xarray.Dataset` takes it.
    also_defined : iterable of str
        Which of `more` are counted in ``n_defined`` too, after the indices.
    **decisions
        Further attributes.

    Returns
    -------
    Dataset

    Raises
    ------
    ValueError
        If an index is unknown.

    Examples
    --------
    >>> o = ov.Overlap([3, 0], [4, 0], [5, 0])
    >>> report = build(o, {"label": [1, 2]}, prediction="mine", reference="yours", units="mm³", cell=2.0)
    >>> report.intersection.values, report.dice.values.round(4), report.n_defined.values
    (array([6., 0.]), array([0.6667,    nan]), array([1, 1]))
    >>> report.attrs["prediction"], report.attrs["empty"]
    ('mine', 'nan')
    """
    names = tuple(indices)
    dims = tuple(coords or ())
    labels = {dim: own for dim, own in (coords or {}).items() if own is not None}
    defined = [*names, *also_defined]
    # one Dataset is made, once: each costs more than the numbers in it
    variables = _variables(overlap, dims, names, empty, cell, units)
    variables.update(more or {})
    values = [xr.as_variable(variables[name]).data for name in defined]
    variables["n_defined"] = "index", _count_defined(values)
    attrs = _decisions(prediction, reference, units, empty, decisions)
    return xr.Dataset(variables, {**labels, "index": defined}, attrs)


def measured(
    overlap: ov.Overlap,
    coords: Mapping[str, Any] | None = None,
    indices: Iterable[str] = ("iou", "dice"),
    *,
    empty: float | ov.EmptyPolicy = nan,
    cell: float | None = None,
    units: str = "",
) -> xr.Dataset:
    """Return the sizes of an overlap and its indices: the first half of a report. See `build` for the parameters.

    Examples
    --------
    >>> measured(ov.Overlap(3, 4, 5), indices=["precision"]).to_pandas().to_dict()
    {'intersection': 3.0, 'size_a': 4.0, 'size_b': 5.0, 'precision': 0.75}
    """
    dims = tuple(coords or ())
    return xr.Dataset(_variables(overlap, dims, tuple(indices), empty, cell, units), coords)


def completed(
    data: xr.Dataset,
    defined: Iterable[str],
    *,
    prediction: str,
    reference: str,
    units: str,
    empty: float | ov.EmptyPolicy | str,
    **decisions: Any,
) -> xr.Dataset:
    """Add to numbers how many are defined, and what was decided: the second half of a report.

    Parameters
    ----------
    data : Dataset
        Numbers, such as `measured` returns.
    defined : iterable of str
        The variables that may be undefined, in the order of ``n_defined``.
    prediction, reference, units, empty, **decisions
        See `build`.

    Returns
    -------
    Dataset

    Examples
    --------
    >>> data = measured(ov.Overlap([3, 0], [4, 0], [5, 0]), {"label": [1, 2]})
    >>> report = completed(data, ["iou", "dice"], prediction="a", reference="b", units="s", empty=nan, level=0.5)
    >>> report.n_defined.sel(index="dice").item(), report.attrs["level"]
    (1, 0.5)
    """
    names = list(defined)
    counts = _count_defined([data[name].variable.data for name in names])
    data = data.assign_coords(index=names).assign(n_defined=("index", counts))
    return data.assign_attrs(_decisions(prediction, reference, units, empty, decisions))


def name_of(data: Any, side: str) -> str:
    """Return what an image, a table or a region is called: its ``attrs["name"]``, else its name, else its side.

    Examples
    --------
    >>> name_of(xr.DataArray([1.0], name="rater 1"), "prediction")
    'rater 1'
    >>> name_of(pd.DataFrame({"name": ["a column, no name"]}), "reference")
    'reference'
    """
    attrs = getattr(data, "attrs", {})
    own = data.name if isinstance(data, xr.DataArray) else None
    return str(attrs.get("name") or own or side)


def names_of(predicted: Any, reference: Any) -> Sides:
    """Return what the two sides are called, as `build` takes it.

    Examples
    --------
    >>> names_of(xr.DataArray([1.0], name="rater 1"), xr.DataArray([1.0]))
    {'prediction': 'rater 1', 'reference': 'reference'}
    """
    return {"prediction": name_of(predicted, "prediction"), "reference": name_of(reference, "reference")}


def as_rows(report: xr.Dataset, decisions: Sequence[str] = ()) -> pd.DataFrame:
    """Return a report as a table, a row for each combination of the labels of its sizes.

    Parameters
    ----------
    report : Dataset
        As `build` returns it.
    decisions : sequence of str
        Which attributes become columns, before all others.

    Returns
    -------
    DataFrame
        The decisions, the labels, then all numbers that have no further dimension.

    Examples
    --------
    >>> o = ov.Overlap([3, 1], [4, 1], [5, 1])
    >>> report = build(o, {"label": ["a", "b"]}, ["iou"], prediction="mine", reference="yours", units="s")
    >>> as_rows(report, ["prediction"])
      prediction label  intersection  size_a  size_b  iou
    0       mine     a             3       4       5  0.5
    1       mine     b             1       1       1  1.0
    """
    dims = report["intersection"].dims
    names = [name for name, x in report.data_vars.items() if set(x.dims) <= set(dims)]
    numbers = report[names]
    if dims:
        rows = numbers.to_dataframe(dim_order=[*dims]).reset_index()
    else:
        rows = pd.DataFrame([{name: x.item() for name, x in numbers.data_vars.items()}])
    if not decisions:
        return rows
    decided = row_for_table({name: report.attrs[name] for name in decisions})
    return pd.concat([pd.DataFrame([decided] * len(rows)), rows], axis=1)


def as_table(reports: Iterable[xr.Dataset]) -> pd.DataFrame:
    """Return reports as one table: all decisions, then the rows, then how many values are defined.

    Examples
    --------
    >>> report = build(ov.Overlap(3, 4, 5), {}, ["iou"], prediction="mine", reference="yours", units="s")
    >>> as_table([report])[["prediction", "iou", "n_defined_iou"]]
      prediction  iou  n_defined_iou
    0       mine  0.5              1
    """
    tables = []
    for report in reports:
        rows = as_rows(report, tuple(report.attrs))
        counts = report["n_defined"].to_series()
        tables.append(rows.assign(**{f"n_defined_{name}": n for name, n in counts.items()}))
    return pd.concat(tables, ignore_index=True)


def with_texts(table: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return a table with columns of text as they were before `pandas.read_csv` took some of them for numbers.

    Parameters
    ----------
    table : DataFrame
        Some of the columns may be missing.
    columns : iterable of str
        Which are text.

    Returns
    -------
    DataFrame
        The table itself, if nothing was lost.

    Examples
    --------
    >>> read = pd.DataFrame({"label": [1.0, nan], "error": [nan, "no such file"], "dice": [0.5, nan]})
    >>> with_texts(read, ["case", "label", "error"]).values.tolist()
    [['1', '', 0.5], ['', 'no such file', nan]]
    """
    lost = [name for name in columns if name in table and not _is_text(table[name])]
    if not lost:
        return table
    return table.assign(**{name: [as_written(cell) for cell in table[name]] for name in lost})


def _is_text(column: pd.Series[Any]) -> bool:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    if column.dtype == object:
        # of a long file pandas reads some parts as numbers and others as text
        return pd.api.types.infer_dtype(column, skipna=False) in ("string", "empty")
    return column.dtype.kind not in "biuf" and not column.hasnans


def as_written(cell: object) -> str:
    """Return the text that a cell was in a CSV file that pandas read.

    Examples
    --------
    >>> [as_written(cell) for cell in (1.0, 52, nan, "'=core")]
    ['1', '52', '', '=core']
    """
    if isinstance(cell, float):
        return "" if np.isnan(cell) else f"{cell:.15g}"
    return from_csv(str(cell))


def as_dict(report: xr.Dataset) -> dict[str, Any]:
    """Return a report as one flat mapping: the decisions, then the numbers, by label where there is one dimension.

    Examples
    --------
    >>> report = build(ov.Overlap(3, 4, 5), {}, ["iou"], prediction="mine", reference="yours", units="s")
    >>> report = as_dict(report)
    >>> report["prediction"], float(report["iou"]), report["n_defined"]
    ('mine', 0.5, {'iou': 1})
    """
    numbers: dict[str, Any] = {}
    for name, x in report.data_vars.items():
        numbers[str(name)] = _by_label(x)
    decisions = {name: _decision(name, value) for name, value in report.attrs.items()}
    return {**decisions, **numbers}


def _decision(name: str, value: Any) -> Any:
    """Return a decision, which is a text among the attributes of a report, as what it is."""
    if name not in DECISIONS or not isinstance(value, str):
        return value
    if value in ("True", "False"):
        return value == "True"
    by_side = re.findall(r"(\w+)=([^,)]+)", value)
    if by_side:
        return {side: None if worth == "None" else float(worth) for side, worth in by_side}
    return float(value)


def _variables(
    overlap: ov.Overlap,
    dims: tuple[str, ...],
    indices: tuple[str, ...],
    empty: float | ov.EmptyPolicy,
    cell: float | None,
    units: str,
) -> dict[Hashable, Any]:
    for name in indices:
        check_choice("_report.build", "an index", name, ov.INDICES)
    attrs = {"units": units} if units else {}
    variables: dict[Hashable, Any] = {}
    for name in SIZES:
        size = getattr(overlap, name)
        variables[name] = (dims, size if cell is None else size * cell, attrs)
    for name in indices:
        variables[name] = (dims, ov.INDICES[name](overlap, empty=empty))
    return variables


def _decisions(
    prediction: str, reference: str, units: str, empty: float | ov.EmptyPolicy | str, others: Mapping[str, Any]
) -> dict[str, Any]:
    sides = {"prediction": prediction, "reference": reference}
    return {**sides, **others, "empty": str(empty), "units": units, "version": ov.__version__}


def _count_defined(numbers: Iterable[Any]) -> Any:
    counts = []
    for values in numbers:
        # NaN alone differs from itself; and so it does in an array that is not computed yet
        counts.append((values == values).sum())
    return np.stack(counts) if counts else np.zeros(0, int)


def _by_label(x: xr.DataArray) -> Any:
    if x.ndim != 1 or not x.size:
        return x.values
    labels = x[x.dims[0]].values
    return dict(zip(labels.tolist(), x.values.tolist(), strict=True))
