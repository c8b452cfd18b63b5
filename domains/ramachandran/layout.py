"""The layout of a structure in gemmi's flat arrays: where residues begin, which are of a polymer, which atoms count.

Conventions
-----------
- A residue begins where the chain, the part, the number, the insertion code or the name changes. The part is mmCIF's
  ``label_asym_id``, and in a PDB file without chain names the segment.
- gemmi stores a name in eight bytes. Names are compared as the integers that these bytes are, which is much faster than
  as text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .atoms import ATOM_NAMES, CA, LETTERS, Atoms, Bools, C, Ints, N, Residues
from .groups import begins, group

LONGEST_NAME = 7
"""Letters of a name that gemmi's arrays have space for."""


class Layout:
    """gemmi's flat arrays, with the residues marked out.

    Parameters
    ----------
    structure : gemmi.Structure
        Its chains are parts: read without merging, and split at TER. Where gemmi's arrays have no space for the names
        of its chains, these are changed in it.

    Attributes
    ----------
    names : list of str
        The residue names, each once.
    name : ndarray of int, shape (residues,)
        Each residue's index into `names`.
    first : ndarray of int, shape (residues,)
        Its first atom.
    residue : ndarray of int, shape (atoms,)
        Each atom's residue.
    atom : ndarray of int, shape (atoms,)
        Its index into ``ATOM_NAMES``; -1 for an atom that the walk does not look at.

    Raises
    ------
    ImportError
        If gemmi is not installed.

    Examples
    --------
    >>> import gemmi
    >>> line = "ATOM      1  CA  ALA A   7      11.000  12.000  13.000  1.00 10.00"
    >>> layout = Layout(gemmi.read_pdb_string(line))
    >>> layout.names, layout.polymer(np.array([True]))
    (['ALA'], array([ True]))
    """

    def __init__(self, structure: Any) -> None:
        chains = [chain for model in structure for chain in model]
        chains_in_model = [len(model) for model in structure]
        atoms_in_chain = [chain.count_atom_sites() for chain in chains]
        self._model_of_chain = np.repeat(np.arange(len(structure)), chains_in_model)
        self._chain = np.repeat(np.arange(len(chains)), atoms_in_chain)
        self._chain_names = [chain.name for chain in chains]
        self._flat = _flatten(structure)
        if all(self._chain_names):
            self._segment = _as_integers(self._flat.subchains)
        else:
            self._segment = _segments(chains)

        residue_name = _as_integers(self._flat.residue_names)
        starts = begins(self._chain, self._segment, self._flat.resnums, self._flat.icodes, residue_name)
        self.first = np.flatnonzero(starts)
        self.residue = np.cumsum(starts) - 1

        names, self.name = np.unique(residue_name[self.first], return_inverse=True)
        self.names = [_text(name) for name in names]
        self.atom = np.full(len(residue_name), -1)
        atom_name = _as_integers(self._flat.atom_names)
        for code, name in enumerate(ATOM_NAMES):
            self.atom[atom_name == _integer(name)] = code

    def polymer(self, known: Bools) -> Bools:
        """Mark the residues of polymers: known by name, or by having N, CA and C.

        Parameters
        ----------
        known : ndarray of bool, shape (len(names),)
            The names of polymers' residues.

        Returns
        -------
        ndarray of bool, shape (residues,)
        """
        # the last column takes all other atoms, whose code is -1
        has = np.zeros((len(self.first), len(ATOM_NAMES) + 1), dtype=bool)
        has[self.residue, self.atom] = True
        backbone: Bools = has[:, N] & has[:, CA] & has[:, C]
        return known[self.name] | backbone

    def numbers(self) -> tuple[npt.NDArray[Any], ...]:
        """Return coordinates, occupancies, B factors and residue numbers of all atoms, NaN where gemmi found none."""
        flat = self._flat
        return flat.pos, flat.occ, flat.b_iso, flat.resnums

    def serials(self) -> npt.NDArray[Any]:
        """Return the serial numbers of all atoms, 0 where gemmi found none."""
        serials: npt.NDArray[Any] = self._flat.serials
        return serials

    def atoms(self, polymer: Bools) -> Atoms:
        """Return the atoms that the walk looks at, of the residues of polymers.

        Parameters
        ----------
        polymer : ndarray of bool, shape (residues,)

        Returns
        -------
        Atoms
        """
        flat = self._flat
        located = np.isfinite(flat.pos).all(axis=1)
        wanted = (self.atom >= 0) & polymer[self.residue] & located
        rows = np.flatnonzero(wanted)
        number_in_polymer = np.cumsum(polymer) - 1
        return Atoms(
            position=flat.pos[rows],
            residue=number_in_polymer[self.residue[rows]],
            name=self.atom[rows],
            altloc=flat.altlocs[rows].astype(np.int64),
            occupancy=flat.occ[rows].astype(np.float64),
            b_iso=flat.b_iso[rows].astype(np.float64),
        )

    def residues(
        self, polymer: Bools, parents: Sequence[str], whys: Sequence[str], caps: Sequence[bool], models: Sequence[str]
    ) -> Residues:
        """Return the residues of polymers.

        Parameters
        ----------
        polymer : ndarray of bool, shape (residues,)
        parents, whys : sequence of str
            Of each name in ``self.names``: the residue that it is a form of, and why it has no angles ("" if it has).
        caps : sequence of bool
            Of each name in ``self.names``: whether it caps the end of a chain.
        models : sequence of str
            The number of each model.

        Returns
        -------
        Residues
        """
        first_atom = self.first[polymer]
        name_code = self.name[polymer]
        chain_code = self._chain[first_atom]
        model_code = self._model_of_chain[chain_code]
        chain_name = np.array(self._chain_names, dtype=object)
        # a chain that is interrupted stands here several times, under one name
        name_of_chain, _ = pd.factorize(chain_name)
        resseq = self._flat.resnums[first_atom].astype(np.int64)
        icode = self._flat.icodes[first_atom]
        part = np.cumsum(begins(chain_code, self._segment[first_atom])) - 1
        return Residues(
            model=np.array(models, dtype=object)[model_code],
            chain=chain_name[chain_code],
            resseq=resseq,
            icode=LETTERS[icode],
            resname=np.array(self.names, dtype=object)[name_code],
            part=part,
            position=group(model_code, name_of_chain[chain_code], resseq, icode),
            parent=np.array(parents, dtype=object)[name_code],
            why=np.array(whys, dtype=object)[name_code],
            cap=np.array(caps, dtype=bool)[name_code],
        )


def _flatten(structure: Any) -> Any:
    import gemmi

    try:
        return gemmi.FlatStructure(structure)
    except RuntimeError:
        # it has no space for names of eight letters: shorten those that are not used again
        _shorten_names(structure)
        return gemmi.FlatStructure(structure)


def _shorten_names(structure: Any) -> None:
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


def _segments(chains: Sequence[Any]) -> Ints:
    """Return a number for each atom's segment, in the chains that have no name. All others have one number."""
    names = []
    sizes = []
    for chain in chains:
        for residue in chain:
            names.append("" if chain.name else residue.segment)
            sizes.append(len(residue))
    numbers, _ = pd.factorize(np.array(names, dtype=object))
    return np.repeat(numbers, sizes)


def _as_integers(names: Any) -> Ints:
    """Return names of eight bytes as one integer each."""
    return np.ascontiguousarray(names).view(np.int64).ravel()


def _integer(name: str) -> np.int64:
    padded = name.encode().ljust(8, b"\0")
    number: np.int64 = np.frombuffer(padded, dtype=np.int64)[0]
    return number


def _text(name: np.int64) -> str:
    return name.tobytes().rstrip(b"\0").decode("latin-1")
