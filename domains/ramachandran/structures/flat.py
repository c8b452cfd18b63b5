"""The atoms of a structure as flat arrays, one value an atom.

Conventions
-----------
- gemmi stores a name in eight bytes. Names are compared as the integers that these bytes are, which is much faster than
  as text.
- The order is gemmi's, which joins a residue to an earlier one of its part with the same number, code and name; or that
  of the file, where a reader says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .atoms import Floats, Ints
from .groups import begins

COLUMNS = (
    "subchains",
    "resnums",
    "icodes",
    "residue_names",
    "atom_names",
    "altlocs",
    "serials",
    "pos",
    "occ",
    "b_iso",
)
"""What is taken of gemmi's arrays."""
PART = 4096
"""How many atoms of gemmi's table stay in the cache."""
LONGEST_NAME = 7
"""Letters of a name that gemmi's arrays have space for."""

Numbers = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """All atoms of a structure.

    Attributes
    ----------
    model, chain, part : ndarray of int, shape (n,)
        The model's and the chain name's index, and a number that changes where the walk along a chain stops.
    segment : ndarray of int, shape (n,)
        What tells residues apart beside chain and number: ``label_asym_id`` or segment identifier, as eight bytes.
    resseq, icode, resname : ndarray of int, shape (n,)
        The residue: its number, the code of its insertion letter, and its name as eight bytes.
    name, altloc, serial : ndarray of int, shape (n,)
        The atom: its name as eight bytes, the code of its altloc (0 for none), and its serial number.
    position : ndarray, shape (n, 3)
        Ångström, NaN where the file has none.
    occupancy, b_iso : ndarray, shape (n,)
    chain_names : list of str
        Each once.
    segment_names : dict
        Names of segments, by the numbers that are not the eight bytes themselves.

    Examples
    --------
    >>> import gemmi
    >>> line = "ATOM      1  CA  ALA A   7      11.000  12.000  13.000  1.00 10.00"
    >>> flat = flatten(gemmi.read_pdb_string(line))
    >>> flat.chain_names, flat.resseq, as_text(flat.name[0])
    (['A'], array([7], dtype=int32), 'CA')
    """

    model: Ints
    chain: Ints
    part: Ints
    segment: Ints
    resseq: Numbers
    icode: Numbers
    resname: Ints
    name: Ints
    altloc: Numbers
    serial: Numbers
    position: Floats
    occupancy: Numbers
    b_iso: Numbers
    chain_names: list[str]
    segment_names: dict[int, str]

    def take(self, order: Ints) -> Flat:
        """Return the atoms in another order, or some of them."""
        columns: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        names = {"chain_names", "segment_names"}
        for name in columns.keys() - names:
            columns[name] = columns[name][order]
        return Flat(**columns)


def flatten(structure: Any, segment: Ints | None = None) -> Flat:
    """Return the atoms of a structure that gemmi has read.

    Parameters
    ----------
    structure : gemmi.Structure
        Its chains are parts: read without merging, and split at TER. Where gemmi's arrays have no space for its names,
        these are changed in it.
    segment : ndarray of int, optional
        Each atom's segment identifier in a PDB file, as eight bytes: where a chain has no name, its segments are its
        parts. By default the file is mmCIF, and its ``label_asym_id`` is taken.

    Returns
    -------
    Flat

    Raises
    ------
    ImportError
        If gemmi is not installed.
    """
    chains = [chain for model in structure for chain in model]
    atoms_in_chain = [chain.count_atom_sites() for chain in chains]
    model_of_chain = np.repeat(np.arange(len(structure)), [len(model) for model in structure])
    # a chain that is interrupted stands here several times, under one name
    code_of_chain, names = pd.factorize(np.array([chain.name for chain in chains], dtype=object))
    arrays, segment_names = _gemmi_arrays(structure)
    columns = _columns(arrays)
    chain = np.repeat(code_of_chain, atoms_in_chain)
    number_of_chain = np.repeat(np.arange(len(chains)), atoms_in_chain)
    if segment is None:
        segment = as_integers(columns["subchains"])
        within_chain = segment
    else:
        within_chain = where_unnamed(segment, chain, list(names))
    return Flat(
        model=np.repeat(model_of_chain, atoms_in_chain),
        chain=chain,
        part=np.cumsum(begins(number_of_chain, within_chain)) - 1,
        segment=segment,
        resseq=columns["resnums"],
        icode=columns["icodes"],
        resname=as_integers(columns["residue_names"]),
        name=as_integers(columns["atom_names"]),
        altloc=columns["altlocs"],
        serial=columns["serials"],
        position=columns["pos"],
        occupancy=columns["occ"],
        b_iso=columns["b_iso"],
        chain_names=list(names),
        segment_names=segment_names,
    )


def where_unnamed(segment: Ints, chain: Ints, chain_names: Sequence[str]) -> Ints:
    """Return the segments of the atoms whose chain has no name, 0 for all others.

    Examples
    --------
    >>> where_unnamed(np.array([7, 7, 8]), np.array([0, 1, 1]), ["A", ""]).tolist()
    [0, 7, 8]
    """
    if "" not in chain_names:
        return np.zeros_like(segment)
    return np.where(chain == list(chain_names).index(""), segment, 0)


def as_integers(names: Any) -> Ints:
    """Return names of eight bytes as one integer each.

    Examples
    --------
    >>> as_text(as_integers(np.array([b"CA"], dtype="S8"))[0])
    'CA'
    """
    return np.ascontiguousarray(names).view(np.int64).ravel()


def as_integer(name: str) -> np.int64:
    """Return a name as the integer that its eight bytes are.

    Examples
    --------
    >>> as_text(as_integer("CA"))
    'CA'
    """
    padded = name.encode().ljust(8, b"\0")
    number: np.int64 = np.frombuffer(padded, dtype=np.int64)[0]
    return number


def as_text(name: np.int64) -> str:
    """Return the name that an integer stands for.

    Examples
    --------
    >>> as_text(as_integer("ALA"))
    'ALA'
    """
    return name.tobytes().rstrip(b"\0").decode("latin-1")


def _columns(arrays: Any) -> dict[str, Numbers]:
    """Return gemmi's arrays, each by itself: they are columns of one table of atoms, which is read once, in parts."""
    of_table: dict[str, Numbers] = {name: getattr(arrays, name) for name in COLUMNS}
    columns = {name: np.empty(column.shape, column.dtype) for name, column in of_table.items()}
    for begin in range(0, len(of_table["serials"]), PART):
        part = slice(begin, begin + PART)
        for name, column in of_table.items():
            columns[name][part] = column[part]
    return columns


def _gemmi_arrays(structure: Any) -> tuple[Any, dict[int, str]]:
    """Return gemmi's arrays, and the names of segments that were shortened for them."""
    import gemmi

    try:
        return gemmi.FlatStructure(structure), {}
    except RuntimeError:
        # it has no space for names of eight letters: shorten those that are not used again
        short = _shorten_names(structure)
        return gemmi.FlatStructure(structure), {int(as_integer(number)): name for name, number in short.items()}


def _shorten_names(structure: Any) -> dict[str, str]:
    short: dict[str, str] = {}
    for model in structure:
        for chain in model:
            chain.name = "long"
            for residue in chain:
                residue.subchain = short.setdefault(residue.subchain, str(len(short)))
                residue.entity_id = ""
                for atom in residue:
                    # none of those that the walk looks at
                    if len(atom.name) > LONGEST_NAME:
                        atom.name = "long"
    return short
