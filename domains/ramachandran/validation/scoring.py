"""One file scored: what a job over many files does with each, here or in another process.

Conventions
-----------
- A file is a structure, or a table of angles; both give the same tables.
- Tables travel as plain data (`plain_tables`), and warnings travel with them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from inspect import signature
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ... import _console
from ..._text import file_name, for_table
from ..empirical import CATEGORIES, EVALUATIONS, Maps, Scorer, category_codes, evaluation_codes, maps_of, scorer_of
from ..regions.angle_tables import is_angle_table
from ..regions.swapped import warn_of_swap
from ..structures.angles import BESIDE, COPY, IDENTITY
from ..structures.backbone import backbone_angles, check_options
from .findings import NOT_MODELLED, find, find_in_skipped
from .plain_tables import as_plain, from_plain
from .residue_names import names_of
from .tabled import tabled_angles

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
    >>> from ..regions.io import example
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
    >>> from ..regions.io import example
    >>> residues, skipped = score_file(example("1a8o"), "top8000", {})
    >>> residues.loc[0, ["resname", "category", "evaluation"]].tolist()
    ['ASP', 'general', 'Favored']
    """
    measured = tabled_angles if is_angle_table(os.fspath(path)) else backbone_angles
    residues, skipped = measured(path, **options)
    category = category_codes(residues["parent"].to_numpy(), residues["next_resname"].to_numpy(), residues["omega"])
    scorer = scorer_of(reference)
    score = scorer(residues["phi"].to_numpy(), residues["psi"].to_numpy(), category)
    evaluation = evaluation_codes(score, category, scorer)

    if measured is tabled_angles:
        _warn_of_swap(residues, category, scorer, file_name(os.fspath(path)))

    columns: dict[str, Any] = {str(name): residues[name].array for name in residues}
    columns["file"] = for_table(str(path))
    columns["category"] = pd.Categorical.from_codes(category, dtype=_CATEGORY, validate=False)
    columns["score"] = score
    columns["evaluation"] = pd.Categorical.from_codes(evaluation, dtype=_EVALUATION, validate=False)
    columns |= _details(residues)
    table = pd.DataFrame({name: columns[name] for name in [*COLUMNS, *DETAILS]}, index=residues.index)

    lacking = np.isnan(scorer.cuts["favored"])[category]
    if lacking.any():
        attrs = skipped.attrs
        skipped = pd.concat([skipped, _without_map(table[lacking])], ignore_index=True)
        skipped.attrs = attrs
        table = table[~lacking].reset_index(drop=True)
    return table, _with_file(skipped, for_table(str(path)))


def _warn_of_swap(residues: pd.DataFrame, category: np.ndarray, scorer: Scorer, file: str) -> None:
    """Warn if the columns of a table fit far better exchanged."""

    def favored(phi: np.ndarray, psi: np.ndarray) -> float:
        is_favored = scorer(phi, psi, category) >= scorer.cuts["favored"][category]
        return np.count_nonzero(is_favored) / len(phi)

    remedy = "exchange the names phi and psi in its header, or its columns"
    warn_of_swap(favored, residues["phi"].to_numpy(), residues["psi"].to_numpy(), file, remedy)


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
    columns: dict[str, Any] = {str(name): skipped[name].array for name in skipped}
    columns |= {"side": "", "file": file, "where": names_of(skipped), "finding": find_in_skipped(skipped)}
    table = pd.DataFrame({name: columns[name] for name in SKIPPED}, index=skipped.index)
    table.attrs.update(skipped.attrs)
    return table
