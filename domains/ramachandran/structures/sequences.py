"""Residues that a file names in its sequences but has no atoms of, and files that end too early.

Conventions
-----------
- The sequences are those of SEQRES, and of ``_entity_poly_seq`` in mmCIF; only those of proteins are looked at.
- In mmCIF ``_struct_asym`` says which chain has which, and ``label_entity_id`` of the atoms where it does not. Where
  neither does and there is one sequence, all chains have that one.
- A chain's residues with atoms are counted in the first model, each position once. What is left of its sequence is not
  modelled: disordered, cut off, or left out. Such residues are no rows of either table, which hold residues with atoms.
- Copies under one chain share its sequence if that is long enough for all of them. Otherwise each has all of it.
- A file may be cut off at the end of a line. It says so itself where its last line is an atom although its sequences
  have more residues. So does a PDB file, in which TER or END follows the atoms, if its last residue lacks an atom of
  the backbone that the one before has, if a MODEL has no ENDMDL, or if NUMMDL names more models.

References
----------
wwPDB file format 3.3, sections 2 (NUMMDL), 3 (SEQRES) and 9 (MODEL, ENDMDL). PDBx/mmCIF dictionary 5 (entity_poly_seq,
struct_asym).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .atoms import Bools
from .layout import Layout

Column = Callable[..., list[str]]
"""Returns a column as texts, "" for what is not known, given its category and its names: the first that has values."""

_ATOM = re.compile(rb"(?:ATOM|HETATM|ANISOU)\b", re.IGNORECASE)
_LONG_LINE = 4096
"""Bytes at the end of a file that hold its last line, and blanks after it."""
_NUMBER_OF_MODELS = re.compile(rb"\nNUMMDL +(\d+)", re.IGNORECASE)
_ENOUGH = 8
"""Residues of a sequence that are looked up: a protein's first ones are amino acids, or some of them."""


@dataclass(frozen=True, slots=True)
class Sequences:
    """What a file says of its chains beside their atoms.

    Attributes
    ----------
    named : dict of str to int
        How many residues each sequence has, by chain in PDB, by ``label_asym_id`` in mmCIF.
    of_others : int
        How many the sequence of all other chains has, 0 for none.
    by_segment : bool
        Whether by ``label_asym_id``.
    ends_with_atom : bool
        Whether the last line is an atom, and no line follows that ends the file.
    open_model : str
        The number of a MODEL that has no end, "" for none.
    n_models : int
        How many models a PDB file says that it has, if its last line is ENDMDL; 0 elsewhere.
    """

    named: Mapping[str, int]
    of_others: int = 0
    by_segment: bool = False
    ends_with_atom: bool = False
    open_model: str = ""
    n_models: int = 0


NO_SEQUENCES = Sequences({})


def sequences_of_pdb(structure: Any, text: bytes) -> Sequences:
    r"""Return what a PDB file says of its sequences and its end.

    Parameters
    ----------
    structure : gemmi.Structure
    text : bytes
        Of the file.

    Returns
    -------
    Sequences

    Examples
    --------
    >>> import gemmi
    >>> text = "SEQRES   1 A    3  ALA GLY SER\nATOM      1  CA  ALA A   1      11.000  12.000  13.000  1.00 10.00\n"
    >>> sequences = sequences_of_pdb(gemmi.read_pdb_string(text), text.encode())
    >>> sequences.named, sequences.ends_with_atom
    ({'A': 3}, True)
    """
    proteins = [entity for entity in structure.entities if _is_protein(entity.full_sequence)]
    n_models = _NUMBER_OF_MODELS.search(text)
    ends_with_model = _last_line(text).upper().startswith(b"ENDMDL")
    return Sequences(
        named={entity.name: len(entity.full_sequence) for entity in proteins},
        ends_with_atom=_ends_with_atom(text),
        open_model=_open_model(text),
        n_models=int(n_models.group(1)) if n_models and ends_with_model else 0,
    )


