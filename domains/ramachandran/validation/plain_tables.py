"""Tables as plain JSON data, and back.

Conventions
-----------
- A table comes back bit for bit, types included: numbers travel as the bytes that they are, texts each once.
- The index is left out: rows are numbered anew.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd


def as_plain(table: pd.DataFrame) -> dict[str, Any]:
    """Return a table as JSON data.

    Examples
    --------
    >>> as_plain(pd.DataFrame({"chain": ["A", "A"]}))["chain"]["texts"]
    ['A']
    """
    return {str(name): _plain_column(table[name]) for name in table}


def from_plain(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return the table that `as_plain` was given.

    Examples
    --------
    >>> table = pd.DataFrame({"chain": ["A", "B"], "phi": [0.1, float("nan")], "counted": [True, False]})
    >>> pd.testing.assert_frame_equal(from_plain(as_plain(table)), table, check_exact=True)
    """
    return pd.DataFrame({name: _column(data) for name, data in columns.items()})


def _plain_column(column: pd.Series[Any]) -> dict[str, Any]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return {"categories": column.cat.categories.tolist(), **_plain_numbers(column.cat.codes.to_numpy())}
    if column.dtype.kind in "biuf":
        return _plain_numbers(column.to_numpy())
    code, texts = pd.factorize(column)
    return {"texts": list(texts), "type": str(column.dtype), **_plain_numbers(code)}


def _plain_numbers(values: np.ndarray) -> dict[str, Any]:
    packed = base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
    return {"dtype": values.dtype.str, "base64": packed}


def _column(data: Mapping[str, Any]) -> Any:
    values = np.frombuffer(base64.b64decode(data["base64"]), dtype=data["dtype"]).copy()
    if "categories" in data:
        return pd.Categorical.from_codes(values, dtype=pd.CategoricalDtype(data["categories"]), validate=False)
    if "texts" in data:
        texts = np.array(data["texts"], dtype=object)
        return pd.Series(texts[values], dtype=data["type"])
    return values
