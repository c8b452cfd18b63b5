"""The layout of a structure's atoms: where residues begin, which are of a polymer, which atoms count.

Conventions
-----------
- In gemmi's order a residue begins where the part, the number, the insertion code or the name changes.
- That order is good as long as no residue was joined to another: none has an atom twice, and none stands where another
  does. Else `copies` tells residues apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from .atoms import ATOM_NAMES, CA, LETTERS, Atoms, Bools, C, Ints, N, Objects, Residues
from .copies import Apart, number_copies
from .flat import Flat, as_integer, as_text
from .groups import begins, group


class Layout:
    """The atoms of a structure, with the residues marked out.

    Parameters
    ----------
    flat : Flat
        In gemmi's order, or in that of the file.
    apart : Apart, optional
        Its residues, if they had to be told apart.

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
    >>> from .flat import flatten
    >>> line = "ATOM      1  CA  ALA A   7      11.000  12.000  13.000  1.00 10.00"
    >>> layout = Layout(flatten(gemmi.read_pdb_string(line)))
    >>> layout.names, layout.polymer(np.array([True])), layout.is_ambiguous
    (['ALA'], array([ True]), False)
    """

    def __init__(self, flat: Flat, apart: Apart | None = None) -> None:
        if apart is None:
            starts = begins(flat.part, flat.resseq, flat.icode, flat.resname)
            self.first = np.flatnonzero(starts)
            self.residue = np.cumsum(starts) - 1
            self._repeated = np.zeros(len(self.first), dtype=bool)
            self._duplicate = np.zeros(len(self.first), dtype=bool)
        else:
            flat = flat.take(apart.order)
            self.residue = apart.residue
            self.first = np.flatnonzero(begins(self.residue))
            self._repeated = apart.repeated
            self._duplicate = apart.duplicate
        self._flat = flat
        self._apart = apart
        names, self.name = np.unique(flat.resname[self.first], return_inverse=True)
        self.names = [as_text(name) for name in names]
        self.atom = np.full(len(flat.name), -1)
        for code, name in enumerate(ATOM_NAMES):
            is_named_so = flat.name == as_integer(name)
            self.atom[is_named_so] = code

    @property
    def is_ambiguous(self) -> bool:
        """Whether a residue has an atom twice, or stands where another does: gemmi may have joined two."""
        n_positions = int(self._position.max()) + 1
        return n_positions < len(self.first) or self._has_atoms_twice()

    @cached_property
    def _position(self) -> Ints:
        """A number for each model, chain, number and insertion code."""
        flat = self._flat
        model = flat.model[self.first]
        chain = flat.chain[self.first]
        resseq = flat.resseq[self.first]
        icode = flat.icode[self.first]
        return group(model, chain, resseq, icode)

    def _has_atoms_twice(self) -> bool:
        known = self.atom >= 0
        place = self.residue[known] * len(ATOM_NAMES)
        place += self.atom[known]
        altloc = self._flat.altloc[known]
        labelled = altloc != 0
        if _is_repeated(place[~labelled]):
            return True
        alternate = group(place[labelled], altloc[labelled])
        return _is_repeated(alternate)

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
        polymer: Bools = known[self.name] | self._has_backbone.all(axis=1)
        return polymer

    @cached_property
    def _has_backbone(self) -> Bools:
        """Whether each residue has N, CA and C, shape (residues, 3)."""
        # the last column takes all other atoms, whose code is -1
        n_columns = len(ATOM_NAMES) + 1
        has = np.zeros((len(self.first), n_columns), dtype=bool)
        has[self.residue, self.atom] = True
        has_backbone: Bools = has[:, [N, CA, C]]
        return has_backbone

    def lacking_at_end(self, polymer: Bools) -> str:
        """Return what the last residue lacks of the backbone that the one before it has, "" for nothing.

        Parameters
        ----------
        polymer : ndarray of bool, shape (residues,)
            Which residues should have a backbone; caps need not.

        Returns
        -------
        str
        """
        if len(polymer) < 2 or not polymer[-2:].all():
            return ""
        before, last = self._has_backbone[-2:]
        lacking = [name for name, missing in zip(("N", "CA", "C"), before & ~last, strict=True) if missing]
        if not lacking:
            return ""
        number = int(self._flat.resseq[self.first[-1]])
        return f"its last residue, {self.names[self.name[-1]]} {number}, has no {', '.join(lacking)}"

    def modelled(self, polymer: Bools) -> list[tuple[str, str, int]]:
        """Return how many positions each copy of a chain and segment has in the first model.

        Parameters
        ----------
        polymer : ndarray of bool, shape (residues,)

        Returns
        -------
        list of (chain, segment, number)
        """
        flat = self._flat
        in_first_model = flat.model[self.first] == 0
        rows = np.flatnonzero(polymer & in_first_model)
        copy = self._copies(polymer)[in_first_model[polymer]]
        atom = self.first[rows]
        chain = flat.chain[atom]
        segment = flat.segment[atom]
        part = group(chain, segment, copy)
        # microheterogeneity has several names in one position
        position = group(part, self._position[rows])
        _, one = np.unique(position, return_index=True)
        counts = np.bincount(part[one])
        _, first = np.unique(part, return_index=True)
        chain_names = [flat.chain_names[code] for code in chain[first]]
        segment_names = self._segment_names(segment[first])
        return list(zip(chain_names, segment_names, counts.tolist(), strict=True))

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
        of_polymers = polymer[self.residue]
        rows = np.flatnonzero((self.atom >= 0) & of_polymers)
        located = np.isfinite(flat.position[rows])
        if not located.all():
            rows = rows[located.all(axis=1)]
        number_in_polymer = np.cumsum(polymer) - 1
        return Atoms(
            position=flat.position[rows],
            residue=number_in_polymer[self.residue[rows]],
            name=self.atom[rows],
            altloc=flat.altloc[rows].astype(np.int64),
            occupancy=flat.occupancy[rows].astype(np.float64),
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
        flat = self._flat
        first_atom = self.first[polymer]
        name = self.name[polymer]
        copy = self._copies(polymer)
        begins_part = begins(flat.part[first_atom])
        return Residues(
            model=_of_each(models, flat.model[first_atom]),
            chain=_of_each(flat.chain_names, flat.chain[first_atom]),
            resseq=flat.resseq[first_atom].astype(np.int64),
            icode=LETTERS[flat.icode[first_atom]],
            resname=_of_each(self.names, name),
            segment=self._segments(polymer, copy),
            copy=copy,
            part=np.cumsum(begins_part) - 1,
            position=self._position[polymer],
            parent=_of_each(parents, name),
            why=_of_each(whys, name),
            cap=np.array(caps, dtype=bool)[name],
            repeated=self._repeated[polymer],
            duplicate=self._duplicate[polymer],
        )

    def _copies(self, polymer: Bools) -> Ints:
        """Return which copy of its chain each residue of a polymer is of, from 1 on."""
        apart = self._apart
        if apart is None or not polymer.any():
            return np.ones(np.count_nonzero(polymer), dtype=np.int64)
        first_atom = self.first[polymer]
        chain = group(self._flat.model[first_atom], self._flat.chain[first_atom])
        position = self._position[polymer]
        return number_copies(chain, position, apart.copy[polymer], apart.bonded[polymer])

    def _segments(self, polymer: Bools, copy: Ints) -> Objects:
        """Return the segments' names; "" for all if there are no copies that these would tell apart."""
        if (copy == 1).all():
            return np.full(len(copy), "", dtype=object)
        first_atom = self.first[polymer]
        code, each = pd.factorize(self._flat.segment[first_atom])
        return _of_each(self._segment_names(each), code)

    def _segment_names(self, segments: Ints) -> list[str]:
        names = self._flat.segment_names
        return [names.get(int(segment), as_text(segment)) for segment in segments]


def _is_repeated(numbers: Ints) -> bool:
    """Return whether a number stands twice."""
    counts = np.bincount(numbers)
    return bool(counts.max(initial=0) > 1)


def _of_each(values: Sequence[str], code: Ints) -> Objects:
    """Return the value that each code stands for."""
    return np.array(values, dtype=object)[code]
