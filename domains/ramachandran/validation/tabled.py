"""A table of angles as residues: what `backbone_angles` returns of a structure, as far as a table says it.

Conventions
-----------
- ``model`` is the frame. Residues without a number are found by their place.
- A table has no atoms: there is no omega, no hand, no B factor, and a proline counts as trans.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from inspect import signature
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from ..._checks import UsageError
from ..._files import ReadError
from ..._text import file_name
from ..regions.angle_tables import neighbours, read_angles
from ..structures.angles import NOTHING_BESIDE
from ..structures.backbone import backbone_angles
from ..structures.residues import describe, kind_of, parents_of

LEAST_NODES = 6
"""Of angles along a circle that are taken for a grid."""


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
        If it is no table of angles, or one of every node of a grid, as a map is.

    Warns
    -----
    UserWarning
        If the table names no residues, or names prolines: what stands before them is not in it.

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
    _refuse_options(file, options)
    table = read_angles(os.fspath(path))
    n = len(table)
    names = table["resname"].to_numpy(object)
    parents = parents_of(names)
    if not (names != "").any():
        _refuse_grid(file, table)
        said = "no names of residues, so all count as general; a column resname tells glycine, proline and the others"
        warnings.warn(f"{file}: {said}", stacklevel=2)
    if (parents == "PRO").any():
        _warn_of_prolines(file, table)

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
    is_scored = reason == ""
    residues = pd.DataFrame(columns)[is_scored]
    skipped = pd.DataFrame({**identity, "reason": reason, "detail": detail, **copies, **NOTHING_BESIDE})[~is_scored]
    return residues.reset_index(drop=True), skipped.reset_index(drop=True)


def _refuse_grid(file: str, table: pd.DataFrame) -> None:
    """Refuse pairs that are every node of a grid: a map, whose values would go unread."""
    n_phi = table["phi"].nunique()
    n_psi = table["psi"].nunique()
    pairs = table[["phi", "psi"]].drop_duplicates()
    if min(n_phi, n_psi) >= LEAST_NODES and len(pairs) == len(table) == n_phi * n_psi:
        raise ReadError(
            f"its phi and psi are the nodes of a grid of {n_phi} x {n_psi}, so it is a map and no table of residues; "
            "compare reads maps: overlap ramachandran compare"
        )


def _refuse_options(file: str, options: Mapping[str, Any]) -> None:
    defaults = signature(backbone_angles).parameters
    for name, value in options.items():
        if value is not None and value != defaults[name].default:
            raise UsageError(f"ramachandran.validate: {file}: {name} is about atoms, and a table of angles has none")


def _warn_of_prolines(file: str, table: pd.DataFrame) -> None:
    warnings.warn(f"{file}: a table tells no bond before proline, so prolines count as trans", stacklevel=3)
    if not table["resseq"].any():
        unknown = "no column resseq tells what stands before proline, so nothing counts as pre-proline"
        warnings.warn(f"{file}: {unknown}", stacklevel=3)


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
