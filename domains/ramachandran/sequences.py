"""Residues that a file names in its sequences but has no atoms of, and files that end too early.

Conventions
-----------
- The sequences are those of SEQRES, and of ``_entity_poly_seq`` in mmCIF; only those of proteins are looked at.
- A chain's residues with atoms are counted in the first model, each position once. What is left of its sequence is not
  modelled: disordered, cut off, or left out. Such residues are no rows of either table, which hold residues with atoms.
- A file may be cut off at the end of a line. It says so itself where its last line is an atom although its sequences
  have more residues, or where a MODEL has no ENDMDL.

References
----------
wwPDB file format 3.3, sections 3 (SEQRES) and 9 (MODEL, ENDMDL). PDBx/mmCIF dictionary 5 (entity_poly_seq).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .atoms import Bools
from .layout import Layout

_ATOM = re.compile(rb"(?:ATOM|HETATM|ANISOU)\b", re.IGNORECASE)
_LONG_LINE = 4096
"""Bytes at the end of a file that hold its last line, and blanks after it."""
_ENOUGH = 8
"""Residues of a sequence that are looked up: a protein's first ones are amino acids, or some of them."""


@dataclass(frozen=True, slots=True)
class Sequences:
    """What a file says of its chains beside their atoms.

    Attributes
    ----------
    named : dict of str to int
        How many residues each sequence has, by chain in PDB, by ``label_asym_id`` in mmCIF.
    by_segment : bool
        Whether by ``label_asym_id``.
    ends_with_atom : bool
        Whether the last line is an atom, and no line follows that ends the file.
    open_model : str
        The number of a MODEL that has no end, "" for none.
    """

    named: Mapping[str, int]
    by_segment: bool = False
    ends_with_atom: bool = False
    open_model: str = ""


NO_SEQUENCES = Sequences({})


def sequences_of(structure: Any, text: bytes, *, is_cif: bool) -> Sequences:
    r"""Return what a file says of its sequences and its end.

    Parameters
    ----------
    structure : gemmi.Structure
    text : bytes
        Of the file.
    is_cif : bool
        Whether it is mmCIF, and not PDB.

    Returns
    -------
    Sequences

    Examples
    --------
    >>> import gemmi
    >>> text = "SEQRES   1 A    3  ALA GLY SER\nATOM      1  CA  ALA A   1      11.000  12.000  13.000  1.00 10.00\n"
    >>> sequences_of(gemmi.read_pdb_string(text), text.encode(), is_cif=False)
    Sequences(named={'A': 3}, by_segment=False, ends_with_atom=True, open_model='')
    """
    named: dict[str, int] = {}
    for entity in structure.entities:
        sequence = entity.full_sequence
        if not len(sequence) or not _is_protein(sequence):
            continue
        for name in entity.subchains if is_cif else [entity.name]:
            named[name] = len(sequence)
    last_line = text[-_LONG_LINE:].rstrip().rpartition(b"\n")[2]
    return Sequences(
        named=named,
        by_segment=is_cif,
        ends_with_atom=_ATOM.match(last_line) is not None,
        open_model="" if is_cif else _open_model(text),
    )


def sequences_of_rows(residues: Iterable[tuple[str, str, str]], chains: Iterable[tuple[str, str]]) -> Sequences:
    """Return what the rows of ``_entity_poly_seq`` and ``_struct_asym`` say.

    Parameters
    ----------
    residues : iterable of (entity, number, name)
        Several names under one number are one residue.
    chains : iterable of (label_asym_id, entity)

    Returns
    -------
    Sequences

    Examples
    --------
    >>> rows = [("1", "1", "ALA"), ("1", "2", "GLY"), ("1", "2", "SER"), ("2", "1", "DA")]
    >>> sequences_of_rows(rows, [("A", "1"), ("B", "2")]).named
    {'A': 2}
    """
    of_entity: dict[str, dict[str, str]] = {}
    for entity, number, name in residues:
        of_entity.setdefault(entity, {}).setdefault(number, name)
    named = {}
    for chain, entity in chains:
        sequence = list(of_entity.get(entity, {}).values())
        if sequence and _is_protein(sequence):
            named[chain] = len(sequence)
    return Sequences(named, by_segment=True)


def count_not_modelled(sequences: Sequences, layout: Layout, polymer: Bools) -> dict[str, int]:
    """Return how many residues of each chain's sequence have no atoms, for the chains that lack some.

    Parameters
    ----------
    sequences : Sequences
    layout : Layout
    polymer : ndarray of bool, shape (residues,)
        Which residues are of polymers.

    Returns
    -------
    dict of str to int
        By the author's chain; by ``label_asym_id`` where a chain has no atoms at all.
    """
    if not sequences.named:
        return {}
    missing: dict[str, int] = {}
    left = dict(sequences.named)
    for chain, segment, n_modelled in layout.modelled(polymer):
        name = segment if sequences.by_segment else chain
        n_left = left.pop(name, 0) - n_modelled
        if n_left > 0:
            missing[chain] = missing.get(chain, 0) + n_left
    return {**missing, **left}


def why_cut_off(sequences: Sequences, missing: Mapping[str, int]) -> str:
    """Return why a file seems to be cut off, "" for one that does not.

    Examples
    --------
    >>> why_cut_off(Sequences({"A": 76}, ends_with_atom=True), {"A": 20})
    'it ends with an atom, and 20 residues of its sequences have none (A: 20); fetch it again if they should have'
    """
    if sequences.open_model:
        return f"it ends within MODEL {sequences.open_model}, which has no ENDMDL; fetch it again, or write ENDMDL"
    if not missing or not sequences.ends_with_atom:
        return ""
    chains = ", ".join(f"{chain}: {n}" for chain, n in missing.items())
    found = f"it ends with an atom, and {sum(missing.values())} residues of its sequences have none ({chains})"
    return f"{found}; fetch it again if they should have"


def _open_model(text: bytes) -> str:
    """Return the number of the last MODEL of a PDB file if no ENDMDL follows it."""
    begin = text.rfind(b"\nMODEL ")
    if begin < 0 or text.find(b"\nENDMDL", begin) > 0:
        return ""
    return text[begin + 1 : begin + 81].split(b"\n")[0].removeprefix(b"MODEL").decode("latin-1").strip()


def _is_protein(sequence: list[str]) -> bool:
    import gemmi

    first = [gemmi.Entity.first_mon(names) for names in sequence[:_ENOUGH]]
    return bool(np.any([gemmi.find_tabulated_residue(name).is_amino_acid() for name in first]))
