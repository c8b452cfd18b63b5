"""One structure file scored: what a job over many files does with each, here or in another process.

Conventions
-----------
- Tables travel as plain JSON data and come back bit for bit, types included: numbers as the bytes that they are, texts
  each once.
- Warnings travel with the tables.
"""

from __future__ import annotations

import base64
import hashlib
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from .. import _console
from .._checks import UsageError
from .._text import file_name
from .angle_tables import is_angle_table, neighbours, read_angles
from .angles import BESIDE, COPY, IDENTITY, NOTHING_BESIDE
from .empirical import CATEGORIES, EVALUATIONS, Maps, category_codes, evaluation_codes, maps_of, scorer_of
from .findings import NOT_MODELLED, find, find_in_skipped
from .residue_names import names_of
from .residues import describe, kind_of, parents_of
from .structures import backbone_angles, check_options

COLUMNS = [
    "file",
    "model",
    "chain",
    "resseq",
    "icode",
    "altloc",
    "resname",
    "phi",
    "psi",
    "omega",
    "category",
    "score",
    "evaluation",
    "counted",
]
DETAILS = [
    "finding",
    "best",
    "occupancy",
    "b_iso",
    "chirality",
    "mirrored",
    "measured_phi",
    "measured_psi",
    "parent",
    "next_resname",
    *COPY,
    "where",
]
SKIPPED = ["side", "file", "where", "reason", "detail", *IDENTITY, *COPY, "omega", "parent", "finding"]
DIGITS = 4
"""Of occupancies and B factors, which gemmi stores with seven digits in all."""

_CATEGORY = pd.CategoricalDtype(list(CATEGORIES))
_EVALUATION = pd.CategoricalDtype(list(EVALUATIONS))


@dataclass(frozen=True)
class Request:
    """A file to score, and how.

    Parameters
    ----------
    path : str
    reference : str or Dataset
        Which empirical reference.
    options : mapping
        Of `backbone_angles`.
    """

    path: str
    reference: str | xr.Dataset
    options: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Scored:
    """A file that was scored.

    Attributes
    ----------
    residues, skipped : DataFrame
        As `validate` returns them.
    notes : list of str
        Warnings.
    """

    residues: pd.DataFrame
    skipped: pd.DataFrame
    notes: list[str]

    def as_plain(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "residues": as_plain(self.residues),
            "skipped": as_plain(self.skipped),
            "not_modelled": self.skipped.attrs.get(NOT_MODELLED, {}),
            "notes": self.notes,
        }

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> Scored:
        """Return what `as_plain` was made of."""
        skipped = from_plain(data["skipped"])
        skipped.attrs[NOT_MODELLED] = data["not_modelled"]
        return cls(from_plain(data["residues"]), skipped, data["notes"])


def score(request: Request) -> Scored:
    """Score a file, and collect what would be warned of.

    Examples
    --------
    >>> from .io import example
    >>> scored = score(Request(str(example("1a8o")), "top8000", {}))
    >>> len(scored.residues), len(scored.skipped), scored.notes
    (68, 2, [])
    """
    with _console.collected_warnings() as notes:
        residues, skipped = score_file(request.path, request.reference, request.options)
    return Scored(residues, skipped, notes)


def score_as_plain(request: Request) -> dict[str, Any]:
    """Score a file where only JSON data can be handed back."""
    return score(request).as_plain()


def check_request(reference: str | xr.Dataset, options: Mapping[str, Any]) -> dict[str, Any]:
    """Check what holds for every file, and return all settings with their defaults.

    Raises
    ------
    TypeError
        If there is no such option.
    UsageError
        If the reference or an option has none of its values.
    ImportError
        If gemmi is not installed.

    Examples
    --------
    >>> check_request("top8000", {"max_bond": 1.8})["max_bond"]
    1.8
    """
    bound = signature(backbone_angles).bind("", **options)
    bound.apply_defaults()
    settings = dict(bound.arguments)
    del settings["path"]
    check_options(**settings)
    maps = maps_of(reference)
    if isinstance(reference, str):
        return {"reference": reference, **settings}
    return {"reference": f"{maps.name} {_digest(maps)}", **settings}


def _digest(maps: Maps) -> str:
    """Return what tells a reference of one's own from any other."""
    digest = hashlib.sha256(repr(maps.categories).encode())
    for values in (maps.psi, maps.phi, maps.score, *maps.cuts.values()):
        digest.update(np.ascontiguousarray(values, float).tobytes())
    return digest.hexdigest()


