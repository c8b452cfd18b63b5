"""The layout of a structure in gemmi's flat arrays: where residues begin, which are of a polymer, which atoms count.

Conventions
-----------
A residue begins where the chain, the part (mmCIF's ``label_asym_id``; in a PDB file without chain names the segment),
the number, the insertion code or the name changes. Names are compared eight characters at once, as one integer.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .atoms import ATOM_NAMES, CA, Atoms, Bools, C, Ints, N, Residues


class Layout:
    """gemmi's flat arrays, with the residues marked out.

    Parameters
    ----------
    structure : gemmi.Structure
        Its chains are parts: read without merging, and split at TER. Where gemmi's arrays have no room for the names
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
        self._chains = [(i, chain) for i, model in enumerate(structure) for chain in model]
        self._chain_names = [chain.name for _, chain in self._chains]
        self._flat = flat = _flat(structure)
        self._chain = np.repeat(np.arange(len(self._chains)), [chain.count_atom_sites() for _, chain in self._chains])
        named, resname = all(self._chain_names), _words(flat.residue_names)
        self._segment = _words(flat.subchains) if named else self._segments()
        starts = _changes(self._chain, self._segment, flat.resnums, flat.icodes, resname)
        self.first, self.residue = np.flatnonzero(starts), np.cumsum(starts) - 1
        names, self.name = np.unique(resname[self.first], return_inverse=True)
        self.names = _text(names)
        self.atom = np.full(len(resname), -1)
        for i, name in enumerate(ATOM_NAMES):
            self.atom[_words(flat.atom_names) == np.frombuffer(name.encode().ljust(8, b"\0"), dtype=np.int64)] = i

    def polymer(self, known: Bools) -> Bools:
        """Tell which residues are of a polymer: by name, or by having N, CA and C.

        Parameters
        ----------
        known : ndarray of bool, shape (len(names),)
            The names of polymers' residues.
        """
        has = np.zeros((len(self.first), len(ATOM_NAMES) + 1), dtype=bool)
        has[self.residue, self.atom] = True
        whole: Bools = np.all(has[:, [N, CA, C]], axis=1)
        return known[self.name] | whole

    def atoms(self, polymer: Bools) -> Atoms:
        """Take the atoms of the polymers (bool, one for each residue) that the walk looks at."""
        known = np.isfinite(self._flat.pos).all(axis=1)
        at = np.flatnonzero((self.atom >= 0) & polymer[self.residue] & known)
        return Atoms(
            position=self._flat.pos[at],
            residue=(np.cumsum(polymer) - 1)[self.residue[at]],
            name=self.atom[at],
            altloc=self._flat.altlocs[at].astype(np.int64),
            occupancy=self._flat.occ[at].astype(np.float64),
            b_iso=self._flat.b_iso[at].astype(np.float64),
        )

    def residues(self, polymer: Bools, taken: list[tuple[str, str]], numbers: list[str]) -> Residues:
        """Take the residues of the polymers.

        Parameters
        ----------
        polymer : ndarray of bool, shape (residues,)
        taken : list of (str, str)
            Each name's parent, and why it is not taken.
        numbers : list of str
            Each model's.
        """
        at, name = self.first[polymer], self.name[polymer]
        chain, resseq, icode = self._chain[at], self._flat.resnums[at].astype(np.int64), self._flat.icodes[at]
        model = np.array([i for i, _ in self._chains])[chain]
        chain_name = np.array(self._chain_names, dtype=object)
        code = pd.factorize(chain_name)[0][chain]
        return Residues(
            model=np.array(numbers, dtype=object)[model],
            chain=chain_name[chain],
            resseq=resseq,
            icode=np.array([chr(c).strip() for c in range(128)], dtype=object)[icode],
            resname=np.array(self.names, dtype=object)[name],
            part=np.cumsum(_changes(chain, self._segment[at])) - 1,
            position=np.unique(((model << 16 | code) << 24 | resseq + 2**23) << 8 | icode, return_inverse=True)[1],
            parent=np.array([parent for parent, _ in taken], dtype=object)[name],
            why=np.array([why for _, why in taken], dtype=object)[name],
        )

    def _segments(self) -> Ints:
        """Tell a PDB file's chains apart by segment where these have no name."""
        parts = [
            ("" if chain.name else residue.segment, len(residue)) for _, chain in self._chains for residue in chain
        ]
        names, sizes = zip(*parts, strict=True)
        return np.repeat(pd.factorize(np.array(names, dtype=object))[0], sizes)


def _flat(structure: Any) -> Any:
    import gemmi

    try:
        return gemmi.FlatStructure(structure)
    except RuntimeError:  # it has no room for names of eight letters
        codes: dict[str, str] = {}
        for chain in (chain for model in structure for chain in model):
            chain.name = "long"
            for residue in chain:
                residue.subchain, residue.entity_id = codes.setdefault(residue.subchain, str(len(codes))), ""
        return gemmi.FlatStructure(structure)


def _words(characters: Any) -> Ints:
    """Eight characters as one number, to compare names at once."""
    return np.ascontiguousarray(characters).view(np.int64).ravel()


def _text(words: Ints) -> list[str]:
    return [word.tobytes().rstrip(b"\0").decode("latin-1") for word in words]


def _changes(*columns: npt.NDArray[Any]) -> Bools:
    """Mark each entry that differs from the one before in any column; the first does."""
    changes = np.ones(len(columns[0]), dtype=bool)
    changes[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return changes