def sequences_of_cif(column: Column, text: bytes = b"") -> Sequences:
    """Return what an mmCIF or BinaryCIF file says of its sequences and its end.

    Parameters
    ----------
    column : callable
        Returns a column of the file.
    text : bytes
        Of an mmCIF file.

    Returns
    -------
    Sequences

    Examples
    --------
    >>> columns = {"entity_id": ["1", "1", "1"], "num": ["1", "2", "2"], "mon_id": ["ALA", "GLY", "SER"]}
    >>> def column(category, *names):
    ...     return columns[names[0]] if category == "_entity_poly_seq" else []
    >>> sequences_of_cif(column).of_others
    2
    """
    lengths = _lengths(column)
    chains = _pairs(column("_struct_asym", "id"), column("_struct_asym", "entity_id"))
    if not lengths.keys() <= set(chains.values()):
        atoms = _pairs(column("_atom_site", "label_asym_id", "auth_asym_id"), column("_atom_site", "label_entity_id"))
        chains = atoms | chains
    named = {chain: lengths[entity] for chain, entity in chains.items() if lengths.get(entity)}
    of_others = 0
    if not named and len(lengths) == 1:
        of_others = max(lengths.values())
    return Sequences(
        named=named,
        of_others=of_others,
        by_segment=True,
        ends_with_atom=_ends_with_atom(text),
    )


def _lengths(column: Column) -> dict[str, int]:
    """Return how many residues the sequence of each entity has, 0 for what is no protein."""
    category = "_entity_poly_seq"
    rows = zip(column(category, "entity_id"), column(category, "num"), column(category, "mon_id"), strict=False)
    of_entity: dict[str, dict[str, str]] = {}
    for entity, number, name in rows:
        # several names under one number are one residue
        of_entity.setdefault(entity, {}).setdefault(number, name)
    sequences = {entity: list(names.values()) for entity, names in of_entity.items()}
    return {entity: len(names) if _is_protein(names) else 0 for entity, names in sequences.items()}


def _pairs(chains: list[str], entities: list[str]) -> dict[str, str]:
    return {chain: entity for chain, entity in zip(chains, entities, strict=False) if entity}


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
    if not sequences.named and not sequences.of_others:
        return {}
    left = dict(sequences.named)
    copies: dict[tuple[str, str], list[int]] = {}
    for chain, segment, n_modelled in layout.modelled(polymer):
        name = segment if sequences.by_segment else chain
        copies.setdefault((chain, name), []).append(n_modelled)
    missing: dict[str, int] = {}
    for (chain, name), modelled in copies.items():
        n_left = _left_of(left.pop(name, sequences.of_others), modelled)
        if n_left > 0:
            missing[chain] = missing.get(chain, 0) + n_left
    return {**missing, **left}


def _left_of(length: int, modelled: list[int]) -> int:
    """Return how many residues of a sequence its copies lack, given how many they have."""
    if sum(modelled) <= length:
        return length - sum(modelled)
    return sum(length - n for n in modelled if n < length)


def why_cut_off(sequences: Sequences, missing: Mapping[str, int], n_models: int, lacking: str) -> str:
    """Return why a file seems to be cut off, "" for one that does not.

    Parameters
    ----------
    sequences : Sequences
    missing : mapping of str to int
        As `count_not_modelled` returns it.
    n_models : int
        How many models were read.
    lacking : str
        What its last residue lacks, "" for nothing.

    Returns
    -------
    str

    Examples
    --------
    >>> why_cut_off(Sequences({"A": 76}, ends_with_atom=True), {"A": 20}, n_models=1, lacking="")
    'it ends with an atom, and 20 residues of its sequences have none (A: 20); fetch it again if they should have'
    """
    if sequences.open_model:
        return f"it ends within MODEL {sequences.open_model}, which has no ENDMDL; fetch it again, or write ENDMDL"
    if sequences.n_models > n_models:
        named = f"NUMMDL names {sequences.n_models} models, and it ends after {n_models}"
        return f"{named}; fetch it again, or write END if it should"
    if not sequences.ends_with_atom:
        return ""
    if missing:
        chains = ", ".join(f"{chain}: {n}" for chain, n in missing.items())
        found = f"it ends with an atom, and {sum(missing.values())} residues of its sequences have none ({chains})"
        return f"{found}; fetch it again if they should have"
    if lacking and not sequences.by_segment:
        return f"it ends with an atom, and {lacking}; fetch it again if it should have"
    return ""


def _ends_with_atom(text: bytes) -> bool:
    return _ATOM.match(_last_line(text)) is not None


def _last_line(text: bytes) -> bytes:
    return text[-_LONG_LINE:].rstrip().rpartition(b"\n")[2]


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