def score_file(
    path: str | PathLike[str], reference: str | xr.Dataset, options: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measure and score a file; the tables are those of `validate`.

    Examples
    --------
    >>> from .io import example
    >>> residues, skipped = score_file(example("1a8o"), "top8000", {})
    >>> residues.loc[0, ["resname", "category", "evaluation"]].tolist()
    ['ASP', 'general', 'Favored']
    """
    measured = tabled_angles if is_angle_table(os.fspath(path)) else backbone_angles
    residues, skipped = measured(path, **options)
    parent = residues["parent"].to_numpy()
    next_parent = residues["next_resname"].to_numpy()
    category = category_codes(parent, next_parent, residues["omega"])
    scorer = scorer_of(reference)
    score = scorer(residues["phi"].to_numpy(), residues["psi"].to_numpy(), category)
    evaluation = evaluation_codes(score, category, scorer)
    category_names = pd.Categorical.from_codes(category, dtype=_CATEGORY, validate=False)
    evaluation_names = pd.Categorical.from_codes(evaluation, dtype=_EVALUATION, validate=False)
    columns: dict[str, Any] = {str(name): residues[name].array for name in residues}
    columns |= {"file": str(path), "category": category_names, "score": score, "evaluation": evaluation_names}
    columns |= _details(residues)
    table = pd.DataFrame({name: columns[name] for name in [*COLUMNS, *DETAILS]}, index=residues.index)
    lacking = np.isnan(scorer.cuts["favored"])[category]
    if lacking.any():
        attrs = skipped.attrs
        skipped = pd.concat([skipped, _without_map(table[lacking])], ignore_index=True)
        skipped.attrs = attrs
        table = table[~lacking].reset_index(drop=True)
    return table, _with_file(skipped, str(path))


def tabled_angles(path: str | PathLike[str], **options: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the angles of a table as `backbone_angles` returns those of a structure; ``model`` is the frame.

    Parameters
    ----------
    path : path
        See `read_angles`.
    **options
        Of `backbone_angles`. They are about atoms, which a table has not: none may be given.

    Returns
    -------
    residues, skipped : DataFrame
        Of residues without a number both are found by their place. A pair with a NaN is skipped, and a residue that
        is none of the standard ones.

    Raises
    ------
    UsageError
        If an option is given.
    ReadError
        If it is no table of angles.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "rama.xvg")
    ...     _ = path.write_text("@TYPE xy" + chr(10) + "-60 -45 ALA-2" + chr(10))
    ...     tabled_angles(path)[0][["model", "resseq", "resname", "phi"]].values.tolist()
    [['1', 2, 'ALA', -60.0]]
    """
    file = file_name(os.fspath(path))
    for name, value in options.items():
        if value is not None and value != signature(backbone_angles).parameters[name].default:
            raise UsageError(f"ramachandran.validate: {file}: {name} is about atoms, and a table of angles has none")
    table = read_angles(os.fspath(path))
    n = len(table)
    names = table["resname"].to_numpy(object)
    parents = parents_of(names)
    blank = np.full(n, "", object)
    identity = {
        "model": table["frame"].astype(str).to_numpy(object),
        "chain": table["chain"].to_numpy(object),
        "resseq": table["resseq"].to_numpy(),
        "icode": table["icode"].to_numpy(object),
        "altloc": blank,
        "resname": names,
    }
    copies = {"segment": blank, "instance": np.ones(n, int)}
    if (parents == "PRO").any():
        warnings.warn(f"{file}: a table tells no bond before proline, so prolines count as trans", stacklevel=2)
        if not table["resseq"].any():
            unknown = "no column resseq tells what stands before proline, so nothing counts as pre-proline"
            warnings.warn(f"{file}: {unknown}", stacklevel=2)
    columns = {
        **identity,
        "phi": table["phi"].to_numpy(),
        "psi": table["psi"].to_numpy(),
        "omega": np.full(n, np.nan),
        "parent": parents,
        "next_resname": parents_of(neighbours(table), modified=True),
        "occupancy": np.ones(n),
        "b_iso": np.full(n, np.nan),
        "chirality": blank,
        "counted": np.ones(n, bool),
        "best": np.ones(n, bool),
        "mirrored": np.zeros(n, bool),
        **copies,
    }
    reason, detail = _why_not(names, parents, columns["phi"], columns["psi"])
    there = reason == ""
    skipped = pd.DataFrame({**identity, "reason": reason, "detail": detail, **copies, **NOTHING_BESIDE})
    return pd.DataFrame(columns)[there].reset_index(drop=True), skipped[~there].reset_index(drop=True)


def _why_not(names: np.ndarray, parents: np.ndarray, phi: np.ndarray, psi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return why each row of a table is no residue that is scored, "" if it is; names may be missing altogether."""
    reason = np.full(len(names), "", object)
    detail = np.full(len(names), "", object)
    if (names != "").any():
        for name in np.unique(names[parents == ""]):
            reason[names == name] = "non-standard"
            detail[names == name] = describe(kind_of(name)) if name else "no name"
    no_angle = np.isnan(phi) | np.isnan(psi)
    reason[no_angle] = "no angle"
    detail[no_angle] = "phi or psi is NaN"
    return reason, detail


def _without_map(residues: pd.DataFrame) -> pd.DataFrame:
    """Return residues of categories that the reference does not know, as rows that are skipped."""
    reason = "the reference has no map for " + residues["category"].astype(str)
    return residues[[*IDENTITY, *COPY, *BESIDE]].assign(reason="no reference", detail=reason)


def _details(residues: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return what stands beside the score: what is odd, the angles as measured, the name for a reader."""
    sign = np.where(residues["mirrored"], -1.0, 1.0)
    return {
        "finding": find(residues),
        "measured_phi": residues["phi"].to_numpy() * sign,
        "measured_psi": residues["psi"].to_numpy() * sign,
        "occupancy": np.round(residues["occupancy"].to_numpy(), DIGITS),
        "b_iso": np.round(residues["b_iso"].to_numpy(), DIGITS),
        "where": names_of(residues),
    }


def _with_file(skipped: pd.DataFrame, file: str) -> pd.DataFrame:
    """Return what `backbone_angles` skipped, as rows of the table that all fields share."""
    columns: dict[str, Any] = {str(name): skipped[name].to_numpy() for name in skipped}
    columns |= {"side": "", "file": file, "where": names_of(skipped), "finding": find_in_skipped(skipped)}
    table = pd.DataFrame({name: columns[name] for name in SKIPPED}, index=skipped.index)
    table.attrs.update(skipped.attrs)
    return table


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
