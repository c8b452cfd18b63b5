"""What is odd about a residue beside its label: its peptide bond, its hand, its id.

Conventions
-----------
- The peptide bond is the one *before* the residue. It is cis if -30° < omega < 30°, trans if omega < -150° or > 150°,
  and *twisted* otherwise, as MolProbity's omegalyze has it.
- A cis bond before proline is common: it is counted, and is no finding. Before any other residue it is one.
- A residue has the *wrong hand* if it is D by its N, CA, C and CB under the name of an L residue, or L under a D name.
- An id is *duplicate* if an earlier residue of the file has all of it: model, chain, number, insertion code, conformer
  and name; so it is throughout the second copy of a chain.
- Findings are counted by residues: of several conformers with the same finding one counts.
- Residues that are skipped are looked at as well, as far as they are known: the bond before the last residue of a
  chain, the hand of its first. Of a modified residue that is not taken, nothing is.

References
----------
Williams, C. J. et al. (2018). MolProbity: more and better reference data for improved all-atom structure
validation. Protein Sci. 27, 293. doi:10.1002/pro.3330
Croll, T. I. (2015). The rate of cis-trans conformation errors is increasing in low-resolution crystal structures.
Acta Cryst. D71, 706. doi:10.1107/S1399004715000826
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np
import pandas as pd

from ..structures.angles import IDENTITY
from ..structures.atoms import Bools, Objects
from ..structures.conformers import DUPLICATE
from ..structures.residues import kind_of

CIS = "cis non-proline"
TWISTED = "twisted peptide"
WRONG_HAND = "wrong hand"
DUPLICATE_ID = DUPLICATE[0]

CIS_WITHIN = 30.0
TRANS_BEYOND = 150.0

COUNTED = {CIS: "cis_nonproline", TWISTED: "twisted", WRONG_HAND: "wrong_hand", DUPLICATE_ID: "duplicate_id"}
"""The findings, in the order of a table, and what a summary calls their counts."""
OF_SKIPPED = (CIS, TWISTED, WRONG_HAND)
"""The findings of residues that are skipped."""
NOT_MODELLED = "not_modelled"
"""Attribute of `skipped`: how many residues of each chain's sequence have no atoms."""

POSITION = ("file", "model", "chain", "resseq", "icode", "instance")
"""What the conformers of a residue share."""


def find(residues: pd.DataFrame, names: Container[str] = tuple(COUNTED)) -> Objects:
    """Name what is odd about residues.

    Parameters
    ----------
    residues : DataFrame
        Of one file, with the columns of `backbone_angles`.
    names : container of str
        Which findings are looked for.

    Returns
    -------
    ndarray of str (objects), shape (n,)
        "" for nothing; several findings are parted by "; ".

    Examples
    --------
    >>> columns = [*IDENTITY, "instance", "parent", "omega", "chirality"]
    >>> identity = ["", "A", 1, "", "", "ALA"]
    >>> odd = pd.DataFrame([[*identity, 1, "ALA", 3.0, "D"], [*identity, 2, "ALA", 180.0, "L"]], columns=columns)
    >>> find(odd).tolist()
    ['cis non-proline; wrong hand', 'duplicate id']
    """
    found = np.full(len(residues), "", dtype=object)
    for name, are_odd in _TESTS.items():
        if name not in names:
            continue
        for i in np.flatnonzero(are_odd(residues)):
            found[i] = f"{found[i]}; {name}" if found[i] else name
    return found


def find_in_skipped(skipped: pd.DataFrame) -> Objects:
    """Name what is odd about residues that have not both phi and psi; their ids stand in ``reason``.

    Parameters
    ----------
    skipped : DataFrame
        Of one file, as `backbone_angles` returns it.

    Returns
    -------
    ndarray of str (objects), shape (n,)

    Examples
    --------
    >>> last = pd.DataFrame({"resname": ["ALA"], "parent": "ALA", "omega": 80.0, "chirality": "L"})
    >>> find_in_skipped(last).tolist()
    ['twisted peptide']
    """
    found = find(skipped, OF_SKIPPED)
    found[skipped["parent"].to_numpy() == ""] = ""
    return found


def marks(residues: pd.DataFrame) -> dict[str, Bools]:
    """Mark the residues of each finding, those that are turned, and those with a cis bond before proline.

    Parameters
    ----------
    residues : DataFrame
        As `validate` returns it.

    Returns
    -------
    dict of str to ndarray of bool, shape (n,)
        ``cis_nonproline twisted wrong_hand duplicate_id cis_proline mirrored``; of skipped residues none is mirrored.

    Examples
    --------
    >>> odd = {"finding": ["", "wrong hand"], "omega": [3.0, 180.0], "parent": ["PRO", "ALA"]}
    >>> [name for name, rows in marks(pd.DataFrame({**odd, "mirrored": [False, True]})).items() if rows.any()]
    ['wrong_hand', 'cis_proline', 'mirrored']
    """
    marked = {column: has(residues, name) for name, column in COUNTED.items()}
    omega = np.abs(residues["omega"].to_numpy(float))
    proline = (residues["parent"] == "PRO").to_numpy()
    marked["cis_proline"] = proline & (omega < CIS_WITHIN)
    if "mirrored" in residues:
        marked["mirrored"] = residues["mirrored"].to_numpy(bool)
    return marked


def has(residues: pd.DataFrame, name: str) -> Bools:
    """Mark the residues that have a finding.

    Examples
    --------
    >>> has(pd.DataFrame({"finding": ["", "cis non-proline; wrong hand"]}), WRONG_HAND).tolist()
    [False, True]
    """
    marked: Bools = residues["finding"].str.contains(name, regex=False).to_numpy(bool)
    return marked


def _is_cis(residues: pd.DataFrame) -> Bools:
    omega = np.abs(residues["omega"].to_numpy(float))
    proline = residues["parent"].to_numpy() == "PRO"
    is_cis: Bools = (omega < CIS_WITHIN) & ~proline
    return is_cis


def _is_twisted(residues: pd.DataFrame) -> Bools:
    omega = np.abs(residues["omega"].to_numpy(float))
    twisted: Bools = (omega >= CIS_WITHIN) & (omega <= TRANS_BEYOND)
    return twisted


def _has_wrong_hand(residues: pd.DataFrame) -> Bools:
    chirality = residues["chirality"].to_numpy()
    resname = residues["resname"].to_numpy()
    d_names = [name for name in set(resname) if kind_of(name).kind == "D"]
    named_d = np.isin(resname, d_names) if d_names else np.zeros(len(resname), dtype=bool)
    wrong: Bools = np.where(named_d, chirality == "L", chirality == "D")
    return wrong


def _repeats_an_id(residues: pd.DataFrame) -> Bools:
    if (residues["instance"].to_numpy() == 1).all():
        return np.zeros(len(residues), dtype=bool)
    repeated: Bools = residues.duplicated(IDENTITY).to_numpy()
    return repeated


_TESTS = {
    CIS: _is_cis,
    TWISTED: _is_twisted,
    WRONG_HAND: _has_wrong_hand,
    DUPLICATE_ID: _repeats_an_id,
}
"""Which residues have each finding."""
