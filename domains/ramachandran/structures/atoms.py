"""Atoms and residues of a structure, as arrays: what a reader hands to the walk along the backbone.

Conventions
-----------
Both are in file order. A residue is one of a polymer. It keeps its place if it has none of the atoms.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]

ATOM_NAMES = ("N", "CA", "C", "CB", "O", "H", "HNO")
"""What the walk looks at: three make the angles, CB shows the handedness, and any may carry the altloc label."""

N, CA, C = range(3)
"""The first of them, as `Atoms.name` has them."""

LETTERS = np.array([chr(code).strip("\0 ") for code in range(256)], dtype=object)
"""The text of a character's code: "" for a blank."""


@dataclass(frozen=True, slots=True)
class Atoms:
    """The atoms of ``ATOM_NAMES``, in file order.

    Attributes
    ----------
    position : ndarray, shape (n, 3)
        Ångström.
    residue : ndarray of int, shape (n,)
        Index into `Residues`, never decreasing.
    name : ndarray of int, shape (n,)
        Index into ``ATOM_NAMES``.
    altloc : ndarray of int, shape (n,)
        The character's code; 0 where blank.
    occupancy, b_iso : ndarray, shape (n,)

    Examples
    --------
    >>> none = np.zeros(3, dtype=int)
    >>> atoms = Atoms(np.eye(3), residue=none, name=np.arange(3), altloc=none, occupancy=none + 1.0, b_iso=none * 0.0)
    >>> [ATOM_NAMES[i] for i in atoms.name]
    ['N', 'CA', 'C']
    """

    position: Floats
    residue: Ints
    name: Ints
    altloc: Ints
    occupancy: Floats
    b_iso: Floats


NO_BACKBONE = Atoms(
    position=np.zeros((1, 3)),
    residue=np.zeros(1, dtype=np.int64),
    name=np.array([ATOM_NAMES.index("O")]),
    altloc=np.zeros(1, dtype=np.int64),
    occupancy=np.ones(1),
    b_iso=np.zeros(1),
)
"""Stands for the atoms of a structure that has none of ``ATOM_NAMES``, as coarse-grained models do: indices that mean
"no atom" need one to point at, and an O makes no angle."""


@dataclass(frozen=True, slots=True)
class Residues:
    """The residues of the polymers, in file order. Every field is an array of shape (n,).

    Attributes
    ----------
    model, chain, icode, resname : ndarray of str (objects)
    resseq : ndarray of int
    segment : ndarray of str (objects)
        The identifier of its segment, or in mmCIF its ``label_asym_id``; "" where there are no copies to tell apart.
    copy : ndarray of int
        1 for the first chain of its name, and so on.
    part : ndarray of int
        Never decreasing. The walk stops where it changes.
    position : ndarray of int
        One per model, chain, resseq and icode.
    parent : ndarray of str (objects)
        The standard residue that it counts as; "" for one that is not taken.
    why : ndarray of str (objects)
        What to say of one that is not taken.
    cap : ndarray of bool
        Whether it is a cap, which ends a chain.
    repeated : ndarray of bool
        Whether it was written again in one place: MolProbity sees no such residue.
    duplicate : ndarray of bool
        Whether it was, and another one stands for it.

    Examples
    --------
    >>> residues = made_residues(["ALA", "ALA"], resseq=[7, 8], chain="A")
    >>> residues.describe(1)
    'ALA A 8'
    """

    model: Objects
    chain: Objects
    resseq: Ints
    icode: Objects
    resname: Objects
    segment: Objects
    copy: Ints
    part: Ints
    position: Ints
    parent: Objects
    why: Objects
    cap: Bools
    repeated: Bools
    duplicate: Bools

    def describe(self, i: int) -> str:
        """Name residue `i` as a reader would."""
        number = f"{self.resseq[i]}{self.icode[i]}"
        words = [self.resname[i], self.chain[i], number]
        return " ".join(word for word in words if word)


def made_residues(
    resname: Sequence[str],
    *,
    resseq: Sequence[int] | None = None,
    chain: str = "",
    part: Sequence[int] | None = None,
    parent: Sequence[str] | None = None,
    cap: Sequence[bool] | None = None,
) -> Residues:
    """Return residues that no file holds, one after another in one chain.

    Parameters
    ----------
    resname : sequence of str
    resseq : sequence of int, optional
        By default 1, 2, 3 …
    chain : str
    part : sequence of int, optional
        By default all are of one.
    parent : sequence of str, optional
        By default the names themselves.
    cap : sequence of bool, optional
        By default none is one.

    Returns
    -------
    Residues

    Examples
    --------
    >>> made_residues(["ALA", "GLY"]).resseq
    array([1, 2])
    """
    n = len(resname)
    number = np.arange(1, n + 1) if resseq is None else np.array(resseq)
    none = np.full(n, "", dtype=object)
    no = np.zeros(n, dtype=bool)
    return Residues(
        model=none,
        chain=np.full(n, chain, dtype=object),
        resseq=number,
        icode=none,
        resname=np.array(resname, dtype=object),
        segment=none,
        copy=np.ones(n, dtype=np.int64),
        part=np.zeros(n, dtype=np.int64) if part is None else np.array(part),
        position=np.arange(n),
        parent=np.array(resname if parent is None else parent, dtype=object),
        why=none,
        cap=no if cap is None else np.array(cap),
        repeated=no,
        duplicate=no,
    )
